//! Whether the keys that a lesson names are there: `` `<why>` ``.

use crate::lessons::finding::Finding;
use crate::lessons::lesson::{Body, Lesson, Question};
use crate::lessons::prose::{Block, texts};
use crate::manifests::nearest;
use crate::script::Place;

/// What kubectl prints in such signs; it is no key.
const PRINTED: &[&str] = &["none", "unknown", "unset", "nil"];

/// Names in `<>` that are not among those that are known.
pub(super) fn findings(lesson: &Lesson, known: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut see = |place: Place, text: &str| {
        for name in named(text).filter(|name| !known.iter().any(|known| known == name)) {
            let guess = nearest(name, known.iter().map(String::as_str));
            let guess = guess.map(|near| format!("; did you mean <{near}>?")).unwrap_or_default();
            let message = format!("<{name}> is no key that a text may name{guess}");
            findings.push(Finding::new(&lesson.file, place, "keys", message));
        }
    };
    let top = Place { line: 1, column: 1 };
    let mut read = |place: Place, blocks: &[Block]| texts(blocks, &mut |piece| see(place, &piece.text));
    read(top, &lesson.intro);
    lesson.steps.iter().for_each(|step| read(step.place, &step.prose));
    read(top, &lesson.debrief);
    read(top, &lesson.simplified);
    for step in &lesson.steps {
        for hint in &step.hints {
            see(hint.place, hint.say.source());
            hint.plain.iter().for_each(|plain| see(hint.place, plain.source()));
        }
        for question in &step.questions {
            asked(question, &mut |text| see(question.place, text));
        }
    }
    findings
}

/// What is read of a question.
fn asked(question: &Question, see: &mut dyn FnMut(&str)) {
    see(&question.ask);
    match &question.body {
        Body::Predict(options) => options.iter().for_each(|option| {
            see(&option.text);
            option.say.iter().for_each(|say| see(say.source()));
        }),
        Body::Order(items, say) => {
            items.iter().for_each(|item| see(&item.text));
            say.iter().for_each(|say| see(say.source()));
        }
        Body::Matrix(matrix) => matrix.say.iter().for_each(|say| see(say.source())),
    }
}

/// The names in `<>`: small letters, digits and hyphens.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |name: &&str| {
        let letters = name.starts_with(|letter: char| letter.is_ascii_lowercase());
        letters && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let ends = text.split('<').skip(1).filter_map(|part| Some(part.split_once('>')?.0));
    ends.filter(is_name).filter(|name| !PRINTED.contains(name))
}
