//! What people call objects, and what happens to containers and machines in a few words.

use crate::object::{Kind, ObjectRef};
use crate::trace::{ContainerChange, Data, NodeChange};

/// With a capital at its beginning.
pub fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `pod web-1`, `node node-1`; the namespace only where it is not the default one.
pub fn object_words(object: &ObjectRef) -> String {
    let kind = match object.kind {
        Kind::Pod => "pod",
        Kind::Node => "node",
        Kind::Namespace => "namespace",
        other => other.name(),
    };
    match object.key.namespace.as_str() {
        "" | "default" => format!("{kind} {}", object.key.name),
        namespace => format!("{kind} {}/{}", namespace, object.key.name),
    }
}

/// The same, with only the last part of a name that a controller made up: `pod x4h2s`. The part before it is the
/// owner's name, which the reader has in front of them.
pub fn short_object(object: &ObjectRef) -> String {
    let name = object.key.name.as_str();
    match object.kind {
        Kind::Pod => match name.rsplit_once('-') {
            Some((owner, last)) if last.len() == 5 && owner.contains('-') => format!("pod {last}"),
            _ => format!("pod {name}"),
        },
        _ => object_words(object),
    }
}

/// A text in which pods are named as [`short_object`] names them: `you deleted pod 6xnkz`.
pub fn short_names(text: &str) -> String {
    let short = |word: &str| match word.rsplit_once('-') {
        Some((owner, last)) if last.len() == 5 && owner.contains('-') => last.to_owned(),
        _ => word.to_owned(),
    };
    text.split(' ').map(short).collect::<Vec<_>>().join(" ")
}

/// What happened to a container, in a few words: `pod x4h2s: web was started`.
pub fn container_step(data: &Data, object: &str) -> Option<String> {
    match data {
        Data::Container { container, change } => {
            Some(format!("{object}: {container} {}", container_words(change)))
        }
        _ => None,
    }
}

pub(super) fn container_words(change: &ContainerChange) -> String {
    match change {
        ContainerChange::Pulling => "waits for its image to be pulled".to_owned(),
        ContainerChange::Pulled => "has its image".to_owned(),
        ContainerChange::PullFailed => "cannot get its image".to_owned(),
        ContainerChange::Created => "was created".to_owned(),
        ContainerChange::Started => "was started".to_owned(),
        ContainerChange::Signalled(signal) => format!("was sent {signal}"),
        ContainerChange::Exited { code, reason } => format!("ended with exit code {code} ({reason})"),
        ContainerChange::BackOff(span) => format!("is started again in {span} at the earliest"),
        ContainerChange::Removed => "was removed".to_owned(),
    }
}

/// What happened to a node's machine, in a few words: `lost power; nobody is told`.
pub fn node_words(change: NodeChange, detail: &str) -> String {
    match change {
        NodeChange::PowerOn => "has power again".to_owned(),
        NodeChange::PowerOff => "lost power; nobody is told".to_owned(),
        NodeChange::KubeletStopped => "stopped; its containers go on".to_owned(),
        NodeChange::KubeletStarted => "started".to_owned(),
        NodeChange::Crashed => format!("crashed: {detail}"),
    }
}
