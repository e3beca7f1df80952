//! What a kubelet says of its node: the object that it registers, and its status.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ContainerImage, DaemonEndpoint, Node, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeSpec,
    NodeStatus, NodeSystemInfo,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::NodeStatusLoop;
use crate::node::MAX_PODS;
use crate::object::ObjectMeta;
use crate::time::VirtualTime;

/// Images that a status lists at most (`nodeStatusMaxImages`).
const IMAGES_MAX: usize = 50;

impl NodeStatusLoop {
    pub(super) fn object(&self, now: VirtualTime) -> Node {
        let config = &self.config;
        let mut labels = BTreeMap::from([
            ("beta.kubernetes.io/arch".to_owned(), "amd64".to_owned()),
            ("beta.kubernetes.io/os".to_owned(), "linux".to_owned()),
            ("kubernetes.io/arch".to_owned(), "amd64".to_owned()),
            ("kubernetes.io/hostname".to_owned(), config.name.to_string()),
            ("kubernetes.io/os".to_owned(), "linux".to_owned()),
        ]);
        labels.extend(config.labels.clone());
        let cidr = config.pod_cidr().to_string();
        Node {
            metadata: ObjectMeta {
                name: Some(config.name.to_string()),
                labels: Some(labels),
                ..ObjectMeta::default()
            },
            spec: Some(NodeSpec {
                pod_cidr: Some(cidr.clone()),
                pod_cidrs: Some(vec![cidr]),
                provider_id: Some(format!("kubeloop://{}", config.name)),
                taints: (!config.taints.is_empty()).then(|| config.taints.clone()),
                ..NodeSpec::default()
            }),
            status: Some(self.status(None, now)),
        }
    }

    /// The status, given the one before.
    pub(super) fn status(&self, old: Option<&NodeStatus>, now: VirtualTime) -> NodeStatus {
        let config = &self.config;
        let amounts = [
            ("cpu", config.cpu.clone()),
            ("ephemeral-storage", "0".to_owned()),
            ("memory", config.memory.clone()),
            ("pods", MAX_PODS.to_string()),
        ];
        let amounts: BTreeMap<String, Quantity> =
            amounts.into_iter().map(|(name, amount)| (name.to_owned(), Quantity(amount))).collect();
        let address =
            |kind: &str, address: &str| NodeAddress { type_: kind.to_owned(), address: address.to_owned() };
        let images = self.images.iter().take(IMAGES_MAX).map(|(name, size)| ContainerImage {
            names: Some(vec![name.to_string()]),
            size_bytes: i64::try_from(*size).ok(),
        });
        NodeStatus {
            capacity: Some(amounts.clone()),
            allocatable: Some(amounts),
            conditions: Some(conditions(old, now)),
            addresses: Some(vec![
                address("InternalIP", &config.address()),
                address("Hostname", &config.name),
            ]),
            daemon_endpoints: Some(NodeDaemonEndpoints {
                kubelet_endpoint: Some(DaemonEndpoint { port: 10250 }),
            }),
            node_info: Some(NodeSystemInfo {
                architecture: "amd64".to_owned(),
                boot_id: self.boot_id.to_string(),
                container_runtime_version: "fakeRuntime://0.1.0".to_owned(),
                kernel_version: "3.16.0-0.bpo.4-amd64".to_owned(),
                kubelet_version: "v1.36.2".to_owned(),
                operating_system: "linux".to_owned(),
                os_image: "Debian GNU/Linux 7 (wheezy)".to_owned(),
                ..NodeSystemInfo::default()
            }),
            images: Some(images.collect()),
            ..NodeStatus::default()
        }
    }
}

/// The conditions of a healthy node; the times of transition stay where nothing changed.
fn conditions(old: Option<&NodeStatus>, now: VirtualTime) -> Vec<NodeCondition> {
    let all = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ];
    let old = |kind: &str| {
        let mut conditions = old.and_then(|old| old.conditions.as_ref()).into_iter().flatten();
        conditions.find(|condition| condition.type_ == kind)
    };
    let condition = |(kind, status, reason, message): (&str, &str, &str, &str)| {
        let since =
            old(kind).filter(|old| old.status == status).and_then(|old| old.last_transition_time.clone());
        NodeCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            last_heartbeat_time: Some(now.to_api()),
            last_transition_time: since.or_else(|| Some(now.to_api())),
        }
    };
    all.into_iter().map(condition).collect()
}

/// Whether two statuses say the same, apart from the times of heartbeats.
pub(super) fn same(a: &NodeStatus, b: &NodeStatus) -> bool {
    let without_times = |status: &NodeStatus| {
        let mut status = status.clone();
        for condition in status.conditions.iter_mut().flatten() {
            condition.last_heartbeat_time = None;
        }
        status
    };
    without_times(a) == without_times(b)
}

/// Whether a condition turned, or is new.
pub(super) fn turned(old: &NodeStatus, new: &NodeStatus) -> bool {
    let known = |condition: &NodeCondition| {
        let mut before = old.conditions.iter().flatten();
        before.any(|before| before.type_ == condition.type_ && before.status == condition.status)
    };
    !new.conditions.iter().flatten().all(known)
}
