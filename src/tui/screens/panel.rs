//! A panel: a border with a title on the left and something short on the right, above or below.
//!
//! ```text
//! ┌─ Nodes ──────────────────── x-ray off ─┐
//! │                                        │
//! └──────────────────── unscheduled: none ─┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Line;
use ratatui::widgets::Block;

use crate::tui::app::App;
use crate::tui::theme::Role;

/// A title is cut down to so many cells, not further.
const TITLE: usize = 20;

/// What stands in a panel's border.
#[derive(Default)]
pub(super) struct Frills<'a> {
    pub(super) title: &'a str,
    pub(super) top_right: &'a str,
    pub(super) bottom_right: &'a str,
    pub(super) focused: bool,
}

/// Draws the border; returns what is inside.
pub(super) fn panel(frame: &mut Frame<'_>, area: Rect, app: &App, frills: &Frills<'_>) -> Rect {
    // The past looks different wherever it is shown.
    let past = app.cursor.is_some();
    let role = match (past, frills.focused) {
        (true, _) => Role::Past,
        (false, true) => Role::Focus,
        (false, false) => Role::Border,
    };
    let style = app.theme.style(role);
    let padded = |text: &str| if text.is_empty() { String::new() } else { format!(" {text} ") };
    let room = usize::from(area.width).saturating_sub(7);
    let fits = |text: &str| text.chars().count() <= room;
    // What stands on the right is the news: a long title is cut before that is left out.
    let for_title = room.saturating_sub(frills.top_right.chars().count());
    let title = match frills.title.chars().count() > for_title && for_title >= TITLE {
        true => fit(frills.title, for_title),
        false => frills.title.to_owned(),
    };
    let mut block = Block::bordered()
        .border_set(if past {
            app.glyphs.past_border()
        } else {
            app.glyphs.border(frills.focused || app.theme.is_heavy())
        })
        .border_style(style)
        .title_top(Line::styled(padded(&title), style));
    if fits(&format!("{title}{}", frills.top_right)) {
        block = block.title_top(Line::styled(padded(frills.top_right), style).right_aligned());
    }
    if fits(frills.bottom_right) {
        block = block.title_bottom(Line::styled(padded(frills.bottom_right), style).right_aligned());
    }
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

/// A line that is selected, in one reversed colour: its parts keep what marks them, and not their colours.
pub(super) fn selected<'a>(app: &App, line: Line<'a>) -> Line<'a> {
    let selection = app.theme.style(Role::Selection);
    let spans = line.spans.into_iter().map(|span| {
        let marks = span.style.add_modifier.difference(Modifier::DIM);
        span.style(selection.add_modifier(marks))
    });
    Line::from_iter(spans).style(selection)
}

/// A text in exactly `width` cells: cut in the middle, so that the end of a name, which differs, stays.
pub(super) fn fit(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return format!("{text:<width$}");
    }
    match width {
        0 => String::new(),
        1..=4 => text.chars().take(width).collect(),
        _ => {
            let tail = (width - 1) / 2;
            let head = width - 1 - tail;
            let start: String = text.chars().take(head).collect();
            let end: String = text.chars().skip(count - tail).collect();
            format!("{start}~{end}")
        }
    }
}
