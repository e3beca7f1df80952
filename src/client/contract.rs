//! The loop: observe, compare, act, wait.
//!
//! A component says which objects it wants to hear of, which items a change concerns, what it gathers
//! ([`Loop::observe`]), and what it makes of that ([`Loop::compare`]). The [`Shell`](super::Shell) does the rest:
//! it keeps the cache and the queue, sends the plan's requests, waits for the answers, looks again after
//! failures, and records each phase with its causes.

use std::collections::VecDeque;
use std::sync::Arc;

use imbl::OrdMap;
use smol_str::SmolStr;

use super::plan::{Outcome, Plan, Step};
use super::queue::{Waiting, retry_delay};
use super::{Cache, Change, Context, Explanation, Interest, Limit, Limits};
use crate::apiserver::{Call, Picture};
use crate::object::{Kind, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::Cause;

/// A component whose work is Observe -> Compare -> Act -> Wait on one item at a time.
pub trait Loop: Clone + Send + Sync + 'static {
    /// What it gathers about an item.
    type Seen: Clone + Send + Sync;
    /// What it can do besides asking the API server.
    type Op: Clone + Send + Sync;

    /// The component's name in the trace: `controller/replicaset`.
    fn component(&self) -> SmolStr;

    /// Which objects it wants to hear of.
    fn interests(&self) -> Vec<Interest>;

    /// Which kinds it follows by pictures of everything, instead of hearing of each change.
    fn follows(&self) -> Vec<Kind> {
        Vec::new()
    }

    /// A new picture arrived.
    fn pictured(&mut self, _picture: Arc<Picture>, _cx: &mut Context<'_>) {}

    /// Whether its cache counts pods: see [`Cache::census`].
    fn counts_pods(&self) -> bool {
        false
    }

    /// How fast it may ask the API server.
    fn limits(&self) -> Limits {
        Limits { requests: Some(Limit::CONTROLLER), events: None }
    }

    /// How many items it works on at the same time (`--concurrent-*-syncs`).
    fn workers(&self) -> usize {
        5
    }

    /// Puts the ready items into the order in which they are to be looked at; first come, first served unless
    /// the component knows better.
    fn order(&self, _ready: &mut VecDeque<ObjectRef>, _now: VirtualTime) {}

    /// How long to wait before looking again after a failure that follows `failures` others.
    fn retry_after(&self, failures: u32) -> Span {
        retry_delay(failures)
    }

    /// A change arrived in the cache: wakes the items that it concerns.
    fn changed(&mut self, change: &Change, cx: &mut Context<'_>);

    /// All its watches are open now, or are no longer: what it sees from then on is the past.
    fn connected(&mut self, _open: bool, _now: VirtualTime) {}

    /// Gathers what it has seen about the item; none if the item is gone and nothing is to be said.
    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Self::Seen>;

    /// What it saw, in words.
    fn describe(&self, seen: &Self::Seen) -> SmolStr;

    /// Compares what is with what is wanted. Pure: the same `seen` gives the same plan.
    fn compare(&self, item: &ObjectRef, seen: &Self::Seen, now: VirtualTime) -> Plan<Self::Op>;

    /// The plan is about to be carried out: remember what to expect.
    fn intend(&mut self, _item: &ObjectRef, _plan: &Plan<Self::Op>, _now: VirtualTime) {}

    /// One request of the plan ended.
    fn ended(&mut self, _item: &ObjectRef, _call: &Call, _outcome: &Outcome, _cx: &mut Context<'_>) {}

    /// Whether what it saw is kept for [`Loop::conclude`] until all requests have ended.
    fn keeps_seen(&self) -> bool {
        true
    }

    /// All requests of the plan have ended (in order of the plan): what remains to be written, a status mostly.
    fn conclude(
        &self,
        _item: &ObjectRef,
        _seen: &Self::Seen,
        _outcomes: &[Outcome],
        _now: VirtualTime,
    ) -> Vec<Step<Self::Op>> {
        Vec::new()
    }

    /// Does something on this machine.
    fn perform(&mut self, _item: &ObjectRef, _op: Self::Op, _cx: &mut Context<'_>) {}

    /// An alarm rang that the component set through [`Context::alarm`].
    fn alarm(&mut self, _token: u64, _cause: Cause, _cx: &mut Context<'_>) {}

    /// Drafts of the last outbox have become these events.
    fn numbered(&mut self, _events: &[Cause]) {}

    /// How many things it waits for before the cluster counts as quiet: steps on its machine that are under way,
    /// and what it has asked for and must see before it can go on.
    fn pending(&self) -> usize {
        0
    }

    /// Items that it has put aside until something changes, with the time at which it looks at them at the latest.
    fn set_aside(&self) -> Vec<Waiting> {
        Vec::new()
    }

    /// Why it placed things where it did, by item.
    fn explanations(&self) -> OrdMap<ObjectRef, Arc<Explanation>> {
        OrdMap::new()
    }
}
