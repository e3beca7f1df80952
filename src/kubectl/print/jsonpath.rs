//! JSONPath templates, as far as people use them with kubectl.
//!
//! `{.items[*].metadata.name}`, `{range .items[*]}{.metadata.name}{"\n"}{end}`,
//! `{.status.conditions[?(@.type=="Ready")].status}`, `{.metadata.labels.app\.kubernetes\.io/name}`, `[-1:]`,
//! `..image`. Left out: arithmetic, unions of paths, regular expressions.

mod parse;
mod walk;

use serde_json::Value;

pub(crate) use walk::text_of;

/// A template: texts, paths and ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Part>),
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    /// Every item, or every value of a map.
    All,
    /// `[1]`, `[-1]`.
    Index(i64),
    /// `[a:b:c]`.
    Slice(Option<i64>, Option<i64>, usize),
    /// `['a','b']`.
    Names(Vec<String>),
    /// `[?(@.x=="y")]`.
    Filter(Filter),
    /// `..`: the value and everything in it.
    Deep,
}

#[derive(Clone, Debug, PartialEq)]
struct Filter {
    left: Operand,
    compared: Option<(String, Operand)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Path(Vec<Step>),
    Value(Value),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What cannot be understood.
    pub fn parse(source: &str) -> Result<Self, String> {
        Ok(Self { source: source.to_owned(), parts: parse::parts(source)? })
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text for a document.
    ///
    /// # Errors
    /// When a list is too short for a path.
    pub fn render(&self, document: &Value) -> Result<String, String> {
        let mut text = String::new();
        walk::render(&self.parts, document, document, &mut text)?;
        Ok(text)
    }

    /// The values of the paths in it; nothing where a path leads nowhere.
    pub fn values(&self, document: &Value) -> Vec<Value> {
        let paths = self.parts.iter().filter_map(|part| match part {
            Part::Path(steps) => Some(walk::walk(steps, document, document).unwrap_or_default()),
            _ => None,
        });
        paths.flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_where_kubectl_says() {
        let document = json!({"kind": "List", "items": [
            {"metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "x"}}, "n": 1,
             "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]}},
            {"metadata": {"name": "b"}, "n": 2, "status": {"conditions": []}},
        ]});
        for (template, text) in [
            ("{.items[*].metadata.name}", "a b"),
            ("{.items[-1].metadata.name}", "b"),
            ("{.items[0:1].metadata.name}", "a"),
            ("{range .items[*]}{.metadata.name}{\"\\t\"}{.n}{\"\\n\"}{end}", "a\t1\nb\t2\n"),
            ("{.items[0].status.conditions[?(@.type==\"Ready\")].status}", "True"),
            ("{.items[?(@.n>1)].metadata.name}", "b"),
            ("{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "x"),
            ("{.items[0].metadata['name']}", "a"),
            ("{..name}", "a b"),
            ("kind is {.kind}", "kind is List"),
            ("{.items[0].metadata.labels}", "{\"app.kubernetes.io/name\":\"x\"}"),
        ] {
            assert_eq!(
                Template::parse(template).unwrap().render(&document).as_deref(),
                Ok(text),
                "{template}"
            );
        }
        let rendered = |template: &str| Template::parse(template).unwrap().render(&document);
        assert_eq!(rendered("{.nope.more} is missing"), Ok(" is missing".to_owned()));
        assert_eq!(rendered("{.items[7]}"), Err("array index out of bounds: index 7, length 2".to_owned()));
        assert!(Template::parse("{.items[").is_err());
        assert!(Template::parse("{range .items[*]}x").is_err());
    }
}
