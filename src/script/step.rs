//! Steps as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::ask::Ask;
use super::place::Place;
use crate::expression::Expression;
use crate::time::Span;

/// One step with its place in the file.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// When.
    pub cue: Cue,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1.
    pub column: usize,
}

/// When a step's turn comes, in lessons and scenes.
#[derive(Clone, Debug, Default)]
pub enum Cue {
    /// After the step before it.
    #[default]
    Next,
    /// So long after the beginning.
    At(Span),
    /// As soon as an expression holds.
    When(Expression),
}

/// Something for those who look on; nothing happens to the cluster.
#[derive(Clone, Debug)]
pub enum Beat {
    /// Words of the presenter. In a scene, a beat begins here.
    Say(String),
    /// A question to the room.
    Ask(Ask),
    /// Words for the presenter alone.
    Note(String),
    /// A key to press: `slow`, `continue`.
    Key(String),
    /// A part of the screen to look at.
    Spotlight(String),
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Applies manifests.
    Apply {
        /// Which.
        source: ApplySource,
        /// The refusal that is expected, as a regular expression.
        expect_error: Option<String>,
    },
    /// Waits until an expression holds.
    Wait {
        /// The expression.
        until: Expression,
        /// For how long at most.
        max: Span,
    },
    /// Deletes objects.
    Delete(DeleteStep),
    /// Sets a number of replicas.
    Scale(ScaleStep),
    /// Sets an image.
    SetImage(ImageStep),
    /// Edits a file and saves it.
    Edit(EditStep),
    /// Runs a kubectl command.
    Kubectl(KubectlStep),
    /// Breaks or mends something.
    Fault(Box<FaultStep>),
    /// Adds a node.
    AddNode(crate::engine::NodeSpec),
    /// Removes a node.
    RemoveNode(String),
    /// Lets time pass.
    After(Span),
    /// Expects an expression to hold now.
    Expect(Expression),
    /// Expects an expression to have held all the time.
    ExpectAlways {
        /// The expression.
        expression: Expression,
        /// Since when.
        since: Since,
    },
    /// Synthetic clients ask Services, so often a second; 0 ends it.
    Traffic(BTreeMap<smol_str::SmolStr, u32>),
    /// Something for those who look on.
    Beat(Beat),
    /// Stands still as soon as an expression holds; without a screen, lets time pass until then.
    Break(Expression),
    /// Answers a question of a lesson.
    Answer(AnswerStep),
    /// A command for the plain container host of a lesson.
    Docker(String),
}

impl Action {
    /// Whether `since: step` counts from here: it is no mere look at what became of the step before.
    pub fn begins_anew(&self) -> bool {
        !matches!(self, Self::Expect(_) | Self::ExpectAlways { .. } | Self::Wait { .. })
    }
}

/// Where manifests come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ApplySource {
    /// A file or folder, relative to the script.
    Path(String),
    /// A text in the script.
    Inline {
        /// The text.
        text: String,
        /// Where its first line begins in the script, if it stands there line by line.
        at: Option<Place>,
    },
}

/// Since when an expression must have held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Since {
    /// Since the world had settled.
    #[default]
    Start,
    /// Since the last step that did something began.
    Step,
}

/// `delete: {pod: "app=login", count: 1, grace: 0s}`.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteStep {
    /// Which kind.
    pub kind: crate::object::Kind,
    /// A selector or a name.
    pub target: String,
    /// The namespace.
    pub namespace: String,
    /// How many of those that match, by name; a name hits one.
    pub count: usize,
    /// The grace period.
    pub grace: Option<Span>,
    /// What becomes of dependents.
    pub propagation: Option<crate::apiserver::Propagation>,
}

/// `scale: {deployment: login, replicas: 5}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleStep {
    /// The Deployment's name.
    pub deployment: Option<String>,
    /// The ReplicaSet's name.
    pub replicaset: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// How many.
    pub replicas: i32,
}

/// `set-image: {deployment: login, container: login, image: "pizza/login:1.2.4"}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageStep {
    /// The Deployment's name.
    pub deployment: Option<String>,
    /// The file to be edited instead of an API call.
    pub file: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// The container; the only one if there is one.
    pub container: Option<String>,
    /// The image.
    pub image: String,
}

/// `edit: {file: login.yaml, doc: Deployment/login, set: {"spec.replicas": 5}}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditStep {
    /// The file, as it was applied; its last name is enough.
    pub file: String,
    /// The document: `Deployment/login`; the first one if none.
    pub doc: Option<String>,
    /// New values by field path.
    pub set: BTreeMap<String, Value>,
}

/// `kubectl: "get pods"`, `kubectl: {run: "get pods", expect-exit: 0, expect-output: REGEX}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubectlStep {
    /// The command, with or without `kubectl` in front.
    pub run: String,
    /// The exit code that is expected; if nothing is expected, it must be 0.
    pub expect_exit: Option<u8>,
    /// What is expected to be printed, as a regular expression.
    pub expect_output: Option<String>,
}

/// A pod that a fault hits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PodFault {
    /// A selector or a name.
    pub pod: String,
    /// The namespace.
    pub namespace: Option<String>,
    /// The container; the first one if none.
    pub container: Option<String>,
    /// How many of those that match.
    pub count: Option<usize>,
    /// The exit code (container-exit).
    pub code: Option<i32>,
    /// `readiness`, `liveness` or `startup` (probe).
    pub kind: Option<String>,
    /// How much longer (slow-start).
    pub by: Option<String>,
}

/// `fault: {...}`: one of the first fields says what, the last ones how.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FaultStep {
    /// A container exits.
    pub container_exit: Option<PodFault>,
    /// A container is killed for its memory.
    pub oom_kill: Option<PodFault>,
    /// A probe fails, or passes again.
    pub probe: Option<PodFault>,
    /// Containers take longer to start.
    pub slow_start: Option<PodFault>,
    /// An image cannot be pulled, or can be again.
    pub image: Option<String>,
    /// A node's power or kubelet.
    pub node: Option<String>,
    /// A link is cut.
    pub cut: Option<[String; 2]>,
    /// A link is whole again.
    pub heal: Option<[String; 2]>,
    /// A link is slow.
    pub latency: Option<[String; 2]>,
    /// Messages are lost.
    pub drop: Option<[String; 2]>,
    /// A component stops or starts.
    pub component: Option<String>,
    /// What is done: `fail`, `power-off`, `stop`, ...
    #[serde(rename = "do")]
    pub verb: Option<String>,
    /// In which direction a link is cut.
    pub way: Option<crate::engine::Way>,
    /// How much longer messages take.
    pub of: Option<String>,
    /// How many messages are lost.
    pub next: Option<u32>,
}

impl FaultStep {
    /// What is done to the cluster, each with its title.
    ///
    /// # Errors
    /// Nothing matches, or a word is none of those that there are.
    pub fn acts(
        &self,
        world: &crate::engine::World,
    ) -> Result<Vec<(smol_str::SmolStr, crate::engine::Act)>, String> {
        super::targets::acts(self, world)
    }
}

/// `answer: {question: after-10m, option: 2}`: what a learner answers; the numbers count from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnswerStep {
    /// The question's id.
    pub question: String,
    /// The option of a prediction.
    pub option: Option<usize>,
    /// The items in the order in which they are put.
    pub order: Option<Vec<usize>>,
    /// The cells of a table, row by row.
    pub cells: Option<Vec<Vec<bool>>>,
}
