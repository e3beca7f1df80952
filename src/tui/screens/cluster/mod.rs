//! The Cluster screen: objects, nodes, the story, traffic.

mod nodes;
mod objects;
mod story;
mod traffic;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::tui::app::{App, Flow};
use crate::tui::keymap::Command;

/// Below this, one panel is shown at a time.
const COMPACT: (u16, u16) = (80, 24);
/// From here on, panels stand side by side.
const WIDE: (u16, u16) = (110, 30);

/// Paints the panels that have room.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let whole = frame.area();
    match () {
        () if whole.width >= WIDE.0 && whole.height >= WIDE.1 => wide(frame, area, app),
        () if whole.width >= COMPACT.0 && whole.height >= COMPACT.1 => compact(frame, area, app),
        () => pocket(frame, area, app),
    }
}

/// What commands mean on this screen.
pub(super) fn command(app: &mut App, command: Command) -> Flow {
    if command == Command::Unfold {
        app.unfold();
        return Flow::Done(None);
    }
    Flow::Pass
}

/// Objects and nodes above, story and traffic below.
fn wide(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let below = (area.height / 3).clamp(8, 14);
    let [above, below] = Layout::vertical([Constraint::Min(8), Constraint::Length(below)]).areas(area);
    let [objects, nodes] = Layout::horizontal([Constraint::Percentage(60), Constraint::Min(40)]).areas(above);
    let [story, traffic] = Layout::horizontal([Constraint::Percentage(64), Constraint::Min(36)]).areas(below);
    objects::objects(frame, objects, app);
    nodes::nodes(frame, nodes, app);
    story::story(frame, story, app);
    traffic::traffic(frame, traffic, app);
}

/// One below the other.
fn compact(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let [objects, nodes, story] =
        Layout::vertical([Constraint::Min(6), Constraint::Length(5), Constraint::Length(6)]).areas(area);
    objects::objects(frame, objects, app);
    nodes::node_strip(frame, nodes, app);
    story::story(frame, story, app);
}

/// One at a time; tab goes to the next.
fn pocket(frame: &mut Frame<'_>, area: Rect, app: &App) {
    match app.panel % 4 {
        0 => objects::objects(frame, area, app),
        1 => nodes::nodes(frame, area, app),
        2 => story::story(frame, area, app),
        _ => traffic::traffic(frame, area, app),
    }
}
