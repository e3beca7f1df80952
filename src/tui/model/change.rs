//! What a write changed: what etcd held before and after it, field by field.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::engine::World;
use crate::object::Object;
use crate::trace::{Data, Event, Verb, text};

/// Fields that change with every write or say nothing to a reader.
const NOISE: [&str; 3] = ["metadata.managedFields", "metadata.resourceVersion", "metadata.uid"];
/// Fields of a new or removed object that are shown first, by the end of their path.
const TELLING: [&str; 9] = [
    "ownerReferences[0].name",
    "ownerReferences[0].kind",
    "spec.nodeName",
    "status.phase",
    "spec.replicas",
    "metadata.generation",
    "deletionTimestamp",
    "image",
    "status",
];

/// How a field changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Its path: `spec.replicas`.
    pub path: String,
    /// What stood there.
    pub before: Option<String>,
    /// What stands there.
    pub after: Option<String>,
}

/// What an event changed in etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `etcd  rev 1041 -> 1042`.
    pub revision: u64,
    /// Who asked for it.
    pub by: String,
    /// `+ pod web-1`, `~ pod web-1`, `- pod web-1`.
    pub head: String,
    /// Whether it is new, changed or gone.
    pub verb: Verb,
    /// The fields that differ; of a new or removed object all, the telling ones first.
    pub fields: Vec<FieldChange>,
}

/// What a write changed; the reason if that is not known any more, nothing if the event is no write.
pub fn change(world: &World, event: &Event) -> Option<Result<Change, String>> {
    let Data::Write { verb, revision, by, .. } = &event.data else { return None };
    let object = event.object.as_ref()?;
    let Some(record) = world.write_at(object.kind, *revision) else {
        return Some(Err(format!("etcd has forgotten revision {revision}: its history was compacted.")));
    };
    let sign = match verb {
        Verb::Added => "+",
        Verb::Modified => "~",
        Verb::Deleted => "-",
    };
    let before = record.previous.as_ref().filter(|_| *verb != Verb::Added).map(flat).unwrap_or_default();
    let after = if *verb == Verb::Deleted { BTreeMap::new() } else { flat(&record.object) };
    Some(Ok(Change {
        revision: *revision,
        by: text::component(by),
        head: format!("{sign} {}", text::object_words(object)),
        verb: *verb,
        fields: differences(&before, &after, *verb != Verb::Modified),
    }))
}

fn differences(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    whole: bool,
) -> Vec<FieldChange> {
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    let mut fields: Vec<FieldChange> = paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| FieldChange {
            path: path.clone(),
            before: before.get(path).cloned(),
            after: after.get(path).cloned(),
        })
        .collect();
    if whole {
        let rank = |field: &FieldChange| {
            TELLING.iter().position(|end| field.path.ends_with(end)).unwrap_or(TELLING.len())
        };
        fields.sort_by_key(rank);
    }
    fields
}

/// An object as paths and values.
pub(super) fn flat(object: &Object) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    walk(&object.to_value(), String::new(), &mut found);
    found.retain(|path, _| !NOISE.iter().any(|noise| path.starts_with(noise)));
    found
}

fn walk(value: &Value, path: String, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(value, path, found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                // A condition is known by its type, not by its place.
                let key = value.get("type").and_then(Value::as_str);
                let key = key.map_or_else(|| index.to_string(), str::to_owned);
                walk(value, format!("{path}[{key}]"), found);
            }
        }
        Value::String(text) => {
            found.insert(path, text.clone());
        }
        other => {
            found.insert(path, other.to_string());
        }
    }
}
