//! The mouse, for those who want it: a click focuses and selects, the wheel scrolls, a click on a tab opens it, and on
//! the Time screen the cursor follows a drag.

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{App, Effect, Flow};
use crate::tui::keymap::Command;
use crate::tui::screens;

impl App {
    /// The mouse did something.
    pub fn mouse(&mut self, mouse: MouseEvent) -> Option<Effect> {
        let at = Position::new(mouse.column, mouse.row);
        let is_free = self.overlay.is_none() && self.prompt.is_none();
        match mouse.kind {
            MouseEventKind::ScrollDown => self.key(KeyCode::Down),
            MouseEventKind::ScrollUp => self.key(KeyCode::Up),
            MouseEventKind::Drag(MouseButton::Left) if is_free => match screens::drag(self, at) {
                Flow::Done(effect) => effect,
                Flow::Pass => self.not_selecting(),
            },
            MouseEventKind::Drag(MouseButton::Left) => self.not_selecting(),
            MouseEventKind::Down(MouseButton::Left) if is_free => match screens::tab_at(self, at) {
                Some(screen) => self.run(Command::Go(screen)),
                None => screens::click(self, at),
            },
            _ => None,
        }
    }

    /// Whoever draws the mouse over text wants to select it: that is said once, not at every cell.
    fn not_selecting(&mut self) -> Option<Effect> {
        let words = self.keymap.told("press <mouse> to select text with the mouse");
        if self.toasts.iter().all(|toast| toast.text != words) {
            self.say(words);
        }
        None
    }
}
