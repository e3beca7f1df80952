//! Room: does the pod fit, where is most left, and where are CPU and memory used alike?

use smol_str::{SmolStr, format_smolstr};

use super::{Incoming, Plugin, Rejection, SCORE_MAX};
use crate::scheduler::cluster::Cluster;
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::resources::Resources;

/// What a node lacks for the pod.
#[derive(Debug, Default)]
struct Lack {
    reasons: Vec<SmolStr>,
    /// Something is more than the whole node has.
    beyond_the_node: bool,
}

impl Lack {
    fn check(&mut self, wanted: i64, free: i64, whole: i64, reason: impl FnOnce() -> SmolStr) {
        if wanted > 0 && wanted > free {
            self.reasons.push(reason());
            self.beyond_the_node |= wanted > whole;
        }
    }
}

/// The pod's requests must fit into what is left of the node, counting what is kept for pods at least as
/// important.
pub fn filter(incoming: &Incoming, node: &NodeInfo, cluster: &Cluster) -> Option<Rejection> {
    let demand = &incoming.demand;
    let lack = match cluster.keeps_something() {
        false => lack(&demand.requests, node, &node.requested, node.pods.len()),
        true => {
            let (mut requested, mut count) = (node.requested.clone(), node.pods.len());
            for kept in cluster.kept_for_others(&node.name, &incoming.key, demand.priority) {
                requested.add(&kept.requests);
                count += 1;
            }
            lack(&demand.requests, node, &requested, count)
        }
    };
    (!lack.reasons.is_empty()).then_some(Rejection {
        plugin: Plugin::NodeResourcesFit,
        reasons: lack.reasons,
        resolvable: !lack.beyond_the_node,
    })
}

/// Whether the pod would fit into the node if the node were empty.
pub fn fits_empty(incoming: &Incoming, node: &NodeInfo) -> bool {
    lack(&incoming.demand.requests, node, &Resources::default(), 0).reasons.is_empty()
}

fn lack(wanted: &Resources, node: &NodeInfo, requested: &Resources, pods: usize) -> Lack {
    let (all, mut lack) = (&node.allocatable, Lack::default());
    if pods + 1 > node.pods_max {
        lack.reasons.push(SmolStr::new_static("Too many pods"));
    }
    let named = |name: &'static str| move || SmolStr::new_static(name);
    lack.check(
        wanted.cpu_milli,
        all.cpu_milli - requested.cpu_milli,
        all.cpu_milli,
        named("Insufficient cpu"),
    );
    lack.check(wanted.memory, all.memory - requested.memory, all.memory, named("Insufficient memory"));
    let disk = all.ephemeral_storage;
    let disk_left = disk - requested.ephemeral_storage;
    lack.check(wanted.ephemeral_storage, disk_left, disk, named("Insufficient ephemeral-storage"));
    for (name, amount) in &wanted.extended {
        let whole = all.extended.get(name).copied().unwrap_or(0);
        let taken = requested.extended.get(name).copied().unwrap_or(0);
        lack.check(*amount, whole - taken, whole, || format_smolstr!("Insufficient {name}"));
    }
    lack
}

/// The mean share of CPU and memory that would be left, in percent (`leastResourceScorer`). Pods without
/// requests count with defaults.
pub fn least_allocated(incoming: &Incoming, node: &NodeInfo) -> i64 {
    let wanted = incoming.demand.scoring;
    let shares = [
        (node.scoring.0 + wanted.0, node.allocatable.cpu_milli),
        (node.scoring.1 + wanted.1, node.allocatable.memory),
    ];
    let known = shares.iter().filter(|(_, whole)| *whole > 0);
    let left = known.clone().map(|(used, whole)| match used > whole {
        true => 0,
        false => (i128::from(whole - used) * i128::from(SCORE_MAX) / i128::from(*whole)) as i64,
    });
    left.sum::<i64>().checked_div(known.count() as i64).unwrap_or(0)
}

/// How alike the used shares of CPU and memory would be: 100 minus half their difference in percent
/// (`balancedResourceScorer`).
pub fn balanced(incoming: &Incoming, node: &NodeInfo) -> i64 {
    let wanted = &incoming.demand.requests;
    let cpu_all = i128::from(node.allocatable.cpu_milli);
    let memory_all = i128::from(node.allocatable.memory);
    if cpu_all <= 0 || memory_all <= 0 {
        return SCORE_MAX;
    }
    let cpu = i128::from(node.requested.cpu_milli + wanted.cpu_milli).min(cpu_all);
    let memory = i128::from(node.requested.memory + wanted.memory).min(memory_all);
    // |cpu/cpu_all - memory/memory_all| / 2 over a common denominator.
    let difference = (cpu * memory_all - memory * cpu_all).abs();
    let denominator = 2 * cpu_all * memory_all;
    (i128::from(SCORE_MAX) * (denominator - difference) / denominator) as i64
}

/// Pods without requests are not balanced, lest they all go to the same node.
pub fn is_balanced_for(incoming: &Incoming) -> bool {
    let requests = &incoming.demand.requests;
    requests.cpu_milli != 0 || requests.memory != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Key;
    use crate::scheduler::demand::Demand;
    use crate::scheduler::fixture::{self, asking};
    use crate::scheduler::node_info::PlacedPod;
    use serde_json::json;
    use std::sync::Arc;

    fn node_with(cpu: &str) -> NodeInfo {
        let mut info = NodeInfo::named("n".into());
        info.set_node(fixture::node("n", json!({})));
        let pod = asking("there", cpu);
        let demand = Arc::new(Demand::of(&pod));
        info.add(Key::new("default", "there"), PlacedPod { pod, demand });
        info
    }

    fn reasons(pod: &Incoming, node: &NodeInfo) -> (String, bool) {
        let rejection = filter(pod, node, &Cluster::default()).unwrap();
        (rejection.reasons.join(", "), rejection.resolvable)
    }

    #[test]
    fn the_last_millicore_fits_and_one_more_does_not() {
        let node = node_with("3");
        assert_eq!(filter(&Incoming::of(&asking("a", "1")), &node, &Cluster::default()), None);
        let over = Incoming::of(&asking("a", "1001m"));
        assert_eq!(reasons(&over, &node), ("Insufficient cpu".to_owned(), true));
        assert!(fits_empty(&over, &node));
    }

    #[test]
    fn what_the_whole_node_lacks_no_leaving_pod_gives() {
        let node = node_with("1");
        assert_eq!(reasons(&Incoming::of(&asking("a", "5")), &node), ("Insufficient cpu".to_owned(), false));
        let gpu = json!({"requests": {"nvidia.com/gpu": "1"}});
        let gpu = fixture::pod("g", json!({"spec": {"containers": [{"name": "c", "resources": gpu}]}}));
        assert_eq!(reasons(&Incoming::of(&gpu), &node), ("Insufficient nvidia.com/gpu".to_owned(), false));
    }

    #[test]
    fn the_number_of_pods_is_a_resource() {
        let mut node = node_with("1");
        node.pods_max = 1;
        let pod = Incoming::of(&fixture::pod("a", json!({})));
        assert_eq!(reasons(&pod, &node), ("Too many pods".to_owned(), true));
    }

    #[test]
    fn scores_are_those_of_upstreams_formulas() {
        let node = node_with("1");
        let pod = Incoming::of(&asking("a", "1"));
        // CPU: 2 of 4 left = 50. Memory: two defaults of 200 MiB in 8 GiB = 95. Mean 72.
        assert_eq!(least_allocated(&pod, &node), 72);
        // Shares 0.5 and 0: 100 * (1 - 0.25).
        assert_eq!(balanced(&pod, &node), 75);
        assert!(!is_balanced_for(&Incoming::of(&fixture::pod("b", json!({})))));
    }
}
