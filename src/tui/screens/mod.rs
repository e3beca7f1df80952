//! Drawing: each file opens with a picture of what it paints.
//!
//! A screen is a folder that offers `draw`, and where it needs them `refresh` (the cluster or the cursor changed),
//! `command` (a command of the key table, before the dashboard itself gets it) and `key` (a key before the table,
//! for what takes text). They are called from here, by the screen that is shown.

pub(super) mod cluster;
pub(super) mod footer;
pub(super) mod overlay;
mod panel;

pub use cluster::Panel;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::app::{App, Flow};
use super::keymap::Command;
use super::screen::Screen;

/// Paints the screen that is shown.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    match app.screen {
        Screen::Cluster => cluster::draw(frame, area, app),
    }
}

/// The cluster, the cursor or the screen changed: the screen that is shown brings its data up to date.
pub(super) fn refresh(app: &mut App) {
    match app.screen {
        Screen::Cluster => {}
    }
}

/// Offers a command to the screen that is shown.
pub(super) fn command(app: &mut App, command: Command) -> Flow {
    match app.screen {
        Screen::Cluster => cluster::command(app, command),
    }
}

/// Offers a key to the screen that is shown, before the key table.
pub(super) fn key(app: &mut App, _key: KeyCode) -> Flow {
    match app.screen {
        Screen::Cluster => Flow::Pass,
    }
}

/// How many rows of the objects table have room.
pub(super) fn rows_room(app: &App) -> usize {
    cluster::rows_room(app)
}
