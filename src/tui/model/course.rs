//! The course as a list: each lesson, with what has become of it.

use crate::lessons::Catalog;
use crate::lessons::progress::{Progress, due};

/// What has become of a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseMark {
    /// Nobody has tried it.
    New,
    /// It was begun.
    Begun,
    /// It was passed.
    Passed,
}

/// A lesson in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseRow {
    /// `12-bad-release`.
    pub id: String,
    /// `12`.
    pub number: String,
    /// Its title.
    pub title: String,
    /// The part of the course: `the loop`.
    pub part: String,
    /// The learner's time in minutes.
    pub minutes: u32,
    /// What has become of it.
    pub mark: CourseMark,
    /// Goals that the best attempt reached, and goals in all.
    pub best: Option<(usize, usize)>,
    /// Whether it is time to take it again.
    pub due: bool,
    /// Whether it was left in the middle, and goes on there.
    pub goes_on: bool,
}

/// The lessons in their recommended order. `today` counts days as [`crate::lessons::progress::day`] does.
pub fn course(catalog: &Catalog, progress: &Progress, today: i64) -> Vec<CourseRow> {
    let due = due(progress, today);
    let rows = catalog.lessons().iter().map(|lesson| {
        let best = progress.best(&lesson.id);
        CourseRow {
            id: lesson.id.clone(),
            number: lesson.number().to_owned(),
            title: lesson.title.clone(),
            part: lesson.part.replace('-', " "),
            minutes: lesson.minutes,
            mark: match (progress.is_passed(&lesson.id), best) {
                (true, _) => CourseMark::Passed,
                (false, Some(_)) => CourseMark::Begun,
                (false, None) => CourseMark::New,
            },
            best: best.map(|attempt| attempt.goals),
            due: due.iter().any(|due| due.lesson == lesson.id),
            goes_on: false,
        }
    });
    rows.collect()
}
