//! What comes out of the dashboard: what the rim is to do.

use super::{Goal, LessonAct, SceneAct};
use crate::engine::{Branch, Input};
use crate::object::ObjectRef;
use crate::preview::Trial;
use crate::time::{Span, VirtualTime};
use crate::tui::command::Export;

/// What the rim is to do.
#[derive(Clone)]
pub enum Effect {
    /// Hand this to the engine.
    Input(Box<Input>),
    /// Let so many random faults come, one every so often; none of them ends those that are under way.
    Chaos {
        /// How many.
        budget: u32,
        /// From one to the next.
        every: Span,
    },
    /// Go on until something like this happens.
    RunTo(Goal),
    /// Show the cluster as it was at this instant.
    Seek(VirtualTime),
    /// Go on from this instant, and forget everything after it.
    Fork(VirtualTime),
    /// Go on with a run that was left.
    TakeUp(Box<Branch>),
    /// Put this text into the clipboard.
    Copy(String),
    /// Open an editor on the manifest of this object.
    Edit(ObjectRef),
    /// Take back what was done last.
    Undo,
    /// Delete what a removed document described.
    Prune(ObjectRef),
    /// Find out what this would cause, without doing it.
    Foresee(Box<Trial>),
    /// Send an edited text to the cluster.
    Apply {
        /// The file that it belongs to.
        file: String,
        /// The text.
        text: String,
    },
    /// Write an edited text to its file.
    Save {
        /// The file, in the folder of manifests.
        file: String,
        /// The text.
        text: String,
    },
    /// Write something into a new file.
    Export(Export),
    /// Run a kubectl command.
    Kubectl(String),
    /// Go on in the course.
    Lesson(LessonAct),
    /// Go on with a scene.
    Scene(SceneAct),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// End.
    Quit,
}

/// What came of a command that a screen was offered.
pub(in crate::tui) enum Flow {
    /// It is not this screen's; the dashboard itself may know it.
    Pass,
    /// It is done, and this is left for the rim to do.
    Done(Option<Effect>),
}
