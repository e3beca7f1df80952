//! Spreading: not all of a pod's siblings in one zone or on one node.
//!
//! A pod may state constraints (`topologySpreadConstraints`). If it states none, the pods of one ReplicaSet or
//! StatefulSet are spread over zones and nodes all the same, but softly (`systemDefaultConstraints`): that is
//! why three replicas land on three nodes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::TopologySpreadConstraint;
use smol_str::SmolStr;

use super::node::tolerates_node;
use super::{Incoming, Plugin, Rejection, SCORE_MAX};
use crate::object::selector::{Requirement, Selector};
use crate::object::{Pod, is_terminating, labels};
use crate::scheduler::cluster::{View, ZONE};
use crate::scheduler::node_info::NodeInfo;

/// The label that names a node.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// Which pods count as siblings.
#[derive(Clone, Debug)]
enum Siblings {
    /// Those of the same owner.
    Group(SmolStr),
    /// Those with these labels in the same namespace.
    Selected(Selector),
}

impl Siblings {
    fn on(&self, node: &NodeInfo, incoming: &Incoming) -> i64 {
        match self {
            Self::Group(group) => node.groups.get(group).copied().unwrap_or(0),
            Self::Selected(selector) => {
                let of_namespace =
                    node.pods.iter().filter(|(key, _)| key.namespace == incoming.key.namespace);
                let counted = of_namespace.filter(|(_, placed)| {
                    let meta = &placed.pod.metadata;
                    !is_terminating(meta) && selector.matches(labels(meta))
                });
                counted.count() as i64
            }
        }
    }
}

/// One constraint, ready to be counted.
#[derive(Clone, Debug)]
struct Constraint {
    topology_key: String,
    max_skew: i64,
    siblings: Siblings,
    domains_min: usize,
    honors_affinity: bool,
    honors_taints: bool,
}

impl Constraint {
    fn stated(stated: &TopologySpreadConstraint, incoming: &Incoming) -> Self {
        let own = labels(&incoming.pod.metadata);
        // No selector picks no pod.
        let nothing = || Selector { requirements: vec![Requirement::In(String::new(), Vec::new())] };
        let mut selector = stated.label_selector.as_ref().map_or_else(nothing, Selector::from_api);
        for key in stated.match_label_keys.iter().flatten() {
            if let Some(value) = own.get(key) {
                selector.requirements.push(Requirement::In(key.clone(), vec![value.clone()]));
            }
        }
        Self {
            topology_key: stated.topology_key.clone(),
            max_skew: stated.max_skew.into(),
            siblings: Siblings::Selected(selector),
            domains_min: stated.min_domains.and_then(|min| usize::try_from(min).ok()).unwrap_or(1),
            honors_affinity: stated.node_affinity_policy.as_deref() != Some("Ignore"),
            honors_taints: stated.node_taints_policy.as_deref() == Some("Honor"),
        }
    }

    fn default_for(group: &SmolStr, topology_key: &str, max_skew: i64) -> Self {
        Self {
            topology_key: topology_key.to_owned(),
            max_skew,
            siblings: Siblings::Group(group.clone()),
            domains_min: 1,
            honors_affinity: true,
            honors_taints: false,
        }
    }

    /// Whether the node's pods count at all (`nodeAffinityPolicy`, `nodeTaintsPolicy`).
    fn includes(&self, node: &NodeInfo, incoming: &Incoming) -> bool {
        (!self.honors_affinity || incoming.matches_node(node))
            && (!self.honors_taints || tolerates_node(&incoming.pod, node))
    }
}

fn stated(incoming: &Incoming, when_unsatisfiable: &str) -> Vec<Constraint> {
    let all = incoming.pod.spec.topology_spread_constraints.iter().flatten();
    all.filter(|one| one.when_unsatisfiable == when_unsatisfiable)
        .map(|one| Constraint::stated(one, incoming))
        .collect()
}

fn has_all_keys(node: &NodeInfo, constraints: &[Constraint]) -> bool {
    constraints.iter().all(|constraint| node.labels().contains_key(&constraint.topology_key))
}

/// The constraints that must hold (`DoNotSchedule`), counted over the cluster.
#[derive(Clone, Debug, Default)]
pub struct HardSpread {
    constraints: Vec<Constraint>,
    /// Siblings by value of the constraint's topology key.
    counts: Vec<BTreeMap<String, i64>>,
    /// Whether the pod is one of its own siblings.
    counts_itself: Vec<bool>,
}

impl HardSpread {
    /// Counts.
    pub fn prepare(incoming: &Incoming, view: View<'_>) -> Self {
        let constraints = stated(incoming, "DoNotSchedule");
        let mut counts = vec![BTreeMap::new(); constraints.len()];
        if !constraints.is_empty() {
            for node in view.nodes().filter(|node| has_all_keys(node, &constraints)) {
                for (constraint, counts) in constraints.iter().zip(&mut counts) {
                    let value = node.labels().get(&constraint.topology_key);
                    if let Some(value) = value.filter(|_| constraint.includes(node, incoming)) {
                        *counts.entry(value.clone()).or_insert(0) += constraint.siblings.on(node, incoming);
                    }
                }
            }
        }
        let own = labels(&incoming.pod.metadata);
        let counts_itself = constraints.iter().map(|constraint| match &constraint.siblings {
            Siblings::Selected(selector) => selector.matches(own),
            Siblings::Group(_) => true,
        });
        Self { counts_itself: counts_itself.collect(), constraints, counts }
    }

    /// The node's place may have at most `maxSkew` more siblings than the emptiest place.
    pub fn filter(&self, node: &NodeInfo) -> Option<Rejection> {
        let each = self.constraints.iter().zip(&self.counts).zip(&self.counts_itself);
        for ((constraint, counts), counts_itself) in each {
            let Some(value) = node.labels().get(&constraint.topology_key) else {
                let reason = "node(s) didn't match pod topology spread constraints (missing required label)";
                return Some(Rejection::final_(Plugin::PodTopologySpread, reason));
            };
            let least = match counts.len() < constraint.domains_min {
                true => 0,
                false => counts.values().copied().min().unwrap_or(0),
            };
            let here = counts.get(value).copied().unwrap_or(0) + i64::from(*counts_itself);
            if here - least > constraint.max_skew {
                let reason = "node(s) didn't match pod topology spread constraints";
                return Some(Rejection::resolvable(Plugin::PodTopologySpread, reason));
            }
        }
        None
    }
}

/// Whether a node has the labels by which the pod must be spread.
pub fn concerns_node(incoming: &Incoming, node: &NodeInfo) -> bool {
    has_all_keys(node, &stated(incoming, "DoNotSchedule"))
}

/// Whether the pod must be spread with respect to this other one.
pub fn concerns_pod(incoming: &Incoming, other: &Pod) -> bool {
    let same_namespace = other.metadata.namespace == incoming.pod.metadata.namespace;
    let mut constraints = stated(incoming, "DoNotSchedule").into_iter();
    same_namespace
        && constraints.any(|constraint| match constraint.siblings {
            Siblings::Selected(selector) => selector.matches(labels(&other.metadata)),
            Siblings::Group(_) => false,
        })
}

/// Siblings that each node would give the pod, weighted; less is better. None if the pod has no soft
/// constraint, stated or by default.
pub fn scores<'a>(
    incoming: &Incoming,
    view: View<'a>,
    feasible: &[&'a NodeInfo],
) -> Option<Vec<Option<i64>>> {
    let is_stated = incoming.pod.spec.topology_spread_constraints.as_ref().is_some_and(|all| !all.is_empty());
    let constraints = match (is_stated, &incoming.demand.group) {
        (true, _) => stated(incoming, "ScheduleAnyway"),
        (false, Some(group)) => {
            vec![Constraint::default_for(group, HOSTNAME, 3), Constraint::default_for(group, ZONE, 5)]
        }
        (false, None) => Vec::new(),
    };
    if constraints.is_empty() {
        return None;
    }
    // A cluster without zones is still spread over nodes by default.
    let counted = |node: &NodeInfo| !is_stated || has_all_keys(node, &constraints);
    let tables: Vec<Table<'_>> = constraints
        .iter()
        .map(|constraint| Table::count(constraint, incoming, view, feasible, &counted))
        .collect();
    let score = |node: &&NodeInfo| {
        counted(node).then(|| {
            let parts = constraints.iter().zip(&tables).filter_map(|(constraint, table)| {
                let value = node.labels().get(&constraint.topology_key)?;
                let siblings = match table.per_node {
                    true => constraint.siblings.on(node, incoming),
                    false => table.counts.get(value.as_str()).copied().unwrap_or(0),
                };
                Some(siblings * table.weight_micro + (constraint.max_skew - 1) * 1_000_000)
            });
            (parts.sum::<i64>() + 500_000) / 1_000_000
        })
    };
    Some(feasible.iter().map(score).collect())
}

/// Siblings per value of a topology key, and what one of them weighs.
struct Table<'a> {
    per_node: bool,
    counts: BTreeMap<&'a str, i64>,
    weight_micro: i64,
}

impl<'a> Table<'a> {
    fn count(
        constraint: &Constraint,
        incoming: &Incoming,
        view: View<'a>,
        feasible: &[&'a NodeInfo],
        counted: &impl Fn(&NodeInfo) -> bool,
    ) -> Self {
        let candidates = || feasible.iter().filter(|node| counted(node));
        if constraint.topology_key == HOSTNAME {
            let size = candidates().count();
            return Self { per_node: true, counts: BTreeMap::new(), weight_micro: topology_weight(size) };
        }
        let value =
            |node: &'a NodeInfo| node.labels().get(&constraint.topology_key).map_or("", String::as_str);
        let mut counts: BTreeMap<&str, i64> = candidates().map(|node| (value(node), 0)).collect();
        for node in view.nodes().filter(|node| counted(node) && constraint.includes(node, incoming)) {
            if let Some(count) = counts.get_mut(value(node)) {
                *count += constraint.siblings.on(node, incoming);
            }
        }
        let weight_micro = topology_weight(counts.len());
        Self { per_node: false, counts, weight_micro }
    }
}

/// Brings sibling counts to 0..=100, the emptiest place best (`PodTopologySpread.NormalizeScore`).
pub fn normalize(scores: &[Option<i64>]) -> Vec<i64> {
    let known = || scores.iter().flatten().copied();
    let (min, max) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
    let share = |score: &Option<i64>| match score {
        None => 0,
        Some(_) if max == 0 => SCORE_MAX,
        Some(score) => SCORE_MAX * (max + min - score) / max,
    };
    scores.iter().map(share).collect()
}

/// `ln(size + 2)` in millionths: the more places there are, the more each sibling in one of them weighs. In
/// integers, so that it is the same on every machine.
fn topology_weight(size: usize) -> i64 {
    const LN_2_MICRO: u64 = 693_147;
    let number = size as u64 + 2;
    let whole = u64::from(number.ilog2());
    // The fraction of the binary logarithm bit by bit: square, and see whether it passes 2.
    let mut mantissa = if whole <= 31 { number << (31 - whole) } else { number >> (whole - 31) };
    let mut fraction = 0_u64;
    for _ in 0..24 {
        mantissa = (mantissa * mantissa) >> 31;
        fraction <<= 1;
        if mantissa >> 32 != 0 {
            mantissa >>= 1;
            fraction |= 1;
        }
    }
    (((whole << 24 | fraction) * LN_2_MICRO) >> 24) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Key;
    use crate::scheduler::cluster::Cluster;
    use crate::scheduler::fixture::{node, pod};
    use serde_json::{Value, json};

    fn cluster(zones: &[&str]) -> Cluster {
        let mut cluster = Cluster::default();
        for (index, zone) in zones.iter().enumerate() {
            let name = format!("n{index}");
            cluster
                .set_node(&name.as_str().into(), node(&name, json!({"metadata": {"labels": {ZONE: zone}}})));
        }
        cluster
    }

    fn put(cluster: &mut Cluster, name: &str, at: &str, changes: Value) {
        let mut labels = json!({"metadata": {"labels": {"app": "web"}}});
        if let (Some(base), Some(more)) = (labels["metadata"].as_object_mut(), changes.as_object()) {
            base.extend(more.clone());
        }
        cluster.place(Key::new("default", name), &at.into(), pod(name, labels));
    }

    fn spreading(key: &str) -> Incoming {
        let constraint = json!({
            "maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "web"}},
        });
        let changes = json!({
            "metadata": {"labels": {"app": "web"}}, "spec": {"topologySpreadConstraints": [constraint]},
        });
        Incoming::of(&pod("new", changes))
    }

    #[test]
    fn the_weight_is_the_natural_logarithm() {
        for (size, weight) in
            [(0, 693_147), (1, 1_098_612), (3, 1_609_437), (98, 4_605_170), (5000, 8_517_593)]
        {
            assert!((topology_weight(size) - weight).abs() <= 6, "{size}: {}", topology_weight(size));
        }
    }

    #[test]
    fn a_place_may_be_at_most_the_skew_ahead() {
        let mut cluster = cluster(&["a", "a", "b"]);
        put(&mut cluster, "one", "n0", json!({}));
        let incoming = spreading(ZONE);
        let spread = HardSpread::prepare(&incoming, View::of(&cluster));
        let rejected = |name: &str| {
            spread.filter(cluster.node(name).unwrap()).map(|no| (no.reasons[0].clone(), no.resolvable))
        };
        let full = Some(("node(s) didn't match pod topology spread constraints".into(), true));
        assert_eq!((rejected("n0"), rejected("n1"), rejected("n2")), (full.clone(), full, None));

        let by_rack = HardSpread::prepare(&spreading("rack"), View::of(&cluster));
        let rejection = by_rack.filter(cluster.node("n0").unwrap()).unwrap();
        assert!(rejection.reasons[0].ends_with("(missing required label)") && !rejection.resolvable);
    }

    #[test]
    fn siblings_that_are_about_to_go_do_not_count() {
        let mut cluster = cluster(&["a", "b"]);
        put(&mut cluster, "one", "n0", json!({"deletionTimestamp": "2026-01-01T00:00:00Z"}));
        let incoming = spreading(ZONE);
        let spread = HardSpread::prepare(&incoming, View::of(&cluster));
        assert_eq!(spread.filter(cluster.node("n0").unwrap()), None);
    }

    #[test]
    fn replicas_are_spread_softly_by_default() {
        let owned = |name: &str| {
            let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "rs", "controller": true}]);
            pod(name, json!({"metadata": {"ownerReferences": owner}}))
        };
        let mut cluster = cluster(&["a", "b", "c"]);
        cluster.place(Key::new("default", "one"), &"n1".into(), owned("one"));
        let incoming = Incoming::of(&owned("two"));
        let nodes: Vec<&NodeInfo> = cluster.nodes().collect();
        let raw = scores(&incoming, View::of(&cluster), &nodes).unwrap();
        // max skews 3 and 5 give 2 + 4; a sibling weighs ln 5 for the node and ln 5 for the zone.
        assert_eq!(raw, [Some(6), Some(9), Some(6)]);
        assert_eq!(normalize(&raw), [100, 66, 100]);
        assert!(scores(&Incoming::of(&pod("bare", json!({}))), View::of(&cluster), &nodes).is_none());
    }
}
