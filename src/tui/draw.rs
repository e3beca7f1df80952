//! The whole screen: which panels have room, and what is over them.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::app::App;
use super::screens::{cluster, footer, overlay};
use super::theme::Role;

/// The smallest screen on which anything can be read.
const MIN: (u16, u16) = (40, 12);
/// Below this, one panel is shown at a time.
const COMPACT: (u16, u16) = (80, 24);
/// From here on, panels stand side by side.
const WIDE: (u16, u16) = (110, 30);

/// Paints the dashboard.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    if area.width < MIN.0 || area.height < MIN.1 {
        let text = format!("need {}x{}, have {}x{}", MIN.0, MIN.1, area.width, area.height);
        frame.render_widget(Line::from(Span::styled(text, app.theme.style(Role::Warn))), area);
        return;
    }
    let [title, body, now, rule, hints] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(if area.height >= WIDE.1 { 2 } else { 1 }),
        Constraint::Length(u16::from(area.height >= COMPACT.1)),
        Constraint::Length(1),
    ])
    .areas(area);
    footer::title(frame, title, app);
    match () {
        () if area.width >= WIDE.0 && area.height >= WIDE.1 => wide(frame, body, app),
        () if area.width >= COMPACT.0 && area.height >= COMPACT.1 => compact(frame, body, app),
        () => pocket(frame, body, app),
    }
    footer::now(frame, now, app);
    footer::rule(frame, rule, app);
    footer::hints(frame, hints, app);
    overlay::toasts(frame, area, app);
    if let Some(over) = &app.overlay {
        overlay::draw(frame, area, app, over);
    }
}

/// Objects and nodes above, story and traffic below.
fn wide(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let below = (area.height / 3).clamp(8, 14);
    let [above, below] = Layout::vertical([Constraint::Min(8), Constraint::Length(below)]).areas(area);
    let [objects, nodes] = Layout::horizontal([Constraint::Percentage(60), Constraint::Min(40)]).areas(above);
    let [story, traffic] = Layout::horizontal([Constraint::Percentage(64), Constraint::Min(36)]).areas(below);
    cluster::objects(frame, objects, app);
    cluster::nodes(frame, nodes, app);
    cluster::story(frame, story, app);
    cluster::traffic(frame, traffic, app);
}

/// One below the other.
fn compact(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let [objects, nodes, story] =
        Layout::vertical([Constraint::Min(6), Constraint::Length(5), Constraint::Length(6)]).areas(area);
    cluster::objects(frame, objects, app);
    cluster::node_strip(frame, nodes, app);
    cluster::story(frame, story, app);
}

/// One at a time; tab goes to the next.
fn pocket(frame: &mut Frame<'_>, area: Rect, app: &App) {
    match app.panel % 4 {
        0 => cluster::objects(frame, area, app),
        1 => cluster::nodes(frame, area, app),
        2 => cluster::story(frame, area, app),
        _ => cluster::traffic(frame, area, app),
    }
}
