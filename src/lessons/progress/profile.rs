//! The beliefs that somebody holds, as far as the answers show.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Progress;
use crate::lessons::session::Sure;

/// What the answers show of one belief.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Belief {
    /// How often a question exposed it.
    pub met: u32,
    /// How often it was held.
    pub held: u32,
    /// How surely it was held at most.
    pub sure: Option<Sure>,
    /// Whether it was held when a question exposed it last.
    pub holds: bool,
}

/// The beliefs by id.
pub fn profile(progress: &Progress) -> BTreeMap<String, Belief> {
    let mut beliefs: BTreeMap<String, Belief> = BTreeMap::new();
    for answer in progress.attempts().flat_map(|attempt| &attempt.answers) {
        let ids = answer.exposes.iter().chain(&answer.busts);
        let ids: std::collections::BTreeSet<&String> = ids.collect();
        for id in ids {
            let belief = beliefs.entry(id.clone()).or_default();
            belief.met += 1;
            belief.holds = answer.busts.as_ref() == Some(id);
            if belief.holds {
                belief.held += 1;
                belief.sure = belief.sure.max(Some(answer.sure));
            }
        }
    }
    beliefs
}
