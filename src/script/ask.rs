//! A question to the room: what will happen? The answer is what then does happen.

use crate::engine::World;
use crate::expression::{Expression, Moments};
use crate::time::VirtualTime;

/// A question with the answers that one may give.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The question.
    pub question: String,
    /// What may happen; none if it is only to be talked about.
    pub options: Vec<AskOption>,
}

/// Something that may happen.
#[derive(Clone, Debug)]
pub struct AskOption {
    /// In words.
    pub text: String,
    /// What holds in the end if it did happen.
    pub holds: Expression,
}

impl Ask {
    /// Which option really happened, by its place; looked at when the beat is over. `t` counts from when it was asked.
    ///
    /// # Errors
    /// None of them did, or several; with what each looked at.
    pub fn outcome(&self, world: &World, asked: VirtualTime) -> Result<usize, String> {
        let moments = Moments { start: asked, since: asked, ..Moments::default() };
        let outcomes = self.options.iter().map(|option| option.holds.evaluate(world, &moments));
        let outcomes: Vec<_> = outcomes.collect();
        let mut held = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.holds());
        match (held.next(), held.next()) {
            (Some((index, _)), None) => Ok(index),
            (first, _) => {
                let count = if first.is_some() { "several options" } else { "no option" };
                let seen: Vec<String> = outcomes.iter().map(|outcome| outcome.operands_text()).collect();
                Err(format!("{count} happened: {}", seen.join("; ")))
            }
        }
    }
}
