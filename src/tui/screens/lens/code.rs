//! The whole algorithm: what this controller does, line by line, and where it is.
//!
//! ```text
//! ┌─ The whole algorithm ──────────────────────────────── line 3 ─┐
//! │  1  active = its pods, not finished, not ending  2 pods       │
//! │  2  diff = active - want                         2 - 3 = -1   │
//! │ ▸3  if diff < 0: create(-diff pods)              yes          │
//! └───────────────────────────────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Part;
use crate::trace::text;
use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::model::lens::LineState;
use crate::tui::screens::chain::cut;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

/// Below this width, only a word stands beside each line.
const NARROW: usize = 60;
/// Cells of that word.
const BRIEF: usize = 10;

/// The line that the loop is at, explained, and all lines in full.
pub(super) fn explain(app: &mut App) {
    let lens = &app.lens.lens;
    let who = text::component(&lens.component);
    let lines = lens.algorithm();
    let here = lines.iter().position(|line| line.state == LineState::Here);
    let mut said = Vec::new();
    if let Some((index, line)) = here.and_then(|index| Some((index, lines.get(index)?))) {
        said.push(format!("It is at line {}: {}", index + 1, line.text));
        said.push(line.means().to_owned());
        said.extend((!line.values.is_empty()).then(|| format!("This time: {}", line.values)));
        said.push(String::new());
    }
    for (index, line) in lines.iter().enumerate() {
        said.push(format!("{}  {}", index + 1, line.text));
        said.extend((!line.values.is_empty()).then(|| format!("     {}", line.values)));
    }
    app.show_text(format!("The algorithm of {who}"), &said.join("\n"));
}

pub(super) fn code(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let lines = app.lens.lens.algorithm();
    let current = lines.iter().position(|line| line.state == LineState::Here);
    let place = current.map(|index| format!("line {}", index + 1)).unwrap_or_default();
    let focused = app.lens.focus == Part::Code;
    let bottom_right = if focused { "enter: explain line" } else { "" };
    let frills = Frills { title: "The whole algorithm", top_right: &place, bottom_right, focused };
    let inside = panel(frame, area, app, &frills);
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let first = current.unwrap_or(0).saturating_sub(height.saturating_sub(1));
    // Where there is little room, the lines themselves are worth more than all the numbers beside them.
    let narrow = width < NARROW;
    let longest = lines.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
    let code = longest.min(if narrow { width.saturating_sub(BRIEF + 5) } else { width * 3 / 5 });
    let shown: Vec<Line<'_>> = lines
        .iter()
        .enumerate()
        .skip(first)
        .take(height)
        .map(|(index, line)| {
            let (mark, role, beside) = match line.state {
                LineState::Here => (app.glyphs.sign(Sign::Closed), Role::Focus, Role::Want),
                LineState::Skipped => (" ", Role::Muted, Role::Muted),
                LineState::Ahead | LineState::Passed => (" ", Role::Text, Role::Want),
            };
            let values = if narrow { &line.brief } else { &line.values };
            let values = cut(values, width.saturating_sub(code + 5));
            let text = fit(&cut(line.text, code), code);
            Line::from(vec![
                Span::styled(format!("{mark}{:<2} {text} ", index + 1), app.theme.style(role)),
                Span::styled(values, app.theme.style(beside)),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(shown), inside);
}
