//! Ports of the node itself that containers ask for (`hostPort`): each can be had once. The scheduler asks before it places
//! a pod, the kubelet before it takes one.

use k8s_openapi::api::core::v1::{Container, PodSpec};
use smol_str::SmolStr;

use super::is_sidecar;

/// A port of the node itself that a container wants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// `TCP`, `UDP`, `SCTP`.
    pub protocol: SmolStr,
    /// The number.
    pub port: i32,
    /// The node's address; `0.0.0.0` for all.
    pub ip: SmolStr,
}

impl HostPort {
    /// Those that a pod wants.
    pub fn of(spec: &PodSpec) -> Vec<Self> {
        let sidecars = spec.init_containers.iter().flatten().filter(|container| is_sidecar(container));
        let ports_of = |container: &Container| container.ports.clone().unwrap_or_default();
        let ports = spec.containers.iter().chain(sidecars).flat_map(ports_of);
        let wanted = ports.filter_map(|port| {
            let number = port.host_port.filter(|number| *number > 0)?;
            let ip = port.host_ip.filter(|ip| !ip.is_empty()).unwrap_or_else(|| "0.0.0.0".to_owned());
            let protocol = port.protocol.filter(|name| !name.is_empty()).unwrap_or_else(|| "TCP".to_owned());
            Some(Self { protocol: protocol.into(), port: number, ip: ip.into() })
        });
        wanted.collect()
    }

    /// Whether both cannot be had at once.
    pub fn conflicts(&self, other: &Self) -> bool {
        let all = |port: &Self| port.ip == "0.0.0.0";
        self.protocol == other.protocol
            && self.port == other.port
            && (self.ip == other.ip || all(self) || all(other))
    }
}
