//! The conditions of a pod that belong to the kubelet.

use k8s_openapi::api::core::v1::{ContainerStatus, PodCondition, PodStatus};

use super::worker::Worker;
use crate::object::is_sidecar;
use crate::time::VirtualTime;

/// The conditions that the kubelet writes, in its order.
const OURS: [&str; 5] =
    ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// A finding: whether, and if not (or how) the reason and text.
struct Finding {
    holds: bool,
    reason: Option<&'static str>,
    message: Option<String>,
}

impl Finding {
    fn plain(holds: bool) -> Self {
        Self { holds, reason: None, message: None }
    }

    fn because(holds: bool, reason: &'static str, message: Option<String>) -> Self {
        Self { holds, reason: Some(reason), message }
    }
}

/// All conditions: those of others as they were reported, then the kubelet's own.
pub fn of(
    worker: &Worker,
    base: &PodStatus,
    inits: &[ContainerStatus],
    statuses: &[ContainerStatus],
    phase: &str,
    now: VirtualTime,
) -> Vec<PodCondition> {
    let old = base.conditions.as_deref().unwrap_or_default();
    let mut all: Vec<PodCondition> =
        old.iter().filter(|condition| !OURS.contains(&condition.type_.as_str())).cloned().collect();
    for kind in OURS {
        let finding = match kind {
            "PodReadyToStartContainers" => Finding::plain(worker.has_sandbox),
            "Initialized" => initialized(worker, inits, statuses, phase),
            "Ready" => ready(worker, inits, statuses, phase, &all),
            "ContainersReady" => containers_ready(worker, inits, statuses, phase),
            _ => Finding::plain(true),
        };
        let status = if finding.holds { "True" } else { "False" };
        let before = old.iter().find(|condition| condition.type_ == kind);
        let since = before.filter(|before| before.status == status);
        all.push(PodCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: finding.reason.map(str::to_owned),
            message: finding.message,
            observed_generation: worker.pod.metadata.generation,
            last_probe_time: None,
            last_transition_time: since
                .and_then(|before| before.last_transition_time.clone())
                .or_else(|| Some(now.to_api())),
        });
    }
    all
}

fn initialized(
    worker: &Worker,
    inits: &[ContainerStatus],
    statuses: &[ContainerStatus],
    phase: &str,
) -> Finding {
    if phase == "Succeeded" {
        return Finding::because(true, "PodCompleted", None);
    }
    let begun = statuses.iter().any(|status| status.container_id.is_some());
    let containers = worker.pod.spec.init_containers.iter().flatten();
    let incomplete: Vec<&str> = containers
        .zip(inits)
        .filter(|(container, status)| match is_sidecar(container) {
            true => status.started != Some(true),
            false => !status.ready,
        })
        .map(|(container, _)| container.name.as_str())
        .collect();
    match begun || incomplete.is_empty() {
        true => Finding::plain(true),
        false => {
            let text = format!("containers with incomplete status: [{}]", incomplete.join(" "));
            Finding::because(false, "ContainersNotInitialized", Some(text))
        }
    }
}

fn containers_ready(
    worker: &Worker,
    inits: &[ContainerStatus],
    statuses: &[ContainerStatus],
    phase: &str,
) -> Finding {
    match phase {
        "Succeeded" => return Finding::because(false, "PodCompleted", None),
        "Failed" => return Finding::because(false, "PodFailed", None),
        _ => {}
    }
    let sidecars = worker.pod.spec.init_containers.iter().flatten().zip(inits);
    let sidecars = sidecars.filter(|(container, _)| is_sidecar(container)).map(|(_, status)| status);
    let unready: Vec<&str> =
        sidecars.chain(statuses).filter(|status| !status.ready).map(|status| status.name.as_str()).collect();
    match unready.is_empty() {
        true => Finding::plain(true),
        false => {
            let text = format!("containers with unready status: [{}]", unready.join(" "));
            Finding::because(false, "ContainersNotReady", Some(text))
        }
    }
}

/// Ready: the containers are, and whatever else the pod names as a gate holds.
fn ready(
    worker: &Worker,
    inits: &[ContainerStatus],
    statuses: &[ContainerStatus],
    phase: &str,
    others: &[PodCondition],
) -> Finding {
    let finding = containers_ready(worker, inits, statuses, phase);
    if !finding.holds {
        return finding;
    }
    let gates = worker.pod.spec.readiness_gates.iter().flatten();
    let failing: Vec<String> = gates
        .filter_map(|gate| {
            let kind = gate.condition_type.as_str();
            match others.iter().find(|condition| condition.type_ == kind) {
                None => {
                    Some(format!("corresponding condition of pod readiness gate \"{kind}\" does not exist."))
                }
                Some(condition) if condition.status != "True" => Some(format!(
                    "the status of pod readiness gate \"{kind}\" is not \"True\", but {}",
                    condition.status
                )),
                Some(_) => None,
            }
        })
        .collect();
    match failing.is_empty() {
        true => Finding::plain(true),
        false => Finding::because(false, "ReadinessGatesNotReady", Some(failing.join(", "))),
    }
}
