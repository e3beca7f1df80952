//! What is wrong with a text that is no YAML, and what most often is behind it.

use std::ops::Range;

use super::line_start;

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

/// A problem without help.
pub(super) fn problem(span: Range<usize>, message: impl Into<String>) -> Problem {
    Problem { span, message: message.into(), help: None }
}

/// A syntax error with what most often is behind it.
pub(super) fn syntax_problem(text: &str, at: usize, info: &str) -> Problem {
    if let Some(tab) = tab_in_indentation(text, at) {
        return Problem {
            span: tab..tab + 1,
            message: "a tab in the indentation".to_owned(),
            help: Some("YAML is indented with spaces only; most editors can be told so".to_owned()),
        };
    }
    let help = if info.contains("unknown anchor") {
        "an anchor stands in the same document, above its alias: `&name` there, `*name` here"
    } else if info.contains("recursion limit") {
        "no manifest nests so deep"
    } else if info.contains("mapping values are not allowed") {
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

/// The first tab before the text of the line with the error, or of the lines around it.
fn tab_in_indentation(text: &str, at: usize) -> Option<usize> {
    let line = line_start(text, at);
    let above = line_start(text, line.saturating_sub(1));
    let below = text.get(at..).and_then(|rest| rest.find('\n')).map_or(line, |newline| at + newline + 1);
    [line, above, below].into_iter().find_map(|start| {
        let rest = text.get(start..)?;
        let indentation = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        rest.get(..indentation)?.find('\t').map(|tab| start + tab)
    })
}
