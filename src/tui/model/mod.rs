//! What the cluster looks like to a person, as data; the screens only paint it.

mod gap;
mod narration;
mod placement;
mod pods;
mod rows;
mod story;
mod wire;

pub use gap::Gap;
pub use narration::{headline, now_sentence};
pub use placement::placement;
pub use pods::pod_state;
pub use rows::{Have, LoopCell, Mark, Row, Want, fold, loop_phase, rows};
pub use story::{StoryLine, StoryView, current_story};
pub use wire::{Comets, Hop, Station, stations};
