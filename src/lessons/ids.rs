//! Ids within a lesson: each is unique, and whatever names a question names one that there is.

use std::collections::BTreeMap;

use super::lesson::{Body, Lesson, Reveal, Since, Step, Word};
use super::pattern::Trigger;
use crate::expression::{Expression, Template};
use crate::manifests::nearest;
use crate::script::{Place, ScriptError};

/// Checks the ids of a lesson.
pub(super) fn check(lesson: &Lesson) -> Result<(), ScriptError> {
    let mut known: BTreeMap<&str, Place> = BTreeMap::new();
    let steps = lesson.steps.iter().map(|step| (step.id.as_str(), step.place));
    let questions = lesson.questions().map(|question| (question.id.as_str(), question.place));
    let ways = [&lesson.solutions, &lesson.demos].into_iter().flatten();
    let ways = ways.map(|way| (way.id.as_str(), way.place));
    for (id, place) in steps.chain(questions).chain(ways) {
        if let Some(first) = known.insert(id, place) {
            return Err(place.error(format!("the id {id} is taken already, at line {}", first.line)));
        }
    }
    let mut goals: BTreeMap<&str, Place> = BTreeMap::new();
    for check in lesson.goals() {
        if let Some(first) = goals.insert(&check.goal, check.place) {
            return Err(check.place.error(format!("this goal stands already at line {}", first.line)));
        }
    }
    let questions: Vec<&str> = lesson.questions().map(|question| question.id.as_str()).collect();
    for (place, expression) in expressions(lesson) {
        for asked in expression.calls().filter_map(question_of) {
            if !questions.contains(&asked) {
                let guess = nearest(asked, questions.iter().copied());
                let guess = guess.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
                return Err(place.error(format!("there is no question \"{asked}\"{guess}")));
            }
        }
    }
    Ok(())
}

/// The question that a call names: `answered('after-10m')`.
fn question_of(call: &str) -> Option<&str> {
    let rest = call.strip_prefix("answered('").or(call.strip_prefix("right('"))?;
    rest.strip_suffix("')")
}

/// Every expression of a lesson, with the place of what it belongs to.
pub(super) fn expressions(lesson: &Lesson) -> Vec<(Place, &Expression)> {
    let mut found = Vec::new();
    let top = Place { line: 1, column: 1 };
    lesson.debrief_texts.iter().for_each(|text| of_template(top, Some(text), &mut found));
    for step in &lesson.steps {
        of_goals(step, &mut found);
        of_questions(step, &mut found);
        for hint in &step.hints {
            found.extend(hint.when.iter().map(|when| (hint.place, when)));
            of_template(hint.place, Some(&hint.say), &mut found);
        }
    }
    found
}

fn of_goals<'a>(step: &'a Step, found: &mut Vec<(Place, &'a Expression)>) {
    for check in &step.checks {
        let place = check.place;
        match &check.word {
            Word::That(expression) | Word::Always(expression) | Word::Hold(_, expression) => {
                found.push((place, expression))
            }
            Word::Saw(trigger) | Word::Never(trigger) => of_trigger(place, Some(trigger), found),
            Word::Order(triggers) => {
                triggers.iter().for_each(|trigger| of_trigger(place, Some(trigger), found))
            }
            Word::Live(_) => {}
        }
        if let Since::Trigger(trigger) = &check.since {
            of_trigger(place, Some(trigger), found);
        }
        of_trigger(place, check.until.as_ref(), found);
        of_template(place, check.otherwise.as_ref(), found);
        of_template(place, check.shown.as_ref(), found);
    }
}

fn of_questions<'a>(step: &'a Step, found: &mut Vec<(Place, &'a Expression)>) {
    for question in &step.questions {
        if let Reveal::When(trigger) = &question.reveal {
            of_trigger(question.place, Some(trigger), found);
        }
        match &question.body {
            Body::Predict(options) => {
                for option in options {
                    found.push((option.place, &option.holds));
                    of_template(option.place, option.say.as_ref(), found);
                }
            }
            Body::Order(items, say) => {
                items.iter().for_each(|item| of_trigger(item.place, Some(&item.when), found));
                of_template(question.place, say.as_ref(), found);
            }
            Body::Matrix(matrix) => {
                found.extend(matrix.columns.iter().map(|column| (question.place, &column.holds)));
                of_template(question.place, matrix.say.as_ref(), found);
            }
        }
    }
}

fn of_trigger<'a>(place: Place, trigger: Option<&'a Trigger>, found: &mut Vec<(Place, &'a Expression)>) {
    found.extend(trigger.and_then(Trigger::expression).map(|expression| (place, expression)));
}

fn of_template<'a>(place: Place, template: Option<&'a Template>, found: &mut Vec<(Place, &'a Expression)>) {
    found.extend(template.into_iter().flat_map(Template::expressions).map(|expression| (place, expression)));
}
