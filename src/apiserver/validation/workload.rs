//! ReplicaSets and Deployments (`pkg/apis/apps/validation`).

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, ReplicaSet, ReplicaSetSpec,
};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::{Value, json};

use super::field::{Findings, Path, text};
use super::{metadata, names, pod};
use crate::object::selector::Selector;

/// A new Deployment.
pub fn deployment(deployment: &Deployment, found: &mut Findings) {
    metadata::create(&deployment.metadata, true, names::dns_subdomain, found);
    deployment_spec(deployment.spec.as_ref().unwrap_or(&DeploymentSpec::default()), found);
}

/// A changed Deployment.
pub fn deployment_update(new: &Deployment, old: &Deployment, found: &mut Findings) {
    let none = DeploymentSpec::default();
    let (new, old) = (new.spec.as_ref().unwrap_or(&none), old.spec.as_ref().unwrap_or(&none));
    if new != old {
        deployment_spec(new, found);
    }
    same_selector(&new.selector, &old.selector, found);
}

/// A new ReplicaSet.
pub fn replica_set(set: &ReplicaSet, found: &mut Findings) {
    metadata::create(&set.metadata, true, names::dns_subdomain, found);
    replica_set_spec(set.spec.as_ref().unwrap_or(&ReplicaSetSpec::default()), found);
}

/// A changed ReplicaSet.
pub fn replica_set_update(new: &ReplicaSet, old: &ReplicaSet, found: &mut Findings) {
    let none = ReplicaSetSpec::default();
    let (new, old) = (new.spec.as_ref().unwrap_or(&none), old.spec.as_ref().unwrap_or(&none));
    if new != old {
        replica_set_spec(new, found);
    }
    same_selector(&new.selector, &old.selector, found);
}

/// The selector may not change.
pub fn same_selector(new: &LabelSelector, old: &LabelSelector, found: &mut Findings) {
    let shown = metadata::shown(new);
    found.immutable(&Path::new("spec").child("selector"), shown == metadata::shown(old), shown);
}

fn deployment_spec(spec: &DeploymentSpec, found: &mut Findings) {
    let at = &Path::new("spec");
    found.not_negative(&at.child("replicas"), i64::from(spec.replicas.unwrap_or(0)));
    selector_and_template(&spec.selector, Some(&spec.template), at, found);
    strategy(spec.strategy.as_ref(), &at.child("strategy"), found);
    let ready = spec.min_ready_seconds.unwrap_or(0);
    found.not_negative(&at.child("minReadySeconds"), i64::from(ready));
    if let Some(limit) = spec.revision_history_limit {
        found.not_negative(&at.child("revisionHistoryLimit"), i64::from(limit));
    }
    if let Some(deadline) = spec.progress_deadline_seconds {
        let at = at.child("progressDeadlineSeconds");
        found.not_negative(&at, i64::from(deadline));
        if deadline <= ready {
            found.invalid(&at, deadline, "must be greater than minReadySeconds");
        }
    }
}

fn replica_set_spec(spec: &ReplicaSetSpec, found: &mut Findings) {
    let at = &Path::new("spec");
    found.not_negative(&at.child("replicas"), i64::from(spec.replicas.unwrap_or(0)));
    found.not_negative(&at.child("minReadySeconds"), i64::from(spec.min_ready_seconds.unwrap_or(0)));
    selector_and_template(&spec.selector, spec.template.as_ref(), at, found);
}

/// Whether there is no selector at all, as opposed to `{}`. The decoder marks the latter with an empty
/// map of labels, since the type itself cannot tell the two apart.
pub fn is_absent(selector: &LabelSelector) -> bool {
    selector.match_labels.is_none() && selector.match_expressions.is_none()
}

/// A selector must be there, not match everything, and match its own template.
fn selector_and_template(
    selector: &LabelSelector,
    template: Option<&PodTemplateSpec>,
    at: &Path<'_>,
    found: &mut Findings,
) {
    let (at_selector, shown) = (at.child("selector"), metadata::shown(selector));
    let before = found.len();
    let empty = shown.as_object().is_none_or(serde_json::Map::is_empty);
    if is_absent(selector) {
        found.required(&at_selector, "");
    } else {
        metadata::selector(selector, &at_selector, found);
        if found.len() > before {
            // What the selector means is unknown, so the template cannot be compared with it.
            return found.invalid(&at_selector, shown, "invalid label selector");
        }
        if empty {
            // The sentence says "deployment" for ReplicaSets too.
            found.invalid(&at_selector, shown, "empty selector is invalid for deployment");
        }
    }
    let at = &at.child("template");
    let none = PodTemplateSpec::default();
    let template = template.unwrap_or(&none);
    let labels = template.metadata.as_ref().and_then(|meta| meta.labels.as_ref());
    let no_labels = crate::object::StringMap::new();
    let matches = !is_absent(selector) && Selector::from_api(selector).matches(labels.unwrap_or(&no_labels));
    if !matches && (is_absent(selector) || !empty) {
        found.invalid(
            &at.child("metadata").child("labels"),
            labels.map_or(Value::Null, |labels| json!(labels)),
            "`selector` does not match template `labels`",
        );
    }
    pod::template(template, at, found);
    let at = at.child("spec");
    let policy = template.spec.as_ref().map_or("", |spec| text(&spec.restart_policy));
    if policy != "Always" {
        found.not_supported(&at.child("restartPolicy"), policy, &["Always"]);
    }
    if template.spec.as_ref().is_some_and(|spec| spec.active_deadline_seconds.is_some()) {
        found.forbidden(
            &at.child("activeDeadlineSeconds"),
            "activeDeadlineSeconds in ReplicaSet is not Supported",
        );
    }
}

fn strategy(strategy: Option<&DeploymentStrategy>, at: &Path<'_>, found: &mut Findings) {
    let kind = strategy.map_or("", |strategy| text(&strategy.type_));
    let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    let at_rolling = at.child("rollingUpdate");
    match (kind, rolling) {
        ("Recreate", None) => {}
        ("Recreate", Some(_)) => {
            found.forbidden(&at_rolling, "may not be specified when strategy `type` is 'Recreate'");
        }
        ("RollingUpdate", None) => {
            found.required(&at_rolling, "this should be defaulted and never be nil");
        }
        ("RollingUpdate", Some(rolling)) => {
            let zero = IntOrString::Int(0);
            let unavailable = rolling.max_unavailable.as_ref().unwrap_or(&zero);
            let surge = rolling.max_surge.as_ref().unwrap_or(&zero);
            let at_unavailable = at_rolling.child("maxUnavailable");
            count_or_percent(unavailable, &at_unavailable, found);
            count_or_percent(surge, &at_rolling.child("maxSurge"), found);
            if value(unavailable) == 0 && value(surge) == 0 {
                found.invalid(&at_unavailable, json!(unavailable), "may not be 0 when `maxSurge` is 0");
            }
            at_most_all(unavailable, &at_unavailable, found);
        }
        (other, _) => found.not_supported(&at.child("type"), other, &["Recreate", "RollingUpdate"]),
    }
}

/// A number that is not negative, or a percentage (`ValidatePositiveIntOrPercent`).
pub fn count_or_percent(number: &IntOrString, at: &Path<'_>, found: &mut Findings) {
    match number {
        IntOrString::Int(number) => found.not_negative(at, i64::from(*number)),
        IntOrString::String(text) => {
            if let Err(fault) = names::percentage(text) {
                found.invalid(at, text, &fault);
            }
        }
    }
}

/// A percentage may not be more than 100% (`IsNotMoreThan100Percent`).
pub fn at_most_all(number: &IntOrString, at: &Path<'_>, found: &mut Findings) {
    if let IntOrString::String(text) = number
        && names::percentage(text).is_ok_and(|percent| percent > 100)
    {
        found.invalid(at, json!(number), "must not be greater than 100%");
    }
}

/// The number, or the percentage's number, or 0 for a text that is neither.
pub fn value(number: &IntOrString) -> i64 {
    match number {
        IntOrString::Int(number) => i64::from(*number),
        IntOrString::String(text) => match names::percentage(text) {
            Ok(percent) => i64::try_from(percent).unwrap_or(i64::MAX),
            Err(_) => text.parse().unwrap_or(0),
        },
    }
}

/// What a Deployment reports.
pub fn deployment_status(new: &Deployment, old: &Deployment, found: &mut Findings) {
    let at = &Path::new("status");
    let (new, old) = (new.status.clone().unwrap_or_default(), old.status.clone().unwrap_or_default());
    found.not_negative(&at.child("observedGeneration"), new.observed_generation.unwrap_or(0));
    counts(
        [
            ("replicas", new.replicas),
            ("updatedReplicas", new.updated_replicas),
            ("readyReplicas", new.ready_replicas),
            ("availableReplicas", new.available_replicas),
            ("unavailableReplicas", new.unavailable_replicas),
            ("terminatingReplicas", new.terminating_replicas),
            ("collisionCount", new.collision_count),
        ],
        at,
        found,
    );
    let all = new.replicas.unwrap_or(0);
    at_most("updatedReplicas", new.updated_replicas, all, at, found);
    at_most("readyReplicas", new.ready_replicas, all, at, found);
    at_most("availableReplicas", new.available_replicas, all, at, found);
    available(new.available_replicas, new.ready_replicas, at, found);
    if old.collision_count.is_some_and(|before| new.collision_count.is_none_or(|now| now < before)) {
        found.invalid(&at.child("collisionCount"), new.collision_count, "cannot be decremented");
    }
}

/// What a ReplicaSet reports.
pub fn replica_set_status(set: &ReplicaSet, found: &mut Findings) {
    let at = &Path::new("status");
    let status = set.status.clone().unwrap_or_default();
    counts(
        [
            ("replicas", Some(status.replicas)),
            ("fullyLabeledReplicas", status.fully_labeled_replicas),
            ("readyReplicas", status.ready_replicas),
            ("availableReplicas", status.available_replicas),
            ("terminatingReplicas", status.terminating_replicas),
        ],
        at,
        found,
    );
    found.not_negative(&at.child("observedGeneration"), status.observed_generation.unwrap_or(0));
    at_most("fullyLabeledReplicas", status.fully_labeled_replicas, status.replicas, at, found);
    at_most("readyReplicas", status.ready_replicas, status.replicas, at, found);
    at_most("availableReplicas", status.available_replicas, status.replicas, at, found);
    available(status.available_replicas, status.ready_replicas, at, found);
}

/// Counts may not be negative.
pub fn counts<const N: usize>(counts: [(&str, Option<i32>); N], at: &Path<'_>, found: &mut Findings) {
    for (field, count) in counts {
        found.not_negative(&at.child(field), i64::from(count.unwrap_or(0)));
    }
}

fn at_most(field: &str, count: Option<i32>, all: i32, at: &Path<'_>, found: &mut Findings) {
    let count = count.unwrap_or(0);
    if count > all {
        found.invalid(&at.child(field), count, "cannot be greater than status.replicas");
    }
}

fn available(available: Option<i32>, ready: Option<i32>, at: &Path<'_>, found: &mut Findings) {
    let available = available.unwrap_or(0);
    if available > ready.unwrap_or(0) {
        found.invalid(&at.child("availableReplicas"), available, "cannot be greater than readyReplicas");
    }
}
