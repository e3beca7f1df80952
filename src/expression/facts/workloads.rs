//! Deployments, ReplicaSets and DaemonSets, in numbers.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::{Value, json};

use super::{conditions, missing};
use crate::engine::World;
use crate::object::{Object, ObjectRef};

/// The numbers of one object.
pub(super) fn summary(world: &World, target: &ObjectRef) -> Result<Value, String> {
    let object = world.object(target).ok_or_else(|| missing(target))?;
    let generation = object.meta().generation.unwrap_or(0);
    match object {
        Object::Deployment(deployment) => {
            let spec = deployment.spec.clone().unwrap_or_default();
            let status = deployment.status.clone().unwrap_or_default();
            let (statuses, reasons) = conditions(status.conditions.iter().flatten());
            let want = spec.replicas.unwrap_or(1);
            let [exist, ready, available, updated] =
                [status.replicas, status.ready_replicas, status.available_replicas, status.updated_replicas]
                    .map(|number| number.unwrap_or(0));
            let observed = status.observed_generation.unwrap_or(0);
            let settled = observed == generation && [exist, ready, available, updated] == [want; 4];
            Ok(json!({
                "replicas": want, "exist": exist, "ready": ready, "available": available, "updated": updated,
                "generation": generation, "observed": observed, "settled": settled,
                "image": image(Some(&spec.template)), "conditions": statuses, "reasons": reasons,
            }))
        }
        Object::ReplicaSet(set) => {
            let spec = set.spec.clone().unwrap_or_default();
            let status = set.status.clone().unwrap_or_default();
            let (statuses, reasons) = conditions(status.conditions.iter().flatten());
            let want = spec.replicas.unwrap_or(1);
            let ready = status.ready_replicas.unwrap_or(0);
            let available = status.available_replicas.unwrap_or(0);
            let observed = status.observed_generation.unwrap_or(0);
            let settled = observed == generation && [status.replicas, ready, available] == [want; 3];
            Ok(json!({
                "replicas": want, "exist": status.replicas, "ready": ready, "available": available,
                "updated": status.fully_labeled_replicas.unwrap_or(0),
                "generation": generation, "observed": observed, "settled": settled,
                "image": image(spec.template.as_ref()), "conditions": statuses, "reasons": reasons,
            }))
        }
        Object::DaemonSet(set) => {
            let spec = set.spec.clone().unwrap_or_default();
            let status = set.status.clone().unwrap_or_default();
            let (statuses, reasons) = conditions(status.conditions.iter().flatten());
            let (want, exist) = (status.desired_number_scheduled, status.current_number_scheduled);
            let (ready, updated) = (status.number_ready, status.updated_number_scheduled.unwrap_or(0));
            let available = status.number_available.unwrap_or(0);
            let observed = status.observed_generation.unwrap_or(0);
            let all = [exist, ready, available, updated] == [want; 4] && status.number_misscheduled == 0;
            Ok(json!({
                "replicas": want, "exist": exist, "ready": ready, "available": available, "updated": updated,
                "generation": generation, "observed": observed, "settled": observed == generation && all,
                "image": image(Some(&spec.template)), "conditions": statuses, "reasons": reasons,
            }))
        }
        _ => Err(missing(target)),
    }
}

fn image(template: Option<&PodTemplateSpec>) -> String {
    let spec = template.and_then(|template| template.spec.as_ref());
    let first = spec.and_then(|spec| spec.containers.first());
    first.and_then(|container| container.image.clone()).unwrap_or_default()
}
