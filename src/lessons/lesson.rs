//! A lesson as it was read: everything that its file says, checked for form but not yet tried.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::pattern::Trigger;
use super::plain_host::HostSpec;
use super::prose::Block;
use crate::expression::{Expression, Template};
use crate::node::ImageFault;
use crate::script::{Place, Step as ScriptStep, WorldSpec};
use crate::time::Span;

/// A word with the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The word.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

/// A lesson.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// `12-bad-release`: the number comes first.
    pub id: String,
    /// The file that it was read from, as findings name it.
    pub file: String,
    /// Its title.
    pub title: String,
    /// The part of the course.
    pub part: String,
    /// The learner's time in minutes; never graded.
    pub minutes: u32,
    /// How long it may take at most in virtual time.
    pub limit: Span,
    /// How long the scene may take to settle before the lesson begins.
    pub settle: Span,
    /// The lessons that come before.
    pub needs: Vec<Named>,
    /// The learning goals that it teaches.
    pub teaches: Vec<Named>,
    /// The misconceptions that it exposes.
    pub busts: Vec<Named>,
    /// What the cluster is made of.
    pub world: WorldSpec,
    /// How images behave.
    pub images: BTreeMap<SmolStr, ImageFault>,
    /// The panels that are open.
    pub view: Vec<String>,
    /// The speed of the clock, if it is not the usual one.
    pub speed: Option<String>,
    /// What the learner may use: `edit`, `kubectl`, `inject`; everything if empty.
    pub allow: Vec<String>,
    /// What is read before the first step.
    pub intro: Vec<Block>,
    /// The learner's manifests.
    pub files: Vec<LessonFile>,
    /// What is done before the lesson begins.
    pub setup: Vec<ScriptStep>,
    /// What happens by itself after the beginning.
    pub script: Vec<ScriptStep>,
    /// A plain container host, for contrast.
    pub host: Option<HostSpec>,
    /// The steps.
    pub steps: Vec<Step>,
    /// What is read when all is done.
    pub debrief: Vec<Block>,
    /// The expressions in the debrief's text.
    pub debrief_texts: Vec<Template>,
    /// What the simulation leaves out.
    pub simplified: Vec<Block>,
    /// Ways to the goals.
    pub solutions: Vec<Way>,
    /// Ways that must not pass, with the goal that refuses each.
    pub near_misses: Vec<(Way, Named)>,
    /// Presenters' scripts.
    pub demos: Vec<Way>,
}

impl Lesson {
    /// `12` of `12-bad-release`.
    pub fn number(&self) -> &str {
        self.id.split('-').next().unwrap_or(&self.id)
    }

    /// Where the lesson stands on the recommended path: numbers first, then challenges.
    pub fn rank(&self) -> (bool, u32, String) {
        let digits: String = self.number().chars().filter(char::is_ascii_digit).collect();
        let letter = self.number().starts_with(|first: char| !first.is_ascii_digit());
        (letter, digits.parse().unwrap_or(u32::MAX), self.id.clone())
    }

    /// The goals of all steps.
    pub fn goals(&self) -> impl Iterator<Item = &Check> {
        self.steps.iter().flat_map(|step| &step.checks)
    }

    /// The questions of all steps.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.steps.iter().flat_map(|step| &step.questions)
    }
}

/// A manifest of the learner's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonFile {
    /// Its name: `web.yaml`.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Whether it is applied before the lesson begins; otherwise it lies there, and the learner applies it.
    pub applied: bool,
    /// Where its block begins.
    pub place: Place,
}

/// A named list of script steps.
#[derive(Clone, Debug)]
pub struct Way {
    /// Its id.
    pub id: String,
    /// What is done.
    pub steps: Vec<ScriptStep>,
    /// The same as it was written.
    pub source: String,
    /// Where its block begins.
    pub place: Place,
}

/// A step of a lesson: one page.
#[derive(Clone, Debug)]
pub struct Step {
    /// `{#id}`, or the title in small letters.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Where it begins.
    pub place: Place,
    /// What is read.
    pub prose: Vec<Block>,
    /// What is asked.
    pub questions: Vec<Question>,
    /// What is to be reached.
    pub checks: Vec<Check>,
    /// What helps.
    pub hints: Vec<Hint>,
    /// What happens by itself once the step has begun.
    pub script: Vec<ScriptStep>,
}

/// A goal.
#[derive(Clone, Debug)]
pub struct Check {
    /// What the learner reads.
    pub goal: String,
    /// Where it stands.
    pub place: Place,
    /// What must be so.
    pub word: Word,
    /// Since when it is looked at.
    pub since: Since,
    /// Until when.
    pub until: Option<Trigger>,
    /// Whether it must still be so when the step ends, once it was.
    pub keep: bool,
    /// What is said when it is missed.
    pub otherwise: Option<Template>,
    /// The value that is shown, and the value that is wanted.
    pub shown: Option<Template>,
    /// The value that is wanted, in words.
    pub wanted: Option<String>,
}

/// What must be so.
#[derive(Clone, Debug)]
pub enum Word {
    /// It is so now.
    That(Expression),
    /// It happened, or was so at some moment.
    Saw(Trigger),
    /// It was so all the time.
    Always(Expression),
    /// It did not happen, and was so at no moment.
    Never(Trigger),
    /// It was so for a while without a break.
    Hold(Span, Expression),
    /// These happened one after the other.
    Order(Vec<Trigger>),
    /// The cluster is as this file says.
    Live(String),
}

/// Since when a goal is looked at.
#[derive(Clone, Debug, Default)]
pub enum Since {
    /// Since the step began.
    #[default]
    Step,
    /// Since the lesson began.
    Start,
    /// Since something happened after the step began.
    Trigger(Trigger),
}

/// A question.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub place: Place,
    /// What is asked.
    pub ask: String,
    /// When the clock stands still for it.
    pub hold: Hold,
    /// When the answer is judged.
    pub reveal: Reveal,
    /// What there is to answer.
    pub body: Body,
}

/// When the clock stands still until a question is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hold {
    /// From the beginning of the step.
    #[default]
    Start,
    /// From the learner's first act in the step.
    BeforeApply,
    /// Never.
    No,
}

/// When an answer is judged.
#[derive(Clone, Debug, Default)]
pub enum Reveal {
    /// When the step is passed.
    #[default]
    Passed,
    /// As soon as this happens.
    When(Trigger),
    /// So long after the learner's first act since the answer.
    After(Span),
    /// At once: experiments tell.
    AtOnce,
}

/// What there is to answer.
#[derive(Clone, Debug)]
pub enum Body {
    /// One of these comes true.
    Predict(Vec<PredictOption>),
    /// These are put in the order in which they happen.
    Order(Vec<OrderItem>, Option<Template>),
    /// A table is filled: what works under which conditions.
    Matrix(Matrix),
}

/// An option of a prediction.
#[derive(Clone, Debug)]
pub struct PredictOption {
    /// What the learner reads.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    /// What is so if the option is right.
    pub holds: Expression,
    /// The misconception that somebody has who believes it.
    pub busts: Option<Named>,
    /// What is said to whoever chose it.
    pub say: Option<Template>,
}

/// One of the things that are put in order.
#[derive(Clone, Debug)]
pub struct OrderItem {
    /// What the learner reads.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    /// How it shows.
    pub when: Trigger,
}

/// A table whose cells are yes or no, each decided by an experiment on a copy of the cluster.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// What is different in each row.
    pub rows: Vec<MatrixRow>,
    /// What is tried in each column.
    pub columns: Vec<MatrixColumn>,
    /// What is said at the end.
    pub say: Option<Template>,
}

/// A row of a table.
#[derive(Clone, Debug)]
pub struct MatrixRow {
    /// What the learner reads.
    pub text: String,
    /// What is done to the copy first.
    pub steps: Vec<ScriptStep>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct MatrixColumn {
    /// What the learner reads.
    pub text: String,
    /// What is done then.
    pub steps: Vec<ScriptStep>,
    /// How long is waited.
    pub within: Span,
    /// What is so if it works.
    pub holds: Expression,
}

/// A hint.
#[derive(Clone, Debug)]
pub struct Hint {
    /// Where it stands.
    pub place: Place,
    /// 1 says where to look, 2 what to use, 3 what to do.
    pub level: u8,
    /// Whether it fits what the learner did.
    pub when: Option<Expression>,
    /// Whether it comes by itself when its condition holds: only hints for those who are stuck do.
    pub by_itself: bool,
    /// What it says.
    pub say: Template,
    /// What it says in plain mode, if that is something else.
    pub plain: Option<Template>,
}

impl Hint {
    /// Whether it can be given to whoever asks, whatever they did.
    pub fn is_for_everybody(&self) -> bool {
        self.when.is_none() || self.by_itself
    }
}
