//! The namespace controller: it empties a namespace that is to go.
//!
//! Deleting a namespace only marks it: phase `Terminating`, and the API server takes no new objects for it. What
//! is in it goes by the hand of this controller, 5 s later and in order: first the pods, and only when the last
//! one is gone everything else, so that no container loses its ConfigMaps or its network policy while it still
//! runs (ordered deletion, 1.33). Objects with finalizers take their time; the conditions of the namespace say
//! which ones are left. When nothing is left, the controller takes its own name (`kubernetes`) off the
//! namespace's `spec.finalizers`, and the API server removes it (`pkg/controller/namespace`).
//!
//! - `conditions`: what is left, in the namespace's status.

mod conditions;

use std::sync::Arc;

use conditions::{Totals, with_conditions};
use imbl::OrdMap;
use k8s_openapi::api::core::v1::Namespace;
use smol_str::{SmolStr, format_smolstr};

use crate::apiserver::{Call, DeleteOptions, Filter, Propagation, Sub};
use crate::client::{
    Cache, Change, Context, Effect, Interest, Limit, Limits, Loop, Never, Outcome, Plan, Step, Verdict, Write,
};
use crate::object::{Kind, Object, ObjectRef, Pod, Resource, is_terminating};
use crate::time::{Span, VirtualTime};

/// How long every change of a terminating namespace waits before it is looked at (`namespaceDeletionGracePeriod`).
const GRACE: Span = Span::secs(5);
/// What remains because of finalizers is expected to take this long (`finalizerEstimateSeconds`).
const FINALIZER_ESTIMATE_SECS: u64 = 15;
/// The namespace's finalizer that is this controller's.
const FINALIZER: &str = "kubernetes";

/// What is to be deleted next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// The pods.
    #[default]
    Pods,
    /// Everything else: the pods are gone.
    Rest,
}

/// The namespace controller.
#[derive(Clone, Debug, Default)]
pub struct NamespaceController {
    /// Namespaces whose pods were just found to be gone.
    stages: OrdMap<SmolStr, Stage>,
    /// How often in a row something was left that should have been gone.
    failures: OrdMap<SmolStr, u32>,
}

/// What it saw.
#[derive(Clone, Debug)]
pub struct Seen {
    namespace: Arc<Namespace>,
    stage: Stage,
}

impl Loop for NamespaceController {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        "controller/namespace".into()
    }

    /// What is in a namespace is asked for when it is to go; most never go.
    fn interests(&self) -> Vec<Interest> {
        vec![Interest::all(Kind::Namespace)]
    }

    /// It asks for much at once (`startNamespaceController`).
    fn limits(&self) -> Limits {
        let Limit { per_second, burst } = Limit::CONTROLLER;
        Limits { requests: Some(Limit { per_second: 20 * per_second, burst: 100 * burst }), events: None }
    }

    /// `--concurrent-namespace-syncs`.
    fn workers(&self) -> usize {
        10
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        let Some(object) = change.object() else { return };
        match change.new.is_some() {
            true if is_terminating(object.meta()) => {
                cx.wake_after(object.reference(), GRACE, "it is to go, and 5s have passed");
            }
            true => {}
            false => {
                self.stages.remove(&object.key().name);
                self.failures.remove(&object.key().name);
            }
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, _now: VirtualTime) -> Option<Seen> {
        let namespace = cache.get_as::<Namespace>(&item.key)?;
        let stage = self.stages.get(&item.key.name).copied().unwrap_or_default();
        is_terminating(&namespace.metadata).then(|| Seen { namespace: namespace.clone(), stage })
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        match seen.stage {
            Stage::Pods => "it is Terminating".into(),
            Stage::Rest => "it is Terminating and has no pods any more".into(),
        }
    }

    fn compare(&self, item: &ObjectRef, seen: &Seen, _now: VirtualTime) -> Plan {
        if !holds(&seen.namespace) {
            return Plan::idle(Verdict::nothing("I have let go of it; others still hold it"));
        }
        let name = &item.key.name;
        let (kinds, have, why) = match seen.stage {
            Stage::Pods => (
                vec![Kind::Pod],
                "perhaps pods",
                "pods go first: nothing that they use may vanish under them",
            ),
            Stage::Rest => (
                Kind::ALL.iter().copied().filter(|kind| kind.is_namespaced() && *kind != Kind::Pod).collect(),
                "no pods, perhaps other objects",
                "the pods are gone: now everything else",
            ),
        };
        let mut plan = Plan::idle(Verdict::new("an empty namespace", have, "differs", why))
            .waiting_for("for what is left to go");
        for kind in kinds {
            plan = plan.then(delete_all(kind, name)).then(list_all(kind, name));
        }
        plan
    }

    fn intend(&mut self, item: &ObjectRef, _plan: &Plan, _now: VirtualTime) {
        // Each round begins with the pods.
        self.stages.remove(&item.key.name);
    }

    fn ended(&mut self, item: &ObjectRef, call: &Call, outcome: &Outcome, cx: &mut Context<'_>) {
        let (Call::List { kind, .. }, Outcome::Listed(left)) = (call, outcome) else { return };
        let name = &item.key.name;
        if *kind == Kind::Pod && left.is_empty() {
            self.failures.remove(name);
            self.stages.insert(name.clone(), Stage::Rest);
            cx.wake(item.clone(), "its pods are gone");
        } else if !left.is_empty() {
            let quiet =
                cx.cache.get_as::<Namespace>(&item.key).map_or(Span::ZERO, |it| quiet_for(it, cx.now));
            let wait = match estimate_secs(left, quiet) {
                Some(estimate) => Span::secs(estimate / 2 + 1),
                None => {
                    let failures = self.failures.entry(name.clone()).or_default();
                    *failures += 1;
                    let failures = *failures;
                    self.retry_after(failures - 1)
                }
            };
            cx.wake_after(item.clone(), wait, "what was left should be gone by now");
        }
    }

    fn conclude(
        &self,
        item: &ObjectRef,
        seen: &Seen,
        outcomes: &[Outcome],
        now: VirtualTime,
    ) -> Vec<Step<Never>> {
        if outcomes.iter().any(|outcome| outcome.refusal().is_some()) {
            return Vec::new();
        }
        // Every second answer is a list of what is left.
        let left: Vec<&Object> = outcomes.iter().skip(1).step_by(2).flat_map(listed).collect();
        let pods: &[Object] = outcomes.get(1).map_or(&[], listed);
        let totals = match seen.stage {
            Stage::Pods if left.is_empty() => return Vec::new(),
            Stage::Pods if estimate_secs(pods, quiet_for(&seen.namespace, now)).is_none() => {
                Totals::unexpected_pods(&item.key.name)
            }
            // The real controller does not count the pods: it says so only when it looks at everything.
            Stage::Pods => Totals::default(),
            Stage::Rest => Totals::of(&left),
        };
        let mut steps = Vec::new();
        let mut write = |write| steps.push(Step { effects: vec![Effect::Write(write)], must_succeed: true });
        if let Some(namespace) = with_conditions(&seen.namespace, &totals, now) {
            let call = Call::Update { object: namespace.into_object(), sub: Sub::Status, dry_run: false };
            write(Write::new(call, "write what is left into its conditions").tolerating(&["NotFound"]));
        }
        if left.is_empty() {
            write(finalize(item, &seen.namespace));
        }
        steps
    }
}

fn listed(outcome: &Outcome) -> &[Object] {
    match outcome {
        Outcome::Listed(objects) => objects,
        _ => &[],
    }
}

/// Whether this controller still has to let the namespace go.
fn holds(namespace: &Namespace) -> bool {
    let finalizers = namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_ref());
    finalizers.is_some_and(|list| list.iter().any(|finalizer| finalizer == FINALIZER))
}

fn in_namespace(name: &SmolStr) -> Filter {
    Filter { namespace: Some(name.clone()), ..Filter::default() }
}

fn delete_all(kind: Kind, namespace: &SmolStr) -> Write {
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    let call = Call::DeleteCollection { kind, filter: in_namespace(namespace), options };
    Write::new(call, format_smolstr!("delete all its {}", kind.info().plural))
}

fn list_all(kind: Kind, namespace: &SmolStr) -> Write {
    let call = Call::List { kind, filter: in_namespace(namespace) };
    Write::new(call, format_smolstr!("look which {} are left", kind.info().plural))
}

/// The request that removes the namespace: nothing holds it any more. It carries no revision, because the status was
/// written just before.
fn finalize(item: &ObjectRef, namespace: &Namespace) -> Write {
    let mut namespace = namespace.clone();
    namespace.metadata.resource_version = None;
    let spec = namespace.spec.get_or_insert_default();
    spec.finalizers.get_or_insert_default().retain(|finalizer| finalizer != FINALIZER);
    let call = Call::Update { object: namespace.into_object(), sub: Sub::Finalize, dry_run: false };
    Write::new(call, format_smolstr!("let {} go: it is empty", item.key.name)).tolerating(&["NotFound"])
}

/// How long ago the namespace was deleted.
fn quiet_for(namespace: &Namespace, now: VirtualTime) -> Span {
    let deleted = namespace.metadata.deletion_timestamp.as_ref().map(VirtualTime::from_api);
    deleted.map_or(Span::ZERO, |deleted| now.since(deleted))
}

/// How long the objects that are left may take: pods their grace period, counted from the deletion of the namespace
/// (`estimateGracefulTermination`); others whatever their finalizers need. None if nothing explains why they are
/// still there.
fn estimate_secs(left: &[Object], since_deletion: Span) -> Option<u64> {
    let grace = |object: &Object| {
        let pod = Pod::of(object).filter(|pod| !pod.is_finished())?;
        u64::try_from(pod.spec.termination_grace_period_seconds?).ok()
    };
    let held = |object: &Object| object.meta().finalizers.as_ref().is_some_and(|list| !list.is_empty());
    match left.iter().filter_map(grace).max() {
        Some(seconds) if seconds > 0 && since_deletion < Span::secs(seconds) => Some(seconds),
        _ => left.iter().any(held).then_some(FINALIZER_ESTIMATE_SECS),
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::NamespaceCondition;
    use serde_json::json;

    use super::*;
    use crate::controllers::rig::{Rig, object};

    fn terminating(conditions: serde_json::Value) -> Object {
        object(json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "shop", "uid": "n1", "resourceVersion": "7",
                "deletionTimestamp": "2026-01-05T08:00:00Z"},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Terminating", "conditions": conditions},
        }))
    }

    fn pod() -> Object {
        object(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "shop", "deletionTimestamp": "2026-01-05T08:00:35Z"},
            "spec": {"containers": [], "terminationGracePeriodSeconds": 30},
        }))
    }

    fn held() -> Object {
        object(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "held", "namespace": "shop", "finalizers": ["example.com/hold"]},
        }))
    }

    fn conditions(call: &Call) -> Vec<(String, String, String)> {
        let Call::Update { object, sub: Sub::Status, .. } = call else { panic!("no status: {call:?}") };
        let status = Namespace::of(object).unwrap().status.clone().unwrap();
        let of = |found: NamespaceCondition| (found.type_, found.status, found.message.unwrap());
        status.conditions.unwrap().into_iter().map(of).collect()
    }

    #[test]
    fn pods_go_first_after_five_seconds_and_nothing_else_while_one_is_left() {
        let mut rig = Rig::new(NamespaceController::default(), vec![terminating(json!([])), pod(), held()]);
        rig.run_for(Span::millis(4_990));
        assert!(rig.calls().is_empty(), "it waits 5 s");
        rig.run_for(Span::millis(50));
        let calls = rig.take_calls();
        assert!(matches!(calls[0], Call::DeleteCollection { kind: Kind::Pod, .. }));
        assert!(matches!(calls[1], Call::List { kind: Kind::Pod, .. }));
        let conditions = conditions(&calls[2]);
        assert_eq!(calls.len(), 3);
        assert!(
            conditions.iter().all(|(_, status, _)| status == "False"),
            "pods are not counted: {conditions:?}"
        );
        assert_eq!(conditions[3].2, "All content successfully removed");
    }

    #[test]
    fn a_pod_that_outlives_its_grace_is_a_failure_that_is_tried_again_soon() {
        let mut rig = Rig::new(NamespaceController::default(), vec![terminating(json!([])), pod()]);
        rig.run_for(Span::millis(20_900));
        rig.take_calls();
        rig.run_for(Span::millis(200));
        assert!(!rig.take_calls().is_empty(), "half of the 30 s grace and a second later");
        rig.run_for(Span::secs(17));
        let calls = rig.take_calls();
        let failed = calls.iter().find(|call| matches!(call, Call::Update { .. })).map(conditions).unwrap();
        assert_eq!(failed[2].1, "True");
        assert!(
            failed[2]
                .2
                .ends_with("unexpected items still remain in namespace: shop for gvr: /v1, Resource=pods")
        );
        assert!(calls.len() > 10, "it is tried again after 5 ms, 10 ms, ...: {}", calls.len());
    }

    #[test]
    fn what_finalizers_hold_is_named_as_recorded_and_the_namespace_stays() {
        let mut rig = Rig::new(NamespaceController::default(), vec![terminating(json!([])), held()]);
        rig.run_for(Span::millis(5_500));
        let calls = rig.take_calls();
        let conditions = conditions(calls.last().unwrap());
        assert_eq!(conditions[3].2, "Some resources are remaining: configmaps. has 1 resource instances");
        assert_eq!(
            conditions[4].2,
            "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
        );
        rig.run_for(Span::secs(8));
        assert!(!rig.calls().is_empty(), "it looks again after 15/2+1 s even if nothing changes");
    }

    #[test]
    fn an_empty_namespace_gets_its_conditions_and_then_goes() {
        let mut rig = Rig::new(NamespaceController::default(), vec![terminating(json!([]))]);
        rig.run_for(Span::millis(5_500));
        let calls = rig.take_calls();
        assert_eq!(conditions(&calls[calls.len() - 2]).len(), 5);
        let Some(Call::Update { object, sub: Sub::Finalize, .. }) = calls.last() else { panic!("{calls:?}") };
        assert!(!holds(Namespace::of(object).unwrap()));
        assert_eq!(object.meta().resource_version, None);
    }
}
