//! What differs from the recordings, and why.

/// A difference with its reason.
#[derive(Debug)]
pub struct Difference {
    /// The scenario; `*` for all.
    pub scenario: &'static str,
    /// The fact, with `*` for any text at its end.
    pub fact: &'static str,
    /// Why it differs.
    pub reason: &'static str,
}

impl Difference {
    /// Whether it is about this fact.
    pub fn covers(&self, scenario: &str, fact: &str) -> bool {
        let scenario = self.scenario == "*" || self.scenario == scenario;
        scenario
            && match self.fact.split_once('*') {
                Some((start, end)) => {
                    fact.len() >= start.len() + end.len() && fact.starts_with(start) && fact.ends_with(end)
                }
                None => fact == self.fact,
            }
    }
}

/// How `differences.md` begins.
pub fn heading() -> String {
    "# What differs from the recordings\n\n\
     Made by `UPDATE_GOLDENFILES=1 cargo test --test fidelity`; the reasons are in `differences.rs`. In each \
     block, `-` is what the real cluster did, `+` is what this one does.\n"
        .to_owned()
}

/// Everything that differs.
pub const DIFFERENCES: &[Difference] = &[];
