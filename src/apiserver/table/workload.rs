//! The rows of what keeps pods: Deployments and ReplicaSets.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Container;
use serde_json::{Value, json};

use super::text::label_selector;
use super::{Head, age};
use crate::object::{Object, Resource};
use crate::time::VirtualTime;

pub(super) const DEPLOYMENT: &[Head] = &[
    ("Name", "string", 0),
    ("Ready", "string", 0),
    ("Up-to-date", "string", 0),
    ("Available", "string", 0),
    ("Age", "string", 0),
    ("Containers", "string", 1),
    ("Images", "string", 1),
    ("Selector", "string", 1),
];

pub(super) const REPLICA_SET: &[Head] = &[
    ("Name", "string", 0),
    ("Desired", "integer", 0),
    ("Current", "integer", 0),
    ("Ready", "integer", 0),
    ("Age", "string", 0),
    ("Containers", "string", 1),
    ("Images", "string", 1),
    ("Selector", "string", 1),
];

pub(super) fn deployment(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(deployment) = Deployment::of(object) else { return Vec::new() };
    let spec = deployment.spec.clone().unwrap_or_default();
    let status = deployment.status.clone().unwrap_or_default();
    let (ready, want) = (status.ready_replicas.unwrap_or(0), spec.replicas.unwrap_or(1));
    let pod = spec.template.spec.unwrap_or_default();
    vec![
        format!("{ready}/{want}").into(),
        json!(status.updated_replicas.unwrap_or(0)),
        json!(status.available_replicas.unwrap_or(0)),
        age::of(&deployment.metadata, now).into(),
        names(&pod.containers).into(),
        images(&pod.containers).into(),
        label_selector(&spec.selector).into(),
    ]
}

pub(super) fn replica_set(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(set) = ReplicaSet::of(object) else { return Vec::new() };
    let (spec, status) = (set.spec.clone().unwrap_or_default(), set.status.clone().unwrap_or_default());
    let pod = spec.template.and_then(|template| template.spec).unwrap_or_default();
    vec![
        json!(spec.replicas.unwrap_or(1)),
        json!(status.replicas),
        json!(status.ready_replicas.unwrap_or(0)),
        age::of(&set.metadata, now).into(),
        names(&pod.containers).into(),
        images(&pod.containers).into(),
        label_selector(&spec.selector).into(),
    ]
}

pub(super) fn names(containers: &[Container]) -> String {
    containers.iter().map(|container| container.name.as_str()).collect::<Vec<_>>().join(",")
}

pub(super) fn images(containers: &[Container]) -> String {
    let image = |container: &Container| container.image.clone().unwrap_or_default();
    containers.iter().map(image).collect::<Vec<_>>().join(",")
}
