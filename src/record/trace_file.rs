//! The trace as JSON Lines: one event a line, in order. The same run gives the same bytes with either driver.
//!
//! The first line holds the version, the seed and the world. Each other line has `id`, `t_us` (virtual
//! microseconds since boot), `component`, `kind`, `object`, `parents`, `story`, `text` (the plain sentence) and
//! `data` (what that kind carries).

use serde_json::{Value, json};

use crate::engine::ClusterConfig;
use crate::trace::{Event, text};

/// The version of the format.
const VERSION: u32 = 1;

/// The first line.
pub fn header(config: &ClusterConfig) -> String {
    let value = json!({
        "kubeloop": env!("CARGO_PKG_VERSION"), "trace": VERSION, "seed": config.seed, "world": config,
    });
    format!("{value}\n")
}

/// An event's line.
pub fn line(event: &Event) -> String {
    let parents: Vec<u64> = event.parents.iter().map(|parent| parent.0).collect();
    let value = json!({
        "id": event.id.0,
        "t_us": event.at.micros(),
        "component": event.component,
        "kind": event.data.kind(),
        "object": event.object.as_ref().map(ToString::to_string),
        "parents": parents,
        "story": event.story.0,
        "text": text::sentence(event),
        "data": data(event),
    });
    format!("{value}\n")
}

/// What the event carries, without the name of its kind around it.
fn data(event: &Event) -> Value {
    match serde_json::to_value(&event.data) {
        Ok(Value::Object(fields)) => fields.into_iter().next().map(|(_, inner)| inner).unwrap_or_default(),
        _ => Value::Null,
    }
}
