//! Plain words: short sentences that need no knowledge of Kubernetes' machinery.

use super::names::{component, fault_words, lost_words};
use super::words::{container_words, node_words, short_object};
use crate::trace::{Data, Event, Verb};

/// What an event says in plain words.
pub(super) fn told(event: &Event) -> String {
    let who = component(&event.component);
    let object = event.object.as_ref().map(short_object).unwrap_or_default();
    match &event.data {
        Data::Input { what, .. } => what.to_string(),
        Data::Request { verb, subresource } => request(&who, verb, subresource, &object),
        Data::Response { code: 200..=299, .. } => format!("the API server says yes to {who}: {object}"),
        Data::Response { reason, .. } if reason.is_empty() => {
            format!("the API server says no to {who}: {object}")
        }
        Data::Response { reason, .. } => format!("the API server says no to {who} about {object}: {reason}"),
        Data::Write { verb, by, detail, changed, .. } => {
            let does = |verb: &str| does(by, verb);
            match (verb, detail.as_str()) {
                (Verb::Added, _) => format!("{} {object}", does("creates")),
                (Verb::Deleted, _) => format!("{object} is gone; {} for it", does("asked")),
                (_, "deletion asked for") => format!("{object} is to go: {} for it", does("asked")),
                (_, detail) if detail.starts_with("node ") => {
                    format!("{} {object} on {}", does("puts"), detail.trim_start_matches("node "))
                }
                (_, "") if changed.spec && is_a_wish(event) => {
                    format!("{} what is wanted of {object}", does("changes"))
                }
                (_, "") if changed.spec => format!("{} {object} anew", does("writes")),
                (_, "") if changed.status => format!("{} how {object} is doing", does("reports")),
                (_, "") => format!("{} the labels or marks of {object}", does("changes")),
                (_, detail) => format!("{} about {object}: {detail}", does("writes")),
            }
        }
        Data::Watch { verb, .. } => {
            let news = match verb {
                Verb::Added => "is new",
                Verb::Modified => "changed",
                Verb::Deleted => "is gone",
            };
            format!("{who} hears that {object} {news}")
        }
        Data::Woken { by, .. } => format!("{who} wakes up for {object}: {by}"),
        Data::Observe { saw } => format!("{who} looks at {object}: {saw}"),
        Data::Compare { why, idle: true, .. } => format!("{who} does nothing about {object}: {why}"),
        Data::Compare { want, have, why, .. } if want.is_empty() || have.is_empty() => {
            format!("{who} decides about {object}: {why}")
        }
        Data::Compare { want, have, why, .. } => {
            format!("{who} sees {have}, wants {want}: {}", conclusion(why, have, want))
        }
        Data::Act { did, .. } if did.contains(&object) => format!("{who}: {did}"),
        Data::Act { did, .. } => format!("{who} acts for {object}: {did}"),
        Data::Wait { what, until: None } => format!("{who} waits {}", for_what(what)),
        Data::Wait { what, until: Some(until) } => {
            format!("{who} waits {}, until {until} at the latest", for_what(what))
        }
        Data::Bind { node } => format!("{object} belongs to {node} now"),
        Data::Container { container, change } => {
            format!("container {container} of {object} {}", container_words(change))
        }
        Data::Probe { kind, passed, output, .. } => {
            let result = if *passed { "passes" } else { "fails" };
            let output = if output.is_empty() { String::new() } else { format!(": {output}") };
            format!("the {kind} probe of {object} {result}{output}")
        }
        Data::Traffic { service, pod, ok: true, .. } => format!("{pod} answered a request to {service}"),
        Data::Traffic { service, hop, .. } => format!("a request to {service} failed: {hop}"),
        Data::Event { reason, message, .. } => format!("{who} notes about {object}: {reason}: {message}"),
        Data::Node { change, detail } => format!("{} {}", event.component, node_words(*change, detail)),
        Data::Fault { what } => fault_words(what),
        Data::Refused { why } => format!("that was refused, so nothing was done: {why}"),
        Data::Lost { what } => format!("a message was lost: {}", lost_words(what)),
    }
}

/// What was concluded, without the numbers if it begins with them: `2 exist, 3 wanted: create 1 more`.
fn conclusion<'a>(why: &'a str, have: &str, want: &str) -> &'a str {
    match why.split_once(": ") {
        Some((numbers, rest))
            if [have, want].iter().all(|part| numbers.split(' ').any(|word| word == *part)) =>
        {
            rest
        }
        _ => why,
    }
}

/// `the scheduler puts`, but `you put`.
pub(super) fn does(by: &str, verb: &str) -> String {
    let verb = if by == "you" { verb.trim_end_matches('s') } else { verb };
    format!("{} {verb}", component(by))
}

/// Whether the object has a specification: what somebody wants of it. Others only hold content.
fn is_a_wish(event: &Event) -> bool {
    use crate::object::Kind::{ConfigMap, EndpointSlice, Endpoints, Secret, ServiceAccount};
    let content = [ConfigMap, EndpointSlice, Endpoints, Secret, ServiceAccount];
    event.object.as_ref().is_none_or(|object| !content.contains(&object.kind))
}

fn request(who: &str, verb: &str, subresource: &str, object: &str) -> String {
    let asks = match (verb, subresource) {
        ("create", "binding") => "to put it on its node",
        ("create", "eviction") => "to let it go, if its budget allows that",
        ("create", _) => "to create it",
        (_, "status") => "to note how it is doing",
        ("delete", _) => "to delete it",
        ("get" | "list", _) => "to show it",
        ("watch", _) => "to be told of every change",
        _ => "to change it",
    };
    format!("{who} asks the API server about {object}: {asks}")
}

/// `for a change of what it watches`; words that begin otherwise are put behind a colon.
fn for_what(what: &str) -> String {
    match what.starts_with("for ") {
        true => what.to_owned(),
        false => format!("({what})"),
    }
}
