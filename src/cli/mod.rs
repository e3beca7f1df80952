//! The command line: results to stdout, diagnostics to stderr, an exit code that says how it went.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | an expectation failed, or the cluster did not get there in time |
//! | 2 | usage or bad input: a script or manifest that does not parse or that the API server refuses |
//! | 3 | internal error |
//! | 141 | whoever read the output closed the pipe |
#![expect(
    clippy::disallowed_methods,
    reason = "the rim: the command line reads files, the environment and the clock"
)]

// First: its macros are for all that follow.
#[macro_use]
mod output;

mod args;
mod config;
mod dashboard;
mod demo;
mod fidelity;
mod files;
mod lesson;
mod manual;
mod replay;
mod run;
mod table;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Args, Command};

use crate::lessons::Catalog;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// An expectation failed.
    Failed,
    /// Usage or bad input.
    BadInput,
}

/// What the user named cannot be used: the mistake is in what was asked for, not in this program.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BadInput(String);

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::BadInput => 2,
        })
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    // clap prints help and usage errors itself, and ends with 0 or 2.
    let args = Args::parse();
    match dispatch(args) {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("kubeloop: {error:#}");
            match error.is::<BadInput>() {
                true => Exit::BadInput.into(),
                false => ExitCode::from(3),
            }
        }
    }
}

fn dispatch(args: Args) -> anyhow::Result<Exit> {
    match args.command {
        Some(Command::Learn(learn)) => dashboard::learn(&learn),
        Some(Command::Demo(demo)) => demo::demo(&demo),
        Some(Command::Run(run)) => run::run(&run),
        Some(Command::Replay(replay)) => replay::replay(&replay),
        Some(Command::Lesson(args)) => lesson::lesson(&args),
        Some(Command::Fidelity { output }) => fidelity::fidelity(output),
        Some(Command::Config(args)) => config::config(&args),
        Some(Command::Man(man)) => manual::man(&man),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "kubeloop", &mut script);
            print!("{}", String::from_utf8_lossy(&script));
            Ok(Exit::Done)
        }
        None => dashboard::open(&args.dashboard, Catalog::embedded(), None, None),
    }
}
