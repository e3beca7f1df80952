//! Where a class stalls: the progress of several people put side by side.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Progress;

/// What several people did with one lesson.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LessonStats {
    /// People who tried it.
    pub people: u32,
    /// People who passed it.
    pub passed: u32,
    /// Attempts in all.
    pub attempts: u32,
    /// Hints in all.
    pub hints: u32,
    /// Pages on which people were stuck, and those on which attempts ended before they were passed.
    pub stalls: BTreeMap<String, u32>,
    /// Goals that were missed on the way.
    pub missed: BTreeMap<String, u32>,
    /// Wrong answers: question and what was chosen, with how often, and how often for certain.
    pub wrong: BTreeMap<String, (u32, u32)>,
    /// Beliefs that wrong answers showed.
    pub beliefs: BTreeMap<String, u32>,
}

/// The statistics by lesson.
pub fn stats(people: &[Progress]) -> BTreeMap<String, LessonStats> {
    let mut lessons: BTreeMap<String, LessonStats> = BTreeMap::new();
    for person in people {
        let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
        for attempt in person.attempts() {
            *seen.entry(&attempt.lesson).or_default() |= attempt.passed;
            let stats = lessons.entry(attempt.lesson.clone()).or_default();
            stats.attempts += 1;
            stats.hints += attempt.hints;
            let ended = (!attempt.passed && !attempt.at.is_empty()).then_some(&attempt.at);
            for page in attempt.stuck.iter().chain(ended.filter(|at| !attempt.stuck.contains(at))) {
                *stats.stalls.entry(page.clone()).or_default() += 1;
            }
            for goal in &attempt.missed {
                *stats.missed.entry(goal.clone()).or_default() += 1;
            }
            for answer in attempt.answers.iter().filter(|answer| answer.right.0 < answer.right.1) {
                let wrong = stats.wrong.entry(format!("{}: {}", answer.question, answer.chosen)).or_default();
                wrong.0 += 1;
                wrong.1 += u32::from(answer.sure == crate::lessons::session::Sure::Certain);
                if let Some(belief) = &answer.busts {
                    *stats.beliefs.entry(belief.clone()).or_default() += 1;
                }
            }
        }
        for (lesson, passed) in seen {
            let stats = lessons.entry(lesson.to_owned()).or_default();
            stats.people += 1;
            stats.passed += u32::from(passed);
        }
    }
    lessons
}
