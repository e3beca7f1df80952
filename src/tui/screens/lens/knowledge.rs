//! Who knows what: WANT, SEEN, API, REAL.
//!
//! ```text
//! ┌─ Who knows what ───────────────────────────────┐
//! │ WANT  spec.replicas     ▱▱▱▱  4                │
//! │ SEEN  its own cache     ◉◉◉   3 active         │
//! │ API   what etcd holds   ◉◉◉⊘  3 + 1 ending     │
//! │ REAL  on the nodes      ◉◉◉⊘  4 run            │   (with x-ray)
//! └────────────────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Part;
use crate::tui::app::App;
use crate::tui::model::lens::{Knows, SIGNS};
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// Below this width, where something is kept is left out.
const NARROW: usize = 44;

pub(super) fn knowledge(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let inside = panel(
        frame,
        area,
        app,
        &Frills {
            title: "Who knows what",
            bottom_right: if app.x_ray { "x-ray on" } else { "" },
            focused: app.lens.focus == Part::Knowledge,
            ..Frills::default()
        },
    );
    let rows = &app.lens.lens.knows;
    let signs = rows.iter().map(|row| row.pods.len().min(SIGNS)).max().unwrap_or(0);
    let width = usize::from(inside.width);
    let mut lines: Vec<Line<'_>> = rows.iter().map(|row| line(app, row, signs, width)).collect();
    let words = "It acts on SEEN, not on REAL. If SEEN is late, the decision is late too.";
    let words = wrap(words, width.saturating_sub(2));
    if usize::from(inside.height) > lines.len() + words.len() {
        lines.push(Line::raw(""));
        let muted = app.theme.style(Role::Muted);
        lines.extend(words.into_iter().map(|words| Line::styled(format!(" {words}"), muted)));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

fn line<'a>(app: &App, row: &Knows, signs: usize, width: usize) -> Line<'a> {
    let place = if width < NARROW { String::new() } else { format!("{} ", fit(&row.place, 15)) };
    let mut spans = vec![
        Span::styled(format!(" {:<5}", row.who), app.theme.style(Role::Focus)),
        Span::styled(place, app.theme.style(Role::Muted)),
    ];
    for state in row.pods.iter().take(SIGNS) {
        spans.push(Span::styled(app.glyphs.state(*state).to_owned(), app.theme.style(state.role())));
    }
    spans.push(Span::raw(" ".repeat(signs - row.pods.len().min(SIGNS) + usize::from(signs > 0))));
    spans.push(Span::raw(row.text.clone()));
    Line::from(spans)
}
