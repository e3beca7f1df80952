//! What lies over the screen: help, texts, questions, toasts.
//!
//! ```text
//! ┌─ Keys and what they do ═════════════════════════ 61 keys ┐
//! │ type to search ...                                       │
//! │ spc   pause                . step                        │
//! └─────────────────── enter run the selected key  Esc close ┘
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::panel::{Frills, fit, panel};
use crate::scenes;
use crate::tui::app::{App, GOING_TICKS, Overlay, Toast};
use crate::tui::keymap;
use crate::tui::theme::Role;

pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, overlay: &Overlay) {
    match overlay {
        Overlay::Help { at, search } => help(frame, area, app, *at, search),
        Overlay::Break(entries, at) => super::breaks::draw(frame, area, app, entries, *at),
        Overlay::Text { title, lines, top } => text(frame, area, app, title, lines, *top),
        Overlay::Branches(view) => super::branches::draw(frame, area, app, view),
        Overlay::Again(at) => super::learn::draw_again(frame, area, app, *at),
        Overlay::Why(view) => super::why::draw(frame, area, app, view),
        Overlay::Inspect(view) => super::inspect::draw(frame, area, app, view),
        Overlay::Scene(index) => {
            let title = scenes::all().get(*index).map(|scene| scene.title.clone()).unwrap_or_default();
            let lines = vec![
                format!("Scene {}: {title}", index + 1),
                String::new(),
                "It plays in a fresh cluster of its own. This session stands still".to_owned(),
                app.keymap.told("meanwhile, and comes back as it is now when you press <quit> there."),
                String::new(),
                "Play it?  y yes   n stay here".to_owned(),
            ];
            text(frame, area, app, "A scene", &lines, 0);
        }
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
pub(super) fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}

pub(super) fn open(frame: &mut Frame<'_>, area: Rect, app: &App, frills: &Frills<'_>) -> Rect {
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

/// The cells from which on keys stand in two columns.
const TWO_COLUMNS: u16 = 76;

fn help(frame: &mut Frame<'_>, area: Rect, app: &App, at: usize, search: &str) {
    let shown = app.keymap.matching(search);
    let columns = if area.width >= TWO_COLUMNS { 2 } else { 1 };
    let rows = shown.len().div_ceil(columns);
    let area = middle(area, 96, u16::try_from(rows + 7).unwrap_or(40));
    let count = format!("{} keys", shown.len());
    let frills = Frills {
        title: "Keys and what they do",
        top_right: &count,
        bottom_right: "enter run the selected key   Esc close",
        focused: true,
    };
    let inside = open(frame, area, app, &frills);
    let [typed, list, words] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(4)]).areas(inside);
    let prompt = match search {
        "" => Line::styled(" type to search ...", app.theme.style(Role::Muted)),
        search => Line::styled(format!(" / {search}"), app.theme.style(Role::Focus)),
    };
    frame.render_widget(Paragraph::new(prompt), typed);
    let height = usize::from(list.height).max(1);
    let per_page = height * columns;
    let first = at / per_page * per_page;
    let width = usize::from(list.width) / columns;
    let lines = (0..height).map(|row| {
        Line::from_iter((0..columns).filter_map(|column| {
            let index = first + column * height + row;
            shown.get(index).map(|bound| key_cell(app, bound, index == at, width))
        }))
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), list);
    if let Some(binding) = shown.get(at).map(|bound| bound.binding) {
        let mut lines = vec![Line::raw(format!(" {}", binding.help))];
        if !binding.kubectl.is_empty() {
            lines.push(Line::styled(format!(" Same as {}", binding.kubectl), app.theme.style(Role::Want)));
        }
        if let Some(reason) = app.unavailable(binding.command) {
            let words = app.keymap.told(&format!(" Not now: {reason}"));
            lines.push(Line::styled(words, app.theme.style(Role::Warn)));
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), words);
    }
}

/// A key with its word; faded if it does nothing now.
fn key_cell<'a>(app: &App, bound: &keymap::Bound, selected: bool, width: usize) -> Span<'a> {
    let text = fit(&format!(" {:<6}{}", bound.label, bound.binding.hint), width);
    let role = match (selected, app.unavailable(bound.binding.command)) {
        (true, _) => Role::Selection,
        (false, Some(_)) => Role::Muted,
        (false, None) => Role::Text,
    };
    Span::styled(text, app.theme.style(role))
}

/// Where `g` goes, once it was waited for.
pub(in crate::tui) fn places(frame: &mut Frame<'_>, area: Rect, app: &App) {
    if app.going.is_none_or(|ticks| ticks < GOING_TICKS) {
        return;
    }
    let lines: Vec<Line<'_>> = keymap::PLACES
        .iter()
        .map(|(letter, _, words)| {
            Line::from(vec![
                Span::styled(format!(" {letter} "), app.theme.style(Role::Focus)),
                Span::raw(*words),
            ])
        })
        .collect();
    let height = u16::try_from(lines.len() + 2).unwrap_or(10).min(area.height);
    let place = Rect::new(area.x + 1, area.bottom().saturating_sub(height + 1), 30.min(area.width), height);
    let title = app.keymap.told("<go-to> go to ...");
    let inside = open(frame, place, app, &Frills { title: &title, focused: true, ..Frills::default() });
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The first line below the title.
const BELOW_TITLE: u16 = 2;
/// Lines at the bottom that a toast leaves free.
const FOOTER: u16 = 4;

/// Messages at the top right, each below the one before; where they would hide the selected row, at the bottom.
pub(in crate::tui) fn toasts(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let boxes: Vec<(u16, u16, Vec<&str>, bool)> =
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

/// The size of a toast, and its lines.
fn toast_box(area: Rect, toast: &Toast) -> (u16, u16, Vec<&str>, bool) {
    let lines: Vec<&str> = toast.text.lines().take(6).collect();
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let width =
        u16::try_from(longest + 4).unwrap_or(u16::MAX).clamp(12, area.width.saturating_sub(4).max(12));
    (width, u16::try_from(lines.len() + 2).unwrap_or(3), lines, toast.error)
}
