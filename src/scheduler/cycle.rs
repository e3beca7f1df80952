//! One attempt to find a node for a pod: filter, score, choose.
//!
//! Nothing is changed here. The attempt reads the cluster as the scheduler counts it and yields a
//! [`Decision`], with the whole table of who said what.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::cluster::{Cluster, View};
use super::message;
use super::node_info::NodeInfo;
use super::plugins::inter_pod_affinity::{self, Neighbours};
use super::plugins::topology_spread::{self, HardSpread};
use super::plugins::volume_binding;
use super::plugins::{
    FILTERS, Incoming, Plugin, Rejection, SCORES, fit, image_locality, node, node_affinity, normalize_by_max,
};
use super::preemption::{self, Preemption};
use crate::client::{Explanation, NodeExplanation, NodeRejection, PluginScore};
use crate::object::{Kind, ObjectRef};
use crate::time::VirtualTime;

/// Up to so many nodes are always enough to choose from (`minFeasibleNodesToFind`).
const ENOUGH_NODES: usize = 100;
/// At least this percentage of a larger cluster is looked for (`minFeasibleNodesPercentageToFind`).
const ENOUGH_PERCENT_MIN: usize = 5;
/// Rows that an explanation keeps.
const ROWS_MAX: usize = 50;

/// Everything that the filters need to know about the pod and the cluster, gathered once per attempt.
pub struct Filters<'a> {
    incoming: &'a Incoming,
    cluster: &'a Cluster,
    spread: HardSpread,
    neighbours: Neighbours,
}

impl<'a> Filters<'a> {
    /// Gathers it.
    pub fn prepare(incoming: &'a Incoming, view: View<'a>) -> Self {
        Self {
            incoming,
            cluster: view.cluster,
            spread: HardSpread::prepare(incoming, view),
            neighbours: Neighbours::prepare(incoming, view),
        }
    }

    /// Asks the filters in order up to the first that says no; with how many said yes.
    pub fn ask(&self, info: &NodeInfo) -> (usize, Option<Rejection>) {
        let first = (0..FILTERS.len()).find_map(|filter| Some((filter, self.verdict(filter, info)?)));
        match first {
            Some((filter, rejection)) => (filter, Some(rejection)),
            None => (FILTERS.len(), None),
        }
    }

    /// Asks every filter, as if none of the others had said no.
    pub fn ask_all(&self, info: &NodeInfo) -> Vec<Rejection> {
        (0..FILTERS.len()).filter_map(|filter| self.verdict(filter, info)).collect()
    }

    fn verdict(&self, filter: usize, info: &NodeInfo) -> Option<Rejection> {
        let incoming = self.incoming;
        match filter {
            0 => node::unschedulable(incoming, info),
            1 => node::name(incoming, info),
            2 => node::taints(incoming, info),
            3 => node_affinity::filter(incoming, info),
            4 => node::ports(incoming, info, self.cluster),
            5 => fit::filter(incoming, info, self.cluster),
            6 => self.spread.filter(info),
            _ => self.neighbours.filter(incoming, info),
        }
    }
}

/// What became of a node that was looked at.
pub struct Looked<'a> {
    /// The node.
    pub info: &'a NodeInfo,
    /// How many filters it passed.
    pub passed: usize,
    /// The filter that rejected it.
    pub rejected: Option<Rejection>,
}

/// What an attempt yields.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The table.
    pub explanation: Arc<Explanation>,
    /// How many nodes were looked at: the next attempt starts behind them.
    pub evaluated: usize,
    /// What is to be done.
    pub outcome: Outcome,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Bind the pod to this node.
    Bind(SmolStr),
    /// No node will do.
    Fail(Failure),
}

/// Why no node will do.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The message of the event and of the condition.
    pub message: String,
    /// Which filters said no.
    pub rejectors: Vec<Plugin>,
    /// Whether making room would help.
    pub preemption: Preemption,
}

/// Tries to place a pod. `start` says where in the cluster to begin, `draw` decides between equals.
pub fn attempt(
    cluster: &Cluster,
    incoming: &Incoming,
    now: VirtualTime,
    start: usize,
    draw: u64,
) -> Decision {
    let view = View::of(cluster);
    let filters = Filters::prepare(incoming, view);
    let missing = volume_binding::missing(&incoming.pod);
    let looked = match &missing {
        Some(_) => Vec::new(),
        None => nominated_only(incoming, cluster, &filters)
            .unwrap_or_else(|| look(incoming, cluster, &filters, start)),
    };
    let feasible: Vec<&NodeInfo> =
        looked.iter().filter(|one| one.rejected.is_none()).map(|one| one.info).collect();
    let mut rows: Vec<NodeExplanation> = looked.iter().map(row).collect();
    if feasible.len() > 1 {
        let scored = score(incoming, view, &feasible);
        let open = rows.iter_mut().filter(|row| row.rejected.is_none());
        for (row, scores) in open.zip(scored) {
            row.total = scores.iter().map(|score| score.weighted).sum();
            row.scores = scores;
        }
    }
    let chosen = choose(&rows, draw);
    let (outcome, message) = match chosen {
        Some(index) => (Outcome::Bind(rows[index].node.clone()), praise(&rows, index)),
        None => {
            let failure = match missing {
                Some(why) => fail_before(cluster, &why),
                None => fail(cluster, incoming, &looked),
            };
            let message = SmolStr::from(failure.message.as_str());
            (Outcome::Fail(failure), message)
        }
    };
    let chosen = chosen.map(|index| rows[index].node.clone());
    let explanation = Explanation {
        pod: ObjectRef::new(Kind::Pod, incoming.key.clone()),
        at: now,
        nodes_total: cluster.size(),
        nodes_evaluated: looked.len(),
        nodes: abridge(rows, chosen.as_ref()),
        chosen,
        message,
    };
    Decision { explanation: Arc::new(explanation), evaluated: looked.len(), outcome }
}

/// A pod for which room was made looks at that node first, and only there if it fits.
fn nominated_only<'a>(
    incoming: &Incoming,
    cluster: &'a Cluster,
    filters: &Filters<'_>,
) -> Option<Vec<Looked<'a>>> {
    let name = incoming.pod.status.nominated_node_name.as_deref().filter(|name| !name.is_empty())?;
    let info = cluster.node(name).filter(|info| info.node.is_some())?;
    let (passed, rejected) = filters.ask(info);
    rejected.is_none().then(|| vec![Looked { info, passed, rejected }])
}

/// Looks at nodes, beginning at `start`, until enough of them will do.
fn look<'a>(
    incoming: &Incoming,
    cluster: &'a Cluster,
    filters: &Filters<'_>,
    start: usize,
) -> Vec<Looked<'a>> {
    let (size, enough) = (cluster.size(), enough_nodes(cluster.size()));
    let mut looked = Vec::with_capacity(size.min(2 * enough));
    let mut feasible = 0;
    // Rows of a small cluster stay in node order; only the ties would tell where it started.
    let start = if enough == size { 0 } else { start };
    for offset in 0..size {
        if feasible == enough {
            break;
        }
        let Some(info) = cluster.node_at((start + offset) % size) else { continue };
        if incoming.only.as_ref().is_some_and(|only| !only.contains(info.name.as_str())) {
            continue;
        }
        let (passed, rejected) = filters.ask(info);
        feasible += usize::from(rejected.is_none());
        looked.push(Looked { info, passed, rejected });
    }
    looked
}

/// How many suitable nodes are enough to choose from (`numFeasibleNodesToFind`).
fn enough_nodes(size: usize) -> usize {
    if size < ENOUGH_NODES {
        return size;
    }
    let percent = 50_usize.saturating_sub(size / 125).max(ENOUGH_PERCENT_MIN);
    (size * percent / 100).max(ENOUGH_NODES)
}

fn score(incoming: &Incoming, view: View<'_>, feasible: &[&NodeInfo]) -> Vec<Vec<PluginScore>> {
    let mut table: Vec<Vec<PluginScore>> = vec![Vec::with_capacity(SCORES.len()); feasible.len()];
    for (plugin, weight) in SCORES {
        let Some((raw, normal)) = score_by(plugin, incoming, view, feasible) else { continue };
        for ((row, raw), normal) in table.iter_mut().zip(raw).zip(normal) {
            row.push(PluginScore { plugin: plugin.name(), raw, weighted: weight * normal });
        }
    }
    table
}

/// What a plugin gives to each node, raw and from 0 to 100; none if it has no opinion about this pod.
fn score_by(
    plugin: Plugin,
    incoming: &Incoming,
    view: View<'_>,
    feasible: &[&NodeInfo],
) -> Option<(Vec<i64>, Vec<i64>)> {
    let each = |of: &dyn Fn(&NodeInfo) -> i64| feasible.iter().map(|info| of(info)).collect::<Vec<_>>();
    let as_is = |raw: Vec<i64>| (raw.clone(), raw);
    let by_max = |raw: Vec<i64>, reversed| {
        let mut normal = raw.clone();
        normalize_by_max(&mut normal, reversed);
        (raw, normal)
    };
    let wishes = node_affinity::preferred(&incoming.pod.spec);
    match plugin {
        Plugin::TaintToleration => Some(by_max(each(&|info| node::taint_score(incoming, info)), true)),
        Plugin::NodeAffinity if wishes.is_empty() => None,
        Plugin::NodeAffinity => Some(by_max(each(&|info| node_affinity::score(wishes, info)), false)),
        Plugin::NodeResourcesFit => Some(as_is(each(&|info| fit::least_allocated(incoming, info)))),
        Plugin::PodTopologySpread => {
            let raw = topology_spread::scores(incoming, view, feasible)?;
            let normal = topology_spread::normalize(&raw);
            Some((raw.into_iter().map(|score| score.unwrap_or(0)).collect(), normal))
        }
        Plugin::InterPodAffinity => {
            let raw = inter_pod_affinity::scores(incoming, view, feasible)?;
            let normal = inter_pod_affinity::normalize(&raw);
            Some((raw, normal))
        }
        Plugin::NodeResourcesBalancedAllocation => {
            fit::is_balanced_for(incoming).then(|| as_is(each(&|info| fit::balanced(incoming, info))))
        }
        Plugin::ImageLocality => {
            Some(as_is(each(&|info| image_locality::score(incoming, info, view.cluster))))
        }
        Plugin::NodeUnschedulable | Plugin::NodeName | Plugin::NodePorts | Plugin::VolumeBinding => None,
    }
}

/// The index of the best row; one of the best by lot.
fn choose(rows: &[NodeExplanation], draw: u64) -> Option<usize> {
    let open = || rows.iter().enumerate().filter(|(_, row)| row.rejected.is_none());
    let best = open().map(|(_, row)| row.total).max()?;
    let equals: Vec<usize> = open().filter(|(_, row)| row.total == best).map(|(index, _)| index).collect();
    let lot = (u128::from(draw) * equals.len() as u128) >> 64;
    equals.get(lot as usize).copied()
}

fn row(looked: &Looked<'_>) -> NodeExplanation {
    let rejected = looked.rejected.as_ref().map(|rejection| NodeRejection {
        plugin: rejection.plugin.name(),
        reasons: rejection.reasons.clone(),
        helped_by_preemption: rejection.resolvable,
    });
    let passed = FILTERS.get(..looked.passed).unwrap_or(&FILTERS);
    NodeExplanation { node: looked.info.name.clone(), passed, rejected, scores: Vec::new(), total: 0 }
}

/// Keeps the first rows, and the chosen one.
fn abridge(mut rows: Vec<NodeExplanation>, chosen: Option<&SmolStr>) -> Vec<NodeExplanation> {
    if rows.len() > ROWS_MAX {
        if let Some(at) = rows.iter().position(|row| Some(&row.node) == chosen).filter(|at| *at >= ROWS_MAX) {
            rows.swap(ROWS_MAX - 1, at);
        }
        rows.truncate(ROWS_MAX);
        rows.shrink_to_fit();
    }
    rows
}

/// Why the chosen node, in words.
fn praise(rows: &[NodeExplanation], index: usize) -> SmolStr {
    let chosen = &rows[index];
    let name = &chosen.node;
    let others: Vec<&NodeExplanation> = rows
        .iter()
        .enumerate()
        .filter(|(at, row)| *at != index && row.rejected.is_none())
        .map(|(_, row)| row)
        .collect();
    let Some(rival) = others.iter().max_by_key(|row| row.total) else {
        return format_smolstr!("{name} is the only node that passed every filter");
    };
    if rival.total == chosen.total {
        let equals = others.iter().filter(|row| row.total == chosen.total).count();
        let equals = if equals == 1 { "another node".to_owned() } else { format!("{equals} others") };
        return format_smolstr!("{name} scored {} as did {equals}: drawn by lot", chosen.total);
    }
    let lead = |(ours, theirs): &(&PluginScore, &PluginScore)| ours.weighted - theirs.weighted;
    let decisive = chosen.scores.iter().zip(&rival.scores).max_by_key(lead);
    let plugin = decisive.and_then(|(ours, _)| SCORES.iter().find(|(one, _)| one.name() == ours.plugin));
    let virtue = plugin.map_or("", |(plugin, _)| plugin.virtue());
    format_smolstr!("{name} scored highest ({} to {}): {virtue}", chosen.total, rival.total)
}

/// No node was looked at.
fn fail_before(cluster: &Cluster, why: &str) -> Failure {
    Failure {
        message: message::failed_before(cluster.size(), why),
        rejectors: vec![Plugin::VolumeBinding],
        preemption: Preemption::default(),
    }
}

fn fail(cluster: &Cluster, incoming: &Incoming, looked: &[Looked<'_>]) -> Failure {
    let mut rejectors: Vec<Plugin> =
        looked.iter().filter_map(|one| one.rejected.as_ref()).map(|rejection| rejection.plugin).collect();
    if looked.len() < cluster.size() {
        rejectors.push(Plugin::NodeAffinity);
    }
    rejectors.sort_unstable();
    rejectors.dedup();
    let preemption = match cluster.size() {
        0 => Preemption::default(),
        _ => preemption::try_preempt(cluster, incoming, looked),
    };
    let message = message::failed_scheduling(cluster.size(), looked, &preemption);
    Failure { message, rejectors, preemption }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Key;
    use crate::scheduler::fixture::{asking, node, pod};
    use serde_json::json;

    fn cluster(size: usize) -> Cluster {
        let mut cluster = Cluster::default();
        for index in 0..size {
            let name = format!("n{index:04}");
            cluster.set_node(&name.as_str().into(), node(&name, json!({})));
        }
        cluster
    }

    #[test]
    fn enough_nodes_are_found_as_upstream_counts_them() {
        for (size, enough) in [(0, 0), (12, 12), (99, 99), (100, 100), (1000, 420), (5000, 500), (6000, 300)]
        {
            assert_eq!(enough_nodes(size), enough, "{size}");
        }
    }

    #[test]
    fn a_large_cluster_is_sampled_from_where_the_last_attempt_ended() {
        let cluster = cluster(300);
        let incoming = Incoming::of(&asking("a", "1"));
        let decision = attempt(&cluster, &incoming, VirtualTime::ZERO, 290, 0);
        assert_eq!((decision.evaluated, decision.explanation.nodes.len()), (144, ROWS_MAX));
        assert_eq!(decision.explanation.nodes[0].node, "n0290");
    }

    #[test]
    fn the_emptiest_node_wins_and_says_why() {
        let mut cluster = cluster(3);
        for (name, at) in [("one", "n0000"), ("two", "n0002")] {
            cluster.place(Key::new("default", name), &at.into(), asking(name, "1"));
        }
        let decision = attempt(&cluster, &Incoming::of(&asking("a", "1")), VirtualTime::ZERO, 0, u64::MAX);
        assert!(matches!(&decision.outcome, Outcome::Bind(node) if node == "n0001"));
        assert_eq!(decision.explanation.message, "n0001 scored highest (473 to 447): least allocated");
        let [row, ..] = decision.explanation.nodes.as_slice() else { panic!("no rows") };
        assert_eq!(row.passed.len(), FILTERS.len());
        assert_eq!(row.total, row.scores.iter().map(|score| score.weighted).sum::<i64>());
    }

    #[test]
    fn equals_are_drawn_by_lot_and_a_single_node_is_not_scored() {
        let cluster = cluster(2);
        let incoming = Incoming::of(&pod("a", json!({})));
        let chosen =
            |draw| attempt(&cluster, &incoming, VirtualTime::ZERO, 0, draw).explanation.chosen.clone();
        assert_eq!((chosen(0), chosen(u64::MAX)), (Some("n0000".into()), Some("n0001".into())));
        let picky = pod("p", json!({"spec": {"nodeSelector": {"kubernetes.io/hostname": "n0001"}}}));
        let decision = attempt(&cluster, &Incoming::of(&picky), VirtualTime::ZERO, 0, 0);
        assert_eq!(decision.explanation.message, "n0001 is the only node that passed every filter");
        let rejection = decision.explanation.nodes[0].rejected.as_ref().unwrap();
        assert_eq!((rejection.plugin, decision.explanation.nodes[0].passed.len()), ("NodeAffinity", 3));
    }
}
