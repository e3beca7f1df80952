//! The NOW sentence: what is going on, and what comes next, from recorded facts.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Node;

use crate::engine::World;
use crate::expression::facts::is_settled;
use crate::object::{Kind, Pod};
use crate::trace::text::Vocabulary;
use crate::trace::{Class, Data, Event, StoryId, text};
use crate::tui::glyphs::PodState;

use super::next::next;
use super::pods::{is_silent, pod_state};

/// `healing 3/4` and the like: the whole cluster in two words, with the state that it is shown in.
pub fn headline(world: &World) -> (PodState, String) {
    let (wanted, ready) = pods_wanted_and_ready(world);
    match (ready == wanted, is_settled(world)) {
        (true, _) if wanted == 0 => (PodState::Waiting, "no pods yet".to_owned()),
        (true, true) => (PodState::Ready, format!("all {ready} ready")),
        (true, false) => (PodState::NotReady, format!("settling {ready}/{wanted}")),
        (false, false) if !world.is_quiet() => (PodState::NotReady, format!("healing {ready}/{wanted}")),
        _ => (PodState::Failed, format!("gap {ready}/{wanted}")),
    }
}

/// How many pods all wishes together ask for, and how many are ready. There may be more pods than wishes.
pub fn pods_wanted_and_ready(world: &World) -> (usize, usize) {
    let is_heard = !world.list_as::<Node>(None).any(is_silent);
    let ready = match is_heard {
        true => world.census().all().ready,
        // What is ready on a node that is not heard of is not known.
        false => {
            let pods = world.list_as::<Pod>(None).filter(|pod| !pod.is_finished());
            pods.filter(|pod| pod_state(world, pod).0 == PodState::Ready).count()
        }
    };
    (wanted_pods(world).max(ready), ready)
}

fn wanted_pods(world: &World) -> usize {
    use crate::object::{Object, owner};
    let deployments = world.list(Kind::Deployment, None).filter_map(|object| match object {
        Object::Deployment(deployment) => deployment.spec.as_ref().map(|spec| spec.replicas.unwrap_or(1)),
        _ => None,
    });
    let sets = world.list(Kind::ReplicaSet, None).filter_map(|object| match object {
        Object::ReplicaSet(set) if owner::controller(&set.metadata).is_none() => {
            set.spec.as_ref().map(|spec| spec.replicas.unwrap_or(1))
        }
        _ => None,
    });
    let daemons = world.list(Kind::DaemonSet, None).filter_map(|object| match object {
        Object::DaemonSet(set) => set.status.as_ref().map(|status| status.desired_number_scheduled),
        _ => None,
    });
    let owned: i32 = deployments.chain(sets).chain(daemons).sum();
    usize::try_from(owned).unwrap_or(0) + world.census().bare()
}

/// What happened last that matters, and what comes next.
pub fn now_sentence(world: &World, story: Option<StoryId>, vocabulary: Vocabulary) -> (String, String) {
    let last = last_telling(world, story);
    let now = match &last {
        Some(event) => event_sentence(world, event, vocabulary),
        None => "Nothing has happened yet: every loop waits for a change of what it watches.".to_owned(),
    };
    if is_settled(world)
        && world
            .stories()
            .next_back()
            .is_none_or(|(_, info)| world.now() - info.last_at > crate::time::Span::secs(3))
    {
        return ("Everything matches: all loops are waiting for a change.".to_owned(), next(world));
    }
    (now, next(world))
}

/// An event as a whole sentence, with the comparison that led to it.
pub fn event_sentence(world: &World, event: &Event, vocabulary: Vocabulary) -> String {
    capitalised(&format!("{}{}.", text::told(event, vocabulary), because(world, event)))
}

/// Whether an event is one that a person would tell.
pub fn is_told(event: &Event) -> bool {
    if event.object.as_ref().is_some_and(|object| object.kind.is_background()) {
        return false;
    }
    match &event.data {
        Data::Input { .. }
        | Data::Act { reports: false, .. }
        | Data::Container { .. }
        | Data::Node { .. }
        | Data::Fault { .. }
        | Data::Bind { .. } => event.class() == Class::Decision,
        Data::Probe { changed, .. } => *changed,
        _ => false,
    }
}

/// The last event that a person would tell: of this story, if there is one.
fn last_telling(world: &World, story: Option<StoryId>) -> Option<Arc<Event>> {
    let tells = |event: &&Arc<Event>| story.is_none_or(|story| event.story == story) && is_told(event);
    world.log().of_class(Class::Decision).rev().find(tells).cloned()
}

/// The comparison that led to an event: `: the ReplicaSet controller saw 2, wants 3`.
fn because(world: &World, event: &Event) -> String {
    let chain = world.why(event.id);
    let compared = chain.iter().rev().find_map(|cause| match &cause.data {
        Data::Compare { idle: false, want, have, gap, .. } if gap != "=" && !want.is_empty() => {
            Some(format!(": {} saw {have}, wants {want}", text::component(&cause.component)))
        }
        _ => None,
    });
    compared.unwrap_or_default()
}

/// A sentence as it is written: with a capital first.
pub fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
