//! Pods, counted.

use serde_json::{Value, json};

use crate::engine::World;
use crate::object::selector::Selector;
use crate::object::{Kind, Object, Pod, is_terminating, labels, owner};

/// The numbers of pods that match, and the pods themselves if `with_items`.
pub(super) fn summary(world: &World, selector: &Selector, namespace: &str, with_items: bool) -> Value {
    let pods: Vec<&Pod> =
        world.list_as::<Pod>(Some(namespace)).filter(|pod| selector.matches(labels(&pod.metadata))).collect();
    let count = |wanted: &dyn Fn(&Pod) -> bool| pods.iter().filter(|pod| wanted(pod)).count();
    let mut summary = json!({
        "count": count(&Pod::is_active),
        "ready": count(&|pod| pod.is_active() && pod.is_ready()),
        "running": count(&|pod| pod.is_active() && pod.phase() == "Running"),
        "pending": count(&|pod| pod.is_active() && pod.phase() == "Pending"),
        "terminating": count(&|pod| is_terminating(&pod.metadata)),
        "all": pods.len(),
        "restarts": pods.iter().map(|pod| i64::from(pod.restarts())).sum::<i64>(),
    });
    if with_items {
        summary["items"] = pods.iter().map(|pod| item(pod)).collect();
    }
    summary
}

fn item(pod: &Pod) -> Value {
    let meta = &pod.metadata;
    json!({
        "name": meta.name,
        "node": pod.node_name().unwrap_or(""),
        "phase": pod.phase(),
        "ready": pod.is_ready(),
        "reason": reason(pod),
        "restarts": pod.restarts(),
        "uid": meta.uid,
        "ip": pod.status.pod_ip.as_deref().unwrap_or(""),
        "image": pod.spec.containers.first().and_then(|container| container.image.as_deref()).unwrap_or(""),
        "labels": labels(meta),
        "owner": owner::controller(meta).map_or("", |owner| owner.name.as_str()),
    })
}

/// Why a pod is as it is: what kubectl shows as its status, where that is more than the phase.
fn reason(pod: &Pod) -> String {
    if is_terminating(&pod.metadata) {
        return "Terminating".to_owned();
    }
    let status = &pod.status;
    let containers = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    let waiting =
        containers.clone().find_map(|container| container.state.as_ref()?.waiting.as_ref()?.reason.clone());
    let ended = containers
        .clone()
        .find_map(|container| container.state.as_ref()?.terminated.as_ref()?.reason.clone());
    let unscheduled = pod.condition("PodScheduled").filter(|scheduled| scheduled.status != "True");
    status
        .reason
        .clone()
        .or(waiting)
        .or(ended)
        .or_else(|| unscheduled.and_then(|condition| condition.reason.clone()))
        .unwrap_or_default()
}

/// Pods without a live owner that once had one.
pub(super) fn orphans(world: &World) -> usize {
    world.list_as::<Pod>(None).filter(|pod| pod.is_active() && is_orphan(world, pod)).count()
}

fn is_orphan(world: &World, pod: &Pod) -> bool {
    match owner::controller(&pod.metadata) {
        Some(owner) => {
            let namespace = pod.metadata.namespace.as_deref();
            let alive = |object: &Object| object.meta().uid.as_deref() == Some(owner.uid.as_str());
            Kind::from_name(&owner.kind).is_none_or(|kind| !world.list(kind, namespace).any(alive))
        }
        // A controller that lets a pod go takes its reference away; the label that it gave stays.
        None => labels(&pod.metadata).contains_key("pod-template-hash"),
    }
}

/// Pods without a node.
pub(super) fn unscheduled(world: &World) -> usize {
    world.list_as::<Pod>(None).filter(|pod| pod.is_active() && pod.node_name().is_none()).count()
}
