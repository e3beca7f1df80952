//! What would make a pod fit: changes, each tried on a copy of the cluster with the scheduler's own filters.
//!
//! ```text
//! a pod that asks for 3 CPU; node-1 has 2 free, node-2 is cordoned
//!   ask for at most 2 cpu    -> node-1
//!   uncordon node-2          -> node-2
//! ```
//!
//! First single changes are tried. If none of them is enough, pairs are. Nothing here is done to the cluster:
//! the scheduler itself never looks for remedies, a person has to.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Namespace, Node, Taint, Toleration};
use smol_str::{SmolStr, format_smolstr};

use super::cluster::{Cluster, View};
use super::cycle::Filters;
use super::plugins::Incoming;
use crate::object::{Object, Pod, Resource};

/// Changes that are tried, at most; a large cluster has more nodes than anybody would read about.
const TRIED_MAX: usize = 40;
/// The name of a node that is thought of.
const ANOTHER: &str = "another-node";

/// A change that would make the pod fit, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// What to change, one thing or two.
    pub changes: Vec<Change>,
    /// The nodes that the pod would fit on then.
    pub nodes: Vec<SmolStr>,
}

/// One change to the pod or to the cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The pod asks for no more than this: thousandths of a CPU, bytes.
    AskForLess(Option<i64>, Option<i64>),
    /// The pod tolerates this taint.
    Tolerate(Taint),
    /// The pod has no node selector and no node affinity.
    AnyNode,
    /// The pod asks for no ports of the node.
    NoHostPorts,
    /// The pod has no rules on spreading.
    NoSpread,
    /// The pod has no rules on the company of other pods.
    AnyCompany,
    /// A cordoned node takes pods again.
    Uncordon(SmolStr),
    /// There is another node like this one, with nothing on it.
    AnotherNode(SmolStr),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AskForLess(cpu, memory) => {
                let cpu = cpu.map(|milli| match milli % 1000 {
                    0 => format!("{} cpu", milli / 1000),
                    _ => format!("{milli}m cpu"),
                });
                let memory = memory.map(|bytes| format!("{}Mi memory", bytes >> 20));
                let both: Vec<String> = [cpu, memory].into_iter().flatten().collect();
                write!(f, "the pod asks for at most {}", both.join(" and "))
            }
            Self::Tolerate(taint) => {
                let value = taint.value.as_deref().map(|value| format!("={value}")).unwrap_or_default();
                write!(f, "the pod tolerates {}{value}:{}", taint.key, taint.effect)
            }
            Self::AnyNode => f.write_str("the pod has no nodeSelector and no node affinity"),
            Self::NoHostPorts => f.write_str("the pod asks for no hostPort"),
            Self::NoSpread => f.write_str("the pod has no topologySpreadConstraints"),
            Self::AnyCompany => f.write_str("the pod has no rules on other pods (affinity, anti-affinity)"),
            Self::Uncordon(node) => write!(f, "kubectl uncordon {node}"),
            Self::AnotherNode(like) => write!(f, "one more node like {like}"),
        }
    }
}

impl Cluster {
    /// The cluster that these Nodes, Pods and Namespaces make, with nothing assumed.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        let mut cluster = Self::default();
        for object in objects {
            if let Some(node) = Node::shared(object) {
                cluster.set_node(&node.key().name, Arc::clone(node));
            } else if let Some(namespace) = Namespace::shared(object) {
                cluster.set_namespace(namespace.key().name, namespace.metadata.labels.clone());
            } else if let Some(pod) = Pod::shared(object).filter(|pod| !pod.is_finished())
                && let Some(node) = &pod.node
            {
                cluster.place(pod.key(), node, Arc::clone(pod));
            }
        }
        cluster
    }
}

/// A filter's no, as if it were asked alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The plugin: `NodeResourcesFit`.
    pub plugin: &'static str,
    /// In words: `Insufficient cpu`.
    pub reasons: Vec<SmolStr>,
}

/// Every filter's word on every node, whether or not an earlier one has said no already: the node, and who says no
/// with the reasons.
pub fn objections(cluster: &Cluster, pod: &Arc<Pod>) -> Vec<(SmolStr, Vec<Objection>)> {
    let incoming = Incoming::of(pod);
    let filters = Filters::prepare(&incoming, View::of(cluster));
    let of = |info| {
        let all = filters.ask_all(info).into_iter();
        all.map(|no| Objection { plugin: no.plugin.name(), reasons: no.reasons }).collect()
    };
    cluster.nodes().map(|info| (info.name.clone(), of(info))).collect()
}

/// What would make the pod fit that fits nowhere; nothing if it fits, or if no two changes are enough.
pub fn remedies(cluster: &Cluster, pod: &Arc<Pod>) -> Vec<Remedy> {
    if !fitting(cluster, pod, &[]).is_empty() {
        return Vec::new();
    }
    let changes = candidates(cluster, pod);
    let remedy = |changes: Vec<Change>| {
        let nodes = fitting(cluster, pod, &changes);
        (!nodes.is_empty()).then_some(Remedy { changes, nodes })
    };
    let single: Vec<Remedy> = changes.iter().filter_map(|change| remedy(vec![change.clone()])).collect();
    if !single.is_empty() {
        return single;
    }
    let pairs = changes.iter().enumerate().flat_map(|(index, first)| {
        changes.iter().skip(index + 1).map(|second| vec![first.clone(), second.clone()])
    });
    pairs.filter_map(remedy).collect()
}

/// The changes that might help, judged by what the pod and the nodes are like.
fn candidates(cluster: &Cluster, pod: &Arc<Pod>) -> Vec<Change> {
    let spec = &pod.spec;
    let affinity = spec.affinity.as_ref();
    let has_ports = spec.containers.iter().flat_map(|container| container.ports.iter().flatten());
    let company = |affinity: &&k8s_openapi::api::core::v1::Affinity| {
        affinity.pod_affinity.is_some() || affinity.pod_anti_affinity.is_some()
    };
    let of_pod = [
        (spec.node_selector.is_some() || affinity.is_some_and(|it| it.node_affinity.is_some()))
            .then_some(Change::AnyNode),
        has_ports.into_iter().any(|port| port.host_port.is_some()).then_some(Change::NoHostPorts),
        spec.topology_spread_constraints.is_some().then_some(Change::NoSpread),
        affinity.filter(company).map(|_| Change::AnyCompany),
    ];
    let mut all: Vec<Change> = of_pod.into_iter().flatten().collect();
    all.extend(lesser_requests(cluster, pod));
    let mut taints = BTreeSet::new();
    for info in cluster.nodes() {
        for taint in info.taints().iter().filter(|taint| taint.effect != "PreferNoSchedule") {
            let is_cordon = taint.key == "node.kubernetes.io/unschedulable";
            if !is_cordon && taints.insert((&taint.key, &taint.value, &taint.effect)) {
                all.push(Change::Tolerate(taint.clone()));
            }
        }
    }
    let cordoned = cluster.nodes().filter(|info| info.is_cordoned());
    all.extend(cordoned.map(|info| Change::Uncordon(info.name.clone())));
    // Nodes of one size are one candidate.
    let mut sizes = Vec::new();
    for info in cluster.nodes().filter(|info| !info.is_cordoned() && info.taints().is_empty()) {
        let size = (info.allocatable.clone(), info.pods_max);
        if !sizes.contains(&size) {
            sizes.push(size);
            all.push(Change::AnotherNode(info.name.clone()));
        }
    }
    all.truncate(TRIED_MAX);
    all
}

/// What is free on each node where that is less than what the pod asks for, most first.
fn lesser_requests(cluster: &Cluster, pod: &Arc<Pod>) -> Vec<Change> {
    let asked = Incoming::of(pod).demand.requests.clone();
    let mut free: Vec<(Option<i64>, Option<i64>)> = cluster
        .nodes()
        .map(|info| {
            let cpu = (info.allocatable.cpu_milli - info.requested.cpu_milli).max(0);
            let memory = (info.allocatable.memory - info.requested.memory).max(0);
            ((asked.cpu_milli > cpu).then_some(cpu), (asked.memory > memory).then_some(memory))
        })
        .filter(|less| *less != (None, None))
        .collect();
    free.sort_by(|a, b| b.cmp(a));
    free.dedup();
    free.into_iter().map(|(cpu, memory)| Change::AskForLess(cpu, memory)).collect()
}

/// The nodes on which the pod would fit after these changes.
fn fitting(cluster: &Cluster, pod: &Arc<Pod>, changes: &[Change]) -> Vec<SmolStr> {
    let mut changed = Pod::clone(pod);
    let mut cluster = cluster.clone();
    for change in changes {
        change.make(&mut changed, &mut cluster);
    }
    let mut incoming = Incoming::of(&Arc::new(changed));
    for change in changes {
        if let Change::AskForLess(cpu, memory) = change {
            let requests = &mut Arc::make_mut(&mut incoming.demand).requests;
            requests.cpu_milli = requests.cpu_milli.min(cpu.unwrap_or(i64::MAX));
            requests.memory = requests.memory.min(memory.unwrap_or(i64::MAX));
        }
    }
    let filters = Filters::prepare(&incoming, View::of(&cluster));
    let open = cluster.nodes().filter(|info| filters.ask(info).1.is_none());
    open.map(|info| info.name.clone()).collect()
}

impl Change {
    /// Makes the change, as far as it is one of the objects.
    fn make(&self, pod: &mut Pod, cluster: &mut Cluster) {
        let spec = Arc::make_mut(&mut pod.spec);
        match self {
            Self::AskForLess(..) => {}
            Self::Tolerate(taint) => spec.tolerations.get_or_insert_default().push(Toleration {
                key: Some(taint.key.clone()),
                operator: Some("Exists".into()),
                effect: Some(taint.effect.clone()),
                ..Toleration::default()
            }),
            Self::AnyNode => {
                spec.node_selector = None;
                if let Some(affinity) = &mut spec.affinity {
                    affinity.node_affinity = None;
                }
            }
            Self::NoHostPorts => {
                for port in
                    spec.containers.iter_mut().flat_map(|container| container.ports.iter_mut().flatten())
                {
                    port.host_port = None;
                }
            }
            Self::NoSpread => spec.topology_spread_constraints = None,
            Self::AnyCompany => {
                if let Some(affinity) = &mut spec.affinity {
                    (affinity.pod_affinity, affinity.pod_anti_affinity) = (None, None);
                }
            }
            Self::Uncordon(name) => {
                if let Some(node) = cluster.node(name).and_then(|info| info.node.clone()) {
                    let mut node = Node::clone(&node);
                    if let Some(spec) = &mut node.spec {
                        spec.unschedulable = None;
                        let taints = spec.taints.iter_mut();
                        taints.for_each(|all| {
                            all.retain(|taint| taint.key != "node.kubernetes.io/unschedulable")
                        });
                    }
                    cluster.set_node(name, Arc::new(node));
                }
            }
            Self::AnotherNode(like) => {
                if let Some(node) = cluster.node(like).and_then(|info| info.node.clone()) {
                    let mut node = Node::clone(&node);
                    node.metadata.name = Some(ANOTHER.to_owned());
                    let labels = node.metadata.labels.get_or_insert_default();
                    labels.insert("kubernetes.io/hostname".to_owned(), ANOTHER.to_owned());
                    cluster.set_node(&format_smolstr!("{ANOTHER}"), Arc::new(node));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::fixture::{asking, node, pod};
    use serde_json::json;

    fn cluster(nodes: &[Arc<Node>]) -> Cluster {
        let mut cluster = Cluster::default();
        for node in nodes {
            cluster.set_node(&node.key().name, Arc::clone(node));
        }
        cluster
    }

    fn told(cluster: &Cluster, pod: &Arc<Pod>) -> Vec<String> {
        let words = |remedy: Remedy| {
            let changes: Vec<String> = remedy.changes.iter().map(Change::to_string).collect();
            format!("{} -> {}", changes.join(" + "), remedy.nodes.join(" "))
        };
        remedies(cluster, pod).into_iter().map(words).collect()
    }

    #[test]
    fn each_remedy_names_the_nodes_that_it_opens() {
        let cordoned = node("b", json!({"spec": {"unschedulable": true}}));
        let mut cluster = cluster(&[node("a", json!({})), cordoned]);
        cluster.place(asking("there", "2500m").key(), &"a".into(), asking("there", "2500m"));
        assert_eq!(
            told(&cluster, &asking("new", "3")),
            [
                "the pod asks for at most 1500m cpu -> a",
                "kubectl uncordon b -> b",
                "one more node like a -> another-node",
            ]
        );
    }

    #[test]
    fn what_fits_needs_no_remedy() {
        assert!(told(&cluster(&[node("a", json!({}))]), &asking("new", "3")).is_empty());
    }

    #[test]
    fn two_changes_are_tried_where_one_is_not_enough() {
        let taint = json!({"spec": {"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]}});
        let picky = pod("picky", json!({"spec": {"nodeSelector": {"disk": "ssd"}}}));
        let cluster = cluster(&[node("a", taint)]);
        assert_eq!(
            told(&cluster, &picky),
            ["the pod has no nodeSelector and no node affinity + the pod tolerates gpu=yes:NoSchedule -> a"]
        );
        let all = objections(&cluster, &picky);
        let plugins: Vec<&str> = all[0].1.iter().map(|no| no.plugin).collect();
        assert_eq!(
            plugins,
            ["TaintToleration", "NodeAffinity"],
            "all that stand in the way, not the first alone"
        );
    }
}
