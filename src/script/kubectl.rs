//! `kubectl: "get pods -o wide"`: a command line in a script.

use regex::Regex;

use super::run::{Runner, Stop};
use super::step::{KubectlStep, Step};
use crate::kubectl::{self, Output, Poll, Stream};
use crate::script::Held;
use crate::time::Span;

/// How much virtual time a command may take: longer than any deadline of its own, such as that of a rollout.
pub(crate) const LIMIT: Span = Span::secs(3600);
/// A command is asked again after this long, even if nothing was written.
pub(crate) const LONGEST_PAUSE: Span = Span::secs(1);

/// What is to be said of a command that is over: what, whether it held, and the detail. Nothing if it was to go well and
/// did.
pub(crate) fn verdicts(command: &KubectlStep, printed: &str, exit: u8) -> Vec<(String, Held, String)> {
    let line = format!("kubectl {}", command.run.trim().trim_start_matches("kubectl ").trim());
    if command.expect_exit.is_none() && command.expect_output.is_none() {
        return match exit {
            0 => Vec::new(),
            exit => {
                let detail = format!("{line}: exit code {exit}\n{}", printed.trim_end());
                vec![(line, Held::Refused, detail)]
            }
        };
    }
    let mut found = Vec::new();
    if let Some(wanted) = command.expect_exit {
        let (held, detail) = match wanted == exit {
            true => (Held::Held, String::new()),
            false => (Held::Failed, format!("exit code {exit}, not {wanted}\n{}", printed.trim_end())),
        };
        found.push((format!("{line} exits with {wanted}"), held, detail));
    }
    if let Some(pattern) = &command.expect_output {
        // The pattern was checked when the script was read.
        let matches = Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(printed));
        let (held, detail) = match matches {
            true => (Held::Held, String::new()),
            false => (Held::Failed, format!("it printed\n{}", printed.trim_end())),
        };
        found.push((format!("{line} prints {pattern}"), held, detail));
    }
    found
}

impl Runner<'_> {
    /// Runs a command until it is done, while time passes. What is not said to be expected must go well.
    pub(super) fn kubectl(&mut self, command: &KubectlStep, step: &Step) -> Result<(), Stop> {
        let began = self.engine.now();
        let (output, exit) = self.run_command(&command.run);
        let line = format!("kubectl {}", command.run.trim().trim_start_matches("kubectl ").trim());
        let printed = output.text();
        let Some(exit) = exit else {
            let detail = format!("not done at {}\n{}", self.engine.now(), printed.trim_end());
            return Err(self.not_reached(step, line, detail, Vec::new()));
        };
        if command.expect_exit.is_none() && command.expect_output.is_none() {
            let detail = format!("exit code {exit}\n{}", printed.trim_end());
            return match exit {
                0 => Ok(()),
                // It was waited for, and the cluster did not get there.
                _ if self.engine.now() > began => Err(self.not_reached(step, line, detail, Vec::new())),
                _ => Err(self.refused(step, format!("{line}: {detail}"))),
            };
        }
        for (what, held, detail) in verdicts(command, &printed, exit) {
            self.find(step, what, held, detail, Vec::new());
        }
        Ok(())
    }

    /// What a command printed and its exit code; none if it is not done in time.
    fn run_command(&mut self, line: &str) -> (Output, Option<u8>) {
        let mut running = kubectl::parse(line);
        let mut output = Output::default();
        let limit = self.limit(LIMIT);
        loop {
            let poll = running.poll(self.engine, self.files);
            output.append(running.take_output());
            self.look();
            match poll {
                Poll::Done(exit) => return (output, Some(exit)),
                Poll::Edit(_) => {
                    output.print(
                        Stream::Err,
                        "error: a script has no editor; use `kubectl patch` or an `edit` step\n",
                    );
                    return (output, Some(1));
                }
                Poll::Waiting(until) => {
                    let until = until.unwrap_or(limit).min(limit);
                    let (now, revision) = (self.engine.now(), self.engine.world().revision());
                    if now >= limit {
                        return (output, None);
                    }
                    // What a command waits for shows in a write; only what containers print does not.
                    let pause = until.since(now).min(LONGEST_PAUSE);
                    self.advance(pause, &mut |world| world.revision() != revision);
                }
            }
        }
    }
}
