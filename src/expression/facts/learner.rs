//! The learner of a lesson: deeds, answers, the plain host.

use serde_json::Value;

use super::Depends;
use crate::expression::{Learner, Moments};
use crate::time::{Span, VirtualTime};

/// Something about the learner.
#[derive(Clone, Debug)]
pub(in crate::expression) enum Ask {
    Did(String),
    Stalled(Span),
    Answered(String),
    Right(String),
    Host(String),
}

impl Ask {
    /// What this call asks for, if it is about the learner.
    pub(super) fn parse(name: &str, args: &[String]) -> Option<Result<Self, String>> {
        let make: fn(String) -> Result<Self, String> = match name {
            "did" => |action| Ok(Self::Did(action)),
            "stalled" => |span| Span::parse(&span).map(Self::Stalled),
            "answered" => |question| Ok(Self::Answered(question)),
            "right" => |question| Ok(Self::Right(question)),
            "host" => |container| Ok(Self::Host(container)),
            _ => return None,
        };
        Some(match args {
            [text] => make(text.clone()),
            _ => Err(format!("`{name}` takes one text in quotes")),
        })
    }

    /// What its value can depend on.
    pub(super) fn depends(&self) -> Depends {
        Depends { time: matches!(self, Self::Stalled(_)), learner: true, ..Depends::default() }
    }

    /// Its value, or what is missing.
    pub(super) fn value(&self, now: VirtualTime, moments: &Moments) -> Result<Value, String> {
        let learner: &Learner =
            moments.learner.as_deref().ok_or("only a lesson knows what its learner did and answered")?;
        Ok(match self {
            Self::Did(action) => learner.did(action, moments.since).into(),
            Self::Stalled(span) => (learner.stalled(now) >= *span).into(),
            Self::Answered(question) => learner.answers.contains_key(question).into(),
            Self::Right(question) => learner.answers.get(question).copied().flatten().unwrap_or(0).into(),
            Self::Host(name) => learner
                .host
                .get(name)
                .cloned()
                .ok_or_else(|| format!("the plain host has no container \"{name}\""))?,
        })
    }
}
