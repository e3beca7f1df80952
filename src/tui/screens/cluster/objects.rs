//! The objects table.
//!
//! ```text
//! ┏━ Objects ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
//! ┃ OBJECT              WANT     HAVE     GAP LOOP             ┃
//! ┃▾ deploy/login       ▱▱▱ 3    ◉◉◔ 2    -1~ deployment [W]   ┃
//! ┃    + pod b3tqz      run      ◔ start  -1~ kubelet    [A]   ┃
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 2 gaps, all closing ━┛
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::layout::Panel;
use super::names::strip;
use crate::trace::Phase;
use crate::trace::text::{short_component, short_node};
use crate::tui::app::App;
use crate::tui::glyphs::{PodState, Sign};
use crate::tui::model::glow::Cell;
use crate::tui::model::{Gap, Have, LoopCell, Mark, Pods, Row, SLOTS, Want};
use crate::tui::screens::panel::{Frills, fit, panel, selected};
use crate::tui::theme::Role;

/// From this width on, names are written out.
const ROOMY: usize = 84;
/// How a value looks that changed a moment ago.
const MARKED: Modifier = Modifier::BOLD.union(Modifier::UNDERLINED);
/// Lines of the panel's frame.
const BORDERS: u16 = 2;

pub(super) fn objects(frame: &mut Frame<'_>, area: Rect, app: &App, focused: bool) {
    let height = usize::from(area.height.saturating_sub(BORDERS + 1));
    let first = first_row(app, height);
    let below = app.rows.len().saturating_sub(first + height);
    let summary = [hidden(first, below), summary(&app.rows)].join("");
    let top_right = match app.filter.as_str() {
        "" => app.keymap.told("<filter> filter"),
        filter => format!("filter: {filter}   Esc all"),
    };
    let frills = Frills { title: "Objects", top_right: &top_right, bottom_right: &summary, focused };
    let inside = panel(frame, area, app, &frills);
    let columns = Columns::of(usize::from(inside.width));
    let header = format!(
        " {}{}{}{} {}",
        fit("OBJECT", columns.name.saturating_sub(1)),
        fit("WANT", columns.want),
        fit("HAVE", columns.have),
        fit("GAP", columns.gap - 1),
        fit("LOOP", columns.rest)
    );
    let mut lines = vec![Line::styled(header, app.theme.style(Role::Muted))];
    for row in app.rows.iter().skip(first).take(height) {
        lines.push(line(app, row, &columns));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

/// How many rows have no room: `8 more below   `.
fn hidden(above: usize, below: usize) -> String {
    match (above, below) {
        (0, 0) => String::new(),
        (0, below) => format!("{below} more below   "),
        (above, 0) => format!("{above} more above   "),
        (above, below) => format!("{above} above, {below} below   "),
    }
}

/// The first row that is shown, so that the selected one is.
pub(super) fn first_row(app: &App, height: usize) -> usize {
    let selected = app.selected_index().unwrap_or(0);
    selected.saturating_sub(height.saturating_sub(1)).min(app.rows.len().saturating_sub(height))
}

/// Widths in cells.
struct Columns {
    name: usize,
    want: usize,
    have: usize,
    gap: usize,
    rest: usize,
    /// With little room, names of nodes and loops are short, and seconds stand in the last column.
    narrow: bool,
}

impl Columns {
    fn of(width: usize) -> Self {
        let narrow = width < ROOMY;
        let (want, gap) = (9, if narrow { 4 } else { 5 });
        let have = if narrow { 12 } else { 13 };
        let name = if narrow { 22.min(width / 3).max(14) } else { (width * 3 / 8).clamp(24, 34) };
        Self { name, want, have, gap, rest: width.saturating_sub(name + want + have + gap), narrow }
    }
}

fn line<'a>(app: &App, row: &Row, columns: &Columns) -> Line<'a> {
    let style = |role| app.theme.style(role);
    let fold = match row.open {
        Some(true) => app.glyphs.sign(Sign::Open),
        Some(false) => app.glyphs.sign(Sign::Closed),
        None => match row.mark {
            Mark::Coming => "+",
            Mark::Going => "-",
            Mark::None => " ",
        },
    };
    let node = match (row.node.is_empty(), columns.narrow) {
        (true, _) => String::new(),
        (false, true) => format!(" {}", short_node(&row.node)),
        (false, false) => format!(" {}", row.node),
    };
    let name = format!("{}{fold} {}", "  ".repeat(row.depth), row.name);
    let room = columns.name.saturating_sub(node.chars().count() + 1);
    let (have, have_role) = have(app, &row.have, columns.narrow);
    let mut spans = vec![
        Span::styled(fit(&name, room), style(Role::Text)),
        Span::styled(format!("{node} "), style(Role::Muted)),
    ];
    let cells = [
        (Cell::Want, want(app, &row.want), columns.want, Role::Want),
        (Cell::Have, have, columns.have, have_role),
        (Cell::Gap, row.gap.text(), columns.gap, row.gap.role()),
    ];
    for (cell, text, width, role) in cells {
        let marked = if app.glow.is_changed(&row.uid, cell) { MARKED } else { Modifier::empty() };
        spans.extend(value(&text, width, style(role), marked));
    }
    spans.push(Span::styled(looked_after(app, row, columns), style(loop_role(&row.looked_after))));
    let line = Line::from(spans);
    // Only one thing looks selected: what the keys are about.
    let elsewhere = matches!(app.focus, Panel::Nodes | Panel::Wire);
    if row.uid == app.selected && !elsewhere { selected(app, line) } else { line }
}

/// A value in exactly so many cells. A mark is on its letters only, not on the blanks behind them.
fn value<'a>(text: &str, width: usize, style: Style, marked: Modifier) -> [Span<'a>; 2] {
    let fitted = fit(text, width);
    let letters = fitted.trim_end().to_owned();
    let blanks = fitted.get(letters.len()..).unwrap_or_default().to_owned();
    [Span::styled(letters, style.add_modifier(marked)), Span::styled(blanks, style)]
}

pub(super) fn want(app: &App, want: &Want) -> String {
    match want {
        Want::Pods(count) => {
            let slots = usize::try_from(*count).unwrap_or(0).min(SLOTS);
            format!("{} {count}", app.glyphs.state(PodState::Missing).repeat(slots))
        }
        Want::Word(word) => word.to_string(),
    }
}

pub(super) fn have(app: &App, have: &Have, narrow: bool) -> (String, Role) {
    match have {
        Have::Pods(Pods { ready, others, states }) => {
            let sign = app.glyphs.state(PodState::Ready);
            let few = usize::try_from(*ready).ok().filter(|ready| ready + states.len() <= SLOTS);
            match (few.filter(|_| states.len() as i64 == *others), others) {
                (Some(ready), _) => {
                    let others: String = states.iter().map(|state| app.glyphs.state(*state)).collect();
                    let role = states.first().map_or(Role::Ok, |state| state.role());
                    (format!("{}{others} {ready}", sign.repeat(ready)), role)
                }
                (None, 0) => (format!("{sign}x{ready}"), Role::Ok),
                (None, _) => {
                    (format!("{sign}x{ready} {}{others}", app.glyphs.state(PodState::Starting)), Role::Busy)
                }
            }
        }
        Have::Pod(state, left) => {
            let left =
                left.filter(|_| !narrow).map(|left| format!(" {}s", left.as_secs())).unwrap_or_default();
            (format!("{} {}{left}", app.glyphs.state(*state), state.word()), state.role())
        }
        Have::Word(word) => (word.to_string(), Role::Text),
    }
}

/// `rs-ctl  o  c [A] w  why`: who, what it does now, and its reason where there is room.
fn looked_after(app: &App, row: &Row, columns: &Columns) -> String {
    let cell = &row.looked_after;
    if cell.name.is_empty() {
        return "-".to_owned();
    }
    let room = columns.rest;
    let note = match (row.gap.is_open() || row.open == Some(false), columns.narrow) {
        (false, _) => "",
        (true, true) => row.brief.as_str(),
        (true, false) if row.brief.is_empty() => row.note.as_str(),
        (true, false) => row.brief.as_str(),
    };
    let note = app.keymap.told(note);
    // What goes on in a word is worth more than the phases that are not.
    let has_room = room >= 21 && (!columns.narrow || note.is_empty() || room >= 21 + note.chars().count());
    let strip = match cell.phase {
        // What a node does is known to those who can look at it.
        None if cell.name == "kubelet" && !app.x_ray => "no word     ".to_owned(),
        None => "stopped     ".to_owned(),
        // The same words as on the wire, which a small screen has no room for.
        Some(_) if !app.view.api_server_runs() => "no API      ".to_owned(),
        Some(_) if cell.cut_off => "cut off     ".to_owned(),
        Some(_) if !cell.deaf.is_empty() => format!("{:<12}", cell.deaf),
        Some(phase) if has_room => strip(phase),
        Some(phase) => strip(phase)
            .trim_matches(|sign: char| sign != '[' && sign != ']' && !sign.is_uppercase())
            .to_owned(),
    };
    let text = format!("{:<8}{strip} {note}", short_component(&cell.name));
    format!("{:<room$}", text.chars().take(room).collect::<String>())
}

fn loop_role(cell: &LoopCell) -> Role {
    match cell.phase {
        None => Role::Bad,
        Some(_) if cell.cut_off => Role::Bad,
        Some(_) if !cell.deaf.is_empty() => Role::Warn,
        Some(Phase::Wait) => Role::Muted,
        Some(_) => Role::Busy,
    }
}

fn summary(rows: &[Row]) -> String {
    let open: Vec<Gap> = rows.iter().map(|row| row.gap).filter(|gap| gap.is_open()).collect();
    match (open.len(), open.iter().all(|gap| gap.closing)) {
        (0, _) => "no gap".to_owned(),
        (count, true) => format!("{count} gaps, all closing"),
        (count, false) => format!("{count} gaps"),
    }
}
