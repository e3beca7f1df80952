//! What is wrong with a lesson, and where.

use serde::Serialize;

use crate::script::Place;

/// Something that is wrong with a lesson.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// Which proof failed, in a word: `format`, `solution`, `near-miss`, ...
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Finding {
    /// A finding at a place.
    pub fn new(file: &str, place: Place, rule: &'static str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: place.line, column: place.column, rule, message: message.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}: {}", self.file, self.line, self.column, self.rule, self.message)
    }
}
