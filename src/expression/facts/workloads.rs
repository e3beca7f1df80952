//! Deployments, ReplicaSets and DaemonSets, in numbers.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::Value;

use super::{Fields, Takes, missing, reasons, statuses};
use crate::engine::World;
use crate::object::{Object, ObjectRef};

/// The numbers of one object.
pub(super) fn summary(world: &World, target: &ObjectRef, takes: Takes<'_>) -> Result<Value, String> {
    let object = world.object(target).ok_or_else(|| missing(target))?;
    let generation = object.meta().generation.unwrap_or(0);
    match object {
        Object::Deployment(deployment) => {
            let (spec, status) = (deployment.spec.as_ref(), deployment.status.as_ref());
            let all = || status.and_then(|status| status.conditions.as_ref()).into_iter().flatten();
            let want = spec.and_then(|spec| spec.replicas).unwrap_or(1);
            let [exist, ready, available, updated] = status.map_or([0; 4], |status| {
                [status.replicas, status.ready_replicas, status.available_replicas, status.updated_replicas]
                    .map(|number| number.unwrap_or(0))
            });
            let observed = status.and_then(|status| status.observed_generation).unwrap_or(0);
            let fields = Fields::new(takes)
                .with("replicas", || want)
                .with("exist", || exist)
                .with("ready", || ready)
                .with("available", || available)
                .with("updated", || updated)
                .with("generation", || generation)
                .with("observed", || observed)
                .with("settled", || observed == generation && [exist, ready, available, updated] == [want; 4])
                .with("image", || image(spec.map(|spec| &spec.template)))
                .with("conditions", || statuses(all()))
                .with("reasons", || reasons(all()));
            Ok(fields.into_value())
        }
        Object::ReplicaSet(set) => {
            let (spec, status) = (set.spec.as_ref(), set.status.as_ref());
            let all = || status.and_then(|status| status.conditions.as_ref()).into_iter().flatten();
            let want = spec.and_then(|spec| spec.replicas).unwrap_or(1);
            let exist = status.map_or(0, |status| status.replicas);
            let [ready, available, updated] = status.map_or([0; 3], |status| {
                [status.ready_replicas, status.available_replicas, status.fully_labeled_replicas]
                    .map(|number| number.unwrap_or(0))
            });
            let observed = status.and_then(|status| status.observed_generation).unwrap_or(0);
            let fields = Fields::new(takes)
                .with("replicas", || want)
                .with("exist", || exist)
                .with("ready", || ready)
                .with("available", || available)
                .with("updated", || updated)
                .with("generation", || generation)
                .with("observed", || observed)
                .with("settled", || observed == generation && [exist, ready, available] == [want; 3])
                .with("image", || image(spec.and_then(|spec| spec.template.as_ref())))
                .with("conditions", || statuses(all()))
                .with("reasons", || reasons(all()));
            Ok(fields.into_value())
        }
        Object::DaemonSet(set) => {
            let (spec, status) = (set.spec.as_ref(), set.status.as_ref());
            let all = || status.and_then(|status| status.conditions.as_ref()).into_iter().flatten();
            let [want, exist, ready, misplaced] = status.map_or([0; 4], |status| {
                [
                    status.desired_number_scheduled,
                    status.current_number_scheduled,
                    status.number_ready,
                    status.number_misscheduled,
                ]
            });
            let [available, updated] = status.map_or([0; 2], |status| {
                [status.number_available, status.updated_number_scheduled].map(|number| number.unwrap_or(0))
            });
            let observed = status.and_then(|status| status.observed_generation).unwrap_or(0);
            let met = [exist, ready, available, updated] == [want; 4] && misplaced == 0;
            let fields = Fields::new(takes)
                .with("replicas", || want)
                .with("exist", || exist)
                .with("ready", || ready)
                .with("available", || available)
                .with("updated", || updated)
                .with("generation", || generation)
                .with("observed", || observed)
                .with("settled", || observed == generation && met)
                .with("image", || image(spec.map(|spec| &spec.template)))
                .with("conditions", || statuses(all()))
                .with("reasons", || reasons(all()));
            Ok(fields.into_value())
        }
        _ => Err(missing(target)),
    }
}

fn image(template: Option<&PodTemplateSpec>) -> String {
    let spec = template.and_then(|template| template.spec.as_ref());
    let first = spec.and_then(|spec| spec.containers.first());
    first.and_then(|container| container.image.clone()).unwrap_or_default()
}
