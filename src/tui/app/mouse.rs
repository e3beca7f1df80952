//! The mouse, for those who want it: a click focuses and selects, the wheel scrolls, a click on a tab opens it.

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};

use super::{App, Effect};
use crate::tui::keymap::Command;
use crate::tui::screens;

impl App {
    /// The mouse did something.
    pub fn mouse(&mut self, mouse: MouseEvent) -> Option<Effect> {
        match mouse.kind {
            MouseEventKind::ScrollDown => self.key(KeyCode::Down),
            MouseEventKind::ScrollUp => self.key(KeyCode::Up),
            MouseEventKind::Drag(MouseButton::Left) => {
                self.say(self.keymap.told("press <mouse> to select text with the mouse"));
                None
            }
            MouseEventKind::Down(MouseButton::Left) if self.overlay.is_none() && self.prompt.is_none() => {
                match screens::tab_at(self, mouse.column, mouse.row) {
                    Some(screen) => self.run(Command::Go(screen)),
                    None => {
                        screens::click(self, mouse.column, mouse.row);
                        None
                    }
                }
            }
            _ => None,
        }
    }
}
