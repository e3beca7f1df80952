//! DaemonSets and their ControllerRevisions (`pkg/apis/apps/validation`).

use k8s_openapi::api::apps::v1::{
    ControllerRevision, DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, RollingUpdateDaemonSet,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::{Value, json};

use super::field::{Findings, Path, text};
use super::workload::{at_most_all, count_or_percent, counts, is_absent, same_selector, value};
use super::{metadata, names, pod};
use crate::object::StringMap;
use crate::object::selector::Selector;

/// A new DaemonSet.
pub fn create(set: &DaemonSet, found: &mut Findings) {
    metadata::create(&set.metadata, true, names::dns_subdomain, found);
    self::spec(set.spec.as_ref().unwrap_or(&DaemonSetSpec::default()), found);
}

/// A changed DaemonSet.
pub fn update(new: &DaemonSet, old: &DaemonSet, found: &mut Findings) {
    let none = DaemonSetSpec::default();
    let (new, old) = (new.spec.as_ref().unwrap_or(&none), old.spec.as_ref().unwrap_or(&none));
    if new != old {
        spec(new, found);
    }
    same_selector(&new.selector, &old.selector, found);
}

fn spec(spec: &DaemonSetSpec, found: &mut Findings) {
    let at = &Path::new("spec");
    selector_and_template(spec, at, found);
    found.not_negative(&at.child("minReadySeconds"), i64::from(spec.min_ready_seconds.unwrap_or(0)));
    strategy(spec.update_strategy.as_ref(), &at.child("updateStrategy"), found);
    if let Some(limit) = spec.revision_history_limit {
        found.not_negative(&at.child("revisionHistoryLimit"), i64::from(limit));
    }
}

/// A selector must match its own template. That it is there at all is not asked: without one nothing matches.
fn selector_and_template(spec: &DaemonSetSpec, at: &Path<'_>, found: &mut Findings) {
    let (at_selector, shown) = (at.child("selector"), metadata::shown(&spec.selector));
    let before = found.len();
    metadata::selector(&spec.selector, &at_selector, found);
    let is_known = found.len() == before;
    let at = &at.child("template");
    let labels = spec.template.metadata.as_ref().and_then(|meta| meta.labels.as_ref());
    let no_labels = StringMap::new();
    let matches = !is_absent(&spec.selector)
        && Selector::from_api(&spec.selector).matches(labels.unwrap_or(&no_labels));
    if is_known && !matches {
        found.invalid(
            &at.child("metadata").child("labels"),
            labels.map_or(Value::Null, |labels| json!(labels)),
            "`selector` does not match template `labels`",
        );
    }
    if !is_absent(&spec.selector) && shown.as_object().is_none_or(serde_json::Map::is_empty) {
        found.invalid(&at_selector, shown, "empty selector is invalid for daemonset");
    }
    pod::template(&spec.template, at, found);
    let at = at.child("spec");
    let policy = spec.template.spec.as_ref().map_or("", |spec| text(&spec.restart_policy));
    if policy != "Always" {
        found.not_supported(&at.child("restartPolicy"), policy, &["Always"]);
    }
    if spec.template.spec.as_ref().is_some_and(|spec| spec.active_deadline_seconds.is_some()) {
        found.forbidden(
            &at.child("activeDeadlineSeconds"),
            "activeDeadlineSeconds in DaemonSet is not Supported",
        );
    }
}

fn strategy(strategy: Option<&DaemonSetUpdateStrategy>, at: &Path<'_>, found: &mut Findings) {
    let kind = strategy.map_or("", |strategy| text(&strategy.type_));
    let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    match (kind, rolling) {
        ("OnDelete", _) => {}
        ("RollingUpdate", None) => found.required(&at.child("rollingUpdate"), ""),
        ("RollingUpdate", Some(rolling)) => rolling_update(rolling, &at.child("rollingUpdate"), found),
        (other, rolling) => {
            let shown = json!({"Type": other, "RollingUpdate": rolling});
            found.not_supported(at, shown, &["RollingUpdate", "OnDelete"]);
        }
    }
}

/// One of the two numbers must be zero, and only one.
fn rolling_update(rolling: &RollingUpdateDaemonSet, at: &Path<'_>, found: &mut Findings) {
    let zero = IntOrString::Int(0);
    let unavailable = rolling.max_unavailable.as_ref().unwrap_or(&zero);
    let surge = rolling.max_surge.as_ref().unwrap_or(&zero);
    let (at_unavailable, at_surge) = (at.child("maxUnavailable"), at.child("maxSurge"));
    count_or_percent(unavailable, &at_unavailable, found);
    count_or_percent(surge, &at_surge, found);
    at_most_all(unavailable, &at_unavailable, found);
    at_most_all(surge, &at_surge, found);
    match (value(unavailable) != 0, value(surge) != 0) {
        (true, true) => {
            found.invalid(&at_surge, json!(surge), "may not be set when maxUnavailable is non-zero");
        }
        (false, false) => found.required(&at_unavailable, "cannot be 0 when maxSurge is 0"),
        _ => {}
    }
}

/// What a DaemonSet reports.
pub fn status(new: &DaemonSet, old: &DaemonSet, found: &mut Findings) {
    let at = &Path::new("status");
    let (new, old) = (new.status.clone().unwrap_or_default(), old.status.clone().unwrap_or_default());
    counts(
        [
            ("currentNumberScheduled", Some(new.current_number_scheduled)),
            ("numberMisscheduled", Some(new.number_misscheduled)),
            ("desiredNumberScheduled", Some(new.desired_number_scheduled)),
            ("numberReady", Some(new.number_ready)),
        ],
        at,
        found,
    );
    found.not_negative(&at.child("observedGeneration"), new.observed_generation.unwrap_or(0));
    counts(
        [
            ("updatedNumberScheduled", new.updated_number_scheduled),
            ("numberAvailable", new.number_available),
            ("numberUnavailable", new.number_unavailable),
            ("collisionCount", new.collision_count),
        ],
        at,
        found,
    );
    if old.collision_count.is_some_and(|before| new.collision_count.is_none_or(|now| now < before)) {
        found.invalid(&at.child("collisionCount"), new.collision_count, "cannot be decremented");
    }
}

/// A new ControllerRevision.
pub fn revision(revision: &ControllerRevision, found: &mut Findings) {
    metadata::create(&revision.metadata, true, names::dns_subdomain, found);
    if revision.data.is_none() {
        found.required(&Path::new("data"), "data is mandatory");
    }
    found.not_negative(&Path::new("revision"), revision.revision);
}

/// A changed ControllerRevision: only its number may change.
pub fn revision_update(new: &ControllerRevision, old: &ControllerRevision, found: &mut Findings) {
    found.not_negative(&Path::new("revision"), new.revision);
    found.immutable(&Path::new("data"), new.data == old.data, json!(new.data));
}
