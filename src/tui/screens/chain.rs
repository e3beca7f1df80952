//! A chain of causes as an indented tree, root first, with what else was needed and all of it in one line.
//!
//! ```text
//!  you deleted pod login-x4h2s                                   #7.1
//!   └▸ the ReplicaSet controller sees 2, wants 3: create 1 more  #7.5
//!       └▸ the ReplicaSet controller creates pod b3tqz           #7.6◂
//!           └▸ the scheduler puts pod b3tqz on node-2            #7.8
//!  Also needed: ReplicaSet login-6f9c wants 3: you applied login.yaml
//!  In one line: you deleted pod login-x4h2s; ...
//! ```

use ratatui::text::{Line, Span};

use super::panel::{self, fit};
use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::model::chain::{Chain, Link};
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// The deepest indentation, in steps.
const DEEPEST: usize = 6;
/// Lines that the notes below the tree take of a tree that has no room itself.
const NOTES: usize = 5;

/// The chain in at most `room` lines; `selected` is marked and always among them. The links go first: what is noted
/// below them is cut, and is seen whole when the last link is selected.
pub(super) fn lines<'a>(
    app: &App,
    chain: &Chain,
    width: usize,
    room: usize,
    selected: Option<usize>,
) -> Vec<Line<'a>> {
    let mut notes = notes(app, chain, width);
    let links = chain.links.len();
    let spare = room.saturating_sub(links + 1);
    notes.truncate(match selected {
        Some(last) if last + 1 == links => spare.max(room / 2),
        _ if links < room => spare,
        _ => NOTES.min(room / 3),
    });
    let room = room.saturating_sub(notes.len());
    let here = selected.or_else(|| chain.links.iter().position(|link| link.here)).unwrap_or(0);
    let shown = window(chain.links.len(), here, room);
    // Behind a gap the tree begins at the left again, so that the words have room.
    let behind = shown.iter().position(Option::is_none).and_then(|gap| *shown.get(gap + 1)?);
    let base = behind.and_then(|index| chain.links.get(index)).map_or(0, |link| link.depth.saturating_sub(1));
    let mut lines: Vec<Line<'_>> = shown
        .into_iter()
        .map(|row| match row.and_then(|index| Some((index, chain.links.get(index)?))) {
            Some((index, link)) => line(app, link, base, width, selected == Some(index)),
            None => Line::styled("  ...", app.theme.style(Role::Muted)),
        })
        .collect();
    if !notes.is_empty() {
        let full = chain.links.len() >= room;
        lines.resize(if full { room } else { lines.len() + 1 }, Line::raw(""));
    }
    lines.extend(notes);
    lines
}

fn notes<'a>(app: &App, chain: &Chain, width: usize) -> Vec<Line<'a>> {
    let lead = |words: &str| Span::styled(format!(" {words:<13}"), app.theme.style(Role::Focus));
    let room = width.saturating_sub(15);
    let note = |words: &'static str, sentence: &str| {
        let parts = wrap(sentence, room).into_iter().enumerate();
        let line =
            |(index, part)| Line::from(vec![lead(if index == 0 { words } else { "" }), Span::raw(part)]);
        parts.map(line).collect::<Vec<_>>()
    };
    // Of the notes this one says most, so it is not the one that is left out.
    let mut notes = match chain.in_one_line.is_empty() {
        true => Vec::new(),
        false => note("In one line:", &chain.in_one_line),
    };
    for (index, also) in chain.also.iter().enumerate() {
        notes.extend(note(if index == 0 { "Also needed:" } else { "" }, also));
    }
    notes
}

/// Which of `count` links are shown in `room` lines: all, or the root, a gap (none), and those around `here`.
fn window(count: usize, here: usize, room: usize) -> Vec<Option<usize>> {
    if count <= room || room < 4 {
        let first = (here + 1).saturating_sub(room.max(1));
        return (first..count).take(room).map(Some).collect();
    }
    // Two lines of what followed, if there are any and they have room.
    let end = (here + 1 + (room - 3).min(2)).min(count);
    let start = end.saturating_sub(room - 2);
    if start <= 1 {
        return (0..room).map(Some).collect();
    }
    let mut shown = vec![Some(0), None];
    shown.extend((start..end).map(Some));
    shown
}

fn line<'a>(app: &App, link: &Link, base: usize, width: usize, selected: bool) -> Line<'a> {
    let step = if link.depth == 0 { "" } else { app.glyphs.sign(Sign::Step) };
    let indent = "  ".repeat(link.depth.saturating_sub(1 + base).min(DEEPEST));
    let mark = if link.here { app.glyphs.pick("◂", "<") } else { " " };
    let number = format!("{:>6}", link.number);
    let room = width.saturating_sub(number.chars().count() + 2);
    let text = fit(
        &cut(&format!(" {indent}{step}{}{}", if step.is_empty() { "" } else { " " }, link.text), room),
        room,
    );
    let role = if link.here { Role::Focus } else { Role::Text };
    let line = Line::from(vec![
        Span::styled(text, app.theme.style(role)),
        Span::styled(format!(" {number}"), app.theme.style(Role::Muted)),
        Span::styled(mark.to_owned(), app.theme.style(Role::Focus)),
    ]);
    if selected { panel::selected(app, line) } else { line }
}

/// At most so many cells; `~` stands where something was cut.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('~');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_and_the_selected_link_are_always_shown() {
        for count in 1..30 {
            for here in 0..count {
                for room in 1..12 {
                    let shown = window(count, here, room);
                    assert!(shown.len() <= room, "{count} {here} {room}: {shown:?}");
                    assert!(shown.contains(&Some(here)), "{count} {here} {room}: {shown:?}");
                    assert!(room < 4 || shown[0] == Some(0), "{count} {here} {room}: {shown:?}");
                }
            }
        }
    }
}
