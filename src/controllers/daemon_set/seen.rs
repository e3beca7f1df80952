//! What the controller has seen of one DaemonSet, its pods and the nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ControllerRevision, DaemonSet, DaemonSetSpec, RollingUpdateDaemonSet};
use k8s_openapi::api::core::v1::Node;
use smol_str::{SmolStr, format_smolstr};

use super::eligible::{Eligible, Fit};
use super::{revision, template};
use crate::client::Cache;
use crate::controllers::claim::{Claims, Owner, claim};
use crate::controllers::expectations::Unseen;
use crate::object::{Key, ObjectRef, Pod, Resource, is_terminating};
use crate::time::Span;

/// What the controller has seen of one DaemonSet.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The set.
    pub set: Arc<DaemonSet>,
    /// Its pods, finished and terminating ones included.
    pub pods: Claims<Pod>,
    /// Its revisions.
    pub revisions: Claims<ControllerRevision>,
    /// A revision with the name that the next one would have, if there is none for today's template.
    pub in_the_way: Option<Arc<ControllerRevision>>,
    /// Whether each node may have a pod.
    pub nodes: BTreeMap<SmolStr, Fit>,
    /// Its pods by the node for which they were made, oldest first; without those that have ended and are going.
    pub by_node: BTreeMap<SmolStr, Vec<Arc<Pod>>>,
    /// Nodes whose failed pods are not to be deleted yet, and for how much longer.
    pub held_back: BTreeMap<SmolStr, Span>,
    /// What was asked for before and has not been seen yet.
    pub unseen: Option<Unseen>,
}

impl Seen {
    /// Gathers it from the cache; none if the set is gone.
    pub(super) fn of(item: &ObjectRef, cache: &Cache, unseen: Option<Unseen>) -> Option<Self> {
        let set = cache.get_as::<DaemonSet>(&item.key)?.clone();
        let selector = set.selector().unwrap_or_default();
        let pods = claim(&set.metadata, &selector, candidates::<Pod>(&set, cache));
        let revisions = claim(&set.metadata, &selector, candidates::<ControllerRevision>(&set, cache));
        let eligible = Eligible::of(&set);
        let nodes = cache.all_as::<Node>().map(|node| (node.key().name, eligible.on(node))).collect();
        let mut seen = Self {
            set,
            by_node: by_node(pods.owned.iter().chain(&pods.orphans)),
            pods,
            revisions,
            in_the_way: None,
            nodes,
            held_back: BTreeMap::new(),
            unseen,
        };
        if seen.revision().is_none() {
            let key = Key::new(item.key.namespace.clone(), revision::name(&seen.set));
            seen.in_the_way = cache.get_as::<ControllerRevision>(&key).cloned();
        }
        Some(seen)
    }

    /// The same after these pods were created.
    pub(super) fn with<'a>(&'a self, created: impl Iterator<Item = &'a Arc<Pod>>) -> Self {
        let mut seen = self.clone();
        seen.pods.owned.extend(created.cloned());
        seen.by_node = by_node(seen.pods.owned.iter().chain(&seen.pods.orphans));
        seen
    }

    /// The specification; empty if there is none.
    pub(super) fn spec(&self) -> &DaemonSetSpec {
        static NONE: std::sync::LazyLock<DaemonSetSpec> = std::sync::LazyLock::new(DaemonSetSpec::default);
        self.set.spec.as_ref().unwrap_or(&NONE)
    }

    /// The numbers of a rolling update; none with another strategy.
    pub(super) fn rolling(&self) -> Option<&RollingUpdateDaemonSet> {
        let strategy = self.spec().update_strategy.as_ref()?;
        strategy.rolling_update.as_ref().filter(|_| strategy.type_.as_deref() == Some("RollingUpdate"))
    }

    /// `spec.minReadySeconds`.
    pub(super) fn min_ready(&self) -> Span {
        Span::api_secs(self.spec().min_ready_seconds.unwrap_or(0))
    }

    /// The newest revision with the template of today.
    pub(super) fn revision(&self) -> Option<&Arc<ControllerRevision>> {
        let own = self.revisions.owned.iter().chain(&self.revisions.orphans);
        own.filter(|one| revision::holds(one, &self.set)).max_by_key(|one| one.revision)
    }

    /// All revisions of other templates.
    pub(super) fn old_revisions(&self) -> impl Iterator<Item = &Arc<ControllerRevision>> {
        let own = self.revisions.owned.iter().chain(&self.revisions.orphans);
        own.filter(|one| !revision::holds(one, &self.set))
    }

    /// The hash by which pods of today's template are known.
    pub(super) fn hash(&self) -> String {
        let known = self.revision().and_then(|revision| revision::hash_of(revision)).map(str::to_owned);
        known.unwrap_or_else(|| revision::hash(&self.set))
    }

    /// The nodes that should have a pod.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &SmolStr> {
        self.nodes.iter().filter(|(_, fit)| fit.run).map(|(name, _)| name)
    }

    /// The pods that were made for a node.
    pub(super) fn on(&self, node: &str) -> &[Arc<Pod>] {
        self.by_node.get(node).map_or(&[], Vec::as_slice)
    }

    /// What was seen, in words.
    pub(super) fn words(&self) -> SmolStr {
        let wanted = self.wanted().count();
        let with = self.wanted().filter(|node| !self.on(node).is_empty()).count();
        format_smolstr!("{wanted} of {} nodes may have a pod, {with} have one", self.nodes.len())
    }
}

/// What the set owns and what nobody owns, of its namespace.
fn candidates<'a, R: Resource + 'static>(
    set: &DaemonSet,
    cache: &'a Cache,
) -> impl Iterator<Item = Arc<R>> + use<'a, R> {
    let (uid, namespace) = (set.metadata.uid.clone().unwrap_or_default(), set.key().namespace);
    let own: Vec<Arc<R>> = cache.owned_by::<R>(&uid).cloned().collect();
    let nobodys = cache.owned_by::<R>("").filter(move |one| one.key().namespace == namespace).cloned();
    own.into_iter().chain(nobodys)
}

/// The pods by node; those on a node first, then the oldest (`podByCreationTimestampAndPhase`).
fn by_node<'a>(pods: impl Iterator<Item = &'a Arc<Pod>>) -> BTreeMap<SmolStr, Vec<Arc<Pod>>> {
    let mut by_node: BTreeMap<SmolStr, Vec<Arc<Pod>>> = BTreeMap::new();
    for pod in pods.filter(|pod| !(pod.is_finished() && is_terminating(&pod.metadata))) {
        if let Some(node) = template::target(pod) {
            by_node.entry(node.into()).or_default().push(pod.clone());
        }
    }
    for pods in by_node.values_mut() {
        pods.sort_by_key(|pod| {
            let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
            (pod.node.is_none(), created, pod.key().name)
        });
    }
    by_node
}
