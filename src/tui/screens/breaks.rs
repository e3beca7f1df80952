//! The break menu: what can be broken, what follows from it, and the scenes.
//!
//! ```text
//! ┏ Break something ═══════════════════════════════════════════ K ┓
//! ┃ POD login-x4h2s             NODE node-1                       ┃
//! ┃  p  delete pod  (polite)     n  power off (nobody is told)    ┃
//! ┃ SCENES                      CONTROL PLANE                     ┃
//! ┃  1  Rolling update ...       A  stop API server               ┃
//! ┃ What follows: ...                                             ┃
//! ┗════════════════════════════ a letter or enter: do it  Esc close┛
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::overlay::{middle, open};
use super::panel::{Frills, fit};
use crate::scenes;
use crate::tui::app::{App, SAY_FIRST};
use crate::tui::breaks::BreakEntry;
use crate::tui::keymap::Command;
use crate::tui::theme::Role;

/// The width of the box.
const WIDTH: u16 = 78;
/// The cells that a name has, where what it means in a word stands behind it.
const NAME: usize = 15;
/// The lines for what follows.
const WORDS: u16 = 6;
/// The lines of the border.
const BORDER: u16 = 2;

/// Entries of one heading, and which of the lines is selected.
struct Group<'a> {
    lines: Vec<Line<'a>>,
    selected: Option<usize>,
}

/// Groups below each other.
#[derive(Default)]
struct Column<'a> {
    lines: Vec<Line<'a>>,
    selected: Option<usize>,
}

impl<'a> Column<'a> {
    fn add(&mut self, group: Group<'a>) {
        let above = self.lines.len();
        self.selected = self.selected.or(group.selected.map(|line| above + line));
        self.lines.extend(group.lines);
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, entries: &[BreakEntry], at: usize) {
    let inside = usize::from(WIDTH.min(area.width).saturating_sub(BORDER));
    let half = inside / 2;
    let [left, right] = two_columns(app, entries, at, half);
    let tall = u16::try_from(left.lines.len().max(right.lines.len())).unwrap_or(u16::MAX);
    let fits = area.width >= WIDTH && tall.saturating_add(WORDS + BORDER) <= area.height;
    let columns = if fits { vec![left, right] } else { vec![one_column(app, entries, at, inside)] };
    let longest = columns.iter().map(|column| column.lines.len()).max().unwrap_or(0);
    let height = u16::try_from(longest).unwrap_or(u16::MAX).saturating_add(WORDS + BORDER);
    let frills = Frills {
        title: "Break something",
        top_right: app.keymap.label(Command::Break),
        bottom_right: &app.keymap.told("a letter or enter: do it   <undo> afterwards: rewind   Esc close"),
        focused: true,
    };
    let inside = open(frame, middle(area, WIDTH, height), app, &frills);
    let [list, follows] = Layout::vertical([Constraint::Min(3), Constraint::Length(WORDS)]).areas(inside);
    let places = Layout::horizontal(columns.iter().map(|_| Constraint::Fill(1))).split(list);
    for (column, place) in columns.into_iter().zip(places.iter()) {
        scrolled(frame, *place, app, column);
    }
    let words = match app.guess_is_open() {
        // The menu does not answer what the lesson asks.
        true => vec![Line::styled(SAY_FIRST, app.theme.style(Role::Muted))],
        false => vec![
            Line::styled("What follows:", app.theme.style(Role::Muted)),
            Line::raw(entries.get(at).map_or("", |entry| entry.follows)),
            Line::styled(app.outlook.words(), app.theme.style(Role::Want)),
        ],
    };
    frame.render_widget(Paragraph::new(words).wrap(Wrap { trim: true }), follows);
}

/// Each group in the column that is shorter so far; the scenes last.
fn two_columns<'a>(app: &App, entries: &[BreakEntry], at: usize, width: usize) -> [Column<'a>; 2] {
    let mut columns = [Column::default(), Column::default()];
    for group in groups(app, entries, at, width).into_iter().chain([scene_list(app, width)]) {
        let shorter = usize::from(columns[1].lines.len() < columns[0].lines.len());
        columns[shorter].add(group);
    }
    columns
}

/// All groups below each other, and that there are scenes.
fn one_column<'a>(app: &App, entries: &[BreakEntry], at: usize, width: usize) -> Column<'a> {
    let mut column = Column::default();
    groups(app, entries, at, width).into_iter().for_each(|group| column.add(group));
    column.lines.push(Line::from(vec![
        Span::styled(" SCENES ", app.theme.style(Role::Muted)),
        Span::styled(format!(" 1-{} ", scenes::all().len()), app.theme.style(Role::Focus)),
        Span::raw(" each in a fresh cluster"),
    ]));
    column
}

fn groups<'a>(app: &App, entries: &[BreakEntry], at: usize, width: usize) -> Vec<Group<'a>> {
    let mut first = 0;
    let mut groups = Vec::new();
    for chunk in entries.chunk_by(|one, other| one.group == other.group) {
        let heading = chunk.first().map(|entry| heading(app, &entry.group, width));
        let lines = chunk.iter().enumerate().map(|(index, entry)| {
            let line = entry_line(app, entry, width);
            if first + index == at { line.style(app.theme.style(Role::Selection)) } else { line }
        });
        groups.push(Group {
            lines: heading.into_iter().chain(lines).collect(),
            selected: at.checked_sub(first).filter(|index| *index < chunk.len()).map(|index| index + 1),
        });
        first += chunk.len();
    }
    groups
}

fn heading<'a>(app: &App, words: &str, width: usize) -> Line<'a> {
    Line::styled(fit(&format!(" {words}"), width), app.theme.style(Role::Muted))
}

/// `  p  delete pod         (polite)`: what it means in a word only where all of it has room.
fn entry_line<'a>(app: &App, entry: &BreakEntry, width: usize) -> Line<'a> {
    let role = if entry.input.is_ok() { Role::Text } else { Role::Muted };
    let name = format!("{:<NAME$} ", entry.name);
    let short = if entry.short.is_empty() { String::new() } else { format!("({})", entry.short) };
    let has_room = 5 + name.chars().count() + short.chars().count() <= width;
    Line::from(vec![
        Span::styled(format!("  {}  ", entry.key), app.theme.style(Role::Focus)),
        Span::styled(name, app.theme.style(role)),
        Span::styled(if has_room { short } else { String::new() }, app.theme.style(Role::Muted)),
    ])
}

/// The scenes with their digits, and the way to random faults.
fn scene_list<'a>(app: &App, width: usize) -> Group<'a> {
    let scenes = scenes::all().iter().enumerate().map(|(index, scene)| {
        Line::from(vec![
            Span::styled(format!("  {}  ", index + 1), app.theme.style(Role::Focus)),
            Span::raw(fit(&scene.title, width.saturating_sub(6))),
        ])
    });
    let random = heading(app, ":break random 6 20s (six faults)", width);
    let lines = [heading(app, "SCENES (each in a fresh cluster)", width)].into_iter().chain(scenes);
    Group { lines: lines.chain([random]).collect(), selected: None }
}

/// A column as far as it has room: the selected line is in sight, and arrows say that there is more.
fn scrolled(frame: &mut Frame<'_>, place: Rect, app: &App, column: Column<'_>) {
    let room = usize::from(place.height);
    let (count, selected) = (column.lines.len(), column.selected.unwrap_or(0));
    // The first entry brings its heading along.
    let selected_from_top = if selected <= 1 { 0 } else { selected };
    let top = selected_from_top.saturating_sub(room.saturating_sub(2)).min(count.saturating_sub(room));
    let shown = column.lines.into_iter().skip(top).take(room).collect::<Vec<_>>();
    frame.render_widget(Paragraph::new(shown), place);
    let below = count.saturating_sub(top + room);
    let marks = [
        (top, app.glyphs.pick("▴", "^"), place.y),
        (below, app.glyphs.pick("▾", "v"), place.bottom().saturating_sub(1)),
    ];
    for (hidden, sign, y) in marks.into_iter().filter(|(hidden, ..)| *hidden > 0) {
        let words = format!(" {sign} {hidden} more ");
        let cells = u16::try_from(words.chars().count()).unwrap_or(0).min(place.width);
        let mark = Rect::new(place.right() - cells, y, cells, 1);
        frame.render_widget(Paragraph::new(words).style(app.theme.style(Role::Focus)), mark);
    }
}
