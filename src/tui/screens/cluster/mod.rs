//! The Cluster screen: objects, nodes, the wire, the story, traffic.

mod inspector;
pub(super) mod layout;
pub(super) mod names;
mod nodes;
mod objects;
pub(super) mod pinned;
mod story;
mod traffic;
mod wire;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use smol_str::SmolStr;

pub use layout::Panel;
pub(super) use nodes::{node_state, node_word, truth};
pub(super) use traffic::ribbon;

use crate::tui::app::{App, Flow};
use crate::tui::keymap::Command;
use crate::tui::model::stations;
use crate::tui::screens::body;

/// The border and the header of the objects table.
const TABLE_FRAME: u16 = 3;

/// Paints the panels that have room.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let size = frame.area().as_size();
    pinned::draw(frame, area, app);
    let area = pinned::rest(app, size, area);
    for (panel, place) in layout::places(size, area, app.focus, app.zoomed, &|panel| is_open(app, panel)) {
        match panel {
            Panel::Objects => objects::objects(frame, place, app, app.focus == Panel::Objects),
            Panel::Nodes if layout::is_wide(size) || app.zoomed || place.height > 6 => {
                nodes::nodes(frame, place, app);
            }
            Panel::Nodes => nodes::node_strip(frame, place, app),
            Panel::Wire => wire::draw(frame, place, app),
            Panel::Story => story::story(frame, place, app),
            Panel::Traffic => traffic::traffic(frame, place, app),
        }
    }
}

/// The panels with their places on a terminal of the size that the dashboard knows.
fn places(app: &App) -> Vec<(Panel, Rect)> {
    let area = pinned::rest(app, app.size, body(app));
    layout::places(app.size, area, app.focus, app.zoomed, &|panel| is_open(app, panel))
}

/// Whether a panel has a place.
pub(in crate::tui) fn shows(app: &App, panel: Panel) -> bool {
    places(app).iter().any(|(shown, _)| *shown == panel)
}

/// Whether a panel is shown: a lesson opens them one by one.
fn is_open(app: &App, panel: Panel) -> bool {
    app.learn.every_panel || app.lesson().is_none_or(|lesson| super::learn::opens(lesson, panel))
}

/// The objects table on another screen.
pub(super) fn objects_here(frame: &mut Frame<'_>, area: Rect, app: &App, focused: bool) {
    objects::objects(frame, area, app, focused);
}

/// The nodes and the traffic in three lines, on another screen.
pub(super) fn nodes_here(frame: &mut Frame<'_>, area: Rect, app: &App) {
    nodes::node_strip(frame, area, app);
}

/// How many rows of the objects table have room.
pub(super) fn rows_room(app: &App) -> usize {
    let table = places(app).into_iter().find(|(panel, _)| *panel == Panel::Objects);
    table.map_or(usize::MAX, |(_, place)| usize::from(place.height.saturating_sub(TABLE_FRAME)))
}

/// The line of the terminal on which the selected row stands.
pub(super) fn selected_line(app: &App) -> Option<u16> {
    let (_, place) = places(app).into_iter().find(|(panel, _)| *panel == Panel::Objects)?;
    let room = usize::from(place.height.saturating_sub(TABLE_FRAME));
    let line = app.selected_index()?.checked_sub(objects::first_row(app, room))?;
    Some(place.y + TABLE_FRAME - 1 + u16::try_from(line).ok()?)
}

/// A click focuses the panel, and selects the row.
pub(super) fn click(app: &mut App, at: Position) {
    let hit = places(app).into_iter().find(|(_, place)| place.contains(at));
    let Some((panel, place)) = hit else { return };
    app.focus = panel;
    if panel == Panel::Objects {
        let room = usize::from(place.height.saturating_sub(TABLE_FRAME));
        let line = usize::from(at.y.saturating_sub(place.y + TABLE_FRAME - 1));
        let index = objects::first_row(app, room) + line;
        if let Some(found) = app.rows.get(index).filter(|_| line < room) {
            app.selected.clone_from(&found.uid);
        }
    }
}

/// The component or node whose link is picked on the wire; of several that share a place, the first.
pub(super) fn picked_station(app: &App) -> Option<SmolStr> {
    let all = (app.focus == Panel::Wire)
        .then(|| stations(&app.view, &app.rows, None, wire::room(app.size.width)))?;
    all.get(app.picked)?.components.first().cloned()
}

/// What commands mean on this screen.
pub(super) fn command(app: &mut App, command: Command) -> Flow {
    match command {
        Command::Unfold => app.unfold(),
        Command::NextPanel => focus(app, 1),
        Command::LastPanel => focus(app, -1),
        Command::Up | Command::Left if app.focus == Panel::Nodes => next_node(app, -1),
        Command::Down | Command::Right if app.focus == Panel::Nodes => next_node(app, 1),
        Command::Left if app.focus == Panel::Wire => app.picked = app.picked.saturating_sub(1),
        Command::Right if app.focus == Panel::Wire => {
            let wire = places(app).into_iter().find(|(panel, _)| *panel == Panel::Wire);
            let width = wire.map_or(app.size.width, |(_, place)| place.width);
            let count = stations(&app.view, &app.rows, None, wire::room(width)).len();
            app.picked = (app.picked + 1).min(count.saturating_sub(1));
        }
        _ => return Flow::Pass,
    }
    Flow::Done(None)
}

fn focus(app: &mut App, by: isize) {
    let panels = layout::panels(app.size);
    let panels: Vec<Panel> = panels.iter().copied().filter(|panel| is_open(app, *panel)).collect();
    let here = panels.iter().position(|panel| *panel == app.focus).unwrap_or(0);
    let there = (here + panels.len()).saturating_add_signed(by) % panels.len();
    app.focus = panels.get(there).copied().unwrap_or_default();
    app.refresh();
}

fn next_node(app: &mut App, by: isize) {
    let nodes = app.view.node_names();
    let here = nodes.iter().position(|node| *node == app.node).unwrap_or(0);
    if let Some(node) = nodes.get(here.saturating_add_signed(by)) {
        app.node = node.clone();
    }
}
