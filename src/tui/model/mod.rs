//! What the cluster looks like to a person, as data; the screens only paint it.

pub mod about;
pub mod chain;
pub mod change;
pub mod compare;
mod course;
mod gap;
pub mod inspect;
pub mod glow;
pub mod lanes;
pub mod lens;
pub mod marks;
mod narration;
mod next;
mod placement;
mod pods;
mod roster;
mod rows;
mod story;
pub mod tombstones;
pub mod why;
mod wire;

pub use course::{CourseMark, CourseRow, course};
pub use gap::Gap;
pub use narration::{capitalised, event_sentence, headline, is_told, now_sentence, pods_wanted_and_ready};
pub use pods::pod_state;
pub use roster::{Member, Roster};
pub use rows::{Have, LoopCell, Mark, Row, Want, filtered, fold, loop_phase, rows};
pub use story::{StoryLine, StoryView, current_story};
pub use wire::{Comets, Hop, Station, stations};
