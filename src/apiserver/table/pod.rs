//! The row of a Pod: how many containers are ready, one word for its state, restarts.

use k8s_openapi::api::core::v1::ContainerStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::Value;

use super::text::or_none;
use super::{Head, age};
use crate::object::{Object, Pod, Resource, is_sidecar, is_terminating};
use crate::time::VirtualTime;

pub(super) const COLUMNS: &[Head] = &[
    ("Name", "string", 0),
    ("Ready", "string", 0),
    ("Status", "string", 0),
    ("Restarts", "string", 0),
    ("Age", "string", 0),
    ("IP", "string", 1),
    ("Node", "string", 1),
    ("Nominated Node", "string", 1),
    ("Readiness Gates", "string", 1),
];

/// What one look at a pod's containers says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The word in the STATUS column: `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`, ...
    pub status: String,
    /// Containers that are ready.
    pub ready: usize,
    /// Containers in all, with the sidecars.
    pub total: usize,
    /// Restarts that count.
    pub restarts: i32,
    /// When the last of them was.
    pub last_restart: Option<Time>,
}

pub(super) fn cells(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(pod) = Pod::of(object) else { return Vec::new() };
    let summary = summary(pod);
    let restarts = match &summary.last_restart {
        Some(at) if summary.restarts != 0 => {
            format!("{} ({} ago)", summary.restarts, age::since(Some(at), now))
        }
        _ => summary.restarts.to_string(),
    };
    let status = &pod.status;
    let ip = status.pod_ips.as_ref().and_then(|ips| ips.first()).map(|ip| ip.ip.as_str());
    vec![
        format!("{}/{}", summary.ready, summary.total).into(),
        summary.status.into(),
        restarts.into(),
        age::of(&pod.metadata, now).into(),
        or_none(ip).into(),
        or_none(pod.node_name()).into(),
        or_none(status.nominated_node_name.as_deref()).into(),
        readiness_gates(pod).into(),
    ]
}

/// What a look at a pod says (`printPod`).
pub fn summary(pod: &Pod) -> Summary {
    let status = &pod.status;
    let sidecars = pod.spec.init_containers.iter().flatten().filter(|container| is_sidecar(container));
    let reason = status.reason.as_deref().filter(|reason| !reason.is_empty());
    let mut found = Summary {
        status: reason.unwrap_or(pod.phase()).to_owned(),
        total: pod.spec.containers.len() + sidecars.count(),
        ..Summary::default()
    };
    if pod.condition("PodScheduled").and_then(|scheduled| scheduled.reason.as_deref())
        == Some("SchedulingGated")
    {
        "SchedulingGated".clone_into(&mut found.status);
    }
    let (initializing, of_sidecars) = look_at_init_containers(pod, &mut found);
    let initialized = pod.condition("Initialized").is_some_and(|initialized| initialized.status == "True");
    if !initializing || initialized {
        (found.restarts, found.last_restart) = of_sidecars;
        look_at_containers(pod, &mut found);
    }
    if is_terminating(&pod.metadata) {
        match status.reason.as_deref() {
            Some("NodeLost") => "Unknown".clone_into(&mut found.status),
            _ if !pod.is_finished() => "Terminating".clone_into(&mut found.status),
            _ => {}
        }
    }
    found
}

/// Whether one of them is still to do its work, and the restarts of those that go on beside the pod.
fn look_at_init_containers(pod: &Pod, found: &mut Summary) -> (bool, (i32, Option<Time>)) {
    let mut of_sidecars = (0, None);
    let all = pod.spec.init_containers.as_deref().unwrap_or_default();
    for (index, container) in pod.status.init_container_statuses.iter().flatten().enumerate() {
        let sidecar = all.iter().any(|spec| spec.name == container.name && is_sidecar(spec));
        count_restarts(container, &mut found.restarts, &mut found.last_restart);
        if sidecar {
            count_restarts(container, &mut of_sidecars.0, &mut of_sidecars.1);
        }
        let state = container.state.clone().unwrap_or_default();
        let waiting = state.waiting.as_ref().and_then(|waiting| waiting.reason.as_deref()).unwrap_or("");
        found.status = match (&state.terminated, waiting) {
            (Some(ended), _) if ended.exit_code == 0 => continue,
            _ if sidecar && container.started == Some(true) => {
                found.ready += usize::from(container.ready);
                continue;
            }
            (Some(ended), _) => match (ended.reason.as_deref().unwrap_or(""), ended.signal.unwrap_or(0)) {
                ("", 0) => format!("Init:ExitCode:{}", ended.exit_code),
                ("", signal) => format!("Init:Signal:{signal}"),
                (reason, _) => format!("Init:{reason}"),
            },
            (None, "" | "PodInitializing") => format!("Init:{index}/{}", all.len()),
            (None, reason) => format!("Init:{reason}"),
        };
        return (true, of_sidecars);
    }
    (false, of_sidecars)
}

fn look_at_containers(pod: &Pod, found: &mut Summary) {
    let mut some_run = false;
    for container in pod.status.container_statuses.iter().flatten().rev() {
        count_restarts(container, &mut found.restarts, &mut found.last_restart);
        let state = container.state.clone().unwrap_or_default();
        let waiting = state.waiting.and_then(|waiting| waiting.reason).filter(|reason| !reason.is_empty());
        match (waiting, state.terminated) {
            (Some(reason), _) => found.status = reason,
            (None, Some(ended)) => {
                found.status = match (ended.reason.unwrap_or_default(), ended.signal.unwrap_or(0)) {
                    (reason, _) if !reason.is_empty() => reason,
                    (_, 0) => format!("ExitCode:{}", ended.exit_code),
                    (_, signal) => format!("Signal:{signal}"),
                };
            }
            (None, None) if container.ready && state.running.is_some() => {
                some_run = true;
                found.ready += 1;
            }
            (None, None) => {}
        }
    }
    // One container is done, another goes on: the pod runs.
    if found.status == "Completed" && some_run {
        found.status = if pod.is_ready() { "Running".to_owned() } else { "NotReady".to_owned() };
    }
}

fn count_restarts(container: &ContainerStatus, restarts: &mut i32, last: &mut Option<Time>) {
    *restarts += container.restart_count;
    let ended = container.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    if let Some(at) = ended.and_then(|ended| ended.finished_at.as_ref())
        && last.as_ref().is_none_or(|last| last.0 < at.0)
    {
        *last = Some(at.clone());
    }
}

fn readiness_gates(pod: &Pod) -> String {
    match pod.spec.readiness_gates.as_deref() {
        None | Some([]) => or_none(None),
        Some(gates) => {
            let open = |kind: &str| pod.condition(kind).is_some_and(|condition| condition.status == "True");
            let passed = gates.iter().filter(|gate| open(&gate.condition_type)).count();
            format!("{passed}/{}", gates.len())
        }
    }
}
