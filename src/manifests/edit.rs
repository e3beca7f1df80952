//! Sets one field in the text of a manifest, and leaves everything else as somebody wrote it.
//!
//! A script that changes an image must look like a person who opened the file and changed it: comments, order,
//! quotes and indentation stay. So the text is edited in place, by the positions of its fields; a field that
//! is missing is put in at the right indentation. The result is read again before anybody gets it.

use std::ops::Range;

use serde_json::Value;

use super::diagnostic::{Diagnostic, Source};
use super::document;
use super::path::{FieldPath, Step};
use super::yaml::{self, Content, Entry, Node, Style, line_start};

/// In which order people expect these fields; any other goes to the end of its group.
const USUAL_ORDER: [&str; 10] = [
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "labels",
    "replicas",
    "selector",
    "strategy",
    "template",
    "spec",
];

/// Sets the field at `path` of the object `doc` (`Deployment/login`; empty if the file has only one object).
///
/// # Errors
/// When there is no such object, the path leads through something that has no fields, or the text is no YAML.
pub fn set_field(text: &str, doc: &str, path: &str, value: &Value) -> Result<String, Diagnostic> {
    let source = Source::new("manifest", text);
    let (roots, problem) = yaml::compose(text);
    if let Some(problem) = problem {
        return Err(source.problem(problem.span, problem.message));
    }
    let objects = document::objects(&roots);
    let index = match doc {
        "" if objects.len() == 1 => Some(0),
        _ => objects.iter().position(|object| is_called(object, doc)),
    };
    let Some(index) = index else {
        let names: Vec<String> = objects.iter().map(|object| name_of(object)).collect();
        let message = match doc {
            "" => format!("this file has {} objects; say which one is meant", objects.len()),
            doc => format!("this file has no object \"{doc}\""),
        };
        return Err(source.problem(0..0, message).help(format!("there are: {}", names.join(", "))));
    };
    let span = objects.get(index).map_or(0..0, |object| object.locate(&FieldPath::parse(path)));
    set_in(text, index, &FieldPath::parse(path), value)
        .map_err(|message| source.problem(span, message).at(path))
}

/// Sets a field of the object with this index in the file.
pub(super) fn set_in(text: &str, index: usize, path: &FieldPath, value: &Value) -> Result<String, String> {
    let (roots, _) = yaml::compose(text);
    let root = *document::objects(&roots).get(index).ok_or("no such object")?;
    let edited = Edit { text }.set(root, path, value)?;
    let (roots, problem) = yaml::compose(&edited);
    let written = document::objects(&roots)
        .get(index)
        .and_then(|root| path.0.iter().try_fold(*root, |node, step| node.step(step)).map(Node::to_value));
    match problem.is_none() && written.as_ref() == Some(value) {
        true => Ok(edited),
        false => Err(format!("{path} cannot be set here without rewriting the file")),
    }
}

fn is_called(object: &Node, doc: &str) -> bool {
    let name = name_of(object);
    name == doc || name.split_once('/').is_some_and(|(_, name)| name == doc)
}

/// `Deployment/login`.
fn name_of(object: &Node) -> String {
    let text = |node: Option<&Node>| node.and_then(Node::text).unwrap_or("?").to_owned();
    let name = object.get("metadata").and_then(|metadata| metadata.get("name"));
    format!("{}/{}", text(object.get("kind")), text(name))
}

struct Edit<'a> {
    text: &'a str,
}

impl Edit<'_> {
    fn set(&self, root: &Node, path: &FieldPath, value: &Value) -> Result<String, String> {
        let (mut node, mut entry, mut in_flow) = (root, None, false);
        for (done, step) in path.0.iter().enumerate() {
            let rest = path.0.get(done + 1..).unwrap_or_default();
            in_flow |= matches!(node.content, Content::Map(_, true) | Content::List(_, true));
            if let Some(next) = node.step(step) {
                entry = match step {
                    Step::Field(name) => node.entry(name).or(entry),
                    Step::Index(_) => None,
                };
                node = next;
                continue;
            }
            let missing = nest(rest, value)?;
            return match (&node.content, step) {
                (Content::Map(entries, flow), Step::Field(name)) => match *flow || in_flow {
                    true => self.add_to_flow(node, entries.is_empty(), &flow_pair(name, &missing)),
                    false => self.add_to_map(entries, name, &missing),
                },
                (Content::List(items, flow), Step::Index(index)) if *index == items.len() => {
                    match *flow || in_flow {
                        true => self.add_to_flow(node, items.is_empty(), &missing.to_string()),
                        false => self.add_to_list(items, &missing),
                    }
                }
                (Content::Scalar(Value::Null, _), Step::Field(name)) => {
                    let entry = entry.ok_or("nothing is there to put it into")?;
                    let group = Value::from_iter([(name.clone(), missing)]);
                    self.after_key(entry, &group, in_flow)
                }
                _ => {
                    let so_far = FieldPath(path.0.get(..done).unwrap_or_default().to_vec());
                    Err(format!("{so_far} has no {}", FieldPath(vec![step.clone()])))
                }
            };
        }
        match (&node.content, entry) {
            (Content::Scalar(Value::Null, _), Some(entry)) if self.slice(&node.span).trim().is_empty() => {
                self.after_key(entry, value, in_flow)
            }
            _ => self.replace(node, value, in_flow),
        }
    }

    fn slice(&self, span: &Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or("")
    }

    fn splice(&self, range: Range<usize>, new: &str) -> Result<String, String> {
        match (self.text.get(..range.start), self.text.get(range.end..)) {
            (Some(before), Some(after)) => Ok(format!("{before}{new}{after}")),
            _ => Err("the text cannot be cut here".to_owned()),
        }
    }

    fn replace(&self, node: &Node, value: &Value, in_flow: bool) -> Result<String, String> {
        let span = node.span.start..self.end(node);
        let is_flow = in_flow || matches!(node.content, Content::Map(_, true) | Content::List(_, true));
        let new = match (&node.content, value) {
            (Content::Scalar(_, style), value) => scalar(value, *style),
            (_, Value::Object(_) | Value::Array(_)) if !is_flow => {
                let column = span.start - line_start(self.text, span.start);
                self.newlines(block(value, column).trim_start())
            }
            (_, value) => value.to_string(),
        };
        self.splice(span, &new)
    }

    /// Puts a value after `key:` that has none.
    fn after_key(&self, entry: &Entry, value: &Value, in_flow: bool) -> Result<String, String> {
        let colon = self.slice(&(entry.key_span.end..self.text.len())).find(':').ok_or("no colon")?;
        let at = entry.key_span.end + colon + 1;
        let new = match value {
            Value::Object(_) | Value::Array(_) if !in_flow => {
                let column = self.column(entry.key_span.start);
                format!("\n{}", block(value, column + 2))
            }
            value => format!(" {}", scalar(value, Style::Plain)),
        };
        self.splice(at..at, &self.newlines(new.trim_end_matches('\n')))
    }

    fn add_to_flow(&self, node: &Node, is_empty: bool, new: &str) -> Result<String, String> {
        let inside = self.slice(&(node.span.start..node.span.end.saturating_sub(1)));
        let at = node.span.start + inside.trim_end().len();
        let comma = if is_empty { "" } else { ", " };
        self.splice(at..at, &format!("{comma}{new}"))
    }

    fn add_to_map(&self, entries: &[Entry], name: &str, value: &Value) -> Result<String, String> {
        let first = entries.first().ok_or("the group is empty")?;
        let column = self.column(first.key_span.start);
        let lines = block(&Value::from_iter([(name.to_owned(), value.clone())]), column);
        let rank = |name: &str| USUAL_ORDER.iter().position(|usual| *usual == name);
        let follower = rank(name)
            .and_then(|own| entries.iter().find(|entry| rank(&entry.key).is_some_and(|other| other > own)));
        if let Some(start) = follower.and_then(|entry| self.own_line(entry.key_span.start)) {
            return self.splice(start..start, &self.newlines(&lines));
        }
        let last = entries.iter().map(|entry| self.end(&entry.value).max(entry.key_span.end)).max();
        self.after_line(last.unwrap_or(first.key_span.end), &lines)
    }

    fn add_to_list(&self, items: &[Node], value: &Value) -> Result<String, String> {
        let last = items.last().ok_or("the list is empty")?;
        let before = self.slice(&(0..last.span.start));
        let dash = before.rfind('-').ok_or("the list has no dashes")?;
        let lines = block(&Value::from(vec![value.clone()]), self.column(dash));
        self.after_line(self.end(last), &lines)
    }

    /// Puts whole lines after the line with this byte.
    fn after_line(&self, at: usize, lines: &str) -> Result<String, String> {
        let rest = self.text.get(at..).ok_or("the text cannot be cut here")?;
        match rest.find('\n') {
            Some(newline) => self.splice(at + newline + 1..at + newline + 1, &self.newlines(lines)),
            None => {
                let lines = format!("\n{}", lines.trim_end_matches('\n'));
                self.splice(self.text.len()..self.text.len(), &self.newlines(&lines))
            }
        }
    }

    /// The start of the line that this key begins, above the comments that belong to it.
    fn own_line(&self, at: usize) -> Option<usize> {
        let mut start = line_start(self.text, at);
        if !self.slice(&(start..at)).trim().is_empty() {
            return None;
        }
        while start > 0 {
            let above = line_start(self.text, start - 1);
            if !self.slice(&(above..start)).trim_start().starts_with('#') {
                break;
            }
            start = above;
        }
        Some(start)
    }

    fn column(&self, at: usize) -> usize {
        self.slice(&(line_start(self.text, at)..at)).chars().count()
    }

    /// The end of the last thing in a node, without the white space that a block's range may end in.
    fn end(&self, node: &Node) -> usize {
        match &node.content {
            Content::Map(entries, false) => entries
                .iter()
                .map(|entry| self.end(&entry.value).max(entry.key_span.end))
                .max()
                .unwrap_or(node.span.end),
            Content::List(items, false) => {
                items.iter().map(|item| self.end(item)).max().unwrap_or(node.span.end)
            }
            _ => node.span.start + self.slice(&node.span).trim_end().len(),
        }
    }

    fn newlines(&self, lines: &str) -> String {
        if self.text.contains("\r\n") { lines.replace('\n', "\r\n") } else { lines.to_owned() }
    }
}

/// The value inside the groups that are missing on the way to it.
fn nest(rest: &[Step], value: &Value) -> Result<Value, String> {
    rest.iter().rev().try_fold(value.clone(), |inner, step| match step {
        Step::Field(name) => Ok(Value::from_iter([(name.clone(), inner)])),
        Step::Index(0) => Ok(Value::from(vec![inner])),
        Step::Index(index) => Err(format!("there is no item [{index}]")),
    })
}

fn flow_pair(name: &str, value: &Value) -> String {
    let value = match value {
        Value::Object(_) | Value::Array(_) => value.to_string(),
        plain => scalar(plain, Style::Plain),
    };
    format!("{}: {value}", word(name))
}

/// Lines of block YAML at a column, with a newline at the end.
fn block(value: &Value, column: usize) -> String {
    let indent = " ".repeat(column);
    let is_group = |value: &Value| match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(fields) if is_group(value) => fields
            .iter()
            .map(|(name, value)| match is_group(value) {
                true => format!("{indent}{}:\n{}", word(name), block(value, column + 2)),
                false => format!("{indent}{}: {}\n", word(name), scalar(value, Style::Plain)),
            })
            .collect(),
        Value::Array(items) if is_group(value) => items
            .iter()
            .map(|item| format!("{indent}- {}", block(item, column + 2).trim_start_matches(' ')))
            .collect(),
        plain => format!("{indent}{}\n", scalar(plain, Style::Plain)),
    }
}

/// A value on one line, in the style of what stood there if that can hold it.
fn scalar(value: &Value, style: Style) -> String {
    match (value, style) {
        (Value::String(text), Style::Single) if !text.contains(['\n', '\'']) => format!("'{text}'"),
        (Value::String(text), Style::Plain) => word(text),
        (value, _) => value.to_string(),
    }
}

/// Text without quotes if it can stand so.
fn word(text: &str) -> String {
    let safe_letter = |letter: char| letter.is_alphanumeric() || "-_./:%@+ ,()".contains(letter);
    let is_safe = text.chars().all(safe_letter)
        && text.chars().next().is_some_and(|first| first.is_alphanumeric() || "./_".contains(first))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains([','])
        && yaml::scalar::plain(text).is_some_and(|value| value == *text);
    if is_safe { text.to_owned() } else { Value::from(text).to_string() }
}
