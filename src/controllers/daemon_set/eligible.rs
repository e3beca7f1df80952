//! Which nodes may run a DaemonSet's pod.

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Node, PodSpec, Taint};

use super::template::tolerant;
use crate::object::labels;
use crate::object::placement::{RequiredNodes, tolerates};

/// What the pod asks of a node (`NodeShouldRunDaemonPod`).
pub(super) struct Eligible {
    spec: PodSpec,
    nodes: RequiredNodes,
}

/// Whether a node may have the pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// It should have one.
    pub run: bool,
    /// One that is there may stay.
    pub stay: bool,
}

impl Eligible {
    /// Of this set's pods, with the tolerations that they all get.
    pub(super) fn of(set: &DaemonSet) -> Self {
        let template = set.spec.as_ref().and_then(|spec| spec.template.spec.clone()).unwrap_or_default();
        let spec = tolerant(template);
        Self { nodes: RequiredNodes::of(&spec), spec }
    }

    /// Whether this node may have one. A taint that only keeps pods away lets stay what is there.
    pub(super) fn on(&self, node: &Node) -> Fit {
        let name = node.metadata.name.as_deref().unwrap_or("");
        let named = self.spec.node_name.as_deref().filter(|name| !name.is_empty());
        if named.is_some_and(|named| named != name) || !self.nodes.match_node(name, labels(&node.metadata)) {
            return Fit::default();
        }
        let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
        let untolerated = |effect: &str| {
            taints.iter().any(|taint: &Taint| taint.effect == effect && !tolerates(&self.spec, taint))
        };
        let driven_out = untolerated("NoExecute");
        Fit { run: !driven_out && !untolerated("NoSchedule"), stay: !driven_out }
    }
}
