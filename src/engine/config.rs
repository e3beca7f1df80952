//! What a cluster is made of.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Taint;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use crate::node::ImageFault;
use crate::object::StringMap;

/// A worker node to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeSpec {
    /// Its name.
    pub name: SmolStr,
    /// CPU as a quantity.
    #[serde(default = "default_cpu")]
    pub cpu: String,
    /// Memory as a quantity.
    #[serde(default = "default_memory")]
    pub memory: String,
    /// Labels besides those that every node has.
    #[serde(default)]
    pub labels: StringMap,
    /// Taints that it registers with.
    #[serde(default)]
    pub taints: Vec<Taint>,
}

fn default_cpu() -> String {
    "4".to_owned()
}

fn default_memory() -> String {
    "8Gi".to_owned()
}

impl NodeSpec {
    /// A node of 4 CPU and 8 GiB.
    pub fn new(name: impl Into<SmolStr>) -> Self {
        Self {
            name: name.into(),
            cpu: default_cpu(),
            memory: default_memory(),
            labels: StringMap::new(),
            taints: Vec::new(),
        }
    }
}

/// What a cluster is made of. Together with the inputs it decides everything that happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterConfig {
    /// The seed of all randomness.
    pub seed: u64,
    /// The worker nodes.
    pub nodes: Vec<NodeSpec>,
    /// Requests per second of synthetic clients, by `namespace/name` of the Service.
    #[serde(default)]
    pub traffic: BTreeMap<SmolStr, u32>,
    /// Images that behave unlike the catalogue says.
    #[serde(default)]
    pub images: BTreeMap<SmolStr, ImageFault>,
}

impl ClusterConfig {
    /// `nodes` equal worker nodes, `node-1` and so on.
    pub fn with_nodes(nodes: u32, seed: u64) -> Self {
        Self {
            seed,
            nodes: (1..=nodes).map(|number| NodeSpec::new(format_smolstr!("node-{number}"))).collect(),
            traffic: BTreeMap::new(),
            images: BTreeMap::new(),
        }
    }
}

impl Default for ClusterConfig {
    /// Three worker nodes, seed 7.
    fn default() -> Self {
        Self::with_nodes(3, 7)
    }
}
