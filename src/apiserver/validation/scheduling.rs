//! What steers scheduling: affinity, tolerations, taints, spread constraints.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{
    Affinity, NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, Taint, Toleration,
    TopologySpreadConstraint, WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde_json::json;

use super::field::{Findings, Path, list, text};
use super::{metadata, names};

const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// `affinity`.
pub fn affinity(affinity: Option<&Affinity>, at: &Path<'_>, found: &mut Findings) {
    let Some(affinity) = affinity else { return };
    if let Some(nodes) = &affinity.node_affinity {
        node_affinity(nodes, &at.child("nodeAffinity"), found);
    }
    if let Some(pods) = &affinity.pod_affinity {
        let at = at.child("podAffinity");
        pod_terms(list(&pods.required_during_scheduling_ignored_during_execution), &at, found);
        weighted_terms(list(&pods.preferred_during_scheduling_ignored_during_execution), &at, found);
    }
    if let Some(pods) = &affinity.pod_anti_affinity {
        let at = at.child("podAntiAffinity");
        pod_terms(list(&pods.required_during_scheduling_ignored_during_execution), &at, found);
        weighted_terms(list(&pods.preferred_during_scheduling_ignored_during_execution), &at, found);
    }
}

fn node_affinity(affinity: &NodeAffinity, at: &Path<'_>, found: &mut Findings) {
    if let Some(selector) = &affinity.required_during_scheduling_ignored_during_execution {
        let at = at.child("requiredDuringSchedulingIgnoredDuringExecution");
        let at = at.child("nodeSelectorTerms");
        if selector.node_selector_terms.is_empty() {
            found.required(&at, "must have at least one node selector term");
        }
        for (index, term) in selector.node_selector_terms.iter().enumerate() {
            node_term(term, true, &at.index(index), found);
        }
    }
    let at = at.child("preferredDuringSchedulingIgnoredDuringExecution");
    for (index, term) in
        list(&affinity.preferred_during_scheduling_ignored_during_execution).iter().enumerate()
    {
        let at = at.index(index);
        weight(term.weight, &at, found);
        // A preference may name values that no label can have.
        node_term(&term.preference, false, &at.child("preference"), found);
    }
}

fn weight(weight: i32, at: &Path<'_>, found: &mut Findings) {
    if !(1..=100).contains(&weight) {
        found.invalid(&at.child("weight"), weight, "must be in the range 1-100");
    }
}

fn node_term(term: &NodeSelectorTerm, strict: bool, at: &Path<'_>, found: &mut Findings) {
    let at_labels = at.child("matchExpressions");
    for (index, requirement) in list(&term.match_expressions).iter().enumerate() {
        node_label(requirement, strict, &at_labels.index(index), found);
    }
    let at_fields = at.child("matchFields");
    for (index, requirement) in list(&term.match_fields).iter().enumerate() {
        node_field(requirement, &at_fields.index(index), found);
    }
}

fn node_label(requirement: &NodeSelectorRequirement, strict: bool, at: &Path<'_>, found: &mut Findings) {
    let (values, at_values) = (list(&requirement.values), at.child("values"));
    match requirement.operator.as_str() {
        "In" | "NotIn" if values.is_empty() => {
            found.required(&at_values, "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let fault = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            found.forbidden(&at_values, fault);
        }
        "Gt" | "Lt" if values.len() != 1 => {
            found.required(&at_values, "must be specified single value when `operator` is 'Lt' or 'Gt'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        other => found.invalid(&at.child("operator"), other, "not a valid selector operator"),
    }
    found.invalid_each(&at.child("key"), &requirement.key, names::qualified_name(&requirement.key));
    for (index, value) in values.iter().enumerate().filter(|_| strict) {
        found.invalid_each(&at_values.index(index), value, names::label_value(value));
    }
}

fn node_field(requirement: &NodeSelectorRequirement, at: &Path<'_>, found: &mut Findings) {
    let (values, at_values) = (list(&requirement.values), at.child("values"));
    match requirement.operator.as_str() {
        "In" | "NotIn" if values.len() != 1 => found.required(
            &at_values,
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ),
        "In" | "NotIn" => {}
        other => found.invalid(&at.child("operator"), other, "not a valid selector operator"),
    }
    if requirement.key != "metadata.name" {
        return found.invalid(&at.child("key"), &requirement.key, "not a valid field selector key");
    }
    for (index, value) in values.iter().enumerate() {
        found.invalid_each(&at_values.index(index), value, names::dns_subdomain(value));
    }
}

fn pod_terms(terms: &[PodAffinityTerm], at: &Path<'_>, found: &mut Findings) {
    let at = at.child("requiredDuringSchedulingIgnoredDuringExecution");
    for (index, term) in terms.iter().enumerate() {
        pod_term(term, &at.index(index), found);
    }
}

fn weighted_terms(terms: &[WeightedPodAffinityTerm], at: &Path<'_>, found: &mut Findings) {
    let at = at.child("preferredDuringSchedulingIgnoredDuringExecution");
    for (index, term) in terms.iter().enumerate() {
        let at = at.index(index);
        weight(term.weight, &at, found);
        pod_term(&term.pod_affinity_term, &at.child("podAffinityTerm"), found);
    }
}

fn pod_term(term: &PodAffinityTerm, at: &Path<'_>, found: &mut Findings) {
    for (field, selector) in
        [("labelSelector", &term.label_selector), ("namespaceSelector", &term.namespace_selector)]
    {
        if let Some(selector) = selector {
            metadata::selector(selector, &at.child(field), found);
        }
    }
    for name in list(&term.namespaces) {
        found.invalid_each(&at.child("namespace"), name, names::dns_label(name));
    }
    let selector = term.label_selector.as_ref();
    for (field, keys) in
        [("matchLabelKeys", &term.match_label_keys), ("mismatchLabelKeys", &term.mismatch_label_keys)]
    {
        label_keys(list(keys), selector, &at.child(field), found);
    }
    let at_keys = at.child("matchLabelKeys");
    for (index, key) in list(&term.match_label_keys).iter().enumerate() {
        if list(&term.mismatch_label_keys).contains(key) {
            let fault = "exists in both matchLabelKeys and mismatchLabelKeys";
            found.invalid(&at_keys.index(index), key, fault);
        }
    }
    if term.topology_key.is_empty() {
        found.required(&at.child("topologyKey"), "can not be empty");
    }
    let key = &term.topology_key;
    found.invalid_each(&at.child("topologyKey"), key, names::qualified_name(key));
}

fn label_keys(keys: &[String], selector: Option<&LabelSelector>, at: &Path<'_>, found: &mut Findings) {
    if keys.is_empty() {
        return;
    }
    if selector.is_none() {
        return found.forbidden(at, "must not be specified when labelSelector is not set");
    }
    for (index, key) in keys.iter().enumerate() {
        found.invalid_each(&at.index(index), key, names::qualified_name(key));
    }
}

/// `topologySpreadConstraints`.
pub fn spread(constraints: &[TopologySpreadConstraint], at_list: &Path<'_>, found: &mut Findings) {
    for (index, constraint) in constraints.iter().enumerate() {
        let at = &at_list.index(index);
        if constraint.max_skew <= 0 {
            found.invalid(&at.child("maxSkew"), constraint.max_skew, "must be greater than zero");
        }
        if constraint.topology_key.is_empty() {
            found.required(&at.child("topologyKey"), "can not be empty");
        }
        let (key, action) = (&constraint.topology_key, constraint.when_unsatisfiable.as_str());
        let actions = ["DoNotSchedule", "ScheduleAnyway"];
        if !actions.contains(&action) {
            found.not_supported(&at.child("whenUnsatisfiable"), action, &actions);
        }
        let same = |other: &TopologySpreadConstraint| {
            other.topology_key == *key && other.when_unsatisfiable == action
        };
        if constraints.iter().skip(index + 1).any(same) {
            let pair = format!("{{{key}, {action}}}");
            found.duplicate(&at.child("{topologyKey, whenUnsatisfiable}"), &pair);
        }
        if let Some(domains) = constraint.min_domains {
            if domains <= 0 {
                found.invalid(&at.child("minDomains"), domains, "must be greater than zero");
            }
            if action != "DoNotSchedule" {
                let fault =
                    format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                found.invalid(&at.child("minDomains"), domains, &fault);
            }
        }
        for (field, policy) in [
            ("nodeAffinityPolicy", &constraint.node_affinity_policy),
            ("nodeTaintsPolicy", &constraint.node_taints_policy),
        ] {
            if let Some(policy) = policy.as_deref().filter(|p| !matches!(*p, "Honor" | "Ignore")) {
                found.not_supported(&at.child(field), policy, &["Honor", "Ignore"]);
            }
        }
        spread_keys(constraint, &at.child("matchLabelKeys"), found);
        if let Some(selector) = &constraint.label_selector {
            metadata::selector(selector, &at.child("labelSelector"), found);
        }
    }
}

fn spread_keys(constraint: &TopologySpreadConstraint, at: &Path<'_>, found: &mut Findings) {
    let keys = list(&constraint.match_label_keys);
    if keys.is_empty() {
        return;
    }
    let mut selected: BTreeSet<&String> = BTreeSet::new();
    match &constraint.label_selector {
        None => found.forbidden(at, "must not be specified when labelSelector is not set"),
        Some(selector) => {
            selected.extend(selector.match_labels.iter().flatten().map(|(key, _)| key));
            selected.extend(list(&selector.match_expressions).iter().map(|expression| &expression.key));
        }
    }
    for (index, key) in keys.iter().enumerate() {
        found.invalid_each(&at.index(index), key, names::qualified_name(key));
        if selected.contains(key) {
            found.invalid(&at.index(index), key, "exists in both matchLabelKeys and labelSelector");
        }
    }
}

/// `tolerations`.
pub fn tolerations(tolerations: &[Toleration], at: &Path<'_>, found: &mut Findings) {
    for (index, toleration) in tolerations.iter().enumerate() {
        let at = at.index(index);
        let at_operator = at.child("operator");
        let (key, operator) = (text(&toleration.key), text(&toleration.operator));
        let (value, effect) = (text(&toleration.value), text(&toleration.effect));
        if !key.is_empty() {
            found.invalid_each(&at.child("key"), key, names::qualified_name(key));
        } else if operator != "Exists" {
            found.invalid(
                &at_operator,
                operator,
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            );
        }
        if toleration.toleration_seconds.is_some() && effect != "NoExecute" {
            let fault = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            found.invalid(&at.child("effect"), effect, fault);
        }
        match operator {
            "" | "Equal" => {
                let faults = names::label_value(value);
                if !faults.is_empty() {
                    found.invalid(&at_operator, value, &faults.join(";"));
                }
            }
            "Exists" if value.is_empty() => {}
            "Exists" => {
                found.invalid(&at_operator, value, "value must be empty when `operator` is 'Exists'");
            }
            other => found.not_supported(&at_operator, other, &["Equal", "Exists"]),
        }
        if !effect.is_empty() && !EFFECTS.contains(&effect) {
            found.not_supported(&at.child("effect"), effect, EFFECTS);
        }
    }
}

/// A node's taints.
pub fn taints(taints: &[Taint], at: &Path<'_>, found: &mut Findings) {
    for (index, taint) in taints.iter().enumerate() {
        let at = at.index(index);
        found.invalid_each(&at.child("key"), &taint.key, names::qualified_name(&taint.key));
        let value = text(&taint.value);
        let faults = names::label_value(value);
        if !faults.is_empty() {
            found.invalid(&at.child("value"), value, &faults.join(";"));
        }
        match taint.effect.as_str() {
            "" => found.required(&at.child("effect"), ""),
            effect if EFFECTS.contains(&effect) => {}
            other => found.not_supported(&at.child("effect"), other, EFFECTS),
        }
        let same = |earlier: &Taint| earlier.key == taint.key && earlier.effect == taint.effect;
        if taints.iter().take(index).any(same) {
            found.duplicate_because(
                &at,
                json!({
                    "Key": taint.key, "Value": value, "Effect": taint.effect, "TimeAdded": taint.time_added,
                }),
                "taints must be unique by key and effect pair",
            );
        }
    }
}
