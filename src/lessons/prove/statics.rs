//! What can be proved without playing: ids, prerequisites, references, sizes, first hints.

use std::collections::{BTreeMap, BTreeSet};

use super::{fits, keys, taught};
use crate::lessons::catalog::Catalog;
use crate::lessons::finding::Finding;
use crate::lessons::lesson::{Body, Hint, Lesson, Named};
use crate::manifests::nearest;
use crate::script::{Action, Place, Step};

/// Solutions that a lesson needs at least.
const SOLUTIONS: usize = 2;

/// What is wrong with a lesson as far as it can be told without playing it; `catalog` holds all that it names, and
/// `named` are the keys that it may name.
pub fn statics(catalog: &Catalog, lesson: &Lesson, named: &[String]) -> Vec<Finding> {
    let mut statics = Statics { catalog, lesson, findings: Vec::new() };
    statics.unique();
    statics.sections();
    statics.needs();
    statics.names();
    statics.hints();
    statics.hint_levels();
    let mut findings = statics.findings;
    findings.extend(taught::findings(catalog, lesson));
    findings.extend(fits::findings(lesson));
    findings.extend(keys::findings(lesson, named));
    findings
}

const TOP: Place = Place { line: 1, column: 1 };

struct Statics<'a> {
    catalog: &'a Catalog,
    lesson: &'a Lesson,
    findings: Vec<Finding>,
}

impl Statics<'_> {
    fn add(&mut self, place: Place, rule: &'static str, message: impl Into<String>) {
        self.findings.push(Finding::new(&self.lesson.file, place, rule, message));
    }

    fn unique(&mut self) {
        let same = |other: &&std::sync::Arc<Lesson>| {
            other.number() == self.lesson.number() && other.file != self.lesson.file
        };
        if let Some(other) = self.catalog.lessons().iter().find(same) {
            let message = format!("the number {} is taken already, by {}", self.lesson.number(), other.id);
            self.add(TOP, "id", message);
        }
    }

    fn sections(&mut self) {
        let lesson = self.lesson;
        if lesson.debrief.is_empty() {
            self.add(TOP, "sections", "there is no debrief: add a section ## Debrief");
        }
        if lesson.simplified.is_empty() {
            self.add(
                TOP,
                "sections",
                "the lesson does not say what it simplifies: add a section ## What was simplified",
            );
        }
        if lesson.goals().next().is_none() {
            self.add(TOP, "sections", "the lesson has no goal: add a check block to a step");
        }
        if lesson.solutions.len() < SOLUTIONS {
            let message = format!(
                "{} of {SOLUTIONS} solutions: every valid way must pass, so show more than one",
                lesson.solutions.len()
            );
            self.add(TOP, "sections", message);
        }
        if lesson.questions().next().is_none() {
            self.add(
                TOP,
                "sections",
                "the lesson asks nothing: let the learner predict before something happens",
            );
        }
        if lesson.near_misses.is_empty() {
            self.add(TOP, "sections", "there is no near-miss: show a way that must not pass");
        }
    }

    fn needs(&mut self) {
        let ids: BTreeMap<&str, &Lesson> =
            self.catalog.lessons().iter().map(|lesson| (lesson.id.as_str(), &**lesson)).collect();
        for need in &self.lesson.needs {
            if !ids.contains_key(need.name.as_str()) {
                self.unknown(need, "needs", "lesson", ids.keys().copied());
            }
        }
        for need in &self.lesson.needs {
            let (mut seen, mut next) = (BTreeSet::new(), vec![need.name.as_str()]);
            while let Some(id) = next.pop() {
                if id == self.lesson.id {
                    self.add(need.place, "needs", format!("{} needs {id} in the end: a circle", need.name));
                    break;
                }
                if seen.insert(id) {
                    next.extend(
                        ids.get(id)
                            .into_iter()
                            .flat_map(|lesson| &lesson.needs)
                            .map(|need| need.name.as_str()),
                    );
                }
            }
        }
    }

    fn names(&mut self) {
        let goals: Vec<&str> = self.catalog.goals().iter().map(|goal| goal.id.as_str()).collect();
        let beliefs: Vec<&str> =
            self.catalog.misconceptions().iter().map(|known| known.id.as_str()).collect();
        for taught in &self.lesson.teaches {
            if !goals.contains(&taught.name.as_str()) {
                self.unknown(taught, "teaches", "learning goal", goals.iter().copied());
            }
        }
        let options = self.lesson.questions().filter_map(|question| match &question.body {
            Body::Predict(options) => Some(options),
            _ => None,
        });
        let busted = options.flatten().filter_map(|option| option.busts.as_ref());
        for busts in self.lesson.busts.iter().chain(busted) {
            if !beliefs.contains(&busts.name.as_str()) {
                self.unknown(busts, "busts", "misconception", beliefs.iter().copied());
            }
        }
    }

    fn unknown<'b>(
        &mut self,
        named: &Named,
        rule: &'static str,
        what: &str,
        known: impl Iterator<Item = &'b str>,
    ) {
        let guess =
            nearest(&named.name, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        self.add(named.place, rule, format!("there is no {what} {}{guess}", named.name));
    }

    /// Whoever presses the hint key three times must get somewhere, whatever was done before.
    fn hint_levels(&mut self) {
        const LEVELS: [(u8, &str); 3] = [(1, "where to look"), (2, "what to use"), (3, "what to do")];
        for step in self.lesson.steps.iter().filter(|step| !step.checks.is_empty()) {
            for (level, what) in LEVELS {
                if !step.hints.iter().any(|hint| hint.level == level && hint.is_for_everybody()) {
                    let message = format!("no hint of level {level} ({what}) fits everybody");
                    self.add(step.place, "hint", message);
                }
            }
        }
    }

    fn hints(&mut self) {
        let solved: BTreeSet<String> =
            self.lesson.solutions.iter().flat_map(|way| &way.steps).flat_map(solution_texts).collect();
        let first: Vec<&Hint> =
            self.lesson.steps.iter().flat_map(|step| &step.hints).filter(|hint| hint.level == 1).collect();
        for hint in first {
            let text = hint.say.source().to_lowercase();
            if let Some(given) = solved.iter().find(|given| text.contains(given.as_str())) {
                self.add(
                    hint.place,
                    "hint",
                    format!("a first hint says where to look; this one gives \"{given}\" of a solution away"),
                );
            }
        }
    }
}

/// Texts of a solution that a first hint must not contain, in small letters.
fn solution_texts(step: &Step) -> Vec<String> {
    let value = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let texts = match &step.action {
        Action::SetImage(image) => vec![image.image.clone()],
        Action::Scale(scale) => {
            vec![format!("replicas: {}", scale.replicas), format!("--replicas={}", scale.replicas)]
        }
        Action::Edit(edit) => {
            let pair = |(path, new): (&String, &serde_json::Value)| {
                format!("{}: {}", path.rsplit('.').next().unwrap_or(path), value(new))
            };
            edit.set.iter().map(pair).collect()
        }
        Action::Docker(line) => vec![line.clone()],
        Action::Delete(delete) => vec![format!("delete {}", delete.kind.info().singular)],
        _ => Vec::new(),
    };
    texts.into_iter().map(|text| text.to_lowercase()).filter(|text| text.len() > 3).collect()
}
