//! Where an object comes from, and who put an end to it.

use super::{Evidence, Finding};
use crate::engine::World;
use crate::object::{ObjectRef, owner};
use crate::trace::{Class, ContainerChange, Data, Event, EventId, StoryId, Verb};
use smol_str::SmolStr;

/// Who created it.
pub(super) fn exists(world: &World, object: &ObjectRef) -> Evidence {
    let added = last(world, object, |data| matches!(data, Data::Write { verb: Verb::Added, .. }));
    let Some(event) = added else {
        let mut findings = vec![Finding::Older(object.clone())];
        let owner = world.object(object).and_then(|object| owner::controller(object.meta()));
        if let Some(owner) = owner {
            let why = smol_str::format_smolstr!("it belongs to {} {}", owner.kind, owner.name);
            let by = smol_str::format_smolstr!("controller/{}", owner.kind.to_lowercase());
            findings.push(Finding::Created { object: object.clone(), by, why, revision: 0 });
        }
        return Evidence { findings, event: None };
    };
    let Data::Write { by, revision, .. } = &event.data else { return Evidence::default() };
    let decided = world.why(event.id).into_iter().rev().find_map(|cause| match &cause.data {
        Data::Compare { why, .. } if cause.component == *by => Some(why.clone()),
        _ => None,
    });
    let why = decided.unwrap_or_default();
    let created = Finding::Created { object: object.clone(), by: by.clone(), why, revision: *revision };
    Evidence { findings: vec![created], event: Some(event.id) }
}

/// Who asked for its end, or how it ended by itself.
pub(super) fn killed(world: &World, object: &ObjectRef) -> Evidence {
    let asked = last(world, object, |data| match data {
        Data::Write { verb: Verb::Deleted, .. } => true,
        Data::Write { detail, .. } => detail == "deletion asked for",
        Data::Container { change: ContainerChange::Exited { .. }, .. } => true,
        _ => false,
    });
    let Some(event) = asked else {
        return Evidence { findings: vec![Finding::Unharmed(object.clone())], event: None };
    };
    // What was asked for is told by the first request; that the object went for good only follows from it.
    let first = first_request(world, object, &event).unwrap_or(event);
    let finding = match &first.data {
        Data::Container { container, change: ContainerChange::Exited { code, reason } } => Finding::Exited {
            container: container.clone(),
            code: *code,
            reason: (*reason).into(),
            until: None,
            root: Some(done_by_somebody(world, first.story)),
        },
        Data::Write { by, revision, .. } => {
            let root = world.story(first.story).map(|story| story.title.clone());
            let root = root.unwrap_or_else(|| "something outside the trace".into());
            Finding::Deleted { object: object.clone(), by: by.clone(), root, revision: *revision }
        }
        _ => Finding::Unharmed(object.clone()),
    };
    Evidence { findings: vec![finding], event: Some(first.id) }
}

/// How a story began that somebody or a fault began; empty for one that began by itself.
fn done_by_somebody(world: &World, story: StoryId) -> SmolStr {
    let began =
        world.event(EventId(story.0)).filter(|root| matches!(root.component.as_str(), "you" | "fault"));
    began.and_then(|_| world.story(story)).map(|story| story.title.clone()).unwrap_or_default()
}

/// The request for the deletion that an end goes back to: the first one since the object was created. Its kubelet
/// asks once more when nothing of it is left.
fn first_request(world: &World, object: &ObjectRef, end: &Event) -> Option<std::sync::Arc<Event>> {
    let back = world.log().back_from(Class::Decision, end.id);
    let mine = back.filter(|event| event.object.as_ref() == Some(object));
    // An earlier object of the same name is another one.
    let life = mine.take_while(|event| !matches!(event.data, Data::Write { verb: Verb::Added, .. }));
    let asked = |event: &&std::sync::Arc<Event>| matches!(&event.data, Data::Write { detail, .. } if detail == "deletion asked for");
    life.filter(asked).last().cloned()
}

/// The last event about an object that is like this.
pub(super) fn last(
    world: &World,
    object: &ObjectRef,
    like: impl Fn(&Data) -> bool,
) -> Option<std::sync::Arc<Event>> {
    let mut events = world.log().of_class(Class::Decision).rev();
    events.find(|event| event.object.as_ref() == Some(object) && like(&event.data)).cloned()
}
