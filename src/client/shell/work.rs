//! The work on one item: look, compare, carry out the plan step by step, then wait.
//!
//! Each phase is recorded with its causes here, so that no component can forget it.

use std::collections::{BTreeMap, VecDeque};

use smol_str::{SmolStr, format_smolstr};

use super::Shell;
use crate::actor::Outbox;
use crate::apiserver::{Answer, Reply, Status};
use crate::client::Loop;
use crate::client::plan::{Effect, Outcome, Step, Verdict, Write};
use crate::client::queue::Reason;
use crate::object::ObjectRef;
use crate::time::Span;
use crate::trace::{Cause, Data, Few, Parent, StoryId};

/// One item being worked on.
#[derive(Clone)]
pub(super) struct Work<L: Loop> {
    /// What was seen, if it is needed to conclude.
    seen: Option<L::Seen>,
    steps: VecDeque<Step<L::Op>>,
    /// Effects of the current step by request number.
    waiting: BTreeMap<u64, usize>,
    current: Vec<Effect<L::Op>>,
    outcomes: Vec<Outcome>,
    first_of_step: usize,
    pub(super) cause: Parent,
    again: Option<Span>,
    periodic: bool,
    waits_for: SmolStr,
    failed: Option<SmolStr>,
    must_succeed: bool,
    concluded: bool,
    /// Whether the comparison asked for anything.
    acts: bool,
}

impl<L: Loop> Shell<L> {
    pub(super) fn start(&mut self, item: ObjectRef, mut reasons: Vec<Reason>, out: &mut Outbox) {
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
        let parents: Few<Parent> = reasons.into_iter().map(|(parent, _)| parent).collect();
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
        let acts = !plan.is_idle();
        self.verdicts.insert(item.clone(), plan.verdict.clone());
        self.done.remove(&item);
        self.logic.intend(&item, &plan, out.now);
        for (other, delay, why) in plan.wake {
            self.queue.add_at(other, out.now + delay.max(Span::TICK), (compared, why));
        }
        let work = Work {
            seen: self.logic.keeps_seen().then_some(seen),
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
            acts,
        };
        self.work.insert(item.clone(), work);
        self.begun.push(item.clone());
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
                    let conclude = |seen: &L::Seen| self.logic.conclude(item, seen, &work.outcomes, out.now);
                    work.steps = work.seen.as_ref().map(conclude).unwrap_or_default().into();
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
                    let act = act_of(&write);
                    let act = out.record(&self.component, Some(item.clone()), [cause], act);
                    let number = self.connection.request(write.call.clone(), act, out);
                    self.requests.insert(number, item.clone());
                    waiting.insert(number, writes.len());
                    writes.push(Effect::Write(write));
                }
                Effect::Send(write) => {
                    let act = act_of(&write);
                    let act = out.record(&self.component, Some(item.clone()), [cause], act);
                    let number = self.connection.request(write.call.clone(), act, out);
                    self.sent.insert(number, (item.clone(), write));
                }
                Effect::Note(note) => self.record_note(&note, cause, out),
                Effect::Local { op, did } => {
                    let act = out.record(
                        &self.component,
                        Some(item.clone()),
                        [cause],
                        Data::Act { did, reports: false },
                    );
                    self.with_context(act, out, |logic, cx| logic.perform(item, op, cx));
                }
            }
        }
        if let Some(work) = self.work.get_mut(item) {
            work.outcomes.extend(writes.iter().map(|_| Outcome::Skipped));
            (work.waiting, work.current) = (waiting, writes);
        }
    }

    pub(super) fn answered(&mut self, number: u64, answer: Answer, cause: Parent, out: &mut Outbox) {
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
                if work.acts {
                    self.done.insert(item.clone());
                }
                if let Some(span) = work.again {
                    let reason = match work.periodic {
                        true => (Parent::Known(Cause::NONE), SmolStr::new_static("its routine check")),
                        false => (work.cause, format_smolstr!("its alarm of {span}")),
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

fn act_of(write: &Write) -> Data {
    Data::Act { did: write.did.clone(), reports: write.reports }
}
