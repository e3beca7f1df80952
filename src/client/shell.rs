//! The shell around a [`Loop`]: it takes messages, keeps the cache and the queue, and says when to look.
//!
//! What one look at an item leads to (plan, requests, answers, the next look) is [`work`].

mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use smol_str::SmolStr;
use work::Work;

use super::context::{Context, OWN_ALARM, QUEUE_ALARM, alarm_token};
use super::plan::{Note, Verdict, Write};
use super::queue::{Waiting, WorkQueue};
use super::{Cache, Connection, Explanation, Hearing, Incoming, Loop, Recorder};
use crate::actor::{Delivery, Message, Outbox};
use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Data, Parent};

/// What can be seen of a loop from outside.
#[derive(Clone, Debug)]
pub struct LoopLook {
    /// The component: `controller/replicaset`.
    pub component: SmolStr,
    /// What it has seen.
    pub cache: Cache,
    /// Whether it hears of changes.
    pub hearing: Hearing,
    /// Items that are ready to be worked on.
    pub ready: Vec<ObjectRef>,
    /// Items that wait for their time.
    pub waiting: Vec<Waiting>,
    /// Items that it works on: requests are unanswered.
    pub working: Vec<ObjectRef>,
    /// The last comparison of each item.
    pub verdicts: OrdMap<ObjectRef, Verdict>,
    /// Items of which all has been done since that the last comparison found missing.
    pub done: OrdSet<ObjectRef>,
    /// How many loops it has run.
    pub loops: u64,
    /// What else is under way in the component.
    pub pending: usize,
    /// Why it placed things where it did, by item.
    pub explanations: OrdMap<ObjectRef, Arc<Explanation>>,
}

impl LoopLook {
    /// What waits for its time although it is not as wanted.
    pub fn unfinished(&self) -> impl Iterator<Item = &Waiting> {
        let differs = |item| self.verdicts.get(item).is_some_and(|verdict| verdict.gap != "=");
        self.waiting.iter().filter(move |waiting| differs(&waiting.item))
    }
}

/// Runs a [`Loop`].
#[derive(Clone)]
pub struct Shell<L: Loop> {
    logic: L,
    component: SmolStr,
    client: u8,
    connection: Connection,
    cache: Cache,
    queue: WorkQueue,
    recorder: Recorder,
    work: BTreeMap<ObjectRef, Work<L>>,
    /// Items whose work began in this outbox: its cause is a draft still.
    begun: Vec<ObjectRef>,
    /// Which item a request in flight belongs to; Events belong to none.
    requests: BTreeMap<u64, ObjectRef>,
    /// Requests for whose answer no item waits.
    sent: BTreeMap<u64, (ObjectRef, Write)>,
    verdicts: OrdMap<ObjectRef, Verdict>,
    done: OrdSet<ObjectRef>,
    loops: u64,
    /// Whether all watches were open when it was last looked.
    connected: bool,
    alarm_at: VirtualTime,
}

impl<L: Loop> Shell<L> {
    /// The loop as client number `client` of its actor.
    pub fn new(logic: L, client: u8, recorder: Recorder, seed: u64) -> Self {
        let component = logic.component();
        let cache = if logic.counts_pods() { Cache::counting() } else { Cache::default() };
        let connection = Connection::new(client, component.clone(), logic.interests(), seed);
        let connection = connection.following(logic.follows()).limited(logic.limits());
        Self {
            logic,
            component,
            client,
            connection,
            cache,
            queue: WorkQueue::default(),
            recorder,
            work: BTreeMap::new(),
            begun: Vec::new(),
            requests: BTreeMap::new(),
            sent: BTreeMap::new(),
            verdicts: OrdMap::new(),
            done: OrdSet::new(),
            loops: 0,
            connected: false,
            alarm_at: VirtualTime::NEVER,
        }
    }

    /// The same for the process number `life` of this component: what is still on its way to an earlier one is
    /// not taken for its own.
    pub fn restarted(mut self, life: u32) -> Self {
        self.connection.restarted(life);
        self
    }

    /// The component has just started because of `cause`: what it does first is a consequence.
    pub fn started(&mut self, cause: Parent) {
        self.connection.started(cause);
    }

    /// The component's own state.
    pub fn logic(&self) -> &L {
        &self.logic
    }

    /// The component's own state, when it stops.
    pub fn into_logic(self) -> L {
        self.logic
    }

    /// The component's own state, for what happens to it from outside its loop.
    pub fn logic_mut(&mut self) -> &mut L {
        &mut self.logic
    }

    /// What it has seen.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Takes a message; [`Shell::run`] must follow when all messages of the instant were taken.
    pub fn receive(&mut self, delivery: Delivery, out: &mut Outbox) {
        let cause = Parent::Known(delivery.cause);
        match delivery.message {
            Message::Response { tag, answer, .. } => {
                let incoming = self.connection.answered(tag.number, answer, cause, &mut self.cache, out);
                self.take(incoming, cause, out);
            }
            Message::Watch { tag, sequence, notice } => {
                let at = (tag.watch, sequence);
                let change = self.connection.noticed(at, notice, cause, &mut self.cache, out.now);
                self.take(change.map(Incoming::Changed).into_iter().collect(), cause, out);
            }
            Message::Picture { tag, sequence, picture } => {
                if self.connection.pictured((tag.watch, sequence), &picture, cause, out.now) {
                    self.with_context(cause, out, |logic, cx| logic.pictured(picture, cx));
                }
            }
            Message::Ping { sent } => self.connection.pinged(&sent, out.now),
            Message::Hangup => self.connection.hangup(cause, out.now),
            Message::Alarm { token } if token >> 48 & 0xff == OWN_ALARM => {
                let token = token & 0xffff_ffff_ffff;
                self.with_context(cause, out, |logic, cx| logic.alarm(token, delivery.cause, cx));
            }
            Message::Alarm { .. } => self.alarm_at = VirtualTime::NEVER,
            Message::Request { .. }
            | Message::Packet(_)
            | Message::Closed { .. }
            | Message::Command(_)
            | Message::Network(_) => {}
        }
    }

    /// Runs the loop on everything that is ready, and sets the next alarm.
    pub fn run(&mut self, out: &mut Outbox) {
        let timeouts = self.connection.tick(out);
        self.take(timeouts, Parent::Known(Cause::NONE), out);
        if self.connected != self.connection.is_connected() {
            self.connected = !self.connected;
            self.logic.connected(self.connected, out.now);
        }
        self.queue.release(out.now);
        self.queue.order(|ready| self.logic.order(ready, out.now));
        while self.connection.is_synced() && self.work.len() < self.logic.workers() {
            let Some((item, reasons)) = self.queue.take() else { break };
            self.start(item, reasons, out);
        }
        let due = [self.connection.next_due(), self.queue.next_due()].into_iter().flatten().min();
        if let Some(due) = due.filter(|due| *due < self.alarm_at) {
            self.alarm_at = due;
            let token = alarm_token(self.client, QUEUE_ALARM, 0);
            out.alarm(due.since(out.now).max(Span::TICK), token, Parent::Known(Cause::NONE));
        }
    }

    /// Lets the component touch its surroundings outside a message: faults, commands, packets.
    pub fn with_context<R>(
        &mut self,
        cause: Parent,
        out: &mut Outbox,
        act: impl FnOnce(&mut L, &mut Context<'_>) -> R,
    ) -> R {
        let cache = self.cache.clone();
        let mut cx = Context {
            now: out.now,
            cause,
            cache: &cache,
            out,
            client: self.client,
            wakes: Vec::new(),
            notes: Vec::new(),
        };
        let result = act(&mut self.logic, &mut cx);
        let Context { wakes, notes, out, .. } = cx;
        for (item, delay, reason) in wakes {
            match delay {
                Span::ZERO => self.queue.add(item, reason),
                delay => self.queue.add_at(item, out.now + delay, reason),
            }
        }
        for (note, cause) in notes {
            self.record_note(&note, cause, out);
        }
        result
    }

    /// Drafts have become these events.
    pub fn numbered(&mut self, events: &[Cause]) {
        self.queue.numbered(events);
        self.connection.numbered(events);
        for item in std::mem::take(&mut self.begun) {
            if let Some(work) = self.work.get_mut(&item) {
                work.cause.settle(events);
            }
        }
        self.logic.numbered(events);
    }

    /// Whether something is under way that is no heartbeat: requests without an answer, items that are ready.
    pub fn is_busy(&self) -> bool {
        let matters = |item: &ObjectRef| !item.kind.is_background();
        self.work.keys().any(matters) || self.queue.ready().any(matters) || self.logic.pending() > 0
    }

    /// Whether all its watches are open.
    pub fn hears(&self) -> bool {
        self.connection.is_connected()
    }

    /// What can be seen of it.
    pub fn look(&self) -> LoopLook {
        LoopLook {
            component: self.component.clone(),
            cache: self.cache.clone(),
            hearing: self.connection.hearing(),
            ready: self.queue.ready().cloned().collect(),
            waiting: self.queue.waiting().chain(self.logic.set_aside()).collect(),
            working: self.work.keys().cloned().collect(),
            verdicts: self.verdicts.clone(),
            done: self.done.clone(),
            loops: self.loops,
            pending: self.logic.pending(),
            explanations: self.logic.explanations(),
        }
    }

    fn take(&mut self, incoming: Vec<Incoming>, cause: Parent, out: &mut Outbox) {
        for message in incoming {
            match message {
                Incoming::Changed(change) => {
                    if let (None, Some(old)) = (&change.new, &change.old) {
                        self.verdicts.remove(&old.reference());
                        self.done.remove(&old.reference());
                    }
                    self.with_context(cause, out, |logic, cx| logic.changed(&change, cx));
                }
                Incoming::Answered { number, answer } => self.answered(number, answer, cause, out),
            }
        }
    }

    fn record_note(&mut self, note: &Note, cause: Parent, out: &mut Outbox) {
        let data = Data::Event {
            reason: note.reason.clone(),
            kind: note.kind,
            message: note.message.as_str().into(),
        };
        let event = out.record(&self.component, Some(note.about.reference()), [cause], data);
        if let Some(call) = self.recorder.record(note, out.now) {
            self.connection.tell(call, event, out);
        }
    }
}
