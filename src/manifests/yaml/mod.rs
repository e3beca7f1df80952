//! YAML text as a tree that knows where everything stands.
//!
//! One reading gives both the JSON value and the position of every field, so that they cannot disagree. The
//! text is taken apart by `saphyr-parser`; this module composes its events: anchors and aliases, merge keys
//! (`<<`), duplicate keys, and the meaning of words ([`scalar`]).

use std::collections::BTreeMap;
use std::ops::Range;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use super::path::{FieldPath, Step};

pub mod scalar;

/// How deep documents may nest; the deepest field of the API is at about 20.
const MAX_DEPTH: usize = 100;
/// How many nodes a file may have once its aliases are followed, so that a few lines cannot fill the memory.
const MAX_NODES: usize = 200_000;

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

/// Why a text is no YAML that Kubernetes reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// The documents of a file, and the first problem, after which nothing more could be read.
pub fn compose(text: &str) -> (Vec<Node>, Option<Problem>) {
    let mut composer = Composer { offsets: Offsets::of(text), ..Composer::default() };
    let mut parser = Parser::new_from_str(text);
    // The parser repeats an error for ever: the first one ends the reading.
    while let Some(event) = parser.next_event() {
        let step = match event {
            Ok((event, span)) => composer.take(event, span),
            Err(error) => Err(syntax_problem(text, composer.offsets.byte(*error.marker()), error.info())),
        };
        if let Err(problem) = step {
            return (composer.documents, Some(problem));
        }
    }
    (composer.documents, None)
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

#[derive(Default)]
struct Composer {
    offsets: Offsets,
    open: Vec<Frame>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    documents: Vec<Node>,
}

/// A collection that is not closed yet.
struct Frame {
    start: usize,
    anchor: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(String, Range<usize>)>),
}

impl Composer {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let span = self.offsets.range(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let content = scalar_content(&text, style, tag.as_deref(), &span)?;
                self.finish(Node { span, content }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.start(span, anchor, Inside::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.start(span, anchor, Inside::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.close(span.end),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => {
                    self.count(&node, &span)?;
                    self.finish(node, 0)
                }
                None => Err(problem(span, "an alias inside the anchor it refers to")),
            },
            Event::DocumentStart(_) => {
                self.open.clear();
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn start(&mut self, span: Range<usize>, anchor: usize, inside: Inside) -> Result<(), Problem> {
        if self.open.len() >= MAX_DEPTH {
            return Err(problem(span, "the document nests too deep"));
        }
        self.open.push(Frame { start: span.start, anchor, inside });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Problem> {
        let Some(frame) = self.open.pop() else { return Ok(()) };
        let flow = |opening| self.offsets.text_byte(frame.start) == Some(opening);
        let content = match frame.inside {
            Inside::List(items) => Content::List(items, flow(b'[')),
            Inside::Map(entries, _) => {
                check_keys(&entries)?;
                Content::Map(merge_keys(entries)?, flow(b'{'))
            }
        };
        self.finish(Node { span: frame.start..end.max(frame.start), content }, frame.anchor)
    }

    /// A node is complete: it goes where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(problem(node.span, "the file is too large"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|frame| &mut frame.inside) {
            None => self.documents.push(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map(entries, pending)) => match pending.take() {
                None => *pending = Some((key_text(&node)?, node.span)),
                Some((key, key_span)) => entries.push(Entry { key, key_span, value: node }),
            },
        }
        Ok(())
    }

    /// Counts the nodes that an alias repeats.
    fn count(&mut self, node: &Node, span: &Range<usize>) -> Result<(), Problem> {
        self.nodes += size(node);
        match self.nodes > MAX_NODES {
            true => Err(problem(span.clone(), "the aliases of this file repeat too much")),
            false => Ok(()),
        }
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.content {
        Content::Scalar(..) => 0,
        Content::List(items, _) => items.iter().map(size).sum(),
        Content::Map(entries, _) => entries.iter().map(|entry| size(&entry.value)).sum(),
    }
}

fn scalar_content(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: &Range<usize>,
) -> Result<Content, Problem> {
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    };
    let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    let is_text = match core {
        Some("int" | "float" | "bool" | "null") => false,
        Some(_) => true,
        None => style != Style::Plain,
    };
    if is_text {
        return Ok(Content::Scalar(text.into(), style));
    }
    match scalar::plain(text) {
        Some(value) => Ok(Content::Scalar(value, style)),
        None => Err(problem(span.clone(), format!("json: unsupported value: {text}"))),
    }
}

/// Keys are text in JSON; go-yaml writes numbers and truth values as text there.
fn key_text(node: &Node) -> Result<String, Problem> {
    match &node.content {
        Content::Scalar(Value::String(text), _) => Ok(text.clone()),
        Content::Scalar(value @ (Value::Number(_) | Value::Bool(_)), _) => Ok(value.to_string()),
        Content::Scalar(..) => Err(problem(node.span.clone(), "a key is missing before the colon")),
        _ => Err(problem(node.span.clone(), "a key must be a word, not a list or a map")),
    }
}

fn check_keys(entries: &[Entry]) -> Result<(), Problem> {
    let mut seen: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.key != MERGE) {
        if seen.insert(&entry.key, entry).is_some() {
            return Err(Problem {
                span: entry.key_span.clone(),
                message: format!("key {:?} already set in map", entry.key),
                help: Some("each key may stand only once in a map; remove one of the two".to_owned()),
            });
        }
    }
    Ok(())
}

const MERGE: &str = "<<";

/// Takes in the maps under `<<`; keys that are there already win.
fn merge_keys(mut entries: Vec<Entry>) -> Result<Vec<Entry>, Problem> {
    let mut merged: Vec<Entry> = Vec::new();
    while let Some(index) = entries.iter().position(|entry| entry.key == MERGE) {
        let entry = entries.remove(index);
        match entry.value.content {
            Content::Map(more, _) => merged.extend(more),
            Content::List(maps, _) => {
                for map in maps {
                    match map.content {
                        Content::Map(more, _) => merged.extend(more),
                        _ => {
                            return Err(problem(
                                entry.key_span,
                                "map merge requires map or sequence of maps as the value",
                            ));
                        }
                    }
                }
            }
            Content::Scalar(..) => {
                return Err(problem(
                    entry.key_span,
                    "map merge requires map or sequence of maps as the value",
                ));
            }
        }
    }
    for entry in merged {
        if !entries.iter().any(|known| known.key == entry.key) {
            entries.push(entry);
        }
    }
    Ok(entries)
}

fn problem(span: Range<usize>, message: impl Into<String>) -> Problem {
    Problem { span, message: message.into(), help: None }
}

/// A syntax error with what most often is behind it.
fn syntax_problem(text: &str, at: usize, info: &str) -> Problem {
    if let Some(tab) = tab_in_indentation(text, at) {
        return Problem {
            span: tab..tab + 1,
            message: "a tab in the indentation".to_owned(),
            help: Some("YAML is indented with spaces only; most editors can be told so".to_owned()),
        };
    }
    let help = if info.contains("mapping values are not allowed") {
        "a `:` too much? Put text that holds `: ` in quotes, and check the indentation of this line"
    } else if info.contains("simple key") {
        "is a `:` missing after the key on the line above?"
    } else if info.contains("quoted scalar") {
        "is a quote not closed?"
    } else if info.contains("flow") || info.contains("bracket") {
        "is a bracket or brace not closed?"
    } else {
        "check the indentation here and on the line above: fields of one group stand in one column"
    };
    Problem { span: at..at, message: info.to_owned(), help: Some(help.to_owned()) }
}

/// The first tab before the text of the line with the error, or of the line above.
fn tab_in_indentation(text: &str, at: usize) -> Option<usize> {
    let line = line_start(text, at);
    let above = line_start(text, line.saturating_sub(1));
    [line, above].into_iter().find_map(|start| {
        let rest = text.get(start..)?;
        let indentation = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        rest.get(..indentation)?.find('\t').map(|tab| start + tab)
    })
}

/// The first byte of the line that holds this byte.
pub fn line_start(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at.min(text.len())).unwrap_or_default();
    before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1)
}

/// From the parser's character positions to bytes.
#[derive(Default)]
struct Offsets {
    bytes: Vec<usize>,
    text: Vec<u8>,
}

impl Offsets {
    fn of(text: &str) -> Self {
        let mut bytes: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
        bytes.push(text.len());
        Self { bytes, text: text.as_bytes().to_vec() }
    }

    fn byte(&self, marker: Marker) -> usize {
        self.bytes.get(marker.index()).copied().unwrap_or(self.text.len())
    }

    fn range(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start);
        start..self.byte(span.end).max(start)
    }

    fn text_byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }
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
        let text = "a: &base {x: 1, y: yes}\nb:\n  <<: *base\n  y: no\n---\n- 0644\n- \"0644\"\n- |\n  two\n  lines\n";
        assert_eq!(
            values(text),
            [
                json!({"a": {"x": 1, "y": true}, "b": {"y": false, "x": 1}}),
                json!([420, "0644", "two\nlines\n"])
            ]
        );
        assert_eq!(values("80: http\n!!str 5: x"), [json!({"80": "http", "5": "x"})]);
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
