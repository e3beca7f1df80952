//! How a pod is doing, in one word.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::ContainerState;
use smol_str::format_smolstr;

use crate::client::Waiting;
use crate::engine::World;
use crate::object::{Kind, Pod, Resource, is_terminating};
use crate::time::{Span, VirtualTime};
use crate::tui::glyphs::PodState;

/// The state of a pod and, where a number says more, that number: seconds of grace or back-off left.
pub fn pod_state(world: &World, pod: &Pod) -> (PodState, Option<Span>) {
    if pod.node_name().is_some_and(|node| node_is_silent(world, node)) {
        return (PodState::Lost, None);
    }
    let state = state_on_record(pod);
    let left = match state {
        PodState::Ending => {
            let until = pod.metadata.deletion_timestamp.as_ref().map(VirtualTime::from_api);
            until.map(|until| until.since(world.now()))
        }
        PodState::BackOff => back_off_left(world, pod),
        _ => None,
    };
    (state, left)
}

/// The state that the object tells by itself, whether or not its node is heard of.
pub(super) fn state_on_record(pod: &Pod) -> PodState {
    match pod.phase() {
        _ if is_terminating(&pod.metadata) => return PodState::Ending,
        "Succeeded" => return PodState::Done,
        "Failed" => return PodState::Failed,
        _ if pod.node_name().is_none() => return PodState::Waiting,
        _ => {}
    }
    let states = || pod.status.container_statuses.iter().flatten().filter_map(|status| status.state.as_ref());
    let reasons = || states().filter_map(|state| state.waiting.as_ref()?.reason.as_deref());
    if reasons().any(|reason| reason.ends_with("BackOff")) {
        return PodState::BackOff;
    }
    if reasons().any(|reason| reason.starts_with("Err") || reason.ends_with("Error")) {
        return PodState::Failed;
    }
    let ended = |state: &ContainerState| state.terminated.as_ref().is_some_and(|ended| ended.exit_code != 0);
    if states().any(ended) {
        return PodState::Failed;
    }
    match (pod.is_ready(), pod.phase()) {
        (true, _) => PodState::Ready,
        (false, "Running") => PodState::NotReady,
        (false, _) => PodState::Starting,
    }
}

/// Whether a pod that is not ready will be, as things are: somebody works on it or waits for its start. One that was
/// ready and whose probe fails now is waited for by nobody, and one that is kept back may be for ever.
pub(super) fn is_coming(world: &World, pod: &Pod) -> bool {
    match pod_state(world, pod).0 {
        PodState::Waiting => !world.is_quiet(),
        PodState::Starting => true,
        PodState::NotReady => !was_ready(pod),
        _ => false,
    }
}

/// Whether a pod that is not ready was so since its containers started: then it turned so later than they started.
fn was_ready(pod: &Pod) -> bool {
    let turned = pod.condition("Ready").and_then(|ready| ready.last_transition_time.as_ref());
    let statuses = pod.status.container_statuses.iter().flatten();
    let started = statuses.filter_map(|status| status.state.as_ref()?.running.as_ref()?.started_at.as_ref());
    match (turned, started.max()) {
        (Some(turned), Some(started)) => turned > started,
        _ => false,
    }
}

/// Whether the control plane has not heard of a node for too long.
pub(super) fn node_is_silent(world: &World, name: &str) -> bool {
    world.census().is_silent(name)
}

/// When a node was last heard of: its kubelet renews a lease.
pub fn last_heard(world: &World, node: &str) -> Option<VirtualTime> {
    let lease: &Lease = world.get("kube-node-lease", node)?;
    Some(VirtualTime::from_api_micro(lease.spec.as_ref()?.renew_time.as_ref()?))
}

fn back_off_left(world: &World, pod: &Pod) -> Option<Span> {
    let machine = world.machine(pod.node_name()?)?;
    let look = machine.pods.get(&crate::object::Key::of(&pod.metadata))?;
    let started = look.containers.iter().filter_map(|container| container.back_off_until).max();
    // Whose image cannot be had is not started anew but looked at again.
    let pulled = || {
        let kubelet = world.loop_of(&format_smolstr!("kubelet/{}", pod.node_name()?))?;
        let mine = |waiting: &&Waiting| waiting.item.key == pod.key() && waiting.item.kind == Kind::Pod;
        kubelet.waiting.iter().filter(mine).map(|waiting| waiting.until).min()
    };
    let until = started.or_else(pulled)?;
    Some(until.since(world.now()))
}
/// The pods that are not as they should be and are not ending.
pub(super) fn unready(world: &World) -> impl Iterator<Item = &Pod> {
    let pods = world.census().restless().filter_map(|key| world.get::<Pod>(&key.namespace, &key.name));
    pods.filter(|pod| pod.is_active() && !pod.is_ready())
}
