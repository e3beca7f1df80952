//! What an event carries, by kind.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::time::{Span, VirtualTime};

/// Whether an event starts a story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Story {
    /// It belongs to the story of its first parent.
    #[default]
    Inherit,
    /// It starts one with this title: `you deleted pod web-1`.
    Start(SmolStr),
}

/// What a write or a watch says happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    /// It is new.
    Added,
    /// It changed.
    Modified,
    /// It is gone.
    Deleted,
}

impl Verb {
    /// As the watch protocol spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// Which parts of an object a write changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Parts {
    /// Labels, annotations, owners, finalizers, deletion.
    pub meta: bool,
    /// The specification.
    pub spec: bool,
    /// The status.
    pub status: bool,
}

/// The phases that every loop goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// It gathers what it has seen.
    Observe,
    /// It compares what is with what is wanted.
    Compare,
    /// It sends writes, or starts and stops things.
    Act,
    /// It waits to be woken.
    Wait,
}

/// What happened to a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerChange {
    /// The image is being pulled.
    Pulling,
    /// The image is there.
    Pulled,
    /// The image could not be pulled.
    PullFailed,
    /// It was created.
    Created,
    /// Its process runs.
    Started,
    /// It was sent a signal: `SIGTERM`, `SIGKILL`.
    Signalled(&'static str),
    /// Its process ended with this code.
    Exited {
        /// The exit code.
        code: i32,
        /// `Completed`, `Error`, `OOMKilled`.
        reason: &'static str,
    },
    /// It waits until it is started again.
    BackOff(Span),
    /// It was removed.
    Removed,
}

/// What happened to a node's machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeChange {
    /// Power came on.
    PowerOn,
    /// Power went off.
    PowerOff,
    /// The kubelet stopped; containers go on.
    KubeletStopped,
    /// The kubelet started.
    KubeletStarted,
    /// A panic in the simulator took the node down.
    Crashed,
}

/// What an event carries. The name of the variant is the event's kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Data {
    /// Something came from outside.
    Input {
        /// By which way: `key`, `file`, `kubectl`, `script`, `fault`, `timer`.
        via: SmolStr,
        /// In words: `delete pod web-1`.
        what: SmolStr,
        /// What one would have typed for it: `kubectl delete pod web-1`; may be empty.
        #[serde(skip_serializing_if = "SmolStr::is_empty")]
        typed: SmolStr,
    },
    /// A component asks the API server.
    Request {
        /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, ...
        verb: SmolStr,
        /// `status`, `binding`, `eviction`, `scale` or nothing.
        subresource: SmolStr,
    },
    /// The API server's answer arrives.
    Response {
        /// The HTTP status code.
        code: u16,
        /// The reason of a refusal.
        reason: SmolStr,
    },
    /// etcd stored a new revision.
    Write {
        /// What happened to the object.
        verb: Verb,
        /// The new revision.
        revision: u64,
        /// Which parts changed.
        changed: Parts,
        /// Who asked for it.
        by: SmolStr,
        /// The change in a few words: `replicas 3 -> 5`, `phase Pending -> Running`, where it is known.
        detail: SmolStr,
    },
    /// A component's cache hears of a write.
    Watch {
        /// What happened to the object.
        verb: Verb,
        /// At which revision.
        revision: u64,
    },
    /// A loop takes an item from its queue.
    Woken {
        /// By what, in words.
        by: SmolStr,
        /// How many items wait behind it.
        queue: usize,
    },
    /// A loop gathered what it has seen.
    Observe {
        /// What it saw, in words.
        saw: SmolStr,
    },
    /// A loop compared.
    Compare {
        /// What is wanted.
        want: SmolStr,
        /// What there is.
        have: SmolStr,
        /// The difference in words or as a number: `-1`, `=`.
        gap: SmolStr,
        /// The reason for what follows, also when nothing follows.
        why: SmolStr,
        /// Whether nothing is to be done.
        idle: bool,
    },
    /// A loop acts.
    Act {
        /// What it does, in words.
        did: SmolStr,
        /// Whether it only reports what there is: the write of a status.
        reports: bool,
    },
    /// A loop waits.
    Wait {
        /// For what, in words.
        what: SmolStr,
        /// Until when at the latest, if it has set an alarm.
        until: Option<VirtualTime>,
    },
    /// A pod was assigned to a node.
    Bind {
        /// The node.
        node: SmolStr,
    },
    /// A container changed.
    Container {
        /// Its name in the pod.
        container: SmolStr,
        /// What happened.
        change: ContainerChange,
    },
    /// A probe ran.
    Probe {
        /// The container's name.
        container: SmolStr,
        /// `startup`, `liveness` or `readiness`.
        kind: &'static str,
        /// Whether it passed.
        passed: bool,
        /// Whether the result differs from the one before.
        changed: bool,
        /// What the probe printed.
        output: SmolStr,
    },
    /// A client's request to a Service ended.
    Traffic {
        /// The Service.
        service: SmolStr,
        /// The pod that served it or failed to.
        pod: SmolStr,
        /// The version of the image that answered.
        version: SmolStr,
        /// Whether it was answered.
        ok: bool,
        /// Where it failed: `no ready endpoints`, `connection refused by 10.244.1.5`.
        hop: SmolStr,
    },
    /// A Kubernetes Event was recorded.
    Event {
        /// Its reason.
        reason: SmolStr,
        /// `Normal` or `Warning`.
        kind: &'static str,
        /// Its message.
        message: SmolStr,
    },
    /// A machine changed.
    Node {
        /// How.
        change: NodeChange,
        /// A panic's text, if it crashed.
        detail: SmolStr,
    },
    /// A control-plane component stopped or started, a link was cut or healed.
    Fault {
        /// In words: `scheduler stopped`.
        what: SmolStr,
    },
    /// What was asked for from outside was refused: nothing came of it.
    Refused {
        /// In words: `node-1 has no power`.
        why: SmolStr,
    },
    /// A message was lost.
    Lost {
        /// Which and where: `watch event on node-2 <- apiserver`.
        what: SmolStr,
    },
}

impl Data {
    /// The event's kind as the trace file spells it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Input { .. } => "input",
            Self::Request { .. } => "request",
            Self::Response { .. } => "response",
            Self::Write { .. } => "write",
            Self::Watch { .. } => "watch",
            Self::Woken { .. } => "woken",
            Self::Observe { .. } => "observe",
            Self::Compare { .. } => "compare",
            Self::Act { .. } => "act",
            Self::Wait { .. } => "wait",
            Self::Bind { .. } => "bind",
            Self::Container { .. } => "container",
            Self::Probe { .. } => "probe",
            Self::Traffic { .. } => "traffic",
            Self::Event { .. } => "event",
            Self::Node { .. } => "node",
            Self::Fault { .. } => "fault",
            Self::Refused { .. } => "refused",
            Self::Lost { .. } => "lost",
        }
    }

    /// The phase of a loop that it is, if it is one.
    pub fn phase(&self) -> Option<Phase> {
        match self {
            Self::Woken { .. } | Self::Observe { .. } => Some(Phase::Observe),
            Self::Compare { .. } => Some(Phase::Compare),
            Self::Act { .. } => Some(Phase::Act),
            Self::Wait { .. } => Some(Phase::Wait),
            _ => None,
        }
    }

    /// What a comparison wants and what it has, if they differ and words say how.
    pub fn difference(&self) -> Option<(&str, &str)> {
        match self {
            Self::Compare { idle: false, want, have, gap, .. } if gap != "=" && !want.is_empty() => {
                Some((want, have))
            }
            _ => None,
        }
    }
}
