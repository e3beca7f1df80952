//! YAML text as a tree that knows where everything stands.
//!
//! One reading gives both the JSON value and the position of every field, so that they cannot disagree. The
//! text is taken apart by `saphyr-parser`; [`compose()`] puts its events together, [`scalar`] says what words mean.

use std::ops::Range;

use serde_json::{Map, Value};

use super::path::{FieldPath, Step};

mod compose;
mod problem;
pub mod scalar;

pub use compose::compose;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The bytes of the text it takes. A block's range may end in white space.
    pub span: Range<usize>,
    /// What it is.
    pub content: Content,
}

/// What stands in a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A word or text.
    Scalar(Value, Style),
    /// A list; `true` if it is written in brackets.
    List(Vec<Node>, bool),
    /// A map; `true` if it is written in braces.
    Map(Vec<Entry>, bool),
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// As a block after `|` or `>`.
    Block,
}

/// One key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Range<usize>,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// As JSON.
    pub fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar(value, _) => value.clone(),
            Content::List(items, _) => items.iter().map(Self::to_value).collect(),
            Content::Map(entries, _) => {
                let fields = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_value()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }

    /// The entry of a map.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries, _) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(value, _) => value.as_str(),
            _ => None,
        }
    }

    /// Whether nothing stands here.
    pub fn is_null(&self) -> bool {
        matches!(self.content, Content::Scalar(Value::Null, _))
    }

    /// The node one step further.
    pub fn step(&self, step: &Step) -> Option<&Self> {
        match (&self.content, step) {
            (Content::Map(..), Step::Field(name)) => self.get(name),
            (Content::List(items, _), Step::Index(index)) => items.get(*index),
            (Content::List(items, _), Step::Field(name)) => {
                items.iter().find(|item| item.get("name").and_then(Self::text) == Some(name))
            }
            _ => None,
        }
    }

    /// Where a field stands: its key if it has one, else the nearest field around it that is there.
    pub fn locate(&self, path: &FieldPath) -> Range<usize> {
        let mut node = self;
        let mut span = node.start();
        for step in &path.0 {
            let Some(next) = node.step(step) else { break };
            span = match step {
                Step::Field(name) => node.entry(name).map_or(next.start(), |entry| entry.key_span.clone()),
                Step::Index(_) => next.start(),
            };
            node = next;
        }
        span
    }

    /// The first thing in it: the node itself if it is a scalar, else its first key or item.
    fn start(&self) -> Range<usize> {
        match &self.content {
            Content::Map(entries, false) => {
                entries.first().map_or(self.span.clone(), |entry| entry.key_span.clone())
            }
            Content::List(items, false) => items.first().map_or(self.span.clone(), Self::start),
            Content::Scalar(_, Style::Plain | Style::Single | Style::Double) => self.span.clone(),
            _ => self.span.start..(self.span.start + 1).min(self.span.end),
        }
    }
}

/// The first byte of the line that holds this byte.
pub fn line_start(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at.min(text.len())).unwrap_or_default();
    before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(text: &str) -> Vec<Value> {
        let (documents, problem) = compose(text);
        assert_eq!(problem, None, "{text}");
        documents.iter().map(Node::to_value).collect()
    }

    fn fault(text: &str) -> (String, String) {
        let problem = compose(text).1.unwrap();
        (problem.message, text[problem.span].to_owned())
    }

    #[test]
    fn documents_anchors_and_merge_keys() {
        let text = "a: &base {x: 1, z: yes}\nb:\n  <<: *base\n  z: no\n---\n- 0644\n- \"0644\"\n- |\n  two\n  lines\n";
        assert_eq!(
            values(text),
            [
                json!({"a": {"x": 1, "z": true}, "b": {"z": false, "x": 1}}),
                json!([420, "0644", "two\nlines\n"])
            ]
        );
        assert_eq!(values("80: http\n!!str 5: x\ny: 1"), [json!({"80": "http", "5": "x", "true": 1})]);
    }

    #[test]
    fn problems_are_found_where_they_are() {
        assert_eq!(fault("a: 1\nb: 2\na: 3\n"), ("key \"a\" already set in map".into(), "a".into()));
        assert_eq!(fault("a:\n  b: 1\n\tc: 2\n"), ("a tab in the indentation".into(), "\t".into()));
        assert!(compose("a: [1, 2\nb: 3\n").1.is_some());
        assert!(compose("a: *nope\n").1.is_some());
        assert!(compose(&"[".repeat(3000)).1.is_some());
        let bomb: String = (1..12).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, level| {
            let below = level - 1;
            text + &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{below}"); 9].join(","))
        });
        assert!(compose(&bomb).1.unwrap().message.contains("repeat"));
    }

    #[test]
    fn spans_are_in_bytes() {
        let text = "# Küche\nname: ä\nlist:\n  - one: {two: 3}\n";
        let node = &compose(text).0[0];
        let at = |path: &str| &text[node.locate(&FieldPath::parse(path))];
        assert_eq!(at("name"), "name");
        assert_eq!(at("list[0].one.two"), "two");
        assert_eq!(at("list[0].nope"), "one");
        assert_eq!(&text[node.get("name").unwrap().span.clone()], "ä");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[a-c:\\-{}\\[\\]&*!|>'\"#%@, \t\n\r0-9éü~<?]{0,60}") {
            let (documents, _) = compose(&text);
            for node in documents {
                node.to_value();
            }
        }
    }
}
