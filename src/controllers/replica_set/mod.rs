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
use crate::controllers::expectations::Expectations;
use crate::controllers::own_pods::pod_changed;
use crate::object::{Kind, Object, ObjectRef, Resource};
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

    fn counts_pods(&self) -> bool {
        true
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        match change.object() {
            Some(Object::ReplicaSet(set)) => {
                if change.new.is_none() {
                    self.expectations.forget(&set.key());
                }
                let item = ObjectRef::new(Kind::ReplicaSet, set.key());
                cx.wake(item, format_smolstr!("ReplicaSet {} {}", set.key().name, change.news()));
            }
            Some(Object::Pod(_)) => pod_changed::<ReplicaSet>(change, &mut self.expectations, cx),
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

    /// A set that waits to see what it asked for is not settled, even if the notices of it were lost and it waits
    /// for five minutes: until then it would make no pod however many are missing.
    fn pending(&self) -> usize {
        self.expectations.open()
    }
}
