//! The texts of FailedScheduling, word for word (`framework/types.go`, `FitError.Error`).

use std::collections::BTreeMap;
use std::fmt::Write;

use super::cycle::Looked;
use super::preemption::{Hopeless, Preemption};
use crate::object::Pod;

/// What the plugin for dynamic resources says whenever preemption is considered; we have no such resources.
const NO_CLAIMS: &str = "no new claims to deallocate, ";
/// A cluster without nodes (`ErrNoNodesAvailable`).
const NO_NODES: &str = "no nodes available to schedule pods";
/// Longer messages are cut (`NoteLengthLimit` of events).
const LENGTH_MAX: usize = 1024;

/// Why no node will do, and why preemption does not help either if it does not.
pub fn failed_scheduling(nodes: usize, looked: &[Looked<'_>], preemption: &Preemption) -> String {
    if nodes == 0 {
        return NO_NODES.to_owned();
    }
    let mut reasons = BTreeMap::new();
    for reason in looked.iter().filter_map(|one| one.rejected.as_ref()).flat_map(|one| &one.reasons) {
        *reasons.entry(reason.as_str()).or_insert(0) += 1;
    }
    let skipped = nodes - looked.len().min(nodes);
    if skipped > 0 {
        // Nodes that the pod's affinity names otherwise are not even looked at.
        reasons.insert("node(s) didn't satisfy plugin(s) [NodeAffinity]", skipped);
    }
    let mut text = available(nodes, &reasons);
    match preemption {
        Preemption::Possible { .. } => {}
        Preemption::NotAllowed(why) => {
            let _ = write!(text, " {NO_CLAIMS}preemption: {why}");
        }
        Preemption::Hopeless(Hopeless { reasons, .. }) => {
            let counted = reasons.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
            let _ = write!(text, " {NO_CLAIMS}preemption: {}", available(nodes, &counted));
        }
    }
    truncate(text)
}

/// What speaks against all nodes alike, before any is looked at. (What stands behind it is what preemption says when it
/// looks for the claim in vain.)
pub fn failed_before(nodes: usize, why: &str) -> String {
    match nodes {
        0 => NO_NODES.to_owned(),
        _ => format!("0/{nodes} nodes are available: {why}. not found"),
    }
}

/// `0/3 nodes are available: 1 Insufficient cpu, 2 ...`, sorted as texts, numbers included.
fn available(nodes: usize, reasons: &BTreeMap<&str, usize>) -> String {
    let mut counted: Vec<String> =
        reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    counted.sort_unstable();
    format!("0/{nodes} nodes are available: {}.", counted.join(", "))
}

/// `truncateMessage` in `schedule_one.go`.
fn truncate(text: String) -> String {
    if text.len() <= LENGTH_MAX {
        return text;
    }
    let suffix = " ...";
    let mut end = LENGTH_MAX - suffix.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &text[..end])
}

/// The message of the event when a pod was assigned.
pub fn scheduled(pod: &Pod, node: &str) -> String {
    let meta = &pod.metadata;
    let (namespace, name) = (meta.namespace.as_deref().unwrap_or(""), meta.name.as_deref().unwrap_or(""));
    format!("Successfully assigned {namespace}/{name} to {node}")
}
