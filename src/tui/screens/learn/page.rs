//! What is read: the page of a lesson, laid out in the column that it has.
//!
//! ```text
//! ┌─ 1  Take one away ───────── page 1 of 3 ─┐
//! │ Now make a difference.                   │
//! │                                          │
//! │  1. Go to a login pod.                   │
//! └──────────────────────────── pgdn: more ──┘
//! ```

use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::layout::{self, Part};
use super::state::{Pane, Taken};
use crate::lessons::prose::{Piece, Style, wrap};
use crate::tui::app::App;
use crate::tui::screens::frame::regions;
use crate::tui::screens::panel::{Frills, panel};
use crate::tui::theme::{Role, Theme};

/// The cells left of the text, and right of it.
const MARGIN: usize = 1;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, taken: &Taken) {
    let view = &taken.view;
    let title = format!("{}  {}", view.number, view.heading);
    let (page, pages) = view.page;
    let place = match page {
        0 => "introduction".to_owned(),
        page if page + 1 == pages => "debrief".to_owned(),
        page => format!("step {page} of {}", pages - 2),
    };
    let lines = wrap(&view.prose, text_width(area.width));
    let room = usize::from(area.height.saturating_sub(2));
    let more = lines.len() > taken.top + room;
    let frills = Frills {
        title: &title,
        top_right: &place,
        bottom_right: if more { "pgdn: more" } else { "" },
        focused: taken.pane == Pane::Page,
    };
    let inside = panel(frame, area, app, &frills);
    let shown: Vec<Line<'_>> =
        lines.iter().skip(taken.top).take(room).map(|line| styled(line, &app.theme)).collect();
    frame.render_widget(Paragraph::new(shown), inside);
}

fn text_width(width: u16) -> usize {
    usize::from(width).saturating_sub(2 + 2 * MARGIN)
}

/// The first line beyond which nothing more comes into sight.
pub(super) fn last_top(size: Size, taken: &Taken) -> usize {
    let area = regions(size, false).body;
    let page = layout::places(size, area, taken).into_iter().find(|(part, _)| *part == Part::Page);
    page.map_or(0, |(_, place)| {
        let lines = wrap(&taken.view.prose, text_width(place.width)).len();
        lines.saturating_sub(usize::from(place.height.saturating_sub(2)))
    })
}

/// A line of prose in the theme's looks.
pub(super) fn styled<'a>(text: &[Piece], theme: &Theme) -> Line<'a> {
    let role = |style| match style {
        Style::Plain => Role::Text,
        Style::Emphasis | Style::Link => Role::Want,
        Style::Strong => Role::Focus,
        Style::Code => Role::Ok,
    };
    let pieces = text.iter().map(|piece| Span::styled(piece.text.clone(), theme.style(role(piece.style))));
    Line::from_iter(std::iter::once(Span::raw(" ".repeat(MARGIN))).chain(pieces))
}
