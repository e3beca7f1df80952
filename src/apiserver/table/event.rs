//! The row of an Event.

use k8s_openapi::api::core::v1::Event;
use serde_json::{Value, json};

use super::{Head, age};
use crate::object::{Object, Resource};
use crate::time::VirtualTime;

pub(super) const COLUMNS: &[Head] = &[
    ("Last Seen", "string", 0),
    ("Type", "string", 0),
    ("Reason", "string", 0),
    ("Object", "string", 0),
    ("Subobject", "string", 1),
    ("Source", "string", 1),
    ("Message", "string", 0),
    ("First Seen", "string", 1),
    ("Count", "string", 1),
    ("Name", "string", 1),
];

pub(super) fn cells(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(event) = Event::of(object) else { return Vec::new() };
    let first = match &event.first_timestamp {
        Some(first) => age::since(Some(first), now),
        None => age::since_micro(event.event_time.as_ref(), now),
    };
    let mut last = match &event.last_timestamp {
        Some(last) => age::since(Some(last), now),
        None => first.clone(),
    };
    // Events of the newer form that happened once have no count.
    let mut count = event.count.filter(|count| *count > 0).unwrap_or(1);
    if let Some(series) = &event.series {
        last = age::since_micro(series.last_observed_time.as_ref(), now);
        count = series.count.unwrap_or(0);
    }
    let about = &event.involved_object;
    let kind = about.kind.as_deref().unwrap_or("").to_lowercase();
    let target = match about.name.as_deref().unwrap_or("") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    vec![
        last.into(),
        event.type_.clone().unwrap_or_default().into(),
        event.reason.clone().unwrap_or_default().into(),
        target.into(),
        about.field_path.clone().unwrap_or_default().into(),
        source(event).into(),
        event.message.as_deref().unwrap_or("").trim().into(),
        first.into(),
        json!(count),
    ]
}

/// Who recorded it: `kubelet, node-1`.
fn source(event: &Event) -> String {
    let source = event.source.clone().unwrap_or_default();
    let component = source.component.or(event.reporting_component.clone()).unwrap_or_default();
    match source.host.or(event.reporting_instance.clone()).unwrap_or_default() {
        host if host.is_empty() => component,
        host => format!("{component}, {host}"),
    }
}
