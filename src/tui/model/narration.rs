//! The NOW sentence: what is going on, and what comes next, from recorded facts.

use std::sync::Arc;

use crate::engine::World;
use crate::expression::facts::is_settled;
use crate::trace::text::{Vocabulary, capitalised};
use crate::trace::{Class, Data, Event, StoryId, text};
use crate::tui::glyphs::PodState;

use super::health::{Outage, is_calm, is_forsaken, is_old, outages, pods_wanted_and_ready, stories_rest};
use super::next::next;
use super::pods::{is_coming, unready};
use super::why::standstill;

/// `healing 3/4` and the like: the whole cluster in two words, with the state that it is shown in.
pub fn headline(world: &World) -> (PodState, String) {
    if let Some(Outage::ApiServer | Outage::Etcd) = outages(world).first() {
        let who = if world.api_server_runs() { "etcd" } else { "API server" };
        return (PodState::Failed, format!("{who} down"));
    }
    let (wanted, ready) = pods_wanted_and_ready(world);
    match (ready == wanted, is_settled(world)) {
        (true, _) if is_forsaken(world) => (PodState::Failed, "no pods left".to_owned()),
        (true, _) if wanted == 0 => (PodState::Waiting, "no pods yet".to_owned()),
        (true, settled) if settled || is_calm(world) => (PodState::Ready, format!("all {ready} ready")),
        (true, _) if is_stuck(world) => (PodState::Failed, format!("stuck {ready}/{wanted}")),
        (true, _) => (PodState::NotReady, format!("settling {ready}/{wanted}")),
        (false, _) if !world.is_quiet() || are_coming(world, wanted - ready) => {
            (PodState::NotReady, format!("healing {ready}/{wanted}"))
        }
        _ => (PodState::Failed, format!("gap {ready}/{wanted}")),
    }
}

/// Whether nobody acts although a pod is not as it should be: one more than needed, as in a rollout that gets no further.
fn is_stuck(world: &World) -> bool {
    let mut pods = unready(world).peekable();
    world.is_quiet() && pods.peek().is_some() && !pods.any(|pod| is_coming(world, pod))
}

/// Whether so many pods are on their way: somebody works on each, or its kubelet waits for its start.
fn are_coming(world: &World, missing: usize) -> bool {
    unready(world).filter(|pod| is_coming(world, pod)).take(missing).count() == missing
}

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

/// Whether nothing is under way and no story is news any more.
pub(super) fn rests(world: &World) -> bool {
    is_calm(world) || (world.is_quiet() && stories_rest(world)) || is_in_vain(world)
}

/// Whether all that goes on is that loops dial an API server or etcd that does not answer: that is no news after a while.
fn is_in_vain(world: &World) -> bool {
    let newest = world.stories().next_back();
    is_old(newest.map(|(_, info)| info.began), world)
        && matches!(outages(world).first(), Some(Outage::ApiServer | Outage::Etcd))
}

/// An event as a whole sentence, with the comparison that led to it.
pub fn event_sentence(world: &World, event: &Event, vocabulary: Vocabulary) -> String {
    let (told, because) = (text::told(event, vocabulary), because(world, event));
    format!("{}{because}{}.", capitalised(&told), in_vain(world, event))
}

/// Whether nothing can come of an act, because nobody answers: `, in vain: etcd does not answer`.
pub fn in_vain(world: &World, event: &Event) -> &'static str {
    let writes = ["controller/", "scheduler"].iter().any(|part| event.component.starts_with(part));
    match (&event.data, outages(world).first()) {
        (Data::Act { .. }, Some(Outage::Etcd)) if writes => ", in vain: etcd does not answer",
        (Data::Act { .. }, Some(Outage::ApiServer)) if writes => ", in vain: the API server is down",
        _ => "",
    }
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
        | Data::Refused { .. }
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

/// The comparison that led to an event: `: it saw 2, wants 3`. An act whose words give its reason
/// needs none.
fn because(world: &World, event: &Event) -> String {
    match &event.data {
        Data::Compare { .. } => return String::new(),
        Data::Act { did, .. } if did.contains(": ") => return String::new(),
        _ => {}
    }
    let chain = world.why(event.id);
    let compared = chain.iter().rev().find_map(|cause| {
        let (want, have) = cause.data.difference()?;
        let who = text::component(&cause.component);
        let is_self = matches!(event.data, Data::Act { .. }) && cause.component == event.component;
        let who = if is_self { "it" } else { &who };
        Some(format!(": {who} saw {have}, wants {want}"))
    });
    compared.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::driver::Inline;
    use crate::engine::{Act, ClusterConfig, Engine, Fault, Input};
    use crate::time::Span;

    #[test]
    fn while_nobody_answers_it_is_told_what_that_means_and_not_for_ever_that_it_began() {
        for name in ["apiserver", "etcd"] {
            let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
            assert!(engine.run_while(Span::secs(60), crate::script::is_up));
            let stop = Fault::Component { name: name.into(), start: false };
            engine.apply(Input::new("key", "it stopped", Act::Fault(stop)));
            let told = |engine: &Engine| now_sentence(engine.world(), None, Vocabulary::Plain).0;
            assert!(told(&engine).contains("stopped"), "{}", told(&engine));
            // Later the nodes are called silent: that is news.
            for _ in 0..9 {
                engine.run_until(engine.now() + Span::secs(4));
                assert_eq!(told(&engine), standstill(engine.world(), Vocabulary::Plain), "{name}");
            }
        }
    }
}
