//! The ReplicaSet controller: as many pods as wanted, no more and no fewer.
//!
//! It counts the pods that its cache shows with the set's labels and ownership, compares with `spec.replicas`,
//! and asks for the missing ones or deletes the surplus. It does not place pods (the scheduler does), start
//! them (the kubelet does) or repair them (the kubelet restarts containers); a pod that is gone, finished or
//! being deleted just no longer counts, and another one is made. That is all of Kubernetes' "self-healing" of
//! lost pods.
//!
//! ```text
//! Pod web-x deleted   3 active, 4 wanted   create 1   (expects to see 1 creation)
//! Pod web-y added     4 active, 4 wanted   nothing
//! ```
//!
//! - [`expectations`]: what was asked for and not seen yet, so that a slow watch causes no surplus.
//! - [`rank`]: which pods go first.
//! - `seen`, `plan`, `status`: what the loop observes, does and reports.
//!
//! The numbers and texts are those of `pkg/controller/replicaset/replica_set.go` of Kubernetes 1.36. Left out:
//! the set of pods that upstream spares while they are evicted by a taint (none is).

pub mod expectations;
mod plan;
pub mod rank;
mod seen;
mod status;

#[cfg(test)]
mod tests;

use smol_str::{SmolStr, format_smolstr};

use crate::apiserver::Call;
use crate::client::{Cache, Change, Context, Effect, Interest, Loop, Never, Outcome, Plan, Step};
use crate::object::selector::Selector;
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, is_terminating, labels, owner};
use crate::time::VirtualTime;
use expectations::Expectations;
use k8s_openapi::api::apps::v1::ReplicaSet;

pub use seen::Seen;

/// The component's name in the trace.
pub const COMPONENT: &str = "controller/replicaset";
/// The name that its Kubernetes Events show.
pub const RECORDER: &str = "replicaset-controller";

/// The ReplicaSet controller.
#[derive(Clone, Debug, Default)]
pub struct ReplicaSetController {
    expectations: Expectations,
}

impl Loop for ReplicaSetController {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        COMPONENT.into()
    }

    fn interests(&self) -> Vec<Interest> {
        vec![Interest::all(Kind::ReplicaSet), Interest::all(Kind::Pod)]
    }

    fn counts_pods(&self) -> bool {
        true
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        match change.object() {
            Some(Object::ReplicaSet(set)) => {
                let gone = change.new.is_none();
                if gone {
                    self.expectations.forget(&set.key());
                }
                let what = match (&change.old, &change.new) {
                    (None, _) => "is new",
                    (_, None) => "is gone",
                    _ => "changed",
                };
                let item = ObjectRef::new(Kind::ReplicaSet, set.key());
                cx.wake(item, format_smolstr!("ReplicaSet {} {what}", set.key().name));
            }
            Some(Object::Pod(_)) => {
                let (old, new) =
                    (change.old.as_ref().and_then(Pod::of), change.new.as_ref().and_then(Pod::of));
                self.pod_changed(old, new, cx);
            }
            _ => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        self.expectations.expire(&item.key, now);
        Seen::of(item, cache, self.expectations.unseen(&item.key, now))
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        seen.words()
    }

    fn compare(&self, _item: &ObjectRef, seen: &Seen, now: VirtualTime) -> Plan {
        plan::plan(seen, now)
    }

    fn intend(&mut self, item: &ObjectRef, plan: &Plan, now: VirtualTime) {
        let mut creations = 0;
        let mut deletions = std::collections::BTreeSet::new();
        for effect in plan.steps.iter().flat_map(|step| &step.effects) {
            match effect {
                Effect::Write(write) => match &write.call {
                    Call::Create { .. } => creations += 1,
                    Call::Delete { target, .. } => {
                        deletions.insert(target.key.clone());
                    }
                    _ => {}
                },
                Effect::Send(_) | Effect::Note(_) | Effect::Local { .. } => {}
            }
        }
        if creations + deletions.len() > 0 {
            self.expectations.expect(&item.key, creations, deletions, now);
        }
    }

    fn ended(&mut self, item: &ObjectRef, call: &Call, outcome: &Outcome, _cx: &mut Context<'_>) {
        // What was refused or never sent will not be seen.
        if matches!(outcome, Outcome::Done(_)) {
            return;
        }
        match call {
            Call::Create { .. } => self.expectations.created(&item.key),
            Call::Delete { target, .. } => self.expectations.deleted(&item.key, &target.key),
            _ => {}
        }
    }

    fn conclude(
        &self,
        _item: &ObjectRef,
        seen: &Seen,
        outcomes: &[Outcome],
        now: VirtualTime,
    ) -> Vec<Step<Never>> {
        plan::conclude(seen, outcomes, now)
    }

    /// A set that waits to see what it asked for is not settled, even if the notices of it were lost and it waits
    /// for five minutes: until then it would make no pod however many are missing.
    fn pending(&self) -> usize {
        self.expectations.open()
    }
}

impl ReplicaSetController {
    /// Wakes the sets that a change of a pod concerns, and ticks off what was expected.
    fn pod_changed(&mut self, old: Option<&Pod>, new: Option<&Pod>, cx: &mut Context<'_>) {
        let Some(pod) = new.or(old) else { return };
        let name = pod.key().name;
        let (was, is) =
            (old.and_then(|pod| set_of(pod, cx.cache)), new.and_then(|pod| set_of(pod, cx.cache)));
        if let Some(set) = was.as_ref().filter(|set| is.as_ref() != Some(set)) {
            // It is gone, or it has another owner now: either way its old set is one short.
            self.expectations.deleted(set, &pod.key());
            let what = if new.is_none() { "is gone" } else { "has another owner" };
            wake(set, format_smolstr!("pod {name} {what}"), cx);
        }
        let Some(pod) = new else { return };
        match &is {
            Some(set) => {
                if is_terminating(&pod.metadata) {
                    self.expectations.deleted(set, &pod.key());
                } else if old.is_none() {
                    self.expectations.created(set);
                }
                wake(set, format_smolstr!("pod {name} {}", news(old, pod)), cx);
            }
            None if owner::controller(&pod.metadata).is_none() && !is_terminating(&pod.metadata) => {
                // An orphan: whoever's selector matches may want it.
                let same = old.is_some_and(|old| {
                    labels(&old.metadata) == labels(&pod.metadata)
                        && owner::controller(&old.metadata).is_none()
                });
                if !same {
                    for set in matching_sets(pod, cx.cache) {
                        wake(&set, format_smolstr!("pod {name} has matching labels and no owner"), cx);
                    }
                }
            }
            None => {}
        }
    }
}

fn wake(set: &Key, why: SmolStr, cx: &mut Context<'_>) {
    cx.wake(ObjectRef::new(Kind::ReplicaSet, set.clone()), why);
}

/// The set that owns the pod, if the cache has it under the same uid.
fn set_of(pod: &Pod, cache: &Cache) -> Option<Key> {
    let owner = owner::controller(&pod.metadata).filter(|owner| owner.kind == Kind::ReplicaSet.name())?;
    let key = Key::new(pod.key().namespace, owner.name.as_str());
    let set = cache.get_as::<ReplicaSet>(&key)?;
    (set.metadata.uid.as_deref() == Some(owner.uid.as_str())).then_some(key)
}

/// The sets whose selector matches the pod.
fn matching_sets(pod: &Pod, cache: &Cache) -> Vec<Key> {
    cache
        .in_namespace::<ReplicaSet>(&pod.key().namespace)
        .filter(|set| {
            let selector = set.spec.as_ref().map(|spec| Selector::from_api(&spec.selector));
            selector.is_some_and(|selector| selector.matches(labels(&pod.metadata)))
        })
        .map(|set| set.key())
        .collect()
}

/// What happened to a pod, in words.
fn news(old: Option<&Pod>, new: &Pod) -> SmolStr {
    let Some(old) = old else { return "is new".into() };
    if is_terminating(&new.metadata) && !is_terminating(&old.metadata) {
        return "is being deleted".into();
    }
    if old.phase() != new.phase() {
        return format_smolstr!("is {} now", new.phase());
    }
    match (old.is_ready(), new.is_ready()) {
        (false, true) => "became ready".into(),
        (true, false) => "is no longer ready".into(),
        _ => "changed".into(),
    }
}
