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
use ratatui::widgets::{Clear, Paragraph};

use super::overlay::open;
use super::panel::Frills;
use crate::tui::app::{App, Toast};
use crate::tui::screen::Screen;
use crate::tui::theme::Role;
use crate::tui::wrap::{cut, wrap};

/// The first line below the title.
const BELOW_TITLE: u16 = 2;
/// Lines at the bottom that a toast leaves free.
const FOOTER: u16 = 4;

/// Messages at the top right, each below the one before; where they would hide the selected row, at the bottom.
pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    if app.screen == Screen::Stage {
        return draw_on_stage(frame, area, app);
    }
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

/// In front of a room nothing may lie over the numbers and the sentence: the last message takes the last line.
fn draw_on_stage(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let Some(toast) = app.toasts.last() else { return };
    let text = toast.text.lines().collect::<Vec<_>>().join(" ");
    let role = if toast.error { Role::Bad } else { Role::Focus };
    let line = Line::styled(
        format!(" {}", cut(&text, usize::from(area.width).saturating_sub(2))),
        app.theme.style(role),
    );
    let place = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(line), place);
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
