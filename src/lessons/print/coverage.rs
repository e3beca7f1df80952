//! Which lesson teaches and grades each line of what a learner must come away with.

use serde::Serialize;

use crate::lessons::catalog::{Catalog, Goal};

/// A learning goal and where it is met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Covered {
    /// The line of the list that it belongs to.
    pub line: String,
    /// Its id.
    pub id: String,
    /// What it is.
    pub text: String,
    /// The numbers of the lessons that teach it.
    pub lessons: Vec<String>,
    /// How many goals those lessons grade, and how many questions they ask.
    pub graded: (usize, usize),
    /// Whether no lesson is expected to teach it yet.
    pub planned: bool,
}

impl Covered {
    /// Whether it is taught and graded, or not expected to be.
    pub fn is_good(&self) -> bool {
        self.planned || (!self.lessons.is_empty() && self.graded.0 > 0)
    }
}

/// Every learning goal, in the order of the list.
pub fn coverage(catalog: &Catalog) -> Vec<Covered> {
    let covered = |goal: &Goal| {
        let teaching: Vec<_> = catalog
            .lessons()
            .iter()
            .filter(|lesson| lesson.teaches.iter().any(|taught| taught.name == goal.id))
            .collect();
        Covered {
            line: goal.line.clone(),
            id: goal.id.clone(),
            text: goal.text.clone(),
            lessons: teaching.iter().map(|lesson| lesson.number().to_owned()).collect(),
            graded: (
                teaching.iter().map(|lesson| lesson.goals().count()).sum(),
                teaching.iter().map(|lesson| lesson.questions().count()).sum(),
            ),
            planned: goal.planned,
        }
    };
    catalog.goals().iter().map(covered).collect()
}
