//! A session that is played without a learner: pages turn by themselves, and questions are answered at once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Question, Reply, Session, Sure};
use crate::engine::World;
use crate::expression::Expression;
use crate::lessons::lesson::{Since, Word};
use crate::lessons::pattern::Trigger;
use crate::script::Step as ScriptStep;

impl Session {
    /// The goals of the step that is graded which ask for something to become so (and not to stay so, as `keep`
    /// does), each with whether it is so already.
    pub(in crate::lessons) fn met_now(&self, world: &World) -> BTreeMap<String, bool> {
        let checks = self.lesson.steps.get(self.course.step).map_or(&[][..], |step| &step.checks);
        let asks = checks.iter().filter(|check| matches!(check.since, Since::Step) && !check.keep);
        let met = asks.filter_map(|check| match &check.word {
            // What is answered is reached as soon as it is asked.
            Word::That(asked) | Word::Hold(_, asked) | Word::Saw(Trigger::Holds(asked))
                if !asked.depends().learner =>
            {
                Some((check.goal.clone(), asked.evaluate(world, &self.course.recent).holds()))
            }
            _ => None,
        });
        met.collect()
    }

    /// Turns to the step that is graded and answers what it asks.
    pub(super) fn play_along(&mut self, world: &World) {
        self.turn_to(self.course.step + 1, world);
        if !self.answers_itself {
            return;
        }
        let open: Vec<String> = self.open_questions().map(|question| question.id.clone()).collect();
        for id in open.into_iter().filter(|id| !self.answered_by_way.contains(id)).collect::<Vec<_>>() {
            // It is open, and a perfect answer fits every question.
            let _answered = self.answer(&id, Reply::Perfect, Sure::Certain, world);
        }
    }

    fn open_questions(&self) -> impl Iterator<Item = &Question> {
        let questions = self.lesson.steps.get(self.course.step).map_or(&[][..], |step| &step.questions);
        questions
            .iter()
            .filter(|question| self.asked(&question.id).is_some_and(|asked| asked.reply.is_none()))
    }

    /// Questions answer themselves, but for those that the way that is played answers.
    pub(in crate::lessons) fn answers_itself(&mut self, answers: bool, but: BTreeSet<String>) {
        self.answers_itself = answers;
        self.answered_by_way = but;
    }

    /// Remembers the histories that the way that is played asks about.
    pub(in crate::lessons) fn remember_also(&mut self, expressions: &[Expression]) {
        self.course.remember_also(expressions);
    }

    /// A step of a script was done for the learner.
    pub(in crate::lessons) fn did(&mut self, step: &ScriptStep) {
        self.files.note_applied(step);
    }

    /// A command with its expressions filled in. Braces that hold none stay as they are.
    pub(in crate::lessons) fn fill(&self, line: &str, world: &World) -> String {
        crate::expression::fill(line, world, &self.course.recent)
    }
}
