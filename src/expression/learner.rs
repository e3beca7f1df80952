//! What only a lesson knows: what its learner did and answered.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use crate::time::{Span, VirtualTime};

/// Deeds that are remembered.
const DEEDS_MAX: usize = 2_000;

/// What a learner did and answered.
#[derive(Clone, Debug, Default)]
pub struct Learner {
    deeds: VecDeque<Deed>,
    /// When something useful happened last.
    pub useful: VirtualTime,
    /// How long nothing useful happened while time stood still.
    pub idle: Span,
    /// By question: how much of the answer was right; none while it is not judged.
    pub answers: BTreeMap<String, Option<u64>>,
    /// The containers of the lesson's plain host.
    pub host: BTreeMap<String, Value>,
}

/// One thing that a learner did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: VirtualTime,
    /// In words, small letters.
    pub words: Vec<String>,
}

impl Learner {
    /// The learner did something.
    pub fn note(&mut self, at: VirtualTime, what: &str) {
        self.deeds.push_back(Deed { at, words: words(what) });
        if self.deeds.len() > DEEDS_MAX {
            self.deeds.pop_front();
        }
    }

    /// More is known about the last thing that the learner did.
    pub fn note_more(&mut self, what: &str) {
        if let Some(deed) = self.deeds.back_mut() {
            deed.words.extend(words(what));
        }
    }

    /// Whether one thing that the learner did since then has all the words of this action. `delete` and
    /// `deleted` are the same word.
    pub fn did(&self, action: &str, since: VirtualTime) -> bool {
        let action = words(action);
        let has = |deed: &Deed| action.iter().all(|word| deed.words.iter().any(|done| is_same(word, done)));
        self.deeds.iter().rev().take_while(|deed| deed.at >= since).any(has)
    }

    /// How long nothing useful has happened.
    pub fn stalled(&self, now: VirtualTime) -> Span {
        now.since(self.useful).max(self.idle)
    }
}

fn words(text: &str) -> Vec<String> {
    let separate = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '"' | '\'');
    text.split(separate).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Whether a word is the same verb in another form: `scale` and `scaled`, `stop` and `stopped`.
fn is_same(word: &str, done: &str) -> bool {
    let past = |stem: &str, end: &str| done.strip_prefix(stem).is_some_and(|rest| rest == end);
    word == done
        || past(word, "d")
        || past(word, "ed")
        || past(word, "s")
        || word.chars().last().is_some_and(|last| past(word, &format!("{last}ed")))
        || matches!((word, done), ("set", "changed") | ("cut", "cuts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_are_found_by_their_words() {
        let mut learner = Learner::default();
        learner.note(VirtualTime::from_micros(5), "you deleted pod web-1");
        learner.note_more("delete Pod web-1");
        for (action, since, did) in [
            ("delete pod", 0, true),
            ("delete pod web-1", 5, true),
            ("delete pod", 6, false),
            ("delete deployment", 0, false),
            ("create pod", 0, false),
        ] {
            assert_eq!(learner.did(action, VirtualTime::from_micros(since)), did, "{action} since {since}");
        }
    }

    #[test]
    fn deeds_are_bounded() {
        let mut learner = Learner::default();
        (0..3 * DEEDS_MAX as u64).for_each(|at| learner.note(VirtualTime::from_micros(at), "x"));
        assert_eq!(learner.deeds.len(), DEEDS_MAX);
    }
}
