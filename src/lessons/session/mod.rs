//! A session: one learner, one lesson, one cluster.
//!
//! The session sets the scene, does what the lesson's script says, holds the clock for predictions, grades live,
//! judges answers by what the cluster then does, and gives hints. It draws nothing: a face shows the
//! [`LessonView`] that it makes, and tells it what the learner does where the trace does not.
//!
//! The face owns the engine. It calls [`Session::observe`] after every instant and after every input, and lets no
//! time pass while [`Session::holds_clock`]. A lesson is rewound by forking the engine, so nothing that the
//! learner breaks is lost for good.
//!
//! ```text
//! open ──▸ introduction ──▸ step 1 ──▸ ... ──▸ step n ──▸ debrief
//!             (clock          read, predict, do, watch, explain
//!              stands)        graded from the first moment of the step
//! ```

mod ask;
mod asked;
mod course;
mod cues;
mod deeds;
mod diary;
mod experiment;
mod eyes;
mod files;
mod played;
mod help;
mod histories;
mod setting;
mod shown;
mod tracker;
mod turns;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lesson::{Lesson, Question};
use super::pattern::{EVERYTHING, Look, VIA_LESSON};
use crate::engine::driver::Driver;
use crate::engine::{Engine, View, World};
use crate::expression::Moments;
use crate::script::{Held, Runner, Step as ScriptStep};
use crate::time::{Span, VirtualTime};

pub use ask::{Ask, Told};
pub use asked::{Asked, Reply, Sure, Truth, Verdict};
pub use diary::{About, Moment};
pub use files::LearnerFiles;
pub use help::{Given, STUCK};
pub use shown::{
    ChoiceView, GoalState, GoalView, HostView, LessonView, MissView, QuestionKind, QuestionView, ScoreView,
    VerdictView,
};
pub use tracker::{Miss, Standing, Tracker};

use course::{Course, Progress};

/// How often a lesson's script may act at one instant.
const CUES_AT_ONCE: usize = 100;

/// One learner, one lesson, one cluster.
pub struct Session {
    lesson: Arc<Lesson>,
    seed: u64,
    /// The instant at which the lesson begins, and the cluster then.
    start: VirtualTime,
    base: View,
    course: Course,
    files: LearnerFiles,
    /// The page that is shown: the introduction, then the steps, then the debrief.
    page: usize,
    /// The beginning of each step that has begun, to go back to.
    marks: Vec<Mark>,
    /// The way back from the sandbox.
    sandbox: Option<Mark>,
    /// Whether pages turn by themselves.
    plays_itself: bool,
    /// Whether questions answer themselves, and which do not.
    answers_itself: bool,
    answered_by_way: BTreeSet<String>,
}

/// A moment to go back to.
#[derive(Clone)]
struct Mark {
    at: VirtualTime,
    course: Course,
    files: LearnerFiles,
    page: usize,
}

/// Why a lesson cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct Trouble {
    /// The lesson's file.
    pub file: String,
    /// Where, from 1.
    pub line: usize,
    /// Where, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl Session {
    /// Sets the scene of a lesson and begins it. Another seed gives fresh eyes.
    ///
    /// # Errors
    /// When a manifest is refused, or a step of the setting cannot be done.
    pub fn open(
        lesson: Arc<Lesson>,
        seed: Option<u64>,
        driver: Box<dyn Driver>,
    ) -> Result<(Self, Engine), Trouble> {
        let files = LearnerFiles::of(&lesson);
        let mut engine = setting::build(&lesson, &files, seed, driver)?;
        let session = Self::begin(lesson, files, &mut engine, false);
        Ok((session, engine))
    }

    /// The same for playing without a learner: pages turn by themselves, and questions are answered at once.
    /// With `judge_all`, goals of steps that have not begun are looked at from the beginning.
    pub(super) fn open_to_play(
        lesson: Arc<Lesson>,
        seed: Option<u64>,
        driver: Box<dyn Driver>,
        judge_all: bool,
    ) -> Result<(Self, Engine), Trouble> {
        let files = LearnerFiles::of(&lesson);
        let mut engine = setting::build(&lesson, &files, seed, driver)?;
        let mut session = Self::begin(lesson, files, &mut engine, judge_all);
        session.plays_itself = true;
        Ok((session, engine))
    }

    fn begin(lesson: Arc<Lesson>, files: LearnerFiles, engine: &mut Engine, judge_all: bool) -> Self {
        let start = engine.now();
        // What the learner does comes later than the beginning, so that going back there undoes it.
        engine.run_until(start + Span::TICK);
        let course = Course::new(&lesson, engine.world(), judge_all);
        let first = Mark { at: start, course: course.clone(), files: files.clone(), page: 0 };
        Self {
            seed: engine.world().seed(),
            start,
            base: engine.view(),
            course,
            files,
            page: 0,
            marks: vec![first],
            sandbox: None,
            plays_itself: false,
            answers_itself: false,
            answered_by_way: BTreeSet::new(),
            lesson,
        }
        .without_empty_introduction(engine.world())
    }

    /// A lesson without an introduction begins with its first step.
    fn without_empty_introduction(mut self, world: &World) -> Self {
        if self.lesson.intro.is_empty() {
            self.turn_to(1, world);
        }
        self
    }

    /// The lesson.
    pub fn lesson(&self) -> &Arc<Lesson> {
        &self.lesson
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The instant at which the lesson began.
    pub fn start(&self) -> VirtualTime {
        self.start
    }

    /// The learner's manifests as the lesson knows them.
    pub fn files(&self) -> &LearnerFiles {
        &self.files
    }

    /// Whether no step is left to be graded.
    pub fn is_over(&self) -> bool {
        self.course.step >= self.lesson.steps.len()
    }

    /// Whether every step is passed; one that was skipped is not.
    pub fn is_passed(&self) -> bool {
        self.is_over() && self.course.skipped.is_empty()
    }

    /// The step that is graded; as many as there are steps when all are passed.
    pub fn step(&self) -> usize {
        self.course.step
    }

    /// The goals of a step, in the order of the lesson.
    pub fn goals(&self, step: usize) -> &[Tracker] {
        self.course.trackers.get(step).map_or(&[], Vec::as_slice)
    }

    /// When each step that has begun did so.
    pub fn steps_began(&self) -> &[VirtualTime] {
        &self.course.began
    }

    /// A question that was asked, by id.
    pub fn asked(&self, question: &str) -> Option<&Asked> {
        self.course.asked.get(question)
    }

    /// What the lesson's own script could not do.
    pub fn troubles(&self) -> &[String] {
        &self.course.troubles
    }

    /// Whether the clock must stand still: the introduction is read, or a prediction waits for its answer.
    pub fn holds_clock(&self) -> bool {
        if self.sandbox.is_some() || self.is_over() {
            return false;
        }
        let questions = self.lesson.steps.get(self.course.step).map_or(&[][..], |step| &step.questions);
        let holds = |question: &Question| {
            self.asked(&question.id).is_some_and(|asked| asked.holds_clock(question, self.course.acted))
        };
        self.page == 0 || (self.course.is_open() && questions.iter().any(holds))
    }

    /// When the lesson does something by itself next, if that is at a fixed time.
    pub fn next_time(&self) -> Option<VirtualTime> {
        let host = self.course.host.as_ref().and_then(super::plain_host::PlainHost::next_time);
        cues::earlier(self.course.cues.next_time(), host)
    }

    /// Looks at the cluster: to be called after every instant, and after every input. Grades, judges, and does
    /// what the lesson's script says.
    pub fn observe(&mut self, engine: &mut Engine) {
        if self.sandbox.is_some() {
            return;
        }
        for _ in 0..CUES_AT_ONCE {
            if self.plays_itself {
                self.play_along(engine.world());
            }
            while self.course.look(&self.lesson, engine.world(), &self.files, &self.base) == Progress::Passed
            {
                self.step_begins(engine);
            }
            match self.course.due(engine.world()) {
                Some(step) => self.perform(engine, &step),
                None => return,
            }
        }
    }

    fn step_begins(&mut self, engine: &mut Engine) {
        let at = engine.now();
        // As at the beginning: what comes now is later than the mark.
        engine.run_until(at + Span::TICK);
        let mark =
            Mark { at, course: self.course.clone(), files: self.files.clone(), page: self.course.step + 1 };
        self.marks.truncate(self.course.step);
        self.marks.push(mark);
        if self.plays_itself {
            self.play_along(engine.world());
        }
    }

    /// Does a step of the lesson's script.
    fn perform(&mut self, engine: &mut Engine, step: &ScriptStep) {
        if let crate::script::Action::Docker(line) = &step.action {
            if let Some(Err(message)) = self.course.host.as_mut().map(|host| host.command(line)) {
                self.course.troubles.push(format!("{}:{}: {message}", step.line, step.column));
            }
            return;
        }
        let steps = std::slice::from_ref(step);
        let runner =
            Runner::steps(steps, &self.files, engine).via(VIA_LESSON).with_saved(self.files.texts().clone());
        let (report, saved) = runner.resume(self.start);
        self.files.update(&saved);
        self.files.note_applied(step);
        for finding in report.findings.iter().filter(|finding| finding.held != Held::Held) {
            self.course.troubles.push(format!("{}:{}: {}", finding.line, finding.column, finding.detail));
        }
    }

    /// What expressions know besides the cluster: histories since the step began, and the learner.
    pub fn moments(&self) -> &Moments {
        &self.course.recent
    }

    /// The learner did something that the trace does not show: looked at a screen, read logs.
    pub fn acted(&mut self, what: &str, now: VirtualTime) {
        self.course.deed(what, now);
    }

    /// The learner's files are now these; whoever saved one had it applied.
    pub fn saved(&mut self, texts: &BTreeMap<String, String>) {
        self.files.update(texts);
    }

    /// The learner applied a file as it lies there.
    pub fn applied(&mut self, file: &str) {
        self.files.apply(file);
    }

    /// The learner is at it: pressed a key not long ago, so nobody is stuck, however fast time goes by.
    pub fn busy(&mut self, now: VirtualTime) {
        self.course.note_useful(now);
    }

    /// Nothing happened for so long although time stands still.
    pub fn waited(&mut self, idle: Span) {
        self.course.change_learner(|learner| learner.idle = idle);
        self.course.eyes.learner += 1;
    }

    /// A command for the plain container host.
    ///
    /// # Errors
    /// What docker says, or that there is no such host.
    pub fn docker(&mut self, line: &str, now: VirtualTime) -> Result<String, String> {
        let host = self.course.host.as_mut().ok_or("this lesson has no plain container host")?;
        host.run_until(now);
        let answer = host.command(line);
        self.course.deed(&format!("docker {}", line.trim().trim_start_matches("docker ")), now);
        answer
    }

    /// Answers a question of the step that is graded.
    ///
    /// # Errors
    /// When there is no such question now, it was answered, or the answer does not fit.
    pub fn answer(&mut self, question: &str, reply: Reply, sure: Sure, world: &World) -> Result<(), String> {
        let lesson = self.lesson.clone();
        let step = lesson.steps.get(self.course.step).ok_or("the lesson is over")?;
        let question = step
            .questions
            .iter()
            .find(|known| known.id == question)
            .ok_or_else(|| format!("the step \"{}\" does not ask \"{question}\"", step.title))?;
        self.course.answer(question, reply, sure, world, &self.files)
    }

    /// The learner asks for a hint. Returns it, or nothing if there is none at this level; the next press goes one
    /// level further.
    pub fn hint(&mut self, world: &World) -> Option<Given> {
        let lesson = self.lesson.clone();
        let step = lesson.steps.get(self.course.step)?;
        let look = Look {
            world,
            moments: &self.course.recent,
            files: &self.files,
            events: &[],
            changed: EVERYTHING,
        };
        let hint = self.course.help.ask(step, &look);
        if let Some(Given { text, .. }) = &hint {
            self.course.diary.hint(text, world.now(), self.start);
        }
        hint
    }
}

#[cfg(test)]
mod tests;
