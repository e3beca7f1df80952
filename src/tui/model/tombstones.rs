//! Tombstones: what went lately, who had it killed, and what came in its place.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::engine::World;
use crate::object::{Key, Kind, Object, ObjectRef, OwnerReference, Pod, Resource, labels, owner};
use crate::time::VirtualTime;
use crate::trace::{Class, Data, Event, EventId, Verb};

/// Events that are looked through, at most.
const SEARCHED: usize = 20_000;
/// Tombstones of one object, at most: the newest.
const MOST: usize = 20;

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
    /// The story's number.
    pub story: u64,
    /// The node that it ran on, of a pod.
    pub node: SmolStr,
    /// What was created in its place: the pod that the same owner made because of its end.
    pub successor: Option<ObjectRef>,
}

/// What belonged to an object and went, newest first: what it owned, what it had on its node, or whose requests it
/// served.
pub fn tombstones(world: &World, of: &ObjectRef) -> Vec<Tombstone> {
    let Some(of) = world.object(of) else { return Vec::new() };
    let mine = |event: &&Arc<Event>| last(world, event).is_some_and(|last| belongs(world, of, last));
    deletions(world).filter(mine).take(MOST).filter_map(|event| tombstone(world, event)).collect()
}

/// How an object went; none if it is there, or nothing is remembered of it.
pub fn tombstone_of(world: &World, object: &ObjectRef) -> Option<Tombstone> {
    if world.object(object).is_some() {
        return None;
    }
    let end = deletions(world).find(|event| event.object.as_ref() == Some(object))?;
    tombstone(world, end)
}

/// The events by which something went, newest first.
fn deletions(world: &World) -> impl Iterator<Item = &Arc<Event>> {
    let recent = world.log().of_class(Class::Decision).rev().take(SEARCHED);
    recent.filter(|event| matches!(event.data, Data::Write { verb: Verb::Deleted, .. }))
}

/// An object as it was when it went.
fn last<'a>(world: &'a World, end: &Event) -> Option<&'a Object> {
    let Data::Write { revision, .. } = &end.data else { return None };
    world.write_at(end.object.as_ref()?.kind, *revision).map(|record| &record.object)
}

/// Whether this is what an object took care of.
fn belongs(world: &World, of: &Object, gone: &Object) -> bool {
    match (of, gone) {
        (Object::Service(service), Object::Pod(pod)) => {
            let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
            let has = |(key, value): (&String, &String)| labels(&pod.metadata).get(key) == Some(value);
            selector.is_some_and(|selector| !selector.is_empty() && selector.iter().all(has))
        }
        (Object::Node(node), Object::Pod(pod)) => {
            pod.node_name().is_some() && pod.node_name() == node.metadata.name.as_deref()
        }
        _ => {
            let uid = of.meta().uid.as_deref();
            let is_it = |owner: &OwnerReference| Some(owner.uid.as_str()) == uid;
            let Some(owner) = owner::controller(gone.meta()) else { return false };
            // The pods of a Deployment are those of its ReplicaSets.
            let above = Kind::from_name(&owner.kind)
                .and_then(|kind| {
                    world.object(&ObjectRef::new(kind, Key::new(gone.key().namespace, owner.name.as_str())))
                })
                .filter(|found| found.meta().uid.as_deref() == Some(owner.uid.as_str()))
                .and_then(|found| owner::controller(found.meta()));
            is_it(owner) || above.is_some_and(is_it)
        }
    }
}

fn tombstone(world: &World, end: &Arc<Event>) -> Option<Tombstone> {
    let Data::Write { by, .. } = &end.data else { return None };
    let object = end.object.clone()?;
    let last = last(world, end);
    let owner = last.and_then(|last| owner::controller(last.meta())).map(|owner| owner.uid.as_str());
    let story = world.story(end.story);
    Some(Tombstone {
        uid: last.and_then(|last| last.meta().uid.clone()).unwrap_or_default(),
        at: end.at,
        event: end.id,
        by: asked(world, end, &object).unwrap_or_else(|| by.clone()),
        killer: story.map_or("nothing from outside".into(), |story| story.title.clone()),
        story: story.map_or(0, |story| story.number),
        node: last.and_then(Pod::of).and_then(|pod| pod.node_name()).map(SmolStr::from).unwrap_or_default(),
        successor: owner.and_then(|owner| successor(world, end, &object, owner)),
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
    if object.kind != Kind::Pod {
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
