//! Why an item was placed where it was: what a component that chooses keeps of its last choice.
//!
//! Only the scheduler chooses among nodes today. The words live here so that a face can read them from a
//! [`LoopLook`](super::LoopLook) without knowing the scheduler.

use smol_str::SmolStr;

use crate::object::ObjectRef;
use crate::time::VirtualTime;

/// One attempt to place a pod: every node that was looked at, with what each plugin said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The pod.
    pub pod: ObjectRef,
    /// When it was attempted.
    pub at: VirtualTime,
    /// How many nodes the cluster has.
    pub nodes_total: usize,
    /// How many of them were looked at; in a large cluster enough are soon found.
    pub nodes_evaluated: usize,
    /// The table, in node order. In a large cluster only its beginning, but always with the chosen node.
    pub nodes: Vec<NodeExplanation>,
    /// The node that was chosen, if one was.
    pub chosen: Option<SmolStr>,
    /// The result in words: why this node, or why none.
    pub message: SmolStr,
}

/// One node's row.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeExplanation {
    /// The node.
    pub node: SmolStr,
    /// The filters that it passed, in order.
    pub passed: &'static [&'static str],
    /// The first filter that rejected it, with its reasons.
    pub rejected: Option<NodeRejection>,
    /// What each scoring plugin gave; empty if the node was rejected or there was nothing to choose.
    pub scores: Vec<PluginScore>,
    /// The sum of the weighted scores.
    pub total: i64,
}

/// A filter's no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRejection {
    /// The plugin: `NodeResourcesFit`.
    pub plugin: &'static str,
    /// In words: `Insufficient cpu`.
    pub reasons: Vec<SmolStr>,
    /// Whether other pods' leaving could change the answer.
    pub helped_by_preemption: bool,
}

/// A scoring plugin's opinion of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PluginScore {
    /// The plugin: `ImageLocality`.
    pub plugin: &'static str,
    /// What it computed, in its own measure.
    pub raw: i64,
    /// That brought to 0..=100 and multiplied with the plugin's weight.
    pub weighted: i64,
}
