//! RollingUpdate: the new set grows, the old ones shrink, within the budget.
//!
//! One look does one of the two. First the new set: it may grow as long as all sets together stay within
//! `replicas + maxSurge`. If it cannot, the old sets: they may shrink as long as `replicas - maxUnavailable` pods
//! stay available, pods of the new set that are not available yet being counted out. Pods of old sets that are
//! not available go first: they serve nobody, and keeping them would block the rollout (`rolling.go`).

use super::seen::available;
use super::steps::{Sync, Which};
use super::{history, status, words};

/// Decides one step of the rollout.
pub(super) fn roll(sync: &mut Sync<'_>) {
    if sync.new.is_none() {
        sync.why.push(words::new_set_needed(sync));
        sync.create_new_set(new_size);
    } else {
        let size = new_size(sync);
        if sync.scale(Which::New, size) {
            sync.why.push(words::new_set_scaled(sync));
            return;
        }
    }
    if shrink_old(sync) {
        return;
    }
    if status::is_complete(&sync.seen.deployment, sync.seen.status()) {
        history::clean(sync);
    }
    if sync.why.is_empty() {
        sync.why.push(words::rolling_waits(sync));
    }
}

/// How large the new set may be now.
fn new_size(sync: &Sync<'_>) -> i32 {
    let size = sync.new.as_ref().map_or(0, |new| new.size);
    grown(sync.replicas(), sync.budget().surge, sync.total(), size)
}

/// The size of a new set of `size` when all sets together have `total` pods (`NewRSNewReplicas`).
fn grown(replicas: i32, surge: i32, total: i32, size: i32) -> i32 {
    if size >= replicas {
        return replicas;
    }
    let room = (replicas + surge - total).max(0);
    size + room.min(replicas - size)
}

/// Scales old sets down as far as the budget allows. Returns whether it did.
fn shrink_old(sync: &mut Sync<'_>) -> bool {
    let old: i32 = sync.old.iter().map(|held| held.size).sum();
    if old == 0 {
        return false;
    }
    let min_available = sync.replicas() - sync.budget().unavailable;
    let new_unavailable = sync.new.as_ref().map_or(0, |new| new.size - available(&new.set));
    let may_go = sync.total() - min_available - new_unavailable;
    if may_go <= 0 {
        return false;
    }
    let unhealthy = shrink_unhealthy(sync, may_go);
    let healthy = shrink_healthy(sync, min_available);
    if unhealthy > 0 {
        sync.why.push(format!("{unhealthy} old pods are not available anyway: they go first"));
    }
    if healthy > 0 {
        sync.why.push(words::old_sets_shrink(sync, healthy, min_available));
    }
    unhealthy + healthy > 0
}

/// Takes away pods of old sets that are not available (`cleanupUnhealthyReplicas`).
fn shrink_unhealthy(sync: &mut Sync<'_>, limit: i32) -> i32 {
    let mut gone = 0;
    for index in 0..sync.old.len() {
        let Some(held) = sync.old.get(index) else { break };
        let count = (held.size - available(&held.set)).min(limit - gone);
        let to = held.size - count;
        if held.size > 0 && count > 0 && sync.scale(Which::Old(index), to) {
            gone += count;
        }
    }
    gone
}

/// Takes away available pods of old sets as long as enough stay available
/// (`scaleDownOldReplicaSetsForRollingUpdate`).
///
/// A set that was just scaled down still reports the pods that are about to go. They do not count here;
/// upstream counts them, and can go below its own limit when reports lag.
fn shrink_healthy(sync: &mut Sync<'_>, min_available: i32) -> i32 {
    let all: i32 = sync.all().map(|(_, held)| available(&held.set).min(held.size)).sum();
    let limit = all - min_available;
    let mut gone = 0;
    for index in 0..sync.old.len() {
        let Some(held) = sync.old.get(index) else { break };
        let count = held.size.min(limit - gone);
        let to = held.size - count;
        if count > 0 && sync.scale(Which::Old(index), to) {
            gone += count;
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::grown;

    #[test]
    fn the_new_set_grows_into_the_room_that_the_surge_leaves() {
        // replicas, surge, all pods, new pods -> new size
        for (replicas, surge, total, size, result) in [
            (4, 1, 4, 0, 1),
            (4, 1, 4, 1, 2),
            (4, 1, 5, 1, 1),
            (10, 3, 10, 0, 3),
            (4, 1, 0, 0, 4),
            (4, 1, 9, 6, 4),
            (3, 0, 3, 0, 0),
        ] {
            assert_eq!(grown(replicas, surge, total, size), result, "{replicas} {surge} {total} {size}");
        }
    }
}
