//! What the controller has seen of one ReplicaSet and its pods.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::ReplicaSet;
use smol_str::{SmolStr, format_smolstr};

use super::rank::Siblings;
use crate::client::Cache;
use crate::controllers::claim::{Claims, claim};
use crate::controllers::expectations::Unseen;
use crate::object::selector::Selector;
use crate::object::{ObjectRef, Pod, Resource, is_terminating, owner};

/// What the controller has seen of one ReplicaSet.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The set.
    pub set: Arc<ReplicaSet>,
    /// Its pods that are neither finished nor being deleted, and the orphans and strays among such pods.
    pub pods: Claims<Pod>,
    /// Its pods that are being deleted and have not finished yet.
    pub terminating: usize,
    /// What was asked for before and has not been seen yet.
    pub unseen: Option<Unseen>,
    /// Where the pods of the same Deployment run; gathered only if there are too many pods.
    pub siblings: Siblings,
}

impl Seen {
    /// Gathers it from the cache; none if the set is gone.
    pub(super) fn of(item: &ObjectRef, cache: &Cache, unseen: Option<Unseen>) -> Option<Self> {
        let set = cache.get_as::<ReplicaSet>(&item.key)?.clone();
        let uid = set.metadata.uid.as_deref().unwrap_or("");
        let selector = set.spec.as_ref().map(|spec| Selector::from_api(&spec.selector)).unwrap_or_default();
        let own = cache.owned_by::<Pod>(uid);
        let orphans = cache.owned_by::<Pod>("").filter(|pod| pod.key().namespace == item.key.namespace);
        let active = own.chain(orphans).filter(|pod| pod.is_active()).cloned();
        let pods = claim(&set.metadata, &selector, active);
        let terminating = cache
            .owned_by::<Pod>(uid)
            .filter(|pod| is_terminating(&pod.metadata) && !pod.is_finished())
            .filter(|pod| selector.matches(crate::object::labels(&pod.metadata)))
            .count();
        let mut seen = Self { set, pods, terminating, unseen, siblings: Siblings::new() };
        if seen.exist() > seen.wanted() {
            seen.siblings = siblings(&seen.set, cache);
        }
        Some(seen)
    }

    /// `spec.replicas`.
    pub(super) fn wanted(&self) -> usize {
        let replicas = self.set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        usize::try_from(replicas).unwrap_or(0)
    }

    /// How many pods count: its own, and the orphans that it is about to adopt.
    pub(super) fn exist(&self) -> usize {
        self.pods.owned.len() + self.pods.orphans.len()
    }

    /// The pods that count.
    pub(super) fn active(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.owned.iter().chain(&self.pods.orphans)
    }

    /// What was seen, in words.
    pub(super) fn words(&self) -> SmolStr {
        let ready = self.active().filter(|pod| pod.is_ready()).count();
        let mut words = format!("{} pods, {ready} ready", self.exist());
        if self.terminating > 0 {
            words += &format!(", {} terminating", self.terminating);
        }
        format_smolstr!("{words}")
    }
}

/// Counts, per node, the active pods of all sets of the same Deployment. A set that nobody owns has no such
/// relatives, not even its own pods (`getReplicaSetsWithSameController`).
fn siblings(set: &ReplicaSet, cache: &Cache) -> Siblings {
    let mut siblings = Siblings::new();
    let Some(owner) = owner::controller(&set.metadata) else {
        return siblings;
    };
    for related in cache.owned_by::<ReplicaSet>(&owner.uid) {
        let uid = related.metadata.uid.as_deref().unwrap_or("");
        for pod in cache.owned_by::<Pod>(uid).filter(|pod| pod.is_active()) {
            *siblings.entry(pod.node.clone().unwrap_or_default()).or_default() += 1;
        }
    }
    siblings
}
