//! The world that a script plays in: nodes, seed, traffic.

use std::collections::BTreeMap;
use std::fmt;

use k8s_openapi::api::core::v1::Taint;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;
use smol_str::{SmolStr, format_smolstr};

use super::ScriptError;
use super::place::Place;
use crate::apiserver::decode::canonical_quantity;
use crate::apiserver::validation::dns_subdomain;
use crate::engine::{ClusterConfig, NodeSpec};
use crate::node::ImageFault;

/// Nodes that a cluster may begin with: more than anybody can look at.
pub const NODES_MAX: u32 = 1_000;

/// What a taint may do.
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RawWorld {
    nodes: Option<Spanned<RawNodes>>,
    seed: Option<u64>,
    cpu: Option<Spanned<Value>>,
    memory: Option<Spanned<Value>>,
    traffic: RawRates,
}

/// Requests per second by Service, as they are written.
pub(super) type RawRates = BTreeMap<SmolStr, Spanned<Value>>;

/// A number of nodes, or a list of them.
enum RawNodes {
    Count(u64),
    List(Vec<RawNode>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNode {
    name: Spanned<SmolStr>,
    cpu: Option<Spanned<Value>>,
    memory: Option<Spanned<Value>>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    taints: Vec<Spanned<Taint>>,
}

impl<'de> Deserialize<'de> for RawNodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Nodes;
        impl<'de> Visitor<'de> for Nodes {
            type Value = RawNodes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of nodes, or a list of them")
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<RawNodes, E> {
                Ok(RawNodes::Count(count))
            }

            fn visit_i64<E: Error>(self, count: i64) -> Result<RawNodes, E> {
                let wrong = || E::invalid_value(serde::de::Unexpected::Signed(count), &self);
                u64::try_from(count).map(RawNodes::Count).map_err(|_| wrong())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawNodes, A::Error> {
                let mut nodes = Vec::new();
                while let Some(node) = list.next_element()? {
                    nodes.push(node);
                }
                Ok(RawNodes::List(nodes))
            }
        }
        deserializer.deserialize_any(Nodes)
    }
}

/// The world of a script; what is not said is left to the flags and the defaults.
#[derive(Clone, Debug, Default)]
pub struct WorldSpec {
    /// The nodes, if said.
    pub nodes: Option<Vec<NodeSpec>>,
    /// The seed, if said.
    pub seed: Option<u64>,
    /// Requests per second by Service.
    pub traffic: BTreeMap<SmolStr, u32>,
}

impl WorldSpec {
    /// The configuration of the cluster.
    pub fn config(&self, images: &BTreeMap<SmolStr, ImageFault>, seed: Option<u64>) -> ClusterConfig {
        let mut config = ClusterConfig::default();
        config.seed = seed.or(self.seed).unwrap_or(config.seed);
        if let Some(nodes) = &self.nodes {
            config.nodes.clone_from(nodes);
        }
        config.traffic.clone_from(&self.traffic);
        config.images.clone_from(images);
        config
    }

    /// Reads what a text says about a world.
    ///
    /// # Errors
    /// An amount, a rate or a name that is none.
    pub(crate) fn read(raw: RawWorld) -> Result<Self, ScriptError> {
        let RawWorld { nodes, seed, cpu, memory, traffic } = raw;
        let (cpu, memory) = (cpu.map(quantity).transpose()?, memory.map(quantity).transpose()?);
        let sized = |mut node: NodeSpec| {
            if let Some(cpu) = &cpu {
                node.cpu.clone_from(cpu);
            }
            if let Some(memory) = &memory {
                node.memory.clone_from(memory);
            }
            node
        };
        let nodes = match nodes {
            None if cpu.is_none() && memory.is_none() => None,
            None => Some(ClusterConfig::default().nodes.into_iter().map(sized).collect()),
            Some(raw) => Some(read_nodes(raw, &sized)?),
        };
        Ok(Self { nodes, seed, traffic: rates(traffic)? })
    }
}

fn read_nodes(
    raw: Spanned<RawNodes>,
    sized: &dyn Fn(NodeSpec) -> NodeSpec,
) -> Result<Vec<NodeSpec>, ScriptError> {
    let at = Place::of(&raw);
    let list = match raw.value {
        RawNodes::Count(count) if count <= u64::from(NODES_MAX) => {
            let named = |number| sized(NodeSpec::new(format_smolstr!("node-{number}")));
            return Ok((1..=count).map(named).collect());
        }
        RawNodes::Count(_) => return Err(at.error(format!("there can be {NODES_MAX} nodes at most"))),
        RawNodes::List(list) => list,
    };
    let mut nodes: Vec<NodeSpec> = Vec::new();
    for raw in list {
        let at = Place::of(&raw.name);
        let node = sized(NodeSpec::new(node_name(raw.name)?));
        if nodes.iter().any(|other| other.name == node.name) {
            return Err(at.error(format!("there are two nodes called {}", node.name)));
        }
        nodes.push(NodeSpec {
            cpu: raw.cpu.map(quantity).transpose()?.unwrap_or(node.cpu),
            memory: raw.memory.map(quantity).transpose()?.unwrap_or(node.memory),
            labels: raw.labels,
            taints: taints(raw.taints)?,
            name: node.name,
        });
    }
    Ok(nodes)
}

/// Taints with an effect that there is.
pub(super) fn taints(raw: Vec<Spanned<Taint>>) -> Result<Vec<Taint>, ScriptError> {
    let one = |raw: Spanned<Taint>| match EFFECTS.contains(&raw.value.effect.as_str()) {
        true => Ok(raw.value),
        false => Err(Place::of(&raw).error(format!(
            "\"{}\" is not one of {}",
            raw.value.effect,
            EFFECTS.join(", ")
        ))),
    };
    raw.into_iter().map(one).collect()
}

/// A name that the API server takes for a node.
pub(super) fn node_name(raw: Spanned<SmolStr>) -> Result<SmolStr, ScriptError> {
    match dns_subdomain(&raw.value).first() {
        Some(why) => Err(Place::of(&raw).error(format!("\"{}\" is no name for a node: {why}", raw.value))),
        None => Ok(raw.value),
    }
}

/// Requests per second by Service.
pub(super) fn rates(raw: RawRates) -> Result<BTreeMap<SmolStr, u32>, ScriptError> {
    let rate = |(service, rate): (SmolStr, Spanned<Value>)| match per_second(&rate.value) {
        Some(per_second) => Ok((service, per_second)),
        None => Err(Place::of(&rate).error(format!(
            "traffic to {service}: \"{}\" is no rate; write it like 10rps",
            text(&rate.value)
        ))),
    };
    raw.into_iter().map(rate).collect()
}

/// An amount, as the API writes it.
pub(super) fn quantity(raw: Spanned<Value>) -> Result<String, ScriptError> {
    let text = text(&raw.value);
    canonical_quantity(&text)
        .map_err(|_| Place::of(&raw).error(format!("\"{text}\" is no amount; write it like 500m, 4 or 8Gi")))
}

/// A text may be written as a number.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn per_second(rate: &Value) -> Option<u32> {
    match rate {
        Value::Number(number) => number.as_u64().and_then(|rate| rate.try_into().ok()),
        Value::String(text) => {
            text.trim().strip_suffix("rps").or(text.strip_suffix("/s"))?.trim().parse().ok()
        }
        _ => None,
    }
}
