//! What is new since somebody last looked: events, and whether facts may have changed.

use std::sync::Arc;

use crate::engine::World;
use crate::expression::Depends;
use crate::lessons::pattern::EVERYTHING;
use crate::trace::{Event, EventId};

/// What an expression's value can depend on, besides time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    revision: u64,
    quiet: bool,
    requests: u64,
    /// Files, answers, deeds.
    learner: u64,
}

/// Remembers what was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Eyes {
    seen: u64,
    mark: Option<Mark>,
    /// Whether requests of synthetic clients matter to anybody.
    pub(super) traffic: bool,
    /// Counts what the learner changed that is not in the cluster.
    pub(super) learner: u64,
}

impl Eyes {
    /// Eyes that see requests of synthetic clients only if those matter to anybody.
    pub(super) fn new(traffic: bool) -> Self {
        Self { traffic, ..Self::default() }
    }

    /// Everything that happened up to now is old.
    pub(super) fn close(&mut self, world: &World) {
        self.seen = world.log().total();
        self.mark = None;
    }

    /// Whatever is so is new to whoever looks next.
    pub(super) fn forget(&mut self) {
        self.mark = None;
    }

    /// The events since the last look, and what may have changed.
    pub(super) fn open(&mut self, world: &World, files: u64) -> (Vec<Arc<Event>>, Depends) {
        let total = world.log().total();
        let events = match total == self.seen {
            true => Vec::new(),
            // Events are numbered from 1.
            false => world.log().since(EventId(self.seen + 1)),
        };
        self.seen = total;
        let traffic = if self.traffic { world.traffic() } else { None };
        let requests = traffic
            .iter()
            .flat_map(|look| look.services.values())
            .map(|service| service.ok + service.failed)
            .sum();
        let mark = Mark {
            revision: world.revision(),
            quiet: world.is_quiet(),
            requests,
            learner: self.learner + files,
        };
        let changed = match self.mark {
            None => EVERYTHING,
            Some(old) => Depends {
                objects: (old.revision, old.quiet) != (mark.revision, mark.quiet),
                time: true,
                traffic: old.requests != mark.requests,
                learner: old.learner != mark.learner,
            },
        };
        self.mark = Some(mark);
        (events, changed)
    }
}
