//! The loop: observe, compare, act, wait.
//!
//! A component says which objects it wants to hear of, which items a change concerns, what it gathers
//! ([`Loop::observe`]), and what it makes of that ([`Loop::compare`]). The [`Shell`] does the rest: it keeps the
//! cache and the queue, sends the plan's requests, waits for the answers, looks again after failures, and
//! records each phase with its causes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use imbl::OrdMap;
use smol_str::{SmolStr, format_smolstr};

use super::plan::{Effect, Note, Outcome, Plan, Step, Verdict, Write};
use super::queue::{Reason, Waiting, WorkQueue, retry_delay};
use super::{Cache, Change, Connection, Explanation, Incoming, Interest, Recorder};
use crate::actor::{Delivery, Message, Outbox};
use crate::apiserver::{Answer, Call, Reply, Status};
use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Data, Parent, StoryId};

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

    /// How many notices and alarms of its own must pass before the cluster counts as quiet.
    fn pending(&self) -> usize {
        0
    }

    /// Why it placed things where it did, by item.
    fn explanations(&self) -> OrdMap<ObjectRef, Arc<Explanation>> {
        OrdMap::new()
    }
}

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
    client: u8,
    wakes: Vec<(ObjectRef, Span, Reason)>,
    notes: Vec<(Note, Parent)>,
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

const QUEUE_ALARM: u64 = 0;
const OWN_ALARM: u64 = 1;

fn alarm_token(client: u8, class: u64, token: u64) -> u64 {
    u64::from(client) << 56 | class << 48 | token
}

/// The client of an actor whose alarm this is.
pub fn alarm_client(token: u64) -> u8 {
    (token >> 56) as u8
}

/// One item being worked on.
#[derive(Clone)]
struct Work<L: Loop> {
    seen: L::Seen,
    steps: VecDeque<Step<L::Op>>,
    /// Effects of the current step by request number.
    waiting: BTreeMap<u64, usize>,
    current: Vec<Effect<L::Op>>,
    outcomes: Vec<Outcome>,
    first_of_step: usize,
    cause: Parent,
    again: Option<Span>,
    periodic: bool,
    waits_for: SmolStr,
    failed: Option<SmolStr>,
    must_succeed: bool,
    concluded: bool,
}

/// What can be seen of a loop from outside.
#[derive(Clone, Debug)]
pub struct LoopLook {
    /// The component: `controller/replicaset`.
    pub component: SmolStr,
    /// What it has seen.
    pub cache: Cache,
    /// Whether its watches are open.
    pub connected: bool,
    /// Items that are ready to be worked on.
    pub ready: Vec<ObjectRef>,
    /// Items that wait for their time.
    pub waiting: Vec<Waiting>,
    /// Items that it works on: requests are unanswered.
    pub working: Vec<ObjectRef>,
    /// The last comparison of each item.
    pub verdicts: OrdMap<ObjectRef, Verdict>,
    /// How many loops it has run.
    pub loops: u64,
    /// What else is under way in the component.
    pub pending: usize,
    /// Why it placed things where it did, by item.
    pub explanations: OrdMap<ObjectRef, Arc<Explanation>>,
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
    /// Which item a request in flight belongs to; Events belong to none.
    requests: BTreeMap<u64, ObjectRef>,
    /// Requests for whose answer no item waits.
    sent: BTreeMap<u64, (ObjectRef, Write)>,
    verdicts: OrdMap<ObjectRef, Verdict>,
    loops: u64,
    alarm_at: VirtualTime,
}

impl<L: Loop> Shell<L> {
    /// The loop as client number `client` of its actor.
    pub fn new(logic: L, client: u8, recorder: Recorder, seed: u64) -> Self {
        let component = logic.component();
        let connection = Connection::new(client, component.clone(), logic.interests(), seed);
        Self {
            logic,
            component,
            client,
            connection,
            cache: Cache::default(),
            queue: WorkQueue::default(),
            recorder,
            work: BTreeMap::new(),
            requests: BTreeMap::new(),
            sent: BTreeMap::new(),
            verdicts: OrdMap::new(),
            loops: 0,
            alarm_at: VirtualTime::NEVER,
        }
    }

    /// The same for the process number `life` of this component: what is still on its way to an earlier one is
    /// not taken for its own.
    pub fn restarted(mut self, life: u32) -> Self {
        self.connection.restarted(life);
        self
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
                let incoming = self.connection.answered(tag.number, answer, &mut self.cache, out);
                self.take(incoming, cause, out);
            }
            Message::Watch { tag, sequence, notice } => {
                let change = self.connection.noticed(tag.watch, sequence, notice, &mut self.cache, out.now);
                self.take(change.map(Incoming::Changed).into_iter().collect(), cause, out);
            }
            Message::Ping { sent } => self.connection.pinged(&sent, out.now),
            Message::Hangup => self.connection.hangup(out.now),
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
        for work in self.work.values_mut() {
            if let Parent::Draft(index) = work.cause {
                work.cause = Parent::Known(events.get(index).copied().unwrap_or(Cause::NONE));
            }
        }
        self.logic.numbered(events);
    }

    /// Whether something is under way that is no heartbeat: requests without an answer, items that are ready.
    pub fn is_busy(&self) -> bool {
        let matters = |item: &ObjectRef| !item.kind.is_background();
        self.work.keys().any(matters) || self.queue.ready().any(matters) || self.logic.pending() > 0
    }

    /// What can be seen of it.
    pub fn look(&self) -> LoopLook {
        LoopLook {
            component: self.component.clone(),
            cache: self.cache.clone(),
            connected: self.connection.is_connected(),
            ready: self.queue.ready().cloned().collect(),
            waiting: self.queue.waiting().collect(),
            working: self.work.keys().cloned().collect(),
            verdicts: self.verdicts.clone(),
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
                    }
                    self.with_context(cause, out, |logic, cx| logic.changed(&change, cx));
                }
                Incoming::Answered { number, answer } => self.answered(number, answer, cause, out),
            }
        }
    }

    fn start(&mut self, item: ObjectRef, mut reasons: Vec<Reason>, out: &mut Outbox) {
        // The first parent decides the story: a routine check must not hide a real cause of the same instant.
        let is_routine =
            |parent: &Parent| matches!(parent, Parent::Known(cause) if cause.story == StoryId::default());
        reasons.sort_by_key(|(parent, _)| is_routine(parent));
        let Some(seen) = self.logic.observe(&item, &self.cache, out.now) else {
            self.queue.forget(&item);
            self.queue.done(&item);
            return;
        };
        self.loops += 1;
        let by = reasons.first().map(|(_, why)| why.clone()).unwrap_or_default();
        let parents: Vec<Parent> = reasons.into_iter().map(|(parent, _)| parent).collect();
        let plan = self.logic.compare(&item, &seen, out.now);
        let woken = Data::Woken { by, queue: self.queue.len() };
        let woken = match &plan.story {
            Some(title) => {
                out.start_story(&self.component, Some(item.clone()), title.clone(), parents, woken)
            }
            None => out.record(&self.component, Some(item.clone()), parents, woken),
        };
        let saw = Data::Observe { saw: self.logic.describe(&seen) };
        let observed = out.record(&self.component, Some(item.clone()), [woken], saw);
        let Verdict { want, have, gap, why } = plan.verdict.clone();
        let compared = Data::Compare { want, have, gap, why, idle: plan.is_idle() };
        let compared = out.record(&self.component, Some(item.clone()), [observed], compared);
        self.verdicts.insert(item.clone(), plan.verdict.clone());
        self.logic.intend(&item, &plan, out.now);
        for (other, delay, why) in plan.wake {
            self.queue.add_at(other, out.now + delay.max(Span::TICK), (compared, why));
        }
        let work = Work {
            seen,
            steps: plan.steps.into(),
            waiting: BTreeMap::new(),
            current: Vec::new(),
            outcomes: Vec::new(),
            first_of_step: 0,
            cause: compared,
            again: plan.again,
            periodic: plan.periodic,
            waits_for: plan.waits_for,
            failed: plan.failed,
            must_succeed: true,
            concluded: false,
        };
        self.work.insert(item.clone(), work);
        self.advance(&item, out);
    }

    /// Carries out steps until one waits for answers, then ends the work when none is left.
    fn advance(&mut self, item: &ObjectRef, out: &mut Outbox) {
        while let Some(mut work) = self.work.remove(item) {
            if !work.waiting.is_empty() {
                self.work.insert(item.clone(), work);
                return;
            }
            self.note_outcomes(&mut work, out);
            let step_failed =
                work.outcomes[work.first_of_step..].iter().any(|outcome| outcome.refusal().is_some());
            if step_failed && work.must_succeed {
                self.skip_rest(item, &mut work, out);
            }
            match work.steps.pop_front() {
                Some(step) => {
                    self.work.insert(item.clone(), work);
                    self.begin(item, step, out);
                }
                None if !work.concluded && !work.outcomes.is_empty() => {
                    work.concluded = true;
                    work.first_of_step = work.outcomes.len();
                    work.steps = self.logic.conclude(item, &work.seen, &work.outcomes, out.now).into();
                    self.work.insert(item.clone(), work);
                }
                None => {
                    self.finish(item, work, out);
                    return;
                }
            }
        }
    }

    fn skip_rest(&mut self, item: &ObjectRef, work: &mut Work<L>, out: &mut Outbox) {
        for effect in std::mem::take(&mut work.steps).into_iter().flat_map(|step| step.effects) {
            if let Effect::Write(write) = effect {
                let cause = work.cause;
                self.with_context(cause, out, |logic, cx| {
                    logic.ended(item, &write.call, &Outcome::Skipped, cx)
                });
                work.outcomes.push(Outcome::Skipped);
            }
        }
        work.first_of_step = work.outcomes.len();
        if work.failed.is_none() {
            let refusal = work.outcomes.iter().find_map(Outcome::refusal);
            work.failed = refusal.map(|status| SmolStr::from(status.message.as_str()));
        }
    }

    fn begin(&mut self, item: &ObjectRef, step: Step<L::Op>, out: &mut Outbox) {
        let Some(work) = self.work.get_mut(item) else { return };
        (work.must_succeed, work.first_of_step) = (step.must_succeed, work.outcomes.len());
        let cause = work.cause;
        let mut waiting = BTreeMap::new();
        let mut writes = Vec::new();
        for effect in step.effects {
            match effect {
                Effect::Write(write) => {
                    let act = Data::Act { did: write.did.clone() };
                    let act = out.record(&self.component, Some(item.clone()), [cause], act);
                    let number = self.connection.request(write.call.clone(), act, out);
                    self.requests.insert(number, item.clone());
                    waiting.insert(number, writes.len());
                    writes.push(Effect::Write(write));
                }
                Effect::Send(write) => {
                    let act = Data::Act { did: write.did.clone() };
                    let act = out.record(&self.component, Some(item.clone()), [cause], act);
                    let number = self.connection.request(write.call.clone(), act, out);
                    self.sent.insert(number, (item.clone(), write));
                }
                Effect::Note(note) => self.record_note(&note, cause, out),
                Effect::Local { op, did } => {
                    let act = out.record(&self.component, Some(item.clone()), [cause], Data::Act { did });
                    self.with_context(act, out, |logic, cx| logic.perform(item, op, cx));
                }
            }
        }
        if let Some(work) = self.work.get_mut(item) {
            work.outcomes.extend(writes.iter().map(|_| Outcome::Skipped));
            (work.waiting, work.current) = (waiting, writes);
        }
    }

    fn answered(&mut self, number: u64, answer: Answer, cause: Parent, out: &mut Outbox) {
        if let Some((item, write)) = self.sent.remove(&number) {
            let outcome = outcome_of(answer, &write);
            self.with_context(cause, out, |logic, cx| logic.ended(&item, &write.call, &outcome, cx));
            return;
        }
        let Some(item) = self.requests.remove(&number) else { return };
        let Some(work) = self.work.get_mut(&item) else { return };
        let Some(index) = work.waiting.remove(&number) else { return };
        work.cause = cause;
        let Some(Effect::Write(write)) = work.current.get(index).cloned() else { return };
        let outcome = outcome_of(answer, &write);
        let at = work.first_of_step + index;
        work.outcomes[at] = outcome.clone();
        self.with_context(cause, out, |logic, cx| logic.ended(&item, &write.call, &outcome, cx));
        self.advance(&item, out);
    }

    fn note_outcomes(&mut self, work: &mut Work<L>, out: &mut Outbox) {
        let current = std::mem::take(&mut work.current);
        for (effect, outcome) in current.iter().zip(&work.outcomes[work.first_of_step..]) {
            let Effect::Write(write) = effect else { continue };
            let (Some(note), Some(about)) = (write.note, &write.about) else { continue };
            if let Some(note) = note(about, &write.call, outcome) {
                self.record_note(&note, work.cause, out);
            }
        }
    }

    fn finish(&mut self, item: &ObjectRef, work: Work<L>, out: &mut Outbox) {
        let failed = work.failed.or_else(|| {
            let refused = work.outcomes.iter().find_map(Outcome::refusal);
            refused.map(|status: &Status| SmolStr::from(status.message.as_str()))
        });
        self.queue.done(item);
        let wait = match failed {
            Some(why) => {
                let reason = (work.cause, format_smolstr!("look again after a failure: {why}"));
                let delay = |failures| self.logic.retry_after(failures);
                let delay = self.queue.add_after_failure(item.clone(), out.now, reason, delay);
                Data::Wait { what: format_smolstr!("failed: {why}"), until: Some(out.now + delay) }
            }
            None => {
                self.queue.forget(item);
                if let Some(span) = work.again {
                    let reason = match work.periodic {
                        true => (Parent::Known(Cause::NONE), SmolStr::new_static("its routine check is due")),
                        false => (work.cause, format_smolstr!("its alarm rang after {span}")),
                    };
                    self.queue.add_at(item.clone(), out.now + span, reason);
                }
                let what = match work.waits_for.is_empty() {
                    true => "for a change of what it watches".into(),
                    false => work.waits_for,
                };
                Data::Wait { what, until: work.again.map(|span| out.now + span) }
            }
        };
        out.record(&self.component, Some(item.clone()), [work.cause], wait);
    }

    fn record_note(&mut self, note: &Note, cause: Parent, out: &mut Outbox) {
        let data = Data::Event {
            reason: note.reason.clone(),
            kind: note.kind,
            message: note.message.as_str().into(),
        };
        let event = out.record(&self.component, Some(note.about.reference()), [cause], data);
        if let Some(call) = self.recorder.record(note, out.now) {
            self.connection.request(call, event, out);
        }
    }
}

fn outcome_of(answer: Answer, write: &Write) -> Outcome {
    match answer {
        Ok(Reply::Object(object)) => Outcome::Done(Some(object)),
        Ok(Reply::List { items, .. }) => Outcome::Listed(items),
        Ok(_) => Outcome::Done(None),
        Err(status) if write.tolerate.contains(&status.reason) => Outcome::Done(None),
        Err(status) => Outcome::Refused(status),
    }
}
