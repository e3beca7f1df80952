//! Do the fields of a document exist, and do they hold what belongs there?
//!
//! The API server finds these too, but it sees JSON and cannot say where in the file. Here the same shapes
//! ([`schema`]) are laid over the text itself.

use serde_json::Value;

use super::diagnostic::{Diagnostic, Source, nearest};
use super::path::{FieldPath, Step};
use super::yaml::{Content, Entry, Node, Style};
use crate::object::schema::{self, Shape, Type};
use crate::object::{Kind, quantity};

/// Unknown fields and values of the wrong type.
pub(super) fn shape(source: &Source, kind: Kind, node: &Node) -> Vec<Diagnostic> {
    let mut check = Check { source, kind, problems: Vec::new() };
    check.node(node, schema::root(kind), &FieldPath::default());
    check.problems
}

/// The keys of a map.
pub(super) fn keys(node: &Node) -> impl Iterator<Item = &str> {
    let entries: &[Entry] = match &node.content {
        Content::Map(entries, _) => entries,
        _ => &[],
    };
    entries.iter().map(|entry| entry.key.as_str())
}

struct Check<'a> {
    source: &'a Source,
    kind: Kind,
    problems: Vec<Diagnostic>,
}

impl Check<'_> {
    fn node(&mut self, node: &Node, shape: &Shape, path: &FieldPath) {
        if node.is_null() || *shape == Shape::Any {
            return;
        }
        match (&node.content, shape) {
            (Content::Map(entries, _), Shape::Object(_)) => {
                let Some(object) = shape.object() else { return };
                for entry in entries {
                    let path = path.field(&entry.key);
                    match object.fields.get(&entry.key) {
                        Some(field) => self.node(&entry.value, &field.shape, &path),
                        None => self.unknown(entry, object, &path),
                    }
                }
            }
            (Content::Map(entries, _), Shape::Map(values)) => {
                for entry in entries {
                    self.node(&entry.value, values, &path.field(&entry.key));
                }
            }
            (Content::List(items, _), Shape::List(shape)) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, shape, &path.index(index));
                }
            }
            (Content::Scalar(value, _), _) if fits(value, shape) => {}
            _ => self.wrong_type(node, shape, path),
        }
    }

    fn unknown(&mut self, entry: &Entry, object: &Type, path: &FieldPath) {
        let message = format!("unknown field \"{path}\"");
        let mut problem = self.source.problem(entry.key_span.clone(), message).at(path);
        if let Some(near) = nearest(&entry.key, object.fields.keys().map(String::as_str)) {
            problem = problem.replace_with(near);
            problem.did_you_mean = Some(near.to_owned());
        } else if let Some(elsewhere) = find_field(self.kind, &entry.key) {
            problem =
                problem.help(format!("there is a field {elsewhere}: is the indentation of this line right?"));
        } else {
            let known: Vec<&str> = object.fields.keys().map(String::as_str).collect();
            problem = problem.help(format!("fields here: {}", known.join(", ")));
        }
        self.problems.push(problem);
    }

    fn wrong_type(&mut self, node: &Node, shape: &Shape, path: &FieldPath) {
        let written = self.source.text.get(node.span.clone()).unwrap_or("").trim();
        let found = match &node.content {
            Content::Map(..) => "a group of fields".to_owned(),
            Content::List(..) => "a list".to_owned(),
            Content::Scalar(Value::String(text), _) => format!("the text {text:?}"),
            Content::Scalar(value, _) => value.to_string(),
        };
        let start = node.locate(&FieldPath::default());
        let message = format!("{path} must be {}, not {found}", shape.words());
        let mut problem = self.source.problem(start, message).at(path);
        match (&node.content, shape) {
            (Content::Scalar(value, Style::Plain), Shape::Text) if !value.is_null() => {
                let help = match value.is_boolean() {
                    true => format!("YAML reads {written} as {value}; in quotes it is text: \"{written}\""),
                    false => format!("in quotes it is text: \"{written}\""),
                };
                problem = problem.help(help).replace_with(format!("\"{written}\""));
            }
            (Content::Scalar(Value::String(text), Style::Single | Style::Double), _) => {
                let unquoted = super::yaml::scalar::plain(text);
                if unquoted.is_some_and(|value| fits(&value, shape)) {
                    problem = problem.help("take the quotes away").replace_with(text.clone());
                }
            }
            (Content::Map(..), Shape::List(_)) => {
                problem = problem.help("start each item with `- `");
            }
            (Content::List(..), Shape::Object(_) | Shape::Map(_)) => {
                problem = problem.help("this is not a list: take the `- ` away");
            }
            _ => {}
        }
        self.problems.push(problem);
    }
}

/// Whether a scalar may stand in such a field.
fn fits(value: &Value, shape: &Shape) -> bool {
    match shape {
        Shape::Text | Shape::Bytes | Shape::Time => value.is_string(),
        Shape::Integer => value.is_i64() || value.is_u64(),
        Shape::Number => value.is_number(),
        Shape::Boolean => value.is_boolean(),
        Shape::IntOrText => value.is_string() || value.is_i64() || value.is_u64(),
        Shape::Quantity => {
            value.is_number() || value.as_str().is_some_and(|text| quantity::milli(text).is_some())
        }
        Shape::Any => true,
        Shape::Object(_) | Shape::Map(_) | Shape::List(_) => value.is_null(),
    }
}

/// The nearest place below a kind's root that has a field of this name.
fn find_field(kind: Kind, name: &str) -> Option<FieldPath> {
    const DEPTH: usize = 6;
    let mut level = vec![(FieldPath::default(), schema::root(kind))];
    for _ in 0..DEPTH {
        let mut below = Vec::new();
        for (path, shape) in &level {
            let Some(object) = shape.item().object() else { continue };
            if object.fields.contains_key(name) {
                return Some(path.field(name));
            }
            let deeper = object.fields.iter().filter(|(name, _)| *name != "status");
            below.extend(deeper.map(|(name, field)| {
                let mut path = path.field(name);
                if matches!(field.shape, Shape::List(_)) {
                    path.0.push(Step::Index(0));
                }
                (path, &field.shape)
            }));
        }
        level = below;
    }
    None
}
