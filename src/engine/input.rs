//! Inputs: everything that comes from outside.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::NodeSpec;
use crate::apiserver::{Answer, Call};
use crate::node::NodeCommand;
use crate::time::Span;
use crate::trace::{Cause, Data, StoryId};

/// Something done to the cluster from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// By which way it came: `key`, `file`, `kubectl`, `script`, `fault`.
    pub via: SmolStr,
    /// In words; the title of the story that it starts: `you deleted pod web-1`.
    pub title: SmolStr,
    /// The story that it belongs to, if it is not the first act of one.
    #[serde(default)]
    pub within: Option<u64>,
    /// What one would have typed for it, so that keys and files teach the command line; empty if there are no words.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub typed: SmolStr,
    /// What is done.
    pub act: Act,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Act {
    /// A request of a person to the API server, answered at once even while time stands still.
    Api(Call),
    /// Something breaks, or is mended.
    Fault(Fault),
    /// A worker node joins.
    AddNode(NodeSpec),
    /// A worker node is taken away: its machine and its Node object.
    RemoveNode(SmolStr),
    /// Synthetic clients ask a Service so many times a second; 0 ends it.
    Traffic {
        /// `namespace/name` of the Service.
        service: SmolStr,
        /// Requests per second.
        per_second: u32,
    },
}

/// In which direction a link is cut, seen from the first of its two ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Nothing gets through.
    #[default]
    Both,
    /// What the first sends does not arrive.
    To,
    /// What the second sends does not arrive.
    From,
}

/// What happens to a node's power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodePower {
    /// The machine is gone from one moment to the next.
    Off,
    /// It comes up, empty.
    On,
    /// Off, and on again a little later.
    Reboot,
}

impl NodePower {
    /// As scripts and commands spell it.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Off => "power-off",
            Self::On => "power-on",
            Self::Reboot => "reboot",
        }
    }
}

/// What happens to etcd's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EtcdAct {
    /// A snapshot is kept.
    Snapshot,
    /// The data is lost; an empty store answers.
    LoseData,
    /// The snapshot is restored.
    Restore,
    /// The history is compacted.
    Compact,
}

/// Something that breaks, or is mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fault {
    /// Something happens on a node.
    OnNode {
        /// The node.
        node: SmolStr,
        /// What.
        command: NodeCommand,
    },
    /// Something about an image changes on every node, also those to come.
    Image {
        /// The image.
        image: SmolStr,
        /// What.
        fault: crate::node::ImageFault,
    },
    /// A node's power.
    Power {
        /// The node.
        node: SmolStr,
        /// What happens to it.
        power: NodePower,
    },
    /// A link is cut.
    Cut {
        /// One end.
        a: SmolStr,
        /// The other end.
        b: SmolStr,
        /// In which direction.
        way: Way,
    },
    /// A link is whole again.
    Heal {
        /// One end.
        a: SmolStr,
        /// The other end.
        b: SmolStr,
    },
    /// A link takes this much longer, both ways.
    Latency {
        /// One end.
        a: SmolStr,
        /// The other end.
        b: SmolStr,
        /// How long one way takes in addition.
        of: Span,
    },
    /// The next messages from the first to the second are lost.
    Drop {
        /// One end.
        a: SmolStr,
        /// The other end.
        b: SmolStr,
        /// How many.
        next: u32,
    },
    /// A component stops or starts: `scheduler`, `controller-manager`, `controller/replicaset`, `apiserver`,
    /// `etcd`, `kubelet/node-1`, `kube-proxy/node-1`.
    Component {
        /// Which.
        name: SmolStr,
        /// Whether it starts.
        start: bool,
    },
    /// Something happens to etcd's data.
    Etcd(EtcdAct),
}

/// What came of an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The event by which it entered the trace.
    pub cause: Cause,
    /// The API server's answer, if it was a request.
    pub answer: Option<Answer>,
    /// Why nothing was done, if nothing was: the fault does not apply.
    pub refused: Option<String>,
}

impl Input {
    /// An input that starts a story.
    pub fn new(via: impl Into<SmolStr>, title: impl Into<SmolStr>, act: Act) -> Self {
        Self { via: via.into(), title: title.into(), within: None, typed: SmolStr::default(), act }
    }

    /// The same with what one would have typed for it.
    pub fn typed(mut self, line: impl Into<SmolStr>) -> Self {
        self.typed = line.into();
        self
    }

    /// As the trace tells it.
    pub(super) fn told(&self) -> Data {
        Data::Input { via: self.via.clone(), what: self.title.clone(), typed: self.typed.clone() }
    }

    /// The same as a part of a story that has begun.
    pub fn within(mut self, story: StoryId) -> Self {
        self.within = Some(story.0);
        self
    }
}
