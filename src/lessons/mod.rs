//! Lessons.

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
pub mod progress;
pub mod prose;
pub mod prove;
mod read_check;
mod read_question;
pub mod session;
mod translation;

pub use catalog::{Catalog, Goal, Misconception};
pub use finding::Finding;
pub use lesson::Lesson;
pub use session::{LessonView, Session};
