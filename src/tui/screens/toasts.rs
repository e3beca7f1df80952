//! Messages for a moment.
//!
//! ```text
//! ┌──────────────────────────────────┐
//! │ copied login-546954bf77-6xnkz    │
//! └──────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::overlay::open;
use super::panel::Frills;
use crate::tui::app::{App, Toast};
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// The first line below the title.
const BELOW_TITLE: u16 = 2;
/// Lines at the bottom that a toast leaves free.
const FOOTER: u16 = 4;

/// Messages at the top right, each below the one before; where they would hide the selected row, at the bottom.
pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let boxes: Vec<(u16, u16, Vec<String>, bool)> =
        app.toasts.iter().map(|toast| toast_box(area, toast)).collect();
    let tall: u16 = boxes.iter().map(|(_, height, ..)| height).sum();
    let selected = super::selected_line(app);
    let hidden = selected.is_some_and(|y| y < BELOW_TITLE + tall);
    let mut y = if hidden { area.bottom().saturating_sub(FOOTER + tall) } else { BELOW_TITLE };
    for (width, height, lines, error) in boxes {
        if y + height > area.height || width > area.width {
            return;
        }
        let place = Rect::new(area.right() - width, y, width, height);
        let title = if error { "! Esc closes" } else { "" };
        let inside = open(frame, place, app, &Frills { title, focused: error, ..Frills::default() });
        let role = if error { Role::Bad } else { Role::Text };
        let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::raw(format!(" {line}"))).collect();
        frame.render_widget(Paragraph::new(lines).style(app.theme.style(role)), inside);
        y += height;
    }
}

/// Cells of the longest line.
const WIDEST: usize = 90;

/// The size of a toast, and its lines.
fn toast_box(area: Rect, toast: &Toast) -> (u16, u16, Vec<String>, bool) {
    let room = usize::from(area.width.saturating_sub(8)).clamp(8, WIDEST);
    let lines: Vec<String> = wrap(&toast.text, room).into_iter().take(6).collect();
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let width =
        u16::try_from(longest + 4).unwrap_or(u16::MAX).clamp(12, area.width.saturating_sub(4).max(12));
    (width, u16::try_from(lines.len() + 2).unwrap_or(3), lines, toast.error)
}
