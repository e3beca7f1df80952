//! Tombstones: what went lately, who had it killed, and what came in its place.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::engine::World;
use crate::object::{Object, ObjectRef, Pod, Resource, owner};
use crate::time::{Span, VirtualTime};
use crate::trace::{Class, Data, Event, EventId, StoryId, Verb};

/// Events that are looked through, at most.
const SEARCHED: usize = 20_000;

/// An object that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The object.
    pub object: ObjectRef,
    /// Its uid; empty if etcd has forgotten it.
    pub uid: String,
    /// When it went from etcd.
    pub at: VirtualTime,
    /// The event by which it went.
    pub event: EventId,
    /// Who asked for that: `controller/replicaset`, `you`.
    pub by: SmolStr,
    /// The story's title: what killed it in the end.
    pub killer: SmolStr,
    /// The story.
    pub story: StoryId,
    /// The uid of the object that owned it; empty if none did.
    pub owner: String,
    /// The node that it ran on, of a pod.
    pub node: SmolStr,
    /// What was created in its place: the pod that the same owner made because of its end.
    pub successor: Option<ObjectRef>,
}

/// What went within the last `within`, newest first. Leases and Events are left out.
pub fn tombstones(world: &World, within: Span) -> Vec<Tombstone> {
    let now = world.now();
    let recent = world.log().of_class(Class::Decision).rev().take(SEARCHED);
    let recent = recent.take_while(|event| now.since(event.at) <= within);
    recent.filter_map(|event| tombstone(world, event)).collect()
}

fn tombstone(world: &World, event: &Arc<Event>) -> Option<Tombstone> {
    let Data::Write { verb: Verb::Deleted, revision, by, .. } = &event.data else { return None };
    let object = event.object.clone().filter(|object| !object.kind.is_background())?;
    let last = world.write_at(object.kind, *revision).map(|record| &record.object);
    let owner = last.and_then(|last| owner::controller(last.meta())).map(|owner| owner.uid.clone());
    let owner = owner.unwrap_or_default();
    let killer = world.story(event.story).map(|story| story.title.clone());
    Some(Tombstone {
        uid: last.and_then(|last| last.meta().uid.clone()).unwrap_or_default(),
        at: event.at,
        event: event.id,
        by: asked(world, event, &object).unwrap_or_else(|| by.clone()),
        killer: killer.unwrap_or_else(|| "nothing from outside".into()),
        story: event.story,
        node: last.and_then(Pod::of).and_then(|pod| pod.node_name()).map(SmolStr::from).unwrap_or_default(),
        successor: successor(world, event, &object, &owner),
        owner,
        object,
    })
}

/// Who asked for the deletion in the first place; the kubelet only finishes it.
fn asked(world: &World, end: &Event, object: &ObjectRef) -> Option<SmolStr> {
    let path = world.why(end.id);
    path.iter().find_map(|event| match &event.data {
        Data::Write { by, detail, .. }
            if event.object.as_ref() == Some(object) && detail == "deletion asked for" =>
        {
            Some(by.clone())
        }
        _ => None,
    })
}

/// The pod that was created in its place: of those that the same owner made in the same story, the one that has as
/// many before it as this one has among those that went.
fn successor(world: &World, end: &Event, object: &ObjectRef, owner: &str) -> Option<ObjectRef> {
    if owner.is_empty() || object.kind != crate::object::Kind::Pod {
        return None;
    }
    let (mut asked, mut made): (Vec<ObjectRef>, Vec<ObjectRef>) = (Vec::new(), Vec::new());
    let root = EventId(end.story.0.saturating_sub(1));
    let story = world.log().after(Class::Decision, root).take(SEARCHED);
    for event in story.filter(|event| event.story == end.story) {
        let Data::Write { verb, revision, detail, .. } = &event.data else { continue };
        let Some(other) = event.object.as_ref().filter(|other| other.kind == object.kind) else { continue };
        let same = || {
            let record = world.write_at(other.kind, *revision)?;
            Some(owned_by(&record.object, owner))
        };
        match verb {
            Verb::Added if same() == Some(true) => made.push(other.clone()),
            Verb::Modified if detail == "deletion asked for" && same() == Some(true) => {
                asked.push(other.clone())
            }
            _ => {}
        }
    }
    let place = asked.iter().position(|other| other == object)?;
    made.get(place).cloned()
}

fn owned_by(object: &Object, uid: &str) -> bool {
    owner::controller(object.meta()).is_some_and(|owner| owner.uid == uid)
}
