//! What a learner asks of a lesson that is taken, in whichever face.
//!
//! It is data, so that an attempt can be written down and gone through again.

use serde::{Deserialize, Serialize};

use super::{Given, Reply, Session, Sure};
use crate::engine::Engine;

/// What a learner asks of a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Turn to the next page.
    NextPage,
    /// Turn back a page.
    LastPage,
    /// Lock an answer to a question.
    Answer(String, Reply, Sure),
    /// A hint.
    Hint,
    /// Begin the step again.
    RestartStep,
    /// Begin the lesson again.
    Restart,
    /// Skip the step; it counts as not reached.
    Skip,
    /// Into the sandbox, or back from it.
    Sandbox,
    /// A command for the plain container host.
    Docker(String),
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nothing is to be said.
    Nothing,
    /// A word.
    Word(String),
    /// A hint; it stands in the list of those that were given, too.
    Hint(Given),
    /// A longer text, with its title.
    Text(String, String),
    /// It cannot be done, and why.
    Wrong(String),
    /// Time went back, and the files with it.
    WentBack,
}

impl Session {
    /// Does what the learner asks. Whoever calls looks at the cluster afterwards, unless time went back.
    pub fn ask(&mut self, ask: Ask, engine: &mut Engine) -> Told {
        let word = |text: &str| Told::Word(text.to_owned());
        match ask {
            Ask::Restart => {
                self.restart(engine);
                Told::WentBack
            }
            Ask::RestartStep => {
                self.restart_step(engine);
                Told::WentBack
            }
            Ask::Sandbox if self.in_sandbox() => {
                self.leave_sandbox(engine);
                Told::WentBack
            }
            Ask::Sandbox => {
                self.enter_sandbox(engine);
                word("Nothing is graded now. The same key comes back to this moment.")
            }
            Ask::NextPage if self.next_page(engine.world()) => Told::Nothing,
            Ask::NextPage => word("This step is not passed yet: the checklist says what is open."),
            Ask::LastPage => {
                self.previous_page();
                Told::Nothing
            }
            Ask::Skip if self.skip_step(engine) => word("Skipped. What it asks for counts as not reached."),
            Ask::Skip => word("There is nothing to skip."),
            Ask::Answer(question, reply, sure) => self
                .answer(&question, reply, sure, engine.world())
                .map_or_else(Told::Wrong, |()| Told::Nothing),
            Ask::Hint => match self.hint(engine.world()) {
                Some(hint) => Told::Hint(hint),
                None => word("There is nothing more to say about this step."),
            },
            Ask::Docker(line) => match self.docker(&line, engine.now()) {
                Ok(text) if text.trim().is_empty() => Told::Word(format!("docker {line}: done")),
                Ok(text) => Told::Text(format!("docker {line}"), text.trim_end().to_owned()),
                Err(reason) => Told::Wrong(reason),
            },
        }
    }
}
