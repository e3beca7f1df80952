//! What a node's conditions say, and what the controller writes there when the node says nothing.

use k8s_openapi::api::core::v1::{Node, NodeCondition};

use crate::object::conditions;
use crate::time::{Span, VirtualTime};

/// Silence of a node that has reported before (`--node-monitor-grace-period`, 50 s since 1.32).
pub const GRACE: Span = Span::secs(50);
/// Silence of a node that has never reported (`--node-startup-grace-period`).
pub const STARTUP_GRACE: Span = Span::secs(60);

/// Conditions that only a kubelet can know.
const REPORTED: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// The node's condition of this type.
pub fn condition<'a>(node: &'a Node, kind: &str) -> Option<&'a NodeCondition> {
    conditions::get(node.status.as_ref()?.conditions.as_ref(), kind)
}

/// `True`, `False` or `Unknown`; a node that never reported is Unknown.
pub fn ready(node: &Node) -> &str {
    condition(node, "Ready").map_or("Unknown", |ready| ready.status.as_str())
}

/// How long the node may be silent.
pub fn grace(node: &Node) -> Span {
    match condition(node, "Ready") {
        Some(_) => GRACE,
        None => STARTUP_GRACE,
    }
}

/// The node with all that its kubelet reports marked Unknown; none if Ready is Unknown already
/// (`tryUpdateNodeHealth`).
pub fn silenced(node: &Node, now: VirtualTime) -> Option<Node> {
    if condition(node, "Ready").is_some_and(|ready| ready.status == "Unknown") {
        return None;
    }
    let mut node = node.clone();
    let created = node.metadata.creation_timestamp.clone();
    let list = node.status.get_or_insert_default().conditions.get_or_insert_default();
    for kind in REPORTED {
        match list.iter_mut().find(|condition| condition.type_ == kind) {
            Some(known) if known.status != "Unknown" => {
                known.status = "Unknown".to_owned();
                known.reason = Some("NodeStatusUnknown".to_owned());
                known.message = Some("Kubelet stopped posting node status.".to_owned());
                known.last_transition_time = Some(now.to_api());
            }
            Some(_) => {}
            None => list.push(NodeCondition {
                type_: kind.to_owned(),
                status: "Unknown".to_owned(),
                reason: Some("NodeStatusNeverUpdated".to_owned()),
                message: Some("Kubelet never posted node status.".to_owned()),
                last_heartbeat_time: created.clone(),
                last_transition_time: Some(now.to_api()),
            }),
        }
    }
    Some(node)
}
