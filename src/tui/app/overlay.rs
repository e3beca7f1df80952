//! What lies over the screen, and what keys do there.

use crossterm::event::KeyCode;

use super::{App, BranchesView, BreakMenu, Effect, InspectView, PAGE, SceneAct, TextView, WhyView};
use crate::object::ObjectRef;
use crate::tui::keymap::Command;
use crate::tui::screens;

/// Something over the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys.
    Help {
        /// Which one is selected.
        at: usize,
        /// Only those that contain this.
        search: String,
    },
    /// The break menu.
    Break(Box<BreakMenu>),
    /// A text.
    Text(Box<TextView>),
    /// Everything about one object.
    Inspect(Box<InspectView>),
    /// The runs that were left.
    Branches(BranchesView),
    /// Why an object is as it is.
    Why(Box<WhyView>),
    /// The ways back within a lesson; which one is selected.
    Again(usize),
    /// A question before a scene is played, by its place.
    Scene(usize),
    /// A question before objects are deleted, because their documents are gone.
    Prune(ObjectRef, String),
}

impl App {
    pub(super) fn overlay_key(&mut self, overlay: Overlay, key: KeyCode) -> Option<Effect> {
        let typing = matches!(overlay, Overlay::Help { .. });
        let close = key == KeyCode::Esc || (key == KeyCode::Char('q') && !typing);
        match overlay {
            Overlay::Prune(object, file) => match key {
                KeyCode::Char('y') | KeyCode::Enter => {
                    self.gone.retain(|(other, _)| *other != object);
                    return Some(Effect::Prune(object));
                }
                KeyCode::Char('n' | 'q') | KeyCode::Esc => self.gone.retain(|(other, _)| *other != object),
                _ => self.overlay = Some(Overlay::Prune(object, file)),
            },
            Overlay::Scene(index) => match key {
                KeyCode::Char('y') | KeyCode::Enter => {
                    return Some(Effect::Scene(SceneAct::Open((index + 1).to_string())));
                }
                KeyCode::Char('n') => {}
                _ if close => {}
                _ => self.overlay = Some(Overlay::Scene(index)),
            },
            Overlay::Branches(view) if view.typing.is_some() => {
                if key != KeyCode::Esc {
                    return self.branches_key(view, key);
                }
            }
            Overlay::Break(menu) if menu.search.is_some() => return self.break_key(menu, key),
            _ if close => {}
            Overlay::Break(menu) => return self.break_key(menu, key),
            Overlay::Branches(view) => return self.branches_key(view, key),
            Overlay::Again(at) => return screens::learn::again_key(self, at, key),
            Overlay::Why(view) => return self.why_key(view, key),
            Overlay::Inspect(view) => return self.inspect_key(view, key),
            Overlay::Help { at, search } => return self.help_key(at, search, key),
            Overlay::Text(view) => return self.text_key(view, key),
        }
        None
    }

    /// No file describes these objects any more. What is described again, or is gone from the cluster, is no question.
    pub fn undescribed(
        &mut self,
        fresh: Vec<(ObjectRef, String)>,
        is_described: impl Fn(&ObjectRef) -> bool,
    ) {
        self.gone.extend(fresh);
        let live = &self.live;
        self.gone.retain(|(object, _)| !is_described(object) && live.object(object).is_some());
        if let Some(Overlay::Prune(object, _)) = &self.overlay
            && !self.gone.iter().any(|(other, _)| other == object)
        {
            let words = format!("{object} is described again: it stays.");
            self.overlay = None;
            self.say(words);
        }
        if self.overlay.is_none() && self.prompt.is_none() {
            self.overlay =
                self.gone.first().map(|(object, file)| Overlay::Prune(object.clone(), file.clone()));
        }
    }

    fn help_key(&mut self, at: usize, mut search: String, key: KeyCode) -> Option<Effect> {
        let matching = self.keymap.matching(&search, self.screen);
        let shown: Vec<Command> = matching.iter().map(|(_, bound)| bound.binding.command).collect();
        let last = shown.len().saturating_sub(1);
        let mut at = at;
        match key {
            KeyCode::Enter => {
                let command = *shown.get(at)?;
                if let Some(reason) = self.unavailable(command) {
                    self.say(self.keymap.told(reason));
                    return None;
                }
                return self.run(command);
            }
            KeyCode::Down | KeyCode::Tab => at = (at + 1).min(last),
            KeyCode::Up | KeyCode::BackTab => at = at.saturating_sub(1),
            KeyCode::PageDown => at = (at + PAGE).min(last),
            KeyCode::PageUp => at = at.saturating_sub(PAGE),
            KeyCode::Backspace => {
                search.pop();
                at = 0;
            }
            KeyCode::Char('?') => return None,
            KeyCode::Char('/') if search.is_empty() => {}
            KeyCode::Char(letter) => {
                search.push(letter);
                at = 0;
            }
            _ => {}
        }
        self.overlay = Some(Overlay::Help { at, search });
        None
    }
}
