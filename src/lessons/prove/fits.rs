//! Whether each page fits a terminal of 80x24.

use crate::lessons::finding::Finding;
use crate::lessons::lesson::{Body, Lesson, Question};
use crate::lessons::prose::{Block, Piece, wrap};
use crate::script::Place;

/// The cells that a page has in a terminal of 80x24: frames, the header and the lines below take the rest.
const WIDTH: usize = 76;
const HEIGHT: usize = 18;

/// What does not fit.
pub(super) fn findings(lesson: &Lesson) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut check = |place: Place, what: &str, lines: usize| {
        if lines > HEIGHT {
            let message =
                format!("{what} has {lines} lines of {WIDTH} cells; a terminal of 80x24 shows {HEIGHT}");
            findings.push(Finding::new(&lesson.file, place, "fits", message));
        }
    };
    check(Place { line: 1, column: 1 }, "the introduction", wrap(&lesson.intro, WIDTH).len());
    for step in &lesson.steps {
        check(step.place, "the text of this step", wrap(&step.prose, WIDTH).len());
        let goals: usize = step.checks.iter().map(|check| height(&check.goal, 4)).sum();
        check(step.place, "the checklist of this step", goals);
        for question in &step.questions {
            check(question.place, "this question", question_height(question));
        }
    }
    findings
}

/// The question, what there is to choose, how sure, and the line that says what to press.
fn question_height(question: &Question) -> usize {
    let choices: usize = match &question.body {
        Body::Predict(options) => options.iter().map(|option| height(&option.text, 4)).sum(),
        Body::Order(items, _) => items.iter().map(|item| height(&item.text, 5)).sum(),
        // The columns stand above the table, one below the other.
        Body::Matrix(matrix) => matrix.rows.len() + matrix.columns.len() + 1,
    };
    height(&question.ask, 0) + choices + 4
}

fn height(text: &str, indent: usize) -> usize {
    wrap(&[Block::Paragraph(vec![Piece::plain(text)])], WIDTH - indent).len()
}
