//! Probes that fail whatever the containers do.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::object::Key;
use crate::trace::{Cause, Parent};

/// The faults by pod and kind of probe, each with what made it.
#[derive(Clone, Debug, Default)]
pub struct ProbeFaults(BTreeMap<(Key, SmolStr), Parent>);

impl ProbeFaults {
    /// Makes the probes of this kind fail for a pod, or no longer.
    pub fn set(&mut self, pod: Key, kind: SmolStr, fault: Option<Parent>) {
        match fault {
            Some(cause) => self.0.insert((pod, kind), cause),
            None => self.0.remove(&(pod, kind)),
        };
    }

    /// The fault that makes probes of this kind fail for a pod.
    pub fn of(&self, pod: &Key, kind: &str) -> Option<Parent> {
        self.0.get(&(pod.clone(), kind.into())).copied()
    }

    /// The kinds of probes that fail for a pod.
    pub fn kinds(&self, pod: &Key) -> impl Iterator<Item = &SmolStr> {
        self.0.keys().filter(move |(key, _)| key == pod).map(|(_, kind)| kind)
    }

    /// Replaces drafts by the events that they became.
    pub(super) fn settle(&mut self, events: &[Cause]) {
        self.0.values_mut().for_each(|cause| cause.settle(events));
    }
}
