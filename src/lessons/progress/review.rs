//! Review: lessons come back after growing intervals, each time with fresh eyes.
//!
//! An attempt that was passed with every answer right, and none of them a guess, lengthens the interval; any other
//! one starts over with a day. Nothing is stored for it: the attempts say it all.

use serde::Serialize;

use super::{Attempt, Progress, day};
use crate::lessons::session::Sure;

/// The days between reviews.
const INTERVALS: &[i64] = &[1, 3, 7, 21, 60, 180];

/// A lesson that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The lesson.
    pub lesson: String,
    /// Since how many days.
    pub overdue_days: i64,
    /// Questions whose last answer was wrong or a guess.
    pub questions: Vec<String>,
    /// A seed that was not tried yet.
    pub seed: u64,
}

/// The lessons that are due on a day (as [`day`] counts them), the longest overdue first.
pub fn due(progress: &Progress, today: i64) -> Vec<Due> {
    let mut lessons: Vec<&str> = progress.attempts().map(|attempt| attempt.lesson.as_str()).collect();
    lessons.sort_unstable();
    lessons.dedup();
    let mut found: Vec<Due> =
        lessons.into_iter().filter_map(|lesson| due_lesson(progress, lesson, today)).collect();
    found.sort_by_key(|due| (-due.overdue_days, due.lesson.clone()));
    found
}

fn due_lesson(progress: &Progress, lesson: &str, today: i64) -> Option<Due> {
    let attempts: Vec<&Attempt> = progress.attempts().filter(|attempt| attempt.lesson == lesson).collect();
    // What was never finished is not reviewed, but learnt.
    attempts.iter().find(|attempt| attempt.passed)?;
    let last = attempts.last()?;
    let strength = attempts.iter().fold(0, |strength: usize, attempt| match is_strong(attempt) {
        true => strength + 1,
        false => 0,
    });
    let interval = INTERVALS.get(strength.saturating_sub(1)).or(INTERVALS.last()).copied().unwrap_or(1);
    let overdue_days = today - (day(&last.began) + interval);
    let weak =
        last.answers.iter().filter(|answer| answer.right.0 < answer.right.1 || answer.sure == Sure::Guess);
    (overdue_days >= 0).then(|| Due {
        lesson: lesson.to_owned(),
        overdue_days,
        questions: weak.map(|answer| answer.question.clone()).collect(),
        seed: fresh_seed(progress, lesson),
    })
}

fn is_strong(attempt: &Attempt) -> bool {
    let right = |answer: &super::Answer| answer.right.0 == answer.right.1 && answer.sure != Sure::Guess;
    attempt.passed && attempt.answers.iter().all(right)
}

/// A seed with which somebody has not yet tried a lesson.
pub fn fresh_seed(progress: &Progress, lesson: &str) -> u64 {
    let tried: Vec<u64> =
        progress.attempts().filter(|attempt| attempt.lesson == lesson).map(|attempt| attempt.seed).collect();
    let candidate = |number: u64| crate::random::fnv1a(format!("{lesson}/{number}").as_bytes()) % 1_000_000;
    let count = tried.len() as u64;
    (count..=2 * count + 1).map(candidate).find(|seed| !tried.contains(seed)).unwrap_or(count)
}
