//! The inspector over the screen: one object, page by page.
//!
//! ```text
//! ╔═ pod login-6f9c-x4h2s ═════════════════════════════════ live, rev 1043 ═╗
//! ║ [1 Overview]  2 Describe  3 YAML  4 Fields  5 Events  6 Loops  7 Place  ║
//! ║                                                                         ║
//! ║ owned by   ReplicaSet login-6f9c, Deployment login                      ║
//! ║ Who knows what                                                          ║
//! ║   WANT  spec                     run                                    ║
//! ╚═════════════════ tab page   up down scroll   w why   y copy   Esc close ╝
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::panel::{Frills, panel};
use crate::trace::text;
use crate::tui::app::{App, InspectView};
use crate::tui::glyphs::Sign;
use crate::tui::model::inspect::Page;
use crate::tui::theme::Role;

/// Cells that the inspector takes at most.
const WIDTH_MAX: u16 = 120;

pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, view: &InspectView) {
    let width = area.width.saturating_sub(4).min(WIDTH_MAX);
    let height = area.height.saturating_sub(2);
    let place =
        Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height);
    frame.render_widget(Clear, place);
    let kubectl = view.page.kubectl();
    let same = if kubectl.is_empty() { String::new() } else { format!("same as {kubectl}") };
    let hints = match view.leads() {
        true => {
            app.keymap.told("tab page  up down select  enter go there in Time  <why> why  y copy  Esc close")
        }
        false => app.keymap.told("tab page  up down scroll  <why> why  y copy  Esc close"),
    };
    let frills = Frills {
        title: &text::object_words(&view.object),
        top_right: &same,
        bottom_right: &hints,
        focused: true,
    };
    let inside = panel(frame, place, app, &frills);
    let [tabs, _, body] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Min(1)]).areas(inside);
    frame.render_widget(Paragraph::new(pages(app, view, inside.width)), tabs);
    let lines: Vec<Line<'_>> = view
        .lines
        .iter()
        .enumerate()
        .skip(view.top)
        .take(usize::from(body.height))
        .map(|(index, line)| {
            let chosen = line.leads_to.is_some() && index == view.at;
            let mark = if chosen { app.glyphs.sign(Sign::Closed) } else { " " };
            Line::styled(format!("{mark}{}", line.text), app.theme.style(line.role))
        })
        .collect();
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), body);
}

/// The names of the pages; the open one in brackets. In a narrow box only the open one has its name.
fn pages<'a>(app: &App, view: &InspectView, width: u16) -> Line<'a> {
    let all: Vec<Page> = Page::of(view.object.kind).collect();
    let long: usize = all.iter().map(|page| page.name().len() + 4).sum();
    let is_narrow = long > usize::from(width);
    Line::from_iter(all.into_iter().enumerate().map(|(index, page)| {
        let number = index + 1;
        match page == view.page {
            true => Span::styled(format!("[{number} {}]", page.name()), app.theme.style(Role::Focus)),
            false if is_narrow => Span::styled(format!(" {number} "), app.theme.style(Role::Muted)),
            false => Span::styled(format!(" {number} {} ", page.name()), app.theme.style(Role::Muted)),
        }
    }))
}
