//! Trips through a loop, put together from the recorded phases.

use std::collections::VecDeque;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::engine::World;
use crate::object::ObjectRef;
use crate::time::VirtualTime;
use crate::trace::{Data, Event, EventId, Phase};

/// Events that are looked through for trips, at most.
const SEARCHED: usize = 30_000;
/// Trips that a diary keeps at least.
const KEPT: usize = 24;

/// What a loop waits for when it is through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// For what, in words.
    pub what: SmolStr,
    /// Until when at the latest.
    pub until: Option<VirtualTime>,
}

/// One way through the loop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trip {
    /// When it began.
    pub at: VirtualTime,
    /// By what it was woken.
    pub by: SmolStr,
    /// How many items waited behind this one.
    pub queue: usize,
    /// What it saw.
    pub saw: SmolStr,
    /// What is wanted.
    pub want: SmolStr,
    /// What there is.
    pub have: SmolStr,
    /// The difference.
    pub gap: SmolStr,
    /// The reason for what followed.
    pub why: SmolStr,
    /// Whether nothing was to be done.
    pub idle: bool,
    /// What it did.
    pub acts: Vec<SmolStr>,
    /// What it waits for; none while it is under way.
    pub waits: Option<Waits>,
    /// Its phases: the events with what they are.
    pub phases: Vec<(EventId, Phase)>,
}

impl Trip {
    /// The first event of it.
    pub fn first(&self) -> EventId {
        self.phases.first().map_or(EventId(0), |(event, _)| *event)
    }

    /// The phase that an event of it is.
    pub fn phase_of(&self, event: EventId) -> Option<Phase> {
        self.phases.iter().find(|(id, _)| *id == event).map(|(_, phase)| *phase)
    }

    /// How many acts have begun when this event is shown; all of them if it is none of this trip.
    pub fn acts_until(&self, event: Option<EventId>) -> usize {
        let acts = self.phases.iter().filter(|(_, phase)| *phase == Phase::Act);
        acts.filter(|(id, _)| event.is_none_or(|event| *id <= event)).count()
    }

    fn take(&mut self, event: &Event) {
        if let Some(phase) = event.data.phase() {
            self.phases.push((event.id, phase));
        }
        match &event.data {
            Data::Woken { by, queue } => (self.at, self.by, self.queue) = (event.at, by.clone(), *queue),
            Data::Observe { saw } => self.saw = saw.clone(),
            Data::Compare { want, have, gap, why, idle } => {
                (self.want, self.have, self.gap) = (want.clone(), have.clone(), gap.clone());
                (self.why, self.idle) = (why.clone(), *idle);
            }
            Data::Act { did, .. } => self.acts.push(did.clone()),
            Data::Wait { what, until } => self.waits = Some(Waits { what: what.clone(), until: *until }),
            _ => {}
        }
    }
}

/// What a component did about an object, kept from one look to the next: events are gone through once.
#[derive(Clone, Debug, Default)]
pub struct Diary {
    of: Option<(SmolStr, ObjectRef)>,
    /// The newest event that was looked at.
    seen: EventId,
    /// The events about the object, oldest first; they begin with the beginning of a trip.
    events: VecDeque<Arc<Event>>,
}

impl Diary {
    /// Takes in what happened since the last look at this run.
    pub fn follow(&mut self, world: &World, component: &str, item: &ObjectRef) {
        let newest = world.log().last_id().unwrap_or_default();
        let same = self.of.as_ref().is_some_and(|(name, object)| name == component && object == item);
        match same && self.seen <= newest {
            true => {
                let fresh = world.log().oldest_first(self.seen);
                self.events.extend(fresh.filter(|event| is_about(event, component, item)).cloned());
            }
            false => {
                self.of = Some((component.into(), item.clone()));
                self.events = search(world, component, item, None, KEPT).into();
            }
        }
        self.seen = newest;
        let begun = self.events.iter().filter(|event| is_beginning(event)).count();
        if begun > 2 * KEPT {
            let mut beginnings = self.events.iter().enumerate().filter(|(_, event)| is_beginning(event));
            let first = beginnings.nth(begun - KEPT).map_or(0, |(index, _)| index);
            self.events.drain(..first);
        }
    }

    /// The last trips, newest first; those around the event `at`, if there is one.
    pub fn trips(&self, world: &World, at: Option<EventId>, most: usize) -> Vec<Trip> {
        let Some((component, item)) = &self.of else { return Vec::new() };
        let reaches_back = |at| self.events.front().is_some_and(|first| first.id <= at);
        match at.is_none_or(reaches_back) {
            true => trips_of(self.events.iter(), at, most),
            false => trips_of(search(world, component, item, at, most).iter(), at, most),
        }
    }
}

fn is_about(event: &Event, component: &str, item: &ObjectRef) -> bool {
    event.component == component && event.object.as_ref() == Some(item)
}

fn is_beginning(event: &Event) -> bool {
    matches!(event.data, Data::Woken { .. })
}

/// The events of so many trips, oldest first, and further back as far as the event `at`.
fn search(
    world: &World,
    component: &str,
    item: &ObjectRef,
    at: Option<EventId>,
    most: usize,
) -> Vec<Arc<Event>> {
    let newest = EventId(u64::MAX);
    let mut events: Vec<_> = Vec::new();
    let mut begun = 0;
    let all = world.log().newest_first(newest).take(SEARCHED);
    for event in all.filter(|event| is_about(event, component, item)) {
        events.push(event.clone());
        if is_beginning(event) {
            // Enough of them, and the one that is asked for is there.
            begun += 1;
            if begun >= most && at.is_none_or(|at| event.id <= at) {
                break;
            }
        }
    }
    events.reverse();
    events
}

/// The last trips, newest first; those around the event `at`, if there is one.
fn trips_of<'a>(events: impl Iterator<Item = &'a Arc<Event>>, at: Option<EventId>, most: usize) -> Vec<Trip> {
    let mut trips: Vec<Trip> = Vec::new();
    for event in events {
        if is_beginning(event) {
            trips.push(Trip::default());
        }
        if let Some(trip) = trips.last_mut() {
            trip.take(event);
        }
    }
    trips.reverse();
    if let Some(index) = at.and_then(|at| trips.iter().position(|trip| trip.first() <= at)) {
        // The newest trips and, further back, those before the one that is shown.
        let skip = (index + 1).saturating_sub(most);
        trips.drain(..skip);
    }
    trips.truncate(most);
    trips
}
