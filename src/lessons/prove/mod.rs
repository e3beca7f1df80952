//! `lesson check`: proofs that a lesson can be taken, and that it grades what it says.
//!
//! | rule | what is proved |
//! |---|---|
//! | `format` | the file parses, strictly |
//! | `sections` | there is a debrief, and the lesson says what it simplifies |
//! | `id`, `needs`, `teaches`, `busts` | ids are unique, what is named exists, prerequisites have no circle |
//! | `taught` | no kind or field is used before a lesson introduced it |
//! | `fits` | each page fits a terminal of 80x24 |
//! | `keys` | the keys that are named are there |
//! | `hint` | each step has a hint for everybody at each level; a first one does not give the solution away |
//! | `start` | whoever does nothing does not pass; no goal is met at the moment at which its step begins |
//! | `solution` | every solution passes within the limit, on every seed |
//! | `prediction` | exactly one option comes true, the same one on every seed and in every solution; wrong ones say why |
//! | `near-miss` | the goal that is named refuses it, on every seed |
//! | `script`, `demo` | the lesson's script and the presenters' can be played |
//! | `missing` | no expression names what never exists |
//!
//! Proofs that play a lesson are split by seed ([`Runs::of`]), so that whoever calls can run them side by side;
//! [`judge`] puts them together.

mod fits;
mod judge;
mod keys;
mod runs;
mod statics;
mod taught;

pub use judge::judge;
pub use runs::Runs;
pub use statics::statics;
