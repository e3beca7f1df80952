//! From the events of the YAML parser to the tree: anchors and aliases, merge keys (`<<`), duplicate keys.

use std::collections::BTreeMap;
use std::ops::Range;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};
use serde_json::Value;

use super::problem::{Problem, problem, syntax_problem};
use super::{Content, Entry, Node, Style, scalar};

/// How deep documents may nest; the deepest field of the API is at about 20.
const MAX_DEPTH: usize = 100;
/// How many nodes a file may have once its aliases are followed, so that a few lines cannot fill the memory.
const MAX_NODES: usize = 200_000;

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
                let span = self.offsets.quoted(span);
                let content = scalar_content(&text, style, tag.as_deref(), &span)?;
                self.finish(Node { span, content }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.start(span, anchor, Inside::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.start(span, anchor, Inside::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => match self.offsets.text_byte(span.start) {
                // Here too the parser counts a comment that follows.
                Some(b']' | b'}') => self.close(span.start + 1),
                _ => self.close(span.end),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => {
                    self.count(&node, &span)?;
                    self.finish(node, 0)
                }
                None if self.open.iter().any(|frame| frame.anchor == anchor) => {
                    Err(problem(span, "an alias inside the anchor it refers to"))
                }
                None => Err(problem(span, "this document has no such anchor; each has its own")),
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

    /// The parser counts white space and comments after a quoted text as part of it; this ends at the quote.
    fn quoted(&self, span: Range<usize>) -> Range<usize> {
        let letters = self.text.get(span.clone()).unwrap_or_default();
        let Some(quote @ (b'"' | b'\'')) = letters.first().copied() else { return span };
        let mut at = 1;
        while let Some(letter) = letters.get(at) {
            match (letter, letters.get(at + 1)) {
                (b'\\', Some(_)) if quote == b'"' => at += 2,
                (b'\'', Some(b'\'')) if quote == b'\'' => at += 2,
                (letter, _) if *letter == quote => return span.start..span.start + at + 1,
                _ => at += 1,
            }
        }
        span
    }

    fn text_byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }
}
