//! The disruption controller: it counts, so that evictions can be refused.
//!
//! A PodDisruptionBudget says how many pods of an application must stay healthy while people empty nodes: at
//! least so many (`minAvailable`), or all but so many (`maxUnavailable`), as a number or as a share of what is
//! wanted. It forbids nothing by itself. This loop counts the pods that are healthy and writes into the budget's
//! status how many may go; the API server asks that number before each eviction, and takes one off itself (see
//! [`crate::apiserver`]), so that two evictions cannot share one place before the loop has counted again.
//!
//! ```text
//! minAvailable 2   Pods web-1 web-2 web-3 ready     3 healthy, 2 must stay: 1 may be evicted
//! web-1 evicted    not counted from now on          2 healthy, 2 must stay: none may be evicted
//! web-4 ready                                       3 healthy, 2 must stay: 1 may be evicted
//! ```
//!
//! A budget knows only evictions. It does not stop a crash, a deletion, a rolling update or a dead node; they
//! only make the number smaller.
//!
//! The share is one of the replicas that the pods' owners *want*, looked up from pod to owner to its scale
//! (`scale`); of pods that nobody owns no share can be taken. The loop has a second duty: a pod that was marked
//! `DisruptionTarget` and then not deleted within two minutes gets the mark taken back (`stale`).
//!
//! The rules and texts are those of `pkg/controller/disruption/disruption.go`. A pod in two budgets is a mistake,
//! which an Event tells; upstream then looks at one of the two at random, this loop looks at both.

mod budget;
mod scale;
mod stale;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use smol_str::{SmolStr, format_smolstr};

use crate::client::{Cache, Change, Context, Interest, Loop, Never, Note, Plan};
use crate::object::{Kind, Object, ObjectRef, Pod, Resource, disruption};
use crate::time::{Span, VirtualTime};

/// After this long an eviction that was announced and not seen is no longer believed (`DeletionTimeout`); nor is
/// a pod's mark that it is about to go (`stalePodDisruptionTimeout`).
const BELIEVED: Span = Span::secs(120);

/// The disruption controller.
#[derive(Clone, Debug, Default)]
pub struct DisruptionController;

/// What it saw: of a budget, or of a pod that was said to go.
#[derive(Clone, Debug)]
pub enum Seen {
    /// A budget with its pods.
    Budget(Box<budget::Seen>),
    /// A pod with the mark of a disruption.
    Marked(Arc<Pod>),
}

impl Loop for DisruptionController {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        "controller/disruption".into()
    }

    fn interests(&self) -> Vec<Interest> {
        [Kind::PodDisruptionBudget, Kind::Pod, Kind::ReplicaSet, Kind::Deployment].map(Interest::all).into()
    }

    fn workers(&self) -> usize {
        1
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        match change.object() {
            Some(Object::PodDisruptionBudget(budget)) => {
                let name = budget.key().name;
                let what = if change.old.is_none() { "is new" } else { "changed" };
                cx.wake(budget_ref(budget), format_smolstr!("the budget {name} {what}"));
            }
            Some(Object::Pod(_)) => pod_changed(change, cx),
            _ => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        match item.kind {
            Kind::Pod => stale::seen(cache.get_as::<Pod>(&item.key)?, now).map(Seen::Marked),
            _ => {
                let budget = cache.get_as::<PodDisruptionBudget>(&item.key)?;
                Some(Seen::Budget(Box::new(budget::Seen::of(budget, cache))))
            }
        }
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        match seen {
            Seen::Budget(seen) => seen.words(),
            Seen::Marked(_) => "it was marked as about to go, and it is still there".into(),
        }
    }

    fn compare(&self, _item: &ObjectRef, seen: &Seen, now: VirtualTime) -> Plan {
        match seen {
            Seen::Budget(seen) => budget::plan(seen, now),
            Seen::Marked(pod) => stale::plan(pod, now),
        }
    }
}

fn budget_ref(budget: &PodDisruptionBudget) -> ObjectRef {
    ObjectRef::new(Kind::PodDisruptionBudget, budget.key())
}

/// Wakes the budgets that cover the pod, or did, and the pod itself if it carries the mark.
fn pod_changed(change: &Change, cx: &mut Context<'_>) {
    let (old, new) = (change.old.as_ref().and_then(Pod::of), change.new.as_ref().and_then(Pod::of));
    let Some(pod) = new.or(old) else { return };
    let name = pod.key().name;
    let cache = cx.cache;
    let covers = |budget: &PodDisruptionBudget, pod: Option<&Pod>| {
        pod.is_some_and(|pod| disruption::covers(budget, pod))
    };
    let mut now_covering: Vec<SmolStr> = Vec::new();
    for budget in cache.in_namespace::<PodDisruptionBudget>(&pod.key().namespace) {
        let is = covers(budget, new);
        if is || covers(budget, old) {
            cx.wake(budget_ref(budget), format_smolstr!("pod {name} {}", news(old, new)));
        }
        if is {
            now_covering.push(budget.key().name);
        }
    }
    if let (Some(Object::Pod(pod)), [first, _, ..]) = (&change.new, now_covering.as_slice()) {
        let text = format!(
            "Pod {:?}/{:?} matches multiple PodDisruptionBudgets.  Chose {first:?} arbitrarily.",
            pod.key().namespace,
            name
        );
        cx.note(Note::warning(Object::Pod(pod.clone()), "MultiplePodDisruptionBudgets", text));
    }
    if let Some(left) = new.and_then(|pod| stale::believed_for(pod, cx.now)) {
        cx.wake_after(ObjectRef::new(Kind::Pod, pod.key()), left, "it was marked as about to go");
    }
}

fn news(old: Option<&Pod>, new: Option<&Pod>) -> &'static str {
    match (old, new) {
        (_, None) => "is gone",
        (None, Some(_)) => "is new",
        (Some(old), Some(new)) => match (old.is_ready(), new.is_ready()) {
            (false, true) => "became ready",
            (true, false) => "is no longer ready",
            _ => "changed",
        },
    }
}
