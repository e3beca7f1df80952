//! The handout: what a learner reads, without what the lesson hides.

use super::markdown::{blocks, indented};
use crate::lessons::lesson::{Body, Lesson, Question};

/// A lesson as a handout in Markdown.
pub fn handout(lesson: &Lesson) -> String {
    let mut text = format!("# {}  {}\n\n", lesson.number(), lesson.title);
    text += &blocks(&lesson.intro);
    for file in &lesson.files {
        text += &format!("`{}`:\n\n```yaml\n{}\n```\n\n", file.name, file.text.trim_end());
    }
    for step in &lesson.steps {
        text += &format!("## {}\n\n{}", step.title, blocks(&step.prose));
        for question in &step.questions {
            text += &asked(question);
        }
        for check in &step.checks {
            text += &format!("- [ ] {}\n", check.goal);
        }
        text.push('\n');
    }
    text += &format!("## Debrief\n\n{}", blocks(&lesson.debrief));
    text += &format!("## What was simplified\n\n{}", blocks(&lesson.simplified));
    text.trim_end().to_owned() + "\n"
}

/// A question with room for an answer.
fn asked(question: &Question) -> String {
    let mut text = format!("**{}**\n\n", question.ask);
    match &question.body {
        Body::Predict(options) => {
            for option in options {
                text += &indented(&option.text, "- ( ) ");
                text.push('\n');
            }
            text += "\nHow sure? ( ) guess ( ) fairly ( ) certain\n\n";
        }
        Body::Order(items, _) => {
            // Sorted by their words, so that the order tells nothing.
            let mut texts: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
            texts.sort_unstable();
            texts.iter().for_each(|item| text += &format!("- \\_\\_ {item}\n"));
            text.push('\n');
        }
        Body::Matrix(matrix) => {
            let heads: Vec<&str> = matrix.columns.iter().map(|column| column.text.as_str()).collect();
            text += &format!("| | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
            for row in &matrix.rows {
                text += &format!("| {} |{}\n", row.text, "  |".repeat(heads.len()));
            }
            text.push('\n');
        }
    }
    text
}
