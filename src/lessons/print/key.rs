//! The key for instructors: what comes true, which beliefs are behind the other answers, hints, ways and traps.

use std::sync::Arc;

use super::markdown::indented;
use crate::lessons::catalog::Catalog;
use crate::lessons::lesson::{Body, Lesson, Matrix, Question, Way};
use crate::lessons::play::{Manner, play};
use crate::lessons::session::{Truth, Verdict};

/// The key to a lesson in Markdown. No key is stored: the first solution is played, and the cluster tells.
///
/// # Errors
/// When the first solution cannot be played.
pub fn key(catalog: &Catalog, lesson: &Arc<Lesson>) -> Result<String, String> {
    let solution = lesson.solutions.first().ok_or("the lesson has no solution that could be played")?;
    let manner = Manner { seed: None, judge_all: false, answers: true, patience: None };
    let played = play(lesson, &solution.steps, manner, &|_| false).map_err(|trouble| trouble.to_string())?;
    if let Some(failure) = &played.failure {
        return Err(format!("{}:{failure}", lesson.file));
    }
    let mut text = format!("# Key to {}  {}\n\n", lesson.number(), lesson.title);
    text += &format!("{} minutes; part {}; seed {}\n\n", lesson.minutes, lesson.part, played.session.seed());
    for taught in &lesson.teaches {
        let goal = catalog.goals().iter().find(|goal| goal.id == taught.name);
        text += &format!("- {}\n", goal.map_or(taught.name.as_str(), |goal| &goal.text));
    }
    text.push('\n');
    for step in &lesson.steps {
        text += &format!("## {}\n\n", step.title);
        for question in &step.questions {
            let verdict = played.session.asked(&question.id).and_then(|asked| asked.verdict());
            text += &answered(catalog, question, verdict);
        }
        for check in &step.checks {
            text += &format!("- {}\n", check.goal);
        }
        for hint in &step.hints {
            text += &indented(&said(hint.say.source()), &format!("- Hint {}: ", hint.level));
            text.push('\n');
        }
        text.push('\n');
    }
    text += "## Ways that pass\n\n";
    lesson.solutions.iter().for_each(|way| text += &shown(way, &way.id));
    text += "## Ways that must not pass\n\n";
    let near = lesson.near_misses.iter();
    near.for_each(|(way, expect)| text += &shown(way, &format!("refused by \"{}\"", expect.name)));
    Ok(text.trim_end().to_owned() + "\n")
}

/// A text as it is read: doubled braces stand for single ones.
fn said(source: &str) -> String {
    source.replace("{{", "{").replace("}}", "}")
}

fn shown(way: &Way, title: &str) -> String {
    format!("{title}:\n\n```yaml\n{}\n```\n\n", way.source.trim_end())
}

fn answered(catalog: &Catalog, question: &Question, verdict: Option<&Verdict>) -> String {
    let mut text = format!("**{}**\n\n", question.ask);
    match (&question.body, verdict.map(|verdict| &verdict.truth)) {
        (Body::Predict(options), truth) => {
            for (index, option) in options.iter().enumerate() {
                let held = matches!(truth, Some(Truth::Options(held)) if held.contains(&index));
                text += &format!("- [{}] {}", if held { "x" } else { " " }, option.text);
                if let Some(busts) = &option.busts {
                    let belief = catalog.misconceptions().iter().find(|known| known.id == busts.name);
                    let belief = belief.map_or("", |belief| &belief.belief);
                    text += &format!(" ({}: {belief})", busts.name);
                }
                text.push('\n');
            }
        }
        (Body::Order(items, _), Some(Truth::Order(order, _))) => {
            for (number, item) in order.iter().filter_map(|index| items.get(*index)).enumerate() {
                text += &format!("{}. {}\n", number + 1, item.text);
            }
        }
        (Body::Matrix(matrix), Some(Truth::Cells(cells))) => text += &table(matrix, cells),
        _ => text += "(not judged in the first solution)\n",
    }
    text.push('\n');
    text
}

fn table(matrix: &Matrix, cells: &[Vec<bool>]) -> String {
    let heads: Vec<&str> = matrix.columns.iter().map(|column| column.text.as_str()).collect();
    let mut text = format!("| | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for (row, cells) in matrix.rows.iter().zip(cells) {
        let words: Vec<&str> = cells.iter().map(|cell| if *cell { "yes" } else { "no" }).collect();
        text += &format!("| {} | {} |\n", row.text, words.join(" | "));
    }
    text
}
