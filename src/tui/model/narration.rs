//! The NOW sentence: what is going on, and what comes next, from recorded facts.

use std::sync::Arc;

use crate::engine::World;
use crate::expression::facts::is_settled;
use crate::time::Span;
use crate::trace::text::{Vocabulary, capitalised};
use crate::trace::{Class, Data, Event, StoryId, text};
use crate::tui::glyphs::PodState;

use super::health::{Outage, outages, pods_wanted_and_ready};
use super::next::next;
use super::why::standstill;

/// `healing 3/4` and the like: the whole cluster in two words, with the state that it is shown in.
pub fn headline(world: &World) -> (PodState, String) {
    if let Some(Outage::ApiServer | Outage::Etcd) = outages(world).first() {
        let who = if world.api_server_runs() { "etcd" } else { "API server" };
        return (PodState::Failed, format!("{who} down"));
    }
    let (wanted, ready) = pods_wanted_and_ready(world);
    match (ready == wanted, is_settled(world)) {
        (true, _) if wanted == 0 => (PodState::Waiting, "no pods yet".to_owned()),
        (true, true) => (PodState::Ready, format!("all {ready} ready")),
        (true, false) => (PodState::NotReady, format!("settling {ready}/{wanted}")),
        (false, false) if !world.is_quiet() => (PodState::NotReady, format!("healing {ready}/{wanted}")),
        _ => (PodState::Failed, format!("gap {ready}/{wanted}")),
    }
}

/// So long after the last step of a story nothing is news any more.
const NEWS: Span = Span::secs(3);

/// What happened last that matters, and what comes next.
pub fn now_sentence(world: &World, story: Option<StoryId>, vocabulary: Vocabulary) -> (String, String) {
    let now = match last_telling(world, story) {
        _ if rests(world) => standstill(world, vocabulary),
        Some(event) => event_sentence(world, &event, vocabulary),
        None => "Nothing has happened yet: every loop waits for a change of what it watches.".to_owned(),
    };
    (now, next(world))
}

/// The same for a clock that was stopped at an event: what this step was.
pub fn step_sentence(world: &World, event: &Event, vocabulary: Vocabulary) -> (String, String) {
    let now = match rests(world) {
        true => standstill(world, vocabulary),
        false => event_sentence(world, event, vocabulary),
    };
    (now, next(world))
}

/// Whether nothing is under way and the last story is no news any more.
pub(super) fn rests(world: &World) -> bool {
    let last = world.stories().next_back();
    world.is_quiet() && last.is_none_or(|(_, info)| world.now() - info.last_at > NEWS)
}

/// An event as a whole sentence, with the comparison that led to it.
pub fn event_sentence(world: &World, event: &Event, vocabulary: Vocabulary) -> String {
    format!("{}.", capitalised(&format!("{}{}", text::told(event, vocabulary), because(world, event))))
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
pub(super) fn last_telling(world: &World, story: Option<StoryId>) -> Option<Arc<Event>> {
    let tells = |event: &&Arc<Event>| story.is_none_or(|story| event.story == story) && is_told(event);
    world.log().of_class(Class::Decision).rev().find(tells).cloned()
}

/// The comparison that led to an event: `: the ReplicaSet controller saw 2, wants 3`.
fn because(world: &World, event: &Event) -> String {
    if matches!(event.data, Data::Compare { .. }) {
        return String::new();
    }
    let chain = world.why(event.id);
    let compared = chain.iter().rev().find_map(|cause| match &cause.data {
        Data::Compare { idle: false, want, have, gap, .. } if gap != "=" && !want.is_empty() => {
            Some(format!(": {} saw {have}, wants {want}", text::component(&cause.component)))
        }
        _ => None,
    });
    compared.unwrap_or_default()
}
