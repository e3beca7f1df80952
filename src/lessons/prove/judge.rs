//! Putting the runs of all seeds together.

use std::collections::{BTreeMap, BTreeSet};

use super::runs::{Facts, Judged, Runs, Which};
use crate::lessons::finding::Finding;
use crate::lessons::lesson::{Body, Lesson, PredictOption, Question, Word};
use crate::lessons::session::Truth;
use crate::script::Place;
use crate::time::Span;

/// What the runs of a lesson prove to be wrong.
pub fn judge(lesson: &Lesson, runs: &[Runs]) -> Vec<Finding> {
    let mut judge = Judge { lesson, findings: BTreeSet::new() };
    for runs in runs {
        for (which, facts) in &runs.runs {
            match facts {
                Ok(facts) => judge.run(*which, facts, runs.seed),
                Err(trouble) => {
                    let place = Place { line: trouble.line, column: trouble.column };
                    judge.add(place, "script", trouble.message.clone());
                }
            }
        }
    }
    let facts: Vec<(Which, u64, &Facts)> = runs
        .iter()
        .flat_map(|runs| {
            runs.runs.iter().filter_map(|(which, facts)| Some((*which, runs.seed, facts.as_ref().ok()?)))
        })
        .collect();
    judge.steps(&facts);
    judge.goals(&facts);
    for question in lesson.questions() {
        judge.question(question, &facts);
    }
    judge.missing(&facts);
    judge.findings.into_iter().collect()
}

struct Judge<'a> {
    lesson: &'a Lesson,
    findings: BTreeSet<Finding>,
}

impl Judge<'_> {
    fn add(&mut self, place: Place, rule: &'static str, message: String) {
        // The same thing is said once, whatever the seed: later seeds add nothing.
        let finding = Finding::new(&self.lesson.file, place, rule, message);
        let known = |other: &Finding| {
            (other.line, other.column, other.rule) == (finding.line, finding.column, finding.rule)
                && without_seed(&other.message) == without_seed(&finding.message)
        };
        if !self.findings.iter().any(known) {
            self.findings.insert(finding);
        }
    }

    fn run(&mut self, which: Which, facts: &Facts, seed: u64) {
        for trouble in &facts.troubles {
            let (place, message) = placed(trouble);
            self.add(place, "script", format!("the lesson's script: {message} (seed {seed})"));
        }
        match which {
            Which::Idle => self.idle(facts, seed),
            Which::Solution(index) => self.solution(index, facts, seed),
            Which::NearMiss(index) => self.near_miss(index, facts, seed),
            Which::Demo(index) => {
                if let (Some(failure), Some(demo)) = (&facts.failure, self.lesson.demos.get(index)) {
                    let place = Place { line: failure.line, column: failure.column };
                    self.add(place, "demo", format!("demo {}: {} (seed {seed})", demo.id, failure.message));
                }
            }
        }
    }

    fn idle(&mut self, facts: &Facts, seed: u64) {
        let place = self.lesson.steps.last().map(|step| step.place).unwrap_or_default();
        if facts.passed {
            self.add(
                place,
                "start",
                format!("whoever does nothing but answer passes the lesson (seed {seed})"),
            );
        }
    }

    fn solution(&mut self, index: usize, facts: &Facts, seed: u64) {
        let Some(way) = self.lesson.solutions.get(index) else { return };
        if let Some(failure) = &facts.failure {
            let place = Place { line: failure.line, column: failure.column };
            let message = format!("solution {}: {} (seed {seed})", way.id, failure.message);
            self.add(place, "solution", message);
            return;
        }
        if facts.passed {
            return;
        }
        let step = self.lesson.steps.get(facts.took.len());
        let goals = step.map_or(&[][..], |step| &step.checks);
        let open = goals.iter().filter_map(|check| {
            let (reached, value) = facts.goals.get(&check.goal)?;
            (!reached).then(|| format!("\"{}\" ({value})", check.goal))
        });
        let open: Vec<String> = open.collect();
        let heading = step.map_or("", |step| step.title.as_str());
        let message = format!(
            "solution {} does not pass the step \"{heading}\" within {}: {} (seed {seed})",
            way.id,
            self.lesson.limit,
            open.join("; ")
        );
        self.add(way.place, "solution", message);
    }

    fn near_miss(&mut self, index: usize, facts: &Facts, seed: u64) {
        let Some((way, expect)) = self.lesson.near_misses.get(index) else { return };
        if let Some(failure) = &facts.failure {
            let place = Place { line: failure.line, column: failure.column };
            self.add(place, "near-miss", format!("this near-miss: {} (seed {seed})", failure.message));
            return;
        }
        if facts.goals.get(&expect.name).is_some_and(|(reached, _)| *reached) {
            let message = format!(
                "the goal \"{}\" is reached, so it does not refuse this near-miss (seed {seed})",
                expect.name
            );
            self.add(way.place, "near-miss", message);
        }
    }

    /// No step is passed the moment it begins, whichever solution is taken.
    fn steps(&mut self, facts: &[(Which, u64, &Facts)]) {
        let solved: Vec<&&Facts> = facts
            .iter()
            .filter(|(which, _, facts)| matches!(which, Which::Solution(_)) && facts.passed)
            .map(|(.., facts)| facts)
            .collect();
        for (index, step) in self.lesson.steps.iter().enumerate() {
            // What is answered is reached the moment it is asked.
            let answers = step
                .checks
                .iter()
                .any(|check| matches!(&check.word, Word::That(expression) if expression.depends().learner));
            let at_once =
                |facts: &&&Facts| facts.took.get(index).is_some_and(|took| *took <= Span::micros(2));
            if !answers && !step.checks.is_empty() && !solved.is_empty() && solved.iter().all(at_once) {
                self.add(
                    step.place,
                    "start",
                    "every solution passes this step the moment it begins; its goals prove nothing"
                        .to_owned(),
                );
            }
        }
    }

    /// No goal is met when its step begins, whichever solution is taken: nobody would have to do anything for it.
    fn goals(&mut self, facts: &[(Which, u64, &Facts)]) {
        let solved = || facts.iter().filter(|(which, ..)| matches!(which, Which::Solution(_)));
        for check in self.lesson.goals() {
            let mut met = solved().filter_map(|(.., facts)| facts.met.get(&check.goal)).peekable();
            if met.peek().is_some() && met.all(|met| *met) {
                let message = format!(
                    "the goal \"{}\" is met at the moment at which its step begins; say since when it counts",
                    check.goal
                );
                self.add(check.place, "start", message);
            }
        }
    }

    fn question(&mut self, question: &Question, facts: &[(Which, u64, &Facts)]) {
        let mut truths: BTreeMap<String, String> = BTreeMap::new();
        let mut held = BTreeSet::new();
        for (which, seed, facts) in facts {
            let Which::Solution(index) = which else { continue };
            let Some(judged) = facts.questions.get(&question.id) else { continue };
            let run = format!(
                "solution {}, seed {seed}",
                self.lesson.solutions.get(*index).map_or("", |way| &way.id)
            );
            if judged.early {
                self.add(
                    question.place,
                    "prediction",
                    format!("{}: its reveal holds already when it is asked ({run})", question.id),
                );
            } else if judged.late {
                self.add(
                    question.place,
                    "prediction",
                    format!("{}: its reveal had not come when the step was passed ({run})", question.id),
                );
            }
            if let Some(text) = self.truth(question, judged, &run) {
                truths.entry(text).or_insert(run);
            }
            if let Some(Truth::Options(options)) = &judged.truth {
                held.extend(options.iter().copied());
            }
        }
        if truths.len() > 1 {
            let told: Vec<String> = truths.iter().map(|(truth, run)| format!("{truth} ({run})")).collect();
            self.add(
                question.place,
                "prediction",
                format!("{}: the outcome differs: {}", question.id, told.join("; ")),
            );
        }
        if let Body::Predict(options) = &question.body {
            let wrong =
                options.iter().enumerate().filter(|(index, _)| !held.is_empty() && !held.contains(index));
            wrong.for_each(|(_, option)| self.wrong_option(question, option));
        }
    }

    /// What was so, in words; also reports what cannot be: several options at once, items that did not happen.
    fn truth(&mut self, question: &Question, judged: &Judged, run: &str) -> Option<String> {
        match (judged.truth.as_ref()?, &question.body) {
            (Truth::Options(held), Body::Predict(options)) => {
                let texts: Vec<&str> = held
                    .iter()
                    .filter_map(|index| options.get(*index))
                    .map(|option| option.text.as_str())
                    .collect();
                if held.len() != 1 {
                    let which = if texts.is_empty() { "none".to_owned() } else { texts.join("\" and \"") };
                    let message = format!(
                        "{}: exactly one option must hold at the reveal, not \"{which}\" ({run})",
                        question.id
                    );
                    self.add(question.place, "prediction", message);
                }
                Some(format!("\"{}\"", texts.join("\", \"")))
            }
            (Truth::Order(order, missing), Body::Order(items, _)) => {
                for item in missing.iter().filter_map(|index| items.get(*index)) {
                    let message =
                        format!("{}: \"{}\" had not happened at the reveal ({run})", question.id, item.text);
                    self.add(item.place, "prediction", message);
                }
                let numbers: Vec<String> = order.iter().map(|index| (index + 1).to_string()).collect();
                Some(format!("the order {}", numbers.join(", ")))
            }
            (Truth::Cells(cells), _) => {
                let row = |row: &Vec<bool>| {
                    row.iter().map(|cell| if *cell { 'y' } else { 'n' }).collect::<String>()
                };
                Some(format!("the cells {}", cells.iter().map(row).collect::<Vec<_>>().join(" ")))
            }
            _ => None,
        }
    }

    fn wrong_option(&mut self, question: &Question, option: &PredictOption) {
        if option.say.is_none() {
            let message =
                format!("{}: \"{}\" does not come true, so it needs a `say`", question.id, option.text);
            self.add(option.place, "prediction", message);
        }
        if option.busts.is_none() {
            let message = format!(
                "{}: \"{}\" does not come true, so it needs the misconception that it `busts`",
                question.id, option.text
            );
            self.add(option.place, "prediction", message);
        }
    }

    fn missing(&mut self, facts: &[(Which, u64, &Facts)]) {
        let found: BTreeSet<&String> = facts.iter().flat_map(|(.., facts)| &facts.found).collect();
        for (place, operand, reason) in facts.iter().flat_map(|(.., facts)| &facts.missing) {
            // What was missing as a whole may have been found by one of its fields.
            let by_field = format!("{operand}.");
            if !found.contains(operand) && !found.iter().any(|found| found.starts_with(&by_field)) {
                self.add(*place, "missing", format!("{operand} never is: {reason}"));
            }
        }
    }
}

/// A message without the run that it is about.
fn without_seed(message: &str) -> &str {
    message.rsplit_once(" (").map_or(message, |(before, _)| before)
}

/// `12:3: text` taken apart.
fn placed(trouble: &str) -> (Place, String) {
    let mut parts = trouble.splitn(3, ':');
    let mut number = || parts.next().and_then(|part| part.parse().ok());
    match (number(), number()) {
        (Some(line), Some(column)) => (Place { line, column }, parts.next().unwrap_or("").trim().to_owned()),
        _ => (Place { line: 1, column: 1 }, trouble.to_owned()),
    }
}
