//! An object in short: whose it is, who knows what of it, its conditions, and who looks after it.

use serde_json::Value;

use super::{Line, events, loops};
use crate::engine::World;
use crate::object::{Key, Kind, Object, ObjectRef, is_terminating, owner};
use crate::trace::text;
use crate::tui::model::lens::knows;
use crate::tui::theme::Role;

/// Owners that are followed upwards.
const OWNERS: usize = 8;
/// Events that are shown; the page of Events has all.
const EVENTS: usize = 4;

pub(super) fn lines(world: &World, found: &Object, veil: Option<&str>) -> Vec<Line> {
    let object = ObjectRef::new(found.kind(), found.key());
    let value = found.to_value();
    let mut lines = vec![identity(world, found)];
    lines.push(Line::text(format!("owned by   {}", owners(world, &object))));
    if is_terminating(found.meta()) {
        lines.push(Line::new(
            Role::Warn,
            "deletion was asked for; it goes when all finalizers and its grace are over",
        ));
    }
    let look = world.loops().find(|look| look.verdicts.contains_key(&object)).map(AsRef::as_ref);
    let known = knows(world, &object, look, veil);
    if !known.is_empty() {
        lines.push(Line::gap());
        lines.push(Line::head("Who knows what"));
        lines.extend(
            known.iter().map(|row| Line::text(format!("  {:<5} {:<24} {}", row.who, row.place, row.text))),
        );
    }
    let conditions = conditions(&value);
    if !conditions.is_empty() {
        lines.push(Line::gap());
        lines.push(Line::head("Conditions"));
        lines.extend(conditions);
    }
    let desks: Vec<Line> = world.loops().flat_map(|look| loops::of_loop(world, look, &object)).collect();
    if !desks.is_empty() {
        lines.push(Line::gap());
        lines.push(Line::head("Loops that look after it"));
        lines.extend(desks);
    }
    let recent: Vec<_> = events::about(world, &object).collect();
    if !recent.is_empty() {
        lines.push(Line::gap());
        lines.push(Line::head("Last Events"));
        let from = recent.len().saturating_sub(EVENTS);
        lines.extend(recent.into_iter().skip(from).map(|event| {
            let role = if event.type_.as_deref() == Some("Warning") { Role::Bad } else { Role::Text };
            let (reason, message) = (event.reason.as_deref(), event.message.as_deref());
            Line::new(role, format!("  {:<20} {}", reason.unwrap_or_default(), message.unwrap_or_default()))
        }));
    }
    lines
}

fn identity(world: &World, found: &Object) -> Line {
    let meta = found.meta();
    let age = meta.creation_timestamp.as_ref().map(|made| made.0.to_string()).unwrap_or_default();
    let generation = meta.generation.map(|number| format!(", generation {number}")).unwrap_or_default();
    let revision = meta.resource_version.as_deref().unwrap_or("?");
    Line::muted(format!("created {age}{generation}, resourceVersion {revision} of {}", world.revision()))
}

/// `ReplicaSet login-6f9c, Deployment login`.
fn owners(world: &World, object: &ObjectRef) -> String {
    let (mut all, mut here) = (Vec::new(), object.clone());
    for _ in 0..OWNERS {
        let Some(owner) = world.object(&here).and_then(|object| owner::controller(object.meta())) else {
            break;
        };
        let Some(kind) = Kind::from_name(&owner.kind) else { break };
        here = ObjectRef::new(kind, Key::new(here.key.namespace.clone(), owner.name.as_str()));
        all.push(text::object_words(&here));
    }
    if all.is_empty() { "nobody: if it goes, nobody makes it anew".to_owned() } else { all.join(", ") }
}

/// The conditions of any kind of object: `status.conditions`.
fn conditions(value: &Value) -> Vec<Line> {
    let list = value.pointer("/status/conditions").and_then(Value::as_array);
    let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    list.into_iter()
        .flatten()
        .map(|condition| {
            let (kind, status) = (text(condition, "type"), text(condition, "status"));
            let because = [text(condition, "reason"), text(condition, "message")];
            let because: Vec<String> = because.into_iter().filter(|part| !part.is_empty()).collect();
            let role = if status == "Unknown" { Role::Unknown } else { Role::Text };
            Line::new(role, format!("  {kind:<26} {status:<8} {}", because.join(": ")))
        })
        .collect()
}
