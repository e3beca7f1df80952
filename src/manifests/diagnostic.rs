//! What is wrong with a manifest, shown where it is wrong.
//!
//! ```text
//! login.yaml:6:3: error: unknown field "spec.replcas"
//!   |
//! 6 |   replcas: 3
//!   |   ^^^^^^^ did you mean `replicas`?
//!   |
//!   = note: field: spec.replcas
//! ```

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::yaml::line_start;

/// The text of a file, shared by everything that points into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's name as people know it.
    pub file: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file and its text.
    pub source: Source,
    /// The bytes that are wrong.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The field: `spec.replicas`; empty where there is none.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The word that was probably meant.
    pub did_you_mean: Option<String>,
    /// An edit that would put it right.
    pub fix: Option<TextEdit>,
}

/// Replaces a range of bytes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; empty where something is only put in.
    pub range: Range<usize>,
    /// What comes there.
    pub text: String,
}

impl Source {
    /// A file's name and text.
    pub fn new(file: &str, text: &str) -> Self {
        Self { file: file.into(), text: text.into() }
    }

    /// A problem at these bytes.
    pub fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        let (line, column) = self.position(span.start);
        Diagnostic {
            source: self.clone(),
            span,
            line,
            column,
            path: String::new(),
            message: message.into(),
            help: None,
            did_you_mean: None,
            fix: None,
        }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let start = line_start(&self.text, at);
        let bytes = self.text.as_bytes();
        let newlines = bytes.get(..start).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        let column = self.text.get(start..at).map_or(1, |before| before.chars().count() + 1);
        (newlines + 1, column)
    }
}

impl Diagnostic {
    /// The same with a field path.
    #[must_use]
    pub fn at(mut self, path: impl fmt::Display) -> Self {
        self.path = path.to_string();
        self
    }

    /// The same with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with an edit that replaces the marked bytes.
    #[must_use]
    pub fn replace_with(mut self, text: impl Into<String>) -> Self {
        self.fix = Some(TextEdit { range: self.span.clone(), text: text.into() });
        self
    }

    /// `login.yaml:6:3`.
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.source.file, self.line, self.column)
    }

    /// The same in a file of this name.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        self.source.file = file.into();
        self
    }

    /// The whole text for people, with the line and a mark under it.
    pub fn render(&self, coloured: bool) -> String {
        let (bold, off) = if coloured { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
        format!("{}: {bold}error{off}: {}", self.place(), self.told(coloured))
    }

    /// The same without its place, for those who name that themselves.
    pub fn told(&self, coloured: bool) -> String {
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        let text = &*self.source.text;
        let span = if text.get(self.span.clone()).is_some() { self.span.clone() } else { 0..0 };
        // A mark that spans lines draws a frame around them; the first line says enough.
        let end = text
            .get(span.clone())
            .and_then(|marked| marked.find('\n'))
            .map_or(span.end, |line| span.start + line);
        let label = self.did_you_mean.as_ref().map(|word| format!("did you mean `{word}`?"));
        let mark = AnnotationKind::Primary.span(span.start..end).label(label);
        let mut group = Group::with_level(Level::ERROR).element(Snippet::source(text).annotation(mark));
        if !self.path.is_empty() {
            group = group.element(Level::NOTE.message(format!("field: {}", self.path)));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let drawn = renderer.render(&[group]);
        let drawn: Vec<&str> = drawn.lines().map(str::trim_end).collect();
        format!("{}\n{}", self.message, drawn.join("\n"))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostic {}

impl TextEdit {
    /// The smallest edit that makes `new` of `old`.
    pub fn between(old: &str, new: &str) -> Self {
        let same = |(old, new): &(char, char)| old == new;
        let length =
            |pairs: Vec<(char, char)>| pairs.iter().map(|(letter, _)| letter.len_utf8()).sum::<usize>();
        let front = length(old.chars().zip(new.chars()).take_while(same).collect());
        let (old_rest, new_rest) = (old.get(front..).unwrap_or(""), new.get(front..).unwrap_or(""));
        let back = length(old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(same).collect());
        Self {
            range: front..old.len() - back,
            text: new.get(front..new.len() - back).unwrap_or("").to_owned(),
        }
    }

    /// The text after the edit; unchanged if the edit does not fit it.
    pub fn apply(&self, text: &str) -> String {
        match (text.get(..self.range.start), text.get(self.range.end..)) {
            (Some(before), Some(after)) => format!("{before}{}{after}", self.text),
            _ => text.to_owned(),
        }
    }
}

/// The word of a list that somebody probably meant; none if nothing is near.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .map(|known| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), known))
        .filter(|(distance, _)| *distance <= (word.chars().count() / 3).clamp(1, 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_drawn_at_its_place() {
        let source = Source::new("login.yaml", "kind: Deployment\nspec:\n  replcas: 3\n");
        let mut problem =
            source.problem(25..32, "unknown field \"spec.replcas\"").at("spec.replcas").help("see it");
        problem.did_you_mean = Some("replicas".into());
        assert_eq!(
            problem.to_string(),
            "login.yaml:3:3: error: unknown field \"spec.replcas\"\n  \
              |\n3 |   replcas: 3\n  |   ^^^^^^^ did you mean `replicas`?\n  |\n  \
              = note: field: spec.replcas\n  = help: see it"
        );
        assert!(problem.render(true).contains("\u{1b}[1;31merror"));
    }

    #[test]
    fn edits_are_small() {
        let edit = TextEdit::between("a: 1\nb: 2\n", "a: 1\nc: 3\nb: 2\n");
        assert_eq!(edit.apply("a: 1\nb: 2\n"), "a: 1\nc: 3\nb: 2\n");
        assert_eq!(edit.text.len(), 5);
        assert_eq!(TextEdit::between("aa", "aaa").apply("aa"), "aaa");
    }

    #[test]
    fn the_nearest_word() {
        let words = || ["replicas", "selector", "template"].into_iter();
        assert_eq!(nearest("replcas", words()), Some("replicas"));
        assert_eq!(nearest("Replicas", words()), Some("replicas"));
        assert_eq!(nearest("foo", words()), None);
    }
}
