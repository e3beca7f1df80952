//! History: how many old ReplicaSets are kept to go back to.

use super::revision;
use super::steps::Sync;
use crate::apiserver::{Call, DeleteOptions};
use crate::client::{Effect, Write};
use crate::object::{Kind, ObjectRef, Resource, is_terminating};

/// Deletes the lowest revisions beyond `revisionHistoryLimit`, as far as they are empty (`cleanupDeployment`).
pub(super) fn clean(sync: &mut Sync<'_>) {
    let limit = sync.seen.spec().revision_history_limit.filter(|limit| *limit != i32::MAX);
    let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else { return };
    let mut old: Vec<_> = sync.seen.old_sets().filter(|set| !is_terminating(&set.metadata)).collect();
    // Equal revisions go by age, as they are sorted already.
    old.sort_by_key(|set| revision::revision(set));
    let surplus = old.len().saturating_sub(limit);
    let mut effects = Vec::new();
    let mut names = Vec::new();
    for set in old.into_iter().take(surplus) {
        let status = set.status.clone().unwrap_or_default();
        let is_seen = set.metadata.generation.unwrap_or(0) <= status.observed_generation.unwrap_or(0);
        if super::seen::size(set) != 0 || status.replicas != 0 || !is_seen {
            continue;
        }
        let target = ObjectRef::new(Kind::ReplicaSet, set.key());
        names.push(target.key.name.to_string());
        let did = format!("delete ReplicaSet {}: revision {}", target.key.name, revision::revision(set));
        let call = Call::Delete { target, options: DeleteOptions::default() };
        effects.push(Effect::Write(Write::new(call, did).tolerating(&["NotFound"])));
    }
    if !effects.is_empty() {
        let names = names.join(", ");
        sync.why.push(format!("revisionHistoryLimit is {limit}: {names} is forgotten"));
        sync.push(effects);
    }
}
