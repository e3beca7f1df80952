//! Whether a lesson uses only kinds and fields that it, or a lesson before it, introduces.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::lessons::catalog::{Catalog, Goal};
use crate::lessons::finding::Finding;
use crate::lessons::lesson::{Lesson, LessonFile};
use crate::manifests::{self, Document};
use crate::script::Place;

/// What is used before it was introduced.
pub(super) fn findings(catalog: &Catalog, lesson: &Lesson) -> Vec<Finding> {
    let taught = taught(catalog, lesson);
    let mut findings = Vec::new();
    for file in &lesson.files {
        // What cannot be read is found when the lesson is played.
        for document in manifests::parse(&file.name, &file.text).unwrap_or_default() {
            let mut add = |path: &str, message: String| {
                findings.push(Finding::new(&lesson.file, place(file, &document, path), "taught", message));
            };
            let kind = document.kind.name();
            if !catalog.goals().is_empty()
                && !introduces(&taught, |goal| goal.kinds.iter().any(|known| known == kind))
            {
                let goal = catalog.goals().iter().find(|goal| goal.kinds.iter().any(|known| known == kind));
                add("kind", unknown(&format!("the kind {kind}"), goal));
            }
            for goal in catalog.goals().iter().filter(|goal| !taught.contains(goal.id.as_str())) {
                for field in &goal.fields {
                    let elsewhere = introduces(&taught, |taught| taught.fields.contains(field));
                    if let Some(path) = find(&document.value, field, "").filter(|_| !elsewhere) {
                        add(&path, unknown(&format!("the field {field}"), Some(goal)));
                    }
                }
            }
        }
    }
    findings
}

/// The goals that a lesson and everything that it needs teach.
fn taught<'a>(catalog: &'a Catalog, lesson: &'a Lesson) -> Taught<'a> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![lesson]);
    let mut ids = BTreeSet::new();
    while let Some(lesson) = next.pop() {
        if seen.insert(lesson.id.as_str()) {
            ids.extend(lesson.teaches.iter().map(|taught| taught.name.as_str()));
            let needed =
                |id: &str| catalog.lessons().iter().find(|other| other.id == id).map(|other| &**other);
            next.extend(lesson.needs.iter().filter_map(|need| needed(&need.name)));
        }
    }
    Taught { ids, goals: catalog.goals() }
}

struct Taught<'a> {
    ids: BTreeSet<&'a str>,
    goals: &'a [Goal],
}

impl Taught<'_> {
    fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }
}

fn introduces(taught: &Taught, what: impl Fn(&Goal) -> bool) -> bool {
    taught.goals.iter().any(|goal| taught.contains(&goal.id) && what(goal))
}

fn unknown(what: &str, goal: Option<&Goal>) -> String {
    match goal {
        Some(goal) => format!("{what} is not introduced yet: teach {}, or need a lesson that does", goal.id),
        None => format!("{what} is introduced by no learning goal of goals.yaml"),
    }
}

/// The path of a field whose last names are these: `tolerations`, `rollingUpdate.maxSurge`.
fn find(value: &Value, field: &str, path: &str) -> Option<String> {
    let without_indexes = |path: &str| {
        let parts = path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest));
        parts.collect::<String>()
    };
    let names = without_indexes(path);
    if names == field || names.ends_with(&format!(".{field}")) {
        return Some(path.to_owned());
    }
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, inner)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            find(inner, field, &path)
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, inner)| find(inner, field, &format!("{path}[{index}]"))),
        _ => None,
    }
}

/// Where a field of a manifest stands in the lesson file.
fn place(file: &LessonFile, document: &Document, path: &str) -> Place {
    let (line, column) = document.locate(path);
    Place { line: file.place.line + line, column }
}
