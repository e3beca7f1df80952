//! Findings about fields: where, what kind of fault, the bad value, and what would be right.
//!
//! The texts follow `k8s.io/apimachinery/pkg/util/validation/field`: `Invalid value: "x": must be ...`. A path
//! is a chain on the stack, so that checking a good object allocates nothing for paths.

use std::fmt;

use serde_json::Value;

use crate::apiserver::Cause;

/// Where a field is: `spec.containers[0].name`, `data[a b]`.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Self>,
    part: Part<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// A path of one name.
    pub fn new(name: &'a str) -> Self {
        Self { parent: None, part: Part::Name(name) }
    }

    /// The field `name` of this one.
    pub fn child(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), part: Part::Name(name) }
    }

    /// The element `index` of this list.
    pub fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), part: Part::Index(index) }
    }

    /// The entry `key` of this map.
    pub fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), part: Part::Key(key) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match (self.part, self.parent) {
            (Part::Name(name), Some(_)) => write!(f, ".{name}"),
            (Part::Name(name), None) => f.write_str(name),
            (Part::Index(index), _) => write!(f, "[{index}]"),
            (Part::Key(key), _) => write!(f, "[{key}]"),
        }
    }
}

/// How a bad value is written in a message: text in quotes, numbers and truth values bare, the rest as JSON.
pub trait Shown {
    /// The text.
    fn shown(&self) -> String;
}

impl Shown for &str {
    fn shown(&self) -> String {
        quoted(self)
    }
}

impl Shown for &String {
    fn shown(&self) -> String {
        quoted(self)
    }
}

impl Shown for Value {
    fn shown(&self) -> String {
        self.to_string()
    }
}

macro_rules! shown_bare {
    ($($type:ty),*) => { $( impl Shown for $type {
        fn shown(&self) -> String { self.to_string() }
    } )* };
}
shown_bare!(i32, i64, bool, usize);

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        // An absent pointer is the text "null", in quotes, as in the real server.
        self.as_ref().map_or_else(|| "\"null\"".to_owned(), Shown::shown)
    }
}

/// Text as Go's `%q` writes it.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            _ if letter.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// The findings so far, in the order in which the real server makes them.
#[derive(Debug, Default)]
pub struct Findings {
    causes: Vec<Cause>,
}

impl Findings {
    fn add(&mut self, reason: &str, at: &Path<'_>, head: String, detail: &str) {
        let message = if detail.is_empty() { head } else { format!("{head}: {detail}") };
        self.causes.push(Cause { reason: reason.to_owned(), message, field: at.to_string() });
    }

    /// The field must be there.
    pub fn required(&mut self, at: &Path<'_>, detail: &str) {
        self.add("FieldValueRequired", at, "Required value".to_owned(), detail);
    }

    /// The value breaks a rule.
    pub fn invalid(&mut self, at: &Path<'_>, value: impl Shown, detail: &str) {
        self.add("FieldValueInvalid", at, format!("Invalid value: {}", value.shown()), detail);
    }

    /// The value breaks each of these rules.
    pub fn invalid_each(&mut self, at: &Path<'_>, value: &str, details: Vec<String>) {
        for detail in details {
            self.invalid(at, value, &detail);
        }
    }

    /// The value is none of those that the API knows.
    pub fn not_supported(&mut self, at: &Path<'_>, value: impl Shown, known: &[&str]) {
        let known: Vec<String> = known.iter().map(|value| quoted(value)).collect();
        self.add(
            "FieldValueNotSupported",
            at,
            format!("Unsupported value: {}", value.shown()),
            &format!("supported values: {}", known.join(", ")),
        );
    }

    /// The field may not be set like this here.
    pub fn forbidden(&mut self, at: &Path<'_>, detail: &str) {
        self.add("FieldValueForbidden", at, "Forbidden".to_owned(), detail);
    }

    /// The value may occur only once.
    pub fn duplicate(&mut self, at: &Path<'_>, value: impl Shown) {
        self.duplicate_because(at, value, "");
    }

    /// The value may occur only once, with an explanation.
    pub fn duplicate_because(&mut self, at: &Path<'_>, value: impl Shown, detail: &str) {
        self.add("FieldValueDuplicate", at, format!("Duplicate value: {}", value.shown()), detail);
    }

    /// The value refers to something that does not exist.
    pub fn not_found(&mut self, at: &Path<'_>, value: &str) {
        self.add("FieldValueNotFound", at, format!("Not found: {}", quoted(value)), "");
    }

    /// The content has too many bytes.
    pub fn too_long(&mut self, at: &Path<'_>, most: usize) {
        self.add(
            "FieldValueTooLong",
            at,
            "Too long".to_owned(),
            &format!("may not be more than {most} bytes"),
        );
    }

    /// The list has too many elements.
    pub fn too_many(&mut self, at: &Path<'_>, count: usize, most: usize) {
        self.add(
            "FieldValueTooMany",
            at,
            format!("Too many: {count}"),
            &format!("must have at most {most} items"),
        );
    }

    /// The number may not be below zero.
    pub fn not_negative(&mut self, at: &Path<'_>, value: i64) {
        if value < 0 {
            self.invalid(at, value, "must be greater than or equal to 0");
        }
    }

    /// The value may not change.
    pub fn immutable(&mut self, at: &Path<'_>, same: bool, value: impl Shown) {
        if !same {
            self.invalid(at, value, "field is immutable");
        }
    }

    /// How many there are: to see whether a check added some.
    pub fn len(&self) -> usize {
        self.causes.len()
    }

    /// The findings as causes of a refusal.
    pub fn into_causes(self) -> Vec<Cause> {
        self.causes
    }
}

/// The text of an optional field; absent is empty, as it is for the real server.
pub fn text(field: &Option<String>) -> &str {
    field.as_deref().unwrap_or("")
}

/// The elements of an optional list.
pub fn list<T>(field: &Option<Vec<T>>) -> &[T] {
    field.as_deref().unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_values_are_written_as_the_real_server_does() {
        let spec = Path::new("spec");
        let containers = spec.child("containers");
        assert_eq!(containers.index(1).child("name").to_string(), "spec.containers[1].name");
        assert_eq!(Path::new("data").key("a b").to_string(), "data[a b]");
        let mut findings = Findings::default();
        findings.invalid(&spec, "a\"b", "is bad");
        findings.invalid(&spec, None::<i64>, "");
        findings.not_supported(&spec, "x", &["A", "B"]);
        let texts: Vec<String> = findings.into_causes().into_iter().map(|cause| cause.message).collect();
        assert_eq!(
            texts,
            [
                "Invalid value: \"a\\\"b\": is bad",
                "Invalid value: \"null\"",
                "Unsupported value: \"x\": supported values: \"A\", \"B\""
            ]
        );
    }
}
