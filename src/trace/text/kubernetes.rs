//! The words of Kubernetes: kinds, phases, conditions, watches, work queues, syncs.

use super::names::component;
use super::words::{container_words, node_words};
use crate::object::ObjectRef;
use crate::trace::{Data, Event, Verb};

/// What an event says in the words of Kubernetes.
pub(super) fn told(event: &Event) -> String {
    let who = component(&event.component);
    let object = event.object.as_ref().map(named).unwrap_or_default();
    match &event.data {
        Data::Input { via, what, .. } => format!("{what} (by way of {via})"),
        Data::Request { verb, subresource } if subresource.is_empty() => {
            format!("{who} sends {verb} {object}")
        }
        Data::Request { verb, subresource } => {
            format!("{who} sends {verb} {object}, subresource {subresource}")
        }
        Data::Response { code, reason } if reason.is_empty() => format!("{who} gets {code} for {object}"),
        Data::Response { code, reason } => format!("{who} gets {code} {reason} for {object}"),
        Data::Write { verb, by, detail, changed, .. } => {
            let by = component(by);
            let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
            match verb {
                Verb::Added => {
                    format!("{object} is created{} by {by}; watches send ADDED", owned(event, &by))
                }
                Verb::Deleted => format!("{object} is removed from etcd for {by}; watches send DELETED"),
                Verb::Modified => {
                    let parts =
                        [(changed.meta, "metadata"), (changed.spec, "spec"), (changed.status, "status")];
                    let parts: Vec<&str> =
                        parts.into_iter().filter(|(changed, _)| *changed).map(|(_, name)| name).collect();
                    format!(
                        "{} of {object} changes{detail} for {by}; watches send MODIFIED",
                        parts.join(" and ")
                    )
                }
            }
        }
        Data::Watch { verb, .. } => format!("{who} gets watch event {} {object}", verb.name()),
        Data::Woken { by, queue } => {
            format!("the work queue hands {object} to {who} ({by}); {queue} more are queued")
        }
        Data::Observe { saw } => format!("{who} reads {object} from its cache: {saw}"),
        Data::Compare { want, have, why, idle, .. } => {
            let sync = format!("{who} syncs {object}");
            match (want.is_empty(), *idle) {
                (true, true) => format!("{sync}: no-op; {why}"),
                (true, false) => format!("{sync}: {why}"),
                (false, true) => format!("{sync}: desired {want}, observed {have}: no-op; {why}"),
                (false, false) => format!("{sync}: desired {want}, observed {have}; {why}"),
            }
        }
        Data::Act { did, .. } => format!("{who}, reconciling {object}: {did}"),
        Data::Wait { what, until: None } => {
            format!("{who} is done with {object} until the next event: {what}")
        }
        Data::Wait { what, until: Some(until) } => {
            format!("{who} requeues {object} for {until}: {what}")
        }
        Data::Bind { node } => format!("{object} is bound: spec.nodeName is {node}"),
        Data::Container { container, change } => {
            format!("{who}: container {container} of {object} {}", container_words(change))
        }
        Data::Probe { container, kind, passed, output, .. } => {
            let result = if *passed { "succeeded" } else { "failed" };
            let output = if output.is_empty() { String::new() } else { format!(": {output}") };
            format!("{kind}Probe of container {container} in {object} {result}{output}")
        }
        Data::Traffic { service, pod, version, ok: true, .. } => {
            format!("Service {service} sent a request to endpoint {pod} ({version})")
        }
        Data::Traffic { service, hop, .. } => format!("a request to Service {service} failed at {hop}"),
        Data::Event { reason, kind, message, .. } => {
            format!("{who} records a {kind} Event on {object}: {reason}: {message}")
        }
        Data::Node { change, detail } => {
            format!("machine {}: {}", event.component, node_words(*change, detail))
        }
        Data::Fault { what } => format!("fault: {what}"),
        Data::Refused { why } => format!("refused: {why}"),
        Data::Lost { what } => format!("the network dropped {}", super::lost_words(what)),
    }
}

/// `Pod default/login-x4h2s`.
fn named(object: &ObjectRef) -> String {
    let kind = object.kind.name();
    match object.key.namespace.is_empty() {
        true => format!("{kind} {}", object.key.name),
        false => format!("{kind} {}/{}", object.key.namespace, object.key.name),
    }
}

/// Controllers put themselves down as owners of the workloads that they create.
fn owned(event: &Event, by: &str) -> &'static str {
    use crate::object::Kind;
    let workload = event
        .object
        .as_ref()
        .is_some_and(|object| matches!(object.kind, Kind::Pod | Kind::ReplicaSet | Kind::EndpointSlice));
    if workload && by.ends_with("controller") { ", with an ownerReference," } else { "" }
}
