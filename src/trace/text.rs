//! Sentences: what an event says, generated from its record alone.

use crate::object::{Kind, ObjectRef};

use super::{ContainerChange, Data, Event, NodeChange, Verb};

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
        Data::Act { did } => format!("{who} acts on {object}: {did}"),
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
        Data::Lost { what } => format!("lost: {what}"),
    }
}

/// What people call a component: `the ReplicaSet controller`, `the kubelet on node-1`.
pub fn component(id: &str) -> String {
    match id.split_once('/') {
        Some(("controller", name)) => format!("the {} controller", controller_words(name)),
        Some((part @ ("kubelet" | "kube-proxy"), node)) => format!("the {part} on {node}"),
        Some(("runtime", node)) => format!("the container runtime on {node}"),
        Some(_) => id.to_owned(),
        None => match id {
            "apiserver" => "the API server".to_owned(),
            "scheduler" => "the scheduler".to_owned(),
            other => other.to_owned(),
        },
    }
}

fn controller_words(name: &str) -> &str {
    match name {
        "deployment" => "Deployment",
        "replicaset" => "ReplicaSet",
        "endpointslice" => "EndpointSlice",
        "endpoints" => "Endpoints",
        "node-lifecycle" => "node lifecycle",
        "taint-eviction" => "taint eviction",
        "garbage-collector" => "garbage collector",
        "namespace" => "Namespace",
        "pod-gc" => "pod garbage",
        "serviceaccount" => "ServiceAccount",
        other => other,
    }
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

/// What happened to a container, in a few words: `container web of pod x was started`.
pub fn container_step(data: &Data, object: &str) -> Option<String> {
    match data {
        Data::Container { container, change } => {
            Some(format!("container {container} of {object} {}", container_words(change)))
        }
        _ => None,
    }
}

fn container_words(change: &ContainerChange) -> String {
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

fn node_words(change: NodeChange, detail: &str) -> String {
    match change {
        NodeChange::PowerOn => "has power again".to_owned(),
        NodeChange::PowerOff => "lost power; nobody is told".to_owned(),
        NodeChange::KubeletStopped => "stopped; its containers go on".to_owned(),
        NodeChange::KubeletStarted => "started".to_owned(),
        NodeChange::Crashed => format!("crashed: {detail}"),
    }
}
