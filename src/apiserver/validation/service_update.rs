//! Changes of Services: what was allocated stays (`ValidateServiceUpdate`).

use k8s_openapi::api::core::v1::{Service, ServiceSpec};
use serde_json::json;

use super::field::{Findings, Path, list, text};
use super::service::{self, is_headless, needs_health_check};
use super::{metadata, names};

/// A changed Service.
pub fn update(new: &Service, old: &Service, found: &mut Findings) {
    let none = ServiceSpec::default();
    let (spec, before) = (new.spec.as_ref().unwrap_or(&none), old.spec.as_ref().unwrap_or(&none));
    let at = &Path::new("spec");
    let external = |spec: &ServiceSpec| text(&spec.type_) == "ExternalName";
    if !external(spec) && !external(before) {
        addresses(spec, before, at, found);
        families(spec, before, at, found);
    }
    let balanced = |spec: &ServiceSpec| text(&spec.type_) == "LoadBalancer";
    if balanced(spec) && balanced(before) && spec.load_balancer_class != before.load_balancer_class {
        let class = spec.load_balancer_class.as_ref();
        found.invalid(&at.child("loadBalancerClass"), class, "may not change once set");
    }
    if needs_health_check(spec)
        && needs_health_check(before)
        && spec.health_check_node_port != before.health_check_node_port
    {
        found.forbidden(&at.child("healthCheckNodePort"), "field is immutable");
    }
    metadata::create(&new.metadata, true, names::dns_label, found);
    service::spec(new, found);
}

fn addresses(new: &ServiceSpec, old: &ServiceSpec, at: &Path<'_>, found: &mut Findings) {
    if is_headless(new) && is_headless(old) {
        return;
    }
    let (at_ips, ips, before) = (at.child("clusterIPs"), list(&new.cluster_ips), list(&old.cluster_ips));
    if ips.len() == before.len() {
        for (index, _) in before.iter().zip(ips).enumerate().filter(|(_, (before, now))| before != now) {
            found.invalid(&at_ips.index(index), json!(ips), "may not change once set");
        }
        return;
    }
    if ips.is_empty() {
        found.invalid(&at_ips.index(0), json!(ips), "primary clusterIP can not be unset");
    }
    if let (Some(first), Some(earlier)) = (ips.first(), before.first())
        && first != earlier
    {
        found.invalid(&at_ips.index(0), json!(ips), "may not change once set");
    }
    if before.len() > ips.len() && ips.len() == 1 && text(&new.ip_family_policy) != "SingleStack" {
        found.invalid(
            &at.child("ipFamilyPolicy"),
            new.ip_family_policy.as_ref(),
            "must be set to 'SingleStack' when releasing the secondary clusterIP",
        );
    }
}

fn families(new: &ServiceSpec, old: &ServiceSpec, at: &Path<'_>, found: &mut Findings) {
    if is_headless(new) || is_headless(old) {
        return;
    }
    let (at_first, now, before) = (at.child("ipFamilies"), list(&new.ip_families), list(&old.ip_families));
    let at_first = at_first.index(0);
    if now.len() == before.len() {
        for _ in before.iter().zip(now).filter(|(before, now)| before != now) {
            found.invalid(&at_first, json!(now), "may not change once set");
        }
        return;
    }
    if before.len() > now.len() && list(&new.cluster_ips).is_empty() {
        found.invalid(&at_first, json!(now), "primary ipFamily can not be unset");
    }
    if let (Some(first), Some(earlier)) = (now.first(), before.first())
        && first != earlier
    {
        // The real server shows the addresses here, not the families.
        found.invalid(&at_first, json!(list(&new.cluster_ips)), "may not change once set");
    }
    if before.len() > now.len() && now.len() == 1 && text(&new.ip_family_policy) != "SingleStack" {
        found.invalid(
            &at.child("ipFamilyPolicy"),
            new.ip_family_policy.as_ref(),
            "must be set to 'SingleStack' when releasing the secondary ipFamily",
        );
    }
}
