//! Lessons.

mod fence;
mod glob;
mod ids;
pub mod lesson;
mod lines;
mod load;
mod markdown;
mod pattern;
mod pattern_read;
pub mod plain_host;
pub mod prose;
mod read_check;
mod read_question;

pub use lesson::Lesson;
