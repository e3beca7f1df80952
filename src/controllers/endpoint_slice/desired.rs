//! What the slices of a Service should list.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort};
use smol_str::{SmolStr, format_smolstr};

use crate::controllers::service_pods as pods_of;
use crate::object::Pod;

/// Endpoints that listen on the same ports; only such can share a slice.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// The ports.
    pub(super) ports: Vec<EndpointPort>,
    /// The endpoints, in the order of their pods' names.
    pub(super) endpoints: Vec<Endpoint>,
}

/// The zones of the nodes that are known.
pub(super) type Zones = BTreeMap<SmolStr, Option<String>>;

/// The endpoints of a Service by their ports, and what was wrong with pods that are left out.
pub(super) fn groups(service: &Service, pods: &[Arc<Pod>], zones: &Zones) -> (Vec<Group>, Vec<SmolStr>) {
    let (mut groups, mut wrong) = (Vec::<Group>::new(), Vec::new());
    for pod in pods.iter().filter(|pod| pods_of::address(pod).is_some()) {
        let node = pod.node.as_ref();
        if let Some(node) = node.filter(|node| !zones.contains_key(*node))
            && !pods_of::publishes_unready(service)
        {
            let (pod, service) = (name(&pod.metadata.name), &service.metadata);
            let (namespace, service) = (name(&service.namespace), name(&service.name));
            wrong.push(format_smolstr!(
                "skipping Pod {pod} for Service {namespace}/{service}: Node {node} Not Found"
            ));
            continue;
        }
        let ports = ports(service, pod);
        let endpoint = endpoint(service, pod, node.and_then(|node| zones.get(node)).cloned().flatten());
        match groups.iter_mut().find(|group| same_ports(&group.ports, &ports)) {
            Some(group) => group.endpoints.push(endpoint),
            None => groups.push(Group { ports, endpoints: vec![endpoint] }),
        }
    }
    (groups, wrong)
}

fn name(name: &Option<String>) -> &str {
    name.as_deref().unwrap_or("")
}

/// Whether two lists hold the same ports, in whatever order.
pub(super) fn same_ports(a: &[EndpointPort], b: &[EndpointPort]) -> bool {
    a.len() == b.len() && a.iter().all(|port| b.contains(port))
}

/// The ports of a Service as they are in this pod. One that the pod does not have is left out.
fn ports(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
    let ports = pods_of::ports(service).iter().filter_map(|port| {
        Some(EndpointPort {
            name: Some(port.name.clone().unwrap_or_default()),
            protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".to_owned())),
            port: Some(pods_of::target_port(pod, port)?),
            app_protocol: port.app_protocol.clone(),
        })
    });
    ports.collect()
}

/// A pod as an endpoint. One that ends is never `ready`, but may still be `serving`.
fn endpoint(service: &Service, pod: &Pod, zone: Option<String>) -> Endpoint {
    let (serving, terminating) = (pod.is_ready(), pod.metadata.deletion_timestamp.is_some());
    let ready = pods_of::publishes_unready(service) || (serving && !terminating);
    Endpoint {
        addresses: pods_of::address(pod).into_iter().map(str::to_owned).collect(),
        conditions: Some(EndpointConditions {
            ready: Some(ready),
            serving: Some(serving),
            terminating: Some(terminating),
        }),
        hostname: pods_of::hostname(pod, service),
        node_name: pod.node.as_ref().map(ToString::to_string),
        target_ref: Some(pods_of::target_ref(pod)),
        zone,
        ..Endpoint::default()
    }
}
