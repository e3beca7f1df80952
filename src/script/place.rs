//! Places in a text that people write, and reading YAML so that every mistake has one.

use serde::de::DeserializeOwned;
use serde_saphyr::Spanned;

use super::ScriptError;
use crate::expression::Expression;
use crate::manifests::nearest;
use crate::time::Span;

/// Where something stands: line and column, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// Where a value stands.
    pub fn of<T>(spanned: &Spanned<T>) -> Self {
        let at = spanned.referenced;
        Self { line: at.line() as usize, column: at.column() as usize }
    }

    /// A mistake at this place.
    pub fn error(self, message: impl Into<String>) -> ScriptError {
        ScriptError { message: message.into(), line: self.line, column: self.column }
    }

    /// Reads an expression that stands here.
    ///
    /// # Errors
    /// When it is none, with the place of the mistake.
    pub fn expression(self, text: &str) -> Result<Expression, ScriptError> {
        Expression::parse(text).map_err(|error| ScriptError {
            message: error.message,
            line: self.line,
            // The text begins behind a quote, if it is quoted; near enough to find it.
            column: self.column + error.column.saturating_sub(1),
        })
    }

    /// Reads a length of time that stands here.
    ///
    /// # Errors
    /// When it is none.
    pub fn span(self, text: &str) -> Result<Span, ScriptError> {
        Span::parse(text).map_err(|error| self.error(error))
    }
}

/// Reads YAML strictly.
///
/// # Errors
/// The first thing that is wrong, with its place, and with the word that was probably meant.
pub fn read_yaml<T: DeserializeOwned>(text: &str) -> Result<T, ScriptError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let at = error.location();
        let (line, column) = at.map_or((1, 1), |at| (at.line() as usize, at.column() as usize));
        ScriptError { message: plain(&error.to_string()), line, column }
    })
}

/// The first line of an error, without the place that is told separately.
fn plain(error: &str) -> String {
    let line = error.lines().find(|line| !line.trim().is_empty()).unwrap_or(error);
    let line = line.trim_start_matches("error: ");
    match line.split_once(": ") {
        Some((place, rest)) if place.starts_with("line ") && place.contains(" column ") => with_guess(rest),
        _ => with_guess(line),
    }
}

/// ``unknown field `wiat`, expected one of apply, wait`` names what was probably meant.
fn with_guess(message: &str) -> String {
    let Some((unknown, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    let word = unknown.split('`').nth(1).filter(|_| unknown.starts_with("unknown "));
    let known = expected.trim_start_matches("one of ").split([',', ' ']).map(|word| word.trim_matches('`'));
    match word.and_then(|word| nearest(word, known.filter(|known| !known.is_empty()))) {
        Some(guess) => format!("{unknown}; did you mean `{guess}`?"),
        None => message.to_owned(),
    }
}
