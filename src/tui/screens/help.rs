//! The keys, in groups: those of the screen that is shown, those of all screens, those of other screens.
//!
//! ```text
//! ╔═ Keys here: Cluster ═══════════════════════════ 58 keys ═╗
//! ║ type to search ...                                       ║
//! ║ THIS SCREEN                EVERYWHERE                    ║
//! ║ o     unfold               spc   pause                   ║
//! ║ Unfold or fold the selected row.                         ║
//! ╚══════════════════ enter run the selected key  Esc close ═╝
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::overlay::{middle, open};
use super::panel::{Frills, fit};
use crate::tui::app::App;
use crate::tui::keymap::{Bound, Command, Group, PLACES};
use crate::tui::screen::Screen;
use crate::tui::theme::Role;

/// The cells from which on keys stand in two columns.
const TWO_COLUMNS: u16 = 80;

/// Places that stand in a row, and the cells of each.
const PLACES_IN_ROW: usize = 2;
const PLACE: usize = 19;

/// Lines that are not the list's: the border, what is typed, and what is said of the selected key.
const AROUND: u16 = 7;

/// A cell of the list.
enum Cell<'a> {
    Heading(Group),
    /// Some of the places to which a letter leads.
    GoTo,
    Places(&'static [(char, Command, &'static str)]),
    Key(usize, Group, &'a Bound),
    Gap,
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, at: usize, search: &str) {
    let shown = app.keymap.matching(search, app.screen);
    let cells = cells(&shown, search.is_empty());
    let columns = if area.width >= TWO_COLUMNS { 2 } else { 1 };
    let rows = cells.len().div_ceil(columns);
    let area = middle(area, 96, u16::try_from(rows).unwrap_or(40).saturating_add(AROUND));
    let title = format!("Keys here: {}", app.screen.name(false));
    let height = usize::from(area.height.saturating_sub(AROUND).max(1));
    let per_page = height * columns;
    let selected = cells.iter().position(|cell| matches!(cell, Cell::Key(index, ..) if *index == at));
    let first = selected.unwrap_or(0) / per_page * per_page;
    let count = match (shown.len(), cells.len().div_ceil(per_page)) {
        (1, _) => "1 key".to_owned(),
        (count, 0 | 1) => format!("{count} keys"),
        (count, pages) => format!("{count} keys, page {} of {pages}", first / per_page + 1),
    };
    let keys = "enter run the selected key   Esc close";
    let signs = format!(":help signs: what the signs mean   {keys}");
    let frills = Frills {
        title: &title,
        top_right: &count,
        bottom_right: if area.width >= TWO_COLUMNS { &signs } else { keys },
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
    let width = usize::from(list.width) / columns;
    let lines = (0..height).map(|row| {
        Line::from_iter((0..columns).filter_map(|column| {
            cells.get(first + column * height + row).map(|cell| span(app, cell, at, width))
        }))
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), list);
    if let Some(binding) = shown.get(at).map(|(_, bound)| bound.binding) {
        let mut lines = vec![Line::raw(format!(" {}", binding.help))];
        if !binding.kubectl.is_empty() {
            lines.push(Line::styled(format!(" Same as {}", binding.kubectl), app.theme.style(Role::Want)));
        }
        if let Some(reason) = app.unavailable(binding.command) {
            lines.push(Line::styled(format!(" Not now: {reason}"), app.theme.style(Role::Warn)));
        }
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), words);
    }
}

/// The keys with the headings of their groups, and a gap before each but the first; the places where one can go stand
/// between those of the screen and all others.
fn cells<'a>(shown: &[(Group, &'a Bound)], with_places: bool) -> Vec<Cell<'a>> {
    let mut cells = Vec::new();
    let mut last = None;
    for (index, (group, bound)) in shown.iter().enumerate() {
        if last.replace(*group) != Some(*group) {
            if !cells.is_empty() {
                cells.push(Cell::Gap);
            }
            if with_places && index > 0 && !cells.iter().any(|cell| matches!(cell, Cell::GoTo)) {
                cells.push(Cell::GoTo);
                cells.extend(PLACES.chunks(PLACES_IN_ROW).map(Cell::Places));
                cells.push(Cell::Gap);
            }
            cells.push(Cell::Heading(*group));
        }
        cells.push(Cell::Key(index, *group, bound));
    }
    cells
}

/// A key with its word, faded if it does nothing now; with the screens on which it means this, if this is none.
fn span<'a>(app: &App, cell: &Cell<'_>, at: usize, width: usize) -> Span<'a> {
    let (text, role) = match cell {
        Cell::Gap => (String::new(), Role::Text),
        Cell::GoTo => (app.keymap.told(" GO TO  <go-to> then"), Role::Muted),
        Cell::Places(places) => {
            let place =
                |(letter, _, name): &(char, Command, &str)| fit(&format!(" {letter:<2} {name}"), PLACE);
            (places.iter().map(place).collect(), Role::Text)
        }
        Cell::Heading(group) => (format!(" {}", group.title()), Role::Muted),
        Cell::Key(index, group, bound) => {
            let screens = match group {
                Group::Elsewhere => names(bound.binding.screens),
                Group::Here | Group::Everywhere => String::new(),
            };
            let role = match (*index == at, app.unavailable(bound.binding.command)) {
                (true, _) => Role::Selection,
                (false, Some(_)) => Role::Muted,
                (false, None) => Role::Text,
            };
            (format!(" {:<6}{}{screens}", bound.label, bound.binding.hint), role)
        }
    };
    Span::styled(fit(&text, width), app.theme.style(role))
}

/// `  (YAML, Time)`
fn names(screens: &[Screen]) -> String {
    let names: Vec<&str> = screens.iter().map(|screen| screen.name(false)).collect();
    format!("  ({})", names.join(", "))
}
