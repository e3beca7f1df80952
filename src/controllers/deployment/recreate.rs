//! Recreate: all old pods go, and only then the new ones come.
//!
//! For applications of which two versions must never run at the same time. "Gone" is meant: a terminating pod
//! still runs, so unlike a rolling update this one does wait for it (`recreate.go`).

use super::steps::{Sync, Which};
use super::{history, status, words};

/// Decides one step of the rollout.
pub(super) fn roll(sync: &mut Sync<'_>) {
    let mut shrunk = Vec::new();
    for index in 0..sync.old.len() {
        let from = sync.old.get(index).map(|held| format!("{} from {}", held.name(), held.size));
        if sync.scale(Which::Old(index), 0) {
            shrunk.extend(from);
        }
    }
    if !shrunk.is_empty() {
        sync.why.push(format!("Recreate: old pods go first: {} to 0", shrunk.join(", ")));
        return;
    }
    let reported: i32 = sync.old.iter().filter_map(|held| Some(held.set.status.as_ref()?.replicas)).sum();
    let left = usize::try_from(reported).unwrap_or(0).max(sync.seen.old_pods);
    if left > 0 {
        let pods = if left == 1 { "old pod has" } else { "old pods have" };
        sync.why.push(format!("Recreate: waits until {left} {pods} ended; no new pod is made before"));
        return;
    }
    let replicas = sync.replicas();
    if sync.new.is_none() {
        sync.why.push(words::new_set_needed(sync));
        sync.create_new_set(|_| replicas);
    } else if sync.scale(Which::New, replicas) {
        sync.why.push(words::new_set_scaled(sync));
    }
    if status::is_complete(&sync.seen.deployment, sync.seen.status()) {
        history::clean(sync);
    }
    if sync.why.is_empty() {
        sync.why.push(words::settled(sync));
    }
}
