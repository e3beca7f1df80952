//! Expectations: what the controller has asked for but not seen yet.
//!
//! Its cache is always a little behind. Between "create a pod" and the watch that reports the pod, a controller
//! that looks again would count one pod too few and create another. So it writes down how many creations and
//! which deletions it expects to see, and does nothing about the number of pods until all of them were seen, or
//! until five minutes have passed (`ExpectationsTimeout` in `pkg/controller/controller_utils.go`), because a
//! notice can get lost. Hardly anything else is remembered
//! between two looks.

use std::collections::{BTreeMap, BTreeSet};

use crate::apiserver::Call;
use crate::client::{Effect, Outcome, Plan};
use crate::object::{Key, Kind, Object};
use crate::time::{Span, VirtualTime};

/// After this long, what was not seen is no longer waited for.
const TIMEOUT: Span = Span::secs(300);

/// What is expected for each owner of pods.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    by_owner: BTreeMap<Key, Expected>,
}

#[derive(Clone, Debug)]
struct Expected {
    creations: usize,
    deletions: BTreeSet<Key>,
    since: VirtualTime,
}

impl Expected {
    fn is_met(&self) -> bool {
        self.creations == 0 && self.deletions.is_empty()
    }
}

/// What is still to be seen before the number of pods can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Pods asked for and not seen yet.
    pub creations: usize,
    /// Pods asked to go and still seen without a deletion timestamp.
    pub deletions: usize,
    /// When it is no longer waited for.
    pub until: VirtualTime,
}

impl Expectations {
    /// The owner's controller is about to ask for these.
    pub fn expect(&mut self, owner: &Key, creations: usize, deletions: BTreeSet<Key>, now: VirtualTime) {
        self.by_owner.insert(owner.clone(), Expected { creations, deletions, since: now });
    }

    /// The pods that a plan creates and deletes.
    pub fn expect_all<L>(&mut self, owner: &Key, plan: &Plan<L>, now: VirtualTime) {
        let (mut creations, mut deletions) = (0, BTreeSet::new());
        for effect in plan.steps.iter().flat_map(|step| &step.effects) {
            let Effect::Write(write) = effect else { continue };
            match &write.call {
                Call::Create { object: Object::Pod(_), .. } => creations += 1,
                Call::Delete { target, .. } if target.kind == Kind::Pod => {
                    deletions.insert(target.key.clone());
                }
                _ => {}
            }
        }
        if creations + deletions.len() > 0 {
            self.expect(owner, creations, deletions, now);
        }
    }

    /// A request ended: what was refused or never sent will not be seen.
    pub fn ended(&mut self, owner: &Key, call: &Call, outcome: &Outcome) {
        match call {
            _ if matches!(outcome, Outcome::Done(_)) => {}
            Call::Create { object: Object::Pod(_), .. } => self.created(owner),
            Call::Delete { target, .. } if target.kind == Kind::Pod => self.deleted(owner, &target.key),
            _ => {}
        }
    }

    /// A creation was seen, or will never be.
    pub fn created(&mut self, owner: &Key) {
        if let Some(expected) = self.by_owner.get_mut(owner) {
            expected.creations = expected.creations.saturating_sub(1);
        }
    }

    /// The deletion of `pod` was seen, or will never be.
    pub fn deleted(&mut self, owner: &Key, pod: &Key) {
        if let Some(expected) = self.by_owner.get_mut(owner) {
            expected.deletions.remove(pod);
        }
    }

    /// For how many owners something has not been seen yet.
    pub fn open(&self) -> usize {
        self.by_owner.values().filter(|expected| !expected.is_met()).count()
    }

    /// What took too long is no longer waited for.
    pub fn expire(&mut self, owner: &Key, now: VirtualTime) {
        if self.by_owner.get(owner).is_some_and(|expected| now >= expected.since + TIMEOUT) {
            self.by_owner.remove(owner);
        }
    }

    /// The owner is gone.
    pub fn forget(&mut self, owner: &Key) {
        self.by_owner.remove(owner);
    }

    /// What has not been seen yet; none if the cache can be trusted.
    pub fn unseen(&self, owner: &Key, now: VirtualTime) -> Option<Unseen> {
        let expected = self.by_owner.get(owner)?;
        let unseen = Unseen {
            creations: expected.creations,
            deletions: expected.deletions.len(),
            until: expected.since + TIMEOUT,
        };
        (!expected.is_met() && now < unseen.until).then_some(unseen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_must_be_seen_unless_it_takes_five_minutes() {
        let (set, pod) = (Key::new("default", "web"), Key::new("default", "web-1"));
        let mut expectations = Expectations::default();
        let at = VirtualTime::from_micros(1);
        expectations.expect(&set, 2, [pod.clone()].into(), at);
        expectations.created(&set);
        expectations.deleted(&set, &Key::new("default", "other"));
        let unseen = expectations.unseen(&set, at).unwrap();
        assert_eq!((unseen.creations, unseen.deletions), (1, 1));
        assert_eq!(expectations.unseen(&set, at + TIMEOUT), None);
        assert_eq!(expectations.open(), 1);
        expectations.created(&set);
        expectations.created(&set);
        expectations.deleted(&set, &pod);
        assert_eq!((expectations.unseen(&set, at), expectations.open()), (None, 0));
        expectations.expect(&set, 1, BTreeSet::new(), at);
        expectations.expire(&set, at + TIMEOUT);
        assert_eq!(expectations.open(), 0);
    }
}
