//! PodDisruptionBudgets (`pkg/apis/policy/validation`).

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use serde_json::{Value, json};

use super::field::{Findings, Path};
use super::{metadata, names, workload};

/// A new budget. Its metadata is looked at only if the rest is right: unlike other kinds it has no rule for its
/// name beyond what every stored object must obey.
pub fn budget(budget: &PodDisruptionBudget, found: &mut Findings) {
    budget_spec(budget, found);
    if found.len() == 0 {
        metadata::create(&budget.metadata, true, names::path_segment, found);
    }
}

/// What a budget asks for.
pub fn budget_spec(budget: &PodDisruptionBudget, found: &mut Findings) {
    let none = PodDisruptionBudgetSpec::default();
    let spec = budget.spec.as_ref().unwrap_or(&none);
    let at = &Path::new("spec");
    if spec.min_available.is_some() && spec.max_unavailable.is_some() {
        found.invalid(at, shown(spec), "minAvailable and maxUnavailable cannot be both set");
    }
    for (field, number) in [("minAvailable", &spec.min_available), ("maxUnavailable", &spec.max_unavailable)]
    {
        if let Some(number) = number {
            workload::count_or_percent(number, &at.child(field), found);
            workload::at_most_all(number, &at.child(field), found);
        }
    }
    if let Some(selector) = &spec.selector {
        metadata::selector(selector, &at.child("selector"), found);
    }
    let known = ["AlwaysAllow", "IfHealthyBudget"];
    match spec.unhealthy_pod_eviction_policy.as_deref() {
        Some(policy) if !known.contains(&policy) => {
            found.not_supported(&at.child("unhealthyPodEvictionPolicy"), policy, &known);
        }
        _ => {}
    }
}

/// The specification as a message shows it: the server's own type has no JSON names.
fn shown(spec: &PodDisruptionBudgetSpec) -> Value {
    json!({
        "MinAvailable": spec.min_available, "Selector": spec.selector.as_ref().map(metadata::shown),
        "MaxUnavailable": spec.max_unavailable,
        "UnhealthyPodEvictionPolicy": spec.unhealthy_pod_eviction_policy,
    })
}

/// What the disruption controller, or an eviction, reports.
pub fn budget_status(budget: &PodDisruptionBudget, found: &mut Findings) {
    let at = &Path::new("status");
    let status = budget.status.clone().unwrap_or_default();
    for (field, count) in [
        ("disruptionsAllowed", status.disruptions_allowed),
        ("currentHealthy", status.current_healthy),
        ("desiredHealthy", status.desired_healthy),
        ("expectedPods", status.expected_pods),
    ] {
        found.not_negative(&at.child(field), i64::from(count.unwrap_or(0)));
    }
}
