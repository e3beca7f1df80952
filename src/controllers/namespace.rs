//! The namespace controller: it empties a namespace that is to go.
//!
//! Deleting a namespace only marks it: phase `Terminating`, and the API server takes no new objects for it. What
//! is in it goes by the hand of this controller, 5 s later and in order: first the pods, and only when the last
//! one is gone everything else, so that no container loses its ConfigMaps or its network policy while it still
//! runs (ordered deletion, 1.33). Objects with finalizers take their time; the conditions of the namespace say
//! which ones are left. When nothing is left, the controller takes its own name (`kubernetes`) off the
//! namespace's `spec.finalizers`, and the API server removes it (`pkg/controller/namespace`).

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{Namespace, NamespaceCondition};
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

/// The conditions of a terminating namespace, in order, each with reason and message when all is well.
const CONDITIONS: [(&str, &str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];

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
        if *kind == Kind::Pod && left.is_empty() {
            self.stages.insert(item.key.name.clone(), Stage::Rest);
            cx.wake(item.clone(), "its pods are gone");
        } else if !left.is_empty() {
            let estimate = estimate_secs(left, cx.now);
            cx.wake_after(item.clone(), Span::secs(estimate / 2 + 1), "what was left should be gone by now");
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
        if seen.stage == Stage::Pods && left.is_empty() {
            return Vec::new();
        }
        let totals = match seen.stage {
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

/// The request that removes the namespace: nothing holds it any more. The real controller uses the subresource
/// `finalize`. It carries no revision, because the status was written just before.
fn finalize(item: &ObjectRef, namespace: &Namespace) -> Write {
    let mut namespace = namespace.clone();
    namespace.metadata.resource_version = None;
    let spec = namespace.spec.get_or_insert_default();
    spec.finalizers.get_or_insert_default().retain(|finalizer| finalizer != FINALIZER);
    let call = Call::Update { object: namespace.into_object(), sub: Sub::Main, dry_run: false };
    Write::new(call, format_smolstr!("let {} go: it is empty", item.key.name)).tolerating(&["NotFound"])
}

/// How long the objects that are left may take (`estimateGracefulTermination`): pods their grace period,
/// counted from their own deletion; others whatever their finalizers need.
fn estimate_secs(left: &[Object], now: VirtualTime) -> u64 {
    let of = |object: &Object| match Pod::of(object) {
        Some(pod) if pod.is_finished() => 0,
        Some(pod) => {
            let ends = pod.metadata.deletion_timestamp.as_ref().map(VirtualTime::from_api);
            ends.map_or(0, |ends| ends.since(now).as_secs())
        }
        None => 0,
    };
    match left.iter().map(of).max().unwrap_or(0) {
        0 => FINALIZER_ESTIMATE_SECS,
        seconds => seconds,
    }
}

/// What is left, counted.
#[derive(Debug, Default)]
struct Totals {
    /// By `configmaps.` or `deployments.apps`: the real texts keep the dot of the core group.
    resources: BTreeMap<String, usize>,
    finalizers: BTreeMap<String, usize>,
}

impl Totals {
    fn of(left: &[&Object]) -> Self {
        let mut totals = Self::default();
        for object in left {
            let info = object.kind().info();
            *totals.resources.entry(format!("{}.{}", info.plural, info.group)).or_default() += 1;
            for finalizer in object.meta().finalizers.iter().flatten() {
                *totals.finalizers.entry(finalizer.clone()).or_default() += 1;
            }
        }
        totals
    }

    /// The finding for a condition, if it is one: reason and message (`ProcessContentTotals`).
    fn finding(&self, condition: &str) -> Option<(&'static str, String)> {
        let join = |map: &BTreeMap<String, usize>, words: &str| {
            map.iter()
                .map(|(what, number)| format!("{what} {words} {number} resource instances"))
                .collect::<Vec<_>>()
        };
        match condition {
            "NamespaceContentRemaining" if !self.resources.is_empty() => {
                let list = join(&self.resources, "has").join(", ");
                Some(("SomeResourcesRemain", format!("Some resources are remaining: {list}")))
            }
            "NamespaceFinalizersRemaining" if !self.finalizers.is_empty() => {
                let list = join(&self.finalizers, "in").join(", ");
                let text = format!("Some content in the namespace has finalizers remaining: {list}");
                Some(("SomeFinalizersRemain", text))
            }
            _ => None,
        }
    }
}

/// The namespace with its conditions up to date; none if they are (`namespaceConditionUpdater.Update`).
fn with_conditions(namespace: &Namespace, totals: &Totals, now: VirtualTime) -> Option<Namespace> {
    let mut updated = namespace.clone();
    let list = updated.status.get_or_insert_default().conditions.get_or_insert_default();
    for (kind, reason, message) in CONDITIONS {
        let (status, reason, message) = match totals.finding(kind) {
            Some((reason, message)) => ("True", reason, message),
            None => ("False", reason, message.to_owned()),
        };
        let wanted = NamespaceCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_transition_time: Some(now.to_api()),
        };
        match list.iter_mut().find(|condition| condition.type_ == kind) {
            None => list.push(wanted),
            Some(known) if known.status != wanted.status => *known = wanted,
            Some(known) => (known.reason, known.message) = (wanted.reason, wanted.message),
        }
    }
    (updated != *namespace).then_some(updated)
}

#[cfg(test)]
mod tests {
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
            "spec": {"containers": []},
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
        let Some(Call::Update { object, sub: Sub::Main, .. }) = calls.last() else { panic!("{calls:?}") };
        assert!(!holds(Namespace::of(object).unwrap()));
        assert_eq!(object.meta().resource_version, None);
    }

    #[test]
    fn a_condition_keeps_its_time_unless_its_status_changes() {
        let namespace = terminating(json!([{
            "type": "NamespaceContentRemaining", "status": "False", "reason": "ContentRemoved",
            "message": "All content successfully removed", "lastTransitionTime": "2026-01-05T08:00:01Z",
        }]));
        let namespace = Namespace::of(&namespace).unwrap();
        let at = VirtualTime::from_micros(9_000_000);
        let same =
            with_conditions(namespace, &Totals::default(), at).unwrap().status.unwrap().conditions.unwrap();
        assert_eq!(same[0].last_transition_time, Some(VirtualTime::from_micros(1_000_000).to_api()));
        let totals = Totals::of(&[&held()]);
        let changed = with_conditions(namespace, &totals, at).unwrap().status.unwrap().conditions.unwrap();
        assert_eq!(changed[0].last_transition_time, Some(at.to_api()));
    }
}
