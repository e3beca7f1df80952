//! What the cluster looks like to a person, as data; the screens only paint it.

pub mod about;
pub mod chain;
pub mod change;
pub mod compare;
mod course;
mod gap;
mod hearing;
pub mod inspect;
pub mod glow;
mod kin;
pub mod lanes;
pub mod lens;
pub mod marks;
pub mod health;
mod narration;
mod next;
mod placement;
mod pods;
mod roster;
mod rows;
mod story;
mod telling;
pub mod tombstones;
pub mod traffic;
pub mod why;
mod wire;

pub use course::{CourseMark, CourseRow, course};
pub use gap::Gap;
pub use health::{Health, is_whole, pods_wanted_and_ready};
pub use hearing::deaf_word;
pub use kin::{leads_to, owners};
pub use narration::{event_sentence, headline, in_vain, is_told, now_sentence, step_sentence};
pub use next::{Clock, awaited, mends};
pub use pods::{last_heard, pod_state};
pub use roster::{Member, Roster};
pub use rows::{
    Have, LoopCell, Mark, Pods, Row, SLOTS, Spot, Want, filtered, fold, loop_phase, parent, rows,
};
pub use story::{StoryLine, StoryView, Weight, current_story};
pub use telling::{Telling, telling};
pub use wire::{Comets, Hop, Station, few, in_the_air, stations};
