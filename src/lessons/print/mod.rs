//! Lessons on paper: the handout for learners, the key for instructors, and what the course covers.

mod coverage;
mod handout;
mod key;
mod markdown;

pub use coverage::{Covered, coverage};
pub use handout::handout;
pub use key::key;
