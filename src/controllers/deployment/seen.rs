//! What the controller has seen of one Deployment.

use std::sync::{Arc, LazyLock};

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet};

use super::revision;
use crate::client::Cache;
use crate::controllers::claim::{Claims, Owner, claim};
use crate::object::{Key, ObjectRef, Pod, Resource};

/// What the controller has seen of one Deployment.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The Deployment.
    pub deployment: Arc<Deployment>,
    /// Its ReplicaSets, oldest first.
    pub sets: Claims<ReplicaSet>,
    /// A ReplicaSet with the name that the Deployment's next one would have, if it has none for its template.
    pub in_the_way: Option<Arc<ReplicaSet>>,
    /// Pods of old sets that have not ended, terminating ones included: what Recreate waits for.
    pub old_pods: usize,
    /// Which of its sets has the Deployment's template.
    new: Option<usize>,
}

impl Seen {
    /// Gathers it from the cache; none if the Deployment is gone.
    pub(super) fn of(item: &ObjectRef, cache: &Cache) -> Option<Self> {
        let deployment = cache.get_as::<Deployment>(&item.key)?.clone();
        let uid = deployment.metadata.uid.as_deref().unwrap_or("");
        let own = cache.owned_by::<ReplicaSet>(uid);
        let orphans = cache.owned_by::<ReplicaSet>("");
        let candidates = own.chain(orphans).filter(|set| set.key().namespace == item.key.namespace).cloned();
        let mut sets = claim(&deployment.metadata, &deployment.selector().unwrap_or_default(), candidates);
        sets.owned.sort_by_key(|set| age(set));
        let new = sets.owned.iter().position(|set| revision::has_template(set, &deployment));
        let mut seen = Self { deployment, sets, in_the_way: None, old_pods: 0, new };
        if new.is_none() {
            let name = revision::set_name(&seen.deployment);
            seen.in_the_way =
                cache.get_as::<ReplicaSet>(&Key::new(item.key.namespace.clone(), name)).cloned();
        }
        seen.old_pods = seen
            .old_sets()
            .flat_map(|set| cache.owned_by::<Pod>(set.metadata.uid.as_deref().unwrap_or("")))
            .filter(|pod| !pod.is_finished())
            .count();
        Some(seen)
    }

    /// The oldest set with the Deployment's template. There should be one at most.
    pub(super) fn new_set(&self) -> Option<&Arc<ReplicaSet>> {
        self.new.and_then(|new| self.sets.owned.get(new))
    }

    /// All other sets, oldest first.
    pub(super) fn old_sets(&self) -> impl Iterator<Item = &Arc<ReplicaSet>> {
        let others = self.sets.owned.iter().enumerate().filter(|(index, _)| Some(*index) != self.new);
        others.map(|(_, set)| set)
    }

    /// The Deployment's specification; empty if it has none.
    pub(super) fn spec(&self) -> &DeploymentSpec {
        static NONE: LazyLock<DeploymentSpec> = LazyLock::new(DeploymentSpec::default);
        self.deployment.spec.as_ref().unwrap_or(&NONE)
    }

    /// The Deployment's status; empty if it has none.
    pub(super) fn status(&self) -> &DeploymentStatus {
        static NONE: LazyLock<DeploymentStatus> = LazyLock::new(DeploymentStatus::default);
        self.deployment.status.as_ref().unwrap_or(&NONE)
    }
}

/// Sets are ordered by creation, and those of the same second by name (`ReplicaSetsByCreationTimestamp`).
pub(super) fn age(set: &ReplicaSet) -> (Option<k8s_openapi::jiff::Timestamp>, Key) {
    (set.metadata.creation_timestamp.as_ref().map(|time| time.0), set.key())
}

/// `spec.replicas` of a set.
pub(super) fn size(set: &ReplicaSet) -> i32 {
    set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
}

/// `status.availableReplicas` of a set.
pub(super) fn available(set: &ReplicaSet) -> i32 {
    set.status.as_ref().and_then(|status| status.available_replicas).unwrap_or(0)
}

/// A set's name.
pub(super) fn name(set: &ReplicaSet) -> &str {
    set.metadata.name.as_deref().unwrap_or("")
}
