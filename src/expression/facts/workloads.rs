//! Deployments, ReplicaSets and DaemonSets, in numbers.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::{Map, Value};

use super::{Fields, Takes, missing};
use crate::engine::World;
use crate::object::conditions::Condition;
use crate::object::{Object, ObjectRef};

/// What every kind that keeps pods says of itself, each in its own words.
#[derive(Default)]
struct Workload<'a> {
    want: i32,
    exist: i32,
    ready: i32,
    available: i32,
    updated: i32,
    observed: i64,
    /// Whether the numbers are as wanted.
    met: bool,
    template: Option<&'a PodTemplateSpec>,
    conditions: Vec<&'a dyn Condition>,
}

/// The numbers of one object.
pub(super) fn summary(world: &World, target: &ObjectRef, takes: Takes<'_>) -> Result<Value, String> {
    let object = world.object(target).ok_or_else(|| missing(target))?;
    let generation = object.meta().generation.unwrap_or(0);
    let all = match object {
        Object::Deployment(deployment) => of_deployment(deployment),
        Object::ReplicaSet(set) => of_replica_set(set),
        Object::DaemonSet(set) => of_daemon_set(set),
        _ => return Err(missing(target)),
    };
    let by_type = |of: fn(&dyn Condition) -> Value| -> Map<String, Value> {
        all.conditions.iter().map(|condition| (condition.kind().to_owned(), of(*condition))).collect()
    };
    let fields = Fields::new(takes)
        .with("replicas", || all.want)
        .with("exist", || all.exist)
        .with("ready", || all.ready)
        .with("available", || all.available)
        .with("updated", || all.updated)
        .with("generation", || generation)
        .with("observed", || all.observed)
        .with("settled", || all.observed == generation && all.met)
        .with("image", || image(all.template))
        .with("conditions", || by_type(|condition| condition.status().into()))
        .with("reasons", || by_type(|condition| condition.reason().into()));
    Ok(fields.into_value())
}

fn of_deployment(deployment: &Deployment) -> Workload<'_> {
    let spec = deployment.spec.as_ref();
    let want = spec.and_then(|spec| spec.replicas).unwrap_or(1);
    let template = spec.map(|spec| &spec.template);
    let Some(status) = &deployment.status else {
        return Workload { want, template, met: want == 0, ..Workload::default() };
    };
    let [exist, ready, available, updated] =
        [status.replicas, status.ready_replicas, status.available_replicas, status.updated_replicas]
            .map(|number| number.unwrap_or(0));
    Workload {
        want,
        exist,
        ready,
        available,
        updated,
        observed: status.observed_generation.unwrap_or(0),
        met: [exist, ready, available, updated] == [want; 4],
        template,
        conditions: listed(status.conditions.as_deref()),
    }
}

fn of_replica_set(set: &ReplicaSet) -> Workload<'_> {
    let spec = set.spec.as_ref();
    let want = spec.and_then(|spec| spec.replicas).unwrap_or(1);
    let template = spec.and_then(|spec| spec.template.as_ref());
    let Some(status) = &set.status else {
        return Workload { want, template, met: want == 0, ..Workload::default() };
    };
    let [ready, available, updated] =
        [status.ready_replicas, status.available_replicas, status.fully_labeled_replicas]
            .map(|number| number.unwrap_or(0));
    Workload {
        want,
        exist: status.replicas,
        ready,
        available,
        updated,
        observed: status.observed_generation.unwrap_or(0),
        met: [status.replicas, ready, available] == [want; 3],
        template,
        conditions: listed(status.conditions.as_deref()),
    }
}

fn of_daemon_set(set: &DaemonSet) -> Workload<'_> {
    let template = set.spec.as_ref().map(|spec| &spec.template);
    let Some(status) = &set.status else {
        return Workload { template, met: true, ..Workload::default() };
    };
    let [available, updated] =
        [status.number_available, status.updated_number_scheduled].map(|number| number.unwrap_or(0));
    let (want, exist) = (status.desired_number_scheduled, status.current_number_scheduled);
    Workload {
        want,
        exist,
        ready: status.number_ready,
        available,
        updated,
        observed: status.observed_generation.unwrap_or(0),
        met: [exist, status.number_ready, available, updated] == [want; 4] && status.number_misscheduled == 0,
        template,
        conditions: listed(status.conditions.as_deref()),
    }
}

fn listed<C: Condition>(list: Option<&[C]>) -> Vec<&dyn Condition> {
    list.unwrap_or_default().iter().map(|condition| condition as &dyn Condition).collect()
}

fn image(template: Option<&PodTemplateSpec>) -> String {
    let spec = template.and_then(|template| template.spec.as_ref());
    let first = spec.and_then(|spec| spec.containers.first());
    first.and_then(|container| container.image.clone()).unwrap_or_default()
}
