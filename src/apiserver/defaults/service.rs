//! Services.

use k8s_openapi::api::core::v1::{Service, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::text;

/// Three hours (`DefaultClientIPServiceAffinitySeconds`).
const AFFINITY_SECONDS: i32 = 10_800;

/// Everything but what is allocated.
pub fn service(service: &mut Service) {
    let spec = service.spec.get_or_insert_default();
    text(&mut spec.session_affinity, "None");
    match spec.session_affinity.as_deref() {
        Some("None") => spec.session_affinity_config = None,
        Some("ClientIP") => {
            let config = spec.session_affinity_config.get_or_insert_default();
            let client = config.client_ip.get_or_insert_default();
            client.timeout_seconds.get_or_insert(AFFINITY_SECONDS);
        }
        _ => {}
    }
    text(&mut spec.type_, "ClusterIP");
    for port in spec.ports.iter_mut().flatten() {
        text(&mut port.protocol, "TCP");
        let unset = match &port.target_port {
            None | Some(IntOrString::Int(0)) => true,
            Some(IntOrString::String(name)) => name.is_empty(),
            Some(IntOrString::Int(_)) => false,
        };
        if unset {
            port.target_port = Some(IntOrString::Int(port.port));
        }
    }
    let kind = spec.type_.clone().unwrap_or_default();
    let outside = matches!(kind.as_str(), "NodePort" | "LoadBalancer")
        || (kind == "ClusterIP" && spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty()));
    if outside {
        text(&mut spec.external_traffic_policy, "Cluster");
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".to_owned());
    }
    if kind == "LoadBalancer" {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
    addresses(spec, &kind);
    service.status.get_or_insert_default().load_balancer.get_or_insert_default();
}

/// Address families of a cluster with IPv4 only, and the first address in both of its places.
fn addresses(spec: &mut ServiceSpec, kind: &str) {
    if kind == "ExternalName" {
        return;
    }
    let first = spec.cluster_ip.clone().filter(|ip| !ip.is_empty());
    match (first, &spec.cluster_ips) {
        (Some(first), None) => spec.cluster_ips = Some(vec![first]),
        (None, Some(all)) => spec.cluster_ip = all.first().cloned(),
        _ => {}
    }
    let headless = spec.cluster_ip.as_deref() == Some("None");
    let selects = spec.selector.as_ref().is_some_and(|selector| !selector.is_empty());
    // Nobody knows what stands behind a Service without address and selector, so it may be of any family.
    if headless && !selects && spec.ip_family_policy.is_none() && spec.ip_families.is_none() {
        spec.ip_family_policy = Some("RequireDualStack".to_owned());
        spec.ip_families = Some(vec!["IPv4".to_owned(), "IPv6".to_owned()]);
    }
    text(&mut spec.ip_family_policy, "SingleStack");
    spec.ip_families.get_or_insert_with(|| vec!["IPv4".to_owned()]);
}
