//! The DaemonSet controller: one pod on every node that may have one.
//!
//! A ReplicaSet wants a number; a DaemonSet wants a place. For each node this loop asks whether the pod may run
//! there (the same questions that the scheduler would ask: node selector, affinity, taints), and compares: a node
//! without a pod gets one, a node that may have none loses it. So a new node is filled and a removed label empties
//! one, without anybody counting.
//!
//! ```text
//! node-4 joins       3 of 4 nodes have a pod      create one for node-4
//! node-2 tainted     4 pods, 3 nodes may          delete the one on node-2
//! template changed   3 pods of the old template   delete one, wait until its successor is available, go on
//! ```
//!
//! It does not place the pods itself. Each is created with an affinity for the *name* of its node, and the
//! scheduler, which has room and priorities to look after, binds it there or says why it cannot.
//!
//! A daemon is to stay when its node is in trouble: its pods tolerate a node that is not ready, unreachable, short
//! of something or cordoned. That is why `kubectl drain` must be told to ignore them, and why a dead node's daemon
//! pod is never moved.
//!
//! - `eligible`: which nodes may run the pod. `template`: what the pod for a node looks like.
//! - `revision`: the template's history in ControllerRevisions, by whose hash old and new pods are told apart.
//! - `manage`: which pods to create and delete; `rolling`: which old ones to replace.
//! - `seen`, `plan`, `status`, `backoff`: what the loop observes, does, reports, and waits for.
//!
//! The rules, their order and the texts are those of `pkg/controller/daemon` of Kubernetes 1.36. Left out: merging
//! several revisions of the same template (there is one at most, since its name comes from its content), and giving
//! a label to revisions of before 1.8. One thing is added: a node that was deleted wakes the loop, which upstream
//! leaves to the deletion of the node's pods.

mod backoff;
mod eligible;
mod manage;
mod plan;
mod revision;
mod rolling;
mod seen;
mod status;
mod template;

#[cfg(test)]
mod tests;

use k8s_openapi::api::apps::v1::{ControllerRevision, DaemonSet};
use k8s_openapi::api::core::v1::Node;
use smol_str::{SmolStr, format_smolstr};

use super::claim::{owner_of, wake_for_orphan};
use super::expectations::Expectations;
use super::own_pods::pod_changed;
use crate::apiserver::Call;
use crate::client::{Cache, Change, Context, Interest, Loop, Outcome, Plan, Step};
use crate::object::{Key, Kind, Object, ObjectRef, Resource};
use crate::time::VirtualTime;
use backoff::Backoff;
use eligible::Eligible;

pub use seen::Seen;

/// What the controller does in its own memory.
#[derive(Clone, Debug)]
pub enum Op {
    /// A failed pod of this node is being deleted: the next one has to wait longer.
    BackOff(SmolStr),
}

/// The DaemonSet controller.
#[derive(Clone, Debug, Default)]
pub struct DaemonSetController {
    expectations: Expectations,
    backoff: Backoff,
}

impl Loop for DaemonSetController {
    type Seen = Seen;
    type Op = Op;

    fn component(&self) -> SmolStr {
        "controller/daemonset".into()
    }

    fn interests(&self) -> Vec<Interest> {
        [Kind::DaemonSet, Kind::ControllerRevision, Kind::Pod, Kind::Node].map(Interest::all).into()
    }

    /// `--concurrent-daemonset-syncs`.
    fn workers(&self) -> usize {
        2
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        match change.object() {
            Some(Object::DaemonSet(set)) => {
                let key = set.key();
                if change.new.is_none() {
                    self.expectations.forget(&key);
                }
                wake(&key, format_smolstr!("DaemonSet {} {}", key.name, change.news()), cx);
            }
            Some(Object::Pod(_)) => pod_changed::<DaemonSet>(change, &mut self.expectations, cx),
            Some(Object::Node(_)) => node_changed(change, cx),
            Some(Object::ControllerRevision(_)) => revision_changed(change, cx),
            _ => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        self.expectations.expire(&item.key, now);
        let mut seen = Seen::of(item, cache, self.expectations.unseen(&item.key, now))?;
        for node in seen.nodes.keys() {
            if let Some(left) = self.backoff.left(&backoff_key(&seen.set, node), now) {
                seen.held_back.insert(node.clone(), left);
            }
        }
        Some(seen)
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        seen.words()
    }

    fn compare(&self, _item: &ObjectRef, seen: &Seen, now: VirtualTime) -> Plan<Op> {
        plan::plan(seen, now)
    }

    fn intend(&mut self, item: &ObjectRef, plan: &Plan<Op>, now: VirtualTime) {
        self.expectations.expect_all(&item.key, plan, now);
    }

    fn ended(&mut self, item: &ObjectRef, call: &Call, outcome: &Outcome, _cx: &mut Context<'_>) {
        self.expectations.ended(&item.key, call, outcome);
    }

    /// As for a ReplicaSet: what it has not seen yet keeps it from its work.
    fn pending(&self) -> usize {
        self.expectations.open()
    }

    fn conclude(
        &self,
        _item: &ObjectRef,
        seen: &Seen,
        outcomes: &[Outcome],
        now: VirtualTime,
    ) -> Vec<Step<Op>> {
        plan::conclude(seen, outcomes, now)
    }

    fn perform(&mut self, item: &ObjectRef, op: Op, cx: &mut Context<'_>) {
        let Op::BackOff(node) = op;
        if let Some(set) = cx.cache.get_as::<DaemonSet>(&item.key) {
            self.backoff.next(backoff_key(set, &node), cx.now);
        }
    }
}

/// Back-off is counted anew for each version of the DaemonSet that the controller has dealt with.
fn backoff_key(set: &DaemonSet, node: &str) -> SmolStr {
    let observed = set.status.as_ref().and_then(|status| status.observed_generation).unwrap_or(0);
    format_smolstr!("{}/{observed}/{node}", set.metadata.uid.as_deref().unwrap_or(""))
}

fn wake(set: &Key, why: SmolStr, cx: &mut Context<'_>) {
    cx.wake(ObjectRef::new(Kind::DaemonSet, set.clone()), why);
}

/// A revision that is gone is made again; one without an owner may be adopted.
fn revision_changed(change: &Change, cx: &mut Context<'_>) {
    let of = |object: &Option<Object>| object.as_ref().and_then(ControllerRevision::of).cloned();
    let (old, new) = (of(&change.old), of(&change.new));
    let set_of = |revision: &ControllerRevision| owner_of::<DaemonSet>(&revision.metadata, cx.cache);
    let (was, is) = (old.as_ref().and_then(set_of), new.as_ref().and_then(set_of));
    let name = new.as_ref().or(old.as_ref()).map(|revision| revision.key().name).unwrap_or_default();
    if let Some(set) = was.filter(|set| is.as_ref() != Some(set)) {
        wake(&set, format_smolstr!("its revision {name} is gone"), cx);
    }
    match (&new, is) {
        // Only a change is news: its creation is the controller's own work.
        (Some(_), Some(set)) if old.is_some() => {
            wake(&set, format_smolstr!("its revision {name} changed"), cx)
        }
        (Some(new), None) => {
            wake_for_orphan::<DaemonSet>("revision", old.as_ref().map(|old| &old.metadata), &new.metadata, cx)
        }
        _ => {}
    }
}

/// Wakes the sets for which a node is now something else than it was.
fn node_changed(change: &Change, cx: &mut Context<'_>) {
    let of = |object: &Option<Object>| object.as_ref().and_then(Node::of).cloned();
    let (old, new) = (of(&change.old), of(&change.new));
    let name = new.as_ref().or(old.as_ref()).and_then(|node| node.metadata.name.clone()).unwrap_or_default();
    let mut woken = Vec::new();
    for set in cx.cache.all_as::<DaemonSet>() {
        let eligible = Eligible::of(set);
        let fit = |node: &Option<Node>| node.as_ref().map(|node| eligible.on(node)).unwrap_or_default();
        if fit(&old) != fit(&new) {
            woken.push(set.key());
        }
    }
    for set in woken {
        wake(&set, format_smolstr!("node {name} {}", change.news()), cx);
    }
}
