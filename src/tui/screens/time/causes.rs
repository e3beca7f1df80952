//! Why: the chain of causes of the event at the cursor, root first.
//!
//! ```text
//! ┌─ Why? ─────────────────────────────────────────────── w all of it ─┐
//! │ you deleted pod login-x4h2s                                   #7.1 │
//! │  └▸ etcd stores pod login-x4h2s at revision 1041              #7.2 │
//! │      └▸ the ReplicaSet controller compares: wants 3, has 2    #7.5 │
//! │          └▸ etcd stores new pod login-b3tqz                   #7.6◂│
//! │ Also needed: ReplicaSet login-6f9c wants 3: you applied (story #4) │
//! └────────────────────────────────────── enter go to cause   y copy ──┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::model::chain::Link;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

/// The deepest indentation, in steps.
const DEEPEST: usize = 6;

pub(super) fn causes(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let chain = &app.time.chain;
    let hint = "enter go to cause   tab what changed";
    let frills = Frills { title: "Why?", top_right: "w", bottom_right: hint, focused: false };
    let inside = panel(frame, area, app, &frills);
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let mut notes: Vec<Line<'_>> = Vec::new();
    for (index, also) in chain.also.iter().enumerate() {
        let lead = if index == 0 { " Also needed: " } else { "              " };
        notes.push(Line::from(vec![
            Span::styled(lead, app.theme.style(Role::Focus)),
            Span::raw(cut(also, width.saturating_sub(15))),
        ]));
    }
    if !chain.in_one_line.is_empty() {
        notes.push(Line::from(vec![
            Span::styled(" In one line: ", app.theme.style(Role::Focus)),
            Span::raw(cut(&chain.in_one_line, width.saturating_sub(15))),
        ]));
    }
    notes.truncate(height / 2);
    let room = height.saturating_sub(notes.len());
    let mut lines: Vec<Line<'_>> = window(&chain.links, room)
        .into_iter()
        .map(|link| match link {
            Some(link) => line(app, link, width),
            None => Line::styled("      ...", app.theme.style(Role::Muted)),
        })
        .collect();
    lines.resize(room, Line::raw(""));
    lines.extend(notes);
    frame.render_widget(Paragraph::new(lines), inside);
}

/// As many links as have room: the root, a gap if there is one, then those around the event that is explained.
fn window(links: &[Link], room: usize) -> Vec<Option<&Link>> {
    if links.len() <= room || room < 4 {
        return links.iter().take(room).map(Some).collect();
    }
    let here = links.iter().position(|link| link.here).unwrap_or(links.len() - 1);
    // One line of what followed, if there is one.
    let end = (here + 2).min(links.len()).max(room);
    let start = end - (room - 2);
    let mut shown = vec![links.first()];
    if start > 1 {
        shown.push(None);
        shown.extend(links[start..end].iter().map(Some));
    } else {
        shown.extend(links[1..].iter().take(room - 1).map(Some));
    }
    shown
}

fn line<'a>(app: &App, link: &Link, width: usize) -> Line<'a> {
    let step = if link.depth == 0 { "" } else { app.glyphs.sign(Sign::Step) };
    let indent = "  ".repeat(link.depth.saturating_sub(1).min(DEEPEST));
    let mark = if link.here { app.glyphs.pick("◂", "<") } else { " " };
    let room = width.saturating_sub(link.number.len() + 3);
    let text = fit_left(&format!(" {indent}{step} {}", link.text), room);
    let role = if link.here { Role::Focus } else { Role::Text };
    Line::from(vec![
        Span::styled(text, app.theme.style(role)),
        Span::styled(format!(" {}", link.number), app.theme.style(Role::Muted)),
        Span::styled(mark.to_owned(), app.theme.style(Role::Focus)),
    ])
}

/// Exactly so many cells, cut at the end.
fn fit_left(text: &str, width: usize) -> String {
    match text.chars().count() <= width {
        true => fit(text, width),
        false => cut(text, width),
    }
}

/// At most so many cells; `~` stands where something was cut.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('~');
    cut
}
