//! Two runs side by side: how each healed, what it cost, and the first thing that differs.

use smol_str::SmolStr;

use super::health::is_whole;
use crate::engine::{Branch, World};
use crate::object::Kind;
use crate::time::{Span, VirtualTime};
use crate::trace::text::{Vocabulary, told};
use crate::trace::{Class, Data, EventId, Verb};

/// One run since the fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// What was done first; empty if nothing was.
    pub began_with: String,
    /// How long it has gone on.
    pub length: Span,
    /// How long until everything was as wanted and no step followed; none if it is not.
    pub healed: Option<Span>,
    /// Requests of clients that failed.
    pub failed: u64,
    /// Pods that were created.
    pub started: usize,
    /// Pods that went.
    pub stopped: usize,
}

/// Two runs with a common past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Up to here they are the same.
    pub forked: VirtualTime,
    /// The present run.
    pub here: RunSummary,
    /// The other one.
    pub there: RunSummary,
    /// The first thing that differs: when, and what happened here and there.
    pub differs: Option<(VirtualTime, String, String)>,
}

/// Compares the present run with another one.
pub fn compare(here: &World, other: &Branch, vocabulary: Vocabulary) -> Comparison {
    let (there, forked, common): (&World, _, _) = (&other.view, other.forked, other.common);
    Comparison {
        forked,
        here: summary(here, forked, common),
        there: summary(there, forked, common),
        differs: first_difference(here, there, common, vocabulary),
    }
}

fn summary(world: &World, forked: VirtualTime, common: EventId) -> RunSummary {
    let mut run = RunSummary {
        began_with: String::new(),
        length: world.now().since(forked),
        healed: None,
        failed: failed(world, forked),
        started: 0,
        stopped: 0,
    };
    let mut last: Option<VirtualTime> = None;
    for event in world.log().after(Class::Decision, common) {
        last = if event.is_step() { Some(event.at) } else { last };
        match &event.data {
            Data::Input { what, .. } if run.began_with.is_empty() => run.began_with = what.to_string(),
            Data::Write { verb, .. }
                if event.object.as_ref().is_some_and(|object| object.kind == Kind::Pod) =>
            {
                run.started += usize::from(*verb == Verb::Added);
                run.stopped += usize::from(*verb == Verb::Deleted);
            }
            _ => {}
        }
    }
    run.healed = is_whole(world).then(|| last.map_or(Span::ZERO, |last| last.since(forked)));
    run
}

/// Requests that failed after the fork. The second of the fork itself counts for both runs alike.
fn failed(world: &World, forked: VirtualTime) -> u64 {
    let Some(traffic) = world.traffic() else { return 0 };
    let second = forked.micros() / 1_000_000;
    let services = traffic.services.values();
    services
        .flat_map(|service| &service.buckets)
        .filter(|bucket| bucket.second >= second)
        .map(|bucket| u64::from(bucket.failed))
        .sum()
}

fn first_difference(
    here: &World,
    there: &World,
    common: EventId,
    vocabulary: Vocabulary,
) -> Option<(VirtualTime, String, String)> {
    let steps = |world: &World| -> Vec<_> {
        let events = world.log().after(Class::Decision, common);
        events.filter(|event| event.is_step()).take(20_000).cloned().collect()
    };
    let (ours, theirs) = (steps(here), steps(there));
    let key = |event: &crate::trace::Event| {
        (event.at, event.component.clone(), event.object.clone(), event.data.clone())
    };
    let count = ours.len().max(theirs.len());
    let index = (0..count).find(|index| {
        ours.get(*index).map(|event| key(event)) != theirs.get(*index).map(|event| key(event))
    })?;
    let (one, other) = (ours.get(index), theirs.get(index));
    let at = [one, other].into_iter().flatten().map(|event| event.at).min()?;
    let say = |event: Option<&std::sync::Arc<crate::trace::Event>>| {
        event.map_or("nothing more".to_owned(), |event| format!("{} {}", event.at, told(event, vocabulary)))
    };
    Some((at, say(one), say(other)))
}

/// The rows of the comparison: what is compared, here, there.
pub fn table(comparison: &Comparison, name: &SmolStr) -> Vec<[String; 3]> {
    let row = |what: &str, of: &dyn Fn(&RunSummary) -> String| {
        [what.to_owned(), of(&comparison.here), of(&comparison.there)]
    };
    let done = |run: &RunSummary| match run.began_with.as_str() {
        "" => "nothing".to_owned(),
        what => what.to_owned(),
    };
    let healed =
        |run: &RunSummary| run.healed.map_or("not healed".to_owned(), |span| format!("after {span}"));
    vec![
        ["".to_owned(), "this run".to_owned(), name.to_string()],
        row("what was done", &done),
        row("healed", &healed),
        row("failed requests", &|run| run.failed.to_string()),
        row("pods started", &|run| run.started.to_string()),
        row("pods stopped", &|run| run.stopped.to_string()),
        row("how long", &|run| run.length.to_string()),
    ]
}
