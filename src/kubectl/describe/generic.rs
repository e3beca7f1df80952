//! The description of a kind that has none of its own: every field, one after the other.

use serde_json::Value;

use super::Subject;
use super::writer::Writer;
use crate::kubectl::output::Fault;
use crate::kubectl::print::shown;

/// What was said already.
const SAID: [&str; 4] =
    [".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations"];
/// Words that are written in capitals.
const ACRONYMS: [&str; 5] = ["API", "URL", "UID", "OSB", "GUID"];

pub(super) fn describe(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let meta = subject.object.meta();
    w.field(0, "Name", meta.name.as_deref().unwrap_or(""));
    w.field(0, "Namespace", meta.namespace.as_deref().unwrap_or(""));
    w.marks(meta);
    fields(&shown(subject.object), 0, "", w);
    subject.events(w)
}

fn fields(value: &Value, level: usize, path: &str, w: &mut Writer) {
    let mut fields_here: Vec<(&String, &Value)> = value.as_object().into_iter().flatten().collect();
    fields_here.sort_by_key(|(name, _)| *name);
    for (name, value) in fields_here {
        let path = format!("{path}.{name}");
        if SAID.contains(&path.as_str()) {
            continue;
        }
        let title = title(name);
        match value {
            Value::Object(_) => {
                w.line(level, format_args!("{title}:"));
                fields(value, level + 1, &path, w);
            }
            Value::Array(items) => {
                w.line(level, format_args!("{title}:"));
                for item in items {
                    match item {
                        Value::Object(_) => fields(item, level + 1, &path, w),
                        plain => w.line(level + 1, text(plain)),
                    }
                }
            }
            plain => w.field(level, &title, text(plain)),
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "<nil>".to_owned(),
        other => other.to_string(),
    }
}

/// `apiVersion` is `API Version`, `holderIdentity` is `Holder Identity`.
fn title(name: &str) -> String {
    if name.chars().any(|letter| !letter.is_alphabetic() && letter != '-') {
        return name.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    for letter in name.chars() {
        match words.last_mut() {
            Some(word) if !letter.is_uppercase() || word.chars().all(char::is_uppercase) => word.push(letter),
            _ => words.push(letter.to_string()),
        }
    }
    let capital = |word: String| {
        let upper = word.to_uppercase();
        let mut letters = word.chars();
        match letters.next() {
            _ if ACRONYMS.contains(&upper.as_str()) => upper,
            Some(first) => first.to_uppercase().chain(letters).collect(),
            None => String::new(),
        }
    };
    words.into_iter().map(capital).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn field_names_are_titles() {
        for (name, text) in [
            ("apiVersion", "API Version"),
            ("kind", "Kind"),
            ("holderIdentity", "Holder Identity"),
            ("uid", "UID"),
            ("a.b", "a.b"),
        ] {
            assert_eq!(title(name), text);
        }
    }
}
