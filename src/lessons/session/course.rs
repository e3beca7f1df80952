//! The course of a lesson: everything that changes while it is taken, and that goes back when it is rewound.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::asked::{Asked, Reply, Sure};
use super::cues::Cues;
use super::deeds;
use super::diary::Diary;
use super::eyes::Eyes;
use super::files::LearnerFiles;
use super::help::Help;
use super::histories::{each_once, histories};
use super::tracker::{Standing, Tracker};
use crate::engine::{View, World};
use crate::expression::{Depends, Expression, Learner, Moments};
use crate::lessons::ids;
use crate::lessons::lesson::{Hold, Lesson, Question, Since, Step};
use crate::lessons::pattern::{EVERYTHING, Look, concerns};
use crate::lessons::plain_host::PlainHost;
use crate::script::Step as ScriptStep;
use crate::time::{Span, VirtualTime};

/// Everything that changes while a lesson is taken.
#[derive(Clone)]
pub(super) struct Course {
    /// The step that is graded; one behind the last when all are passed.
    pub(super) step: usize,
    /// When each step that has begun did so.
    pub(super) began: Vec<VirtualTime>,
    /// Steps that were not passed, but skipped.
    pub(super) skipped: BTreeSet<usize>,
    /// How many steps' pages were opened: what a step does by itself begins then, and it is passed after that.
    opened: usize,
    /// The goals, step by step.
    pub(super) trackers: Vec<Vec<Tracker>>,
    /// The questions that were asked, by id.
    pub(super) asked: BTreeMap<String, Asked>,
    /// Histories since the lesson began, and since the step began.
    pub(super) whole: Moments,
    pub(super) recent: Moments,
    pub(super) cues: Cues,
    pub(super) host: Option<PlainHost>,
    pub(super) help: Help,
    pub(super) diary: Diary,
    pub(super) eyes: Eyes,
    /// Whether the learner did anything since the step began.
    pub(super) acted: bool,
    /// Answers and verdicts that expressions were told of.
    told: usize,
    /// What may have changed at the last look.
    changed: Depends,
    /// What the lesson's own script could not do.
    pub(super) troubles: Vec<String>,
    /// The expressions whose histories are asked for, each once.
    histories: Arc<Vec<Expression>>,
    /// Whether goals of later steps are looked at from the beginning.
    judge_all: bool,
}

/// Where a look at an instant leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Same,
    /// A step was passed.
    Passed,
}

impl Course {
    /// The beginning of a lesson.
    pub(super) fn new(lesson: &Lesson, world: &World, judge_all: bool) -> Self {
        let now = world.now();
        let all = ids::expressions(lesson);
        let traffic = all.iter().any(|(_, expression)| expression.depends().traffic);
        let histories = histories(all.iter().map(|(_, expression)| *expression));
        let whole = Moments { start: now, since: now, ..Moments::default() };
        let mut course = Self {
            step: 0,
            began: Vec::new(),
            skipped: BTreeSet::new(),
            opened: 0,
            trackers: lesson
                .steps
                .iter()
                .map(|step| step.checks.iter().map(Tracker::new).collect())
                .collect(),
            asked: BTreeMap::new(),
            recent: whole.clone(),
            whole,
            cues: Cues::default(),
            host: lesson.host.as_ref().map(|spec| PlainHost::new(spec, now)),
            help: Help::default(),
            diary: Diary::default(),
            eyes: Eyes::new(traffic),
            acted: false,
            told: 0,
            changed: EVERYTHING,
            troubles: Vec::new(),
            histories: Arc::new(histories),
            judge_all,
        };
        course.eyes.close(world);
        course.cues.begin(&lesson.script, now);
        course.begin_step(lesson, now);
        course
    }

    /// The next step begins.
    fn begin_step(&mut self, lesson: &Lesson, now: VirtualTime) {
        self.began.push(now);
        self.acted = false;
        self.recent.since = now;
        self.recent.series.clear();
        self.help.begin();
        self.note_useful(now);
        let Some(step) = lesson.steps.get(self.step) else { return };
        for (check, tracker) in step.checks.iter().zip(self.trackers.get_mut(self.step).into_iter().flatten())
        {
            // What counts since the lesson began goes on; everything else begins now.
            if !matches!(check.since, Since::Start) {
                *tracker = Tracker::new(check);
            }
        }
        for question in &step.questions {
            self.asked.insert(question.id.clone(), Asked::new(question));
        }
        // Everything is new to the goals of this step.
        self.eyes.forget();
    }

    /// The page of the step that is graded was opened: what it does by itself begins.
    pub(super) fn open_page(&mut self, lesson: &Lesson, now: VirtualTime) {
        if self.opened > self.step {
            return;
        }
        self.opened = self.step + 1;
        self.note_useful(now);
        if let Some(step) = lesson.steps.get(self.step) {
            self.cues.begin(&step.script, now);
        }
    }

    /// Whether the page of the step that is graded was opened.
    pub(super) fn is_open(&self) -> bool {
        self.opened > self.step
    }

    /// Looks at an instant: grades, judges, helps.
    pub(super) fn look(
        &mut self,
        lesson: &Lesson,
        world: &World,
        files: &LearnerFiles,
        base: &View,
    ) -> Progress {
        let (events, changed) = self.eyes.open(world, files.version());
        if let Some(host) = &mut self.host {
            host.run_until(world.now());
        }
        let acted = deeds::any(&events);
        if acted {
            self.acted = true;
            self.change_learner(|learner| deeds::note(learner, &events, world));
            self.note_useful(world.now());
            self.diary.acts(&events, self.whole.start);
        }
        let host_changed = self.note_host();
        let changed = Depends { learner: changed.learner || host_changed, ..changed };
        self.changed = changed;
        self.remember(world, changed);
        let look = Look { world, moments: &self.recent, files, events: &events, changed };
        for (question, asked) in questions(lesson, self.step, &mut self.asked) {
            asked.look(question, &look, acted, base);
        }
        self.note_answers(lesson);
        self.grade(lesson, world, files, &events, changed);
        match self.is_passed(lesson) {
            true => self.pass(lesson, world, files, base),
            false => {
                let look = Look { world, moments: &self.recent, files, events: &events, changed };
                self.help.look(step_of(lesson, self.step), &look);
                Progress::Same
            }
        }
    }

    /// Notes the histories that expressions ask about.
    fn remember(&mut self, world: &World, changed: Depends) {
        for expression in self.histories.clone().iter().filter(|expression| concerns(changed, expression)) {
            let value = expression.evaluate(world, &self.recent).value;
            self.recent.note(expression, value.as_ref().ok(), world.now());
            // Within a history there is hardly ever another one, which might differ.
            if expression.inner().is_empty() {
                self.whole.note(expression, value.as_ref().ok(), world.now());
            } else {
                self.whole.observe([expression], world);
            }
        }
    }

    /// Tells expressions how the containers of the plain host are. Returns whether that changed.
    fn note_host(&mut self) -> bool {
        let Some(host) = &self.host else { return false };
        let now = deeds::of_host(host);
        let changed = self.learner().host != now;
        if changed {
            self.change_learner(|learner| learner.host = now);
        }
        changed
    }

    fn grade(
        &mut self,
        lesson: &Lesson,
        world: &World,
        files: &LearnerFiles,
        events: &[Arc<crate::trace::Event>],
        changed: Depends,
    ) {
        let (recent, whole) = (&self.recent, &self.whole);
        let mut useful = false;
        for (index, step) in lesson.steps.iter().enumerate() {
            if index < self.step {
                continue;
            }
            let Some(trackers) = self.trackers.get_mut(index) else { continue };
            for (check, tracker) in step.checks.iter().zip(trackers) {
                // A step that has not begun is not looked at, but for what counts since the lesson began.
                if index > self.step && !self.judge_all && !matches!(check.since, Since::Start) {
                    continue;
                }
                let moments = if matches!(check.since, Since::Start) { whole } else { recent };
                let before = tracker.standing();
                tracker.look(check, &Look { world, moments, files, events, changed });
                if index == self.step
                    && std::mem::discriminant(&before) != std::mem::discriminant(&tracker.standing())
                {
                    useful = true;
                    self.diary.goal(check, tracker, world, whole.start);
                }
            }
        }
        if useful {
            self.note_useful(world.now());
        }
    }

    /// Whether every goal of the step is reached, and every prediction was made that holds the clock.
    fn is_passed(&self, lesson: &Lesson) -> bool {
        let waits = |question: &Question| {
            question.hold != Hold::No
                && self.asked.get(&question.id).is_none_or(|asked| asked.reply.is_none())
        };
        self.is_open()
            && !step_of(lesson, self.step).is_some_and(|step| step.questions.iter().any(waits))
            && self.trackers.get(self.step).is_some_and(|trackers| trackers.iter().all(Tracker::is_reached))
    }

    fn pass(&mut self, lesson: &Lesson, world: &World, files: &LearnerFiles, base: &View) -> Progress {
        let look = Look { world, moments: &self.recent, files, events: &[], changed: EVERYTHING };
        for (question, asked) in questions(lesson, self.step, &mut self.asked) {
            asked.judge_at_the_end(question, &look, base);
        }
        self.note_answers(lesson);
        self.diary.passed(step_of(lesson, self.step), world.now(), self.whole.start);
        self.step += 1;
        self.begin_step(lesson, world.now());
        Progress::Passed
    }

    /// The next step begins, although this one is not passed.
    pub(super) fn skip(&mut self, lesson: &Lesson, world: &World) {
        self.skipped.insert(self.step);
        self.step += 1;
        self.begin_step(lesson, world.now());
    }

    /// The next step of the lesson's script that is due.
    pub(super) fn due(&mut self, world: &World) -> Option<ScriptStep> {
        if self.cues.is_empty() {
            return None;
        }
        self.cues.due(world, &self.recent, self.changed)
    }

    /// Remembers the histories that these expressions ask about, too.
    pub(super) fn remember_also(&mut self, expressions: &[Expression]) {
        let all = self.histories.iter().chain(expressions.iter().flat_map(Expression::inner)).cloned();
        self.histories = Arc::new(each_once(all));
        self.eyes.traffic |= expressions.iter().any(|expression| expression.depends().traffic);
    }

    /// Takes an answer.
    pub(super) fn answer(
        &mut self,
        question: &Question,
        reply: Reply,
        sure: Sure,
        world: &World,
        files: &LearnerFiles,
    ) -> Result<(), String> {
        let asked = self.asked.get_mut(&question.id).ok_or("this question is not asked yet")?;
        let look = Look { world, moments: &self.recent, files, events: &[], changed: EVERYTHING };
        asked.answer(question, reply, sure, &look)?;
        self.change_learner(|learner| {
            learner.answers.insert(question.id.clone(), None);
        });
        self.note_useful(world.now());
        self.eyes.learner += 1;
        Ok(())
    }

    /// Tells expressions how much of each answer was right.
    fn note_answers(&mut self, lesson: &Lesson) {
        let of = |asked: &Asked| usize::from(asked.reply.is_some()) + usize::from(asked.verdict.is_some());
        let told = self.asked.values().map(of).sum();
        if self.told == told {
            return;
        }
        self.told = told;
        let mut answers = BTreeMap::new();
        for question in lesson.questions() {
            let Some(asked) = self.asked.get(&question.id).filter(|asked| asked.reply.is_some()) else {
                continue;
            };
            let right = asked.verdict.as_ref().map(|verdict| verdict.right.0 as u64);
            answers.insert(question.id.clone(), right);
        }
        if self.learner().answers != answers {
            for (id, _) in answers.iter().filter(|(_, right)| right.is_some()) {
                if let (Some(asked), Some(question)) =
                    (self.asked.get(id), lesson.questions().find(|it| it.id == *id))
                {
                    self.diary.judged(question, asked, self.whole.start);
                }
            }
            self.change_learner(|learner| learner.answers = answers);
            self.eyes.learner += 1;
        }
    }

    /// The learner did something that the trace does not show.
    pub(super) fn deed(&mut self, what: &str, now: VirtualTime) {
        self.change_learner(|learner| learner.note(now, what));
        self.note_useful(now);
        self.eyes.learner += 1;
    }

    /// Something useful happened: nobody is stuck.
    pub(super) fn note_useful(&mut self, now: VirtualTime) {
        self.change_learner(|learner| {
            learner.useful = now;
            learner.idle = Span::ZERO;
        });
    }

    pub(super) fn learner(&self) -> &Learner {
        static NOBODY: std::sync::LazyLock<Learner> = std::sync::LazyLock::new(Learner::default);
        self.whole.learner.as_deref().unwrap_or(&NOBODY)
    }

    /// Changes what expressions know of the learner.
    pub(super) fn change_learner(&mut self, change: impl FnOnce(&mut Learner)) {
        self.recent.learner = None;
        let mut learner = self.whole.learner.take().unwrap_or_default();
        change(Arc::make_mut(&mut learner));
        self.recent.learner = Some(learner.clone());
        self.whole.learner = Some(learner);
    }

    /// How the goals of a step stand.
    pub(super) fn standings(&self, step: usize) -> impl Iterator<Item = Standing> {
        self.trackers.get(step).into_iter().flatten().map(Tracker::standing)
    }
}

/// A step of a lesson, if it has so many.
fn step_of(lesson: &Lesson, index: usize) -> Option<&Step> {
    lesson.steps.get(index)
}

/// The questions of a step that were asked.
fn questions<'a>(
    lesson: &'a Lesson,
    step: usize,
    asked: &'a mut BTreeMap<String, Asked>,
) -> Vec<(&'a Question, &'a mut Asked)> {
    let questions = lesson.steps.get(step).map_or(&[][..], |step| &step.questions);
    let found = asked
        .iter_mut()
        .filter_map(|(id, asked)| Some((questions.iter().find(|question| question.id == *id)?, asked)));
    found.collect()
}
