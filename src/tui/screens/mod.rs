//! Drawing: each file opens with a picture of what it paints.
//!
//! A screen is a folder that offers `draw`, and where it needs them `refresh` (the cluster or the cursor changed),
//! `command` (a command of the key table, before the dashboard itself gets it) and `key` (a key before the table,
//! for what takes text). They are called from here, by the screen that is shown.

pub(super) mod branches;
mod breaks;
mod chain;
pub(super) mod cluster;
pub(super) mod footer;
pub(super) mod header;
pub(super) mod frame;
mod help;
mod inspect;
pub(super) mod learn;
pub(super) mod lens;
pub(super) mod overlay;
mod panel;
pub(super) mod prompt;
pub(super) mod stage;
mod time;
mod text_view;
pub(super) mod toasts;
mod why;
mod yaml;

pub use cluster::Panel;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use smol_str::SmolStr;

use super::app::{App, Effect, Flow, Goal};
use super::keymap::Command;
use super::screen::Screen;
use crate::object::ObjectRef;
use crate::trace::Event;
pub(super) use learn::State as LearnState;
pub(super) use lens::State as LensState;
pub(super) use time::State as TimeState;
pub(super) use yaml::State as YamlState;

/// Paints the screen that is shown.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    match app.screen {
        Screen::Cluster => cluster::draw(frame, area, app),
        Screen::Loop => lens::draw(frame, area, app),
        Screen::Time => time::draw(frame, area, app),
        Screen::Yaml => yaml::draw(frame, area, app),
        Screen::Learn => learn::draw(frame, area, app),
        // It has the whole terminal, without the frame around the others.
        Screen::Stage => {}
    }
}

/// The cluster, the cursor or the screen changed: the screen that is shown brings its data up to date.
pub(super) fn refresh(app: &mut App) {
    yaml::follow(app);
    match app.screen {
        Screen::Cluster => cluster::pinned::refresh(app),
        Screen::Loop => lens::refresh(app),
        Screen::Time => time::refresh(app),
        Screen::Yaml => yaml::arrive(app),
        Screen::Learn | Screen::Stage => {}
    }
}

/// Offers a command to the screen that is shown.
pub(super) fn command(app: &mut App, command: Command) -> Flow {
    match app.screen {
        Screen::Cluster => cluster::command(app, command),
        Screen::Loop => lens::command(app, command),
        Screen::Time => time::command(app, command),
        Screen::Yaml => yaml::command(app, command),
        Screen::Learn => learn::command(app, command),
        Screen::Stage => Flow::Pass,
    }
}

/// Offers a key to the screen that is shown, before the key table.
pub(super) fn key(app: &mut App, key: KeyCode) -> Flow {
    match app.screen {
        Screen::Cluster | Screen::Loop => Flow::Pass,
        Screen::Time => time::key(app, key),
        Screen::Yaml => yaml::key(app, key),
        Screen::Learn => learn::key(app, key),
        Screen::Stage => match app.count_hands(key) {
            true => Flow::Done(None),
            false => Flow::Pass,
        },
    }
}

/// How many rows of the objects table have room.
pub(super) fn rows_room(app: &App) -> usize {
    match app.screen {
        Screen::Learn => learn::rows_room(app),
        _ => cluster::rows_room(app),
    }
}

/// The tab at a place of the first line.
pub(super) fn tab_at(app: &App, at: Position) -> Option<Screen> {
    if at.y == 0 { header::tab_at(app, at.x) } else { None }
}

/// A click on the screen that is shown.
pub(super) fn click(app: &mut App, at: Position) -> Option<Effect> {
    match app.screen {
        Screen::Cluster => cluster::click(app, at),
        Screen::Loop => lens::click(app, at),
        Screen::Time => return time::click(app, at),
        Screen::Yaml | Screen::Learn | Screen::Stage => {}
    }
    None
}

/// The mouse is drawn over the screen that is shown.
pub(super) fn drag(app: &mut App, at: Position) -> Flow {
    if app.screen == Screen::Time { time::drag(app, at) } else { Flow::Pass }
}

/// The part of the terminal in which the screen that is shown is painted.
fn body(app: &App) -> Rect {
    let has_strip = app.screen != Screen::Learn && app.lesson().is_some();
    frame::regions(app.size, has_strip).body
}

/// The line of the terminal on which the selected thing stands.
pub(super) fn selected_line(app: &App) -> Option<u16> {
    match app.screen {
        Screen::Cluster => cluster::selected_line(app),
        Screen::Loop | Screen::Time | Screen::Yaml | Screen::Learn | Screen::Stage => None,
    }
}

/// Where a single step goes on the screen that is shown.
pub(super) fn goal(app: &App) -> Goal {
    match app.screen {
        Screen::Cluster | Screen::Time | Screen::Yaml | Screen::Learn | Screen::Stage => Goal::Step,
        Screen::Loop => lens::goal(app),
    }
}

/// Whether the screen that is shown has a place for an event; a step passes over what is filtered out.
pub(super) fn shows(app: &App, event: &Event) -> bool {
    match app.screen {
        Screen::Cluster | Screen::Loop | Screen::Yaml | Screen::Learn | Screen::Stage => true,
        Screen::Time => time::shows(app, event),
    }
}

/// The words above the hints, where the screen has its own: a label, a sentence, and what comes next.
pub(super) fn narration(app: &App) -> Option<(&'static str, String, String)> {
    match app.screen {
        Screen::Cluster => None,
        Screen::Loop => lens::narration(app),
        Screen::Time => time::narration(app),
        Screen::Yaml => yaml::narration(app),
        Screen::Learn => learn::narration(app),
        Screen::Stage => None,
    }
}

/// What to press while letters are text, where the screen takes text.
pub(super) fn typing_hint(app: &App) -> Option<String> {
    if app.screen == Screen::Yaml { yaml::typing_hint(app) } else { None }
}

/// The object that the screen is about: what a question is asked about.
pub(super) fn subject(app: &App) -> Option<ObjectRef> {
    let own = match app.screen {
        Screen::Cluster | Screen::Yaml | Screen::Learn | Screen::Stage => None,
        Screen::Loop => lens::subject(app),
        Screen::Time => app.event_here().and_then(|event| event.object.clone()),
    };
    own.or_else(|| app.target())
}

/// The component or node whose link to the API server is picked, where links can be picked.
pub(super) fn picked_station(app: &App) -> Option<SmolStr> {
    if app.screen == Screen::Cluster { cluster::picked_station(app) } else { None }
}

/// Goes to the loop that looks after the selected object.
pub(super) fn loop_of_selection(app: &mut App) -> Option<Effect> {
    lens::open_for_selection(app);
    None
}

/// Opens the manifest of the selected object on the YAML screen.
pub(super) fn edit_selection(app: &mut App) -> Option<Effect> {
    yaml::open_for_selection(app)
}
