//! Services (`ValidateService`).

use core::net::IpAddr;
use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::json;

use super::field::{Findings, Path, list, text};
use super::{container, handler, metadata, names};

/// Longest session affinity, in seconds: a day (`MaxClientIPServiceAffinitySeconds`).
const AFFINITY_LIMIT: i32 = 86_400;

/// A new Service; its name is an RFC 1123 label (RelaxedServiceNameValidation, on by default since 1.35).
pub fn create(service: &Service, found: &mut Findings) {
    metadata::create(&service.metadata, true, names::dns_label, found);
    spec(service, found);
}

/// Whether it has no address of its own.
pub fn is_headless(spec: &ServiceSpec) -> bool {
    matches!(list(&spec.cluster_ips), [only] if only == "None")
}

/// Everything below `spec`.
pub fn spec(service: &Service, found: &mut Findings) {
    let none = ServiceSpec::default();
    let (spec, at) = (service.spec.as_ref().unwrap_or(&none), &Path::new("spec"));
    let (kind, ports, headless) = (text(&spec.type_), list(&spec.ports), is_headless(spec));
    if ports.is_empty() && !headless && kind != "ExternalName" {
        found.required(&at.child("ports"), "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            let fault = format!("may not be set to 'None' for {kind} services");
            found.invalid(&at.child("clusterIPs").index(0), "None", &fault);
        }
        "ExternalName" => external_name(spec, at, found),
        _ => {}
    }
    let (mut known, at_ports) = (BTreeSet::new(), at.child("ports"));
    for (index, one) in ports.iter().enumerate() {
        port(one, ports.len() > 1, &mut known, &at_ports.index(index), found);
    }
    metadata::labels(spec.selector.as_ref(), &at.child("selector"), found);
    affinity(spec, at, found);
    cluster_ips(spec, at, found);
    let at_external = at.child("externalIPs");
    for (index, address) in list(&spec.external_ips).iter().enumerate() {
        let before = found.len();
        ip(address, &at_external.index(index), found);
        if found.len() == before {
            ordinary_ip(address, &at_external.index(index), found);
        }
    }
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    match kind {
        "" => found.required(&at.child("type"), ""),
        kind if kinds.contains(&kind) => {}
        other => found.not_supported(&at.child("type"), other, &kinds),
    }
    port_conflicts(kind, ports, &at_ports, found);
    load_balancer(spec, kind, at, found);
    traffic(spec, kind, at, found);
}

fn external_name(spec: &ServiceSpec, at: &Path<'_>, found: &mut Findings) {
    for (field, set) in [
        ("clusterIPs", !list(&spec.cluster_ips).is_empty()),
        ("ipFamilies", !list(&spec.ip_families).is_empty()),
        ("ipFamilyPolicy", spec.ip_family_policy.is_some()),
    ] {
        if set {
            found.forbidden(&at.child(field), "may not be set for ExternalName services");
        }
    }
    let name = text(&spec.external_name);
    match name.strip_suffix('.').unwrap_or(name) {
        "" => found.required(&at.child("externalName"), ""),
        name => found.invalid_each(&at.child("externalName"), name, names::dns_subdomain(name)),
    }
}

fn port<'a>(
    port: &'a ServicePort,
    several: bool,
    known: &mut BTreeSet<&'a str>,
    at: &Path<'_>,
    found: &mut Findings,
) {
    let name = text(&port.name);
    if several && name.is_empty() {
        found.required(&at.child("name"), "");
    } else if !name.is_empty() {
        found.invalid_each(&at.child("name"), name, names::dns_label(name));
        if !known.insert(name) {
            found.duplicate(&at.child("name"), name);
        }
    }
    if let Some(fault) = names::port_number(i64::from(port.port)) {
        found.invalid(&at.child("port"), port.port, fault);
    }
    container::protocol(text(&port.protocol), &at.child("protocol"), found);
    let target = port.target_port.clone().unwrap_or(IntOrString::Int(0));
    handler::port(&target, &at.child("targetPort"), found);
    if let Some(protocol) = &port.app_protocol {
        found.invalid_each(&at.child("appProtocol"), protocol, names::qualified_name(protocol));
    }
}

fn affinity(spec: &ServiceSpec, at: &Path<'_>, found: &mut Findings) {
    let at_config = at.child("sessionAffinityConfig");
    match text(&spec.session_affinity) {
        "" => found.required(&at.child("sessionAffinity"), ""),
        "ClientIP" => {
            let client = spec.session_affinity_config.as_ref().and_then(|config| config.client_ip.as_ref());
            let at_seconds = at_config.child("clientIP");
            let at_seconds = at_seconds.child("timeoutSeconds");
            match client.and_then(|client| client.timeout_seconds) {
                None => found.required(&at_config, "when session affinity type is ClientIP"),
                Some(seconds) if !(1..=AFFINITY_LIMIT).contains(&seconds) => {
                    let fault = format!("must be greater than 0 and less than {AFFINITY_LIMIT}");
                    found.invalid(&at_seconds, seconds, &fault);
                }
                Some(_) => {}
            }
        }
        "None" => {
            if spec.session_affinity_config.is_some() {
                found.forbidden(&at_config, "must not be set when session affinity is None");
            }
        }
        other => found.not_supported(&at.child("sessionAffinity"), other, &["ClientIP", "None"]),
    }
}

/// Whether the text is an IPv6 address.
fn is_v6(address: &str) -> bool {
    matches!(address.parse(), Ok(IpAddr::V6(_)))
}

fn cluster_ips(spec: &ServiceSpec, at: &Path<'_>, found: &mut Findings) {
    if text(&spec.type_) == "ExternalName" {
        return;
    }
    let (at_ips, ips, first) = (at.child("clusterIPs"), list(&spec.cluster_ips), text(&spec.cluster_ip));
    match (first, ips.first()) {
        ("", None) => {}
        ("", Some(_)) => {
            found.invalid(&at_ips, json!(ips), "must be empty when `clusterIP` is not specified");
        }
        (_, None) => found.required(&at_ips, ""),
        (first, Some(other)) if first != other => {
            found.invalid(&at_ips, json!(ips), "first value must match `clusterIP`");
        }
        _ => {}
    }
    families(spec, at, found);
    let before = found.len();
    for (index, address) in ips.iter().enumerate() {
        match index == 0 && address == "None" {
            true if ips.len() > 1 => {
                found.invalid(&at_ips, json!(ips), "'None' must be the first and only value");
            }
            true => {}
            false => ip(address, &at_ips.index(index), found),
        }
    }
    let bad = found.len() > before;
    if ips.len() > 2 {
        found.invalid(&at_ips, json!(ips), "may only hold up to 2 values");
    }
    if bad {
        return;
    }
    if ips.len() > 1 && !(ips.iter().any(|ip| is_v6(ip)) && ips.iter().any(|ip| !is_v6(ip))) {
        found.invalid(&at_ips, json!(ips), "may specify no more than one IP for each IP family");
    }
    if is_headless(spec) {
        return;
    }
    for (index, (address, family)) in ips.iter().zip(list(&spec.ip_families)).enumerate() {
        if (family == "IPv4" && is_v6(address)) || (family == "IPv6" && !is_v6(address)) {
            let fault = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            found.invalid(&at_ips.index(index), address, &fault);
        }
    }
}

fn families(spec: &ServiceSpec, at: &Path<'_>, found: &mut Findings) {
    let (at_families, families) = (at.child("ipFamilies"), list(&spec.ip_families));
    for (index, family) in families.iter().enumerate() {
        let at = at_families.index(index);
        if !matches!(family.as_str(), "IPv4" | "IPv6") {
            found.not_supported(&at, family, &["IPv4", "IPv6"]);
        }
        if families.iter().take(index).any(|earlier| earlier == family) {
            found.duplicate(&at, family);
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if let Some(policy) = spec.ip_family_policy.as_deref().filter(|policy| !policies.contains(policy)) {
        found.not_supported(&at.child("ipFamilyPolicy"), policy, &policies);
    }
}

/// An IP address of either family.
pub fn ip(address: &str, at: &Path<'_>, found: &mut Findings) {
    if address.parse::<IpAddr>().is_err() {
        found.invalid(at, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
}

/// An address that traffic can be sent to from anywhere (`ValidateNonSpecialIP`).
pub fn ordinary_ip(text: &str, at: &Path<'_>, found: &mut Findings) {
    let Ok(address) = text.parse::<IpAddr>() else {
        return found.invalid(at, text, "must be a valid IP address");
    };
    if address.is_unspecified() {
        found.invalid(at, text, &format!("may not be unspecified ({text})"));
    }
    if address.is_loopback() {
        found.invalid(at, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    let (local, multicast) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets().starts_with(&[224, 0, 0])),
        IpAddr::V6(v6) => (v6.is_unicast_link_local(), v6.segments()[0] & 0xff0f == 0xff02),
    };
    if local {
        found.invalid(at, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if multicast {
        found.invalid(at, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
}

fn port_conflicts(kind: &str, ports: &[ServicePort], at: &Path<'_>, found: &mut Findings) {
    let node_port = |port: &ServicePort| port.node_port.unwrap_or(0);
    for (index, port) in ports.iter().enumerate() {
        if kind == "ClusterIP" && node_port(port) != 0 {
            let fault = "may not be used when `type` is 'ClusterIP'";
            found.forbidden(&at.index(index).child("nodePort"), fault);
        }
    }
    for (index, port) in ports.iter().enumerate().filter(|(_, port)| node_port(port) != 0) {
        let same =
            |other: &ServicePort| node_port(other) == node_port(port) && other.protocol == port.protocol;
        if ports.iter().take(index).any(same) {
            found.duplicate(&at.index(index).child("nodePort"), node_port(port));
        }
    }
    for (index, port) in ports.iter().enumerate() {
        let same = |other: &ServicePort| other.port == port.port && other.protocol == port.protocol;
        if ports.iter().take(index).any(same) {
            let key = json!({
                "Name": "", "Protocol": text(&port.protocol), "AppProtocol": null, "Port": port.port,
                "TargetPort": 0, "NodePort": 0,
            });
            found.duplicate(&at.index(index), key);
        }
    }
}

fn load_balancer(spec: &ServiceSpec, kind: &str, at: &Path<'_>, found: &mut Findings) {
    let only = "may only be used when `type` is 'LoadBalancer'";
    let ranges = list(&spec.load_balancer_source_ranges);
    // The real server spells this one path with a capital L.
    let at_ranges = at.child("LoadBalancerSourceRanges");
    if !ranges.is_empty() && kind != "LoadBalancer" {
        found.forbidden(&at_ranges, only);
    }
    for (index, range) in ranges.iter().enumerate() {
        super::cluster::cidr(range.trim(), &at_ranges.index(index), found);
    }
    match (spec.allocate_load_balancer_node_ports, kind) {
        (None, "LoadBalancer") => found.required(&Path::new("allocateLoadBalancerNodePorts"), ""),
        (Some(_), kind) if kind != "LoadBalancer" => {
            found.forbidden(&at.child("allocateLoadBalancerNodePorts"), only);
        }
        _ => {}
    }
    match (&spec.load_balancer_class, kind) {
        (None, _) => {}
        (Some(class), "LoadBalancer") => {
            found.invalid_each(&at.child("loadBalancerClass"), class, names::qualified_name(class));
        }
        (Some(_), _) => found.forbidden(&at.child("loadBalancerClass"), only),
    }
}

/// Whether traffic from outside of the cluster can reach it.
pub fn is_external(spec: &ServiceSpec) -> bool {
    let kind = text(&spec.type_);
    matches!(kind, "LoadBalancer" | "NodePort")
        || (kind == "ClusterIP" && !list(&spec.external_ips).is_empty())
}

/// Whether a load balancer asks each node if it has a pod of this Service.
pub fn needs_health_check(spec: &ServiceSpec) -> bool {
    text(&spec.type_) == "LoadBalancer" && text(&spec.external_traffic_policy) == "Local"
}

fn traffic(spec: &ServiceSpec, kind: &str, at: &Path<'_>, found: &mut Findings) {
    let (at_policy, policy) = (at.child("externalTrafficPolicy"), text(&spec.external_traffic_policy));
    match (is_external(spec), policy) {
        (false, "") | (true, "Cluster" | "Local") => {}
        (false, policy) => {
            found.invalid(&at_policy, policy, "may only be set for externally-accessible services");
        }
        (true, "") => found.required(&at_policy, ""),
        (true, other) => found.not_supported(&at_policy, other, &["Cluster", "Local"]),
    }
    let (at_check, port) = (at.child("healthCheckNodePort"), spec.health_check_node_port.unwrap_or(0));
    if !needs_health_check(spec) && port != 0 {
        found.invalid(
            &at_check,
            port,
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        );
    }
    let at_inside = at.child("internalTrafficPolicy");
    match spec.internal_traffic_policy.as_deref() {
        None if matches!(kind, "NodePort" | "LoadBalancer" | "ClusterIP") => found.required(&at_inside, ""),
        None | Some("Cluster" | "Local") => {}
        Some(other) => found.not_supported(&at_inside, other, &["Cluster", "Local"]),
    }
    let known = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(wish) = spec.traffic_distribution.as_deref().filter(|wish| !known.contains(wish)) {
        found.not_supported(&at.child("trafficDistribution"), wish, &known);
    }
}
