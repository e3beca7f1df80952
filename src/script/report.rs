//! What came of a script.

use serde::Serialize;

/// How a step that expects something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// It held.
    Held,
    /// It did not.
    Failed,
    /// The step could not be done: bad input.
    Refused,
}

/// A step that expects something, or that could not be done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The step's line in the script; 0 for what was asked for beside it.
    pub line: usize,
    /// The step's column in the script, or 0.
    pub column: usize,
    /// What was expected, as it was written.
    pub what: String,
    /// How it ended.
    pub held: Held,
    /// When, in virtual seconds since the start.
    pub t: f64,
    /// Why not: operands with their values, what is missing, what was refused.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The chain of causes, root first, where there is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
}

/// What came of a script.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The findings in order.
    pub findings: Vec<Finding>,
    /// Virtual seconds from boot to the end.
    pub virtual_secs: f64,
    /// Trace events in all.
    pub events: u64,
    /// The hash over all events: equal for equal runs.
    pub hash: String,
}

impl Report {
    /// Whether everything held.
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.held == Held::Held)
    }

    /// The exit code: 0 if all held, 1 if something did not, 2 if something could not be done.
    pub fn exit_code(&self) -> u8 {
        match () {
            () if self.findings.iter().any(|finding| finding.held == Held::Refused) => 2,
            () if !self.is_good() => 1,
            () => 0,
        }
    }
}
