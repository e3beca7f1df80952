//! The lanes: a time axis, the stories as bars, and a row for each component that did something.
//!
//! ```text
//! ┏━ Lanes ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 column = 100ms ━┓
//! ┃               38s       39s       40s       41s       42s       ┃
//! ┃ story                    ├── #7 you deleted pod login-x4h2s ──┤ ┃
//! ┃ you                      ▌  ┆                                   ┃
//! ┃ replicaset                  ▌                                   ┃
//! ┃ kubelet n3               ▐████████████████████ SIGTERM          ┃
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ cursor 00:39.40 ━┛
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span as Text};
use ratatui::widgets::Paragraph;

use super::ribbon::ribbons;
use super::stories::{marks, stories};
use super::window::{Window, exact};
use super::{Part, filter};
use crate::time::{Span, VirtualTime};
use crate::trace::Event;
use crate::trace::text::short_component;
use crate::tui::app::{App, Effect};
use crate::tui::model::lanes::{Bar, Course, Lane, Mark, lane_name};
use crate::tui::screen::Screen;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

/// Cells of a lane's name.
const NAMES: usize = 16;
/// Rows of stories at most.
const STORIES: usize = 3;
/// Services with a row, at most.
const SERVICES: usize = 2;
/// From more lines than these on, several stories and Services have room.
const ROOMY: usize = 12;
/// Columns between two labels of the axis.
const LABELS: u64 = 10;

/// One row of cells with their roles.
pub(super) type Cells = Vec<(char, Role)>;

/// The part of time that is shown in a panel of this width.
fn window(app: &App, width: u16) -> Window {
    let here = app.event_here();
    let at = here.as_ref().map_or(app.view.now(), |event| event.at);
    let width = usize::from(width.saturating_sub(2)).saturating_sub(NAMES).max(8);
    Window::around(at, span_of_story(app, here.as_deref()), app.live.now(), app.time.zoom, width)
}

/// How high the panel would have to be to show every lane in which something happened.
pub(super) fn rows_wanted(app: &App, width: u16) -> u16 {
    let window = window(app, width);
    let stories = stories(app, &window, app.event_here().as_deref(), STORIES).len();
    let ribbons = ribbons(app, &window, SERVICES).len();
    u16::try_from(rows(app, &window).len() + stories + ribbons + 4).unwrap_or(u16::MAX)
}

/// Paints the lanes.
pub(super) fn lanes(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let here = app.event_here();
    let at = here.as_ref().map_or(app.view.now(), |event| event.at);
    let window = window(app, area.width);
    let filter = match (app.time.typing, app.time.filter.is_empty()) {
        (true, _) => format!("/{}_", app.time.filter),
        (false, true) => app.keymap.told("<filter> filter"),
        (false, false) => format!("/{}  Esc: all", app.time.filter),
    };
    let stops = match app.breakpoints.list().len() {
        0 => String::new(),
        1 => "1 breakpoint   ".to_owned(),
        more => format!("{more} breakpoints   "),
    };
    let scale = format!("{stops}1 column = {}   {filter}", window.column);
    let cursor = format!("cursor {}   left right moment   up down lane   ( ) zoom", exact(at, window.column));
    let here_alone = app.screen == Screen::Time;
    let height = usize::from(area.height.saturating_sub(2));
    let mut lines = vec![axis(app, &window)];
    lines.extend(stories(app, &window, here.as_deref(), if height > ROOMY { STORIES } else { 1 }));
    lines.push(marks(app, &window));
    // What the requests met stands under what caused it: one Service at least has its row.
    lines.extend(ribbons(app, &window, if height > ROOMY { SERVICES } else { 1 }));
    let shown = rows(app, &window);
    let room = height.saturating_sub(lines.len());
    let hidden = shown.len().saturating_sub(room);
    let (scale, cursor) =
        if here_alone { (scale, cursor) } else { (format!("1 column = {}", window.column), String::new()) };
    let title = match hidden {
        0 => "Lanes".to_owned(),
        hidden => format!("Lanes ({hidden} more)"),
    };
    let frills = Frills {
        title: &title,
        top_right: &scale,
        bottom_right: &cursor,
        focused: here_alone && app.time.focus == Part::Lanes,
    };
    let inside = panel(frame, area, app, &frills);
    let mine = here.as_ref().map(|event| lane_name(event));
    let focus = shown.iter().position(|(name, _)| mine.as_deref() == Some(*name)).unwrap_or(0);
    let first = focus.saturating_sub(room.saturating_sub(1)).min(shown.len().saturating_sub(room));
    for (name, lane) in shown.into_iter().skip(first).take(room) {
        let current = mine.as_deref() == Some(name);
        lines.push(row(app, &window, name, lane, at, current));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

/// To the step that is nearest to a place in the panel; behind the last of them lies what is now.
pub(super) fn cursor_to(app: &mut App, place: Rect, at: Position) -> Option<Effect> {
    let first = usize::from(place.x) + 1 + NAMES;
    let window = window(app, place.width);
    let moment = window.at(usize::from(at.x).saturating_sub(first));
    if moment >= app.live.now() {
        app.see_live();
        return None;
    }
    // A span is never negative: one of the two differences is nothing.
    let distance = |mark: &Mark| (mark.at - moment) + (moment - mark.at);
    let nearest = visible(app).filter_map(|(_, lane)| lane.nearest(moment)).min_by_key(distance)?;
    app.go_to(nearest.event)
}

/// To the step in the lane above or below that is nearest to the cursor.
pub(super) fn lane_step(app: &mut App, down: bool) -> Option<Effect> {
    let here = app.event_here()?;
    let mine = lane_name(&here);
    let shown: Vec<_> = visible(app).filter(|(_, lane)| lane.marks.iter().any(|mark| mark.step)).collect();
    let index = shown.iter().position(|(name, _)| **name == mine)?;
    let other = if down { index + 1 } else { index.checked_sub(1)? };
    let mark = shown.get(other)?.1.nearest(here.at)?;
    app.go_to(mark.event)
}

fn visible(app: &App) -> impl Iterator<Item = (&smol_str::SmolStr, &Lane)> {
    app.time.lanes.iter().filter(|(name, _)| filter::matches(&app.time.filter, name))
}

/// The lanes in which something is on the screen.
fn rows<'a>(app: &'a App, window: &Window) -> Vec<(&'a str, &'a Lane)> {
    let is_busy = |lane: &Lane| {
        lane.between(window.left, window.end()).next().is_some() || bars(lane, window).next().is_some()
    };
    visible(app).filter(|(_, lane)| is_busy(lane)).map(|(name, lane)| (name.as_str(), lane)).collect()
}

/// The bars of a lane that reach into the window. Most are short, so only the newest ones before it can.
fn bars<'a>(lane: &'a Lane, window: &Window) -> impl Iterator<Item = &'a Bar> {
    let (left, end) = (window.left, window.end());
    let last = lane.bars.partition_point(|bar| bar.from < end);
    lane.bars.range(..last).rev().take(300).filter(move |bar| bar.to.is_none_or(|to| to >= left))
}

/// From when to when the story of an event goes, with all of its marks: who noticed and who acted may be told by
/// another one. What has no length is shown with a second after it.
fn span_of_story(app: &App, event: Option<&Event>) -> Option<(VirtualTime, VirtualTime)> {
    let info = app.live.story(event?.story)?;
    let last = app.time.marks.marks.iter().map(|mark| mark.at).chain([info.last_at]).max()?;
    Some((info.began, if last > info.began { last } else { info.began + Span::secs(1) }))
}

/// Zooms, unless that is the finest or the coarsest scale already.
pub(super) fn zoom(app: &mut App, by: i32) {
    let before = window(app, app.size.width).column;
    app.time.zoom += by;
    if window(app, app.size.width).column == before {
        app.time.zoom -= by;
    }
}

fn axis<'a>(app: &App, window: &Window) -> Line<'a> {
    let longest = exact(window.end(), window.column).len() as u64;
    let apart = if longest < LABELS { LABELS } else { 2 * LABELS };
    let step = window.column.as_micros() * apart;
    let mut cells = vec![' '; window.width];
    let mut at = window.left.micros().div_ceil(step) * step;
    while let Some(column) = window.column_of(VirtualTime::from_micros(at)) {
        let label = exact(VirtualTime::from_micros(at), window.column);
        if column + label.len() <= window.width {
            for (offset, letter) in label.chars().enumerate() {
                cells[column + offset] = letter;
            }
        }
        at += step;
    }
    let text: String = cells.into_iter().collect();
    Line::styled(format!("{}{text}", " ".repeat(NAMES)), app.theme.style(Role::Muted))
}

fn row<'a>(app: &App, window: &Window, name: &str, lane: &Lane, at: VirtualTime, current: bool) -> Line<'a> {
    let mut cells: Cells = vec![(' ', Role::Text); window.width];
    let mut drawn: Vec<&Bar> = bars(lane, window).collect();
    drawn.reverse();
    for bar in &drawn {
        draw_bar(app, window, &mut cells, bar);
    }
    let sign = |unicode: &str, ascii: &str| app.glyphs.pick(unicode, ascii).chars().next().unwrap_or(' ');
    for (column, cell) in cells.iter_mut().enumerate() {
        let Some(mark) = lane.column(window.at(column), window.at(column + 1)) else { continue };
        match mark.step {
            true => *cell = (sign("▌", "|"), Role::Message),
            false if cell.0 == ' ' => *cell = (sign("∙", "."), Role::Muted),
            false => {}
        }
    }
    // What a bar stands for is written where nothing else is.
    for bar in drawn {
        label_bar(app, window, &mut cells, bar);
    }
    if let Some(column) = window.column_of(at) {
        let cell = &mut cells[column];
        match (cell.0, current) {
            (' ', _) => *cell = (sign("┆", ":"), Role::Focus),
            (_, true) => cell.1 = Role::Selection,
            (_, false) => {}
        }
    }
    line(app, &short_component(name), cells, current)
}

fn draw_bar(app: &App, window: &Window, cells: &mut Cells, bar: &Bar) {
    let to = bar.to.unwrap_or(app.live.now());
    let Some((first, last)) = window.columns(bar.from, to) else { return };
    let (unicode, ascii, role) = match bar.course {
        Course::Preparing => ("░", "-", Role::Busy),
        Course::Warming => ("▒", "~", Role::Busy),
        Course::Ending => ("█", "#", Role::Warn),
        Course::KeptBack => ("▒", "~", Role::Bad),
        Course::Down => ("x", "x", Role::Bad),
    };
    let sign = app.glyphs.pick(unicode, ascii).chars().next().unwrap_or(' ');
    for cell in &mut cells[first..=last] {
        *cell = (sign, role);
    }
}

/// The word for a bar, behind it, where it has room.
fn label_bar(app: &App, window: &Window, cells: &mut Cells, bar: &Bar) {
    let to = bar.to.unwrap_or(app.live.now());
    let Some((first, last)) = window.columns(bar.from, to) else { return };
    let label = format!(" {}", bar.label);
    let free = cells.iter().skip(last + 1).take(label.len()).all(|(sign, _)| *sign == ' ');
    if free && last > first + 2 {
        for (cell, letter) in cells[last + 1..].iter_mut().zip(label.chars()) {
            *cell = (letter, Role::Muted);
        }
    }
}

/// A row with its name in front; neighbours of one role become one span.
pub(super) fn line<'a>(app: &App, name: &str, cells: Cells, current: bool) -> Line<'a> {
    let role = if current { Role::Focus } else { Role::Text };
    let mut spans = vec![Text::styled(format!(" {} ", fit(name, NAMES - 2)), app.theme.style(role))];
    let mut run = String::new();
    let mut of = Role::Text;
    for (sign, role) in cells {
        if role != of && !run.is_empty() {
            spans.push(Text::styled(std::mem::take(&mut run), app.theme.style(of)));
        }
        of = role;
        run.push(sign);
    }
    spans.push(Text::styled(run, app.theme.style(of)));
    Line::from(spans)
}
