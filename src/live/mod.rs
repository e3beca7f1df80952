//! The rim of the dashboard: terminal, wall clock, files, signals.
//!
//! Everything that touches the machine is here, and everything below gets it as an argument. One task owns the
//! engine; it waits for keys, saved files, signals and the next moment at which time must go on.
//!
//! - [`dashboard()`]: opens the dashboard and runs until the user quits.
//! - `guard`: the terminal is restored whatever happens. `frames`: what is painted goes out at once.
//! - `background`: whether the terminal is dark or light.
//! - `watcher`: saved manifests.
//! - `commands`: kubectl commands that were typed.
//! - `classroom`: the course, and what somebody has learnt of it.
//! - [`plain()`]: the same session in lines, without a screen.
#![expect(clippy::disallowed_methods, reason = "the rim: wall clock, files and environment enter here")]

mod background;
mod classroom;
mod clock;
mod commands;
mod dashboard;
mod editor;
mod frames;
mod guard;
mod home;
mod lesson;
mod narrator;
mod plain;
mod rhythm;
mod scene;
mod session;
mod signals;
mod tape;
mod traffic;
mod undo;
mod watcher;

pub use dashboard::{Author, Options, Playbill, Replay, dashboard};
pub use guard::Guard;
pub use plain::plain;
