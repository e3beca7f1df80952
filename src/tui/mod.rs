//! The dashboard: one idea on every screen, WANT, HAVE, GAP, and which loop is closing the gap.
//!
//! It is a state machine without a terminal: a key or a tick goes in ([`App::key`], [`App::tick`]), what is to be
//! done comes out ([`Effect`]), and [`draw()`] paints the state into a frame. It reads the cluster only through a
//! [`crate::engine::View`] and acts only through inputs, which the rim hands to the engine.
//!
//! - [`theme`], [`glyphs`]: roles and signs as tables; colour is never the only signal.
//! - [`keymap`]: every key with what it does; hints, help and the hint line come from it.
//! - [`settings`]: what the user wants: one table for the config file, flags, environment and help.
//! - [`look`]: which theme suits a terminal. [`motion`]: how much moves.
//! - [`screen`]: the screens and their digits; each lives in a folder of `screens` with its own state, commands and
//!   drawing, and shares the [`App`] with the others: one selection, one time cursor.
//! - [`model`]: what the cluster looks like to a person, as data: rows, sentences, stories.
//! - [`command`]: the command line: the dashboard's own words, and kubectl.
//! - [`picture`]: a screen as text or as an SVG picture.
//! - [`pace`]: how fast virtual time goes by on the screen.
//! - `screens`: small drawing functions, each with a picture of what it draws.

mod app;
mod breaks;
pub mod command;
mod draw;
pub mod glyphs;
pub mod keymap;
mod legend;
pub mod look;
pub mod model;
pub mod motion;
pub mod pace;
pub mod picture;
pub mod screen;
mod screens;
pub mod settings;
pub mod theme;
pub mod wrap;

pub use app::{
    App, BranchesView, BreakMenu, Effect, Goal, LessonAct, Outlook, Overlay, TextView, Toast, WhyView,
};
pub use app::{Presenter, PromptBook, SceneAct, Stance};
pub use breaks::{BreakEntry, BreakTarget, Deed};
pub use draw::{draw, is_too_small};
pub use screens::Panel;
