//! A text over the screen.
//!
//! ```text
//! ┏ kubectl get pods -o wide ━━━━━━━━━━━━━━━━━━━ 1-12 of 30 ┓
//! ┃ NAME                     READY   STATUS    RESTARTS   A ┃
//! ┃ login-546954bf77-6xnkz   1/1     Running   0          2 ┃
//! ┗━━━━━━━━━━━━━━━ up down scroll  left right 38 more  Esc closes ┛
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::overlay::{middle, open};
use super::panel::Frills;
use crate::tui::app::{App, TextView};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, view: &TextView) {
    let cells = view.cells(area.width);
    let lines = view.lines(cells);
    let room = lines.len().clamp(1, TextView::room(area.height));
    let height = u16::try_from(room + 2).unwrap_or(u16::MAX);
    let top = view.top.min(lines.len().saturating_sub(room));
    let (hidden, wider) = (lines.len() > room, view.longest().saturating_sub(view.left + cells));
    let place = match (hidden, view.grows) {
        (true, _) => format!("{}-{} of {}", top + 1, (top + room).min(lines.len()), lines.len()),
        (false, true) => "more may come".to_owned(),
        (false, false) => String::new(),
    };
    let sideways = match (view.wraps, wider, view.left) {
        (true, ..) | (false, 0, 0) => String::new(),
        (false, wider, _) => format!("left right: {wider} cells more   "),
    };
    let scroll = if hidden { "up down scroll   " } else { "" };
    let end = if view.grows { "Esc ends it" } else { "Esc closes" };
    let frills = Frills {
        title: &view.title,
        top_right: &place,
        bottom_right: &format!("{scroll}{sideways}{end}"),
        focused: true,
    };
    let inside = open(frame, middle(area, view.width(area.width), height), app, &frills);
    let shown: Vec<Line<'_>> = lines
        .iter()
        .skip(top)
        .take(room)
        .map(|line| Line::raw(format!(" {}", line.chars().skip(view.left).take(cells).collect::<String>())))
        .collect();
    frame.render_widget(Paragraph::new(shown), inside);
}
