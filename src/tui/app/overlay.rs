//! What lies over the screen, and what keys do there.

use crossterm::event::KeyCode;

use super::{App, Effect, PAGE};
use crate::object::ObjectRef;
use crate::tui::breaks::{self, BreakEntry};
use crate::tui::keymap;

/// Something over the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys; which one is selected.
    Help(usize),
    /// The break menu; which entry is selected.
    Break(Vec<BreakEntry>, usize),
    /// A text; how far it is scrolled.
    Text {
        /// Its title.
        title: String,
        /// Its lines.
        lines: Vec<String>,
        /// The first line that is shown.
        top: usize,
    },
    /// A question before objects are deleted, because their documents are gone.
    Prune(ObjectRef, String),
}

impl App {
    pub(super) fn overlay_key(&mut self, overlay: Overlay, key: KeyCode) -> Option<Effect> {
        let close = matches!(key, KeyCode::Esc | KeyCode::Char('q'));
        match overlay {
            Overlay::Prune(object, file) => match key {
                KeyCode::Char('y') | KeyCode::Enter => return Some(Effect::Prune(object)),
                KeyCode::Char('n') => {}
                _ if close => {}
                _ => self.overlay = Some(Overlay::Prune(object, file)),
            },
            _ if close => {}
            Overlay::Help(at) => return self.help_key(at, key),
            Overlay::Break(entries, at) => return self.break_key(entries, at, key),
            Overlay::Text { title, lines, top } => {
                let last = lines.len().saturating_sub(1);
                let top = match key {
                    KeyCode::Down | KeyCode::Char('j') => (top + 1).min(last),
                    KeyCode::Up | KeyCode::Char('k') => top.saturating_sub(1),
                    KeyCode::PageDown | KeyCode::Char(' ') => (top + PAGE).min(last),
                    KeyCode::PageUp => top.saturating_sub(PAGE),
                    KeyCode::Home => 0,
                    KeyCode::End => last,
                    _ => top,
                };
                self.overlay = Some(Overlay::Text { title, lines, top });
            }
        }
        None
    }

    fn help_key(&mut self, at: usize, key: KeyCode) -> Option<Effect> {
        let last = keymap::BINDINGS.len().saturating_sub(1);
        match key {
            KeyCode::Char('?') => None,
            KeyCode::Enter => keymap::BINDINGS.get(at).and_then(|binding| self.run(binding.command)),
            KeyCode::Down => {
                self.overlay = Some(Overlay::Help((at + 1).min(last)));
                None
            }
            KeyCode::Up => {
                self.overlay = Some(Overlay::Help(at.saturating_sub(1)));
                None
            }
            other => match keymap::command(other, self.screen) {
                Some(command) => self.run(command),
                None => {
                    self.overlay = Some(Overlay::Help(at));
                    None
                }
            },
        }
    }

    fn break_key(&mut self, entries: Vec<BreakEntry>, at: usize, key: KeyCode) -> Option<Effect> {
        let last = entries.len().saturating_sub(1);
        let chosen = match key {
            KeyCode::Down => return self.keep_break(entries, (at + 1).min(last)),
            KeyCode::Up => return self.keep_break(entries, at.saturating_sub(1)),
            KeyCode::Enter => Some(at),
            other => breaks::of_key(&entries, other),
        };
        let Some(entry) = chosen.and_then(|index| entries.get(index)) else {
            return self.keep_break(entries, at);
        };
        match entry.input.clone() {
            Ok(input) => {
                self.say(input.title.to_string());
                Some(Effect::Input(Box::new(input)))
            }
            Err(reason) => {
                self.say(format!("{}: {reason}", entry.name));
                None
            }
        }
    }

    fn keep_break(&mut self, entries: Vec<BreakEntry>, at: usize) -> Option<Effect> {
        self.overlay = Some(Overlay::Break(entries, at));
        None
    }
}
