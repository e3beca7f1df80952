//! Which panes of a lesson have room, and where they stand: a pure function of size and lesson.
//!
//! ```text
//! wide (from 110x30)                 smaller: the pane that has the keys
//! ┌ page ──────┐┌ host, if any ───┐  ┌ page ──┐ tab ┌ question ─┐ tab ┌ objects ┐
//! │            │├ objects ────────┤  │        │     ├ checklist ┤     ├ nodes ──┤
//! ├ checklist ─┤├ nodes ──────────┤  └────────┘     └───────────┘     └─────────┘
//! │            │├ question ───────┤
//! └────────────┘└─────────────────┘
//! ```

use ratatui::layout::{Constraint, Layout, Rect, Size};

use super::state::{Pane, Taken};
use super::{checklist, host, question};
use crate::lessons::LessonView;
use crate::tui::screens::Panel;

/// The lines of the strip of nodes, with its border.
const NODES: u16 = 5;
/// The least that the objects need.
const OBJECTS_MIN: u16 = 6;

/// A part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Page,
    Checklist,
    Question,
    Timeline,
    Host,
    Objects,
    Nodes,
}

/// Whether the panes stand side by side.
pub(super) fn is_wide(size: Size) -> bool {
    size.width >= 110 && size.height >= 30
}

/// The width of the column that is read.
pub(super) fn column(width: u16) -> u16 {
    (width * 2 / 5).clamp(50, 78)
}

/// The parts with their places.
pub(super) fn places(size: Size, area: Rect, taken: &Taken) -> Vec<(Part, Rect)> {
    match is_wide(size) {
        true => wide(area, taken),
        false => match taken.pane {
            Pane::Page => vec![(Part::Page, area)],
            Pane::Tasks => tasks(area, taken),
            Pane::World => world(area, taken),
        },
    }
}

fn wide(area: Rect, taken: &Taken) -> Vec<(Part, Rect)> {
    let [left, right] =
        Layout::horizontal([Constraint::Length(column(area.width)), Constraint::Min(40)]).areas(area);
    if taken.is_debrief() {
        let [timeline, below] =
            Layout::vertical([Constraint::Percentage(60), Constraint::Min(OBJECTS_MIN)]).areas(right);
        return vec![(Part::Page, left), (Part::Timeline, timeline), (Part::Objects, below)];
    }
    let goals = checklist::height(&taken.view, usize::from(left.width)).min(left.height / 2);
    let [page, checklist] = Layout::vertical([Constraint::Min(5), Constraint::Length(goals)]).areas(left);
    let asked = question::height(taken, usize::from(right.width)).min(right.height * 3 / 5);
    let [above, below] =
        Layout::vertical([Constraint::Min(OBJECTS_MIN), Constraint::Length(asked)]).areas(right);
    let mut parts = vec![(Part::Page, page), (Part::Checklist, checklist)];
    if asked > 0 {
        parts.push((Part::Question, below));
    }
    parts.extend(world(above, taken));
    parts
}

/// The question, if there is one, above the checklist.
fn tasks(area: Rect, taken: &Taken) -> Vec<(Part, Rect)> {
    if taken.is_debrief() {
        return vec![(Part::Timeline, area)];
    }
    match question::height(taken, usize::from(area.width)) {
        0 => vec![(Part::Checklist, area)],
        asked => {
            let [above, below] =
                Layout::vertical([Constraint::Length(asked.min(area.height)), Constraint::Min(0)])
                    .areas(area);
            let mut parts = vec![(Part::Question, above)];
            if below.height > 2 {
                parts.push((Part::Checklist, below));
            }
            parts
        }
    }
}

/// The cluster, with the plain host above it if the lesson has one.
fn world(area: Rect, taken: &Taken) -> Vec<(Part, Rect)> {
    let hosts = taken.view.host.as_ref().map_or(0, host::height).min(area.height.saturating_sub(OBJECTS_MIN));
    let nodes = if area.height >= hosts + OBJECTS_MIN + NODES + 2 { NODES } else { 0 };
    let [host, objects, strip] = Layout::vertical([
        Constraint::Length(hosts),
        Constraint::Min(OBJECTS_MIN),
        Constraint::Length(nodes),
    ])
    .areas(area);
    let mut parts = vec![(Part::Objects, objects)];
    if hosts > 2 {
        parts.push((Part::Host, host));
    }
    if nodes > 0 {
        parts.push((Part::Nodes, strip));
    }
    parts
}

/// Whether a lesson opens a panel of the Cluster screen: a beginner sees few of them at first.
pub(in crate::tui) fn opens(view: &LessonView, panel: Panel) -> bool {
    let has = |prefix: &str| view.panels.iter().any(|open| open.starts_with(prefix));
    match panel {
        Panel::Objects | Panel::Nodes | Panel::Story => true,
        Panel::Traffic => has("traffic"),
        Panel::Wire => has("loop") || has("scheduler") || has("wire"),
    }
}
