//! Lessons: what they say, how they are graded, and the proofs that they can be taken.
//!
//! A lesson is a Markdown file that people write who do not read Rust (`lessons/FORMAT.md` is the reference). Here it
//! becomes data and a state machine; nothing here draws, reads a file or asks the clock.
//!
//! - [`Catalog`]: all lessons of a folder, with learning goals, misconceptions and translations.
//! - [`Lesson`]: one lesson as it was read, strictly; every mistake has a line and a column.
//! - [`Session`]: one learner, one lesson, one cluster: sets the scene, holds the clock for predictions, grades live by
//!   what is so *and* what happened, judges answers by what the cluster then does, gives hints, goes back.
//! - [`LessonView`]: everything that a face needs to show it, as plain data.
//! - [`prove`]: `kubeloop lesson check`.
//! - [`progress`]: what somebody has learnt, as one readable text.
//! - [`tape`]: an attempt as text, to be taken up again.
//! - [`plain_host`]: a machine with `docker run`, for contrast.
//! - [`print`]: handout, key, coverage.
//!
//! Grading looks at the [`crate::engine::View`] and at the trace only, so every valid way to a goal passes.

mod catalog;
mod fence;
mod finding;
mod glob;
mod ids;
pub mod lesson;
mod lines;
mod load;
mod markdown;
mod pattern;
mod pattern_read;
mod play;
pub mod plain_host;
pub mod print;
pub mod progress;
mod propose;
pub mod prose;
pub mod prove;
mod read_check;
mod read_question;
pub mod session;
pub mod tape;
mod translation;

pub use catalog::{Catalog, Goal, Misconception};
pub use finding::Finding;
pub use lesson::Lesson;
pub use play::play_way;
pub use propose::propose;
pub use session::{LessonView, Session};
