//! What is expected to follow, as data and in words.

use std::fmt;

use smol_str::{SmolStr, format_smolstr};

use super::observe::Observed;
use crate::engine::World;
use crate::manifests::diff::{self, FieldChange};
use crate::manifests::{FieldPath, Step};
use crate::object::{Kind, ObjectRef, Pod, conditions};
use crate::time::Span;

/// Fields that the API server and kubectl write by themselves: nobody asks for them.
const KEPT_BY_SERVER: &[&str] = &[
    "status",
    "metadata.resourceVersion",
    "metadata.generation",
    "metadata.managedFields",
    "metadata.uid",
    "metadata.creationTimestamp",
    "metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]",
];

/// What is expected to follow from something.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// What it does to each object, and what kind of change that is.
    pub changes: Vec<Change>,
    /// What is seen then.
    pub seen: Observed,
    /// How it ends.
    pub end: End,
    /// How long that was watched: the time in which the requests were sent.
    pub watched: Span,
}

/// What happens to one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The object.
    pub object: ObjectRef,
    /// What kind of change it is.
    pub nature: Nature,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
}

/// What kind of change it is: what an operator needs to know first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// The object is new.
    New,
    /// The pod template changes: pods are replaced.
    Rollout,
    /// Only the number of pods changes.
    Scale,
    /// The template changes where nobody replaces pods: only new pods follow it.
    LaterPods,
    /// Nothing restarts.
    InPlace,
}

/// How it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All is as wanted again.
    Settled,
    /// Not within this time; what stands in the way.
    NotWithin(Span, Vec<String>),
}

impl Nature {
    fn of(object: &ObjectRef, old: bool, fields: &[FieldChange]) -> Self {
        let starts = |field: &FieldChange, names: &[&str]| {
            let steps = field.path.0.iter().zip(names);
            field.path.0.len() >= names.len()
                && steps.into_iter().all(|(step, name)| *step == Step::Field((*name).to_owned()))
        };
        let template = fields.iter().any(|field| starts(field, &["spec", "template"]));
        let replicas = fields.iter().any(|field| starts(field, &["spec", "replicas"]));
        let rolls = matches!(object.kind.name(), "Deployment" | "DaemonSet" | "StatefulSet");
        match (old, template, replicas) {
            (false, ..) => Self::New,
            (true, true, _) if rolls => Self::Rollout,
            (true, true, _) => Self::LaterPods,
            (true, false, true) => Self::Scale,
            (true, false, false) => Self::InPlace,
        }
    }

    /// In a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::New => "It is NEW: nothing like it is in the cluster.",
            Self::Rollout => "The pod template changes, so this is a ROLLOUT: every pod is replaced.",
            Self::Scale => "SCALING: only the number of pods changes; the others stay as they are.",
            Self::LaterPods => "Only NEW pods follow the changed template; those that run stay as they are.",
            Self::InPlace => "NOTHING RESTARTS: no pod is made or stopped for this change itself.",
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settled => f.write_str("yes"),
            Self::NotWithin(within, _) => write!(f, "never within {} min", within.as_secs() / 60),
        }
    }
}

impl Forecast {
    /// What is expected, line by line: what a line is about, and its value.
    pub fn rows(&self) -> Vec<(SmolStr, String)> {
        let mut rows = self.seen.rows(self.watched);
        rows.push(("settled after".into(), self.settled_words()));
        rows
    }

    /// How long it takes until all is as wanted.
    pub fn settled_words(&self) -> String {
        match &self.end {
            End::Settled => format!("~{}", self.seen.took),
            never @ End::NotWithin(..) => never.to_string(),
        }
    }

    /// Why it never ends; nothing if it does.
    pub fn obstacles(&self) -> &[String] {
        match &self.end {
            End::Settled => &[],
            End::NotWithin(_, why) => why,
        }
    }

    /// In one line: `2 pods started, 0 stopped, settled after ~4.1s`.
    pub fn in_one_line(&self) -> SmolStr {
        let Observed { started, stopped, .. } = self.seen;
        let settled = match self.end {
            End::Settled => format!("settled after {}", self.settled_words()),
            End::NotWithin(..) => format!("settled: {}", self.settled_words()),
        };
        format_smolstr!("{started} pods started, {stopped} stopped, {settled}")
    }
}

/// What came of an object between two moments; none if nothing did.
pub(super) fn change(object: &ObjectRef, before: &World, after: &World) -> Option<Change> {
    let old = before.object(object).map(|object| object.to_value());
    let new = after.object(object)?.to_value();
    let mut fields = match &old {
        Some(old) => diff::diff(object.kind, old, &new),
        None => Vec::new(),
    };
    fields.retain(|field| !is_kept_by_server(&field.path));
    let nature = Nature::of(object, old.is_some(), &fields);
    let changed = old.is_none() || !fields.is_empty();
    changed.then(|| Change { object: object.clone(), nature, fields })
}

fn is_kept_by_server(path: &FieldPath) -> bool {
    KEPT_BY_SERVER.iter().any(|kept| path.0.starts_with(&FieldPath::parse(kept).0))
}

/// What stands in the way of these pods, in the words of Kubernetes, each reason once.
pub(super) fn obstacles<'a>(pods: impl Iterator<Item = &'a Pod>) -> Vec<String> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for pod in pods.filter(|pod| pod.is_active() && !pod.is_ready()) {
        let Some(why) = obstacle(pod) else { continue };
        match found.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count += 1,
            None => found.push((why, 1)),
        }
    }
    let said = |(why, count): (String, usize)| match count {
        1 => format!("1 pod: {why}"),
        count => format!("{count} pods: {why}"),
    };
    found.into_iter().map(said).collect()
}

fn obstacle(pod: &Pod) -> Option<String> {
    if let Some(scheduled) = pod.condition("PodScheduled").filter(|condition| condition.status == "False") {
        return Some(format!("FailedScheduling: {}", scheduled.message.as_deref().unwrap_or("")));
    }
    let status = &pod.status;
    let lists = [&status.init_container_statuses, &status.container_statuses];
    let mut containers = lists.into_iter().flatten().flatten();
    let waiting = containers.find_map(|container| container.state.as_ref()?.waiting.as_ref());
    if let Some(waiting) = waiting.filter(|waiting| waiting.reason.as_deref() != Some("ContainerCreating")) {
        let (reason, message) = (waiting.reason.as_deref(), waiting.message.as_deref());
        return Some(format!("{}: {}", reason.unwrap_or("waiting"), message.unwrap_or("it waits")));
    }
    let ready = conditions::get(status.conditions.as_ref(), "Ready")?;
    Some(match (ready.reason.as_deref(), ready.message.as_deref()) {
        (Some(reason), Some(message)) => format!("{reason}: {message}"),
        (reason, message) => reason.or(message).unwrap_or("it is not ready").to_owned(),
    })
}

/// Whether pods of this kind of object can be told apart from others: it owns them.
pub(super) fn has_pods(kind: Kind) -> bool {
    matches!(kind.name(), "Pod" | "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet")
}
