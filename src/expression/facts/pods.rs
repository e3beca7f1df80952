//! Pods, counted.

use serde_json::{Value, json};

use super::{Fields, Takes};
use crate::engine::World;
use crate::object::selector::Selector;
use crate::object::{Kind, Object, Pod, Tally, is_terminating, labels, owner};

/// The numbers of pods that match, and the pods.
pub(super) fn summary(world: &World, selector: &Selector, namespace: &str, takes: Takes<'_>) -> Value {
    let groups = world.census().in_namespace(namespace);
    let tallies = groups.filter(|(labels, _)| selector.matches(labels)).map(|(_, tally)| tally);
    let tally = tallies.fold(Tally::default(), Tally::plus);
    let items = || {
        let pods = world.list_as::<Pod>(Some(namespace));
        pods.filter(|pod| selector.matches(labels(&pod.metadata))).map(item).collect::<Vec<Value>>()
    };
    Fields::new(takes)
        .with("count", || tally.active)
        .with("ready", || tally.ready)
        .with("running", || tally.running)
        .with("pending", || tally.pending)
        .with("terminating", || tally.terminating)
        .with("all", || tally.all)
        .with("restarts", || tally.restarts)
        .with("items", items)
        .into_value()
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
