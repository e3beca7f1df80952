//! The tape of an attempt: everything that was done in a lesson, so that it can be taken up again in another run of
//! the program, after a crash too.
//!
//! A lesson is its seed and what was done to it: its cluster is played again from the beginning, at full speed, and
//! graded on the way as it was. The tape is text, one JSON value a line: a header, then one line for each thing that
//! was done, and for each look at the cluster that mattered. A look says how things stood, so that an attempt which
//! cannot be had again (another program, another lesson) is noticed and not taken for the learner's.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::lesson::Lesson;
use super::pattern::VIA_LESSON;
use super::session::{Ask, Session};
use crate::engine::driver::Driver;
use crate::engine::{Engine, Input};
use crate::time::VirtualTime;

/// The version of the format.
const VERSION: u32 = 1;

/// The first line: which attempt this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    kubeloop_attempt: u32,
    /// The lesson.
    pub lesson: String,
    /// The seed.
    pub seed: u64,
    /// When it began, as the progress file has it.
    pub began: String,
}

/// One thing that was done, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When, in microseconds since boot.
    pub at_us: VirtualTime,
    /// What.
    pub did: Did,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// An input to the cluster.
    Input(Box<Input>),
    /// The learner's files became these.
    Files(BTreeMap<String, String>),
    /// A file was applied as it lay there.
    Applied(String),
    /// Something that the trace does not show.
    Deed(String),
    /// Something was asked of the lesson.
    Ask(Ask),
    /// The lesson looked at the cluster. This is how they stood then.
    Look {
        /// The step that was graded.
        step: usize,
        /// etcd's revision.
        revision: u64,
    },
}

impl Header {
    /// The header of an attempt.
    pub fn new(lesson: &str, seed: u64, began: &str) -> Self {
        Self { kubeloop_attempt: VERSION, lesson: lesson.to_owned(), seed, began: began.to_owned() }
    }

    /// Its line.
    pub fn line(&self) -> String {
        line(self)
    }
}

impl Line {
    /// Its line.
    pub fn line(&self) -> String {
        line(self)
    }
}

fn line<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}

/// Whether an input is the learner's: what a lesson's script does, it does again by itself.
pub fn is_learners(input: &Input) -> bool {
    input.via != VIA_LESSON
}

/// A lesson that was taken up again.
pub struct TakenUp {
    /// Which attempt it is.
    pub header: Header,
    /// The lesson as it stood.
    pub session: Session,
    /// Its cluster.
    pub engine: Engine,
}

/// Takes an attempt up where its tape ends. A line that is not whole is what a crash leaves; it is not there.
///
/// # Errors
/// In words, when the attempt cannot be had again.
pub fn take_up(lesson: &Arc<Lesson>, text: &str, driver: Box<dyn Driver>) -> Result<TakenUp, String> {
    let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).zip(1..);
    let bad = |number: usize, error: &dyn std::fmt::Display| format!("line {number}: {error}");
    let (first, _) = lines.next().ok_or("it is empty")?;
    let header: Header = serde_json::from_str(first).map_err(|error| bad(1, &error))?;
    if (header.kubeloop_attempt, &header.lesson) != (VERSION, &lesson.id) {
        return Err("it belongs to another lesson, or to another kubeloop".to_owned());
    }
    let opened = Session::open(lesson.clone(), Some(header.seed), driver);
    let (session, engine) = opened.map_err(|trouble| trouble.to_string())?;
    let mut again = TakenUp { header, session, engine };
    for (text, number) in lines {
        let line: Line = serde_json::from_str(text).map_err(|error| bad(number, &error))?;
        again.redo(line).map_err(|error| bad(number, &error))?;
    }
    let now = again.engine.now();
    again.session.busy(now);
    Ok(again)
}

impl TakenUp {
    fn redo(&mut self, line: Line) -> Result<(), String> {
        self.go_on_until(line.at_us);
        match line.did {
            // What was refused then is refused now.
            Did::Input(input) => drop(self.engine.apply(*input)),
            Did::Files(texts) => self.session.saved(&texts),
            Did::Applied(file) => self.session.applied(&file),
            Did::Deed(what) => self.session.acted(&what, self.engine.now()),
            Did::Ask(ask) => drop(self.session.ask(ask, &mut self.engine)),
            Did::Look { step, revision } => {
                self.session.observe(&mut self.engine);
                if (step, revision) != (self.session.step(), self.engine.world().revision()) {
                    return Err("it came otherwise than it was".to_owned());
                }
            }
        }
        Ok(())
    }

    /// Lets time go on, instant by instant, as it did.
    fn go_on_until(&mut self, until: VirtualTime) {
        loop {
            let now = self.engine.now();
            let due = self.engine.world().next_time();
            let own = self.session.next_time().filter(|own| *own > now);
            let Some(next) = due.into_iter().chain(own).min().filter(|next| *next <= until) else { break };
            match due.is_some_and(|due| due <= next) {
                true => drop(self.engine.step_instant()),
                false => self.engine.run_until(next),
            }
            // Nobody was stuck who does not sit here.
            self.session.busy(self.engine.now());
            self.session.observe(&mut self.engine);
        }
        self.engine.run_until(until);
    }
}
