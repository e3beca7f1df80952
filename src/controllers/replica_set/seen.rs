//! What the controller has seen of one ReplicaSet and its pods.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::ReplicaSet;
use smol_str::{SmolStr, format_smolstr};

use super::rank::Siblings;
use crate::client::Cache;
use crate::controllers::claim::{Claims, Owner, claim};
use crate::controllers::expectations::Unseen;
use crate::object::selector::Selector;
use crate::object::{ObjectRef, Pod, StringMap, Tally, is_terminating, owner};
use crate::time::Span;

/// What the controller has seen of one ReplicaSet.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The set.
    pub set: Arc<ReplicaSet>,
    /// How many pods it has, in which state.
    pub count: Count,
    /// The orphans and strays among the active pods. Its own active pods are gathered too if each of them has to be
    /// looked at: some must go, or they must have been ready for a while.
    pub pods: Claims<Pod>,
    /// What was asked for before and has not been seen yet.
    pub unseen: Option<Unseen>,
    /// Where the pods of the same Deployment run; gathered only if there are too many pods.
    pub siblings: Siblings,
}

/// The numbers that the set's status is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Pods that count: its own that are neither finished nor being deleted, and such orphans as it will adopt.
    pub exist: usize,
    /// Those of them that have all labels of the template.
    pub labelled: usize,
    /// Those of them that are ready.
    pub ready: usize,
    /// Its pods that are being deleted and have not finished yet.
    pub terminating: usize,
    /// Orphans and strays: pods whose owner reference has to change.
    pub claims: usize,
}

impl Count {
    fn of(set: &ReplicaSet, selector: &Selector, cache: &Cache) -> Self {
        let namespace = set.metadata.namespace.as_deref().unwrap_or("");
        let uid = set.metadata.uid.as_deref().unwrap_or("");
        let template = set.spec.as_ref().and_then(|spec| spec.template.as_ref());
        let template = template.and_then(|template| template.metadata.as_ref()?.labels.as_ref());
        let has_all = |labels: &StringMap| {
            template.into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
        };
        let stays = !is_terminating(&set.metadata);
        let mut count = Self::default();
        let mut add = |labels: &StringMap, tally: Tally| {
            count.exist += tally.active;
            count.labelled += if has_all(labels) { tally.active } else { 0 };
            count.ready += tally.ready;
            count.terminating += tally.ending;
        };
        let (census, mut claims) = (cache.census(), 0);
        for (labels, tally) in census.owned(namespace, uid) {
            match selector.matches(labels) {
                true => add(labels, tally),
                false if stays => claims += tally.active,
                false => {}
            }
        }
        for (labels, tally) in census.owned(namespace, "").filter(|_| stays) {
            if selector.matches(labels) {
                add(labels, Tally { ending: 0, ..tally });
                claims += tally.active;
            }
        }
        Self { claims, ..count }
    }
}

impl Seen {
    /// Gathers it from the cache; none if the set is gone.
    pub(super) fn of(item: &ObjectRef, cache: &Cache, unseen: Option<Unseen>) -> Option<Self> {
        let set = cache.get_as::<ReplicaSet>(&item.key)?.clone();
        let selector = set.selector().unwrap_or_default();
        let count = Count::of(&set, &selector, cache);
        let mut seen = Self { set, count, pods: Claims::default(), unseen, siblings: Siblings::new() };
        let too_many = seen.exist() > seen.wanted();
        if too_many || count.claims > 0 || seen.min_ready() > Span::ZERO {
            seen.pods = pods(&seen.set, &selector, cache);
        }
        if too_many {
            seen.siblings = siblings(&seen.set, cache);
        }
        Some(seen)
    }

    /// `spec.replicas`.
    pub(super) fn wanted(&self) -> usize {
        let replicas = self.set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        usize::try_from(replicas).unwrap_or(0)
    }

    /// `spec.minReadySeconds`: for how long a pod must have been ready to count as available.
    pub(super) fn min_ready(&self) -> Span {
        Span::api_secs(self.set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0))
    }

    /// How many pods count: its own, and the orphans that it is about to adopt.
    pub(super) fn exist(&self) -> usize {
        self.count.exist
    }

    /// The pods that count, where they were gathered.
    pub(super) fn active(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.owned.iter().chain(&self.pods.orphans)
    }

    /// What was seen, in words.
    pub(super) fn words(&self) -> SmolStr {
        let Count { exist, ready, terminating, .. } = self.count;
        match terminating {
            0 => format_smolstr!("{exist} pods, {ready} ready"),
            _ => format_smolstr!("{exist} pods, {ready} ready, {terminating} terminating"),
        }
    }
}

/// The active pods that the set has, those that it should take, and those that it should let go.
fn pods(set: &ReplicaSet, selector: &Selector, cache: &Cache) -> Claims<Pod> {
    let namespace = set.metadata.namespace.as_deref().unwrap_or("");
    let own = cache.owned_by::<Pod>(set.metadata.uid.as_deref().unwrap_or(""));
    let orphans =
        cache.owned_by::<Pod>("").filter(|pod| pod.metadata.namespace.as_deref() == Some(namespace));
    claim(&set.metadata, selector, own.chain(orphans).filter(|pod| pod.is_active()).cloned())
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
