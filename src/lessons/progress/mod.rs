//! Progress: what somebody has learnt, in one readable file.
//!
//! The file is a list of attempts and nothing else. Everything that is shown follows from it: what was passed, which
//! beliefs were held and how surely, and what is due for review. So two files of the same person are merged by
//! putting their attempts together, and merging twice changes nothing.
//!
//! The library turns text into [`Progress`] and back; the rim writes the file, whole and at once, after every change.
//! Fields that a later version added are kept.

mod cards;
mod profile;
mod review;
mod stats;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::session::{LessonView, QuestionKind, Sure};

pub use cards::cards;
pub use profile::{Belief, profile};
pub use review::{Due, due, fresh_seed};
pub use stats::{LessonStats, stats};

/// The version that this program writes.
const VERSION: u32 = 1;
/// Attempts that are kept; the oldest that are neither the last nor the best of their lesson go first.
const KEPT: usize = 2_000;

/// What somebody has learnt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The version of the format.
    pub kubeloop_progress: u32,
    /// The attempts, oldest first.
    #[serde(default)]
    pub attempts: Vec<Entry>,
    /// What a later version added.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An attempt, or something that a later version wrote in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// An attempt.
    Attempt(Box<Attempt>),
    /// Not to be understood, but to be kept.
    Other(Value),
}

/// One attempt at a lesson.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The lesson.
    pub lesson: String,
    /// When it began: `2026-01-05T08:00:00Z`. With the lesson it names the attempt.
    pub began: String,
    /// The seed.
    pub seed: u64,
    /// Whether it was passed.
    #[serde(default)]
    pub passed: bool,
    /// Goals that were reached, and goals in all.
    #[serde(default)]
    pub goals: (usize, usize),
    /// Hints that were asked for.
    #[serde(default)]
    pub hints: u32,
    /// The page that was reached.
    #[serde(default)]
    pub page: usize,
    /// The heading of that page.
    #[serde(default)]
    pub at: String,
    /// Goals that were missed on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<String>,
    /// Pages on which the learner was stuck.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stuck: Vec<String>,
    /// The answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// What a later version added.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An answer that was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The question.
    pub question: String,
    /// What was chosen, in words.
    #[serde(default)]
    pub chosen: String,
    /// How much was right, and how much there was.
    pub right: (usize, usize),
    /// How sure the learner was.
    #[serde(default)]
    pub sure: Sure,
    /// The belief behind what was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busts: Option<String>,
    /// The beliefs that the question exposes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposes: Vec<String>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { kubeloop_progress: VERSION, attempts: Vec::new(), extra: Map::new() }
    }
}

impl Progress {
    /// Reads a file's text. An empty one is nobody's progress yet.
    ///
    /// # Errors
    /// When it is no progress file: `LINE:COLUMN: WHY`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let progress: Self = serde_json::from_str(text).map_err(|error| {
            let text = error.to_string();
            let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
            format!("{}:{}: this is no progress file: {why}", error.line(), error.column())
        })?;
        Ok(progress)
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The attempts that can be understood, oldest first.
    pub fn attempts(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.attempts.iter().filter_map(|entry| match entry {
            Entry::Attempt(attempt) => Some(&**attempt),
            Entry::Other(_) => None,
        })
    }

    /// Notes how an attempt stands now; it replaces what was noted of it before.
    pub fn note(&mut self, attempt: Attempt) {
        let same = |entry: &Entry| matches!(entry, Entry::Attempt(known) if known.is_same(&attempt));
        self.attempts.retain(|entry| !same(entry));
        self.attempts.push(Entry::Attempt(Box::new(attempt)));
        self.sort();
    }

    /// Puts the attempts of another file to these. Of the same attempt the one that got further counts.
    pub fn merge(&mut self, other: Self) {
        self.kubeloop_progress = self.kubeloop_progress.max(other.kubeloop_progress);
        for (key, value) in other.extra {
            self.extra.entry(key).or_insert(value);
        }
        for entry in other.attempts {
            match entry {
                Entry::Attempt(attempt) => {
                    let further = |known: &Attempt| known.is_same(&attempt) && known.rank() >= attempt.rank();
                    if !self.attempts().any(further) {
                        self.note(*attempt);
                    }
                }
                Entry::Other(value) => {
                    if !self.attempts.contains(&Entry::Other(value.clone())) {
                        self.attempts.push(Entry::Other(value));
                    }
                }
            }
        }
        self.sort();
    }

    /// Forgets a lesson, or everything.
    pub fn reset(&mut self, lesson: Option<&str>) {
        self.attempts.retain(|entry| match (entry, lesson) {
            (_, None) => false,
            (Entry::Attempt(attempt), Some(lesson)) => attempt.lesson != lesson,
            (Entry::Other(_), Some(_)) => true,
        });
    }

    /// Whether a lesson was passed.
    pub fn is_passed(&self, lesson: &str) -> bool {
        self.attempts().any(|attempt| attempt.lesson == lesson && attempt.passed)
    }

    /// The best attempt at a lesson: the most goals, then the fewest hints.
    pub fn best(&self, lesson: &str) -> Option<&Attempt> {
        self.attempts().filter(|attempt| attempt.lesson == lesson).max_by_key(|attempt| attempt.rank())
    }

    fn sort(&mut self) {
        self.attempts.sort_by_key(|entry| match entry {
            Entry::Attempt(attempt) => (attempt.began.clone(), attempt.lesson.clone()),
            Entry::Other(value) => (value["began"].as_str().unwrap_or("").to_owned(), String::new()),
        });
        while self.attempts.len() > KEPT {
            let best =
                |attempt: &Attempt| self.best(&attempt.lesson).is_some_and(|best| best.is_same(attempt));
            let old = self
                .attempts
                .iter()
                .position(|entry| matches!(entry, Entry::Attempt(attempt) if !best(attempt)));
            self.attempts.remove(old.unwrap_or(0));
        }
    }
}

impl Attempt {
    fn is_same(&self, other: &Self) -> bool {
        (&self.began, &self.lesson) == (&other.began, &other.lesson)
    }

    fn rank(&self) -> (bool, usize, std::cmp::Reverse<u32>, usize, usize) {
        (self.passed, self.goals.0, std::cmp::Reverse(self.hints), self.page, self.answers.len())
    }

    /// How an attempt stands that is shown like this. What was missed or stuck before stays noted.
    #[must_use]
    pub fn seen(mut self, view: &LessonView) -> Self {
        self.lesson.clone_from(&view.id);
        self.seed = view.seed;
        self.passed |= view.passed;
        self.goals = (view.score.reached, view.score.goals);
        self.hints = view.score.hints;
        if view.page.0 >= self.page {
            self.page = view.page.0;
            self.at.clone_from(&view.heading);
        }
        let missed = view.goals.iter().filter(|goal| goal.missed.is_some()).map(|goal| &goal.goal);
        for missed in missed {
            if !self.missed.contains(missed) {
                self.missed.push(missed.clone());
            }
        }
        if view.stuck && !self.stuck.contains(&view.heading) {
            self.stuck.push(view.heading.clone());
        }
        for question in &view.questions {
            let (Some(verdict), Some(sure)) = (&question.verdict, question.answered) else { continue };
            let chosen = question.choices.iter().find(|choice| choice.chosen);
            let answer = Answer {
                question: question.id.clone(),
                chosen: match question.kind {
                    QuestionKind::Predict => chosen.map(|choice| choice.text.clone()).unwrap_or_default(),
                    _ => format!("{} of {} right", verdict.right.0, verdict.right.1),
                },
                right: verdict.right,
                sure,
                busts: chosen
                    .filter(|_| verdict.right.0 < verdict.right.1)
                    .and_then(|choice| choice.busts.clone()),
                exposes: question.choices.iter().filter_map(|choice| choice.busts.clone()).collect(),
            };
            self.answers.retain(|known| known.question != answer.question);
            self.answers.push(answer);
        }
        self
    }
}

/// Whole days since 1970 of a time like `2026-01-05T08:00:00Z`.
pub fn day(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().map_or(0, |time| time.as_second().div_euclid(24 * 3600))
}

#[cfg(test)]
mod tests;
