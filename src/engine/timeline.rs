//! Checkpoints: worlds of the past, from which any moment can be had again.

use super::world::World;
use crate::time::{Span, VirtualTime};

/// A checkpoint is taken after this much virtual time ...
const EVERY: Span = Span::secs(60);
/// ... and when this many are kept, every other one goes and they are taken half as often.
const KEPT: usize = 64;

/// A world of the past.
#[derive(Clone)]
struct Checkpoint {
    world: World,
    /// How many inputs it has seen.
    inputs: usize,
}

/// The checkpoints of a run, oldest first.
#[derive(Clone)]
pub struct Timeline {
    checkpoints: Vec<Checkpoint>,
    every: Span,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { checkpoints: Vec::new(), every: EVERY }
    }
}

impl Timeline {
    /// Takes a checkpoint if it is time for one.
    pub fn observe(&mut self, world: &World, inputs: usize) {
        let due = self.checkpoints.last().is_none_or(|last| world.now() - last.world.now() >= self.every);
        if !due {
            return;
        }
        let mut world = world.clone();
        world.untap();
        self.checkpoints.push(Checkpoint { world, inputs });
        if self.checkpoints.len() > KEPT {
            let mut index = 0;
            // The first one is where everything starts, so it stays.
            self.checkpoints.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.every = self.every.times(2);
        }
    }

    /// The last checkpoint at or before an instant, and how many inputs it has seen.
    pub fn before(&self, at: VirtualTime) -> Option<(World, usize)> {
        let found = self.checkpoints.iter().rev().find(|checkpoint| checkpoint.world.now() <= at);
        found.or(self.checkpoints.first()).map(|checkpoint| (checkpoint.world.clone(), checkpoint.inputs))
    }

    /// Forgets everything after an instant.
    pub fn cut(&mut self, at: VirtualTime) {
        self.checkpoints.retain(|checkpoint| checkpoint.world.now() <= at);
    }
}
