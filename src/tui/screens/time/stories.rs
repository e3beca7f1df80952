//! The stories as bars, and the marks of the one at the cursor.
//!
//! ```text
//!  story       ├── #7 you deleted pod login-x4h2s ──┤
//!  marks       BNA noticed +2ms  acted +2ms         H
//! ```

use ratatui::text::Line;

use super::lanes::{Cells, line};
use super::window::Window;
use crate::trace::Event;
use crate::tui::app::App;
use crate::tui::theme::Role;

/// The stories on the screen, the one at the cursor first.
pub(super) fn stories<'a>(app: &App, window: &Window, here: Option<&Event>, most: usize) -> Vec<Line<'a>> {
    let current = here.map(|event| event.story);
    let mut all: Vec<_> = app.live.stories().filter(|(_, info)| info.began < window.end()).collect();
    all.retain(|(_, info)| info.last_at >= window.left);
    all.sort_by_key(|(id, _)| Some(**id) != current);
    let mut rows: Vec<Cells> = Vec::new();
    for (id, info) in all.into_iter().take(200) {
        let Some((first, last)) = window.columns(info.began, info.last_at) else { continue };
        let free = |cells: &Cells| cells[first..=last].iter().all(|(sign, _)| *sign == ' ');
        let row = match rows.iter().position(free) {
            Some(row) => row,
            None if rows.len() < most => {
                rows.push(vec![(' ', Role::Text); window.width]);
                rows.len() - 1
            }
            None => continue,
        };
        let role = if Some(*id) == current { Role::Focus } else { Role::Muted };
        let title = format!("#{} {}", info.number, info.title);
        story_bar(app, &mut rows[row], (first, last), &title, role);
    }
    rows.into_iter()
        .enumerate()
        .map(|(index, cells)| line(app, if index == 0 { "story" } else { "" }, cells, false))
        .collect()
}

/// The marks of the story at the cursor: B began, F first failure, N noticed, A first act, H healed, and how long
/// that took.
pub(super) fn marks<'a>(app: &App, window: &Window) -> Line<'a> {
    let mut cells: Cells = vec![(' ', Role::Text); window.width];
    let marks = &app.time.marks;
    for mark in &marks.marks {
        let Some(column) = window.column_of(mark.at) else { continue };
        // Several within one column stand side by side.
        let column = (column..window.width).find(|column| cells[*column].0 == ' ').unwrap_or(column);
        cells[column] = (mark.moment.letter(), Role::Want);
    }
    let words = marks.text();
    let length = words.chars().count() + 2;
    let is_free = |start: &usize| {
        cells.get(*start..start + length).is_some_and(|free| free.iter().all(|(sign, _)| *sign == ' '))
    };
    // As far to the left as it has room, but not before the story.
    let after = marks.marks.first().and_then(|mark| window.column_of(mark.at)).unwrap_or(0);
    let start = (after..window.width).find(is_free).or_else(|| (0..after).find(is_free));
    for (cell, letter) in
        cells.iter_mut().skip(start.map_or(window.width, |start| start + 1)).zip(words.chars())
    {
        *cell = (letter, Role::Muted);
    }
    line(app, "marks", cells, false)
}

/// `├── #7 title ──┤`; what has no room inside stands behind.
fn story_bar(app: &App, cells: &mut Cells, (first, last): (usize, usize), title: &str, role: Role) {
    let pick = |unicode: &str, ascii: &str| app.glyphs.pick(unicode, ascii).chars().next().unwrap_or(' ');
    let (open, close, dash) = (pick("├", "|"), pick("┤", "|"), pick("─", "-"));
    for cell in &mut cells[first..=last] {
        *cell = (dash, role);
    }
    cells[first].0 = open;
    if last > first {
        cells[last].0 = close;
    }
    let length = title.chars().count();
    let start = if last - first > length + 4 { first + 2 } else { last + 2 };
    let end = cells.len();
    let room = end.saturating_sub(start);
    let is_free =
        cells.iter().skip(start).take(length.min(room)).all(|(sign, _)| *sign == ' ' || *sign == dash);
    if !is_free || room < 4 {
        return;
    }
    for (cell, letter) in cells[start..].iter_mut().zip(title.chars()) {
        *cell = (letter, role);
    }
}
