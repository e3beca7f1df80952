//! Exact records: calls with their paths, codes, revisions and the recorded values, word for word.

use crate::object::ObjectRef;
use crate::trace::{Data, Event};

/// What an event says, exactly.
pub(super) fn told(event: &Event) -> String {
    let who = &event.component;
    let object = event.object.as_ref().map(ToString::to_string).unwrap_or_default();
    let values = match &event.data {
        Data::Input { via, what, typed } if typed.is_empty() => format!("via={via} {what:?}"),
        Data::Input { via, what, typed } => format!("via={via} {what:?} typed={typed:?}"),
        Data::Request { verb, subresource } => call(verb, subresource, event.object.as_ref()),
        Data::Response { code, reason } => format!("{code} {reason}"),
        Data::Write { verb, revision, changed, by, detail } => {
            let parts = [(changed.meta, "metadata"), (changed.spec, "spec"), (changed.status, "status")];
            let parts: Vec<&str> =
                parts.into_iter().filter(|(changed, _)| *changed).map(|(_, name)| name).collect();
            let detail = if detail.is_empty() { String::new() } else { format!(" {detail:?}") };
            format!("resourceVersion={revision} {} by={by} changed={}{detail}", verb.name(), parts.join(","))
        }
        Data::Watch { verb, revision } => format!("{} resourceVersion={revision}", verb.name()),
        Data::Woken { by, queue } => format!("queue={queue} {by:?}"),
        Data::Observe { saw } => format!("{saw:?}"),
        Data::Compare { want, have, gap, why, idle } => {
            format!("want={want:?} have={have:?} gap={gap} idle={idle} why={why:?}")
        }
        Data::Act { did, reports } => format!("reports={reports} {did:?}"),
        Data::Wait { what, until: None } => format!("{what:?}"),
        Data::Wait { what, until: Some(until) } => format!("until={until} {what:?}"),
        Data::Bind { node } => format!("nodeName={node}"),
        Data::Container { container, change } => format!("{container} {change:?}"),
        Data::Probe { container, kind, passed, changed, output } => {
            format!("{kind} {container} passed={passed} changed={changed} {output:?}")
        }
        Data::Traffic { service, pod, version, ok, hop } => {
            format!("{service} pod={pod} version={version} ok={ok} hop={hop:?}")
        }
        Data::Event { reason, kind, message } => format!("{kind} {reason} {message:?}"),
        Data::Node { change, detail } => format!("{change:?} {detail}"),
        Data::Fault { what } | Data::Lost { what } | Data::Refused { why: what } => format!("{what:?}"),
    };
    let object = if object.is_empty() { object } else { format!(" {object}") };
    format!("{who} {}{object} {}", event.data.kind(), values.trim_end())
}

/// The HTTP call of a request: `POST /api/v1/namespaces/default/pods`.
fn call(verb: &str, subresource: &str, object: Option<&ObjectRef>) -> String {
    let method = match verb {
        "create" => "POST",
        "update" => "PUT",
        "patch" => "PATCH",
        "delete" | "deletecollection" => "DELETE",
        _ => "GET",
    };
    let Some(object) = object else { return format!("{method} ({verb})") };
    let info = object.kind.info();
    let root = match info.group {
        "" => format!("/api/{}", info.version),
        group => format!("/apis/{group}/{}", info.version),
    };
    let namespace = match object.key.namespace.as_str() {
        "" => String::new(),
        namespace => format!("/namespaces/{namespace}"),
    };
    // A new object has no address yet; one of its subresources has.
    let whole = verb == "create" && subresource.is_empty() || verb == "deletecollection" || verb == "list";
    let name = if whole { String::new() } else { format!("/{}", object.key.name) };
    let sub = if subresource.is_empty() { String::new() } else { format!("/{subresource}") };
    format!("{method} {root}{namespace}/{}{name}{sub}", info.plural)
}
