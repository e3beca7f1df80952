//! The time cursor: one event forward or back, to a cause, to a story, back to now.
//!
//! The cursor is an event. Everything on the screen shows the cluster at that event's instant; several events share
//! an instant, and going from one to the next of them changes only what is explained, not what is shown. What
//! counts as an event to stop at depends on the screen: a step of a story, or on the Loop screen a phase of its
//! loop.

use std::sync::Arc;

use super::{App, Effect};
use crate::engine::View;
use crate::time::{Span, VirtualTime};
use crate::trace::{Class, Event, EventId, StoryId};
use crate::tui::model::Spot;
use crate::tui::screens;

/// Which events a clock that goes step by step is to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The next step of any story.
    Step,
    /// The next step that turns something: see [`Event::is_turn`].
    Turn,
    /// The next phase of one component's loop on one object.
    Phase {
        /// The component.
        component: smol_str::SmolStr,
        /// The object.
        item: crate::object::ObjectRef,
    },
}

impl Goal {
    /// Whether this event is one.
    pub fn is_reached_by(&self, event: &Event) -> bool {
        match self {
            Self::Step => event.is_step(),
            Self::Turn => event.is_turn(),
            Self::Phase { component, item } => {
                event.is_phase() && event.component == *component && event.object.as_ref() == Some(item)
            }
        }
    }
}

/// A step that is being made.
#[derive(Clone, Debug)]
pub(super) struct Stepping {
    /// The last event before it.
    before: EventId,
    /// When it began.
    since: VirtualTime,
    goal: Goal,
}

/// A step over more time than this says so: whoever looks on would not notice.
const LEAP: Span = Span::secs(10);

/// What the clock remembers of its way.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// The step that is being made.
    pub(super) stepping: Option<Stepping>,
    /// What was selected before the past was looked at; the selected object may not be there.
    pub(super) selected: Option<String>,
    /// Counts the turns of the run: at each, events get other meanings.
    pub(in crate::tui) turns: u64,
    /// How many branches were made.
    pub(super) branches: usize,
}

/// The last step of all that this cluster has seen.
fn last_step(view: &View) -> Option<&Arc<Event>> {
    view.log().of_class(Class::Decision).rev().find(|event| event.is_step())
}

impl App {
    /// The cluster changed. What is shown stays as it is while it is the past.
    pub fn see(&mut self, view: View) {
        self.live = view;
        if self.cursor.is_none() {
            self.view = self.live.clone();
            self.comets.feed(&self.view);
            if !self.pace.stands() {
                self.event = self.told;
            }
            self.arrive();
        }
        self.refresh();
    }

    /// Shows the cluster as it was at an instant; the clock stands still meanwhile.
    pub fn see_past(&mut self, view: View) {
        if self.cursor.is_none() {
            self.trail.selected = Some(self.selected.clone());
        }
        self.cursor = Some(view.now());
        self.glow.forget();
        self.view = view;
        self.pace.paused = true;
        let here = self.event.and_then(|event| self.live.event(event));
        if here.is_none_or(|event| event.at != self.view.now()) {
            self.event = last_step(&self.view).map(|event| event.id);
        }
        self.refresh();
    }

    /// The moment of the past that is shown; none if what is shown is now.
    pub fn past(&self) -> Option<&View> {
        self.cursor.is_some().then_some(&self.view)
    }

    /// Shows what is now again.
    pub fn see_live(&mut self) {
        (self.cursor, self.event) = (None, None);
        self.selected = self.trail.selected.take().unwrap_or_else(|| std::mem::take(&mut self.selected));
        self.see(self.live.clone());
    }

    /// The event at the cursor: the one that was gone to, or the last step up to the moment that is shown.
    pub fn event_here(&self) -> Option<Arc<Event>> {
        let chosen = self.event.and_then(|event| self.live.event(event));
        chosen.or_else(|| last_step(&self.view)).cloned()
    }

    /// The story at the cursor, and whether the cursor is at its beginning. What belongs to no story came after the
    /// last one that had begun.
    fn story_here(&self) -> Option<(StoryId, bool)> {
        let here = self.event_here()?;
        let story = match here.cause().known_story() {
            Some(story) => story,
            None => self.live.stories().map(|(id, _)| *id).rfind(|story| story.0 < here.id.0)?,
        };
        Some((story, self.event == Some(EventId(story.0))))
    }

    /// Where the loop stands of which the event at the cursor tells, or the step that is told right now.
    pub(in crate::tui) fn spot(&self) -> Option<Spot> {
        self.event.and_then(|event| self.live.event(event)).and_then(|event| Spot::of(event))
    }

    /// Goes to an event: every screen shows the cluster at its instant.
    pub(in crate::tui) fn go_to(&mut self, event: EventId) -> Option<Effect> {
        let at = self.live.event(event)?.at;
        self.event = Some(event);
        self.pace.paused = true;
        if at == self.live.now() {
            self.cursor = None;
            self.view = self.live.clone();
        } else if self.cursor != Some(at) {
            return Some(Effect::Seek(at));
        }
        self.refresh();
        None
    }

    /// One event on: in the past towards now, else the cluster goes on to the next one.
    pub(super) fn step_forward(&mut self) -> Option<Effect> {
        self.pace.paused = true;
        self.advance(screens::goal(self))
    }

    /// On to the next thing that turns something.
    pub(super) fn skip(&mut self) -> Option<Effect> {
        self.advance(Goal::Turn)
    }

    /// On to what reaches the goal next. The cluster goes on by whole instants; what an instant holds besides what it
    /// was gone to for comes before it does, or it would never be stopped at.
    fn advance(&mut self, goal: Goal) -> Option<Effect> {
        let next = self.event.and_then(|here| self.next(here, &goal));
        match (next, self.cursor) {
            (Some(next), _) => self.go_to(next),
            (None, Some(_)) => {
                self.see_live();
                None
            }
            (None, None) => {
                self.event = None;
                self.send_to(goal)
            }
        }
    }

    /// One event back.
    pub(super) fn step_back(&mut self) -> Option<Effect> {
        self.pace.paused = true;
        let goal = screens::goal(self);
        let here = self.event.unwrap_or(EventId(u64::MAX));
        let before = self.live.log().newest_first(EventId(here.0.saturating_sub(1)));
        let found =
            before.filter(|event| screens::shows(self, event)).find(|event| goal.is_reached_by(event));
        match found.map(|event| event.id) {
            Some(event) => self.go_to(event),
            None => {
                self.say("Nothing older is kept.");
                None
            }
        }
    }

    fn next(&self, here: EventId, goal: &Goal) -> Option<EventId> {
        let later = self.live.log().oldest_first(here);
        let mut later = later.filter(|event| screens::shows(self, event));
        later.find(|event| goal.is_reached_by(event)).map(|event| event.id)
    }

    /// The cluster went on because of a step: what it came to first is at the cursor.
    pub(super) fn arrive(&mut self) {
        let Some(Stepping { before, since, goal }) = self.trail.stepping.clone() else { return };
        if let Some(event) = self.next(before, &goal) {
            self.trail.stepping = None;
            let leap = self.live.event(event).map_or(Span::ZERO, |event| event.at - since);
            if leap > LEAP {
                self.say(format!("{} went by until this: nothing like it happened before.", leap.whole()));
            }
            if self.pace.stands() {
                self.event = Some(event);
            }
        }
    }

    /// Lets the cluster go on to an event.
    fn send_to(&mut self, goal: Goal) -> Option<Effect> {
        let (before, since) = (self.live.log().last_id()?, self.live.now());
        self.trail.stepping = Some(Stepping { before, since, goal: goal.clone() });
        Some(Effect::RunTo(goal))
    }

    /// The beginning of the story before or after the one at the cursor.
    pub(in crate::tui) fn story_step(&mut self, forward: bool) -> Option<Effect> {
        let (here, at_root) = self.story_here().unwrap_or_default();
        let found = {
            let mut stories = self.live.stories().map(|(id, _)| *id);
            match forward {
                true => stories.find(|story| *story > here),
                false => stories.rfind(|story| *story < here || (*story == here && !at_root)),
            }
        };
        match found {
            Some(story) => self.go_to(EventId(story.0)),
            None if forward && self.cursor.is_some() => {
                self.see_live();
                None
            }
            None => {
                self.say(if forward { "No story began later." } else { "No older story is kept." });
                None
            }
        }
    }

    /// The instant before or after the one at the cursor at which something happened.
    pub(in crate::tui) fn instant_step(&mut self, forward: bool) -> Option<Effect> {
        let here = self.event_here()?;
        let log = self.live.log();
        let other =
            |event: &&Arc<Event>| event.is_step() && event.at != here.at && screens::shows(self, event);
        let found = match forward {
            true => log.after(Class::Decision, here.id).find(other),
            false => log.back_from(Class::Decision, here.id).find(other),
        };
        match found.map(|event| event.id) {
            Some(event) => self.go_to(event),
            None if forward => {
                self.see_live();
                None
            }
            None => None,
        }
    }

    /// To the nearest cause of the event at the cursor that is a step.
    pub(in crate::tui) fn go_to_cause(&mut self) -> Option<Effect> {
        let here = self.event_here()?;
        let path = self.live.why(here.id);
        let cause = path.iter().rev().skip(1).find(|event| event.is_step());
        match cause.map(|event| event.id) {
            Some(event) => self.go_to(event),
            None => {
                self.say("Nothing earlier caused this: the story begins here.");
                None
            }
        }
    }

    /// To the beginning of the story at the cursor; from there to the oldest step that is kept.
    pub(in crate::tui) fn go_to_start(&mut self) -> Option<Effect> {
        if let Some((story, false)) = self.story_here()
            && self.live.event(EventId(story.0)).is_some()
        {
            return self.go_to(EventId(story.0));
        }
        let first = self.live.log().of_class(Class::Decision).find(|event| event.is_step())?.id;
        self.go_to(first)
    }
}
