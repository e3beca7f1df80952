//! The journal: every input with the instant at which it was handled.
//!
//! Together with the cluster's configuration it is the whole run. It is text, one JSON value a line: first a
//! header with the version and the configuration, then one line per input, each complete when it is written, so
//! that a journal that was cut off by a crash is readable up to its last whole line.
//!
//! What happened after the last input belongs to the run, too: `{"end_us": N}` says that it went on until the instant
//! N. A session writes it when it ends; one that was killed ends with its last input.
//!
//! Lines are only ever added. When somebody goes back and forks, `{"fork_us": N, "kept": "branch-1"}` says that
//! what follows happened after the instant N, and what stood there before belongs to the branch of that name;
//! `{"take_up": "branch-1", "kept": "branch-2"}` goes on with a branch that was left.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

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

/// A line that is no input: the run turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Turn {
    /// Back to an instant; the future that was left is kept under a name.
    Fork {
        /// The instant.
        fork_us: VirtualTime,
        /// The name; empty if it is not kept.
        #[serde(default)]
        kept: SmolStr,
    },
    /// On with a branch that was left.
    TakeUp {
        /// Its name.
        take_up: SmolStr,
        /// The name that the run gets which is left for it.
        #[serde(default)]
        kept: SmolStr,
    },
    /// The run went on until here.
    End {
        /// The instant.
        end_us: VirtualTime,
    },
}

/// A line after the header.
#[derive(Deserialize)]
#[serde(untagged)]
enum Record {
    Turn(Turn),
    Entry(Box<JournalEntry>),
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
    /// Until when it is known to have gone on.
    pub end: VirtualTime,
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

    /// The line of a turn.
    pub fn turn(turn: &Turn) -> String {
        line(turn)
    }

    /// Reads a journal: the inputs of the run as it was last. An incomplete last line is what a crash leaves; it is ignored.
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
        let mut reader = Reader::default();
        for (index, text) in lines {
            match serde_json::from_str(text) {
                Ok(record) => {
                    reader.take(record).map_err(|reason| JournalError::Line { line: index + 1, reason })?
                }
                Err(_) if !text.ends_with('\n') => break,
                Err(_) => {
                    // What is wrong with it is better told by the shape that nearly every line has.
                    let error = serde_json::from_str::<JournalEntry>(text).map(drop);
                    let reason = error.map_or_else(|error| error.to_string(), |()| "unknown".to_owned());
                    return Err(JournalError::Line { line: index + 1, reason });
                }
            }
        }
        Ok(Self { config: header.config, entries: reader.run.entries, end: reader.run.end })
    }

    /// The whole journal as text.
    pub fn to_text(&self) -> String {
        let entries = self.entries.iter().map(Self::line);
        let end = Self::turn(&Turn::End { end_us: self.end });
        std::iter::once(Self::header(&self.config)).chain(entries).chain([end]).collect()
    }
}

/// A run as far as it has been read.
#[derive(Clone, Default)]
struct Run {
    entries: Vec<JournalEntry>,
    end: VirtualTime,
}

/// The run that was last, and those that were left.
#[derive(Default)]
struct Reader {
    run: Run,
    left: BTreeMap<SmolStr, Run>,
}

impl Reader {
    fn take(&mut self, record: Record) -> Result<(), String> {
        match record {
            Record::Entry(entry) => {
                self.run.end = entry.at_us;
                self.run.entries.push(*entry);
            }
            Record::Turn(Turn::End { end_us }) => self.run.end = end_us,
            Record::Turn(Turn::Fork { fork_us, kept }) => {
                if !kept.is_empty() {
                    self.left.insert(kept, self.run.clone());
                }
                self.run.entries.retain(|entry| entry.at_us <= fork_us);
                self.run.end = fork_us;
            }
            Record::Turn(Turn::TakeUp { take_up, kept }) => {
                let there = self.left.remove(&take_up);
                let there = there.ok_or_else(|| format!("there is no branch \"{take_up}\" to take up"))?;
                self.left.insert(kept, std::mem::replace(&mut self.run, there));
            }
        }
        Ok(())
    }
}

fn line<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Act, Fault};
    use crate::time::Span;

    fn entry(at: u64, title: &str) -> JournalEntry {
        let fault = Fault::Component { name: "scheduler".into(), start: false };
        JournalEntry {
            at_us: VirtualTime::ZERO + Span::secs(at),
            input: Input::new("key", title, Act::Fault(fault)),
        }
    }

    fn titles(lines: &[String]) -> Vec<String> {
        let text = Journal::header(&ClusterConfig::default()) + &lines.concat();
        let journal = Journal::parse(&text).expect("a journal");
        journal.entries.iter().map(|entry| entry.input.title.to_string()).collect()
    }

    fn fork(at: u64, kept: &str) -> String {
        Journal::turn(&Turn::Fork { fork_us: VirtualTime::ZERO + Span::secs(at), kept: kept.into() })
    }

    #[test]
    fn a_fork_drops_what_came_after_it() {
        let [a, b, c] = [(1, "a"), (2, "b"), (3, "c")].map(|(at, title)| Journal::line(&entry(at, title)));
        let forked = [a.clone(), b.clone(), fork(1, "branch-1"), c.clone()];
        assert_eq!(titles(&forked), ["a", "c"]);
        // An input of the very instant belongs to the past that is kept.
        assert_eq!(titles(&[a.clone(), b.clone(), fork(2, ""), c.clone()]), ["a", "b", "c"]);
        // Journals without forks are what they were.
        assert_eq!(titles(&[a, b, c]), ["a", "b", "c"]);
    }

    #[test]
    fn a_branch_that_was_left_is_taken_up_again() {
        let line = |at, title: &str| Journal::line(&entry(at, title));
        let take_up = Turn::TakeUp { take_up: "branch-1".into(), kept: "branch-2".into() };
        let turns = [
            line(1, "a"),
            line(2, "b"),
            fork(1, "branch-1"),
            line(3, "c"),
            Journal::turn(&take_up),
            line(4, "d"),
        ];
        assert_eq!(titles(&turns), ["a", "b", "d"]);
        let missing = Turn::TakeUp { take_up: "none".into(), kept: "x".into() };
        let text = Journal::header(&ClusterConfig::default()) + &Journal::turn(&missing);
        assert!(matches!(Journal::parse(&text), Err(JournalError::Line { line: 2, .. })));
    }

    #[test]
    fn a_run_ends_where_it_says_and_else_with_its_last_input() {
        let end = |lines: &[String]| {
            let text = Journal::header(&ClusterConfig::default()) + &lines.concat();
            Journal::parse(&text).expect("a journal").end.as_secs_f64()
        };
        let mark = |at| Journal::turn(&Turn::End { end_us: VirtualTime::ZERO + Span::secs(at) });
        let line = |at| Journal::line(&entry(at, "a"));
        assert!((end(&[line(1), line(2)]) - 2.0).abs() < 1e-9, "one that was killed");
        assert!((end(&[line(1), mark(9)]) - 9.0).abs() < 1e-9);
        assert!((end(&[line(1), mark(9), fork(4, "branch-1")]) - 4.0).abs() < 1e-9);
        let take_up = Journal::turn(&Turn::TakeUp { take_up: "branch-1".into(), kept: "branch-2".into() });
        assert!((end(&[line(1), mark(9), fork(4, "branch-1"), line(5), take_up]) - 9.0).abs() < 1e-9);
    }

    #[test]
    fn the_plain_record_of_a_fork_is_understood_and_a_torn_last_line_is_not_missed() {
        let text = Journal::header(&ClusterConfig::default())
            + &Journal::line(&entry(1, "a"))
            + &Journal::line(&entry(5, "b"))
            + "{\"fork_us\": 2000000}\n{\"at_us\": 30";
        assert_eq!(Journal::parse(&text).expect("a journal").entries.len(), 1);
        assert!(Journal::parse(&format!("{text}\n")).is_err(), "a whole line that is broken is an error");
    }
}
