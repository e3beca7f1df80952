//! A lesson in lines: the page is read out, the checklist is told as it ticks, questions are asked and answered.
//!
//! ```text
//! Lesson 01: Take one away. Step 1 of 1.
//! ...
//! Question: You delete one login pod. When the cluster is calm again, what is there?
//!   1. Two pods. What is deleted is gone.
//! Answer with a number: answer 1, or answer 1 certain.
//! done: You deleted a login pod
//! ```

use crate::lessons::LessonView;
use crate::lessons::prose::{flat, wrap};
use crate::lessons::session::{Ask, GoalState, QuestionKind, QuestionView, Reply, Sure};
use crate::tui::LessonAct;

/// The cells of a line that is read.
const WIDTH: usize = 78;

/// What was read out so far.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    seen: Option<LessonView>,
}

/// What a line means in a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is for the session.
    Other,
    /// Something is asked of the lesson.
    Act(LessonAct),
    /// It is answered with these lines.
    Lines(Vec<String>),
}

/// Said once to who gets no further.
const STUCK: &str = "Stuck? Type hint.";

impl Reader {
    /// The lesson is like this now: what is new is to be printed.
    pub fn see(&mut self, view: &LessonView) -> Vec<String> {
        let mut lines = Vec::new();
        let before = self.seen.take().filter(|seen| seen.page == view.page && seen.id == view.id);
        match &before {
            None => {
                lines.extend(page(view));
                // At full speed minutes go by before a page is looked at for the first time.
                if view.stuck {
                    lines.push(STUCK.to_owned());
                }
            }
            Some(before) => {
                lines.extend(goals_that_changed(before, view));
                lines.extend(questions_that_changed(before, view));
                let fresh = view.hints.iter().skip(before.hints.len());
                lines.extend(fresh.map(|hint| format!("hint: {}", hint.text.replace('`', ""))));
                lines.extend(view.banners.iter().filter(|banner| !before.banners.contains(banner)).cloned());
                if view.clock_held && !before.clock_held {
                    lines.push("The clock waits for your answer.".to_owned());
                }
                if view.stuck && !before.stuck {
                    lines.push(STUCK.to_owned());
                }
                if view.step_passed && !before.step_passed {
                    lines.push("This step is passed. Type next.".to_owned());
                }
            }
        }
        self.seen = Some(view.clone());
        lines
    }

    /// What a line means.
    pub fn hear(&self, line: &str) -> Heard {
        let Some(view) = &self.seen else { return Heard::Other };
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["next" | "n"] => Heard::Act(LessonAct::Ask(Ask::NextPage)),
            ["previous" | "b"] => Heard::Act(LessonAct::Ask(Ask::LastPage)),
            ["hint" | "h"] => Heard::Act(LessonAct::Ask(Ask::Hint)),
            ["again"] => Heard::Act(LessonAct::Ask(Ask::RestartStep)),
            ["restart"] => Heard::Act(LessonAct::Ask(Ask::Restart)),
            ["sandbox"] => Heard::Act(LessonAct::Ask(Ask::Sandbox)),
            ["skip-step"] => Heard::Act(LessonAct::Ask(Ask::Skip)),
            ["page"] => Heard::Lines(page(view)),
            ["goals"] => Heard::Lines(view.goals.iter().map(goal).collect()),
            ["lesson"] => Heard::Lines(help()),
            ["answer", rest @ ..] => answer(view, rest),
            [number] if number.parse::<usize>().is_ok() => answer(view, &words),
            _ => Heard::Other,
        }
    }
}

fn help() -> Vec<String> {
    let lines = [
        "In a lesson: next, previous, page (read it again), goals, hint, answer N [guess|fairly|certain],",
        "again (this step), restart (the lesson), skip-step, sandbox (and back). All other lines are commands.",
    ];
    lines.map(str::to_owned).to_vec()
}

/// The page as it is read out.
fn page(view: &LessonView) -> Vec<String> {
    let (page, pages) = view.page;
    let place = match page {
        0 => "Introduction".to_owned(),
        page if page + 1 == pages => "Debrief".to_owned(),
        page => format!("Step {page} of {}", pages - 2),
    };
    let mut lines = vec![String::new(), format!("Lesson {}: {}. {place}.", view.number, view.heading)];
    lines.extend(wrap(&view.prose, WIDTH).iter().map(|line| flat(line).trim_end().to_owned()));
    let is_step = page > 0 && page + 1 < pages;
    if is_step {
        lines.push("Goals:".to_owned());
        lines.extend(view.goals.iter().map(goal));
    }
    for question in view.questions.iter().filter(|question| question.answered.is_none()) {
        lines.extend(asked(question));
    }
    if page + 1 == pages {
        let score = &view.score;
        lines.push(format!(
            "{} of {} goals, {} hints. Your timeline:",
            score.reached, score.goals, score.hints
        ));
        lines.extend(view.timeline.iter().map(|moment| {
            let cause = if moment.cause { " (a cause)" } else { "" };
            format!("  at {:.1} s: {}{cause}", moment.t, moment.text)
        }));
    }
    lines.push(match page {
        0 => "The clock stands still. Type next to begin; lesson lists the words of a lesson.".to_owned(),
        page if page + 1 == pages => "This lesson is over. Type quit.".to_owned(),
        _ => String::new(),
    });
    lines
}

fn goal(goal: &crate::lessons::session::GoalView) -> String {
    let state = match goal.state {
        GoalState::Open => "open",
        GoalState::Holding => "holding",
        GoalState::Kept => "kept",
        GoalState::Done => "done",
        GoalState::Missed => "missed",
    };
    format!("  {state}: {}", goal.goal)
}

fn goals_that_changed(before: &LessonView, view: &LessonView) -> Vec<String> {
    let mut lines = Vec::new();
    for now in &view.goals {
        let old = before.goals.iter().find(|old| old.goal == now.goal);
        let changed = old.is_none_or(|old| old.state != now.state);
        match now.state {
            GoalState::Done if changed => lines.push(format!("done: {}", now.goal)),
            GoalState::Missed if changed => {
                lines.push(format!("missed: {}", now.goal));
                if let Some(missed) = &now.missed {
                    lines.push(format!("  at {:.1} s: {}", missed.t, missed.text));
                    lines.extend(missed.why.iter().map(|why| format!("  because {why}")));
                    lines.push("  again goes back to the beginning of the step.".to_owned());
                }
            }
            _ => {}
        }
    }
    lines
}

fn questions_that_changed(before: &LessonView, view: &LessonView) -> Vec<String> {
    let mut lines = Vec::new();
    for now in &view.questions {
        let old = before.questions.iter().find(|old| old.id == now.id);
        let was_judged = old.is_some_and(|old| old.verdict.is_some());
        match &now.verdict {
            None if old.is_none() => lines.extend(asked(now)),
            Some(verdict) if !was_judged => {
                let right = verdict.right.0 == verdict.right.1;
                lines.push(format!(
                    "{} {}",
                    now.ask,
                    if right { "You were right." } else { "It came otherwise." }
                ));
                let held = now.choices.iter().filter(|choice| choice.held == Some(true));
                lines.extend(held.map(|choice| format!("  It was: {}", choice.text)));
                if !matches!(now.kind, QuestionKind::Predict) {
                    lines.push(format!("  {} of {} right", verdict.right.0, verdict.right.1));
                }
                lines.extend(verdict.feedback.iter().map(|text| format!("  {text}")));
            }
            _ => {}
        }
    }
    lines
}

fn asked(question: &QuestionView) -> Vec<String> {
    let mut lines = vec![format!("Question: {}", question.ask)];
    match &question.kind {
        QuestionKind::Predict => {
            let options = question.choices.iter().enumerate();
            lines.extend(options.map(|(index, choice)| format!("  {}. {}", index + 1, choice.text)));
            lines.push("Answer with a number: answer 1, or answer 1 certain.".to_owned());
        }
        QuestionKind::Order(shown) => {
            for (place, item) in shown.iter().enumerate() {
                let text = question.choices.get(*item).map_or("", |choice| &choice.text);
                lines.push(format!("  {}. {text}", place + 1));
            }
            lines.push("Answer with their numbers in the right order: answer 2 1 3.".to_owned());
        }
        QuestionKind::Matrix(rows) => {
            let columns: Vec<&str> = question.choices.iter().map(|choice| choice.text.as_str()).collect();
            lines.push(format!("  For each of: {}", columns.join("; ")));
            lines.extend(rows.iter().enumerate().map(|(index, row)| format!("  {}. {row}", index + 1)));
            lines.push("Answer yes or no, row by row: answer yes no yes no.".to_owned());
        }
    }
    lines
}

/// The answer to the question that is open.
fn answer(view: &LessonView, words: &[&str]) -> Heard {
    let say = |text: &str| Heard::Lines(vec![text.to_owned()]);
    let Some(question) = view.questions.iter().find(|question| question.answered.is_none()) else {
        return say("No question is open.");
    };
    let (sure, words) = match words.split_last() {
        Some((&"guess", rest)) => (Sure::Guess, rest),
        Some((&"certain", rest)) => (Sure::Certain, rest),
        Some((&"fairly", rest)) => (Sure::Fairly, rest),
        _ => (Sure::Fairly, words),
    };
    let numbers: Option<Vec<usize>> =
        words.iter().map(|word| word.parse::<usize>().ok()?.checked_sub(1)).collect();
    let reply = match (&question.kind, numbers) {
        (QuestionKind::Predict, Some(numbers)) => match numbers.as_slice() {
            [option] if *option < question.choices.len() => Some(Reply::Option(*option)),
            _ => None,
        },
        (QuestionKind::Order(shown), Some(numbers)) => {
            let order: Option<Vec<usize>> = numbers.iter().map(|place| shown.get(*place).copied()).collect();
            order.filter(|order| order.len() == shown.len()).map(Reply::Order)
        }
        (QuestionKind::Matrix(rows), _) => cells(words, rows.len(), question.choices.len()).map(Reply::Cells),
        (_, None) => None,
    };
    match reply {
        Some(reply) => Heard::Act(LessonAct::Ask(Ask::Answer(question.id.clone(), reply, sure))),
        None => Heard::Lines(asked(question)),
    }
}

fn cells(words: &[&str], rows: usize, columns: usize) -> Option<Vec<Vec<bool>>> {
    let value = |word: &&str| match *word {
        "yes" | "y" => Some(true),
        "no" | "n" => Some(false),
        _ => None,
    };
    let all: Vec<bool> = words.iter().map(value).collect::<Option<_>>()?;
    (columns > 0 && all.len() == rows * columns).then(|| all.chunks(columns).map(<[bool]>::to_vec).collect())
}
