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
//! - [`rank`]: which pods go first.
//! - `seen`, `plan`, `status`: what the loop observes, does and reports.
//!
//! The numbers and texts are those of `pkg/controller/replicaset/replica_set.go` of Kubernetes 1.36. Left out:
//! the set of pods that upstream spares while they are evicted by a taint (none is).

mod plan;
pub mod rank;
mod seen;
mod status;

#[cfg(test)]
mod tests;

use smol_str::{SmolStr, format_smolstr};

use crate::apiserver::Call;
use crate::client::{Cache, Change, Context, Interest, Loop, Never, Outcome, Plan, Step};
use crate::controllers::claim::owner_of;
use crate::controllers::expectations::Expectations;
use crate::controllers::pod_control::news;
use crate::object::selector::Selector;
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, is_terminating, labels, owner};
use crate::time::VirtualTime;
use k8s_openapi::api::apps::v1::ReplicaSet;

pub use seen::Seen;

/// The ReplicaSet controller.
#[derive(Clone, Debug, Default)]
pub struct ReplicaSetController {
    expectations: Expectations,
}

impl Loop for ReplicaSetController {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        "controller/replicaset".into()
    }

    fn interests(&self) -> Vec<Interest> {
        vec![Interest::all(Kind::ReplicaSet), Interest::all(Kind::Pod)]
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
        Seen::of(item, cache, self.expectations.unseen(&item.key, now))
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        seen.words()
    }

    fn compare(&self, _item: &ObjectRef, seen: &Seen, now: VirtualTime) -> Plan {
        plan::plan(seen, now)
    }

    fn intend(&mut self, item: &ObjectRef, plan: &Plan, now: VirtualTime) {
        self.expectations.expect_all(&item.key, plan, now);
    }

    fn ended(&mut self, item: &ObjectRef, call: &Call, outcome: &Outcome, _cx: &mut Context<'_>) {
        self.expectations.ended(&item.key, call, outcome);
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
}

impl ReplicaSetController {
    /// Wakes the sets that a change of a pod concerns, and ticks off what was expected.
    fn pod_changed(&mut self, old: Option<&Pod>, new: Option<&Pod>, cx: &mut Context<'_>) {
        let Some(pod) = new.or(old) else { return };
        let name = pod.key().name;
        let set_of = |pod: &Pod| owner_of::<ReplicaSet>(&pod.metadata, cx.cache);
        let (was, is) = (old.and_then(set_of), new.and_then(set_of));
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
