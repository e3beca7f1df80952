//! A loop that is an actor of its own: a controller, the scheduler.

use super::{Loop, Shell};
use crate::actor::{Actor, Delivery, Look, Outbox};
use crate::trace::Cause;

/// One loop with nothing beside it.
#[derive(Clone)]
pub struct LoopActor<L: Loop>(Shell<L>);

impl<L: Loop> LoopActor<L> {
    /// The actor of this loop.
    pub fn new(shell: Shell<L>) -> Self {
        Self(shell)
    }
}

impl<L: Loop> Actor for LoopActor<L> {
    fn handle(&mut self, inbox: Vec<Delivery>, out: &mut Outbox) {
        for delivery in inbox {
            self.0.receive(delivery, out);
        }
        self.0.run(out);
    }

    fn numbered(&mut self, events: &[Cause]) {
        self.0.numbered(events);
    }

    fn is_busy(&self) -> bool {
        self.0.is_busy()
    }

    fn clone_actor(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }

    fn look(&self) -> Look {
        Look { loops: vec![self.0.look()], ..Look::default() }
    }
}
