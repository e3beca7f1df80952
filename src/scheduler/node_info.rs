//! One node as the scheduler counts it.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Taint};
use smol_str::SmolStr;

use super::demand::Demand;
use super::resources::Resources;
use crate::object::quantity::units_of;
use crate::object::{HostPort, Key, Pod, StringMap, is_terminating, labels};

/// A pod on a node.
#[derive(Clone, Debug)]
pub struct PlacedPod {
    /// The pod as it was last seen.
    pub pod: Arc<Pod>,
    /// What it takes.
    pub demand: Arc<Demand>,
}

/// A node with the sums of what its pods take, kept as they come and go so that no attempt adds them up.
#[derive(Clone, Debug, Default)]
pub struct NodeInfo {
    /// Its name.
    pub name: SmolStr,
    /// The object; none while only pods speak of it.
    pub node: Option<Arc<Node>>,
    /// What it has for pods.
    pub allocatable: Resources,
    /// How many pods it may have.
    pub pods_max: usize,
    /// What its pods ask for.
    pub requested: Resources,
    /// The same with defaults for what is not stated: thousandths of a CPU and bytes.
    pub scoring: (i64, i64),
    /// Node ports in use and how often.
    pub ports: BTreeMap<HostPort, u32>,
    /// Its pods, bound or about to be.
    pub pods: BTreeMap<Key, PlacedPod>,
    /// How many pods of each group it has that are not about to go.
    pub groups: BTreeMap<SmolStr, i64>,
    /// How many of its pods have wishes about other pods.
    pub pods_with_company: usize,
}

impl NodeInfo {
    /// A node of this name without an object.
    pub fn named(name: SmolStr) -> Self {
        Self { name, ..Self::default() }
    }

    /// Takes over the object's newest state.
    pub fn set_node(&mut self, node: Arc<Node>) {
        let allocatable = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
        self.allocatable = Resources::of(allocatable);
        self.pods_max = usize::try_from(units_of(allocatable, "pods")).unwrap_or(0);
        self.node = Some(node);
    }

    /// Its labels.
    pub fn labels(&self) -> &StringMap {
        static NONE: StringMap = StringMap::new();
        self.node.as_ref().map_or(&NONE, |node| labels(&node.metadata))
    }

    /// Its taints.
    pub fn taints(&self) -> &[Taint] {
        let spec = self.node.as_ref().and_then(|node| node.spec.as_ref());
        spec.and_then(|spec| spec.taints.as_deref()).unwrap_or_default()
    }

    /// `spec.unschedulable`: it was cordoned.
    pub fn is_cordoned(&self) -> bool {
        let spec = self.node.as_ref().and_then(|node| node.spec.as_ref());
        spec.and_then(|spec| spec.unschedulable).unwrap_or(false)
    }

    /// Adds a pod.
    pub fn add(&mut self, key: Key, placed: PlacedPod) {
        let demand = &placed.demand;
        self.requested.add(&demand.requests);
        self.scoring.0 += demand.scoring.0;
        self.scoring.1 += demand.scoring.1;
        for port in &demand.ports {
            *self.ports.entry(port.clone()).or_default() += 1;
        }
        if let Some(group) = group_of(&placed) {
            *self.groups.entry(group).or_default() += 1;
        }
        self.pods_with_company += usize::from(demand.company.is_some());
        self.pods.insert(key, placed);
    }

    /// Takes a pod off.
    pub fn remove(&mut self, key: &Key) -> Option<PlacedPod> {
        let placed = self.pods.remove(key)?;
        let demand = &placed.demand;
        self.requested.subtract(&demand.requests);
        self.scoring.0 -= demand.scoring.0;
        self.scoring.1 -= demand.scoring.1;
        for port in &demand.ports {
            decrement(&mut self.ports, port);
        }
        if let Some(group) = group_of(&placed) {
            decrement(&mut self.groups, &group);
        }
        self.pods_with_company -= usize::from(demand.company.is_some());
        Some(placed)
    }
}

/// Pods that are about to go no longer count for spreading (`countPodsMatchSelector`).
fn group_of(placed: &PlacedPod) -> Option<SmolStr> {
    match is_terminating(&placed.pod.metadata) {
        true => None,
        false => placed.demand.group.clone(),
    }
}

fn decrement<K: Ord, N: Copy + From<u8> + PartialOrd + std::ops::Sub<Output = N>>(
    counts: &mut BTreeMap<K, N>,
    key: &K,
) {
    let one = N::from(1);
    match counts.get_mut(key) {
        Some(count) if *count > one => *count = *count - one,
        _ => {
            counts.remove(key);
        }
    }
}
