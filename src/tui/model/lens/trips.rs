//! Trips through a loop, put together from the recorded phases.

use smol_str::SmolStr;

use super::phase_of;
use crate::engine::World;
use crate::object::ObjectRef;
use crate::time::VirtualTime;
use crate::trace::{Data, Event, EventId, Phase};

/// Events that are looked through for trips, at most.
const SEARCHED: usize = 30_000;

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
        if let Some(phase) = phase_of(&event.data) {
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

/// The last trips of a component about an object, newest first; those around the event `at`, if there is one.
pub fn trips(
    world: &World,
    component: &str,
    item: &ObjectRef,
    at: Option<EventId>,
    most: usize,
) -> Vec<Trip> {
    let mine =
        |event: &&std::sync::Arc<Event>| event.component == component && event.object.as_ref() == Some(item);
    let newest = EventId(u64::MAX);
    let mut events: Vec<_> = Vec::new();
    let mut begun = 0;
    for event in world.log().newest_first(newest).take(SEARCHED).filter(mine) {
        events.push(event.clone());
        if matches!(event.data, Data::Woken { .. }) {
            // Enough of them, and the one that is asked for is there.
            begun += 1;
            if begun >= most && at.is_none_or(|at| event.id <= at) {
                break;
            }
        }
    }
    let mut trips: Vec<Trip> = Vec::new();
    for event in events.iter().rev() {
        if matches!(event.data, Data::Woken { .. }) {
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
