//! The sandboxes of a machine, and when something happens in each next.
//!
//! A machine has up to a hundred pods of which nearly all are at rest. So that the runtime need not look at each
//! whenever anything happens on the node, every change goes through [`Sandboxes::change`], which keeps the index.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smol_str::SmolStr;

use super::sandbox::Sandbox;
use crate::time::VirtualTime;
use crate::trace::Cause;

/// The sandboxes by their pods' uids.
#[derive(Clone, Debug, Default)]
pub(super) struct Sandboxes {
    by_uid: BTreeMap<SmolStr, Arc<Sandbox>>,
    /// When something happens next, for each sandbox in which something does.
    due: BTreeSet<(VirtualTime, SmolStr)>,
    /// Those that were changed since drafts were last replaced by events.
    touched: BTreeSet<SmolStr>,
}

impl Sandboxes {
    /// All of them, in the order of their uids.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Sandbox> {
        self.by_uid.values().map(|sandbox| &**sandbox)
    }

    /// One of them.
    pub(super) fn get(&self, uid: &str) -> Option<&Sandbox> {
        self.by_uid.get(uid).map(|sandbox| &**sandbox)
    }

    /// Puts a new one in.
    pub(super) fn insert(&mut self, sandbox: Sandbox) {
        let uid = sandbox.uid.clone();
        self.remove(&uid);
        if let Some(due) = sandbox.next_due() {
            self.due.insert((due, uid.clone()));
        }
        self.by_uid.insert(uid, Arc::new(sandbox));
    }

    /// Takes one out.
    pub(super) fn remove(&mut self, uid: &str) {
        if let Some(due) = self.by_uid.remove(uid).and_then(|sandbox| sandbox.next_due()) {
            self.due.remove(&(due, uid.into()));
        }
    }

    /// Changes one of them.
    pub(super) fn change<R>(&mut self, uid: &str, act: impl FnOnce(&mut Sandbox) -> R) -> Option<R> {
        let sandbox = self.by_uid.get_mut(uid)?;
        let before = sandbox.next_due();
        let result = act(Arc::make_mut(sandbox));
        let after = sandbox.next_due();
        let uid = sandbox.uid.clone();
        if before != after {
            if let Some(before) = before {
                self.due.remove(&(before, uid.clone()));
            }
            if let Some(after) = after {
                self.due.insert((after, uid.clone()));
            }
        }
        self.touched.insert(uid);
        Some(result)
    }

    /// When something happens next.
    pub(super) fn next_due(&self) -> Option<VirtualTime> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Those in which something happens by now, in the order of their uids.
    pub(super) fn due(&self, now: VirtualTime) -> Vec<SmolStr> {
        let due = self.due.iter().take_while(|(at, _)| *at <= now);
        let mut uids: Vec<SmolStr> = due.map(|(_, uid)| uid.clone()).collect();
        uids.sort_unstable();
        uids
    }

    /// Replaces drafts by the events that they became.
    pub(super) fn numbered(&mut self, events: &[Cause]) {
        for uid in std::mem::take(&mut self.touched) {
            if let Some(sandbox) = self.by_uid.get_mut(&uid) {
                let containers = Arc::make_mut(sandbox).containers.values_mut();
                containers.for_each(|container| container.cause.settle(events));
            }
        }
    }
}
