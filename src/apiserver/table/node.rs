//! The row of a Node.

use k8s_openapi::api::core::v1::{Node, NodeStatus};
use serde_json::Value;

use super::text::{NONE, or};
use super::{Head, age};
use crate::object::{Object, Resource, conditions, labels};
use crate::time::VirtualTime;

pub(super) const COLUMNS: &[Head] = &[
    ("Name", "string", 0),
    ("Status", "string", 0),
    ("Roles", "string", 0),
    ("Age", "string", 0),
    ("Version", "string", 0),
    ("Internal-IP", "string", 1),
    ("External-IP", "string", 1),
    ("OS-Image", "string", 1),
    ("Kernel-Version", "string", 1),
    ("Container-Runtime", "string", 1),
];

/// The label whose key ends with a role.
const ROLE_PREFIX: &str = "node-role.kubernetes.io/";
/// The older label whose value is the role.
const ROLE_LABEL: &str = "kubernetes.io/role";

pub(super) fn cells(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(node) = Node::of(object) else { return Vec::new() };
    let status = node.status.clone().unwrap_or_default();
    let info = status.node_info.clone().unwrap_or_default();
    let known = |text: String| or(text, "<unknown>");
    let kernel = match info.kernel_version.is_empty() {
        true => known(String::new()),
        false => format!("{} ({})", info.kernel_version, info.architecture),
    };
    vec![
        state(node).into(),
        or(roles(node).join(","), NONE).into(),
        age::of(&node.metadata, now).into(),
        info.kubelet_version.into(),
        address(&status, "InternalIP").into(),
        address(&status, "ExternalIP").into(),
        known(info.os_image).into(),
        kernel.into(),
        known(info.container_runtime_version).into(),
    ]
}

/// `Ready`, `NotReady`, `Unknown`; with `,SchedulingDisabled` if it is cordoned.
fn state(node: &Node) -> String {
    let list = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    let mut words = vec![match conditions::get(list, "Ready") {
        Some(ready) if ready.status == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }];
    if node.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true) {
        words.push("SchedulingDisabled");
    }
    words.join(",")
}

/// The roles that labels give it, sorted.
pub fn roles(node: &Node) -> Vec<String> {
    let mut roles: Vec<String> = Vec::new();
    for (key, value) in labels(&node.metadata) {
        match key.strip_prefix(ROLE_PREFIX) {
            Some(role) if !role.is_empty() => roles.push(role.to_owned()),
            _ if key == ROLE_LABEL && !value.is_empty() => roles.push(value.clone()),
            _ => {}
        }
    }
    roles.sort();
    roles.dedup();
    roles
}

fn address(status: &NodeStatus, kind: &str) -> String {
    let found = status.addresses.iter().flatten().find(|address| address.type_ == kind);
    found.map_or(NONE.to_owned(), |address| address.address.clone())
}
