//! The controller's reasons, for people.

use k8s_openapi::api::apps::v1::DeploymentStatus;
use smol_str::{SmolStr, format_smolstr};

use super::revision;
use super::seen::{Seen, available};
use super::status;
use super::steps::Sync;
use crate::client::Verdict;

/// What was seen, in words.
pub(super) fn saw(seen: &Seen) -> SmolStr {
    let numbers = super::status::numbers(seen, crate::time::VirtualTime::ZERO);
    let sets = seen.sets.owned.len() + seen.sets.orphans.len();
    let sets = if sets == 1 { "1 ReplicaSet".to_owned() } else { format!("{sets} ReplicaSets") };
    format_smolstr!("{sets}: {}", self::numbers(&numbers))
}

/// The numbers of a status: `4 pods, 2 updated, 3 available`.
pub(super) fn numbers(status: &DeploymentStatus) -> String {
    let of = |n: Option<i32>| n.unwrap_or(0);
    let mut words = format!(
        "{} pods, {} updated, {} available",
        of(status.replicas),
        of(status.updated_replicas),
        of(status.available_replicas)
    );
    if of(status.terminating_replicas) > 0 {
        words += &format!(", {} terminating", of(status.terminating_replicas));
    }
    words
}

/// The comparison in words.
pub(super) fn verdict(sync: &Sync<'_>) -> Verdict {
    let wanted = sync.replicas();
    let updated = sync.seen.new_set().map_or(0, |set| available(set));
    let old: i32 = sync.seen.old_sets().map(|set| super::seen::size(set)).sum();
    let set = match &sync.new {
        Some(new) => new.name().to_owned(),
        None => revision::set_name(&sync.seen.deployment),
    };
    let gap = match (updated - wanted, old) {
        (0, 0) => "=".to_owned(),
        (0, old) => format!("+{old} old"),
        (gap, _) => format!("{gap:+}"),
    };
    let numbers = super::status::numbers(sync.seen, sync.now);
    let why = match sync.why.is_empty() {
        true => "nothing to do".to_owned(),
        false => sync.why.join("; "),
    };
    Verdict::new(format_smolstr!("{wanted} available pods of {set}"), self::numbers(&numbers), gap, why)
}

/// For what the controller waits afterwards.
pub(super) fn waits_for(sync: &Sync<'_>) -> SmolStr {
    match status::is_complete(&sync.seen.deployment, sync.seen.status()) {
        true => SmolStr::default(),
        false => "for its ReplicaSets to report how their pods get on".into(),
    }
}

/// The template has no set yet.
pub(super) fn new_set_needed(sync: &Sync<'_>) -> String {
    let set = revision::set_name(&sync.seen.deployment);
    match sync.old.is_empty() {
        true => format!("there is no ReplicaSet yet: {set} is needed"),
        false => format!("the template changed: a new ReplicaSet {set} is needed"),
    }
}

/// The new set was scaled.
pub(super) fn new_set_scaled(sync: &Sync<'_>) -> String {
    let Some(new) = &sync.new else { return String::new() };
    let (from, to) = (sync.seen.new_set().map_or(0, |set| super::seen::size(set)), new.size);
    let (name, wanted) = (new.name(), sync.replicas());
    let most = wanted + sync.budget().surge;
    match to > from {
        true if to == wanted => format!("{name} grows from {from} to all {to}"),
        true => format!("{name} may grow from {from} to {to}: {most} pods at most, {wanted} and the surge"),
        false => format!("{name} has more than the {wanted} wanted: back from {from} to {to}"),
    }
}

/// Old pods go because enough others are available.
pub(super) fn old_sets_shrink(sync: &Sync<'_>, count: i32, min_available: i32) -> String {
    // The sets have been made smaller in the plan already.
    let all = sync.all().map(|(_, held)| available(&held.set).min(held.size)).sum::<i32>() + count;
    let wanted = sync.replicas();
    format!(
        "may take down {count} more: {all} are available, and at least {min_available} of {wanted} must stay so"
    )
}

/// Why a rolling update does nothing now.
pub(super) fn rolling_waits(sync: &Sync<'_>) -> String {
    let Some(new) = &sync.new else { return String::new() };
    let old = sync.total() - new.size;
    if old == 0 {
        return settled(sync);
    }
    let (name, wanted) = (new.name(), sync.replicas());
    // A set that was scaled down just now still reports the pods that go.
    let all: i32 = sync.all().map(|(_, held)| available(&held.set)).sum();
    let at_least = wanted - sync.budget().unavailable;
    let why = format!(
        "waits for {name}'s pods to become available before it takes down more: {all} are available, at least \
         {at_least} of {wanted} must stay so"
    );
    late(sync, why)
}

/// What is still missing when every set has the size that it should have.
pub(super) fn settled(sync: &Sync<'_>) -> String {
    let Some(new) = &sync.new else { return String::new() };
    let (name, wanted, ready) = (new.name(), sync.replicas(), available(&new.set));
    let surplus = sync.seen.status().replicas.unwrap_or(0) - wanted;
    if ready < wanted {
        let why = format!("{name} has its {wanted} pods, {ready} of them available: waits for the rest");
        return late(sync, why);
    }
    match surplus {
        1 => format!("{name} has its {wanted} pods; 1 more is on its way out"),
        2.. => format!("{name} has its {wanted} pods; {surplus} more are on their way out"),
        _ => format!("all {wanted} pods are of {name} and available: nothing to do"),
    }
}

/// Adds that the deadline has passed, if it has.
fn late(sync: &Sync<'_>, why: String) -> String {
    let deployment = &sync.seen.deployment;
    match status::deadline(deployment).filter(|_| status::is_timed_out(deployment, sync.now)) {
        Some(deadline) => format!("{why}; the deadline of {deadline} passed: only the condition says so"),
        None => why,
    }
}
