//! Which changes in the cluster are worth another attempt (`QueueingHint`s of the plugins).
//!
//! A pod that fits nowhere is not tried again until something happened that could change the mind of a filter
//! which rejected it.

use super::cluster::Cluster;
use super::node_info::{NodeInfo, PlacedPod};
use super::plugins::node::tolerates_node;
use super::plugins::{Incoming, Plugin, fit, inter_pod_affinity, topology_spread};

/// What happened. Of a changed node there is the old state too, without its pods.
#[derive(Clone, Copy)]
pub enum Happening<'a> {
    /// A node joined.
    NodeAdded(&'a NodeInfo),
    /// A node left.
    NodeGone(&'a NodeInfo),
    /// A node's taints changed, or it was uncordoned.
    NodeTaints(&'a NodeInfo, &'a NodeInfo),
    /// A node's labels changed.
    NodeLabels(&'a NodeInfo, &'a NodeInfo),
    /// What a node has changed.
    NodeAllocatable(&'a NodeInfo, &'a NodeInfo),
    /// A pod came onto a node, or its labels changed.
    PodThere(&'a PlacedPod),
    /// A pod left its node, or finished.
    PodGone(&'a PlacedPod),
}

/// Whether this could change the mind of the filter that rejected the pod.
pub fn may_help(plugin: Plugin, incoming: &Incoming, what: Happening<'_>, cluster: &Cluster) -> bool {
    match what {
        Happening::NodeAdded(new) => node_added(plugin, incoming, new),
        Happening::NodeGone(old) => {
            plugin == Plugin::PodTopologySpread && topology_spread::concerns_node(incoming, old)
        }
        Happening::NodeTaints(old, new) => match plugin {
            Plugin::NodeUnschedulable => old.is_cordoned() && !new.is_cordoned(),
            Plugin::TaintToleration => {
                tolerates_node(&incoming.pod, new) && !tolerates_node(&incoming.pod, old)
            }
            Plugin::PodTopologySpread => topology_spread::concerns_node(incoming, new),
            // Whoever asks for new nodes is told of every change of taints, even of one that helps nobody
            // (kubernetes/kubernetes#109437; the recordings show it).
            _ => true,
        },
        Happening::NodeLabels(old, new) => node_labels(plugin, incoming, old, new),
        Happening::NodeAllocatable(old, new) => {
            plugin == Plugin::NodeResourcesFit
                && (new.allocatable.exceeds(&old.allocatable) || new.pods_max > old.pods_max)
                && fit::fits_empty(incoming, new)
        }
        Happening::PodThere(placed) => match plugin {
            Plugin::InterPodAffinity => inter_pod_affinity::wants_near(incoming, &placed.pod, cluster),
            Plugin::PodTopologySpread => topology_spread::concerns_pod(incoming, &placed.pod),
            _ => false,
        },
        Happening::PodGone(placed) => match plugin {
            Plugin::NodeResourcesFit => true,
            Plugin::NodePorts => {
                let wanted = &incoming.demand.ports;
                placed.demand.ports.iter().any(|free| wanted.iter().any(|port| port.conflicts(free)))
            }
            Plugin::InterPodAffinity => inter_pod_affinity::kept_apart(incoming, placed, cluster),
            Plugin::PodTopologySpread => topology_spread::concerns_pod(incoming, &placed.pod),
            _ => false,
        },
    }
}

fn node_added(plugin: Plugin, incoming: &Incoming, new: &NodeInfo) -> bool {
    match plugin {
        Plugin::NodeUnschedulable => !new.is_cordoned(),
        Plugin::TaintToleration => tolerates_node(&incoming.pod, new),
        Plugin::NodeAffinity => incoming.matches_node(new),
        Plugin::NodeResourcesFit => fit::fits_empty(incoming, new),
        Plugin::PodTopologySpread => topology_spread::concerns_node(incoming, new),
        _ => true,
    }
}

fn node_labels(plugin: Plugin, incoming: &Incoming, old: &NodeInfo, new: &NodeInfo) -> bool {
    match plugin {
        Plugin::NodeAffinity => incoming.matches_node(new) && !incoming.matches_node(old),
        Plugin::InterPodAffinity => incoming.demand.company.as_ref().is_some_and(|company| {
            let changed = |key: &String| old.labels().get(key) != new.labels().get(key);
            company.near.iter().chain(&company.apart).any(|term| changed(&term.topology_key))
        }),
        Plugin::PodTopologySpread => topology_spread::concerns_node(incoming, new),
        _ => false,
    }
}
