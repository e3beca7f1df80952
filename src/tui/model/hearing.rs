//! Who does not hear of what changes, in words: a loop without an open watch acts on what it saw last.

use smol_str::{SmolStr, format_smolstr};

use crate::client::Deafness;
use crate::time::{Span, VirtualTime};

/// In the cells of a column: `dials 3s`.
pub fn deaf_word(deaf: Deafness, now: VirtualTime) -> SmolStr {
    match deaf {
        Deafness::Asking => "no watch".into(),
        Deafness::Dials(at) => format_smolstr!("dials {}s", whole_secs(at.since(now))),
        Deafness::Missed(at) => format_smolstr!("stale {}s", whole_secs(at.since(now))),
    }
}

/// As a sentence about somebody: `has no open watch: it dials again in 3s`.
pub fn deaf_clause(deaf: Deafness, now: VirtualTime) -> String {
    match deaf {
        Deafness::Asking => "has no open watch: it has asked for one and waits for the answer".to_owned(),
        Deafness::Dials(at) => format!("has no open watch: it dials again in {}", at.since(now)),
        Deafness::Missed(at) => {
            format!("has missed changes: it finds out in {}", at.since(now))
        }
    }
}

/// Whole seconds that are left, so that the last one is not called none.
fn whole_secs(left: Span) -> u64 {
    left.as_micros().div_ceil(1_000_000)
}
