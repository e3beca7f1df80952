//! Cordons, taints and node ports: what the node itself says.

use k8s_openapi::api::core::v1::Taint;

use super::{Incoming, Plugin, Rejection};
use crate::object::Pod;
use crate::object::placement::tolerates;
use crate::scheduler::cluster::Cluster;
use crate::scheduler::node_info::NodeInfo;

/// The taint that a cordon means.
const CORDON: &str = "node.kubernetes.io/unschedulable";

/// Not on a cordoned node, unless the pod tolerates that.
pub fn unschedulable(incoming: &Incoming, node: &NodeInfo) -> Option<Rejection> {
    let cordon = || Taint { key: CORDON.to_owned(), effect: "NoSchedule".to_owned(), ..Taint::default() };
    (node.is_cordoned() && !tolerates(&incoming.pod.spec, &cordon()))
        .then(|| Rejection::final_(Plugin::NodeUnschedulable, "node(s) were unschedulable"))
}

/// The node that the pod names. Such pods do not pass through the scheduler, so this never rejects here.
pub fn name(incoming: &Incoming, node: &NodeInfo) -> Option<Rejection> {
    let named = incoming.pod.node_name();
    named
        .is_some_and(|name| name != node.name)
        .then(|| Rejection::final_(Plugin::NodeName, "node(s) didn't match the requested node name"))
}

/// Only where all taints that keep pods away are tolerated.
pub fn taints(incoming: &Incoming, node: &NodeInfo) -> Option<Rejection> {
    (!tolerates_node(&incoming.pod, node))
        .then(|| Rejection::final_(Plugin::TaintToleration, "node(s) had untolerated taint(s)"))
}

/// Whether the pod tolerates all taints of a node that keep pods away.
pub fn tolerates_node(pod: &Pod, node: &NodeInfo) -> bool {
    let keeps_away = |taint: &&Taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute");
    node.taints().iter().filter(keeps_away).all(|taint| tolerates(&pod.spec, taint))
}

/// How many taints of the node the pod would have to put up with (`PreferNoSchedule`); less is better.
pub fn taint_score(incoming: &Incoming, node: &NodeInfo) -> i64 {
    let discourages = |taint: &&Taint| taint.effect == "PreferNoSchedule";
    let untolerated = |taint: &&Taint| !tolerates(&incoming.pod.spec, taint);
    node.taints().iter().filter(discourages).filter(untolerated).count() as i64
}

/// The node ports that the pod wants must be free.
pub fn ports(incoming: &Incoming, node: &NodeInfo, cluster: &Cluster) -> Option<Rejection> {
    let wanted = &incoming.demand.ports;
    if wanted.is_empty() {
        return None;
    }
    let kept = cluster.kept_for_others(&node.name, &incoming.key, incoming.demand.priority);
    let mut taken = node.ports.keys().chain(kept.flat_map(|demand| &demand.ports));
    taken.any(|taken| wanted.iter().any(|port| port.conflicts(taken))).then(|| {
        let reason = "node(s) didn't have free ports for the requested pod ports";
        Rejection::resolvable(Plugin::NodePorts, reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Key;
    use crate::scheduler::demand::Demand;
    use crate::scheduler::fixture;
    use crate::scheduler::node_info::PlacedPod;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn info(changes: Value) -> NodeInfo {
        let mut info = NodeInfo::named("n".into());
        info.set_node(fixture::node("n", changes));
        info
    }

    fn tolerating(tolerations: Value) -> Incoming {
        Incoming::of(&fixture::pod("web", json!({"spec": {"tolerations": tolerations}})))
    }

    #[test]
    fn soft_taints_only_cost_points() {
        let node = info(json!({"spec": {"taints": [{"key": "slow", "effect": "PreferNoSchedule"}]}}));
        let pod = tolerating(json!([]));
        assert_eq!((taints(&pod, &node), taint_score(&pod, &node)), (None, 1));
        assert_eq!(taint_score(&tolerating(json!([{"key": "slow", "operator": "Exists"}])), &node), 0);
    }

    #[test]
    fn a_cordon_keeps_pods_away_unless_they_tolerate_it() {
        let node = info(json!({"spec": {"unschedulable": true}}));
        let rejection = unschedulable(&tolerating(json!([])), &node).unwrap();
        assert_eq!(rejection.reasons, ["node(s) were unschedulable"]);
        let daemon = tolerating(json!([{"key": CORDON, "operator": "Exists", "effect": "NoSchedule"}]));
        assert_eq!(unschedulable(&daemon, &node), None);
    }

    #[test]
    fn a_node_port_is_had_once_per_address_and_protocol() {
        let wanting = |name: &str, ip: &str, protocol: &str| {
            let port = json!({"containerPort": 80, "hostPort": 8080, "hostIP": ip, "protocol": protocol});
            fixture::pod(name, json!({"spec": {"containers": [{"name": "c", "ports": [port]}]}}))
        };
        let mut node = info(json!({}));
        let first = wanting("first", "10.0.0.1", "TCP");
        let demand = Arc::new(Demand::of(&first));
        node.add(Key::new("default", "first"), PlacedPod { pod: first, demand });
        let free = |ip, protocol| {
            ports(&Incoming::of(&wanting("second", ip, protocol)), &node, &Cluster::default()).is_none()
        };
        assert!(free("10.0.0.2", "TCP") && free("10.0.0.1", "UDP"));
        assert!(!free("10.0.0.1", "TCP") && !free("", "TCP"));
    }
}
