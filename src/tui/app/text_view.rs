//! A text over the screen: what was asked for stays until Esc, and scrolls both ways.

use crossterm::event::KeyCode;

use super::{App, Effect, Overlay, PAGE};
use crate::tui::wrap::{without_tabs, wrap_each};

/// Cells that Left and Right move.
const SIDE: usize = 8;
/// The widest box for sentences; longer lines are hard to read.
const WIDEST: u16 = 110;
/// The narrowest box for a table: its border has room for the keys.
const NARROWEST: u16 = 64;
/// Cells that are left free beside the box.
const BESIDE: u16 = 4;
/// Cells of a box that are not the text's: a border and a blank on either side.
const FRAME: u16 = 4;
/// Lines that are not the text's: the border, and one above and below it.
const AROUND: u16 = 4;

/// A text over the screen.
#[derive(Clone, Debug, Default)]
pub struct TextView {
    /// Its title.
    pub title: String,
    /// Its lines, as they were written.
    pub text: Vec<String>,
    /// Whether lines that are too long go on in the next one. Those of tables do not: they scroll sideways.
    pub wraps: bool,
    /// The first line that is shown.
    pub top: usize,
    /// The first cell of each line that is shown.
    pub left: usize,
    /// Whether somebody still writes it: `get --watch`.
    pub grows: bool,
}

impl TextView {
    /// The lines in boxes of so many cells.
    pub fn lines(&self, width: usize) -> Vec<String> {
        if self.wraps { wrap_each(&self.text, width) } else { self.text.clone() }
    }

    /// The cells of its box, on a screen that has so many.
    pub fn width(&self, screen: u16) -> u16 {
        let most = screen.saturating_sub(BESIDE);
        match self.wraps {
            true => most.min(WIDEST),
            false => {
                let longest = u16::try_from(self.longest()).unwrap_or(u16::MAX);
                longest.saturating_add(FRAME).max(NARROWEST).min(most)
            }
        }
    }

    /// The cells of a line in its box, on a screen that has so many.
    pub fn cells(&self, screen: u16) -> usize {
        usize::from(self.width(screen).saturating_sub(FRAME)).max(1)
    }

    /// The lines that its box has room for, on a screen that has so many.
    pub fn room(screen: u16) -> usize {
        usize::from(screen.saturating_sub(AROUND)).max(1)
    }

    /// The cells of the longest line.
    pub fn longest(&self) -> usize {
        self.text.iter().map(|line| line.chars().count()).max().unwrap_or(0)
    }
}

impl App {
    /// Shows a text over the screen; long lines are broken.
    pub fn show_text(&mut self, title: impl Into<String>, text: &str) {
        let text = text.lines().map(without_tabs).collect();
        self.open_text(TextView { title: title.into(), text, wraps: true, ..TextView::default() });
    }

    /// Shows what a command printed; its tables scroll sideways. It may still print more.
    pub fn show_answer(&mut self, title: impl Into<String>, text: &str, grows: bool) {
        let text = text.lines().map(without_tabs).collect();
        self.open_text(TextView { title: title.into(), text, grows, ..TextView::default() });
    }

    pub(in crate::tui) fn open_text(&mut self, view: TextView) {
        self.overlay = Some(Overlay::Text(Box::new(view)));
    }

    /// Whether somebody looks at what this command still prints.
    pub fn awaits_answer(&self, title: &str) -> bool {
        matches!(&self.overlay, Some(Overlay::Text(view)) if view.grows && view.title == title)
    }

    /// A command printed more, or is over.
    pub fn add_to_answer(&mut self, title: &str, text: &str, grows: bool) {
        if !self.awaits_answer(title) {
            return;
        }
        let room = TextView::room(self.size.height);
        let Some(Overlay::Text(view)) = &mut self.overlay else { return };
        // Whoever looks at the end goes on looking at the end.
        let is_at_end = view.top + room >= view.text.len();
        view.text.extend(text.lines().map(without_tabs));
        view.grows = grows;
        if is_at_end {
            view.top = view.text.len().saturating_sub(room);
        }
    }

    pub(super) fn text_key(&mut self, mut view: Box<TextView>, key: KeyCode) -> Option<Effect> {
        let cells = view.cells(self.size.width);
        let last = view.lines(cells).len().saturating_sub(TextView::room(self.size.height));
        let furthest = if view.wraps { 0 } else { view.longest().saturating_sub(cells) };
        view.top = view.top.min(last);
        match key {
            KeyCode::Down | KeyCode::Char('j') => view.top += 1,
            KeyCode::Up | KeyCode::Char('k') => view.top = view.top.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => view.top += PAGE,
            KeyCode::PageUp => view.top = view.top.saturating_sub(PAGE),
            KeyCode::Home => (view.top, view.left) = (0, 0),
            KeyCode::End => view.top = last,
            KeyCode::Right => view.left += SIDE,
            KeyCode::Left => view.left = view.left.saturating_sub(SIDE),
            _ => {}
        }
        (view.top, view.left) = (view.top.min(last), view.left.min(furthest));
        self.overlay = Some(Overlay::Text(view));
        None
    }
}
