//! Checkpoints: worlds of the past, from which any moment can be had again.
//!
//! The checkpoints of the run lie a minute apart. Somebody who looks at the past goes through it step by step, so
//! the way from such a checkpoint to a moment leaves finer ones behind, and the next step is short.

use super::world::World;
use crate::time::{Span, VirtualTime};

/// A checkpoint is taken after this much virtual time ...
const EVERY: Span = Span::secs(60);
/// ... and when this many are kept, every other one goes and they are taken half as often.
const KEPT: usize = 64;
/// The way to a moment of the past leaves so many finer checkpoints.
const FINE: u64 = 24;

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
    /// Between two checkpoints: what the last look at the past left.
    fine: Vec<Checkpoint>,
    /// No checkpoint is ever taken: the run has no past.
    forgets: bool,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { checkpoints: Vec::new(), every: EVERY, fine: Vec::new(), forgets: false }
    }
}

/// A world on its way from a checkpoint to a moment of the past.
pub struct Way {
    /// The world.
    pub world: World,
    /// How many inputs it has seen.
    pub inputs: usize,
    every: Span,
    fine: Vec<Checkpoint>,
}

impl Way {
    /// Keeps the world as it is if it is time for that.
    pub fn observe(&mut self) {
        let due = self.fine.last().is_none_or(|last| self.world.now() - last.world.now() >= self.every);
        if due {
            self.fine.push(Checkpoint { world: self.world.clone(), inputs: self.inputs });
        }
    }
}

impl Timeline {
    /// That of a run which nobody will look back at. A checkpoint shares everything with the world, so that everything
    /// is copied when it is next touched; this saves both.
    pub fn forgetful() -> Self {
        Self { forgets: true, ..Self::default() }
    }

    /// Takes a checkpoint if it is time for one.
    pub fn observe(&mut self, world: &World, inputs: usize) {
        let due = self.checkpoints.last().is_none_or(|last| world.now() - last.world.now() >= self.every);
        if !due || self.forgets {
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

    /// The way to an instant: it begins at the nearest checkpoint before it. None if there is none.
    pub fn way_to(&self, at: VirtualTime) -> Option<Way> {
        let before = |kept: &[Checkpoint]| kept.iter().rposition(|checkpoint| checkpoint.world.now() <= at);
        let coarse = self.checkpoints.get(before(&self.checkpoints).unwrap_or(0))?;
        let fine = before(&self.fine).and_then(|index| self.fine.get(index));
        // What was kept on the way to another minute is of no use here.
        let near = fine.filter(|fine| fine.world.now() >= coarse.world.now());
        let from = near.unwrap_or(coarse);
        let span = at.since(coarse.world.now()).as_micros() / FINE;
        let fine = if near.is_some() { self.fine.clone() } else { Vec::new() };
        Some(Way {
            world: from.world.clone(),
            inputs: from.inputs,
            every: Span::micros(span.max(1_000)),
            fine,
        })
    }

    /// Somebody went this way: the next one in its neighbourhood is shorter.
    pub fn went(&mut self, way: Way) -> (World, usize) {
        self.fine = way.fine;
        self.fine.sort_by_key(|checkpoint| checkpoint.world.now());
        let extra = self.fine.len().saturating_sub(3 * FINE as usize);
        self.fine.drain(..extra);
        (way.world, way.inputs)
    }

    /// Forgets everything after an instant.
    pub fn cut(&mut self, at: VirtualTime) {
        for kept in [&mut self.checkpoints, &mut self.fine] {
            kept.retain(|checkpoint| checkpoint.world.now() <= at);
        }
    }
}
