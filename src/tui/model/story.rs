//! The story on the screen: what began, and each step since then.
//!
//! A comparison and the act that follows from it are one step; what only reports a status is none. A step that
//! another one of the same component and object follows lasts until then; the steps that led to the last one are
//! what decided how long it took.

use std::collections::BTreeSet;
use std::sync::Arc;

use smol_str::SmolStr;

use super::health::{Health, Outage, health, outages};
use super::next::{Clock, awaited};
use crate::engine::World;
use crate::object::{Kind, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::{Class, ContainerChange, Data, Event, EventId, StoryId, text};

/// A step of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryLine {
    /// How long after the beginning.
    pub after: Span,
    /// How long it lasted, if it is more than a moment and over.
    pub lasted: Option<Span>,
    /// Whether it goes on.
    pub goes_on: bool,
    /// Who: a component.
    pub who: SmolStr,
    /// What, in a few words: `sees 2, wants 3: create a pod`.
    pub what: String,
    /// The same without the comparison that led to it: `create a pod`.
    pub brief: String,
    /// How much it tells: where there is no room for all steps, what tells least is left out first.
    pub weight: Weight,
    /// Its event.
    pub event: EventId,
    /// Whether it is one of those that decided how long the story takes.
    pub critical: bool,
    object: Option<ObjectRef>,
    kind: StepKind,
}

/// What kind of step it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepKind {
    /// A comparison; what follows from it is not known yet.
    Compared,
    /// Something begins that takes time.
    Begins,
    /// Anything else.
    Moment,
}

impl StepKind {
    fn of(data: &Data) -> Self {
        match data {
            Data::Compare { .. } => Self::Compared,
            Data::Container {
                change: ContainerChange::Pulling | ContainerChange::Signalled(_) | ContainerChange::BackOff(_),
                ..
            } => Self::Begins,
            _ => Self::Moment,
        }
    }
}

/// How much a step tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It goes without saying: what a kubelet does besides what its containers tell, and the like.
    Chore,
    /// The network follows what happened to pods.
    Network,
    /// It decides how the story goes on.
    Turn,
}

impl Weight {
    fn of(event: &Event) -> Self {
        let who = event.component.split('/').next().unwrap_or_default();
        match (&event.data, who) {
            // The binding that follows says it all; the endpoints are a copy for old clients.
            (Data::Act { .. }, "kubelet" | "scheduler") => Self::Chore,
            (Data::Act { .. }, "controller") if event.component == "controller/endpoints" => Self::Chore,
            (Data::Container { change, .. }, _) if !tells_much(change) => Self::Chore,
            (Data::Act { .. }, "kube-proxy") => Self::Network,
            (Data::Act { .. }, _) if event.component == "controller/endpointslice" => Self::Network,
            _ => Self::Turn,
        }
    }
}

/// Whether a container began or ended something by this.
fn tells_much(change: &ContainerChange) -> bool {
    !matches!(change, ContainerChange::Pulled | ContainerChange::Created | ContainerChange::Removed)
}

/// The story on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryView {
    /// Which.
    pub id: StoryId,
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: SmolStr,
    /// How long it has gone on, or took.
    pub took: Span,
    /// How the cluster stands now.
    pub health: Health,
    /// Whether what it began with was broken by hand, and something still is.
    pub in_force: bool,
    /// Its steps, oldest first.
    pub lines: Vec<StoryLine>,
    /// The clock that all wait for, if it is not over and nobody acts.
    pub awaits: Option<Clock>,
}

/// Steps that are told at most.
const NEWEST: usize = 400;

/// The newest story that a person or a failure began; that clients begin to ask is none as long as there is another.
///
/// Of a very long story only the newest steps are told; more than that has no room on any screen.
pub fn current_story(world: &World) -> Option<StoryView> {
    let is_chosen =
        |(id, _): &(&StoryId, _)| world.event(EventId(id.0)).is_none_or(|root| !is_by_the_clock(root));
    let (id, info) = world.stories().rev().find(is_chosen).or_else(|| world.stories().next_back())?;
    let events = world.log().of_class(Class::Decision).rev().take_while(|event| event.id.0 >= id.0);
    let mut events: Vec<&Arc<Event>> = events.filter(|event| event.story == *id).take(NEWEST).collect();
    events.reverse();
    let mut lines: Vec<StoryLine> = Vec::new();
    for event in events {
        let after = event.at - info.began;
        if is_failure(event) {
            in_vain(&mut lines, event);
            continue;
        }
        let Some(what) = step(&event.data, event.object.as_ref()) else { continue };
        let who = event.component.clone();
        // What was asked for and what it broke are one, and so are the parts of one order.
        if lines.iter().any(|line| line.after == after && line.what == what && is_from_outside(&event.data)) {
            continue;
        }
        if let Some(before) =
            lines.iter_mut().rev().find(|line| line.who == who && line.object == event.object)
        {
            if let Data::Act { did, .. } = &event.data
                && before.after == after
                && !before.what.contains(": ")
            {
                // Whose number was compared says which object it is.
                before.what = format!("{}: {did}", before.what);
                (before.event, before.kind, before.brief) = (event.id, StepKind::Moment, what);
                before.weight = Weight::of(event);
                continue;
            }
            if before.kind == StepKind::Begins && before.lasted.is_none() {
                before.lasted = Some(after - before.after);
            }
        }
        lines.push(StoryLine {
            after,
            lasted: None,
            goes_on: false,
            who,
            brief: what.clone(),
            what,
            weight: Weight::of(event),
            event: event.id,
            critical: false,
            object: event.object.clone(),
            kind: StepKind::of(&event.data),
        });
    }
    // A comparison after which nothing but a report followed is no step.
    lines.retain(|line| line.kind != StepKind::Compared);
    let health = health(world);
    if let Some(last) = lines.last().map(|line| line.event) {
        let path: BTreeSet<EventId> = world.why(last).iter().map(|event| event.id).collect();
        for line in &mut lines {
            line.critical = path.contains(&line.event);
            line.goes_on =
                line.kind == StepKind::Begins && line.lasted.is_none() && health == Health::Healing;
        }
    }
    let rests = matches!(health, Health::Well | Health::Fragile);
    let end = if rests { info.last_at } else { world.now() };
    Some(StoryView {
        id: *id,
        number: info.number,
        title: text::short_names(&info.title).into(),
        took: end.max(VirtualTime::ZERO) - info.began,
        health,
        in_force: is_in_force(world, *id),
        lines,
        awaits: awaited(world).filter(|_| health != Health::Well),
    })
}

/// Whether nobody did it: clients begin to ask when the shop is open.
pub(super) fn is_by_the_clock(root: &Event) -> bool {
    matches!(&root.data, Data::Input { via, .. } if via == "timer")
}

/// Whether a story began with a fault, and a part is out of order still. Who only has to dial again is not.
fn is_in_force(world: &World, story: StoryId) -> bool {
    world.event(EventId(story.0)).is_some_and(|root| root.component == "fault")
        && outages(world).iter().any(|outage| !matches!(outage, Outage::Deaf(..)))
}

fn is_from_outside(data: &Data) -> bool {
    matches!(data, Data::Input { .. } | Data::Fault { .. })
}

/// Whether a loop has just learned that nothing came of what it tried.
fn is_failure(event: &Event) -> bool {
    matches!(&event.data, Data::Wait { what, .. } if what.starts_with("failed: "))
}

/// Nothing came of the last act of this loop on this object: that is said of it. Of several attempts in a row only the
/// first one stays.
fn in_vain(lines: &mut Vec<StoryLine>, failure: &Event) {
    let mine = |line: &StoryLine| line.who == failure.component && line.object == failure.object;
    let Some(last) = lines.iter().rposition(mine).filter(|last| lines[*last].kind == StepKind::Moment) else {
        return;
    };
    let what = format!("in vain: {}", lines[last].brief);
    if lines.iter().any(|line| mine(line) && line.what == what) {
        lines.remove(last);
    } else {
        lines[last].what = what;
    }
}

/// `pod 65f2g`, `ReplicaSet login-546954bf77`: a pod by what differs.
pub(super) fn short_words(object: &ObjectRef) -> String {
    match (object.kind, object.key.name.rsplit_once('-')) {
        (Kind::Pod, Some((_, end))) => format!("pod {end}"),
        _ => text::object_words(object),
    }
}

/// A step in a few words; what only passes messages on is none.
fn step(data: &Data, object: Option<&ObjectRef>) -> Option<String> {
    let object = object.map(short_words).unwrap_or_default();
    Some(match data {
        // The title says it in words already.
        Data::Input { typed, .. } if !typed.is_empty() => typed.to_string(),
        Data::Input { what, .. } => text::short_names(what),
        Data::Compare { .. } => {
            let (want, have) = data.difference()?;
            format!("sees {have}, wants {want}")
        }
        Data::Act { reports: false, did } => match did.contains(object.as_str()) {
            true => did.to_string(),
            false => format!("{did} ({object})"),
        },
        Data::Container { .. } => text::container_step(data, &object)?,
        Data::Node { change, detail } => text::node_words(*change, detail),
        Data::Fault { what } => text::fault_words(what),
        Data::Probe { changed: true, kind, passed, .. } => {
            format!("{kind} probe of {object} {}", if *passed { "passes" } else { "fails" })
        }
        Data::Refused { why } => format!("refused: {why}"),
        Data::Lost { what } => format!("lost: {}", text::lost_words(what)),
        _ => return None,
    })
}
