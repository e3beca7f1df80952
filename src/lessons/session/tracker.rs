//! Tracking one goal: from instant to instant, over what is so and what happened.

use crate::engine::World;
use crate::expression::Expression;
use crate::lessons::lesson::{Check, Since, Word};
use crate::lessons::pattern::{EVERYTHING, Hit, Look, NOTHING, Trigger};
use crate::script::last_write;
use crate::time::{Span, VirtualTime};
use crate::trace::{Data, EventId, text};

/// How a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is not looked at yet, or not reached.
    Open,
    /// It holds, but not for long enough yet.
    Holding(VirtualTime),
    /// A promise that was kept so far.
    Kept,
    /// It is reached.
    Done(VirtualTime),
    /// It was missed.
    Missed,
}

/// When and why a promise was missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// When.
    pub at: VirtualTime,
    /// What is said about it.
    pub text: String,
    /// The values then.
    pub value: String,
    /// The chain of causes, root first.
    pub why: Vec<String>,
    /// The event at the root.
    pub cause: Option<EventId>,
}

/// One goal over time.
#[derive(Clone, Debug)]
pub struct Tracker {
    standing: Standing,
    /// Whether its time has begun.
    opened: bool,
    closed: bool,
    /// How many things of an order were seen, and the last one.
    seen: usize,
    last: Option<EventId>,
    /// Whether its expression held when it was last looked at.
    held: bool,
    miss: Option<Miss>,
}

impl Tracker {
    /// A goal whose step has just begun.
    pub(super) fn new(check: &Check) -> Self {
        let promise = matches!(check.word, Word::Always(_) | Word::Never(_));
        Self {
            standing: if promise { Standing::Kept } else { Standing::Open },
            opened: !matches!(check.since, Since::Trigger(_)),
            closed: false,
            seen: 0,
            last: None,
            held: false,
            miss: None,
        }
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// When and why it was missed, if it was.
    pub fn miss(&self) -> Option<&Miss> {
        self.miss.as_ref()
    }

    /// How many things of an order were seen.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Whether it is reached as far as anybody can tell now.
    pub fn is_reached(&self) -> bool {
        matches!(self.standing, Standing::Kept | Standing::Done(_))
    }

    /// Looks at an instant.
    pub(super) fn look(&mut self, check: &Check, look: &Look) {
        if self.closed || matches!(self.standing, Standing::Missed) {
            return;
        }
        let mut after = None;
        let mut look = Look { ..*look };
        if !self.opened {
            let Since::Trigger(since) = &check.since else { return };
            let Some(hit) = since.seen(&look, None) else { return };
            self.opened = true;
            // What is so already has not been looked at yet.
            look.changed = EVERYTHING;
            after = hit.event;
        }
        let look = &look;
        let end = check.until.as_ref().and_then(|until| until.seen(look, after));
        // What happens before the end still counts; what is so at the end does not.
        let before: Vec<_>;
        let within = match end {
            None => Look { ..*look },
            Some(hit) => {
                before = look
                    .events
                    .iter()
                    .filter(|event| hit.event.is_some_and(|end| event.id < end))
                    .cloned()
                    .collect();
                Look { events: &before, changed: NOTHING, ..*look }
            }
        };
        self.follow(check, &within, after, end.is_some());
        if end.is_some() {
            self.close(check, look);
        }
    }

    fn close(&mut self, check: &Check, look: &Look) {
        self.closed = true;
        match self.standing {
            Standing::Kept => self.standing = Standing::Done(look.world.now()),
            Standing::Open | Standing::Holding(_) => {
                let text = "it had not happened by then".to_owned();
                self.missed(check, look, Hit { at: look.world.now(), event: None }, text);
            }
            Standing::Done(_) | Standing::Missed => {}
        }
    }

    fn follow(&mut self, check: &Check, look: &Look, after: Option<EventId>, ends: bool) {
        let now = look.world.now();
        match &check.word {
            Word::That(expression) if !ends => {
                let holds = self.holds(expression, look);
                self.toggle(holds, now);
            }
            Word::Live(file) if !ends => {
                if look.changed.objects || look.changed.learner {
                    self.held = look.files.differs(file, look.world).is_empty();
                }
                self.toggle(self.held, now);
            }
            Word::Saw(trigger) => {
                if !matches!(self.standing, Standing::Done(_))
                    && let Some(hit) = seen(trigger, look, after, ends)
                {
                    self.standing = Standing::Done(hit.at);
                }
            }
            Word::Order(triggers) => self.follow_order(triggers, look, after),
            Word::Hold(span, expression) if !ends => self.follow_hold(*span, expression, check.keep, look),
            Word::Always(expression) if !ends => {
                if look.concerns(expression) || !self.held {
                    let outcome = expression.evaluate(look.world, look.moments);
                    self.held = outcome.holds();
                    if !self.held {
                        self.missed(check, look, Hit { at: now, event: None }, outcome.operands_text());
                    }
                }
            }
            Word::Never(trigger) => {
                if let Some(hit) = seen(trigger, look, after, ends) {
                    let value = match trigger {
                        Trigger::Holds(expression) => {
                            expression.evaluate(look.world, look.moments).operands_text()
                        }
                        Trigger::Happens(_) => hit
                            .event
                            .and_then(|id| look.world.event(id))
                            .map(|event| text::sentence(event))
                            .unwrap_or_default(),
                    };
                    self.missed(check, look, hit, value);
                }
            }
            Word::That(_) | Word::Live(_) | Word::Hold(..) | Word::Always(_) => {}
        }
    }

    fn toggle(&mut self, holds: bool, now: VirtualTime) {
        self.standing = match (self.standing, holds) {
            (Standing::Done(at), true) => Standing::Done(at),
            (_, true) => Standing::Done(now),
            (_, false) => Standing::Open,
        };
    }

    fn holds(&mut self, expression: &Expression, look: &Look) -> bool {
        if look.concerns(expression) {
            self.held = look.holds(expression);
        }
        self.held
    }

    fn follow_hold(&mut self, span: Span, expression: &Expression, keep: bool, look: &Look) {
        if matches!(self.standing, Standing::Done(_)) && !keep {
            return;
        }
        let now = look.world.now();
        let holds = self.holds(expression, look);
        self.standing = match (self.standing, holds) {
            (_, false) => Standing::Open,
            (Standing::Done(at), true) => Standing::Done(at),
            (Standing::Holding(from), true) if now.since(from) >= span => Standing::Done(now),
            (Standing::Holding(from), true) => Standing::Holding(from),
            (_, true) => Standing::Holding(now),
        };
    }

    fn follow_order(&mut self, triggers: &[Trigger], look: &Look, after: Option<EventId>) {
        self.last = self.last.max(after);
        while let Some(trigger) = triggers.get(self.seen) {
            let Some(hit) = trigger.seen(look, self.last) else { return };
            self.seen += 1;
            self.last = self.last.max(hit.event);
            if self.seen == triggers.len() {
                self.standing = Standing::Done(hit.at);
            }
        }
    }

    fn missed(&mut self, check: &Check, look: &Look, hit: Hit, value: String) {
        self.standing = Standing::Missed;
        let (why, cause) = causes(look.world, hit.event.or_else(|| last_write(look.world)));
        let words = [("value", value.as_str()), ("why", why.first().map_or("unknown", String::as_str))];
        let text = match &check.otherwise {
            Some(template) => template.render(look.world, look.moments, &words),
            None => value.clone(),
        };
        self.miss = Some(Miss { at: hit.at, text, value, why, cause });
    }
}

/// A trigger at an instant at which only events count.
fn seen(trigger: &Trigger, look: &Look, after: Option<EventId>, events_only: bool) -> Option<Hit> {
    match trigger {
        Trigger::Holds(_) if events_only => None,
        _ => trigger.seen(look, after),
    }
}

/// The sentences of the chain of causes, root first, and the event at its root.
pub(super) fn causes(world: &World, event: Option<EventId>) -> (Vec<String>, Option<EventId>) {
    let chain = event.map(|event| world.why_briefly(event)).unwrap_or_default();
    let sentence = |event: &std::sync::Arc<crate::trace::Event>| match &event.data {
        Data::Input { what, .. } => what.to_string(),
        _ => text::sentence(event),
    };
    (chain.iter().map(sentence).collect(), chain.first().map(|event| event.id))
}
