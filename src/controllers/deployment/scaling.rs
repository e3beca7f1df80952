//! Scaling: `spec.replicas` changed while there may be pods of several versions.
//!
//! If only one set has pods, it gets the new number. If several have (a rollout is under way, or paused), each
//! gets its share, so that scaling in the middle of a bad rollout does not put all new pods on the bad version:
//! its size times the new `replicas + maxSurge`, divided by the old one as noted on the set. What rounding
//! leaves goes to the largest set (`scale` in `sync.go`).

use std::cmp::Reverse;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};

use super::budget::{Budget, is_recreate, replicas};
use super::revision::{DESIRED, MAXIMUM};
use super::seen::{age, available};
use super::steps::{Sync, Which};
use crate::object::annotation;

/// Whether the Deployment has another size than that for which its sets were scaled (`isScalingEvent`).
pub(super) fn is_due(sync: &Sync<'_>) -> bool {
    sync.all()
        .filter(|(_, held)| held.size > 0)
        .filter_map(|(_, held)| number(&held.set, DESIRED))
        .any(|desired| desired != sync.replicas())
}

/// Gives each set its share of the new size.
pub(super) fn scale(sync: &mut Sync<'_>) {
    let wanted = sync.replicas();
    let paused = if sync.seen.spec().paused == Some(true) { "paused; " } else { "" };
    let active: Vec<Which> = sync.all().filter(|(_, held)| held.size > 0).map(|(which, _)| which).collect();
    if active.len() <= 1 {
        // Without any active set, the new one or else the latest.
        let latest = sync.new.as_ref().map(|_| Which::New);
        let latest = latest.or_else(|| sync.old.len().checked_sub(1).map(Which::Old));
        let only = active.first().copied().or(latest);
        match only.filter(|only| sync.scale(*only, wanted)) {
            Some(_) => {
                sync.why.push(format!("{paused}scaled to {wanted}: the only set with pods follows at once"))
            }
            None if paused.is_empty() => {}
            None => sync.why.push("paused: a changed template waits until somebody resumes it".to_owned()),
        }
        return;
    }
    if is_saturated(sync) {
        sync.why.push(format!("{paused}the new set has all {wanted} pods: the old ones can go"));
        for which in active.into_iter().filter(|which| *which != Which::New) {
            sync.scale(which, 0);
        }
        return;
    }
    if is_recreate(&sync.seen.deployment) {
        return;
    }
    let mut changed = false;
    for (which, to) in shares(sync, active) {
        changed |= sync.resize(which, to);
    }
    sync.why.push(match changed {
        true => format!("{paused}scaled to {wanted} in the middle of a rollout: every set gets its share"),
        false => format!("{paused}a changed template waits until somebody resumes it"),
    });
}

/// Whether the new set has all the pods that are wanted, and they are available.
fn is_saturated(sync: &Sync<'_>) -> bool {
    let wanted = sync.replicas();
    sync.new.as_ref().is_some_and(|new| {
        new.size == wanted && number(&new.set, DESIRED) == Some(wanted) && available(&new.set) == wanted
    })
}

/// The size that each of several active sets gets.
fn shares(sync: &Sync<'_>, active: Vec<Which>) -> Vec<(Which, i32)> {
    let wanted = sync.replicas();
    let allowed = if wanted > 0 { wanted + sync.budget().surge } else { 0 };
    let to_add = allowed - sync.total();
    let mut sets: Vec<_> = sync.all().filter(|(which, _)| active.contains(which)).collect();
    // The largest first; among equals the newest when there is something to give, the oldest when to take.
    match to_add > 0 {
        true => sets.sort_by_key(|(_, held)| Reverse((held.size, age(&held.set)))),
        false => sets.sort_by_key(|(_, held)| (Reverse(held.size), age(&held.set))),
    }
    let mut added = 0;
    let mut sizes: Vec<(Which, i32)> = Vec::new();
    for (which, held) in sets {
        let share = share(&held.set, held.size, &sync.seen.deployment, to_add, added);
        sizes.push((which, held.size + share));
        added += share;
    }
    if let Some((_, size)) = sizes.first_mut() {
        *size = (*size + to_add - added).max(0);
    }
    sizes
}

/// What one set gets of `to_add` (negative: loses), when `added` is given away already
/// (`GetReplicaSetProportion`).
fn share(set: &ReplicaSet, size: i32, deployment: &Deployment, to_add: i32, added: i32) -> i32 {
    if size == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let fraction = fraction(set, size, deployment);
    match to_add > 0 {
        true => fraction.min(to_add - added),
        false => fraction.max(to_add - added),
    }
}

/// How much a set would grow if all grew alike, rounded to the nearest.
fn fraction(set: &ReplicaSet, size: i32, deployment: &Deployment) -> i32 {
    if replicas(deployment) == 0 {
        return -size;
    }
    let now = replicas(deployment) + Budget::of(deployment).surge;
    let reported = deployment.status.as_ref().and_then(|status| status.replicas).unwrap_or(0);
    let before = number(set, MAXIMUM).filter(|before| *before > 0).unwrap_or(reported);
    if before <= 0 {
        return 0;
    }
    let (product, before) = (i64::from(size) * i64::from(now), i64::from(before));
    let rounded = (2 * product + before) / (2 * before);
    i32::try_from(rounded).unwrap_or(i32::MAX) - size
}

fn number(set: &ReplicaSet, key: &str) -> Option<i32> {
    annotation(&set.metadata, key)?.parse().ok()
}
