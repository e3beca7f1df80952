//! The census: how many pods there are, in which state, by namespace, owner and labels.
//!
//! A ReplicaSet of a thousand pods is looked at whenever one of them changes. Counting them each time would make
//! the work grow with the square of their number, so whoever holds pods counts them as they come and go. Pods of
//! one owner nearly all carry the same labels; whoever asks decides once per set of labels whether a selector
//! matches.
//!
//! Of nodes it keeps those that are not ready: a cluster has thousands, and few of these.

use imbl::{OrdMap, OrdSet};
use smol_str::SmolStr;

use k8s_openapi::api::core::v1::Node;

use super::{Key, Object, Pod, Resource, StringMap, conditions, is_terminating, labels, owner};

/// How many pods are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pods.
    pub all: usize,
    /// Neither finished nor being deleted.
    pub active: usize,
    /// Active, and their Ready condition is True.
    pub ready: usize,
    /// Active and in phase Running.
    pub running: usize,
    /// Active and in phase Pending.
    pub pending: usize,
    /// Being deleted.
    pub terminating: usize,
    /// Being deleted, and not finished.
    pub ending: usize,
    /// On their way to another state: being deleted, or neither ready nor finished.
    pub restless: usize,
    /// Restarts of their containers.
    pub restarts: i64,
}

impl Tally {
    fn of(pod: &Pod) -> Self {
        let (finished, terminating, ready) =
            (pod.is_finished(), is_terminating(&pod.metadata), pod.is_ready());
        let active = !finished && !terminating;
        Self {
            all: 1,
            active: usize::from(active),
            ready: usize::from(active && ready),
            running: usize::from(active && pod.phase() == "Running"),
            pending: usize::from(active && pod.phase() == "Pending"),
            terminating: usize::from(terminating),
            ending: usize::from(terminating && !finished),
            restless: usize::from(terminating || !(ready || finished)),
            restarts: i64::from(pod.restarts()),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            active: self.active + other.active,
            ready: self.ready + other.ready,
            running: self.running + other.running,
            pending: self.pending + other.pending,
            terminating: self.terminating + other.terminating,
            ending: self.ending + other.ending,
            restless: self.restless + other.restless,
            restarts: self.restarts + other.restarts,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            all: self.all.saturating_sub(other.all),
            active: self.active.saturating_sub(other.active),
            ready: self.ready.saturating_sub(other.ready),
            running: self.running.saturating_sub(other.running),
            pending: self.pending.saturating_sub(other.pending),
            terminating: self.terminating.saturating_sub(other.terminating),
            ending: self.ending.saturating_sub(other.ending),
            restless: self.restless.saturating_sub(other.restless),
            restarts: self.restarts - other.restarts,
        }
    }
}

/// Pods by their labels.
type Groups = OrdMap<StringMap, Tally>;
/// Those of a namespace by the uid of their managing owner; pods without one stand under the empty uid.
type Families = OrdMap<SmolStr, Groups>;

/// The pods of a store or a cache, counted, and its unready nodes. A clone shares everything.
#[derive(Clone, Debug, Default)]
pub struct Census {
    namespaces: OrdMap<SmolStr, Families>,
    /// Those that are counted as restless, by their names: few, even where there are many pods.
    restless: OrdSet<Key>,
    /// The nodes that are not ready; true where nobody knows, because nothing was heard of them.
    unready: OrdMap<SmolStr, bool>,
}

/// Where a pod is counted.
#[derive(PartialEq)]
struct Place<'a> {
    namespace: &'a str,
    owner: &'a str,
    labels: &'a StringMap,
}

/// Where an object is counted and as what, if it is a pod.
fn counted(object: Option<&Object>) -> Option<(Place<'_>, Tally)> {
    let pod = object.and_then(Pod::of)?;
    let place = Place {
        namespace: pod.metadata.namespace.as_deref().unwrap_or(""),
        owner: owner::controller(&pod.metadata).map_or("", |owner| owner.uid.as_str()),
        labels: labels(&pod.metadata),
    };
    Some((place, Tally::of(pod)))
}

impl Census {
    /// The census of these objects.
    pub fn of<'a>(objects: impl Iterator<Item = &'a Object>) -> Self {
        let mut census = Self::default();
        objects.for_each(|object| census.changed(None, Some(object)));
        census
    }

    /// An object changed, came or went.
    pub fn changed(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let Some(key) = new.or(old).map(Object::key) else { return };
        if let Some(Object::Node(_)) = new.or(old) {
            match new.and_then(Node::of).and_then(unreadiness) {
                Some(unheard) => _ = self.unready.insert(key.name, unheard),
                None => _ = self.unready.remove(&key.name),
            }
            return;
        }
        let (old, new) = (counted(old), counted(new));
        if old == new {
            return;
        }
        match new.as_ref().is_some_and(|(_, tally)| tally.restless > 0) {
            true => _ = self.restless.insert(key),
            false => _ = self.restless.remove(&key),
        }
        if let (Some((place, before)), Some((same, after))) = (&old, &new)
            && place == same
        {
            return self.update(place, |sum| sum.plus(*after).minus(*before));
        }
        if let Some((place, tally)) = old {
            self.update(&place, |sum| sum.minus(tally));
        }
        if let Some((place, tally)) = new {
            self.update(&place, |sum| sum.plus(tally));
        }
    }

    fn update(&mut self, place: &Place<'_>, change: impl FnOnce(Tally) -> Tally) {
        let families = get_or_insert(&mut self.namespaces, place.namespace);
        let groups = get_or_insert(families, place.owner);
        match groups.get_mut(place.labels) {
            Some(tally) => {
                *tally = change(*tally);
                if *tally != Tally::default() {
                    return;
                }
                groups.remove(place.labels);
            }
            None => _ = groups.insert(place.labels.clone(), change(Tally::default())),
        }
        if groups.is_empty() {
            families.remove(place.owner);
        }
        if families.is_empty() {
            self.namespaces.remove(place.namespace);
        }
    }

    /// The pods of a namespace whose managing owner has this uid, by their labels; the empty uid gives those
    /// without one.
    pub fn owned(&self, namespace: &str, owner: &str) -> impl Iterator<Item = (&StringMap, Tally)> {
        let groups = self.namespaces.get(namespace).and_then(|families| families.get(owner));
        groups.into_iter().flatten().map(|(labels, tally)| (labels, *tally))
    }

    /// The pods of a namespace by their labels (several groups may have the same).
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = (&StringMap, Tally)> {
        let families = self.namespaces.get(namespace).into_iter().flat_map(Families::values);
        families.flatten().map(|(labels, tally)| (labels, *tally))
    }

    /// How many pods nobody owns.
    pub fn bare(&self) -> usize {
        let families = self.namespaces.values().filter_map(|families| families.get(""));
        families.flat_map(Groups::values).map(|tally| tally.all).sum()
    }

    /// The pods that are on their way to another state, by name.
    pub fn restless(&self) -> impl Iterator<Item = &Key> {
        self.restless.iter()
    }

    /// The nodes that are not ready.
    pub fn unready_nodes(&self) -> impl ExactSizeIterator<Item = &SmolStr> {
        self.unready.keys()
    }

    /// Whether a node is not ready.
    pub fn is_unready(&self, node: &str) -> bool {
        self.unready.contains_key(node)
    }

    /// Whether nothing was heard of a node for too long.
    pub fn is_silent(&self, node: &str) -> bool {
        self.unready.get(node) == Some(&true)
    }

    /// The nodes of which nothing was heard for too long.
    pub fn silent_nodes(&self) -> impl Iterator<Item = &SmolStr> {
        self.unready.iter().filter(|(_, silent)| **silent).map(|(node, _)| node)
    }

    /// All pods.
    pub fn all(&self) -> Tally {
        let groups = self.namespaces.values().flat_map(Families::values).flat_map(Groups::values);
        groups.fold(Tally::default(), |sum, tally| sum.plus(*tally))
    }
}

/// Whether a node that is not ready is one of which nothing was heard; none if it is ready.
fn unreadiness(node: &Node) -> Option<bool> {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    match conditions::get(conditions, "Ready").map(|ready| ready.status.as_str()) {
        Some("True") => None,
        other => Some(other == Some("Unknown")),
    }
}

fn get_or_insert<'m, V: Clone + Default>(map: &'m mut OrdMap<SmolStr, V>, key: &str) -> &'m mut V {
    // Most keys are there already; only a new one is worth an allocation.
    let key = map.get_key_value(key).map_or_else(|| key.into(), |(known, _)| known.clone());
    map.entry(key).or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, owner: &str, ready: bool) -> Object {
        let owners = match owner {
            "" => json!([]),
            uid => {
                json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": uid, "controller": true}])
            }
        };
        let status = if ready { "True" } else { "False" };
        Object::from_value(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": {"app": "web"}, "ownerReferences": owners},
            "spec": {"containers": []},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": status}]},
        }))
        .expect("a pod")
    }

    fn numbers(census: &Census) -> [Vec<(usize, usize)>; 3] {
        let of = |all: &mut dyn Iterator<Item = (&StringMap, Tally)>| {
            all.map(|(_, tally)| (tally.active, tally.ready)).collect()
        };
        [
            of(&mut census.owned("default", "u")),
            of(&mut census.owned("default", "")),
            of(&mut census.in_namespace("default")),
        ]
    }

    #[test]
    fn pods_are_counted_as_they_come_change_and_go() {
        let (unready, ready, orphan) = (pod("a", "u", false), pod("a", "u", true), pod("b", "", true));
        let mut census = Census::of([&unready, &orphan].into_iter());
        assert_eq!(numbers(&census), [vec![(1, 0)], vec![(1, 1)], vec![(1, 1), (1, 0)]]);
        assert_eq!((census.all().restless, census.all().running), (1, 2));
        assert_eq!(census.restless().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["a"]);
        census.changed(Some(&unready), Some(&ready));
        assert_eq!(numbers(&census)[0], [(1, 1)]);
        assert_eq!(census.restless().count(), 0);
        census.changed(Some(&orphan), Some(&pod("b", "u", true)));
        assert_eq!(numbers(&census), [vec![(2, 2)], vec![], vec![(2, 2)]]);
        census.changed(Some(&ready), None);
        census.changed(Some(&pod("b", "u", true)), None);
        assert!(numbers(&census).iter().all(Vec::is_empty));
        assert_eq!(census.all(), Tally::default());
    }
}
