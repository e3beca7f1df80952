//! The events that a kubelet records about its node.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, NodeStatus};

use crate::client::{Change, Note};
use crate::object::Object;

/// That the node was cordoned or uncordoned (`recordNodeSchedulableEvent`; the real kubelet looks every 10
/// seconds, this one tells it when it hears of it).
pub fn schedulable(name: &str, change: &Change) -> Option<Note> {
    let closed = |object: &Option<Object>| match object {
        Some(Object::Node(node)) => node.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true),
        _ => false,
    };
    let node = change.new.as_ref()?;
    let (was, is) = (closed(&change.old), closed(&change.new));
    let state = if is { "NodeNotSchedulable" } else { "NodeSchedulable" };
    (was != is).then(|| status_now(name, node, state))
}

/// That the kubelet starts, that the machine was rebooted, and that the node is well again; `old` is its status
/// before this report.
pub fn status(node: &Arc<Node>, old: &NodeStatus, new: &NodeStatus, starting: bool) -> Vec<Note> {
    let name = node.metadata.name.as_deref().unwrap_or("");
    let about = Object::Node(node.clone());
    let was = |kind: &str| {
        let mut conditions = old.conditions.iter().flatten();
        conditions.find(|condition| condition.type_ == kind).map(|condition| condition.status.clone())
    };
    let mut notes = Vec::new();
    if starting {
        notes.push(Note::normal(about.clone(), "Starting", "Starting kubelet."));
    }
    let boot =
        |status: &NodeStatus| status.node_info.as_ref().map(|info| info.boot_id.clone()).unwrap_or_default();
    let (before, now) = (boot(old), boot(new));
    if !before.is_empty() && before != now {
        let text = format!("Node {name} has been rebooted, boot id: {now}");
        notes.push(Note::warning(about.clone(), "Rebooted", text));
    }
    let sufficient = [
        ("MemoryPressure", "NodeHasSufficientMemory"),
        ("DiskPressure", "NodeHasNoDiskPressure"),
        ("PIDPressure", "NodeHasSufficientPID"),
    ];
    for (kind, reason) in sufficient {
        if starting || was(kind).as_deref() != Some("False") {
            notes.push(status_now(name, &about, reason));
        }
    }
    if was("Ready").as_deref() != Some("True") {
        notes.push(status_now(name, &about, "NodeReady"));
    }
    notes
}

fn status_now(name: &str, about: &Object, state: &str) -> Note {
    Note::normal(about.clone(), state, format!("Node {name} status is now: {state}"))
}
