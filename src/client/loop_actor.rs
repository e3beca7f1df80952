//! A loop that is an actor of its own: a controller, the scheduler.

use std::sync::{Arc, OnceLock};

use super::{Loop, LoopLook, Shell};
use crate::actor::{Actor, Delivery, Outbox};
use crate::trace::{Cause, Parent};

/// One loop with nothing beside it.
#[derive(Clone)]
pub struct LoopActor<L: Loop> {
    shell: Shell<L>,
    started: bool,
    /// What can be seen of it, once somebody has looked.
    look: OnceLock<Arc<LoopLook>>,
}

impl<L: Loop> LoopActor<L> {
    /// The actor of this loop.
    pub fn new(shell: Shell<L>) -> Self {
        Self { shell, started: false, look: OnceLock::new() }
    }
}

impl<L: Loop> Actor for LoopActor<L> {
    fn handle(&mut self, inbox: Vec<Delivery>, out: &mut Outbox) {
        self.look = OnceLock::new();
        for delivery in inbox {
            if !std::mem::replace(&mut self.started, true) {
                self.shell.started(Parent::Known(delivery.cause));
            }
            self.shell.receive(delivery, out);
        }
        self.shell.run(out);
    }

    fn numbered(&mut self, events: &[Cause]) {
        self.shell.numbered(events);
    }

    fn is_busy(&self) -> bool {
        self.shell.is_busy()
    }

    fn clone_actor(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }

    fn loops(&self) -> &[Arc<LoopLook>] {
        std::slice::from_ref(self.look.get_or_init(|| Arc::new(self.shell.look())))
    }
}
