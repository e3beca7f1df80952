//! Lines at levels of indentation, with what every description begins with.

use std::fmt::Display;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::apiserver::patch::last_applied;
use crate::object::{ObjectMeta, StringMap, owner};

/// An annotation that is longer, with its key, gets lines of its own.
const ANNOTATION_MAX: usize = 140;

/// Collects lines; cells end with tabs.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
}

impl Writer {
    /// A line at a level; each is two spaces deeper.
    pub(super) fn line(&mut self, level: usize, text: impl Display) {
        self.text.push_str(&"  ".repeat(level));
        self.text.push_str(&format!("{text}\n"));
    }

    /// `Key:` and its value in the next column.
    pub(super) fn field(&mut self, level: usize, key: &str, value: impl Display) {
        self.line(level, format_args!("{key}:\t{value}"));
    }

    /// The same, if there is a value.
    pub(super) fn field_if(&mut self, level: usize, key: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.field(level, key, value);
        }
    }

    /// `Key:` with several values below each other.
    pub(super) fn list(&mut self, title: &str, values: &[String]) {
        match values {
            [] => self.field(0, title, "<none>"),
            [first, rest @ ..] => {
                self.field(0, title, first);
                rest.iter().for_each(|value| self.line(0, format_args!("\t{value}")));
            }
        }
    }

    /// Labels or another map, one pair a line.
    pub(super) fn pairs(&mut self, title: &str, map: Option<&StringMap>) {
        let pairs: Vec<String> =
            map.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
        self.list(title, &pairs);
    }

    /// Annotations, without the one that only `kubectl apply` needs.
    pub(super) fn annotations(&mut self, title: &str, map: Option<&StringMap>) {
        let mut lines = Vec::new();
        for (key, value) in map.into_iter().flatten().filter(|(key, _)| *key != last_applied::ANNOTATION) {
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 > ANNOTATION_MAX || value.contains('\n') {
                lines.push(format!("{key}:"));
                lines
                    .extend(value.split('\n').map(|part| format!("  {}", shorten(part, ANNOTATION_MAX - 2))));
            } else {
                lines.push(format!("{key}: {value}"));
            }
        }
        self.list(title, &lines);
    }

    /// Name and namespace.
    pub(super) fn name(&mut self, meta: &ObjectMeta) {
        self.field(0, "Name", meta.name.as_deref().unwrap_or(""));
        self.field_if(0, "Namespace", meta.namespace.as_deref());
    }

    /// Labels and annotations.
    pub(super) fn marks(&mut self, meta: &ObjectMeta) {
        self.pairs("Labels", meta.labels.as_ref());
        self.annotations("Annotations", meta.annotations.as_ref());
    }

    /// The owner that made it.
    pub(super) fn controlled_by(&mut self, meta: &ObjectMeta) {
        if let Some(owner) = owner::controller(meta) {
            self.field(0, "Controlled By", format_args!("{}/{}", owner.kind, owner.name));
        }
    }

    /// What was written.
    pub(super) fn text(self) -> String {
        self.text
    }
}

fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// `Fri, 20 Nov 2026 22:48:12 +0000`.
pub(super) fn date(time: Option<&Time>) -> String {
    // Every time that the API holds has the same offset.
    time.map_or_else(String::new, |time| time.0.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

/// `True` or `False`, as kubectl writes it.
pub(super) fn title_case(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
