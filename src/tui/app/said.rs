//! What the dashboard says: toasts for a moment, all of them kept to be read again, and what goes by itself.

use super::{App, GOING_TICKS};
use crate::tui::model::{now_sentence, step_sentence};

/// How long a toast stays, in ticks of the rim (about 15 a second).
const TOAST_TICKS: u32 = 60;
/// Toasts on the screen at most.
const TOASTS_MAX: usize = 3;
/// So much of what was said is kept.
const SAID_MAX: usize = 500;

/// A message for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// Whether something is wrong; then it stays until Esc.
    pub error: bool,
    /// Whether it says what the next key would do; then it goes with that key.
    asks: bool,
    left: u32,
}

impl App {
    /// Says something for a moment.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast(text.into(), false, false);
    }

    /// Says what would be lost if the same key were pressed again; the next key, whichever, answers.
    pub(in crate::tui) fn warn(&mut self, text: impl Into<String>) {
        self.toast(text.into(), false, true);
    }

    /// Says that something is wrong; it stays until Esc.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.toast(text.into(), true, false);
    }

    /// What one would have typed for what was just done. It stands above the hints, where it hides nothing.
    pub fn echo(&mut self, line: impl Into<String>) {
        let line = line.into();
        self.note(line.clone());
        self.echoed = Some(line);
    }

    /// What one would have typed for what was done last.
    pub(in crate::tui) fn echoed(&self) -> Option<&str> {
        self.echoed.as_deref()
    }

    fn note(&mut self, text: String) {
        self.said_count += 1;
        self.said.push_back((self.live.now(), text));
        if self.said.len() > SAID_MAX {
            self.said.pop_front();
        }
    }

    fn toast(&mut self, text: String, error: bool, asks: bool) {
        self.note(text.clone());
        self.toasts.retain(|toast| toast.text != text);
        self.toasts.push(Toast { text, error, asks, left: TOAST_TICKS });
        let extra = self.toasts.len().saturating_sub(TOASTS_MAX);
        self.toasts.drain(..extra);
    }

    /// What is going on, and what comes next. While the clock stands still, what the last step was;
    /// while a story is told step by step, that step.
    pub(in crate::tui) fn now_sentence(&self) -> (String, String) {
        match self.event_here().filter(|_| self.pace.stands() || self.event.is_some()) {
            Some(event) => step_sentence(&self.view, &event, self.vocabulary),
            None => {
                let story = self.story.as_ref().map(|story| story.id).filter(|_| !self.view.is_quiet());
                now_sentence(&self.view, story, self.vocabulary)
            }
        }
    }

    /// A key was pressed: what was asked is answered.
    pub(super) fn answered(&mut self) {
        self.toasts.retain(|toast| !toast.asks);
    }

    /// Wall time goes by. Returns whether the screen changes by that.
    pub fn tick(&mut self) -> bool {
        let going = self.going;
        self.going = going.map(|ticks| ticks.saturating_add(1));
        let shown = going.is_some_and(|ticks| ticks + 1 == GOING_TICKS);
        let before = self.toasts.len();
        for toast in &mut self.toasts {
            toast.left = toast.left.saturating_sub(1);
        }
        self.toasts.retain(|toast| toast.error || toast.left > 0);
        let glowed = self.glow.tick(&self.selected);
        if glowed {
            self.refresh();
        }
        let cast = self.cast_tick();
        self.comets.tick(self.motion) || glowed || self.toasts.len() != before || shown || cast
    }

    /// Whether something on the screen ends by itself.
    pub fn is_animating(&self) -> bool {
        self.toasts.iter().any(|toast| !toast.error)
            || self.comets.is_playing()
            || self.glow.is_playing(&self.selected)
            || self.going.is_some()
            || self.is_casting()
    }
}
