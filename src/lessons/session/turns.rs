//! Pages, beginning again, and the sandbox: going to and fro without losing the lesson.

use std::collections::BTreeMap;

use super::{Mark, Session};
use crate::engine::{Engine, World};
use crate::time::Span;

impl Session {
    /// How many pages there are: the introduction, the steps, the debrief.
    pub fn pages(&self) -> usize {
        self.lesson.steps.len() + 2
    }

    /// The page that is shown, from 0.
    pub fn page(&self) -> usize {
        self.page
    }

    /// Turns to the next page. The page behind a step that is not passed yet stays closed.
    pub fn next_page(&mut self, world: &World) -> bool {
        let last = (self.course.step + 1).min(self.pages() - 1);
        let next = self.page + 1;
        next <= last && self.turn_to(next, world)
    }

    /// Turns back a page, to read it again.
    pub fn previous_page(&mut self) -> bool {
        let first = usize::from(self.lesson.intro.is_empty());
        let turns = self.page > first;
        self.page -= usize::from(turns);
        turns
    }

    pub(super) fn turn_to(&mut self, page: usize, world: &World) -> bool {
        self.page = page.min(self.pages() - 1);
        if self.page == self.course.step + 1 {
            self.course.open_page(&self.lesson, world.now());
        }
        true
    }

    /// On to the next step without passing this one: the lesson is not passed then. Returns whether there was one.
    pub fn skip_step(&mut self, engine: &mut Engine) -> bool {
        if self.sandbox.is_some() || self.course.step >= self.lesson.steps.len() {
            return false;
        }
        self.course.skip(&self.lesson, engine.world());
        self.step_begins(engine);
        self.turn_to(self.course.step + 1, engine.world())
    }

    /// Back to the beginning of the step that is graded: what the learner broke is whole again. Returns the files
    /// as they were then.
    pub fn restart_step(&mut self, engine: &mut Engine) -> &BTreeMap<String, String> {
        if let Some(mark) = self.marks.get(self.course.step.min(self.marks.len().saturating_sub(1))).cloned()
        {
            let page = self.page.min(self.course.step + 1);
            self.go_back(&mark, engine);
            // The first step begins with the lesson; whoever has read the introduction need not do so again.
            if self.page < page {
                self.turn_to(page, engine.world());
            }
        }
        self.files.texts()
    }

    /// Back to the beginning of the lesson. Returns the files as they were then.
    pub fn restart(&mut self, engine: &mut Engine) -> &BTreeMap<String, String> {
        if let Some(mark) = self.marks.first().cloned() {
            self.go_back(&mark, engine);
        }
        self.marks.truncate(1);
        self.files.texts()
    }

    /// From now on nothing is graded: the learner tries things out.
    pub fn enter_sandbox(&mut self, engine: &mut Engine) {
        if self.sandbox.is_none() {
            let at = engine.now();
            engine.run_until(at + Span::TICK);
            self.sandbox =
                Some(Mark { at, course: self.course.clone(), files: self.files.clone(), page: self.page });
        }
    }

    /// Back from the sandbox, to the moment at which it was entered. Returns the files as they were then.
    pub fn leave_sandbox(&mut self, engine: &mut Engine) -> &BTreeMap<String, String> {
        if let Some(mark) = self.sandbox.take() {
            self.go_back(&mark, engine);
        }
        self.files.texts()
    }

    /// Whether the learner is in the sandbox.
    pub fn in_sandbox(&self) -> bool {
        self.sandbox.is_some()
    }

    fn go_back(&mut self, mark: &Mark, engine: &mut Engine) {
        engine.fork(mark.at);
        engine.run_until(mark.at + Span::TICK);
        self.sandbox = None;
        self.course = mark.course.clone();
        self.files = mark.files.clone();
        self.page = mark.page;
        self.course.eyes.close(engine.world());
        if self.page == self.course.step + 1 {
            self.course.open_page(&self.lesson, engine.now());
        }
    }
}
