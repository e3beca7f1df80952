//! The rows of Services and of the addresses behind them.

use k8s_openapi::api::core::v1::{Endpoints, Service, ServiceSpec};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde_json::Value;

use super::text::{NONE, labels, or, some_of};
use super::{Head, age};
use crate::object::{Object, Resource};
use crate::time::VirtualTime;

pub(super) const SERVICE: &[Head] = &[
    ("Name", "string", 0),
    ("Type", "string", 0),
    ("Cluster-IP", "string", 0),
    ("External-IP", "string", 0),
    ("Port(s)", "string", 0),
    ("Age", "string", 0),
    ("Selector", "string", 1),
];

pub(super) const ENDPOINTS: &[Head] =
    &[("Name", "string", 0), ("Endpoints", "string", 0), ("Age", "string", 0)];

pub(super) const SLICE: &[Head] = &[
    ("Name", "string", 0),
    ("AddressType", "string", 0),
    ("Ports", "string", 0),
    ("Endpoints", "string", 0),
    ("Age", "string", 0),
];

pub(super) fn service(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(service) = Service::of(object) else { return Vec::new() };
    let spec = service.spec.clone().unwrap_or_default();
    let ip = spec.cluster_ips.as_ref().and_then(|ips| ips.first()).or(spec.cluster_ip.as_ref());
    vec![
        spec.type_.clone().unwrap_or_default().into(),
        or(ip.cloned().unwrap_or_default(), NONE).into(),
        external(service, &spec).into(),
        or(ports(&spec), NONE).into(),
        age::of(&service.metadata, now).into(),
        labels(spec.selector.as_ref()).into(),
    ]
}

/// By which addresses it can be reached from outside.
fn external(service: &Service, spec: &ServiceSpec) -> String {
    let own = spec.external_ips.clone().unwrap_or_default();
    match spec.type_.as_deref() {
        Some("ExternalName") => spec.external_name.clone().unwrap_or_default(),
        Some("LoadBalancer") => {
            let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
            let given = balancer.and_then(|balancer| balancer.ingress.as_ref()).into_iter().flatten();
            let mut all: Vec<String> =
                given.filter_map(|ingress| ingress.ip.clone().or(ingress.hostname.clone())).collect();
            all.extend(own);
            or(all.join(","), "<pending>")
        }
        Some("ClusterIP" | "NodePort") => or(own.join(","), NONE),
        _ => "<unknown>".to_owned(),
    }
}

fn ports(spec: &ServiceSpec) -> String {
    let port = |port: &k8s_openapi::api::core::v1::ServicePort| {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        match port.node_port.unwrap_or(0) {
            0 => format!("{}/{protocol}", port.port),
            node_port => format!("{}:{node_port}/{protocol}", port.port),
        }
    };
    spec.ports.iter().flatten().map(port).collect::<Vec<_>>().join(",")
}

pub(super) fn endpoints(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(endpoints) = Endpoints::of(object) else { return Vec::new() };
    let mut all = Vec::new();
    for subset in endpoints.subsets.iter().flatten() {
        let ips = || subset.addresses.iter().flatten().map(|address| address.ip.as_str());
        match subset.ports.as_deref() {
            None | Some([]) => all.extend(ips().map(str::to_owned)),
            Some(ports) => {
                for port in ports {
                    all.extend(ips().map(|ip| format!("{ip}:{}", port.port)));
                }
            }
        }
    }
    vec![some_of(&all, NONE).into(), age::of(&endpoints.metadata, now).into()]
}

pub(super) fn slice(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(slice) = EndpointSlice::of(object) else { return Vec::new() };
    let port = |port: &k8s_openapi::api::discovery::v1::EndpointPort| match (port.port, &port.name) {
        (Some(number), _) => number.to_string(),
        (None, Some(name)) => name.clone(),
        (None, None) => "*".to_owned(),
    };
    let ports: Vec<String> = slice.ports.iter().flatten().map(port).collect();
    let addresses: Vec<String> =
        slice.endpoints.iter().flatten().flat_map(|endpoint| endpoint.addresses.clone()).collect();
    vec![
        slice.address_type.clone().into(),
        some_of(&ports, "<unset>").into(),
        some_of(&addresses, "<unset>").into(),
        age::of(&slice.metadata, now).into(),
    ]
}
