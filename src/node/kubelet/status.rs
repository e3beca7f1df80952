//! The status of a pod: what the kubelet reports.
//!
//! Made anew each time from what the runtime said last, the results of probes and the reasons why containers
//! could not be started; what was reported before gives the times of transitions, counts of restarts, and
//! conditions that belong to others (`pkg/kubelet/kubelet_pods.go`, `pkg/kubelet/status/generate.go`).

use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus, HostIP, PodIP, PodSpec, PodStatus, VolumeMountStatus,
};
use smol_str::SmolStr;

use super::probes::ProbeKind;
use super::worker::{Stage, Worker};
use super::{conditions, deadline};
use crate::node::runtime::{ContainerView, Exit};
use crate::object::{is_sidecar, is_terminating};
use crate::time::VirtualTime;

/// The reason for a container whose end nobody saw: the node lost power, or it never came to be.
const STATUS_UNKNOWN: &str = "ContainerStatusUnknown";
/// What is said of a container that had no end when all was over.
const GIVEN_UP: &str = "The container could not be located when the pod was terminated";

/// The status to report, given what was reported before.
pub fn of(worker: &Worker, base: &PodStatus, host_ip: &str, now: VirtualTime) -> PodStatus {
    let pod = &worker.pod;
    if let Some((reason, message)) = &worker.rejected {
        return PodStatus {
            phase: Some("Failed".to_owned()),
            reason: Some((*reason).to_owned()),
            message: Some(format!("Pod was rejected: {message}")),
            observed_generation: pod.metadata.generation,
            qos_class: base.qos_class.clone(),
            conditions: base.conditions.clone(),
            start_time: base.start_time.clone(),
            ..PodStatus::default()
        };
    }
    let has_init = pod.spec.init_containers.as_ref().is_some_and(|list| !list.is_empty());
    let list = |containers: &[Container], old: Option<&Vec<ContainerStatus>>, init: bool| -> Vec<_> {
        let old = |name: &str| old.into_iter().flatten().find(|status| status.name == name);
        containers
            .iter()
            .map(|container| container_status(worker, container, old(&container.name), init, has_init))
            .collect()
    };
    let inits = pod.spec.init_containers.as_deref().unwrap_or_default();
    let mut init_statuses = list(inits, base.init_container_statuses.as_ref(), true);
    let mut statuses = list(&pod.spec.containers, base.container_statuses.as_ref(), false);
    let all_ended = init_statuses.iter().chain(&statuses).all(has_ended);
    let is_final = is_reported_final(worker, all_ended, now);
    // The conditions speak of what was known before the containers that never came to be were given up.
    let known = phase(worker, &init_statuses, &statuses, is_final);
    let conditions = conditions::of(worker, base, &init_statuses, &statuses, known, now);
    if is_final {
        give_up(&pod.spec, &mut init_statuses, &mut statuses);
    }
    let reached = phase(worker, &init_statuses, &statuses, is_final);
    let reported = match reached {
        "Pending" | "Running" if is_final => "Failed",
        // An end is reported only when nothing runs any more; until then the phase stays.
        "Succeeded" | "Failed" if !is_final => match base.phase.as_deref() {
            Some("Succeeded" | "Failed") | None => reached,
            Some(_) => "Running",
        },
        other => other,
    };
    let ip = address(worker, base);
    let mut status = PodStatus {
        conditions: Some(conditions),
        phase: Some(reported.to_owned()),
        observed_generation: pod.metadata.generation,
        init_container_statuses: (!init_statuses.is_empty()).then_some(init_statuses),
        container_statuses: Some(statuses),
        host_ip: Some(host_ip.to_owned()),
        host_ips: Some(vec![HostIP { ip: host_ip.to_owned() }]),
        start_time: Some(base.start_time.clone().unwrap_or_else(|| now.to_api())),
        pod_ips: ip.as_ref().map(|ip| vec![PodIP { ip: ip.clone() }]),
        pod_ip: ip,
        // The rest belongs to others, or stays as it was said first.
        allocated_resources: base.allocated_resources.clone(),
        ephemeral_container_statuses: base.ephemeral_container_statuses.clone(),
        extended_resource_claim_status: base.extended_resource_claim_status.clone(),
        message: base.message.clone(),
        node_allocatable_resource_claim_statuses: base.node_allocatable_resource_claim_statuses.clone(),
        nominated_node_name: base.nominated_node_name.clone(),
        qos_class: base.qos_class.clone(),
        reason: base.reason.clone(),
        resize: base.resize.clone(),
        resource_claim_statuses: base.resource_claim_statuses.clone(),
        resources: base.resources.clone(),
    };
    if worker.overdue && is_final {
        (status.reason, status.message) =
            (Some(deadline::REASON.to_owned()), Some(deadline::MESSAGE.to_owned()));
    }
    if status.resources.is_none() {
        super::resources::fill(&pod.spec, &mut status);
    }
    status
}

/// The pod's address: as the runtime said last; a pod that has ended keeps the one it had.
fn address(worker: &Worker, base: &PodStatus) -> Option<String> {
    match worker.view.ip.as_str() {
        "" if worker.has_sandbox || !worker.view.containers.is_empty() => base.pod_ip.clone(),
        "" => None,
        ip => Some(ip.to_owned()),
    }
}

/// Whether nothing runs any more and nothing will, as far as it is told: what never ran is given up only with
/// the clean-up.
fn is_reported_final(worker: &Worker, all_ended: bool, now: VirtualTime) -> bool {
    match worker.stage {
        Stage::Done => true,
        Stage::Stopped(at) => is_terminating(&worker.pod.metadata) && (all_ended || at <= now),
        _ => false,
    }
}

fn has_ended(status: &ContainerStatus) -> bool {
    status.state.as_ref().is_some_and(|state| state.terminated.is_some())
}

fn container_status(
    worker: &Worker,
    container: &Container,
    old: Option<&ContainerStatus>,
    init: bool,
    has_init: bool,
) -> ContainerStatus {
    let name = SmolStr::from(container.name.as_str());
    let mut status = match worker.view.containers.get(&name) {
        Some(view) => known(container, view, old),
        None => unknown(worker, container, old, has_init),
    };
    if status.volume_mounts.is_none() {
        status.volume_mounts = mounts(container);
    }
    let restarts = super::plan::is_to_restart(worker, container, init);
    if restarts && let Some(reason) = worker.shown.get(&name) {
        if let Some(terminated) = status.state.take().and_then(|state| state.terminated) {
            status.last_state = Some(ended(terminated));
        }
        let message = (!reason.message.is_empty()).then(|| reason.message.clone());
        status.state = Some(waiting(reason.reason, message));
    }
    let running = status.state.as_ref().is_some_and(|state| state.running.is_some());
    let started = running && worker.has_started(&name);
    let probe = worker.probes.get(&(name, ProbeKind::Readiness));
    let completed = status.state.as_ref().and_then(|state| state.terminated.as_ref());
    status.started = Some(started);
    status.ready = match init && !is_sidecar(container) {
        true => completed.is_some_and(|terminated| terminated.exit_code == 0),
        false => started && probe.is_none_or(|probe| probe.passed),
    };
    status
}

/// Containers that have no end when all is over: of those that had their turn nobody knows what became of them; the
/// others wait for ever (`status_manager.TerminatePod`).
fn give_up(spec: &PodSpec, inits: &mut [ContainerStatus], statuses: &mut [ContainerStatus]) {
    let lose = |status: &mut ContainerStatus| {
        if !has_ended(status) {
            status.state = Some(ended(lost(GIVEN_UP)));
            status.started = Some(false);
            status.ready = false;
        }
    };
    if is_initialized(spec, inits, statuses) {
        statuses.iter_mut().for_each(lose);
    }
    let begun = inits.iter().rposition(had_its_turn).map_or(1, |last| last + 1);
    inits.iter_mut().take(begun).for_each(lose);
}

/// Whether a container has ever moved out of waiting.
fn had_its_turn(status: &ContainerStatus) -> bool {
    let waits = status.state.as_ref().is_some_and(|state| state.waiting.is_some());
    !waits || status.last_state.as_ref().is_some_and(|state| state.terminated.is_some())
}

/// Whether all init containers have done their part (`hasPodInitialized`).
fn is_initialized(spec: &PodSpec, inits: &[ContainerStatus], statuses: &[ContainerStatus]) -> bool {
    let last = spec.init_containers.as_ref().and_then(|list| list.last()).zip(inits.last());
    let Some((container, status)) = last else { return true };
    let succeeded = |state: &Option<ContainerState>| {
        let end = state.as_ref().and_then(|state| state.terminated.as_ref());
        end.is_some_and(|end| end.exit_code == 0)
    };
    statuses.iter().any(had_its_turn)
        || match is_sidecar(container) {
            true => status.started == Some(true),
            false => succeeded(&status.state) || succeeded(&status.last_state),
        }
}

/// The status of a container that the runtime has.
fn known(container: &Container, view: &ContainerView, old: Option<&ContainerStatus>) -> ContainerStatus {
    // The runtime forgets what ran before the power went; the API does not.
    let before = old.and_then(|old| old.last_state.clone());
    let last = view.previous.as_ref().map(|exit| ended(terminated(exit))).or(before);
    let state = match &view.exit {
        Some(exit) => ended(terminated(exit)),
        None => ContainerState {
            running: Some(ContainerStateRunning { started_at: Some(view.started.to_api()) }),
            ..ContainerState::default()
        },
    };
    let resources = container.resources.clone().unwrap_or_default();
    ContainerStatus {
        name: container.name.clone(),
        state: Some(state),
        last_state: Some(last.unwrap_or_default()),
        restart_count: view.restarts,
        image: view.image_name.to_string(),
        image_id: view.image_name.to_string(),
        container_id: Some(view.id.to_string()),
        allocated_resources: resources.requests.clone(),
        resources: Some(resources),
        ..ContainerStatus::default()
    }
}

/// The status of a container that the runtime does not have.
fn unknown(
    worker: &Worker,
    container: &Container,
    old: Option<&ContainerStatus>,
    has_init: bool,
) -> ContainerStatus {
    let state = |status: &ContainerStatus| status.state.clone().unwrap_or_default();
    if let Some(old) = old
        && let Some(end) = state(old).terminated
    {
        // Given up by the report before this one: it is given up again, and the conditions stay as they were.
        let given_up = end.message.as_deref() == Some(GIVEN_UP);
        if !given_up {
            return old.clone();
        }
    }
    let reason = if has_init { "PodInitializing" } else { "ContainerCreating" };
    let mut status = ContainerStatus {
        name: container.name.clone(),
        state: Some(waiting(reason, None)),
        last_state: Some(old.and_then(|old| old.last_state.clone()).unwrap_or_default()),
        restart_count: old.map_or(0, |old| old.restart_count),
        image: container.image.clone().unwrap_or_default(),
        ..ContainerStatus::default()
    };
    let was_running = old.is_some_and(|old| state(old).running.is_some());
    let has_last = status.last_state.as_ref().is_some_and(|state| state.terminated.is_some());
    if was_running && !has_last {
        let text = "The container could not be located when the pod was deleted.  \
                    The container used to be Running";
        status.last_state = Some(ended(lost(text)));
    }
    if was_running && !is_terminating(&worker.pod.metadata) {
        status.restart_count += 1;
    }
    status
}

fn mounts(container: &Container) -> Option<Vec<VolumeMountStatus>> {
    let list = container.volume_mounts.as_ref()?.iter().map(|mount| VolumeMountStatus {
        name: mount.name.clone(),
        mount_path: mount.mount_path.clone(),
        read_only: mount.read_only,
        recursive_read_only: (mount.read_only == Some(true)).then(|| "Disabled".to_owned()),
        ..VolumeMountStatus::default()
    });
    Some(list.collect())
}

fn waiting(reason: &str, message: Option<String>) -> ContainerState {
    ContainerState {
        waiting: Some(ContainerStateWaiting { reason: Some(reason.to_owned()), message }),
        ..ContainerState::default()
    }
}

fn ended(terminated: ContainerStateTerminated) -> ContainerState {
    ContainerState { terminated: Some(terminated), ..ContainerState::default() }
}

fn terminated(exit: &Exit) -> ContainerStateTerminated {
    ContainerStateTerminated {
        exit_code: exit.code,
        reason: Some(exit.reason.to_owned()),
        message: exit.message.clone(),
        started_at: Some(exit.started.to_api()),
        finished_at: Some(exit.finished.to_api()),
        container_id: Some(exit.id.to_string()),
        ..ContainerStateTerminated::default()
    }
}

fn lost(message: &str) -> ContainerStateTerminated {
    ContainerStateTerminated {
        exit_code: 137,
        reason: Some(STATUS_UNKNOWN.to_owned()),
        message: Some(message.to_owned()),
        ..ContainerStateTerminated::default()
    }
}

/// The phase that the containers have reached (`getPhase`).
fn phase(
    worker: &Worker,
    inits: &[ContainerStatus],
    statuses: &[ContainerStatus],
    is_final: bool,
) -> &'static str {
    if worker.overdue {
        return "Failed";
    }
    let spec = &worker.pod.spec;
    let policy = spec.restart_policy.as_deref().unwrap_or("Always");
    let started = statuses.iter().any(|status| {
        let state = status.state.as_ref();
        let last = status.last_state.as_ref().is_some_and(|state| state.terminated.is_some());
        state.is_some_and(|state| state.running.is_some() || state.terminated.is_some()) || last
    });
    for (container, status) in spec.init_containers.iter().flatten().zip(inits) {
        let terminated = status.state.as_ref().and_then(|state| state.terminated.as_ref());
        match terminated {
            _ if is_sidecar(container) || started => {}
            Some(end) if end.exit_code == 0 => {}
            Some(_) if policy == "Never" => return "Failed",
            _ if is_final => return "Failed",
            _ => return "Pending",
        }
    }
    let (mut running, mut waits, mut stopped, mut succeeded) = (0, 0, 0, 0);
    for status in statuses {
        let state = status.state.as_ref();
        let last = status.last_state.as_ref().is_some_and(|state| state.terminated.is_some());
        let running_state = state.and_then(|state| state.running.as_ref());
        match (running_state, state.and_then(|state| state.terminated.as_ref())) {
            (Some(_), _) => running += 1,
            (_, Some(end)) => {
                stopped += 1;
                succeeded += usize::from(end.exit_code == 0);
            }
            _ if last => stopped += 1,
            _ => waits += 1,
        }
    }
    match (running, waits, stopped) {
        (_, 1.., _) => "Pending",
        (1.., ..) => "Running",
        (0, _, 1..) if is_final || policy != "Always" => match (stopped == succeeded, policy) {
            (true, _) => "Succeeded",
            (false, _) if is_final => "Failed",
            (false, "Never") => "Failed",
            _ => "Running",
        },
        (0, _, 1..) => "Running",
        _ => "Pending",
    }
}
