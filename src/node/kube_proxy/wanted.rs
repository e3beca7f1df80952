//! The rules that a Service needs, by what its EndpointSlices say.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};

use super::{PortRule, ServiceRules, Target};
use crate::time::Span;

/// How long a sticky client is remembered (`sessionAffinityConfig.clientIP.timeoutSeconds`).
const STICKY_SECS: i32 = 10_800;

/// The rules that a Service needs on this node; none if it has no address.
pub(super) fn wanted(service: &Service, slices: &[Arc<EndpointSlice>], node: &str) -> Option<ServiceRules> {
    let spec = service.spec.as_ref()?;
    let cluster_ip = spec.cluster_ip.as_deref().filter(|ip| !matches!(*ip, "" | "None"))?;
    let local_only = spec.internal_traffic_policy.as_deref() == Some("Local");
    let ports = spec.ports.iter().flatten().map(|port| {
        let name = port.name.as_deref().unwrap_or("");
        let (targets, terminating) = targets(slices, name, local_only.then_some(node));
        PortRule { name: name.into(), port: port.port, node_port: port.node_port, targets, terminating }
    });
    let sticky = (spec.session_affinity.as_deref() == Some("ClientIP")).then(|| {
        let config = spec.session_affinity_config.as_ref().and_then(|config| config.client_ip.as_ref());
        Span::api_secs(config.and_then(|config| config.timeout_seconds).unwrap_or(STICKY_SECS))
    });
    Some(ServiceRules { cluster_ip: cluster_ip.into(), sticky, ports: ports.collect() })
}

/// The pods behind the port of this name: the ready ones; if there are none, those that serve while they end.
/// Tells which it is.
fn targets(slices: &[Arc<EndpointSlice>], name: &str, only_on: Option<&str>) -> (Vec<Target>, bool) {
    let of = |wanted: fn(&Endpoint) -> bool| {
        let mut found = Vec::new();
        for slice in slices {
            let ports = slice.ports.iter().flatten();
            let mut ports = ports.filter(|port| port.name.as_deref().unwrap_or("") == name);
            let Some(port) = ports.find_map(|port| port.port) else { continue };
            let endpoints = slice.endpoints.iter().flatten().filter(|endpoint| wanted(endpoint));
            let endpoints = endpoints
                .filter(|endpoint| only_on.is_none_or(|node| endpoint.node_name.as_deref() == Some(node)));
            // An endpoint's addresses are interchangeable; kube-proxy uses the first.
            let ips = endpoints.filter_map(|endpoint| endpoint.addresses.first());
            found.extend(ips.map(|ip| Target { ip: ip.into(), port }));
        }
        found.sort_unstable();
        found.dedup();
        found
    };
    match of(is_ready) {
        ready if ready.is_empty() => {
            let ending = of(is_ending_but_serving);
            let any = !ending.is_empty();
            (ending, any)
        }
        ready => (ready, false),
    }
}

/// A condition that is not there counts as fulfilled (`EndpointConditions` in the API).
fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
}

fn is_ending_but_serving(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().is_some_and(|conditions| {
        conditions.terminating == Some(true) && conditions.serving.unwrap_or(conditions.ready.unwrap_or(true))
    })
}
