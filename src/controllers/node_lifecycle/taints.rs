//! Taints that say what is wrong with a node.
//!
//! `NoSchedule` keeps new pods away and follows the node's conditions at once. `NoExecute` also drives out the
//! pods that are there; so it is given with care ([`super::zones`]) and taken away at the next routine check.

use k8s_openapi::api::core::v1::{Node, Taint};
use serde_json::json;

use super::health;
use crate::apiserver::{Call, Patch, Sub};
use crate::object::{Key, Kind, ObjectRef, Resource};
use crate::time::VirtualTime;

/// The node says itself that it is not ready (`TaintNodeNotReady`).
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The node says nothing at all (`TaintNodeUnreachable`).
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// The node is cordoned (`TaintNodeUnschedulable`).
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// Condition, its bad status, and the taint for it (`nodeConditionToTaintKeyStatusMap`).
const BY_CONDITION: [(&str, &str, &str); 6] = [
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
];

/// The node's taints.
pub fn of(node: &Node) -> &[Taint] {
    node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default()
}

/// Whether the node carries one of the two taints that drive pods out because of its health.
pub fn drives_out(node: &Node) -> bool {
    of(node).iter().any(is_health_no_execute)
}

fn is_health_no_execute(taint: &Taint) -> bool {
    taint.effect == "NoExecute" && matches!(taint.key.as_str(), NOT_READY | UNREACHABLE)
}

/// The keys that the node should have with `NoSchedule`, by its conditions and by being cordoned.
fn wanted_no_schedule(node: &Node) -> Vec<&'static str> {
    let is =
        |kind: &str, status: &str| health::condition(node, kind).is_some_and(|found| found.status == status);
    let mut keys: Vec<&'static str> =
        BY_CONDITION.iter().filter(|(kind, status, _)| is(kind, status)).map(|(_, _, key)| *key).collect();
    if node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true)) {
        keys.push(UNSCHEDULABLE);
    }
    keys
}

/// The taints as they should be with respect to `NoSchedule`, and the difference in words; none if they are so.
pub fn corrected_no_schedule(node: &Node, now: VirtualTime) -> Option<(Vec<Taint>, String)> {
    let is_ours = |taint: &Taint| {
        let known = taint.key == UNSCHEDULABLE || BY_CONDITION.iter().any(|(_, _, key)| *key == taint.key);
        taint.effect == "NoSchedule" && known
    };
    let wanted = wanted_no_schedule(node);
    let (mut taints, mut words) = (Vec::new(), Vec::new());
    for taint in of(node) {
        match is_ours(taint) && !wanted.contains(&taint.key.as_str()) {
            true => words.push(format!("-{}:NoSchedule", taint.key)),
            false => taints.push(taint.clone()),
        }
    }
    for key in wanted {
        if !taints.iter().any(|taint| taint.key == key && taint.effect == "NoSchedule") {
            words.push(format!("+{key}:NoSchedule"));
            taints.push(new_taint(key, "NoSchedule", now));
        }
    }
    (!words.is_empty()).then(|| (taints, words.join(" ")))
}

/// The taints with `key:NoExecute` in place of any other health taint that drives pods out (none if no key).
pub fn with_no_execute(node: &Node, key: Option<&str>, now: VirtualTime) -> Vec<Taint> {
    let kept = |taint: &&Taint| !is_health_no_execute(taint) || Some(taint.key.as_str()) == key;
    let mut taints: Vec<Taint> = of(node).iter().filter(kept).cloned().collect();
    if let Some(key) = key
        && !taints.iter().any(is_health_no_execute)
    {
        taints.push(new_taint(key, "NoExecute", now));
    }
    taints
}

fn new_taint(key: &str, effect: &str, now: VirtualTime) -> Taint {
    Taint { key: key.to_owned(), effect: effect.to_owned(), value: None, time_added: Some(now.to_api()) }
}

/// The request that gives the node these taints; refused if somebody wrote the node meanwhile
/// (`controller.PatchNodeTaints`).
pub fn patch(node: &Node, taints: &[Taint]) -> Call {
    let taints = (!taints.is_empty()).then_some(taints);
    let patch = json!({
        "metadata": {"resourceVersion": node.metadata.resource_version},
        "spec": {"taints": taints},
    });
    let target = ObjectRef::new(Kind::Node, node.key());
    Call::Patch { target, patch: Patch::Strategic(patch), sub: Sub::Main, dry_run: false }
}

/// The node to which this request gives a taint that drives pods out.
pub fn driven_out_by(call: &Call) -> Option<&Key> {
    let Call::Patch { target, patch: Patch::Strategic(patch), .. } = call else { return None };
    let taints = patch.pointer("/spec/taints")?.as_array()?;
    let is_it = |taint: &serde_json::Value| {
        let key = taint.get("key").and_then(|key| key.as_str());
        taint.get("effect").and_then(|effect| effect.as_str()) == Some("NoExecute")
            && matches!(key, Some(NOT_READY | UNREACHABLE))
    };
    taints.iter().any(is_it).then_some(&target.key)
}
