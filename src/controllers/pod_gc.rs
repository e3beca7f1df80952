//! The pod garbage collector: it removes pods that no kubelet will ever remove.
//!
//! A pod is deleted in two steps: somebody asks for it, and the kubelet of its node says when the containers have
//! ended. Where there is no kubelet, the second step never comes. This controller looks every 20 s for
//!
//! - pods of nodes that no longer exist, once the node has been missing for 40 s,
//! - pods that are to go and were never placed on a node,
//! - pods that are to go, on a node that is not ready and that somebody marked as `out-of-service`,
//! - finished pods beyond 12,500 in the cluster, those of evictions and the oldest first.
//!
//! It marks them Failed, because nobody else will, and deletes them without grace (`pkg/controller/podgc`). Our
//! sweep looks only at pods for which one of this may be true; the real one looks at all.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::Node;
use serde_json::{Value, json};
use smol_str::{SmolStr, format_smolstr};

use crate::apiserver::{Call, DeleteOptions, Patch, Sub};
use crate::client::{
    Cache, Change, Context, Effect, Interest, Loop, Never, Outcome, Plan, Step, Verdict, Write,
};
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, conditions, is_terminating};
use crate::time::{Span, VirtualTime};

/// How often it looks (`gcCheckPeriod`).
const SWEEP: Span = Span::secs(20);
/// How long a node must be missing (`quarantineTime`).
const QUARANTINE: Span = Span::secs(40);
/// Finished pods that may stay (`--terminated-pod-gc-threshold`).
const FINISHED_MAX: usize = 12_500;
/// The taint by which an administrator says that a node is really off.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// Finished pods in the order in which they go: evicted ones, then the oldest.
type Finished = (bool, VirtualTime, Key);

/// The pod garbage collector.
#[derive(Clone, Debug)]
pub struct PodGc {
    finished_max: usize,
    finished: OrdSet<Finished>,
    /// Nodes that pods name and that do not exist, and since when this is known.
    missing: OrdMap<SmolStr, VirtualTime>,
}

/// Why a pod may be left over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Case {
    /// Its node does not exist; known for this long.
    NodeMissing(SmolStr, Span),
    /// It is to go and was never placed.
    NeverPlaced,
    /// It is to go, and its node is marked out of service.
    OutOfService(SmolStr),
    /// There are too many finished pods: this one is among the first to go.
    TooMany(usize),
}

/// What it saw.
#[derive(Clone, Debug)]
pub struct Seen {
    pod: Arc<Pod>,
    case: Case,
}

impl Default for PodGc {
    fn default() -> Self {
        Self { finished_max: FINISHED_MAX, finished: OrdSet::new(), missing: OrdMap::new() }
    }
}

impl Loop for PodGc {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        "controller/pod-gc".into()
    }

    fn interests(&self) -> Vec<Interest> {
        vec![Interest::all(Kind::Node), Interest::all(Kind::Pod)]
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        match change.object() {
            Some(Object::Node(node)) => self.node_changed(node, change.new.is_some(), cx),
            Some(Object::Pod(_)) => {
                self.pod_changed(
                    change.old.as_ref().and_then(Pod::of),
                    change.new.as_ref().and_then(Pod::of),
                    cx,
                );
            }
            _ => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        let pod = cache.get_as::<Pod>(&item.key)?;
        let case = self.case(pod, cache, now)?;
        if let Case::NodeMissing(node, _) = &case {
            self.missing.entry(node.clone()).or_insert(now);
        }
        Some(Seen { pod: pod.clone(), case })
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        match &seen.case {
            Case::NodeMissing(node, span) => format_smolstr!("it is bound to {node}, unseen for {span}"),
            Case::NeverPlaced => "it is to go and has no node".into(),
            Case::OutOfService(node) => format_smolstr!("it is to go, and {node} is out of service"),
            Case::TooMany(number) => format_smolstr!("it is one of {number} finished pods"),
        }
    }

    fn compare(&self, item: &ObjectRef, seen: &Seen, _now: VirtualTime) -> Plan {
        let (have, why) = match &seen.case {
            Case::NodeMissing(node, known_for) if *known_for < QUARANTINE => {
                let left = QUARANTINE - *known_for;
                let why = format_smolstr!("{node} does not exist; it might come back, so I wait {left} more");
                let verdict =
                    Verdict::new("a node that exists", format_smolstr!("bound to {node}"), "-1", why);
                return Plan::idle(verdict).again_after(left);
            }
            Case::NodeMissing(node, _) => {
                let why =
                    format_smolstr!("{node} is gone for {QUARANTINE}: no kubelet will ever remove this pod");
                let verdict = Verdict::new("gone", format_smolstr!("bound to {node}"), "overdue", why);
                let target = ObjectRef::new(Kind::Node, Key::cluster(node.clone()));
                let call = Call::Get { target, sub: Sub::Main };
                let ask =
                    Write::new(call, format_smolstr!("ask whether {node} exists")).tolerating(&["NotFound"]);
                return Plan::idle(verdict).then(ask);
            }
            Case::NeverPlaced => {
                ("no node".into(), "it never ran anywhere: nobody else will remove it".into())
            }
            Case::OutOfService(node) => (
                format_smolstr!("on {node}"),
                format_smolstr!(
                    "somebody said that {node} is really off: its kubelet need not be waited for"
                ),
            ),
            Case::TooMany(number) => (
                "finished".into(),
                format_smolstr!("{number} finished pods are more than {}: the oldest go", self.finished_max),
            ),
        };
        let plan = Plan::idle(Verdict::new("gone", have, "overdue", why));
        removal(item, &seen.pod, None).into_iter().fold(plan, Plan::then)
    }

    fn conclude(
        &self,
        item: &ObjectRef,
        seen: &Seen,
        outcomes: &[Outcome],
        now: VirtualTime,
    ) -> Vec<Step<Never>> {
        if !matches!(seen.case, Case::NodeMissing(..)) || outcomes != [Outcome::Done(None)] {
            return Vec::new();
        }
        let condition = json!({
            "type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC",
            "message": "PodGC: node no longer exists", "lastTransitionTime": now.to_api(),
            "observedGeneration": seen.pod.metadata.generation,
        });
        let step = |write| Step { effects: vec![Effect::Write(write)], must_succeed: true };
        removal(item, &seen.pod, Some(condition)).into_iter().map(step).collect()
    }
}

impl PodGc {
    fn node_changed(&mut self, node: &Node, exists: bool, cx: &mut Context<'_>) {
        let Some(name) = node.metadata.name.as_deref() else { return };
        if exists {
            self.missing.remove(name);
            if !is_out_of_service(node) {
                return;
            }
        }
        let cache = cx.cache;
        for pod in cache.all_as::<Pod>().filter(|pod| pod.node_name() == Some(name)) {
            if self.case(pod, cache, cx.now).is_some() {
                wake(Key::of(&pod.metadata), cx);
            }
        }
    }

    fn pod_changed(&mut self, old: Option<&Pod>, new: Option<&Pod>, cx: &mut Context<'_>) {
        if let Some(old) = old.filter(|old| old.is_finished()) {
            self.finished.remove(&rank(old));
        }
        if let Some(new) = new.filter(|new| new.is_finished()) {
            self.finished.insert(rank(new));
        }
        let became_finished = new.is_some_and(Pod::is_finished) && !old.is_some_and(Pod::is_finished);
        if became_finished {
            for (_, _, key) in self.finished.iter().take(self.too_many()) {
                wake(key.clone(), cx);
            }
        }
        if let Some(pod) = new
            && self.case(pod, cx.cache, cx.now).is_some()
        {
            wake(Key::of(&pod.metadata), cx);
        }
    }

    fn too_many(&self) -> usize {
        self.finished.len().saturating_sub(self.finished_max)
    }

    fn case(&self, pod: &Pod, cache: &Cache, now: VirtualTime) -> Option<Case> {
        let is_going = is_terminating(&pod.metadata);
        let Some(name) = pod.node_name() else { return is_going.then_some(Case::NeverPlaced) };
        if pod.is_finished() && self.too_many() > 0 {
            let mine = rank(pod);
            if self.finished.iter().take(self.too_many()).any(|finished| *finished == mine) {
                return Some(Case::TooMany(self.finished.len()));
            }
        }
        match cache.get_as::<Node>(&Key::cluster(name)) {
            None => {
                let known_for = self.missing.get(name).map_or(Span::ZERO, |since| now - *since);
                Some(Case::NodeMissing(name.into(), known_for))
            }
            Some(node) if is_going && is_out_of_service(node) => Some(Case::OutOfService(name.into())),
            Some(_) => None,
        }
    }
}

/// Queues a pod for the next sweep; all sweeps are at the same instants.
fn wake(pod: Key, cx: &mut Context<'_>) {
    let sweep = SWEEP.as_micros();
    let next = VirtualTime::from_micros((cx.now.micros() / sweep + 1).saturating_mul(sweep));
    cx.wake_after(ObjectRef::new(Kind::Pod, pod), next.since(cx.now), "the sweep comes by");
}

/// Not ready and marked by somebody as really off.
fn is_out_of_service(node: &Node) -> bool {
    let ready =
        conditions::is_true(node.status.as_ref().and_then(|status| status.conditions.as_ref()), "Ready");
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_ref());
    !ready && taints.into_iter().flatten().any(|taint| taint.key == OUT_OF_SERVICE)
}

/// Where a finished pod stands in the order of removal (`byEvictionAndCreationTimestamp`).
fn rank(pod: &Pod) -> Finished {
    let evicted = pod.phase() == "Failed" && pod.status.reason.as_deref() == Some("Evicted");
    let created = pod.metadata.creation_timestamp.as_ref().map(VirtualTime::from_api).unwrap_or_default();
    (!evicted, created, Key::of(&pod.metadata))
}

/// Marks a pod Failed, if it has not ended, and deletes it without grace (`markFailedAndDeletePodWithCondition`).
fn removal(item: &ObjectRef, pod: &Pod, condition: Option<Value>) -> Vec<Write> {
    let uid = pod.metadata.uid.clone();
    let mut writes = Vec::new();
    if !pod.is_finished() {
        let mut patch = json!({"metadata": {"uid": uid}, "status": {"phase": "Failed"}});
        if let Some(condition) = condition {
            patch["status"]["conditions"] = json!([condition]);
        }
        let patch = Patch::Strategic(patch);
        let call = Call::Patch { target: item.clone(), patch, sub: Sub::Status, dry_run: false };
        writes
            .push(Write::new(call, "mark it Failed: nobody else will").deciding().tolerating(&["NotFound"]));
    }
    let options = DeleteOptions { grace_period_secs: Some(0), uid, ..DeleteOptions::default() };
    let delete = Call::Delete { target: item.clone(), options };
    writes.push(Write::new(delete, "delete it without grace").tolerating(&["NotFound", "Conflict"]));
    writes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::rig::{Rig, object};

    fn pod(name: &str, extra: Value) -> Object {
        let mut value = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "uid": name},
            "spec": {"containers": []}, "status": {"phase": "Running"},
        });
        json_patch::merge(&mut value, &extra);
        object(value)
    }

    fn node(ready: &str, taints: Value) -> Object {
        object(json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1", "uid": "n1"},
            "spec": {"taints": taints},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }))
    }

    fn failed_with(call: &Call) -> Option<&Value> {
        let Call::Patch { patch: Patch::Strategic(patch), sub: Sub::Status, .. } = call else { return None };
        assert_eq!(patch["status"]["phase"], "Failed");
        Some(&patch["status"]["conditions"][0]["reason"])
    }

    fn is_forced(call: &Call) -> bool {
        matches!(call, Call::Delete { options, .. } if options.grace_period_secs == Some(0))
    }

    #[test]
    fn pods_of_a_missing_node_go_after_the_quarantine() {
        let bound = pod("web", json!({"spec": {"nodeName": "node-9"}}));
        let mut rig = Rig::new(PodGc::default(), vec![node("True", json!([])), bound]);
        rig.run_for(Span::millis(59_990));
        assert!(rig.calls().is_empty(), "noticed at 20 s, so kept until 60 s");
        rig.run_for(Span::secs(1));
        let calls = rig.take_calls();
        assert!(matches!(&calls[0], Call::Get { target, .. } if target.kind == Kind::Node));
        assert_eq!(failed_with(&calls[1]).unwrap(), "DeletionByPodGC");
        assert!(is_forced(&calls[2]));
    }

    #[test]
    fn a_node_that_comes_back_saves_its_pods() {
        let bound = pod("web", json!({"spec": {"nodeName": "node-1"}}));
        let mut rig = Rig::new(PodGc::default(), vec![node("True", json!([])), bound]);
        rig.remove(&node("True", json!([])));
        rig.run_for(Span::secs(45));
        rig.put(node("True", json!([])));
        rig.run_for(Span::secs(60));
        assert!(rig.calls().is_empty());
    }

    #[test]
    fn a_pod_that_is_to_go_and_was_never_placed_goes_at_the_next_sweep() {
        let going = pod("web", json!({"metadata": {"deletionTimestamp": "2026-01-05T08:00:30Z"}}));
        let mut rig = Rig::new(PodGc::default(), vec![going]);
        rig.run_for(Span::millis(20_500));
        let calls = rig.take_calls();
        assert_eq!(failed_with(&calls[0]).unwrap(), &Value::Null, "without a condition");
        assert!(is_forced(&calls[1]));
    }

    #[test]
    fn out_of_service_frees_only_pods_that_are_to_go() {
        let taints = json!([{"key": OUT_OF_SERVICE, "effect": "NoExecute"}]);
        let here = json!({"spec": {"nodeName": "node-1"}});
        let going = json!({
            "spec": {"nodeName": "node-1"}, "metadata": {"deletionTimestamp": "2026-01-05T08:00:30Z"},
        });
        let objects = vec![node("Unknown", taints), pod("stays", here), pod("goes", going)];
        let mut rig = Rig::new(PodGc::default(), objects);
        rig.run_for(Span::millis(20_500));
        let calls = rig.take_calls();
        assert!(calls.iter().all(|call| call.target().is_some_and(|target| target.key.name == "goes")));
        assert_eq!(calls.len(), 2);
    }

    #[test]
    fn of_too_many_finished_pods_the_evicted_and_the_oldest_go() {
        let finished = |name: &str, created: &str, status: Value| {
            pod(
                name,
                json!({
                    "spec": {"nodeName": "node-1"}, "metadata": {"creationTimestamp": created}, "status": status,
                }),
            )
        };
        let logic = PodGc { finished_max: 2, ..PodGc::default() };
        let objects = vec![
            node("True", json!([])),
            finished("a-new", "2026-01-05T08:03:00Z", json!({"phase": "Succeeded"})),
            finished("b-old", "2026-01-05T08:01:00Z", json!({"phase": "Succeeded"})),
            finished("c-mid", "2026-01-05T08:02:00Z", json!({"phase": "Failed"})),
            finished("d-evicted", "2026-01-05T08:04:00Z", json!({"phase": "Failed", "reason": "Evicted"})),
        ];
        let mut rig = Rig::new(logic, objects);
        rig.run_for(Span::millis(20_500));
        let gone: Vec<_> = rig.take_calls().iter().filter_map(|call| Some(call.target()?.key.name)).collect();
        assert_eq!(gone, ["b-old", "d-evicted"]);
    }
}
