//! What the controller reports about a DaemonSet.

use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetStatus};
use smol_str::format_smolstr;

use super::seen::Seen;
use super::template::is_updated;
use crate::apiserver::{Call, Sub};
use crate::client::Write;
use crate::controllers::pod_control::available_in;
use crate::object::Resource;
use crate::time::{Span, VirtualTime};

/// The request that writes the status, if it differs from what the set says.
///
/// If somebody wrote the set meanwhile, the update is refused, and that is no failure: the other write's own
/// notice wakes the loop, and the next look reports.
pub(super) fn write(seen: &Seen, now: VirtualTime) -> Option<Write> {
    let status = calculate(seen, now);
    if seen.set.status.as_ref() == Some(&status) {
        return None;
    }
    let did = format_smolstr!(
        "report {} of {} nodes with a pod, {} ready",
        status.current_number_scheduled,
        status.desired_number_scheduled,
        status.number_ready
    );
    let object = DaemonSet { status: Some(status), ..(*seen.set).clone() }.into_object();
    Some(
        Write::new(Call::Update { object, sub: Sub::Status, dry_run: false }, did)
            .tolerating(&["NotFound", "Conflict"]),
    )
}

/// The status as nodes and pods make it (`updateDaemonSetStatus`). Of a node only the first pod counts. Zeros are
/// left out where the API's JSON leaves them out.
fn calculate(seen: &Seen, now: VirtualTime) -> DaemonSetStatus {
    let old = seen.set.status.clone().unwrap_or_default();
    let (mut desired, mut current, mut astray, mut ready, mut updated, mut available) = (0, 0, 0, 0, 0, 0);
    let hash = seen.hash();
    for (node, fit) in &seen.nodes {
        let first = seen.on(node).first();
        if !fit.run {
            astray += i32::from(first.is_some());
            continue;
        }
        desired += 1;
        let Some(pod) = first else { continue };
        current += 1;
        ready += i32::from(pod.is_ready());
        available += i32::from(available_in(pod, seen.min_ready(), now) == Some(Span::ZERO));
        updated += i32::from(is_updated(pod, &seen.set, &hash));
    }
    let number = |n: i32| (n > 0).then_some(n);
    // What was asked for is not all seen yet: this generation has not been dealt with.
    let observed = match seen.unseen {
        Some(_) => old.observed_generation,
        None => seen.set.metadata.generation,
    };
    DaemonSetStatus {
        current_number_scheduled: current,
        desired_number_scheduled: desired,
        number_misscheduled: astray,
        number_ready: ready,
        updated_number_scheduled: number(updated),
        number_available: number(available),
        number_unavailable: number(desired - available),
        observed_generation: observed,
        collision_count: old.collision_count,
        conditions: old.conditions,
    }
}

/// Another revision has the name that the next one would get: the hash is made from one number more.
pub(super) fn collision(seen: &Seen) -> Write {
    let mut status = seen.set.status.clone().unwrap_or_default();
    status.collision_count = Some(status.collision_count.unwrap_or(0) + 1);
    let object = DaemonSet { status: Some(status), ..(*seen.set).clone() }.into_object();
    Write::new(Call::Update { object, sub: Sub::Status, dry_run: false }, "count a collision of names")
        .tolerating(&["NotFound", "Conflict"])
}

/// After how long the next ready pod becomes available; none if none waits for that.
pub(super) fn next_available(seen: &Seen, now: VirtualTime) -> Option<Span> {
    let pods = seen.by_node.values().flatten();
    let waits = pods.filter_map(|pod| available_in(pod, seen.min_ready(), now));
    waits.filter(|wait| *wait > Span::ZERO).min()
}
