//! Metadata and label selectors (`k8s.io/apimachinery/pkg/api/validation` and `.../meta/v1/validation`).

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{
    LabelSelector, LabelSelectorRequirement, OwnerReference,
};
use serde_json::{Map, Value, json};

use super::field::{Findings, Path, list, text};
use super::names::{self, NameRule};
use crate::object::{ObjectMeta, StringMap};

/// Most that all annotations of an object may take together (`TotalAnnotationSizeLimitB`).
const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// Finalizers without a domain that the API knows (`helper.IsStandardFinalizerName`).
const STANDARD_FINALIZERS: &[&str] = &["kubernetes", "orphan", "foregroundDeletion"];

/// A new object's metadata; its name was generated before, if it had to be.
pub fn create(meta: &ObjectMeta, namespaced: bool, rule: NameRule, found: &mut Findings) {
    let at = &Path::new("metadata");
    let prefix = text(&meta.generate_name);
    if !prefix.is_empty() {
        found.invalid_each(&at.child("generateName"), prefix, names::prefix(rule, prefix));
    }
    match text(&meta.name) {
        "" => found.required(&at.child("name"), "name or generateName is required"),
        name => found.invalid_each(&at.child("name"), name, rule(name)),
    }
    match (namespaced, text(&meta.namespace)) {
        (true, "") => found.required(&at.child("namespace"), ""),
        (true, name) => found.invalid_each(&at.child("namespace"), name, names::dns_label(name)),
        (false, "") => {}
        (false, _) => found.forbidden(&at.child("namespace"), "not allowed on this type"),
    }
    found.not_negative(&at.child("generation"), meta.generation.unwrap_or(0));
    common(meta, at, found);
    finalizers(list(&meta.finalizers), &at.child("finalizers"), found);
    standard_finalizers(meta, at, found);
}

fn common(meta: &ObjectMeta, at: &Path<'_>, found: &mut Findings) {
    labels(meta.labels.as_ref(), &at.child("labels"), found);
    annotations(meta.annotations.as_ref(), &at.child("annotations"), found);
    owners(list(&meta.owner_references), &at.child("ownerReferences"), found);
}

/// A changed object's metadata.
pub fn update(new: &ObjectMeta, old: &ObjectMeta, found: &mut Findings) {
    let at = &Path::new("metadata");
    if old.deletion_timestamp.is_some() {
        let known: BTreeSet<&String> = list(&old.finalizers).iter().collect();
        let extra: BTreeSet<&String> =
            list(&new.finalizers).iter().filter(|name| !known.contains(name)).collect();
        if !extra.is_empty() {
            let extra: Vec<String> = extra.into_iter().map(|name| super::field::quoted(name)).collect();
            found.forbidden(
                &at.child("finalizers"),
                &format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                    extra.join(", ")
                ),
            );
        }
    }
    if text(&new.resource_version).is_empty() {
        found.invalid(&at.child("resourceVersion"), "", "must be specified for an update");
    }
    let generation = new.generation.unwrap_or(0);
    if generation < old.generation.unwrap_or(0) {
        found.invalid(&at.child("generation"), generation, "must not be decremented");
    }
    for (name, new, old) in [
        ("name", &new.name, &old.name),
        ("namespace", &new.namespace, &old.namespace),
        ("uid", &new.uid, &old.uid),
    ] {
        found.immutable(&at.child(name), text(new) == text(old), text(new));
    }
    let same = new.creation_timestamp == old.creation_timestamp;
    found.immutable(&at.child("creationTimestamp"), same, json!(new.creation_timestamp));
    let same = new.deletion_timestamp == old.deletion_timestamp;
    found.immutable(&at.child("deletionTimestamp"), same, new.deletion_timestamp.as_ref().map(|t| json!(t)));
    let (grace, same) = (
        new.deletion_grace_period_seconds,
        new.deletion_grace_period_seconds == old.deletion_grace_period_seconds,
    );
    found.immutable(&at.child("deletionGracePeriodSeconds"), same, grace);
    common(new, at, found);
    standard_finalizers(new, at, found);
}

/// Labels, and what else is a map of labels, like a node selector.
pub fn labels(labels: Option<&StringMap>, at: &Path<'_>, found: &mut Findings) {
    for (key, value) in labels.into_iter().flatten() {
        found.invalid_each(at, key, names::qualified_name(key));
        found.invalid_each(at, value, names::label_value(value));
    }
}

/// Annotations.
pub fn annotations(annotations: Option<&StringMap>, at: &Path<'_>, found: &mut Findings) {
    let mut size = 0;
    for (key, value) in annotations.into_iter().flatten() {
        found.invalid_each(at, key, names::qualified_name(&key.to_lowercase()));
        size += key.len() + value.len();
    }
    if size > ANNOTATIONS_LIMIT {
        found.too_long(at, ANNOTATIONS_LIMIT);
    }
}

fn owners(owners: &[OwnerReference], at: &Path<'_>, found: &mut Findings) {
    let mut controller: Option<String> = None;
    for owner in owners {
        for (field, value, fault) in [
            ("apiVersion", &owner.api_version, "version must not be empty"),
            ("kind", &owner.kind, "must not be empty"),
            ("name", &owner.name, "must not be empty"),
            ("uid", &owner.uid, "must not be empty"),
        ] {
            if value.is_empty() {
                found.invalid(&at.child(field), "", fault);
            }
        }
        if owner.api_version == "v1" && owner.kind == "Event" {
            found.invalid(at, json!(owner), "/v1, Kind=Event is disallowed from being an owner");
        }
        if owner.controller == Some(true) {
            let this = format!("{}/{}", owner.kind, owner.name);
            match &controller {
                Some(first) => found.invalid(
                    at,
                    json!(owners),
                    &format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                    ),
                ),
                None => controller = Some(this),
            }
        }
    }
}

fn finalizers(finalizers: &[String], at: &Path<'_>, found: &mut Findings) {
    for name in finalizers {
        found.invalid_each(at, name, names::qualified_name(name));
    }
    let has = |wanted: &str| finalizers.iter().any(|name| name == wanted);
    if has("foregroundDeletion") && has("orphan") {
        found.invalid(at, json!(finalizers), "finalizer orphan and foregroundDeletion cannot be both set");
    }
}

/// A finalizer's name without a domain must be one that the API knows.
pub fn standard_finalizer(name: &str, at: &Path<'_>, found: &mut Findings) {
    if !name.contains('/') && !STANDARD_FINALIZERS.contains(&name) {
        found.invalid(at, name, "name is neither a standard finalizer name nor is it fully qualified");
    }
}

fn standard_finalizers(meta: &ObjectMeta, at: &Path<'_>, found: &mut Findings) {
    let at = at.child("finalizers");
    for (index, name) in list(&meta.finalizers).iter().enumerate() {
        standard_finalizer(name, &at.index(index), found);
    }
}

/// A selector of labels.
pub fn selector(selector: &LabelSelector, at: &Path<'_>, found: &mut Findings) {
    labels(selector.match_labels.as_ref(), &at.child("matchLabels"), found);
    let at = at.child("matchExpressions");
    for (index, expression) in list(&selector.match_expressions).iter().enumerate() {
        requirement(expression, &at.index(index), found);
    }
}

fn requirement(requirement: &LabelSelectorRequirement, at: &Path<'_>, found: &mut Findings) {
    let values = list(&requirement.values);
    match requirement.operator.as_str() {
        "In" | "NotIn" if values.is_empty() => {
            found.required(&at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            found.forbidden(
                &at.child("values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            );
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => found.invalid(&at.child("operator"), other, "not a valid selector operator"),
    }
    found.invalid_each(&at.child("key"), &requirement.key, names::qualified_name(&requirement.key));
    let at = at.child("values");
    for (index, value) in values.iter().enumerate() {
        found.invalid_each(&at.index(index), value, names::label_value(value));
    }
}

/// A selector as a message shows it: without what is empty.
pub fn shown(selector: &LabelSelector) -> Value {
    let mut fields = Map::new();
    if let Some(labels) = selector.match_labels.as_ref().filter(|labels| !labels.is_empty()) {
        fields.insert("matchLabels".to_owned(), json!(labels));
    }
    let expressions: Vec<Value> = list(&selector.match_expressions)
        .iter()
        .map(|expression| {
            let mut fields = Map::new();
            fields.insert("key".to_owned(), json!(expression.key));
            fields.insert("operator".to_owned(), json!(expression.operator));
            if !list(&expression.values).is_empty() {
                fields.insert("values".to_owned(), json!(expression.values));
            }
            Value::Object(fields)
        })
        .collect();
    if !expressions.is_empty() {
        fields.insert("matchExpressions".to_owned(), expressions.into());
    }
    Value::Object(fields)
}
