//! How a pod is doing, in one word.

use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Node};

use crate::engine::World;
use crate::object::{Pod, conditions, is_terminating};
use crate::time::{Span, VirtualTime};
use crate::tui::glyphs::PodState;

/// The state of a pod and, where a number says more, that number: seconds of grace or back-off left.
pub fn pod_state(world: &World, pod: &Pod) -> (PodState, Option<Span>) {
    if let Some(node) = pod.node_name()
        && node_is_silent(world, node)
    {
        return (PodState::Lost, None);
    }
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
    let statuses: Vec<&ContainerStatus> = pod.status.container_statuses.iter().flatten().collect();
    let waiting_for = |status: &&ContainerStatus| {
        let state = status.state.as_ref()?;
        state.waiting.as_ref()?.reason.clone()
    };
    let reasons: Vec<String> = statuses.iter().filter_map(waiting_for).collect();
    if reasons.iter().any(|reason| reason.ends_with("BackOff")) {
        return (PodState::BackOff, back_off_left(world, pod));
    }
    if reasons.iter().any(|reason| reason.starts_with("Err") || reason.ends_with("Error")) {
        return (PodState::Failed, None);
    }
    let ended = |state: &ContainerState| state.terminated.as_ref().is_some_and(|ended| ended.exit_code != 0);
    if statuses.iter().any(|status| status.state.as_ref().is_some_and(ended)) {
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
    let node = world.get::<Node>("", name);
    let list = node.and_then(|node| node.status.as_ref()).and_then(|status| status.conditions.as_ref());
    conditions::get(list, "Ready").is_some_and(|ready| ready.status == "Unknown")
}

fn back_off_left(world: &World, pod: &Pod) -> Option<Span> {
    let machine = world.machine(pod.node_name()?)?;
    let look = machine.pods.get(&crate::object::Key::of(&pod.metadata))?;
    let until = look.containers.iter().filter_map(|container| container.back_off_until).max()?;
    Some(until.since(world.now()))
}
