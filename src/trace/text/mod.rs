//! Sentences: what an event says, generated from its record alone.
//!
//! The same event can be told in three vocabularies ([`told`]): in plain words, in the words of Kubernetes, and
//! exactly, as calls, reasons and revisions. [`sentence`] is what stands in trace files.

mod exact;
mod kubernetes;
mod names;
mod plain;
mod words;

use super::{Data, Event, Verb};
pub use names::{component, fault_words, lost_words, short_component, short_node};
use words::container_words;
pub use words::{capitalised, container_step, node_words, object_words, short_names, short_object};

/// In which words something is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vocabulary {
    /// `the ReplicaSet controller sees 2, wants 3: create 1 more`.
    #[default]
    Plain,
    /// `the ReplicaSet controller syncs ReplicaSet login: desired 3, observed 2`.
    Kubernetes,
    /// `controller/replicaset compare ReplicaSet/default/login want=3 have=2 gap=-1`.
    Exact,
}

impl Vocabulary {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Kubernetes, Self::Exact];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain words",
            Self::Kubernetes => "Kubernetes words",
            Self::Exact => "exact records",
        }
    }

    /// The next one, from plain to exact and around.
    pub fn next(self) -> Self {
        match self {
            Self::Plain => Self::Kubernetes,
            Self::Kubernetes => Self::Exact,
            Self::Exact => Self::Plain,
        }
    }
}

/// What an event says, in a vocabulary.
pub fn told(event: &Event, vocabulary: Vocabulary) -> String {
    match vocabulary {
        Vocabulary::Plain => plain::told(event),
        Vocabulary::Kubernetes => kubernetes::told(event),
        Vocabulary::Exact => exact::told(event),
    }
}

/// The plain sentence of an event: who did what to which object.
pub fn sentence(event: &Event) -> String {
    let who = component(&event.component);
    let object = event.object.as_ref().map(object_words).unwrap_or_default();
    match &event.data {
        Data::Input { what, .. } => format!("{who}: {what}"),
        Data::Request { verb, subresource } if subresource.is_empty() => {
            format!("{who} asks the API server to {verb} {object}")
        }
        Data::Request { verb, subresource } => {
            format!("{who} asks the API server to {verb} the {subresource} of {object}")
        }
        Data::Response { code: 200..=299, .. } => {
            format!("the API server tells {who} that it is done: {object}")
        }
        Data::Response { code, reason } => format!("the API server refuses {who}: {code} {reason} {object}"),
        Data::Write { verb, revision, by, detail, .. } => {
            let by = component(by);
            let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
            match verb {
                Verb::Added => {
                    format!("etcd stores new {object} at revision {revision}, asked by {by}{detail}")
                }
                Verb::Modified => {
                    format!("etcd stores {object} at revision {revision}, asked by {by}{detail}")
                }
                Verb::Deleted => {
                    format!("etcd removes {object} at revision {revision}, asked by {by}{detail}")
                }
            }
        }
        Data::Watch { revision, .. } if event.object.is_none() => {
            format!("{who} is given a picture of the cluster at revision {revision}")
        }
        Data::Watch { verb, .. } => format!("a watch tells {who}: {object} {}", verb.name()),
        Data::Woken { by, .. } => format!("{who} wakes for {object}: {by}"),
        Data::Observe { saw } => format!("{who} observes {object}: {saw}"),
        Data::Compare { want, have, why, .. } if want.is_empty() && have.is_empty() => {
            format!("{who} compares {object}: {why}")
        }
        Data::Compare { want, have, why, .. } => {
            format!("{who} compares {object}: wants {want}, has {have}; {why}")
        }
        Data::Act { did, .. } => format!("{who} acts on {object}: {did}"),
        Data::Wait { what, until: None } => format!("{who} waits: {what}"),
        Data::Wait { what, until: Some(until) } => format!("{who} waits until {until}: {what}"),
        Data::Bind { node } => format!("{who} assigns {object} to {node}"),
        Data::Container { container, change } => {
            format!("{who}: container {container} of {object} {}", container_words(change))
        }
        Data::Probe { container, kind, passed, output, .. } => {
            let result = if *passed { "passed" } else { "failed" };
            let output = if output.is_empty() { String::new() } else { format!(": {output}") };
            format!("{who}: {kind} probe of {container} in {object} {result}{output}")
        }
        Data::Traffic { service, pod, ok: true, .. } => {
            format!("a request to {service} was answered by {pod}")
        }
        Data::Traffic { service, hop, .. } => format!("a request to {service} failed: {hop}"),
        Data::Event { reason, message, .. } => format!("{who} records on {object}: {reason}: {message}"),
        Data::Node { change, detail } => format!("{who} {}", node_words(*change, detail)),
        Data::Fault { what } => format!("fault: {what}"),
        Data::Refused { why } => format!("refused: {why}"),
        Data::Lost { what } => format!("lost: {}", lost_words(what)),
    }
}

#[cfg(test)]
mod tests;
