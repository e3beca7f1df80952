//! What a loop may touch while it handles something, and the numbers of its alarms.

use smol_str::SmolStr;

use super::Cache;
use super::plan::Note;
use super::queue::Reason;
use crate::actor::Outbox;
use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};
#[cfg(test)]
use crate::trace::Cause;
use crate::trace::Parent;

/// What a loop may touch while it handles something.
pub struct Context<'a> {
    /// The instant.
    pub now: VirtualTime,
    /// What led here.
    pub cause: Parent,
    /// What the component has seen.
    pub cache: &'a Cache,
    /// Where what it does is recorded.
    pub out: &'a mut Outbox,
    pub(super) client: u8,
    pub(super) wakes: Vec<(ObjectRef, Span, Reason)>,
    pub(super) notes: Vec<(Note, Parent)>,
}

impl Context<'_> {
    /// Queues an item.
    pub fn wake(&mut self, item: ObjectRef, why: impl Into<SmolStr>) {
        self.wake_after(item, Span::ZERO, why);
    }

    /// Queues an item after a delay.
    pub fn wake_after(&mut self, item: ObjectRef, delay: Span, why: impl Into<SmolStr>) {
        self.wakes.push((item, delay, (self.cause, why.into())));
    }

    /// Records a Kubernetes Event.
    pub fn note(&mut self, note: Note) {
        self.notes.push((note, self.cause));
    }

    /// Sets an alarm of the component's own; `token` is below 2^48.
    pub fn alarm(&mut self, delay: Span, token: u64) {
        self.out.alarm(delay, alarm_token(self.client, OWN_ALARM, token), self.cause);
    }
}

pub(super) const QUEUE_ALARM: u64 = 0;
pub(super) const OWN_ALARM: u64 = 1;

pub(super) fn alarm_token(client: u8, class: u64, token: u64) -> u64 {
    u64::from(client) << 56 | class << 48 | token
}

/// The client of an actor whose alarm this is.
pub fn alarm_client(token: u64) -> u8 {
    (token >> 56) as u8
}

#[cfg(test)]
impl Context<'_> {
    /// A context without a shell; gives what it wakes.
    pub fn for_test(cache: &Cache, out: &mut Outbox, act: impl FnOnce(&mut Context<'_>)) -> Vec<ObjectRef> {
        let (now, cause) = (out.now, Parent::Known(Cause::NONE));
        let mut cx = Context { now, cause, cache, out, client: 0, wakes: Vec::new(), notes: Vec::new() };
        act(&mut cx);
        cx.wakes.into_iter().map(|(item, _, _)| item).collect()
    }
}
