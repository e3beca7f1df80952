//! The rows of what keeps pods: Deployments, ReplicaSets, DaemonSets and what limits their disruption.

use k8s_openapi::api::apps::v1::{ControllerRevision, DaemonSet, Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Container;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::{Value, json};

use super::text::{label_selector, labels};
use super::{Head, age};
use crate::object::{Object, Resource, owner};
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

pub(super) const DAEMON_SET: &[Head] = &[
    ("Name", "string", 0),
    ("Desired", "integer", 0),
    ("Current", "integer", 0),
    ("Ready", "integer", 0),
    ("Up-to-date", "integer", 0),
    ("Available", "integer", 0),
    ("Node Selector", "string", 0),
    ("Age", "string", 0),
    ("Containers", "string", 1),
    ("Images", "string", 1),
    ("Selector", "string", 1),
];

pub(super) const REVISION: &[Head] =
    &[("Name", "string", 0), ("Controller", "string", 0), ("Revision", "string", 0), ("Age", "string", 0)];

pub(super) const BUDGET: &[Head] = &[
    ("Name", "string", 0),
    ("Min Available", "string", 0),
    ("Max Unavailable", "string", 0),
    ("Allowed Disruptions", "integer", 0),
    ("Age", "string", 0),
];

pub(super) fn daemon_set(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(set) = DaemonSet::of(object) else { return Vec::new() };
    let (spec, status) = (set.spec.clone().unwrap_or_default(), set.status.clone().unwrap_or_default());
    let pod = spec.template.spec.unwrap_or_default();
    let nodes = pod.node_selector.filter(|selector| !selector.is_empty());
    vec![
        json!(status.desired_number_scheduled),
        json!(status.current_number_scheduled),
        json!(status.number_ready),
        json!(status.updated_number_scheduled.unwrap_or(0)),
        json!(status.number_available.unwrap_or(0)),
        labels(nodes.as_ref()).into(),
        age::of(&set.metadata, now).into(),
        names(&pod.containers).into(),
        images(&pod.containers).into(),
        label_selector(&spec.selector).into(),
    ]
}

pub(super) fn revision(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(revision) = ControllerRevision::of(object) else { return Vec::new() };
    let owner = owner::controller(&revision.metadata).map(|owner| {
        let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
        format!("{}.{group}/{}", owner.kind.to_lowercase(), owner.name)
    });
    vec![
        owner.unwrap_or_else(|| "<none>".to_owned()).into(),
        revision.revision.to_string().into(),
        age::of(&revision.metadata, now).into(),
    ]
}

pub(super) fn budget(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(budget) = PodDisruptionBudget::of(object) else { return Vec::new() };
    let spec = budget.spec.as_ref();
    let bound = |bound: Option<&IntOrString>| match bound {
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(text)) => text.clone(),
        None => "N/A".to_owned(),
    };
    vec![
        bound(spec.and_then(|spec| spec.min_available.as_ref())).into(),
        bound(spec.and_then(|spec| spec.max_unavailable.as_ref())).into(),
        json!(budget.status.as_ref().map_or(0, |status| status.disruptions_allowed.unwrap_or(0))),
        age::of(&budget.metadata, now).into(),
    ]
}

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
