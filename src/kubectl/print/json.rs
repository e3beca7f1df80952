//! JSON as Go's `json.MarshalIndent` writes it: sorted keys, four spaces.

use serde_json::Value;

use crate::apiserver::patch::go_text;

const INDENT: &str = "    ";

/// The document, without a line end after it.
pub(crate) fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            block('[', ']', items.iter(), depth, text, |item, text| write(item, depth + 1, text));
        }
        Value::Object(fields) if !fields.is_empty() => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            block('{', '}', fields.into_iter(), depth, text, |(name, value), text| {
                text.push_str(&go_text::encode(&Value::from(name.as_str())));
                text.push_str(": ");
                write(value, depth + 1, text);
            });
        }
        plain => text.push_str(&go_text::encode(plain)),
    }
}

fn block<T>(
    open: char,
    close: char,
    items: impl Iterator<Item = T>,
    depth: usize,
    text: &mut String,
    each: impl Fn(T, &mut String),
) {
    text.push(open);
    for (index, item) in items.enumerate() {
        text.push_str(if index > 0 { ",\n" } else { "\n" });
        text.push_str(&INDENT.repeat(depth + 1));
        each(item, text);
    }
    text.push('\n');
    text.push_str(&INDENT.repeat(depth));
    text.push(close);
}
