//! What the controller reports about a ReplicaSet.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ReplicaSetCondition, ReplicaSetStatus};

use super::seen::{Count, Seen};
use crate::apiserver::{Call, Sub};
use crate::client::Write;
use crate::controllers::pod_control::available_in;
use crate::object::{Object, conditions};
use crate::time::{Span, VirtualTime};

/// The condition that says that pods cannot be created or deleted.
const REPLICA_FAILURE: &str = "ReplicaFailure";

/// The request that writes the status, if it differs from what the set says. `error` is the refusal that kept
/// the controller from creating or deleting a pod.
///
/// If somebody wrote the set meanwhile, the update is refused, and that is no failure: the other write's own
/// notice wakes the loop, and the next look reports. (Upstream reads the set again and repeats the write once.)
pub(super) fn write(seen: &Seen, error: Option<&str>, now: VirtualTime) -> Option<Write> {
    let status = calculate(seen, error, now);
    if seen.set.status.as_ref() == Some(&status) {
        return None;
    }
    let did = format!(
        "report {} pods, {} ready, {} available",
        status.replicas,
        status.ready_replicas.unwrap_or(0),
        status.available_replicas.unwrap_or(0)
    );
    let mut set = (*seen.set).clone();
    set.status = Some(status);
    let object = Object::ReplicaSet(Arc::new(set));
    Some(
        Write::new(Call::Update { object, sub: Sub::Status, dry_run: false }, did)
            .tolerating(&["NotFound", "Conflict"]),
    )
}

/// The status as the pods that were seen make it (`calculateStatus`). Zeros are left out, as in the API's JSON.
fn calculate(seen: &Seen, error: Option<&str>, now: VirtualTime) -> ReplicaSetStatus {
    let Count { exist, labelled, ready, terminating, .. } = seen.count;
    let available = match seen.min_ready() {
        Span::ZERO => ready,
        _ => seen.active().filter(|pod| available_in(pod, seen.min_ready(), now) == Some(Span::ZERO)).count(),
    };
    let whole = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let number = |n: usize| (n > 0).then(|| whole(n));
    ReplicaSetStatus {
        replicas: whole(exist),
        fully_labeled_replicas: number(labelled),
        ready_replicas: number(ready),
        available_replicas: number(available),
        // Zero is reported, unlike the others: the field is a pointer upstream.
        terminating_replicas: Some(whole(terminating)),
        observed_generation: seen.set.metadata.generation,
        conditions: conditions(seen, error, now),
    }
}

/// The old conditions with ReplicaFailure set or taken away. A failure that is known already keeps its text.
fn conditions(seen: &Seen, error: Option<&str>, now: VirtualTime) -> Option<Vec<ReplicaSetCondition>> {
    let old = seen.set.status.as_ref().and_then(|status| status.conditions.as_ref());
    let mut list = old.cloned().unwrap_or_default();
    match (error, conditions::get(old, REPLICA_FAILURE)) {
        (Some(error), None) => list.push(ReplicaSetCondition {
            type_: REPLICA_FAILURE.to_owned(),
            status: "True".to_owned(),
            reason: Some(
                if seen.exist() < seen.wanted() { "FailedCreate" } else { "FailedDelete" }.to_owned(),
            ),
            message: Some(error.to_owned()),
            last_transition_time: Some(now.to_api()),
        }),
        (None, Some(_)) => list.retain(|condition| condition.type_ != REPLICA_FAILURE),
        _ => {}
    }
    (!list.is_empty()).then_some(list)
}

/// After how long the next ready pod becomes available; none if none waits for that.
pub(super) fn next_available(seen: &Seen, now: VirtualTime) -> Option<Span> {
    let min_ready = seen.min_ready();
    if min_ready == Span::ZERO {
        return None;
    }
    let waits = seen.active().filter_map(|pod| available_in(pod, min_ready, now));
    waits.filter(|wait| *wait > Span::ZERO).min()
}
