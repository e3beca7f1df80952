//! What a lesson looks like to a face: plain data, no behaviour.

use super::asked::Sure;
use super::diary::Moment;
use super::help::Given;
use crate::lessons::plain_host::{Chore, Entry};
use crate::lessons::prose::Block;

/// A lesson as it is shown.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct LessonView {
    /// `12-bad-release`.
    pub id: String,
    /// `12`.
    pub number: String,
    /// Its title.
    pub title: String,
    /// The part of the course.
    pub part: String,
    /// The page that is shown, from 0, and how many there are.
    pub page: (usize, usize),
    /// The page's heading.
    pub heading: String,
    /// What is read on it.
    pub prose: Vec<Block>,
    /// The goals of the step that is shown; on the introduction and the debrief, those of all steps.
    pub goals: Vec<GoalView>,
    /// The questions of the step that is shown.
    pub questions: Vec<QuestionView>,
    /// The hints that were given in the step.
    pub hints: Vec<Given>,
    /// Whether there may be more hints.
    pub more_hints: bool,
    /// Whether the learner seems to be stuck: one quiet line is due.
    pub stuck: bool,
    /// The score so far.
    pub score: ScoreView,
    /// What is to be said about the whole: `live differs from web.yaml: ...`.
    pub banners: Vec<String>,
    /// Whether the clock stands still until the learner goes on or answers.
    pub clock_held: bool,
    /// Whether the step that is shown is passed.
    pub step_passed: bool,
    /// Whether the lesson is.
    pub passed: bool,
    /// Whether nothing is graded for now.
    pub sandbox: bool,
    /// The learner's own timeline, with what was the cause of something marked.
    pub timeline: Vec<Moment>,
    /// The plain container host, if the lesson has one.
    pub host: Option<HostView>,
    /// The panels that are open.
    pub panels: Vec<String>,
    /// What the learner may use; everything if empty.
    pub allow: Vec<String>,
    /// The speed of the clock, if it is not the usual one.
    pub speed: Option<String>,
    /// The seed of the run.
    pub seed: u64,
}

/// How a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GoalState {
    /// Not reached yet.
    Open,
    /// It holds, but not for long enough.
    Holding,
    /// A promise that was kept so far.
    Kept,
    /// Reached.
    Done,
    /// Missed; only going back helps.
    Missed,
}

/// A goal as it is shown.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct GoalView {
    /// What the learner reads.
    pub goal: String,
    /// How it stands.
    pub state: GoalState,
    /// How far it is, and how far it has to go: seconds that it held, things of an order that were seen.
    pub progress: Option<(u64, u64)>,
    /// The current value.
    pub current: String,
    /// The wanted value.
    pub wanted: String,
    /// When and why it was missed.
    pub missed: Option<MissView>,
}

/// When and why a goal was missed.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct MissView {
    /// Seconds since the lesson began.
    pub t: f64,
    /// What is said about it.
    pub text: String,
    /// The chain of causes, root first.
    pub why: Vec<String>,
}

/// What kind of question it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QuestionKind {
    /// One option is chosen.
    Predict,
    /// The items are put in order: they are shown in this order at first, as indexes into `choices`.
    Order(Vec<usize>),
    /// A table is filled: the texts of its rows; its columns are the choices.
    Matrix(Vec<String>),
}

/// An option, an item or a column.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ChoiceView {
    /// What the learner reads.
    pub text: String,
    /// Whether the learner chose it (predictions).
    pub chosen: bool,
    /// Whether it came true, once that is known (predictions).
    pub held: Option<bool>,
    /// The misconception behind it, once the answer is judged.
    pub busts: Option<String>,
}

/// A question as it is shown.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct QuestionView {
    /// Its id.
    pub id: String,
    /// What is asked.
    pub ask: String,
    /// What kind it is.
    pub kind: QuestionKind,
    /// What there is to choose from.
    pub choices: Vec<ChoiceView>,
    /// How sure the learner was; none while it is open.
    pub answered: Option<Sure>,
    /// The order that the learner chose.
    pub order: Option<Vec<usize>>,
    /// The cells that the learner filled.
    pub cells: Option<Vec<Vec<bool>>>,
    /// What the cluster said.
    pub verdict: Option<VerdictView>,
}

/// What the cluster said about an answer.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct VerdictView {
    /// Seconds since the lesson began.
    pub t: f64,
    /// How much was right, and how much there was.
    pub right: (usize, usize),
    /// What is said about it.
    pub feedback: Vec<String>,
    /// The order in which the items happened.
    pub order: Option<Vec<usize>>,
    /// The cells as they are.
    pub cells: Option<Vec<Vec<bool>>>,
}

/// The score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ScoreView {
    /// Goals that are reached.
    pub reached: usize,
    /// Goals in all.
    pub goals: usize,
    /// Hints that were asked for.
    pub hints: u32,
}

/// The plain container host as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HostView {
    /// Whether the machine has power.
    pub powered: bool,
    /// Its containers: name, image, status, whether it runs, seconds that it was down.
    pub containers: Vec<(String, String, String, bool, u64)>,
    /// What a person has to do and had to do.
    pub chores: Vec<Chore>,
    /// What happened.
    pub diary: Vec<Entry>,
}
