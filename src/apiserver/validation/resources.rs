//! Requests, limits and other amounts (`validateResourceRequirements`, `ValidateResourceQuantityValue`).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::field::{Findings, Path, list};
use super::names;
use crate::object::quantity;

/// Resource names without a domain that the API knows (`helper.IsStandardResourceName`).
const STANDARD: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Counted things, like GPUs, cannot be promised twice.
fn is_overcommit_allowed(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
}

fn is_counted(name: &str) -> bool {
    const COUNTED: &[&str] = &[
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    ];
    COUNTED.contains(&name) || is_extended(name)
}

fn is_extended(name: &str) -> bool {
    // With `requests.` in front it must still be a good name, for quotas.
    !is_native(name)
        && !name.starts_with("requests.")
        && names::qualified_name(&format!("requests.{name}")).is_empty()
}

/// The requests and limits of a container.
pub fn requirements(requirements: &ResourceRequirements, at: &Path<'_>, found: &mut Findings) {
    let (at_limits, at_requests) = (at.child("limits"), at.child("requests"));
    let none = BTreeMap::new();
    let limits = requirements.limits.as_ref().unwrap_or(&none);
    let requests = requirements.requests.as_ref().unwrap_or(&none);
    for (name, limit) in limits {
        amount(name, limit, &at_limits.key(name), found);
        huge_page(name, limit, &at_limits.key(name), found);
    }
    for (name, request) in requests {
        let at = at_requests.key(name);
        amount(name, request, &at, found);
        match limits.get(name) {
            Some(limit) => against_limit(name, request, limit, &at_requests, found),
            None if !is_overcommit_allowed(name) => {
                found.required(&at_limits, "Limit must be set for non overcommitable resources");
            }
            None => {}
        }
        huge_page(name, request, &at, found);
    }
    let mut names = limits.keys().chain(requests.keys());
    let basic = limits.keys().chain(requests.keys()).any(|name| matches!(name.as_str(), "cpu" | "memory"));
    if names.any(|name| is_huge_page(name)) && !basic {
        found.forbidden(at, "HugePages require cpu or memory");
    }
    let at_claims = at.child("claims");
    for (index, claim) in list(&requirements.claims).iter().enumerate() {
        // Pods of this cluster have no resource claims, so none can be referred to.
        let at = at_claims.index(index);
        match claim.name.as_str() {
            "" => found.required(&at, ""),
            name => found.not_found(&at, name),
        }
    }
}

fn against_limit(name: &str, request: &Quantity, limit: &Quantity, at: &Path<'_>, found: &mut Findings) {
    let (have, most) = (quantity::milli(&request.0), quantity::milli(&limit.0));
    if have != most && !is_overcommit_allowed(name) {
        found.invalid(at, &request.0, &format!("must be equal to {name} limit of {}", limit.0));
    } else if have > most {
        found.invalid(at, &request.0, &format!("must be less than or equal to {name} limit of {}", limit.0));
    }
}

fn amount(name: &str, value: &Quantity, at: &Path<'_>, found: &mut Findings) {
    let faults = names::qualified_name(name);
    let well_formed = faults.is_empty();
    found.invalid_each(at, name, faults);
    if !name.contains('/') {
        if well_formed && !STANDARD.contains(&name) && !is_huge_page(name) {
            found.invalid(at, name, "must be a standard resource type or fully qualified");
        }
        if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !is_huge_page(name) {
            found.invalid(at, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        found.invalid(at, name, "doesn't follow extended resource name standard");
    }
    quantity_of(name, value, at, found);
}

/// An amount of a resource: not negative, and whole if the resource is counted.
pub fn quantity_of(name: &str, value: &Quantity, at: &Path<'_>, found: &mut Findings) {
    let milli = quantity::milli(&value.0).unwrap_or(0);
    if milli < 0 {
        found.invalid(at, &value.0, "must be greater than or equal to 0");
    }
    if is_counted(name) && milli % 1000 != 0 {
        found.invalid(at, &value.0, "must be an integer");
    }
}

fn huge_page(name: &str, value: &Quantity, at: &Path<'_>, found: &mut Findings) {
    let Some(size) = name.strip_prefix("hugepages-") else { return };
    let (amount, page) = (quantity::milli(&value.0).unwrap_or(0), quantity::milli(size).unwrap_or(0));
    if page <= 0 || amount % page != 0 {
        let fault = format!("{} is not positive integer multiple of {name}", value.0);
        found.invalid(at, &value.0, &fault);
    }
}
