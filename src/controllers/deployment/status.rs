//! What the controller reports about a Deployment: numbers and conditions.
//!
//! `Available` says whether enough pods are available now. `Progressing` says whether the rollout gets on: it is
//! refreshed each time the numbers improve, and turns False when nothing improved for
//! `progressDeadlineSeconds`. That is all the deadline does. The numbers are sums over what the ReplicaSets
//! reported, so they are two loops behind the pods (`progress.go`, `sync.go`).

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet, ReplicaSetStatus,
};

use super::budget::{Budget, replicas};
use super::seen::{Seen, available, name, size};
use crate::object::conditions;
use crate::time::{Span, VirtualTime};

const PROGRESSING: &str = "Progressing";
const AVAILABLE: &str = "Available";
const REPLICA_FAILURE: &str = "ReplicaFailure";
/// The reason of a Progressing condition whose deadline has passed.
pub(super) const DEADLINE_EXCEEDED: &str = "ProgressDeadlineExceeded";
/// The reason of a Progressing condition whose rollout is complete.
const COMPLETE: &str = "NewReplicaSetAvailable";

/// After how long without progress a rollout counts as stuck; none if it never does.
pub(super) fn deadline(deployment: &Deployment) -> Option<Span> {
    let seconds = deployment.spec.as_ref()?.progress_deadline_seconds?;
    (seconds != i32::MAX).then(|| Span::api_secs(seconds))
}

/// The Progressing condition.
pub(super) fn progressing(status: &DeploymentStatus) -> Option<&DeploymentCondition> {
    conditions::get(status.conditions.as_ref(), PROGRESSING)
}

/// Whether all pods are of the new template and available, and the specification is that of today.
pub(super) fn is_complete(deployment: &Deployment, status: &DeploymentStatus) -> bool {
    let wanted = replicas(deployment);
    [status.updated_replicas, status.replicas, status.available_replicas]
        .iter()
        .all(|n| n.unwrap_or(0) == wanted)
        && status.observed_generation.unwrap_or(0) >= deployment.metadata.generation.unwrap_or(0)
}

/// Numbers and availability (`calculateStatus`).
pub(super) fn numbers(seen: &Seen, now: VirtualTime) -> DeploymentStatus {
    let deployment = &seen.deployment;
    let old = seen.status();
    let sets = || seen.sets.owned.iter();
    let sum = |count: fn(&ReplicaSetStatus) -> i32| -> i32 {
        sets().filter_map(|set| set.status.as_ref()).map(count).sum()
    };
    let available: i32 = sets().map(|set| available(set)).sum();
    let total: i32 = sets().map(|set| size(set)).sum();
    let updated = seen.new_set().and_then(|set| set.status.as_ref()).map_or(0, |status| status.replicas);
    // As in the API's JSON, a zero is left out; only terminatingReplicas is a pointer upstream.
    let number = |n: i32| (n > 0).then_some(n);
    let mut status = DeploymentStatus {
        observed_generation: deployment.metadata.generation,
        replicas: number(sum(|status| status.replicas)),
        updated_replicas: number(updated),
        ready_replicas: number(sum(|status| status.ready_replicas.unwrap_or(0))),
        available_replicas: number(available),
        unavailable_replicas: number(total - available),
        terminating_replicas: terminating(&seen.sets.owned),
        collision_count: old.collision_count,
        conditions: old.conditions.clone(),
    };
    let (value, reason, message) = match available
        >= replicas(deployment) - Budget::of(deployment).unavailable
    {
        true => ("True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
        false => ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
    };
    set_condition(&mut status, new_condition(AVAILABLE, value, reason, message.to_owned(), now));
    status
}

/// Terminating pods of all sets; none if a set that was looked at does not report its own.
fn terminating(sets: &[Arc<ReplicaSet>]) -> Option<i32> {
    sets.iter()
        .filter_map(|set| set.status.as_ref())
        .filter(|status| status.observed_generation.unwrap_or(0) > 0)
        .map(|status| status.terminating_replicas)
        .sum()
}

/// The numbers, and how the rollout gets on (`syncRolloutStatus`).
pub(super) fn progress(seen: &Seen, now: VirtualTime) -> DeploymentStatus {
    let mut status = numbers(seen, now);
    let (deployment, old) = (&seen.deployment, seen.status());
    let current = progressing(old);
    // Once a rollout is complete, a pod that fails does not make it incomplete.
    let is_over = status.replicas == status.updated_replicas
        && current.is_some_and(|condition| condition.reason.as_deref() == Some(COMPLETE));
    if deadline(deployment).is_some() && !is_over {
        let subject = match seen.new_set() {
            Some(set) => format!("ReplicaSet \"{}\"", name(set)),
            None => format!("Deployment \"{}\"", deployment.metadata.name.as_deref().unwrap_or("")),
        };
        if is_complete(deployment, &status) {
            set_progressing(
                &mut status,
                "True",
                COMPLETE,
                format!("{subject} has successfully progressed."),
                now,
            );
        } else if is_progressing(old, &status) {
            let message = format!("{subject} is progressing.");
            let mut condition = new_condition(PROGRESSING, "True", "ReplicaSetUpdated", message, now);
            // The same reason again is news here: the time of the last progress is what the deadline counts from.
            if let Some(current) = current.filter(|current| current.status == "True") {
                condition.last_transition_time = current.last_transition_time.clone();
            }
            status.conditions.get_or_insert_default().retain(|condition| condition.type_ != PROGRESSING);
            set_condition(&mut status, condition);
        } else if is_timed_out(deployment, now) {
            let message = format!("{subject} has timed out progressing.");
            set_progressing(&mut status, "False", DEADLINE_EXCEEDED, message, now);
        }
    }
    report_failure(&mut status, seen);
    status
}

/// Whether the numbers got better since the last report.
fn is_progressing(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    let of = |n: Option<i32>| n.unwrap_or(0);
    let outdated = |status: &DeploymentStatus| of(status.replicas) - of(status.updated_replicas);
    of(new.updated_replicas) > of(old.updated_replicas)
        || outdated(new) < outdated(old)
        || of(new.ready_replicas) > of(old.ready_replicas)
        || of(new.available_replicas) > of(old.available_replicas)
}

/// Whether nothing got better for as long as the deadline allows.
pub(super) fn is_timed_out(deployment: &Deployment, now: VirtualTime) -> bool {
    let condition = deployment.status.as_ref().and_then(progressing);
    let (Some(deadline), Some(condition)) = (deadline(deployment), condition) else {
        return false;
    };
    match condition.reason.as_deref() {
        Some(COMPLETE) => false,
        Some(DEADLINE_EXCEEDED) => true,
        _ => condition
            .last_update_time
            .as_ref()
            .is_some_and(|updated| VirtualTime::from_api(updated) + deadline < now),
    }
}

/// After how long to look whether the deadline has passed; none if that is not open
/// (`requeueStuckDeployment`).
pub(super) fn deadline_check(deployment: &Deployment, now: VirtualTime) -> Option<Span> {
    let status = deployment.status.as_ref()?;
    let (deadline, condition) = (deadline(deployment)?, progressing(status)?);
    // A rollout that was completed has no deadline any more, whatever becomes of its pods. Upstream asks only
    // whether it is complete now, and looks again and again at one whose pods fail later.
    let is_over = matches!(condition.reason.as_deref(), Some(COMPLETE | DEADLINE_EXCEEDED));
    if is_over || is_complete(deployment, status) {
        return None;
    }
    let updated = VirtualTime::from_api(condition.last_update_time.as_ref()?);
    let left = (updated + deadline).since(now);
    // A second more, since times in the API have whole seconds. Less than one is looked at again soon.
    Some(match left < Span::secs(1) {
        true => left + Span::millis(5),
        false => left + Span::secs(1),
    })
}

/// Takes over a set's complaint that it cannot create or delete pods; the new set's first.
fn report_failure(status: &mut DeploymentStatus, seen: &Seen) {
    let sets = seen.new_set().into_iter().chain(seen.old_sets());
    let failure = sets
        .filter_map(|set| set.status.as_ref())
        .find_map(|status| conditions::get(status.conditions.as_ref(), REPLICA_FAILURE));
    match failure {
        Some(failure) => {
            let condition = DeploymentCondition {
                type_: REPLICA_FAILURE.to_owned(),
                status: failure.status.clone(),
                reason: failure.reason.clone(),
                message: failure.message.clone(),
                last_transition_time: failure.last_transition_time.clone(),
                last_update_time: failure.last_transition_time.clone(),
            };
            set_condition(status, condition);
        }
        None => {
            if let Some(list) = &mut status.conditions {
                list.retain(|condition| condition.type_ != REPLICA_FAILURE);
            }
        }
    }
}

/// Sets the Progressing condition.
pub(super) fn set_progressing(
    status: &mut DeploymentStatus,
    value: &str,
    reason: &str,
    message: String,
    now: VirtualTime,
) {
    set_condition(status, new_condition(PROGRESSING, value, reason, message, now));
}

fn new_condition(
    kind: &str,
    value: &str,
    reason: &str,
    message: String,
    now: VirtualTime,
) -> DeploymentCondition {
    DeploymentCondition {
        type_: kind.to_owned(),
        status: value.to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message),
        last_update_time: Some(now.to_api()),
        last_transition_time: Some(now.to_api()),
    }
}

/// Puts a condition at the end of the list. One of the same status and reason stays as it is; one of the same
/// status keeps the time of its transition.
fn set_condition(status: &mut DeploymentStatus, mut condition: DeploymentCondition) {
    let list = status.conditions.get_or_insert_default();
    if let Some(current) = list.iter().find(|current| current.type_ == condition.type_) {
        if current.status == condition.status && current.reason == condition.reason {
            return;
        }
        if current.status == condition.status {
            condition.last_transition_time = current.last_transition_time.clone();
        }
    }
    list.retain(|current| current.type_ != condition.type_);
    list.push(condition);
}
