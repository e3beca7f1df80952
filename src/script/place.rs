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

    /// Where the text of a value begins: behind the quote, if it stands in quotes.
    fn of_text<T>(spanned: &Spanned<T>, text: &str) -> Self {
        let at = Self::of(spanned);
        let length = spanned.referenced.span().len() as usize;
        let quoted = length >= text.chars().count() + 2 && !text.contains('\n');
        Self { column: at.column + usize::from(quoted), ..at }
    }

    /// Reads an expression, which is the text of a value.
    ///
    /// # Errors
    /// When it is none, with the place of the mistake.
    pub fn expression<T>(spanned: &Spanned<T>, text: &str) -> Result<Expression, ScriptError> {
        Expression::parse(text).map_err(|error| {
            let at = Self::of_text(spanned, text);
            ScriptError {
                message: error.message,
                line: at.line,
                column: at.column + error.column.saturating_sub(1),
            }
        })
    }

    /// Where the first line of a value stands whose first words are here, if it is a block: `inline: |` and then line
    /// by line as it is. None if it is not.
    pub(super) fn block(self, value: &str, text: &str) -> Option<Self> {
        let empty = value.lines().take_while(|line| line.trim().is_empty()).count();
        let line = self.line.checked_sub(empty)?;
        let above = text.lines().nth(line.checked_sub(2)?)?.trim_end();
        ["|", "|-", "|+"].iter().any(|sign| above.ends_with(sign)).then_some(Self { line, ..self })
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
        Some((place, rest)) if place.starts_with("line ") && place.contains(" column ") => in_words(rest),
        _ => in_words(line),
    }
}

/// What the reader says of a shape, in words that name nothing of it.
fn in_words(message: &str) -> String {
    let sized = message.strip_prefix("invalid length ").and_then(|rest| rest.split_once(", expected "));
    if let Some((count, expected)) = sized {
        let wanted: String = expected.chars().filter(char::is_ascii_digit).collect();
        return format!("{wanted} items are expected here, not {count}");
    }
    match message {
        "expected mapping start" => "fields are expected here, such as {name: value}".to_owned(),
        "expected sequence start" => "a list is expected here, such as [a, b]".to_owned(),
        "expected string scalar" => "a text is expected here".to_owned(),
        _ if message.starts_with("invalid i") || message.starts_with("invalid u") => {
            "a whole number is expected here, and none so large or small".to_owned()
        }
        _ if message.starts_with("multiple YAML documents") => {
            "one document is expected; a `---` begins another".to_owned()
        }
        _ => with_guess(message.split(", set DuplicateKeyPolicy").next().unwrap_or(message)),
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

#[cfg(test)]
mod tests {
    use crate::script::Script;

    #[test]
    fn what_is_wrong_is_told_at_its_place_without_words_of_the_reader() {
        for (text, told) in [
            ("steps:\n  - scale: {deployment: a, replicas: x}\n", "2:38: a whole number is expected here"),
            ("steps:\n  - fault: {cut: [a]}\n", "2:13: 2 items are expected here, not 1"),
            ("steps:\n  - fault: {cut: [a, b, c]}\n", "2:13: 2 items are expected here, not 3"),
            ("steps: 7\n", "1:8: a list is expected here"),
            ("steps:\n  - scale: 7\n", "2:12: fields are expected here"),
            ("steps: []\n---\nsteps: []\n", "3:1: one document is expected"),
            ("steps:\n  - after: 3s\n    after: 4s\n", "3:5: duplicate mapping key: after"),
            ("steps:\n  - apply: [a]\n", "2:5: invalid type: sequence, expected a text"),
            ("steps:\n  - expect: {always: quiet, since: now}\n", "unknown variant `now`"),
            ("steps:\n  - expect: podz(1)\n", "2:13: there is no `podz()`"),
            ("steps:\n  - expect: \"podz(1)\"\n", "2:14: there is no `podz()`"),
            ("steps:\n  - expect: {always: 'podz(1)'}\n", "2:23: there is no `podz()`"),
            ("steps:\n  - wait: {until: t > podz(1)}\n", "2:23: there is no `podz()`"),
            ("steps:\n  - delete: {pod: a, count: 0}\n", "count: must be a number, 1 or more"),
            ("world: {cpu: lots}\n", "1:14: \"lots\" is no amount"),
            ("world: {nodes: [{name: a}, {name: a}]}\n", "1:35: there are two nodes called a"),
            (
                "world: {nodes: [{name: a, taints: [{key: a, effect: Nope}]}]}\n",
                "\"Nope\" is not one of NoSchedule",
            ),
            ("world: {nodes: [{}]}\n", "missing field `name`"),
            ("world: {nodes: -1}\n", "a number of nodes, or a list of them"),
            ("world: {nodes: 5000}\n", "1:16: there can be 1000 nodes at most"),
            ("world: {traffic: {login: fast}}\n", "1:26: traffic to login: \"fast\" is no rate"),
            ("images: {a: {size: x}}\n", "1:14: unknown field `size`"),
        ] {
            let error = Script::parse(text).expect_err(text).to_string();
            assert!(error.contains(told) && !error.contains("enum"), "{text}{error}\nshould say {told}");
        }
        assert_eq!(
            Script::parse("world: {cpu: 0.5}").expect("a script").world.nodes.expect("some")[0].cpu,
            "500m"
        );
    }
}
