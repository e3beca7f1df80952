//! Why is it so? Four questions about any object, answered from recorded facts alone.
//!
//! 1. Why does it exist? Who wrote it, because of what.
//! 2. Why was it killed? Who asked for that, or how its container ended.
//! 3. Why is it not ready? What it still waits for.
//! 4. Why is nothing happening? Who looked at it last, what they found, and whose clock runs.
//!
//! An answer is a sentence or a few, and where an event decided it, the chain of causes of that event.

mod finding;
mod nothing;
mod origin;
mod readiness;
mod standstill;

pub use finding::Finding;
pub use standstill::standstill;
pub(super) use standstill::{lacking, paused_rollout};

use crate::engine::World;
use crate::object::{Object, ObjectRef, Pod, Resource, is_terminating};
use crate::trace::EventId;
use crate::trace::text::{self, Vocabulary};
use crate::tui::model::chain::{Chain, chain};
use crate::tui::model::placement::placement;

/// One of the four questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Why does it exist?
    Exists,
    /// Why was it killed?
    Killed,
    /// Why is it not ready?
    NotReady,
    /// Why is nothing happening?
    Nothing,
}

impl Question {
    /// All four, in the order in which they are asked.
    pub const ALL: [Self; 4] = [Self::Exists, Self::Killed, Self::NotReady, Self::Nothing];

    /// The question.
    pub fn text(self) -> &'static str {
        match self {
            Self::Exists => "Why does it exist?",
            Self::Killed => "Why was it killed?",
            Self::NotReady => "Why is it not ready?",
            Self::Nothing => "Why is nothing happening?",
        }
    }
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question.
    pub question: Question,
    /// The sentences, the most important one first; never empty.
    pub sentences: Vec<String>,
    /// The causes of the event that decided it, if one did and is kept.
    pub chain: Chain,
    /// A table that belongs to it: what the scheduler weighed.
    pub details: Vec<String>,
}

/// What was found out about one question: facts, and the event that decided it.
#[derive(Clone, Debug, Default)]
struct Evidence {
    findings: Vec<Finding>,
    event: Option<EventId>,
}

/// All answers about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The object.
    pub object: ObjectRef,
    /// The answers, in the order of the questions.
    pub answers: Vec<Answer>,
    /// The question that matters most now.
    pub first: usize,
}

impl Why {
    /// Asks all questions about an object.
    pub fn of(world: &World, object: &ObjectRef, vocabulary: Vocabulary) -> Self {
        let answer = |question| {
            let evidence = match question {
                Question::Exists => origin::exists(world, object),
                Question::Killed => origin::killed(world, object),
                Question::NotReady => readiness::not_ready(world, object),
                Question::Nothing => nothing::nothing(world, object),
            };
            let sentences =
                evidence.findings.iter().map(|finding| finding.told(vocabulary, world.now())).collect();
            let chain = evidence.event.map(|event| chain(world, event, vocabulary)).unwrap_or_default();
            Answer { question, sentences, chain, details: details(world, object, question, vocabulary) }
        };
        let answers = Question::ALL.map(answer).into();
        let first = Question::ALL.iter().position(|question| *question == most_urgent(world, object));
        Self { object: object.clone(), answers, first: first.unwrap_or(0) }
    }

    /// Everything in lines of text, to be copied.
    pub fn to_text(&self) -> String {
        let mut lines = vec![format!("{}:", text::object_words(&self.object))];
        for answer in &self.answers {
            lines.push(format!("{} {}", answer.question.text(), answer.sentences.join(" ")));
            lines.extend(answer.chain.lines());
            lines.extend(answer.details.iter().cloned());
        }
        lines.join("\n")
    }
}

/// Where a pod is, or why it is nowhere, is the scheduler's choice: its table answers that. The points of a pod that
/// has its node are no plain words.
fn details(world: &World, object: &ObjectRef, question: Question, vocabulary: Vocabulary) -> Vec<String> {
    let placed = world.object(object).and_then(Pod::of).is_some_and(|pod| pod.node_name().is_some());
    match (question, placed) {
        (Question::Exists, true) if vocabulary != Vocabulary::Plain => placement(world, object),
        (Question::NotReady, false) => placement(world, object),
        _ => Vec::new(),
    }
}

/// What a person most likely wants to know.
fn most_urgent(world: &World, object: &ObjectRef) -> Question {
    match world.object(object) {
        None => Question::Killed,
        Some(found) if is_terminating(found.meta()) => Question::Killed,
        Some(Object::Pod(pod)) if !Pod::is_ready(pod) && !pod.is_finished() => Question::NotReady,
        Some(_) => match readiness::is_open(world, object) {
            true => Question::NotReady,
            false => Question::Exists,
        },
    }
}
