//! What lies over the screen: help, the break menu, texts, questions, toasts.
//!
//! ```text
//! ╔═ Break something ══════════════════════════════════════ K ═╗
//! ║ POD login-x4h2s             NODE node-1                    ║
//! ║  p  delete pod  (polite)     n  power off (nobody is told) ║
//! ╚═══════════════════════════════════ enter do it  Esc close ═╝
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::panel::{Frills, fit, panel};
use crate::tui::app::{App, Overlay};
use crate::tui::breaks::BreakEntry;
use crate::tui::keymap;
use crate::tui::theme::Role;

pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, overlay: &Overlay) {
    match overlay {
        Overlay::Help(at) => help(frame, area, app, *at),
        Overlay::Break(entries, at) => breaks(frame, area, app, entries, *at),
        Overlay::Text { title, lines, top } => text(frame, area, app, title, lines, *top),
        Overlay::Branches(view) => super::branches::draw(frame, area, app, view),
        Overlay::Why(view) => super::why::draw(frame, area, app, view),
        Overlay::Prune(object, file) => {
            let lines = vec![
                format!("{file} no longer describes {object}."),
                String::new(),
                "Delete it from the cluster, too?  y yes   n keep it".to_owned(),
            ];
            text(frame, area, app, "A document was removed", &lines, 0);
        }
    }
}

/// A box in the middle, no larger than the screen.
fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}

fn open(frame: &mut Frame<'_>, area: Rect, app: &App, frills: &Frills<'_>) -> Rect {
    frame.render_widget(Clear, area);
    panel(frame, area, app, frills)
}

fn text(frame: &mut Frame<'_>, area: Rect, app: &App, title: &str, lines: &[String], top: usize) {
    let width = area.width.saturating_sub(4).min(110);
    let height =
        u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).clamp(5, area.height.saturating_sub(2).max(5));
    let area = middle(area, width, height);
    let frills =
        Frills { title, bottom_right: "up down scroll  Esc close", focused: true, ..Frills::default() };
    let inside = open(frame, area, app, &frills);
    let shown: Vec<Line<'_>> = lines.iter().skip(top).map(|line| Line::raw(format!(" {line}"))).collect();
    frame.render_widget(Paragraph::new(shown).wrap(Wrap { trim: false }), inside);
}

fn help(frame: &mut Frame<'_>, area: Rect, app: &App, at: usize) {
    let area = middle(area, 92, u16::try_from(keymap::BINDINGS.len()).unwrap_or(40) + 4);
    let frills =
        Frills { title: "Keys", bottom_right: "enter run it  Esc close", focused: true, ..Frills::default() };
    let inside = open(frame, area, app, &frills);
    let height = usize::from(inside.height);
    let first = at.saturating_sub(height.saturating_sub(1));
    let lines: Vec<Line<'_>> = keymap::BINDINGS
        .iter()
        .enumerate()
        .skip(first)
        .take(height)
        .map(|(index, binding)| {
            let line = Line::from(vec![
                Span::styled(format!(" {:<6}", binding.label), app.theme.style(Role::Focus)),
                Span::raw(binding.help),
            ]);
            if index == at { line.style(app.theme.style(Role::Selection)) } else { line }
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inside);
}

fn breaks(frame: &mut Frame<'_>, area: Rect, app: &App, entries: &[BreakEntry], at: usize) {
    let area = middle(area, 78, u16::try_from(entries.len() + 9).unwrap_or(40));
    let frills = Frills {
        title: "Break something",
        top_right: "K",
        bottom_right: "a letter or enter: do it   Esc close",
        focused: true,
    };
    let inside = open(frame, area, app, &frills);
    let mut lines = Vec::new();
    let mut group = "";
    let mut selected_line = 0;
    for (index, entry) in entries.iter().enumerate() {
        if entry.group != group {
            group = &entry.group;
            lines.push(Line::styled(format!(" {group}"), app.theme.style(Role::Muted)));
        }
        let role = if entry.input.is_ok() { Role::Text } else { Role::Muted };
        let line = Line::from(vec![
            Span::styled(format!("  {}  ", entry.key), app.theme.style(Role::Focus)),
            Span::styled(fit(&entry.name, 30), app.theme.style(role)),
            Span::styled(format!("({})", entry.short), app.theme.style(Role::Muted)),
        ]);
        if index == at {
            selected_line = lines.len();
        }
        lines.push(if index == at { line.style(app.theme.style(Role::Selection)) } else { line });
    }
    let [list, follows] = ratatui::layout::Layout::vertical([
        ratatui::layout::Constraint::Min(3),
        ratatui::layout::Constraint::Length(4),
    ])
    .areas(inside);
    let top = u16::try_from(selected_line).unwrap_or(0).saturating_sub(list.height.saturating_sub(1));
    frame.render_widget(Paragraph::new(lines).scroll((top, 0)), list);
    let words = entries.get(at).map_or("", |entry| entry.follows);
    let words = vec![Line::styled("What follows:", app.theme.style(Role::Muted)), Line::raw(words)];
    frame.render_widget(Paragraph::new(words).wrap(Wrap { trim: true }), follows);
}

/// Lines at the bottom that a toast leaves free.
const FOOTER: u16 = 4;

pub(in crate::tui) fn toasts(frame: &mut Frame<'_>, area: Rect, app: &App) {
    for (index, toast) in app.toasts.iter().enumerate() {
        let lines: Vec<&str> = toast.text.lines().take(6).collect();
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let width =
            u16::try_from(longest + 4).unwrap_or(u16::MAX).clamp(12, area.width.saturating_sub(4).max(12));
        let height = u16::try_from(lines.len() + 2).unwrap_or(3);
        // Above the last lines and below the table: what a key has just done must not hide what follows from it.
        let up = FOOTER + (u16::try_from(index).unwrap_or(0) + 1) * height;
        if up > area.height || width > area.width {
            return;
        }
        let y = area.bottom() - up;
        let place = Rect::new(area.right() - width, y, width, height);
        let title = if toast.error { "! Esc closes" } else { "" };
        let inside = open(frame, place, app, &Frills { title, focused: toast.error, ..Frills::default() });
        let role = if toast.error { Role::Bad } else { Role::Text };
        let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::raw(format!(" {line}"))).collect();
        frame.render_widget(Paragraph::new(lines).style(app.theme.style(role)), inside);
    }
}
