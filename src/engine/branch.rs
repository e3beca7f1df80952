//! Branches: futures that were left, kept so that two runs can be compared and one can be taken up again.

use smol_str::SmolStr;

use super::journal::JournalEntry;
use super::view::View;
use crate::time::VirtualTime;
use crate::trace::EventId;

/// A run that shares its past with the present one.
#[derive(Clone)]
pub struct Branch {
    /// What it is called in the journal.
    pub name: SmolStr,
    /// What a person calls it.
    pub label: SmolStr,
    /// Up to here it is the same as the run that left it.
    pub forked: VirtualTime,
    /// The last event that both runs have in common.
    pub common: EventId,
    /// The cluster as it was when it was left.
    pub view: View,
    /// Every input of it, from the beginning.
    pub(super) journal: Vec<JournalEntry>,
    /// How many of them both runs have in common.
    pub(super) inputs: usize,
}

impl Branch {
    /// The same under a name.
    pub fn named(mut self, name: &str) -> Self {
        (self.name, self.label) = (name.into(), name.into());
        self
    }

    /// The first thing that was done in it after the fork, in words.
    pub fn first_input(&self) -> Option<&SmolStr> {
        self.journal.get(self.inputs).map(|entry| &entry.input.title)
    }
}
