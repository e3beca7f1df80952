//! The learner's own timeline: what was done, reached, missed and said, for the debrief.

use std::sync::Arc;

use super::asked::{Asked, Truth};
use super::tracker::{Standing, Tracker, causes};
use crate::engine::World;
use crate::lessons::lesson::{Body, Check, Question, Step};
use crate::lessons::pattern::by_learner;
use crate::script::last_write;
use crate::time::VirtualTime;
use crate::trace::{Data, Event, EventId};

/// Moments that are kept.
const KEPT: usize = 300;

/// What a moment is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// The learner did something.
    Act,
    /// A goal was reached.
    Reached,
    /// A goal opened again.
    Opened,
    /// A promise was missed.
    Missed,
    /// An answer was judged.
    Judged,
    /// A step was passed.
    Passed,
    /// A hint was given.
    Hint,
}

/// A moment of the learner's timeline.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Moment {
    /// Seconds since the lesson began.
    pub t: f64,
    /// What it is about.
    pub about: About,
    /// In words.
    pub text: String,
    /// Whether it is the cause of something that was reached or missed.
    pub cause: bool,
    #[serde(skip)]
    event: Option<EventId>,
}

impl Moment {
    /// The event in the trace that it is about, if it is one.
    pub fn event(&self) -> Option<EventId> {
        self.event
    }
}

/// The moments, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Diary {
    moments: Vec<Moment>,
}

impl Diary {
    pub(super) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    fn add(
        &mut self,
        at: VirtualTime,
        start: VirtualTime,
        about: About,
        text: String,
        event: Option<EventId>,
    ) {
        self.moments.push(Moment { t: at.since(start).as_secs_f64(), about, text, cause: false, event });
        if self.moments.len() > KEPT {
            self.moments.remove(0);
        }
    }

    /// The learner did something.
    pub(super) fn acts(&mut self, events: &[Arc<Event>], start: VirtualTime) {
        for event in events.iter().filter(|event| by_learner(event)) {
            if let Data::Input { what, .. } = &event.data {
                self.add(event.at, start, About::Act, what.to_string(), Some(event.id));
            }
        }
    }

    /// A goal stands differently now.
    pub(super) fn goal(&mut self, check: &Check, tracker: &Tracker, world: &World, start: VirtualTime) {
        let now = world.now();
        let (about, cause) = match tracker.standing() {
            Standing::Done(_) => (About::Reached, causes(world, last_write(world)).1),
            Standing::Missed => (About::Missed, tracker.miss().and_then(|miss| miss.cause)),
            Standing::Open => (About::Opened, None),
            Standing::Holding(_) | Standing::Kept => return,
        };
        for moment in &mut self.moments {
            moment.cause |= cause.is_some() && moment.event == cause;
        }
        self.add(now, start, about, check.goal.clone(), None);
    }

    /// A step was passed.
    pub(super) fn passed(&mut self, step: Option<&Step>, at: VirtualTime, start: VirtualTime) {
        if let Some(step) = step {
            self.add(at, start, About::Passed, step.title.clone(), None);
        }
    }

    /// An answer was judged.
    pub(super) fn judged(&mut self, question: &Question, asked: &Asked, start: VirtualTime) {
        let Some(verdict) = &asked.verdict else { return };
        let known = self
            .moments
            .iter()
            .any(|moment| moment.about == About::Judged && moment.text.starts_with(&question.ask));
        if known {
            return;
        }
        let came = match (&question.body, &verdict.truth) {
            (Body::Predict(options), Truth::Options(held)) => held
                .first()
                .and_then(|held| options.get(*held))
                .map_or("something else", |option| &option.text)
                .to_owned(),
            _ => format!("{} of {} right", verdict.right.0, verdict.right.1),
        };
        self.add(verdict.at, start, About::Judged, format!("{} {came}", question.ask), None);
    }

    /// A hint was given.
    pub(super) fn hint(&mut self, text: &str, at: VirtualTime, start: VirtualTime) {
        self.add(at, start, About::Hint, text.to_owned(), None);
    }
}
