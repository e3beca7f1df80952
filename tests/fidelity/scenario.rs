//! A recorded scenario: what was applied, what was done and when, and the facts that a real cluster left.

use std::collections::BTreeMap;

use kubeloop::engine::NodeSpec;
use serde::{Deserialize, Serialize};

use crate::reduce::{Facts, Moment, Reading};

/// A recorded scenario.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows.
    pub about: String,
    /// The namespace in which it plays.
    pub namespace: String,
    /// The worker nodes.
    pub nodes: Vec<NodeSpec>,
    /// Images that every node has before it begins.
    pub present: Vec<String>,
    /// Objects whose names begin so are not compared.
    pub leave_out: Vec<String>,
    /// Objects that play the same part, by what they are called together.
    #[serde(default)]
    pub alike: BTreeMap<String, String>,
    /// Nodes whose conditions and taints are compared.
    pub watched_nodes: Vec<String>,
    /// What was done, in the words of `play.rs`, by milliseconds.
    pub actions: Vec<(u64, String)>,
    /// When the recording ends.
    pub end_ms: u64,
    /// What the person was told, by the number of the action, if it was refused.
    pub answers: BTreeMap<usize, String>,
    /// How long things took.
    pub deadlines: Vec<Deadline>,
    /// The manifests, one document per `apply`.
    pub manifest: String,
    /// What was made of the recording.
    #[serde(default)]
    pub facts: Facts,
}

/// A time between two moments.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// What it is.
    pub what: String,
    /// From when.
    pub from: Mark,
    /// Until when.
    pub to: Mark,
    /// Never earlier than this.
    pub least_ms: u64,
    /// Never later than this.
    pub most_ms: u64,
    /// What the real cluster took.
    #[serde(default)]
    pub recorded_ms: Option<u64>,
}

/// A moment: the nth time that a line of this key contains this text. The key `action` is the nth action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mark(pub String, pub String, pub usize);

impl Scenario {
    /// How its writes are to be read.
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            namespace: &self.namespace,
            leave_out: &self.leave_out,
            alike: &self.alike,
            nodes: &self.watched_nodes,
            actions: &self.actions,
            end_ms: self.end_ms,
        }
    }

    /// When a moment was.
    pub fn find(&self, mark: &Mark, timeline: &[Moment]) -> Option<u64> {
        let Mark(key, text, nth) = mark;
        if key == "action" {
            return self.actions.get(*nth).map(|(at, _)| *at);
        }
        let mut moments: Vec<u64> = timeline
            .iter()
            .filter(|(_, of, line)| of == key && line.contains(text.as_str()))
            .map(|(at, ..)| *at)
            .collect();
        moments.sort_unstable();
        moments.get(*nth).copied()
    }

    /// How long each deadline took.
    pub fn measure(&self, timeline: &[Moment]) -> Vec<Option<u64>> {
        let span = |deadline: &Deadline| {
            let (from, to) = (self.find(&deadline.from, timeline)?, self.find(&deadline.to, timeline)?);
            to.checked_sub(from)
        };
        self.deadlines.iter().map(span).collect()
    }
}
