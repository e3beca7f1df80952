//! Somebody who goes along with a plain session, such as a lesson.

use crate::engine::World;

/// Somebody who hears every line and every instant, and has something to say about them.
pub trait Guest {
    /// A line was typed. A guest to whom it was said answers with what is to be printed; all others are commands for
    /// the session.
    fn line(&mut self, line: &str, world: &World) -> Option<Vec<String>>;

    /// A command that was not the guest's was given: it is about to be done.
    fn acted(&mut self, line: &str);

    /// The cluster went on or was changed. Gives what is to be printed.
    fn observe(&mut self, world: &World) -> Vec<String>;

    /// Whether no time may pass now.
    fn holds_clock(&self) -> bool;
}

/// Nobody goes along.
pub struct Alone;

impl Guest for Alone {
    fn line(&mut self, _line: &str, _world: &World) -> Option<Vec<String>> {
        None
    }

    fn acted(&mut self, _line: &str) {}

    fn observe(&mut self, _world: &World) -> Vec<String> {
        Vec::new()
    }

    fn holds_clock(&self) -> bool {
        false
    }
}
