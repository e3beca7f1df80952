//! The break menu: what it is about, and what keys do in it.

use crossterm::event::KeyCode;

use super::{App, Effect, Overlay, PAGE};
use crate::scenes;
use crate::tui::breaks::{self, BreakEntry, BreakTarget, Deed};
use crate::tui::keymap::Command;
use crate::tui::screens;

/// The break menu.
#[derive(Clone, Debug)]
pub struct BreakMenu {
    /// What it is about; none is the control plane.
    pub target: Option<BreakTarget>,
    /// What can be done.
    pub entries: Vec<BreakEntry>,
    /// Which entry is selected.
    pub at: usize,
    /// Another target is looked for.
    pub search: Option<TargetSearch>,
}

/// What can be broken instead, as far as it fits what was typed.
#[derive(Clone, Debug)]
pub struct TargetSearch {
    /// What was typed.
    pub typed: String,
    /// What fits.
    pub found: Vec<BreakTarget>,
    /// Which one is selected.
    pub at: usize,
}

impl BreakMenu {
    /// The selected entry.
    pub fn selected(&self) -> Option<&BreakEntry> {
        self.entries.get(self.at)
    }
}

impl App {
    /// Opens the menu for what is selected: the link of a station of the wire, or an object.
    pub(super) fn open_breaks(&mut self) -> Option<Effect> {
        let link = screens::picked_station(self).map(BreakTarget::Link);
        let object = self.target().map(|object| breaks::aim(&self.view, &object));
        let target = link.or_else(|| object.map(BreakTarget::Object));
        self.break_target(target)
    }

    fn break_target(&mut self, target: Option<BreakTarget>) -> Option<Effect> {
        let entries = breaks::entries(&self.view, target.as_ref());
        self.keep_breaks(BreakMenu { target, entries, at: 0, search: None })
    }

    /// Shows the menu as it is now, and asks what the selected entry would cause.
    fn keep_breaks(&mut self, menu: BreakMenu) -> Option<Effect> {
        let deed = menu.selected().and_then(|entry| entry.deed.clone().ok());
        self.overlay = Some(Overlay::Break(Box::new(menu)));
        self.await_outlook(deed.map(|deed| deed.trial()))
    }

    pub(super) fn break_key(&mut self, mut menu: Box<BreakMenu>, key: KeyCode) -> Option<Effect> {
        if menu.search.is_some() {
            return self.target_key(menu, key);
        }
        let last = menu.entries.len().saturating_sub(1);
        let chosen = match key {
            KeyCode::Down => return self.keep_breaks(BreakMenu { at: (menu.at + 1).min(last), ..*menu }),
            KeyCode::Up => return self.keep_breaks(BreakMenu { at: menu.at.saturating_sub(1), ..*menu }),
            KeyCode::Char('/') => {
                menu.search = Some(self.look_for(String::new()));
                self.overlay = Some(Overlay::Break(menu));
                return None;
            }
            // The menu names a command: it can be typed from here.
            KeyCode::Char(':') => return self.run(Command::CommandLine),
            KeyCode::Char(digit @ '1'..='9') => return self.ask_for_scene(digit, menu),
            KeyCode::Char('P') => {
                self.predicts_first = !self.predicts_first;
                self.overlay = Some(Overlay::Break(menu));
                return None;
            }
            KeyCode::Enter => Some(menu.at),
            other => breaks::of_key(&menu.entries, other),
        };
        let Some(at) = chosen else {
            self.overlay = Some(Overlay::Break(menu));
            return None;
        };
        match menu.entries.get(at).map(|entry| entry.deed.clone()) {
            Some(Ok(Deed::Input(input))) => Some(Effect::Input(input)),
            Some(Ok(Deed::Kubectl(line))) => Some(Effect::Kubectl(line)),
            // The menu says why nothing would come of it.
            Some(Err(_)) | None => self.keep_breaks(BreakMenu { at, ..*menu }),
        }
    }

    /// A key while another target is looked for.
    fn target_key(&mut self, mut menu: Box<BreakMenu>, key: KeyCode) -> Option<Effect> {
        let mut search = menu.search.take()?;
        let last = search.found.len().saturating_sub(1);
        match key {
            KeyCode::Esc => return self.keep_breaks(*menu),
            KeyCode::Enter => {
                return match search.found.get(search.at).cloned() {
                    Some(target) => self.break_target(Some(target)),
                    None => self.keep_breaks(*menu),
                };
            }
            KeyCode::Down | KeyCode::Tab => search.at = (search.at + 1).min(last),
            KeyCode::Up | KeyCode::BackTab => search.at = search.at.saturating_sub(1),
            KeyCode::PageDown => search.at = (search.at + PAGE).min(last),
            KeyCode::PageUp => search.at = search.at.saturating_sub(PAGE),
            KeyCode::Backspace => {
                search.typed.pop();
                search = self.look_for(search.typed);
            }
            KeyCode::Char(letter) => {
                search.typed.push(letter);
                search = self.look_for(search.typed);
            }
            _ => {}
        }
        menu.search = Some(search);
        self.overlay = Some(Overlay::Break(menu));
        None
    }

    fn look_for(&self, typed: String) -> TargetSearch {
        let wanted = typed.to_lowercase();
        let fits = |target: &BreakTarget| target.words(&self.view).to_lowercase().contains(&wanted);
        let found = breaks::targets(&self.view).into_iter().filter(fits).collect();
        TargetSearch { typed, found, at: 0 }
    }

    /// A digit in the break menu means a scene; it is not begun without a question.
    fn ask_for_scene(&mut self, digit: char, menu: Box<BreakMenu>) -> Option<Effect> {
        let index = digit as usize - '1' as usize;
        self.overlay = match index < scenes::all().len() && self.lesson().is_none() {
            true => Some(Overlay::Scene(index)),
            false => Some(Overlay::Break(menu)),
        };
        if self.lesson().is_some() {
            self.say("A lesson has its own world; leave it before you play a scene.");
        }
        None
    }
}
