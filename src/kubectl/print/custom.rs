//! `-o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName`.

use serde_json::Value;

use super::jsonpath::Template;
use crate::kubectl::columns::TABLE;
use crate::kubectl::output::{Output, Stream};

/// Columns with their paths.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Columns(Vec<(String, Template)>);

impl Columns {
    /// Reads the specification.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("custom-columns format specified but no custom columns given".to_owned());
        }
        let mut columns = Vec::new();
        // A comma inside brackets belongs to the path.
        for part in split(text) {
            let Some((name, path)) = part.split_once(':').filter(|(_, path)| !path.is_empty()) else {
                return Err(format!(
                    "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
                ));
            };
            columns.push((name.to_owned(), Template::parse(&relaxed(path))?));
        }
        Ok(Self(columns))
    }

    /// Prints a table of these objects.
    pub(crate) fn print(&self, objects: &[Value], out: &mut Output) {
        let row = |cells: Vec<String>| cells.join("\t") + "\n";
        let mut text = row(self.0.iter().map(|(name, _)| name.clone()).collect());
        for object in objects {
            text.push_str(&row(self.0.iter().map(|(_, path)| cell(path, object)).collect()));
        }
        out.print(Stream::Out, &TABLE.align(&text));
    }
}

fn cell(path: &Template, object: &Value) -> String {
    let found = path.values(object);
    match found.is_empty() {
        true => "<none>".to_owned(),
        false => found.iter().map(super::jsonpath::text_of).collect::<Vec<_>>().join(","),
    }
}

/// The path in the form with braces: `metadata.name`, `.metadata.name` and `{.metadata.name}` are the same.
pub(crate) fn relaxed(path: &str) -> String {
    let inner = path.strip_prefix('{').and_then(|path| path.strip_suffix('}')).unwrap_or(path);
    match inner.starts_with(['.', '[', '$', '@']) {
        true => format!("{{{inner}}}"),
        false => format!("{{.{inner}}}"),
    }
}

fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
