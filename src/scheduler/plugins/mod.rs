//! What the scheduler asks about each node, one file per concern.
//!
//! A plugin is a filter ("may it run there?"), a score ("would it be good there?"), or both. The names,
//! the order and the weights are those of the default profile
//! (`pkg/scheduler/apis/config/v1/default_plugins.go`).

pub mod fit;
pub mod image_locality;
pub mod inter_pod_affinity;
pub mod node;
pub mod node_affinity;
pub mod topology_spread;
pub mod volume_binding;

use std::collections::BTreeSet;
use std::sync::Arc;

use smol_str::SmolStr;

use super::demand::Demand;
use super::node_info::NodeInfo;
use crate::object::placement::RequiredNodes;
use crate::object::{Key, Pod};

/// The highest score of a plugin after normalisation (`MaxNodeScore`).
pub const SCORE_MAX: i64 = 100;

/// A plugin of the default profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plugin {
    /// Not on cordoned nodes.
    NodeUnschedulable,
    /// The node that the pod names, if it names one.
    NodeName,
    /// Only where its tolerations allow; rather not where they would have to.
    TaintToleration,
    /// Node selectors and node affinity.
    NodeAffinity,
    /// Ports of the node itself.
    NodePorts,
    /// Room; and rather where more room is left (`LeastAllocated`).
    NodeResourcesFit,
    /// Not before the storage that it claims is there.
    VolumeBinding,
    /// Evenly over zones and nodes.
    PodTopologySpread,
    /// Near or apart from other pods.
    InterPodAffinity,
    /// Rather where CPU and memory are used alike.
    NodeResourcesBalancedAllocation,
    /// Rather where the images are.
    ImageLocality,
}

impl Plugin {
    /// The plugin's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NodeUnschedulable => "NodeUnschedulable",
            Self::NodeName => "NodeName",
            Self::TaintToleration => "TaintToleration",
            Self::NodeAffinity => "NodeAffinity",
            Self::NodePorts => "NodePorts",
            Self::NodeResourcesFit => "NodeResourcesFit",
            Self::VolumeBinding => "VolumeBinding",
            Self::PodTopologySpread => "PodTopologySpread",
            Self::InterPodAffinity => "InterPodAffinity",
            Self::NodeResourcesBalancedAllocation => "NodeResourcesBalancedAllocation",
            Self::ImageLocality => "ImageLocality",
        }
    }

    /// What speaks for a node that this plugin likes, in words.
    pub fn virtue(self) -> &'static str {
        match self {
            Self::TaintToleration => "fewest taints to put up with",
            Self::NodeAffinity => "most preferred labels",
            Self::NodeResourcesFit => "least allocated",
            Self::PodTopologySpread => "fewest of its siblings",
            Self::InterPodAffinity => "best company",
            Self::NodeResourcesBalancedAllocation => "best balance of CPU and memory",
            Self::ImageLocality => "has its images",
            Self::NodeUnschedulable | Self::NodeName | Self::NodePorts | Self::VolumeBinding => "",
        }
    }
}

/// The filters in order.
pub const FILTERS: [&str; 8] = [
    "NodeUnschedulable",
    "NodeName",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "PodTopologySpread",
    "InterPodAffinity",
];

/// The scoring plugins with their weights.
pub const SCORES: [(Plugin, i64); 7] = [
    (Plugin::TaintToleration, 3),
    (Plugin::NodeAffinity, 2),
    (Plugin::NodeResourcesFit, 1),
    (Plugin::PodTopologySpread, 2),
    (Plugin::InterPodAffinity, 2),
    (Plugin::NodeResourcesBalancedAllocation, 1),
    (Plugin::ImageLocality, 1),
];

/// Why a filter rejects a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The filter.
    pub plugin: Plugin,
    /// Its reasons, as messages count them.
    pub reasons: Vec<SmolStr>,
    /// Whether it could pass if other pods left (`Unschedulable`, not `UnschedulableAndUnresolvable`).
    pub resolvable: bool,
}

impl Rejection {
    /// No pod's leaving would help.
    pub fn final_(plugin: Plugin, reason: &'static str) -> Self {
        Self { plugin, reasons: vec![SmolStr::new_static(reason)], resolvable: false }
    }

    /// It would fit if some pods left.
    pub fn resolvable(plugin: Plugin, reason: &'static str) -> Self {
        Self { resolvable: true, ..Self::final_(plugin, reason) }
    }
}

/// The pod that is to be placed.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Its namespace and name.
    pub key: Key,
    /// The pod.
    pub pod: Arc<Pod>,
    /// What it demands.
    pub demand: Arc<Demand>,
    /// On which nodes it must be.
    pub nodes: RequiredNodes,
    /// The only nodes that it names, if it names some; no other is looked at.
    pub only: Option<BTreeSet<String>>,
}

impl Incoming {
    /// Reads a pod.
    pub fn of(pod: &Arc<Pod>) -> Self {
        let nodes = RequiredNodes::of(&pod.spec);
        Self {
            key: Key::of(&pod.metadata),
            pod: Arc::clone(pod),
            demand: Arc::new(Demand::of(pod)),
            only: nodes.named(),
            nodes,
        }
    }

    /// Whether the pod's node selector and required affinity hold there.
    pub fn matches_node(&self, node: &NodeInfo) -> bool {
        self.nodes.match_node(&node.name, node.labels())
    }
}

/// Brings scores to 0..=100 by the greatest of them (`helper.DefaultNormalizeScore`); reversed, less is better.
pub fn normalize_by_max(scores: &mut [i64], reversed: bool) {
    let max = scores.iter().copied().max().unwrap_or(0);
    for score in scores {
        let share = if max == 0 { 0 } else { SCORE_MAX * *score / max };
        *score = if reversed { SCORE_MAX - share } else { share };
    }
}
