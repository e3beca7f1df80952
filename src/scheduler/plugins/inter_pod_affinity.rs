//! Company: near some pods, apart from others, counted per value of a node label.
//!
//! The wish may be the new pod's, or that of a pod which is already there and must not be disturbed.

use std::collections::BTreeMap;

use super::{Incoming, Plugin, Rejection, SCORE_MAX};
use crate::object::Pod;
use crate::scheduler::cluster::{Cluster, View};
use crate::scheduler::demand::{Company, Term};
use crate::scheduler::node_info::{NodeInfo, PlacedPod};

/// What a required wish of a pod that is there adds to the score of its neighbourhood
/// (`hardPodAffinityWeight`).
const REQUIRED_WEIGHT: i64 = 1;

/// Label, value: a place.
type Places = BTreeMap<(String, String), i64>;

fn place(term: &Term, node: &NodeInfo) -> Option<(String, String)> {
    let value = node.labels().get(&term.topology_key)?;
    Some((term.topology_key.clone(), value.clone()))
}

fn picks(term: &Term, pod: &Pod, cluster: &Cluster) -> bool {
    term.picks(pod, cluster.namespace_labels(pod.metadata.namespace.as_deref().unwrap_or("")))
}

fn company(placed: &PlacedPod) -> Option<&Company> {
    placed.demand.company.as_deref()
}

/// What is required, counted over the cluster.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    /// Places that pods which are there keep this pod out of.
    forbidden: Places,
    /// Pods that the pod must be near, by place.
    near: Places,
    /// Pods that it must be apart from, by place.
    apart: Places,
    /// It is itself one of those that it must be near: then the first of them may start anywhere.
    may_be_first: bool,
}

impl Neighbours {
    /// Counts.
    pub fn prepare(incoming: &Incoming, view: View<'_>) -> Self {
        let cluster = view.cluster;
        let own = incoming.demand.company.as_deref();
        let own_requires = own.is_some_and(|own| !own.near.is_empty() || !own.apart.is_empty());
        let mut all = Self::default();
        for node in view.nodes().filter(|node| own_requires || node.pods_with_company > 0) {
            for placed in node.pods.values() {
                for term in company(placed).into_iter().flat_map(|theirs| &theirs.apart) {
                    if picks(term, &incoming.pod, cluster) {
                        count(&mut all.forbidden, term, node, 1);
                    }
                }
                let Some(own) = own else { continue };
                if !own.near.is_empty() && own.near.iter().all(|term| picks(term, &placed.pod, cluster)) {
                    own.near.iter().for_each(|term| count(&mut all.near, term, node, 1));
                }
                for term in own.apart.iter().filter(|term| picks(term, &placed.pod, cluster)) {
                    count(&mut all.apart, term, node, 1);
                }
            }
        }
        all.may_be_first = all.near.is_empty()
            && own.is_some_and(|own| own.near.iter().all(|term| picks(term, &incoming.pod, cluster)));
        all
    }

    /// Near what it must be near, apart from what it must be apart from, and not where it would disturb.
    pub fn filter(&self, incoming: &Incoming, node: &NodeInfo) -> Option<Rejection> {
        let plugin = Plugin::InterPodAffinity;
        if let Some(own) = incoming.demand.company.as_deref() {
            let labelled = own.near.iter().all(|term| place(term, node).is_some());
            let in_company = || own.near.iter().all(|term| has(&self.near, term, node));
            if !own.near.is_empty() && !(labelled && (self.may_be_first || in_company())) {
                return Some(Rejection::final_(plugin, "node(s) didn't match pod affinity rules"));
            }
            if own.apart.iter().any(|term| has(&self.apart, term, node)) {
                return Some(Rejection::resolvable(plugin, "node(s) didn't match pod anti-affinity rules"));
            }
        }
        let kept_out = self.forbidden.keys().any(|(key, value)| node.labels().get(key) == Some(value));
        let reason = "node(s) didn't satisfy existing pods anti-affinity rules";
        kept_out.then(|| Rejection::resolvable(plugin, reason))
    }
}

fn count(places: &mut Places, term: &Term, node: &NodeInfo, by: i64) {
    if let Some(place) = place(term, node) {
        *places.entry(place).or_default() += by;
    }
}

fn has(places: &Places, term: &Term, node: &NodeInfo) -> bool {
    place(term, node).is_some_and(|place| places.get(&place).is_some_and(|count| *count > 0))
}

/// Whether a pod's coming or changing could satisfy what the waiting pod must be near.
pub fn wants_near(incoming: &Incoming, other: &Pod, cluster: &Cluster) -> bool {
    let own = incoming.demand.company.as_deref();
    own.is_some_and(|own| own.near.iter().any(|term| picks(term, other, cluster)))
}

/// Whether a pod's leaving could lift an anti-affinity, the waiting pod's or its own.
pub fn kept_apart(incoming: &Incoming, other: &PlacedPod, cluster: &Cluster) -> bool {
    let own = incoming.demand.company.as_deref();
    let ours = own.is_some_and(|own| own.apart.iter().any(|term| picks(term, &other.pod, cluster)));
    let theirs = company(other);
    ours || theirs.is_some_and(|theirs| theirs.apart.iter().any(|term| picks(term, &incoming.pod, cluster)))
}

/// How good the company on each node is; more is better, below 0 is possible. None if nobody has a wish.
pub fn scores(incoming: &Incoming, view: View<'_>, feasible: &[&NodeInfo]) -> Option<Vec<i64>> {
    let (cluster, own) = (view.cluster, incoming.demand.company.as_deref());
    let own_wishes = own.map_or(&[][..], |own| &own.preferred);
    let mut good = Places::new();
    for node in view.nodes().filter(|node| !own_wishes.is_empty() || node.pods_with_company > 0) {
        for placed in node.pods.values() {
            for (weight, term) in own_wishes {
                if picks(term, &placed.pod, cluster) {
                    count(&mut good, term, node, *weight);
                }
            }
            let Some(theirs) = company(placed) else { continue };
            let required = theirs.near.iter().map(|term| (REQUIRED_WEIGHT, term));
            let preferred = theirs.preferred.iter().map(|(weight, term)| (*weight, term));
            for (weight, term) in required.chain(preferred) {
                if picks(term, &incoming.pod, cluster) {
                    count(&mut good, term, node, weight);
                }
            }
        }
    }
    let score = |node: &&NodeInfo| {
        let here = good.iter().filter(|((key, value), _)| node.labels().get(key) == Some(value));
        here.map(|(_, weight)| *weight).sum::<i64>()
    };
    (!good.is_empty()).then(|| feasible.iter().map(score).collect())
}

/// Brings the scores to 0..=100 between the worst and the best.
pub fn normalize(scores: &[i64]) -> Vec<i64> {
    let (min, max) = (scores.iter().copied().min().unwrap_or(0), scores.iter().copied().max().unwrap_or(0));
    let share = |score: &i64| (SCORE_MAX * (score - min)).checked_div(max - min).unwrap_or(0);
    scores.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Key;
    use crate::scheduler::fixture::{node, pod};
    use serde_json::{Value, json};

    fn term(app: &str) -> Value {
        json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"})
    }

    fn requiring(name: &str, how: &str, app: &str) -> std::sync::Arc<Pod> {
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": [term(app)]});
        pod(name, json!({"spec": {"affinity": {how: required}}}))
    }

    fn cluster_with(there: std::sync::Arc<Pod>) -> Cluster {
        let mut cluster = Cluster::default();
        for name in ["n0", "n1"] {
            cluster.set_node(&name.into(), node(name, json!({})));
        }
        cluster.place(Key::of(&there.metadata), &"n0".into(), there);
        cluster
    }

    fn reasons(cluster: &Cluster, new: &std::sync::Arc<Pod>) -> [Option<String>; 2] {
        let incoming = Incoming::of(new);
        let neighbours = Neighbours::prepare(&incoming, View::of(cluster));
        ["n0", "n1"].map(|name| {
            let rejection = neighbours.filter(&incoming, cluster.node(name).unwrap())?;
            Some(format!("{} {}", rejection.reasons[0], rejection.resolvable))
        })
    }

    #[test]
    fn wishes_of_both_sides_are_respected() {
        let web = cluster_with(pod("web", json!({})));
        let no = |text: &str| Some(text.to_owned());
        assert_eq!(
            reasons(&web, &requiring("a", "podAffinity", "web")),
            [None, no("node(s) didn't match pod affinity rules false")]
        );
        assert_eq!(
            reasons(&web, &requiring("a", "podAntiAffinity", "web")),
            [no("node(s) didn't match pod anti-affinity rules true"), None]
        );
        let loner = cluster_with(requiring("loner", "podAntiAffinity", "web"));
        assert_eq!(
            reasons(&loner, &pod("web", json!({}))),
            [no("node(s) didn't satisfy existing pods anti-affinity rules true"), None]
        );
    }

    #[test]
    fn the_first_of_a_kind_that_wants_its_own_kind_may_start() {
        let cluster = cluster_with(pod("web", json!({})));
        assert_eq!(reasons(&cluster, &requiring("kin", "podAffinity", "kin")), [None, None]);
        assert!(reasons(&cluster, &requiring("kin", "podAffinity", "ghost"))[0].is_some());
    }

    #[test]
    fn preferred_company_scores() {
        let cluster = cluster_with(pod("web", json!({})));
        let wishes = json!([{"weight": 7, "podAffinityTerm": term("web")}]);
        let affinity =
            json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": wishes}});
        let incoming = Incoming::of(&pod("a", json!({"spec": {"affinity": affinity}})));
        let nodes: Vec<&NodeInfo> = cluster.nodes().collect();
        let raw = scores(&incoming, View::of(&cluster), &nodes).unwrap();
        assert_eq!((raw.as_slice(), normalize(&raw).as_slice()), ([-7, 0].as_slice(), [0, 100].as_slice()));
        assert_eq!(scores(&Incoming::of(&pod("b", json!({}))), View::of(&cluster), &nodes), None);
    }
}
