//! The Deployment controller: from one version of an application to the next.
//!
//! A Deployment owns ReplicaSets, one per pod template that it ever had (up to `revisionHistoryLimit` old ones).
//! The set with today's template is the *new* set, all others are *old*. A rollout is nothing but changing two
//! kinds of numbers, step by step: the new set's `replicas` goes up, those of the old sets go down, within what
//! `maxSurge` and `maxUnavailable` allow. The pods are the ReplicaSet controller's business.
//!
//! ```text
//! replicas 4, maxSurge 1, maxUnavailable 1     new   old   pods   available
//! template changed                             0->1  4->3  4      3..4
//! an old pod is gone                           1->2  3     5      3
//! a new pod is available                       2     3->2  4      3..4
//! ...                                          4     0     4      4
//! ```
//!
//! Nothing here waits for a terminating pod, nothing is rolled back by itself, and a rollout that gets stuck only
//! says so in a condition when `progressDeadlineSeconds` have passed.
//!
//! - `seen`: the Deployment, its ReplicaSets, and whether old pods still run.
//! - `sync`: the order of decisions; `steps`: what can be done; `rolling`, `recreate`, `scaling` and `history` are its chapters.
//! - [`budget`]: maxSurge and maxUnavailable as numbers.
//! - [`revision`]: template hash, revision numbers, annotations.
//! - `status`: numbers and conditions.
//! - `words`: the verdict, for people.
//!
//! Numbers, texts and the order of writes are those of `pkg/controller/deployment` of Kubernetes 1.36. Left out:
//! the rollback request of `extensions/v1beta1` (kubectl has long undone rollouts by writing the old template).
//!
//! One difference is deliberate. In the middle of a look upstream writes the Deployment's status (a new revision,
//! "created new replica set") and at its end once more, from the same outdated copy; that second write is always
//! refused with 409 and the Deployment is looked at again. Here the second write is left to that next look, which
//! the first write's own notice causes.

pub mod budget;
mod history;
mod recreate;
pub mod revision;
mod rolling;
mod scaling;
mod seen;
mod status;
mod steps;
mod sync;
mod words;

#[cfg(test)]
mod tests;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use smol_str::{SmolStr, format_smolstr};

use crate::client::{Cache, Change, Context, Interest, Loop, Never, Outcome, Plan, Step};
use crate::controllers::claim::{owner_of, wake_for_orphan};
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, owner};
use crate::time::VirtualTime;

pub use seen::Seen;

/// The Deployment controller. It remembers nothing: all that it needs is in the objects.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeploymentController;

impl Loop for DeploymentController {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        "controller/deployment".into()
    }

    fn interests(&self) -> Vec<Interest> {
        [Kind::Deployment, Kind::ReplicaSet, Kind::Pod].map(Interest::all).into()
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        match change.object() {
            Some(Object::Deployment(deployment)) => {
                let what = match (&change.old, &change.new) {
                    (Some(old), Some(new)) if old.meta().generation != new.meta().generation => {
                        "has a new specification"
                    }
                    _ => change.news(),
                };
                let key = deployment.key();
                let why = format_smolstr!("Deployment {} {what}", key.name);
                cx.wake(ObjectRef::new(Kind::Deployment, key), why);
            }
            Some(Object::ReplicaSet(_)) => {
                let set = |object: &Option<Object>| object.as_ref().and_then(ReplicaSet::of).cloned();
                set_changed(set(&change.old).as_ref(), set(&change.new).as_ref(), cx);
            }
            // The last old pod's end is what a Recreate waits for; other news of pods come by the sets' status.
            Some(Object::Pod(pod)) if change.new.is_none() => pod_gone(pod, cx),
            _ => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, _now: VirtualTime) -> Option<Seen> {
        Seen::of(item, cache)
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        words::saw(seen)
    }

    fn compare(&self, _item: &ObjectRef, seen: &Seen, now: VirtualTime) -> Plan {
        sync::plan(seen, now)
    }

    fn conclude(
        &self,
        _item: &ObjectRef,
        seen: &Seen,
        outcomes: &[Outcome],
        now: VirtualTime,
    ) -> Vec<Step<Never>> {
        sync::conclude(seen, outcomes, now)
    }
}

fn wake(key: Key, why: impl Into<SmolStr>, cx: &mut Context<'_>) {
    cx.wake(ObjectRef::new(Kind::Deployment, key), why);
}

fn set_changed(old: Option<&ReplicaSet>, new: Option<&ReplicaSet>, cx: &mut Context<'_>) {
    let Some(set) = new.or(old) else { return };
    let name = set.key().name;
    let was = old.and_then(|set| owner_of::<Deployment>(&set.metadata, cx.cache));
    let is = new.and_then(|set| owner_of::<Deployment>(&set.metadata, cx.cache));
    if let Some(key) = was.filter(|was| is.as_ref() != Some(was)) {
        let what = if new.is_none() { "is gone" } else { "has another owner" };
        wake(key, format_smolstr!("ReplicaSet {name} {what}"), cx);
    }
    match (is, new) {
        (Some(key), Some(set)) => wake(key, format_smolstr!("ReplicaSet {name} {}", news(old, set)), cx),
        (None, Some(set)) => {
            let old = old.map(|set| &set.metadata);
            wake_for_orphan::<Deployment>("ReplicaSet", old, &set.metadata, cx);
        }
        _ => {}
    }
}

/// What happened to a set, in words.
fn news(old: Option<&ReplicaSet>, new: &ReplicaSet) -> SmolStr {
    let Some(old) = old else { return "is new".into() };
    let numbers = |set: &ReplicaSet| {
        set.status.as_ref().map_or((0, 0, 0), |status| {
            (status.replicas, status.ready_replicas.unwrap_or(0), status.available_replicas.unwrap_or(0))
        })
    };
    match (numbers(old), numbers(new)) {
        (was, is) if was != is => {
            format_smolstr!("reports {} pods, {} ready, {} available", is.0, is.1, is.2)
        }
        _ => "changed".into(),
    }
}

fn pod_gone(pod: &Pod, cx: &mut Context<'_>) {
    let Some(owner) = owner::controller(&pod.metadata) else { return };
    let set = Key::new(pod.key().namespace, owner.name.as_str());
    let Some(set) = cx.cache.get_as::<ReplicaSet>(&set) else { return };
    let Some(key) = owner_of::<Deployment>(&set.metadata, cx.cache) else { return };
    let Some(deployment) = cx.cache.get_as::<Deployment>(&key) else { return };
    let uid = deployment.metadata.uid.as_deref().unwrap_or("");
    let any_left = cx.cache.owned_by::<ReplicaSet>(uid).any(|set| {
        let uid = set.metadata.uid.as_deref().unwrap_or("");
        cx.cache.owned_by::<Pod>(uid).next().is_some()
    });
    if budget::is_recreate(deployment) && !any_left {
        wake(key, format_smolstr!("the last pod is gone: {}", pod.key().name), cx);
    }
}
