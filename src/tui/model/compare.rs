//! Two runs side by side: how each healed, what it cost, and the first thing that differs.

use smol_str::SmolStr;

use super::health::is_whole;
use super::marks::{Moment, bookmarks};
use crate::engine::{Branch, World};
use crate::object::Kind;
use crate::time::{Span, VirtualTime};
use crate::trace::text::{Vocabulary, told};
use crate::trace::{Class, Data, EventId, Verb};

/// What became of what was amiss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healing {
    /// Nothing was done, and nothing was under way.
    NotNeeded,
    /// It is not as wanted yet.
    NotYet,
    /// All was as wanted so long after the first act, and no step of a story followed.
    After(Span),
}

/// One run since the fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// What was done, in order.
    pub acts: Vec<SmolStr>,
    /// How long it has gone on.
    pub length: Span,
    /// How long after the first act a loop found a difference.
    pub noticed: Option<Span>,
    /// Whether it healed.
    pub healed: Healing,
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
    let first = world.stories().find(|(story, _)| story.0 > common.0);
    // Without an act, what was under way at the fork goes on.
    let began = first.map_or(forked, |(_, info)| info.began);
    let mut run = RunSummary {
        acts: Vec::new(),
        length: world.now().since(forked),
        noticed: first.and_then(|(story, _)| bookmarks(world, *story).took(Moment::Noticed)),
        healed: Healing::NotYet,
        failed: failed(world, forked),
        started: 0,
        stopped: 0,
    };
    let mut last: Option<VirtualTime> = None;
    for event in world.log().after(Class::Decision, common) {
        // A story's step: what a machine does by its own clock heals nothing.
        if event.is_step() && event.cause().known_story().is_some() {
            last = Some(event.at);
        }
        match &event.data {
            Data::Input { what, .. } => run.acts.push(what.clone()),
            Data::Write { verb, .. }
                if event.object.as_ref().is_some_and(|object| object.kind == Kind::Pod) =>
            {
                run.started += usize::from(*verb == Verb::Added);
                run.stopped += usize::from(*verb == Verb::Deleted);
            }
            _ => {}
        }
    }
    if is_whole(world) {
        run.healed = last.map_or(Healing::NotNeeded, |last| Healing::After(last.since(began)));
    }
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

/// Acts of a run that are listed, at most: the last ones.
const ACTS: usize = 4;

/// The rows of the comparison: what is compared, here, there.
pub fn table(comparison: &Comparison, name: &SmolStr) -> Vec<[String; 3]> {
    let row = |what: &str, of: &dyn Fn(&RunSummary) -> String| {
        [what.to_owned(), of(&comparison.here), of(&comparison.there)]
    };
    let (here, there) = (done(&comparison.here), done(&comparison.there));
    let acts = (0..here.len().max(there.len())).map(|index| {
        let what = if index == 0 { "what was done" } else { "" };
        let of = |list: &Vec<String>| list.get(index).cloned().unwrap_or_default();
        [what.to_owned(), of(&here), of(&there)]
    });
    let noticed = |run: &RunSummary| run.noticed.map_or("-".to_owned(), |span| format!("after {span}"));
    let healed = |run: &RunSummary| match run.healed {
        Healing::NotNeeded => "nothing was amiss".to_owned(),
        Healing::NotYet => "not healed".to_owned(),
        Healing::After(span) => format!("after {span}"),
    };
    let mut rows = vec![["".to_owned(), "this run".to_owned(), name.to_string()]];
    rows.extend(acts);
    rows.extend([
        row("noticed", &noticed),
        row("healed", &healed),
        row("failed requests", &|run| run.failed.to_string()),
        row("pods started", &|run| run.started.to_string()),
        row("pods stopped", &|run| run.stopped.to_string()),
        row("how long", &|run| run.length.to_string()),
    ]);
    rows
}

/// What was done in a run, an act in each line.
fn done(run: &RunSummary) -> Vec<String> {
    let before = run.acts.len().saturating_sub(ACTS);
    let more = (before > 0).then(|| format!("{before} before that"));
    let mut lines: Vec<String> =
        more.into_iter().chain(run.acts.iter().skip(before).map(SmolStr::to_string)).collect();
    if lines.is_empty() {
        lines.push("nothing".to_owned());
    }
    lines
}
