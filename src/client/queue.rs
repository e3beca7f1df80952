//! The work queue: which items to look at, and when.
//!
//! An item stands in the queue at most once however often it is added, so ten changes become one look. While it
//! is being worked on, a new change only marks it; it is queued again when the work is done. Failures wait
//! longer each time. This is client-go's `workqueue`, whose numbers it uses.

use std::collections::{BTreeSet, VecDeque};

use imbl::{OrdMap, OrdSet};
use smol_str::SmolStr;

use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Parent};

/// How many causes a coalesced wake-up remembers.
const CAUSES_KEPT: usize = 8;
/// The delay after the first failure; it doubles (`DefaultControllerRateLimiter`).
const FIRST_RETRY: Span = Span::millis(5);
/// The longest delay after failures.
const LAST_RETRY: Span = Span::secs(1000);

/// The delay after a failure that follows `failures` others: 5 ms, doubling to 1000 s.
pub fn retry_delay(failures: u32) -> Span {
    FIRST_RETRY.times(1 << failures.min(30)).min(LAST_RETRY)
}

/// Why an item was added: the event and a few words.
pub type Reason = (Parent, SmolStr);

/// An item that waits for its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The item.
    pub item: ObjectRef,
    /// When it is queued.
    pub until: VirtualTime,
    /// Why it waits.
    pub why: SmolStr,
}

/// Items to look at. Of a large cluster many wait, so a clone shares them.
#[derive(Clone, Debug, Default)]
pub struct WorkQueue {
    ready: VecDeque<ObjectRef>,
    /// Items that are in `ready`, or marked while they are worked on.
    dirty: OrdSet<ObjectRef>,
    working: BTreeSet<ObjectRef>,
    waiting: OrdMap<(VirtualTime, ObjectRef), Reason>,
    due: OrdMap<ObjectRef, VirtualTime>,
    reasons: OrdMap<ObjectRef, Vec<Reason>>,
    failures: OrdMap<ObjectRef, u32>,
    /// Items with a reason that is a draft still.
    drafted: Vec<ObjectRef>,
}

impl WorkQueue {
    /// Queues an item now.
    pub fn add(&mut self, item: ObjectRef, reason: Reason) {
        self.note_draft(&item, &reason);
        let reasons = self.reasons.entry(item.clone()).or_default();
        if reasons.len() < CAUSES_KEPT {
            reasons.push(reason);
        }
        if self.dirty.insert(item.clone()).is_none() && !self.working.contains(&item) {
            self.ready.push_back(item);
        }
    }

    /// Queues an item at `until`, unless it is to be queued earlier anyway.
    pub fn add_at(&mut self, item: ObjectRef, until: VirtualTime, reason: Reason) {
        if self.due.get(&item).is_some_and(|due| *due <= until) {
            return;
        }
        if let Some(due) = self.due.insert(item.clone(), until) {
            self.waiting.remove(&(due, item.clone()));
        }
        self.note_draft(&item, &reason);
        self.waiting.insert((until, item), reason);
    }

    /// Queues an item after a failure; `delay` says how long to wait after so many earlier failures in a row.
    /// Returns the delay.
    pub fn add_after_failure(
        &mut self,
        item: ObjectRef,
        now: VirtualTime,
        reason: Reason,
        delay: impl FnOnce(u32) -> Span,
    ) -> Span {
        let failures = self.failures.entry(item.clone()).or_default();
        let delay = delay(*failures);
        *failures += 1;
        self.add_at(item, now + delay, reason);
        delay
    }

    /// Forgets the failures of an item.
    pub fn forget(&mut self, item: &ObjectRef) {
        self.failures.remove(item);
    }

    /// How often an item has failed in a row.
    pub fn failures(&self, item: &ObjectRef) -> u32 {
        self.failures.get(item).copied().unwrap_or(0)
    }

    /// Queues what has waited long enough.
    pub fn release(&mut self, now: VirtualTime) {
        while let Some(first) = self.waiting.get_min().map(|(first, _)| first.clone())
            && first.0 <= now
        {
            let reason = self.waiting.remove(&first);
            let (_, item) = first;
            self.due.remove(&item);
            reason.into_iter().for_each(|reason| self.add(item.clone(), reason));
        }
    }

    /// Takes the next item with the reasons for it.
    pub fn take(&mut self) -> Option<(ObjectRef, Vec<Reason>)> {
        let item = self.ready.pop_front()?;
        self.dirty.remove(&item);
        self.working.insert(item.clone());
        let reasons = self.reasons.remove(&item).unwrap_or_default();
        Some((item, reasons))
    }

    /// The work on an item is done; it is queued again if it was added meanwhile.
    pub fn done(&mut self, item: &ObjectRef) {
        self.working.remove(item);
        if self.dirty.contains(item) {
            self.ready.push_back(item.clone());
        }
    }

    /// When the next waiting item is due.
    pub fn next_due(&self) -> Option<VirtualTime> {
        self.waiting.get_min().map(|((until, _), _)| *until)
    }

    /// Lets `sort` change the order in which the ready items are taken.
    pub fn order(&mut self, sort: impl FnOnce(&mut VecDeque<ObjectRef>)) {
        sort(&mut self.ready);
    }

    /// How many items are ready.
    pub fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether no item is ready.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// The items that are ready, in order.
    pub fn ready(&self) -> impl Iterator<Item = &ObjectRef> {
        self.ready.iter()
    }

    /// The items that wait for their time, earliest first.
    pub fn waiting(&self) -> impl Iterator<Item = Waiting> + '_ {
        self.waiting.iter().map(|((until, item), (_, why))| Waiting {
            item: item.clone(),
            until: *until,
            why: why.clone(),
        })
    }

    /// Replaces drafts by the events that they became.
    pub fn numbered(&mut self, events: &[Cause]) {
        for item in std::mem::take(&mut self.drafted) {
            let waiting = self.due.get(&item).map(|due| (*due, item.clone()));
            let waiting = waiting.and_then(|place| self.waiting.get_mut(&place));
            let ready = self.reasons.get_mut(&item).into_iter().flatten();
            ready.chain(waiting).for_each(|(parent, _)| parent.settle(events));
        }
    }

    fn note_draft(&mut self, item: &ObjectRef, (parent, _): &Reason) {
        if matches!(parent, Parent::Draft(_)) {
            self.drafted.push(item.clone());
        }
    }
}
