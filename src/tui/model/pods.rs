//! How a pod is doing, in one word.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{ContainerState, Node};

use crate::engine::World;
use crate::object::{Pod, conditions, is_terminating};
use crate::time::{Span, VirtualTime};
use crate::tui::glyphs::PodState;

/// The states of many pods: which nodes are silent is found out once for all of them.
pub struct PodStates<'a> {
    world: &'a World,
    silent: BTreeSet<&'a str>,
}

impl<'a> PodStates<'a> {
    /// Of the pods of this world.
    pub fn new(world: &'a World) -> Self {
        let nodes = world.list_as::<Node>(None).filter(|node| is_silent(node));
        Self { world, silent: nodes.filter_map(|node| node.metadata.name.as_deref()).collect() }
    }

    /// As [`pod_state`].
    pub fn of(&self, pod: &Pod) -> (PodState, Option<Span>) {
        match pod.node_name().is_some_and(|node| self.silent.contains(node)) {
            true => (PodState::Lost, None),
            false => on_a_node_that_is_heard(self.world, pod),
        }
    }
}

/// The state of a pod and, where a number says more, that number: seconds of grace or back-off left.
pub fn pod_state(world: &World, pod: &Pod) -> (PodState, Option<Span>) {
    match pod.node_name().is_some_and(|node| node_is_silent(world, node)) {
        true => (PodState::Lost, None),
        false => on_a_node_that_is_heard(world, pod),
    }
}

fn on_a_node_that_is_heard(world: &World, pod: &Pod) -> (PodState, Option<Span>) {
    if is_terminating(&pod.metadata) {
        let until = pod.metadata.deletion_timestamp.as_ref().map(VirtualTime::from_api);
        return (PodState::Ending, until.map(|until| until.since(world.now())));
    }
    match pod.phase() {
        "Succeeded" => return (PodState::Done, None),
        "Failed" => return (PodState::Failed, None),
        _ if pod.node_name().is_none() => return (PodState::Waiting, None),
        _ => {}
    }
    let states = || pod.status.container_statuses.iter().flatten().filter_map(|status| status.state.as_ref());
    let reasons = || states().filter_map(|state| state.waiting.as_ref()?.reason.as_deref());
    if reasons().any(|reason| reason.ends_with("BackOff")) {
        return (PodState::BackOff, back_off_left(world, pod));
    }
    if reasons().any(|reason| reason.starts_with("Err") || reason.ends_with("Error")) {
        return (PodState::Failed, None);
    }
    let ended = |state: &ContainerState| state.terminated.as_ref().is_some_and(|ended| ended.exit_code != 0);
    if states().any(ended) {
        return (PodState::Failed, None);
    }
    match (pod.is_ready(), pod.phase()) {
        (true, _) => (PodState::Ready, None),
        (false, "Running") => (PodState::NotReady, None),
        (false, _) => (PodState::Starting, None),
    }
}

/// Whether the control plane has not heard of a node for too long.
pub(super) fn node_is_silent(world: &World, name: &str) -> bool {
    world.get::<Node>("", name).is_some_and(is_silent)
}

fn is_silent(node: &Node) -> bool {
    let list = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions::get(list, "Ready").is_some_and(|ready| ready.status == "Unknown")
}

fn back_off_left(world: &World, pod: &Pod) -> Option<Span> {
    let machine = world.machine(pod.node_name()?)?;
    let look = machine.pods.get(&crate::object::Key::of(&pod.metadata))?;
    let until = look.containers.iter().filter_map(|container| container.back_off_until).max()?;
    Some(until.since(world.now()))
}
