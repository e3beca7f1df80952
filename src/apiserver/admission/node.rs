//! TaintNodesByCondition: a new node takes no pods before somebody has seen that it is ready.

use k8s_openapi::api::core::v1::{Node, Taint};

/// The taint of a node that is not ready.
const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// Taints a new node; the node lifecycle controller takes the taint away when the node is ready.
pub fn admit(node: &mut Node) {
    let taints = node.spec.get_or_insert_default().taints.get_or_insert_default();
    if !taints.iter().any(|taint| taint.key == NOT_READY && taint.effect == "NoSchedule") {
        taints.push(Taint { key: NOT_READY.to_owned(), effect: "NoSchedule".to_owned(), ..Taint::default() });
    }
}
