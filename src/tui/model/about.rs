//! An object in a few lines: what is wanted and there, who owns it, its status, and what was reported of it last.
//!
//! ```text
//! Pod login-546954bf77-qspjv
//! owner    ReplicaSet login-546954bf77
//! status   phase Running, podIP 10.244.0.7
//!          Ready True, PodScheduled True
//! events   Pulled  2s ago  Container image "pizza/login:1.2.3" already present
//! ```

use std::cmp::Reverse;
use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Event;
use serde_json::Value;

use crate::engine::World;
use crate::object::{Key, Kind, Object, ObjectRef, Resource, owner};
use crate::time::{Span, VirtualTime};

/// Events told of an object at most.
const EVENTS: usize = 8;

/// Owners told of it at most.
const OWNERS: usize = 4;

/// What is known of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Those who own it, nearest first: `ReplicaSet login-6f9c`.
    pub owners: Vec<String>,
    /// Single values of its status, with their names.
    pub status: Vec<(String, String)>,
    /// Its conditions: name, status, reason.
    pub conditions: Vec<(String, String, String)>,
    /// What was reported of it, newest first.
    pub events: Vec<Report>,
}

/// What was reported of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// In a word: `Pulled`.
    pub reason: String,
    /// How often.
    pub count: i32,
    /// How long ago, the last time; none if nobody wrote it down.
    pub ago: Option<Span>,
    /// In a sentence.
    pub message: String,
}

/// Which of the recorded Events are about one object: thousands of them are gone through once, then only those that
/// were written since.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    of: Option<ObjectRef>,
    /// The revision of etcd that it knows.
    seen: u64,
    keys: BTreeSet<Key>,
}

impl Reports {
    /// Takes in what was written since the last look at this run.
    pub fn follow(&mut self, world: &World, object: &ObjectRef) {
        let known = self.of.as_ref() == Some(object);
        let fresh = known.then(|| world.writes_since(Kind::Event, self.seen).ok()).flatten();
        let mine = |event: &Event| is_named(event, object);
        match fresh {
            Some(records) => {
                let events = records.iter().filter_map(|record| Event::of(&record.object));
                self.keys.extend(events.filter(|event| mine(event)).map(Resource::key));
            }
            None => {
                let events = world.list_as::<Event>(None).filter(|event| mine(event));
                self.keys = events.map(Resource::key).collect();
            }
        }
        (self.of, self.seen) = (Some(object.clone()), world.revision());
    }

    /// The Events about an object, in the order of their names.
    fn about<'a>(&'a self, world: &'a World, object: &'a ObjectRef) -> Vec<&'a Event> {
        match self.of.as_ref() == Some(object) && self.seen == world.revision() {
            // What was deleted since is not there any more.
            true => {
                let keys = self.keys.iter();
                keys.filter_map(|key| world.get::<Event>(&key.namespace, &key.name)).collect()
            }
            false => world.list_as::<Event>(None).filter(|event| is_named(event, object)).collect(),
        }
    }
}

fn is_named(event: &Event, object: &ObjectRef) -> bool {
    let about = &event.involved_object;
    about.kind.as_deref() == Some(object.kind.name())
        && about.name.as_deref() == Some(object.key.name.as_str())
        && (object.key.namespace.is_empty()
            || event.metadata.namespace.as_deref() == Some(object.key.namespace.as_str()))
}

/// What is known of an object; nothing if it is gone.
pub fn about(world: &World, reference: &ObjectRef, reports: &Reports) -> Option<About> {
    let object = world.object(reference)?;
    let value = object.to_value();
    let status = value.get("status").and_then(Value::as_object);
    let single = |(name, value): (&String, &Value)| Some((name.clone(), scalar(value)?));
    let placed = value.pointer("/spec/nodeName").and_then(scalar).map(|node| ("node".to_owned(), node));
    Some(About {
        owners: owners(world, object),
        status: placed.into_iter().chain(status.into_iter().flatten().filter_map(single)).collect(),
        conditions: conditions(&value),
        events: events(world, object, reports.about(world, reference)),
    })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

fn conditions(value: &Value) -> Vec<(String, String, String)> {
    let list = value.pointer("/status/conditions").and_then(Value::as_array);
    let text = |condition: &Value, field: &str| {
        condition.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let row =
        |condition: &Value| (text(condition, "type"), text(condition, "status"), text(condition, "reason"));
    list.into_iter().flatten().map(row).collect()
}

/// The owner, the owner's owner, and so on.
fn owners(world: &World, object: &Object) -> Vec<String> {
    let namespace = object.meta().namespace.clone().unwrap_or_default();
    let mut found = Vec::new();
    let mut here = owner::controller(object.meta());
    while let Some(owner) = here.filter(|_| found.len() < OWNERS) {
        found.push(format!("{} {}", owner.kind, owner.name));
        let above = Kind::from_name(&owner.kind)
            .map(|kind| ObjectRef::new(kind, Key::new(namespace.as_str(), owner.name.as_str())))
            .and_then(|above| world.object(&above));
        here = above.and_then(|above| owner::controller(above.meta()));
    }
    found
}

fn events(world: &World, object: &Object, mut found: Vec<&Event>) -> Vec<Report> {
    // Another object may have had this name.
    let uid = object.meta().uid.as_ref();
    found.retain(|event| {
        let about = event.involved_object.uid.as_ref();
        about.is_none() || about == uid || object.kind() == Kind::Node
    });
    // Times of Events are whole seconds; what was written last is the newest of them.
    let written = |event: &Event| -> Option<u64> { event.metadata.resource_version.as_ref()?.parse().ok() };
    found.sort_by_key(|event| Reverse((event.last_timestamp.as_ref().map(|time| time.0), written(event))));
    let said = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
    let report = |event: &&Event| Report {
        reason: said(&event.reason),
        count: event.count.unwrap_or(1).max(1),
        ago: event.last_timestamp.as_ref().map(|time| world.now().since(VirtualTime::from_api(time))),
        message: said(&event.message),
    };
    found.iter().take(EVENTS).map(report).collect()
}
