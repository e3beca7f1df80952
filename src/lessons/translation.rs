//! A lesson in another language: the same sections and blocks, and only what is read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::fence::{Fence, Kind};
use super::lesson::{Body, Lesson, Question, Step};
use super::load::front_matter;
use super::markdown::{Section, sections};
use super::prose::Block;
use crate::expression::Template;
use crate::script::{Place, ScriptError, read_yaml};

/// What is read in another language.
#[derive(Clone, Debug, Default)]
pub struct Translation {
    title: Option<String>,
    intro: Vec<Block>,
    steps: BTreeMap<String, StepText>,
    debrief: Vec<Block>,
    simplified: Vec<Block>,
}

#[derive(Clone, Debug, Default)]
struct StepText {
    title: String,
    place: Place,
    prose: Vec<Block>,
    questions: Vec<QuestionText>,
    goals: Vec<(Place, RawGoal)>,
    hints: Vec<(Place, RawHint)>,
}

#[derive(Clone, Debug)]
struct QuestionText {
    id: String,
    place: Place,
    raw: RawQuestion,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFront {
    title: Option<String>,
    #[serde(rename = "lesson")]
    _lesson: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawQuestion {
    ask: Option<String>,
    say: Option<String>,
    options: Vec<RawText>,
    items: Vec<RawText>,
    rows: Vec<RawText>,
    columns: Vec<RawText>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawText {
    text: Option<String>,
    say: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawGoal {
    goal: Option<String>,
    #[serde(rename = "else")]
    otherwise: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawHint {
    say: Option<String>,
    plain: Option<String>,
}

impl Translation {
    /// Reads a translation.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub(super) fn parse(text: &str) -> Result<Self, ScriptError> {
        let (front, body) = front_matter(text)?;
        let front: RawFront = read_yaml(&front)?;
        let mut translation = Self { title: front.title, ..Self::default() };
        for section in sections(&body)? {
            match section.id.as_deref() {
                None if section.title.is_empty() => translation.intro = section.prose,
                Some("debrief") => translation.debrief = section.prose,
                Some("simplified") => translation.simplified = section.prose,
                Some(id) => {
                    let id = id.to_owned();
                    translation.steps.insert(id, step_text(section)?);
                }
                None => {
                    return Err(section.place.error(
                        "a heading of a translation needs the id of the heading that it translates: {#id}",
                    ));
                }
            }
        }
        Ok(translation)
    }

    /// Whether it has the sections and blocks of a lesson.
    pub(super) fn check(&self, lesson: &Lesson) -> Result<(), ScriptError> {
        for (id, text) in &self.steps {
            let Some(step) = lesson.steps.iter().find(|step| step.id == *id) else {
                return Err(text.place.error(format!("the lesson has no step {{#{id}}}")));
            };
            text.check(step)?;
        }
        Ok(())
    }

    /// The lesson in this language, as far as it goes.
    pub(super) fn apply(&self, lesson: &Lesson) -> Lesson {
        let mut lesson = lesson.clone();
        let replace = |blocks: &mut Vec<Block>, text: &Vec<Block>| {
            if !text.is_empty() {
                blocks.clone_from(text);
            }
        };
        lesson.title = self.title.clone().unwrap_or(lesson.title);
        replace(&mut lesson.intro, &self.intro);
        replace(&mut lesson.debrief, &self.debrief);
        replace(&mut lesson.simplified, &self.simplified);
        for step in &mut lesson.steps {
            let Some(text) = self.steps.get(&step.id) else { continue };
            step.title.clone_from(&text.title);
            replace(&mut step.prose, &text.prose);
            text.apply(step);
        }
        lesson
    }
}

fn step_text(section: Section) -> Result<StepText, ScriptError> {
    let mut text =
        StepText { title: section.title, place: section.place, prose: section.prose, ..StepText::default() };
    for fence in &section.fences {
        match fence.kind {
            Kind::Predict | Kind::Order | Kind::Matrix => {
                let id = fence.get("id").unwrap_or_default().to_owned();
                text.questions.push(QuestionText { id, place: fence.place, raw: fence.read()? });
            }
            Kind::Check => text.goals.extend(placed::<RawGoal>(fence)?),
            Kind::Hint => text.hints.extend(placed::<RawHint>(fence)?),
            kind => {
                return Err(fence
                    .place
                    .error(format!("a translation has no {kind} block; it stays as it is")));
            }
        }
    }
    Ok(text)
}

fn placed<T: serde::de::DeserializeOwned>(fence: &Fence) -> Result<Vec<(Place, T)>, ScriptError> {
    let list: Vec<Spanned<T>> = fence.read()?;
    Ok(list.into_iter().map(|item| (Place::of(&item), item.value)).collect())
}

impl StepText {
    fn check(&self, step: &Step) -> Result<(), ScriptError> {
        let count = |name: &str, place: Place, is: usize, wanted: usize| match is == wanted || is == 0 {
            true => Ok(()),
            false => Err(place.error(format!("{is} {name} where the lesson has {wanted}"))),
        };
        let first = |list: Option<&Place>| list.copied().unwrap_or(self.place);
        count(
            "goals",
            first(self.goals.first().map(|(place, _)| place)),
            self.goals.len(),
            step.checks.len(),
        )?;
        count(
            "hints",
            first(self.hints.first().map(|(place, _)| place)),
            self.hints.len(),
            step.hints.len(),
        )?;
        let templates = self.goals.iter().filter_map(|(place, goal)| Some((place, goal.otherwise.as_ref()?)));
        let templates = templates.chain(
            self.hints
                .iter()
                .flat_map(|(place, hint)| hint.say.iter().chain(&hint.plain).map(move |text| (place, text))),
        );
        for (place, template) in templates {
            Template::parse(template, &["value", "why"]).map_err(|error| place.error(error.message))?;
        }
        for text in &self.questions {
            let Some(question) = step.questions.iter().find(|question| question.id == text.id) else {
                return Err(text.place.error(format!("the step has no question {}", text.id)));
            };
            let (options, items, rows, columns) = match &question.body {
                Body::Predict(options) => (options.len(), 0, 0, 0),
                Body::Order(items, _) => (0, items.len(), 0, 0),
                Body::Matrix(matrix) => (0, 0, matrix.rows.len(), matrix.columns.len()),
            };
            let raw = &text.raw;
            count("options", text.place, raw.options.len(), options)?;
            count("items", text.place, raw.items.len(), items)?;
            count("rows", text.place, raw.rows.len(), rows)?;
            count("columns", text.place, raw.columns.len(), columns)?;
            for say in raw.options.iter().filter_map(|option| option.say.as_ref()).chain(&raw.say) {
                Template::parse(say, &[]).map_err(|error| text.place.error(error.message))?;
            }
        }
        Ok(())
    }

    fn apply(&self, step: &mut Step) {
        for (check, (_, text)) in step.checks.iter_mut().zip(&self.goals) {
            set(&mut check.goal, text.goal.as_ref());
            template(&mut check.otherwise, text.otherwise.as_ref());
        }
        for (hint, (_, text)) in step.hints.iter_mut().zip(&self.hints) {
            if let Some(Ok(say)) = text.say.as_ref().map(|say| Template::parse(say.trim(), &[])) {
                hint.say = say;
                // Nobody is to hear two languages.
                hint.plain = text.plain.as_ref().and_then(|plain| Template::parse(plain.trim(), &[]).ok());
            }
        }
        for text in &self.questions {
            if let Some(question) = step.questions.iter_mut().find(|question| question.id == text.id) {
                text.raw.apply(question);
            }
        }
    }
}

impl RawQuestion {
    fn apply(&self, question: &mut Question) {
        set(&mut question.ask, self.ask.as_ref());
        match &mut question.body {
            Body::Predict(options) => {
                for (option, text) in options.iter_mut().zip(&self.options) {
                    set(&mut option.text, text.text.as_ref());
                    template(&mut option.say, text.say.as_ref());
                }
            }
            Body::Order(items, say) => {
                template(say, self.say.as_ref());
                items
                    .iter_mut()
                    .zip(&self.items)
                    .for_each(|(item, text)| set(&mut item.text, text.text.as_ref()));
            }
            Body::Matrix(matrix) => {
                template(&mut matrix.say, self.say.as_ref());
                matrix
                    .rows
                    .iter_mut()
                    .zip(&self.rows)
                    .for_each(|(row, text)| set(&mut row.text, text.text.as_ref()));
                let columns = matrix.columns.iter_mut().zip(&self.columns);
                columns.for_each(|(column, text)| set(&mut column.text, text.text.as_ref()));
            }
        }
    }
}

fn set(field: &mut String, text: Option<&String>) {
    if let Some(text) = text {
        text.trim().clone_into(field);
    }
}

/// Texts were read before, when the translation was checked.
fn template(field: &mut Option<Template>, text: Option<&String>) {
    if let Some(Ok(template)) = text.map(|text| Template::parse(text.trim(), &["value", "why"])) {
        *field = Some(template);
    }
}
