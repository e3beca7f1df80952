//! The scheduler's picture of the cluster: nodes with their sums, and who is where.
//!
//! It is fed by watches, but it also holds *assumptions*: a pod counts on its node from the moment it is
//! chosen, before the API server has agreed, so that the next pod does not take the same room. An assumption
//! ends when the watch confirms the binding, when the binding fails, or when the pod goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::Node;
use smol_str::SmolStr;

use super::demand::Demand;
use super::node_info::{NodeInfo, PlacedPod};
use crate::object::{Key, Pod, StringMap, is_terminating};

/// The label that says in which zone a node is.
pub const ZONE: &str = "topology.kubernetes.io/zone";

#[derive(Clone, Debug)]
struct Place {
    node: SmolStr,
    uid: SmolStr,
    assumed: bool,
}

/// Nodes, the pods on them, and what is promised.
/// A clone shares what grows with them.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    nodes: OrdMap<SmolStr, Arc<NodeInfo>>,
    /// Names of the nodes that exist, zones taking turns, so that a sample has nodes of all of them.
    order: Arc<[SmolStr]>,
    places: OrdMap<Key, Place>,
    /// Pods for which others were preempted, by the node on which room is kept for them.
    nominated: BTreeMap<SmolStr, BTreeMap<Key, Arc<Demand>>>,
    /// On how many nodes an image is.
    images: BTreeMap<String, i64>,
    namespaces: BTreeMap<SmolStr, StringMap>,
}

impl Cluster {
    /// The nodes that exist, in the order in which they are looked at.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeInfo> {
        self.order.iter().filter_map(|name| self.node(name))
    }

    /// One node.
    pub fn node(&self, name: &str) -> Option<&NodeInfo> {
        self.nodes.get(name).map(|info| &**info)
    }

    /// The node at a place of the order.
    pub fn node_at(&self, index: usize) -> Option<&NodeInfo> {
        self.order.get(index).and_then(|name| self.node(name))
    }

    /// How many nodes exist.
    pub fn size(&self) -> usize {
        self.order.len()
    }

    /// On how many nodes an image is.
    pub fn nodes_with_image(&self, image: &str) -> i64 {
        self.images.get(image).copied().unwrap_or(0)
    }

    /// The labels of a namespace.
    pub fn namespace_labels(&self, namespace: &str) -> &StringMap {
        static NONE: StringMap = StringMap::new();
        self.namespaces.get(namespace).unwrap_or(&NONE)
    }

    /// Takes over a namespace's labels, or forgets it.
    pub fn set_namespace(&mut self, name: SmolStr, labels: Option<StringMap>) {
        match labels {
            Some(labels) => self.namespaces.insert(name, labels),
            None => self.namespaces.remove(&name),
        };
    }

    /// Takes over a node's newest state.
    pub fn set_node(&mut self, name: &SmolStr, node: Arc<Node>) {
        let new: Vec<String> = image_names(&node).cloned().collect();
        let info = self.nodes.entry(name.clone()).or_insert_with(|| Arc::new(NodeInfo::named(name.clone())));
        let old_node = info.node.clone();
        let old_zone = old_node.as_ref().map(|_| info.labels().get(ZONE).cloned());
        let info = Arc::make_mut(info);
        info.set_node(node);
        let same_place = old_zone.is_some_and(|zone| zone.as_ref() == info.labels().get(ZONE));
        if !old_node.as_ref().is_some_and(|old| image_names(old).eq(&new)) {
            self.count_images(old_node.iter().flat_map(|old| image_names(old)), -1);
            self.count_images(new.iter(), 1);
        }
        if !same_place {
            self.put_in_order();
        }
    }

    /// Forgets a node; its pods are remembered until they go too.
    pub fn remove_node(&mut self, name: &SmolStr) {
        let Some(info) = self.nodes.get_mut(name) else { return };
        let old = Arc::make_mut(info).node.take();
        if info.pods.is_empty() {
            self.nodes.remove(name);
        }
        self.count_images(old.iter().flat_map(|old| image_names(old)), -1);
        self.put_in_order();
    }

    /// Whether this very pod has a place, assumed or bound.
    pub fn is_placed(&self, key: &Key, uid: &str) -> bool {
        self.places.get(key).is_some_and(|place| place.uid == uid)
    }

    /// A pod that has a place, as it was last seen.
    pub fn placed(&self, key: &Key) -> Option<&PlacedPod> {
        self.node(&self.places.get(key)?.node)?.pods.get(key)
    }

    /// Counts a pod on a node before the API server has agreed.
    pub fn assume(&mut self, key: Key, node: &SmolStr, pod: Arc<Pod>, demand: Arc<Demand>) {
        self.put(key, node, PlacedPod { pod, demand }, true);
    }

    /// A pod is on a node, says the API.
    pub fn place(&mut self, key: Key, node: &SmolStr, pod: Arc<Pod>) {
        let known = self.placed(&key).filter(|placed| Arc::ptr_eq(&placed.pod.spec, &pod.spec));
        let demand = known.map(|placed| Arc::clone(&placed.demand));
        let same_sums = known.is_some_and(|placed| {
            placed.pod.metadata.uid == pod.metadata.uid
                && is_terminating(&placed.pod.metadata) == is_terminating(&pod.metadata)
        });
        if let Some(place) = self.places.get_mut(&key).filter(|place| same_sums && place.node == *node) {
            // The usual case, a status write: nothing to add up.
            place.assumed = false;
            let info = self.nodes.get_mut(node).map(Arc::make_mut);
            if let Some(placed) = info.and_then(|info| info.pods.get_mut(&key)) {
                placed.pod = pod;
            }
            return;
        }
        let demand = demand.unwrap_or_else(|| Arc::new(Demand::of(&pod)));
        self.put(key, node, PlacedPod { pod, demand }, false);
    }

    fn put(&mut self, key: Key, node: &SmolStr, placed: PlacedPod, assumed: bool) {
        self.remove_pod(&key);
        let uid = placed.pod.metadata.uid.as_deref().unwrap_or("").into();
        self.places.insert(key.clone(), Place { node: node.clone(), uid, assumed });
        let info = self.nodes.entry(node.clone()).or_insert_with(|| Arc::new(NodeInfo::named(node.clone())));
        Arc::make_mut(info).add(key, placed);
    }

    /// Ends an assumption that did not come true. A confirmed place stays.
    pub fn forget(&mut self, key: &Key) -> Option<PlacedPod> {
        self.places.get(key).filter(|place| place.assumed)?;
        self.remove_pod(key)
    }

    /// A pod is gone, or has finished and takes nothing any more.
    pub fn remove_pod(&mut self, key: &Key) -> Option<PlacedPod> {
        let place = self.places.remove(key)?;
        let info = self.nodes.get_mut(&place.node)?;
        let placed = Arc::make_mut(info).remove(key);
        if info.node.is_none() && info.pods.is_empty() {
            self.nodes.remove(&place.node);
        }
        placed
    }

    /// Keeps room for a pod on a node, or no longer on any.
    pub fn nominate(&mut self, key: &Key, node: Option<(&SmolStr, Arc<Demand>)>) {
        if !self.nominated.is_empty() {
            self.nominated.retain(|_, pods| {
                pods.remove(key);
                !pods.is_empty()
            });
        }
        if let Some((node, demand)) = node {
            self.nominated.entry(node.clone()).or_default().insert(key.clone(), demand);
        }
    }

    /// What is kept on a node for pods of at least this priority, apart from the pod itself.
    pub fn kept_for_others(&self, node: &str, key: &Key, priority: i32) -> impl Iterator<Item = &Demand> {
        let kept = self.nominated.get(node).into_iter().flatten();
        kept.filter(move |(other, demand)| *other != key && demand.priority >= priority)
            .map(|(_, demand)| &**demand)
    }

    /// Whether anything is kept for anybody.
    pub fn keeps_something(&self) -> bool {
        !self.nominated.is_empty()
    }

    fn put_in_order(&mut self) {
        let mut zones: BTreeMap<&str, Vec<&SmolStr>> = BTreeMap::new();
        for (name, info) in self.nodes.iter().filter(|(_, info)| info.node.is_some()) {
            zones.entry(info.labels().get(ZONE).map_or("", String::as_str)).or_default().push(name);
        }
        let longest = zones.values().map(Vec::len).max().unwrap_or(0);
        let rounds = (0..longest).flat_map(|round| zones.values().filter_map(move |zone| zone.get(round)));
        self.order = rounds.map(|name| (*name).clone()).collect();
    }

    fn count_images<'a>(&mut self, names: impl Iterator<Item = &'a String>, by: i64) {
        for name in names {
            let count = self.images.entry(name.clone()).or_default();
            *count += by;
            if *count <= 0 {
                self.images.remove(name);
            }
        }
    }
}

fn image_names(node: &Node) -> impl Iterator<Item = &String> {
    let images = node.status.as_ref().and_then(|status| status.images.as_ref());
    images.into_iter().flatten().flat_map(|image| image.names.iter().flatten())
}

/// The cluster, with one node looked at as if it were different. Preemption asks so: what if those pods left?
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The node as it might be.
    pub instead: Option<&'a NodeInfo>,
}

impl<'a> View<'a> {
    /// The cluster as it is.
    pub fn of(cluster: &'a Cluster) -> Self {
        Self { cluster, instead: None }
    }

    /// The nodes.
    pub fn nodes(self) -> impl Iterator<Item = &'a NodeInfo> {
        self.cluster.nodes().map(move |info| match self.instead {
            Some(other) if other.name == info.name => other,
            _ => info,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::fixture::{node, pod};
    use serde_json::json;

    fn names(cluster: &Cluster) -> Vec<&str> {
        cluster.nodes().map(|info| info.name.as_str()).collect()
    }

    #[test]
    fn zones_take_turns() {
        let mut cluster = Cluster::default();
        for (name, zone) in [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")] {
            let node = node(name, json!({"metadata": {"labels": {ZONE: zone}}}));
            cluster.set_node(&name.into(), node);
        }
        assert_eq!(names(&cluster), ["a1", "b1", "a2", "a3"]);
        cluster.remove_node(&"a2".into());
        assert_eq!(names(&cluster), ["a1", "b1", "a3"]);
    }

    #[test]
    fn an_assumption_counts_until_it_fails_but_not_once_it_is_confirmed() {
        let mut cluster = Cluster::default();
        let name = SmolStr::from("n");
        cluster.set_node(&name, node("n", json!({})));
        let wants = pod(
            "web",
            json!({"spec": {"containers": [
                {"name": "c", "resources": {"requests": {"cpu": "1"}}, "ports": [{"containerPort": 1, "hostPort": 80}]},
            ]}}),
        );
        let key = Key::of(&wants.metadata);
        let demand = Arc::new(Demand::of(&wants));
        cluster.assume(key.clone(), &name, wants.clone(), demand.clone());
        assert_eq!(cluster.node("n").unwrap().requested.cpu_milli, 1000);
        assert!(cluster.forget(&key).is_some());
        let info = cluster.node("n").unwrap();
        assert!(info.requested.is_nothing() && info.ports.is_empty() && info.scoring == (0, 0));

        cluster.assume(key.clone(), &name, wants.clone(), demand);
        cluster.place(key.clone(), &name, wants);
        assert!(cluster.forget(&key).is_none(), "the API has confirmed it");
        assert_eq!(cluster.node("n").unwrap().requested.cpu_milli, 1000);
    }
}
