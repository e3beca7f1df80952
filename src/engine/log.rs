//! The trace as it is kept: a ring for each class of events, and a hash over all of them.
//!
//! Heartbeats and traffic are nearly everything that happens in a quiet hour; each class has its own bound, so
//! that they never push decisions out. The hash runs over every event, kept or not, so that two runs can be
//! compared whatever the bounds are.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use imbl::Vector;

use crate::trace::{Class, Event, EventId};

/// Events kept of each class.
const DECISIONS: usize = 60_000;
const MESSAGES: usize = 30_000;
const HEARTBEATS: usize = 10_000;
const TRAFFIC: usize = 10_000;

/// The events of a run, newest last.
#[derive(Clone, Debug, Default)]
pub struct TraceLog {
    rings: [Ring; 4],
    total: u64,
    hash: u64,
    /// Events since they were last taken, if somebody takes them.
    fresh: Option<Vec<Arc<Event>>>,
}

#[derive(Clone, Debug, Default)]
struct Ring {
    events: Vector<Arc<Event>>,
    dropped: u64,
}

impl Ring {
    /// How many events stand before the first one for which `earlier` does not hold; they are in order.
    fn count(&self, earlier: impl Fn(&Event) -> bool) -> usize {
        let (mut from, mut to) = (0, self.events.len());
        while from < to {
            let middle = (from + to) / 2;
            match self.events.get(middle).is_some_and(|event| earlier(event)) {
                true => from = middle + 1,
                false => to = middle,
            }
        }
        from
    }

    fn tail(&self, earlier: impl Fn(&Event) -> bool) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        let first = self.count(earlier);
        self.events.focus().narrow(first..).into_iter()
    }

    fn head(&self, earlier: impl Fn(&Event) -> bool) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        let end = self.count(earlier);
        self.events.focus().narrow(..end).into_iter()
    }
}

const fn bound(class: Class) -> (usize, usize) {
    match class {
        Class::Decision => (0, DECISIONS),
        Class::Message => (1, MESSAGES),
        Class::Heartbeat => (2, HEARTBEATS),
        Class::Traffic => (3, TRAFFIC),
    }
}

impl TraceLog {
    /// Adds an event.
    pub fn push(&mut self, event: Event) {
        let mut hasher = Fnv(self.hash);
        event.hash(&mut hasher);
        self.hash = hasher.finish();
        self.total += 1;
        let (ring, max) = bound(event.class());
        let event = Arc::new(event);
        if let Some(fresh) = &mut self.fresh {
            fresh.push(event.clone());
        }
        let ring = &mut self.rings[ring];
        ring.events.push_back(event);
        if ring.events.len() > max {
            ring.events.pop_front();
            ring.dropped += 1;
        }
    }

    /// How many events there were in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The hash over all events: equal for equal runs.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// How many events of a class were dropped.
    pub fn dropped(&self, class: Class) -> u64 {
        self.rings[bound(class).0].dropped
    }

    /// The events kept of a class, oldest first.
    pub fn of_class(&self, class: Class) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        self.rings[bound(class).0].events.iter()
    }

    /// The events kept of a class that came after this one, oldest first.
    pub fn after(&self, class: Class, id: EventId) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        self.rings[bound(class).0].tail(move |event| event.id <= id)
    }

    /// The events kept of a class up to this one, newest first.
    pub fn back_from(&self, class: Class, id: EventId) -> impl Iterator<Item = &Arc<Event>> {
        self.rings[bound(class).0].head(move |event| event.id <= id).rev()
    }

    /// Decisions and heartbeats after this event, oldest first: whatever a loop did, also when nothing came of it.
    pub fn oldest_first(&self, after: EventId) -> impl Iterator<Item = &Arc<Event>> {
        let decisions = self.after(Class::Decision, after);
        merge(decisions, self.after(Class::Heartbeat, after), |one, other| one.id < other.id)
    }

    /// Decisions and heartbeats up to this event, newest first.
    pub fn newest_first(&self, up_to: EventId) -> impl Iterator<Item = &Arc<Event>> {
        let decisions = self.back_from(Class::Decision, up_to);
        merge(decisions, self.back_from(Class::Heartbeat, up_to), |one, other| one.id > other.id)
    }

    /// The last event of all that are kept.
    pub fn last_id(&self) -> Option<EventId> {
        self.rings.iter().filter_map(|ring| ring.events.back()).map(|event| event.id).max()
    }

    /// One event, if it is kept.
    pub fn get(&self, id: EventId) -> Option<&Arc<Event>> {
        self.rings.iter().find_map(|ring| {
            let at = ring.events.binary_search_by_key(&id, |event| event.id).ok()?;
            ring.events.get(at)
        })
    }

    /// The events of all classes from this number on, in order.
    pub fn since(&self, from: EventId) -> Vec<Arc<Event>> {
        let mut merged: BTreeMap<EventId, Arc<Event>> = BTreeMap::new();
        for ring in &self.rings {
            let newer = ring.events.iter().rev().take_while(|event| event.id >= from);
            merged.extend(newer.map(|event| (event.id, event.clone())));
        }
        merged.into_values().collect()
    }

    /// Keeps new events aside until [`TraceLog::take_fresh`].
    pub fn tap(&mut self) {
        self.fresh.get_or_insert_default();
    }

    /// The same, and all events that are kept are new.
    pub fn tap_from_the_start(&mut self) {
        self.fresh = Some(self.since(EventId(0)));
    }

    /// The events since this was last called; none if the log is not tapped.
    pub fn take_fresh(&mut self) -> Vec<Arc<Event>> {
        self.fresh.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Whether new events are kept aside.
    pub fn is_tapped(&self) -> bool {
        self.fresh.is_some()
    }

    /// Stops keeping new events aside: in copies of the world that run ahead or are looked at.
    pub fn untap(&mut self) {
        self.fresh = None;
    }
}

/// Two sequences in one order.
fn merge<'a>(
    one: impl Iterator<Item = &'a Arc<Event>>,
    other: impl Iterator<Item = &'a Arc<Event>>,
    first: impl Fn(&Event, &Event) -> bool,
) -> impl Iterator<Item = &'a Arc<Event>> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(a), Some(b)) if first(a, b) => one.next(),
        (_, Some(_)) => other.next(),
        (_, None) => one.next(),
    })
}

/// FNV-1a as a hasher: stable across platforms and versions, unlike the standard one.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_u64(&mut self, number: u64) {
        // One round for a whole number: events are full of them.
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
