//! The break menu: what can be broken, what follows from it, and the scenes.
//!
//! ```text
//! ┏ Break something: pod login-x4h2s on node-1 ══ / other target ┓
//! ┃ POD login-x4h2s             NODE node-1                       ┃
//! ┃  p  delete pod  (polite)     n  power off (nobody is told)    ┃
//! ┃ SCENES                      CONTROL PLANE                     ┃
//! ┃  1  Rolling update ...       A  stop API server               ┃
//! ┃ The kubelet asks its containers to end. ...                   ┃
//! ┃ In real clusters: kubectl delete pod; nobody asks what for.   ┃
//! ┗════════ a letter or enter: do it  undo: rewind only  Esc close┛
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::overlay::{middle, open};
use super::panel::{Frills, fit};
use crate::scenes;
use crate::tui::app::{App, BreakMenu, SAY_FIRST, TargetSearch};
use crate::tui::breaks::{BreakEntry, Deed};
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// The width of the box.
const WIDTH: u16 = 78;
/// The cells that a name has, where what it means in a word stands behind it.
const NAME: usize = 15;
/// The lines for what follows, for real clusters, for what one would type, and for what is expected.
const WORDS: u16 = 6;
/// In the place of what is expected, while a class is to say it first.
const PREDICT: &str = "What do you expect? Say it first; P shows what a copy of the cluster does.";
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

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, menu: &BreakMenu) {
    let inside = usize::from(WIDTH.min(area.width).saturating_sub(BORDER));
    let columns = match &menu.search {
        Some(search) => vec![target_list(app, search, inside)],
        None => entry_columns(area, app, menu, inside),
    };
    let longest = columns.iter().map(|column| column.lines.len()).max().unwrap_or(0);
    let height = u16::try_from(longest).unwrap_or(u16::MAX).saturating_add(WORDS + BORDER);
    let target = menu.target.as_ref().map(|target| format!(": {}", target.words(&app.view)));
    let (top_right, bottom_right) = match (&menu.search, menu.selected().map(|entry| &entry.deed)) {
        (Some(_), _) => ("type to search", "enter choose it   Esc back".to_owned()),
        (None, Some(Ok(deed))) => {
            let words = format!("a letter: do it   P predict first   {}   Esc close", deed.undo());
            ("/ other target", app.keymap.told(&words))
        }
        (None, _) => ("/ other target", "a letter: do it   Esc close".to_owned()),
    };
    let frills = Frills {
        title: &format!("Break something{}", target.unwrap_or_default()),
        top_right,
        bottom_right: &bottom_right,
        focused: true,
    };
    let inside = open(frame, middle(area, WIDTH, height), app, &frills);
    let [list, below] = Layout::vertical([Constraint::Min(3), Constraint::Length(WORDS)]).areas(inside);
    let places = Layout::horizontal(columns.iter().map(|_| Constraint::Fill(1))).split(list);
    for (column, place) in columns.into_iter().zip(places.iter()) {
        scrolled(frame, *place, app, column);
    }
    frame.render_widget(Paragraph::new(words(app, menu, usize::from(below.width))), below);
}

/// Two columns where all entries have room in them, else one that scrolls.
fn entry_columns<'a>(area: Rect, app: &App, menu: &BreakMenu, width: usize) -> Vec<Column<'a>> {
    let columns = two_columns(app, &menu.entries, menu.at, width / 2);
    let tall = columns.iter().map(|column| column.lines.len()).max().unwrap_or(0);
    let room = usize::from(area.height.saturating_sub(WORDS + BORDER));
    match area.width >= WIDTH && tall <= room {
        true => columns.into(),
        false => vec![one_column(app, &menu.entries, menu.at, width)],
    }
}

/// What else can be broken.
fn target_list<'a>(app: &App, search: &TargetSearch, width: usize) -> Column<'a> {
    let style = |role| app.theme.style(role);
    let mut lines = vec![Line::styled(format!(" / {}", search.typed), style(Role::Focus))];
    let found = search.found.iter().enumerate().map(|(index, target)| {
        let line = Line::raw(fit(&format!("   {}", target.words(&app.view)), width));
        if index == search.at { line.style(style(Role::Selection)) } else { line }
    });
    lines.extend(found);
    if search.found.is_empty() {
        lines.push(Line::styled("   nothing in this cluster is called so", style(Role::Muted)));
    }
    Column { lines, selected: Some(search.at + 1) }
}

/// What follows from the selected entry, where one meets it, and what is expected here and now.
fn words<'a>(app: &App, menu: &BreakMenu, width: usize) -> Vec<Line<'a>> {
    let Some(entry) = menu.selected().filter(|_| menu.search.is_none()) else { return Vec::new() };
    // The menu does not answer what the lesson asks.
    if app.guess_is_open() {
        return vec![Line::styled(app.keymap.told(SAY_FIRST), app.theme.style(Role::Muted))];
    }
    let (follows, role) = match entry.deed {
        Ok(_) => (entry.follows.to_string(), Role::Text),
        Err(reason) => (format!("Not now: {reason}."), Role::Warn),
    };
    let real = format!("In real clusters: {}", entry.real);
    let typed = entry.deed.as_ref().ok().and_then(Deed::typed);
    let typed = typed.map_or(String::new(), |line| fit(&format!("Same as : {line}"), width));
    let expected = match (app.predicts_first, app.outlook.words()) {
        (true, words) if !words.is_empty() => PREDICT.to_owned(),
        (_, words) => words,
    };
    let told = [(follows, role), (real, Role::Muted), (typed, Role::Muted), (expected, Role::Want)];
    let lines = told.iter().filter(|(text, _)| !text.is_empty()).flat_map(|(text, role)| {
        let style = app.theme.style(*role);
        wrap(text, width).into_iter().map(move |line| Line::styled(line, style))
    });
    lines.collect()
}

/// Each group in the column that is shorter so far; the scenes last.
fn two_columns<'a>(app: &App, entries: &[BreakEntry], at: usize, width: usize) -> [Column<'a>; 2] {
    let mut columns = [Column::default(), Column::default()];
    for group in
        groups(app, entries, at, width).into_iter().chain([scene_list(app, width), random_faults(app, width)])
    {
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
    let role = if entry.deed.is_ok() { Role::Text } else { Role::Muted };
    let name = format!("{:<NAME$} ", entry.name);
    let short = if entry.short.is_empty() { String::new() } else { format!("({})", entry.short) };
    let has_room = 5 + name.chars().count() + short.chars().count() <= width;
    Line::from(vec![
        Span::styled(format!("  {}  ", entry.key), app.theme.style(Role::Focus)),
        Span::styled(name, app.theme.style(role)),
        Span::styled(if has_room { short } else { String::new() }, app.theme.style(Role::Muted)),
    ])
}

/// The scenes with their digits.
fn scene_list<'a>(app: &App, width: usize) -> Group<'a> {
    let scenes = scenes::all().iter().enumerate().map(|(index, scene)| {
        Line::from(vec![
            Span::styled(format!("  {}  ", index + 1), app.theme.style(Role::Focus)),
            Span::raw(fit(&scene.title, width.saturating_sub(6))),
        ])
    });
    let lines = [heading(app, "SCENES (each in a fresh cluster)", width)].into_iter().chain(scenes);
    Group { lines: lines.collect(), selected: None }
}

/// The way to random faults.
fn random_faults<'a>(app: &App, width: usize) -> Group<'a> {
    Group { lines: vec![heading(app, ":break random 6 20s (six faults)", width)], selected: None }
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
