//! The journal: every input with the instant at which it was handled.
//!
//! Together with the cluster's configuration it is the whole run. It is text, one JSON value a line: first a
//! header with the version and the configuration, then one line per input, each complete when it is written, so
//! that a journal that was cut off by a crash is readable up to its last whole line.

use serde::{Deserialize, Serialize};

use super::config::ClusterConfig;
use super::input::Input;
use crate::time::VirtualTime;

/// The version of the format; it changes when an old journal would no longer give the same run.
pub const VERSION: u32 = 1;

/// One input and when it was handled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// When, in microseconds since boot.
    pub at_us: VirtualTime,
    /// What.
    pub input: Input,
}

#[derive(Serialize, Deserialize)]
struct Header {
    kubeloop_journal: u32,
    config: ClusterConfig,
}

/// A recorded run.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// What the cluster is made of.
    pub config: ClusterConfig,
    /// What was done to it, in order.
    pub entries: Vec<JournalEntry>,
}

/// Why a text is no journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It is empty.
    #[error("the journal is empty; it should begin with a header line")]
    Empty,
    /// A line cannot be read.
    #[error("line {line} of the journal: {reason}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// Why not.
        reason: String,
    },
    /// It was written by another version.
    #[error("this journal has version {found}; this kubeloop reads version {VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
}

impl Journal {
    /// The first line of a journal.
    pub fn header(config: &ClusterConfig) -> String {
        line(&Header { kubeloop_journal: VERSION, config: config.clone() })
    }

    /// One entry's line.
    pub fn line(entry: &JournalEntry) -> String {
        line(entry)
    }

    /// Reads a journal. An incomplete last line is what a crash leaves; it is ignored.
    ///
    /// # Errors
    /// When the header or a complete line cannot be read.
    pub fn parse(text: &str) -> Result<Self, JournalError> {
        let mut lines = text.split_inclusive('\n').enumerate();
        let (_, first) = lines.next().ok_or(JournalError::Empty)?;
        let bad =
            |line: usize, reason: &serde_json::Error| JournalError::Line { line, reason: reason.to_string() };
        let header: Header = serde_json::from_str(first).map_err(|error| bad(1, &error))?;
        if header.kubeloop_journal != VERSION {
            return Err(JournalError::Version { found: header.kubeloop_journal });
        }
        let mut entries = Vec::new();
        for (index, text) in lines {
            match serde_json::from_str(text) {
                Ok(entry) => entries.push(entry),
                Err(_) if !text.ends_with('\n') => break,
                Err(error) => return Err(bad(index + 1, &error)),
            }
        }
        Ok(Self { config: header.config, entries })
    }

    /// The whole journal as text.
    pub fn to_text(&self) -> String {
        let entries = self.entries.iter().map(Self::line);
        std::iter::once(Self::header(&self.config)).chain(entries).collect()
    }
}

fn line<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}
