//! The command line `:`: the dashboard's own commands, and kubectl.
//!
//! One grammar says which words the dashboard knows itself ([`Own`]); everything else is kubectl's. While a line is
//! typed it is completed and previewed; Enter runs only what is typed.
//!
//! ```text
//!  : speed 20x             : kubectl scale deployment/login --replicas=6
//!  : goto 1m30s            : get pods -o wide
//!  : break node node-3 power-off
//! ```

mod completion;
mod export;
mod faults;
mod named;
mod own;
mod perform;
mod prompt;
mod refusal;
mod typed;

pub use export::Export;
pub use faults::BreakCommand;
pub use own::{Own, parse, verbs as own_verbs};
pub use prompt::{Choice, Prompt, PromptKind};
pub use typed::{by_key, typed};

/// What a line means.
#[derive(Clone, Debug)]
pub enum Line {
    /// One of the dashboard's own commands.
    Own(Own),
    /// A kubectl command, as typed.
    Kubectl(String),
}

/// What a line would do, in one sentence.
///
/// # Errors
/// What is wrong with it, or still missing.
pub fn preview(line: &str, world: &crate::engine::World) -> Result<String, String> {
    match parse(line) {
        Ok(Line::Own(own)) => Ok(format!("will: {}", own.words())),
        Ok(Line::Kubectl(line)) => Ok(crate::kubectl::preview(&line, world)),
        Err(problem) => Err(problem.lines().next().unwrap_or("").to_owned()),
    }
}
