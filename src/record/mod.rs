//! What lies on disk: manifests, progress, and the trace of a run as JSON Lines.
//!
//! - [`attempts`]: lessons that are under way.
//! - [`cast`]: a session as an asciicast.
//! - [`config_file`]: the user's settings.
//! - [`export`]: new files that the user asks for.
//! - [`Disk`]: files for scripts and commands.
//! - [`manifests`]: texts of a file or folder.
//! - [`progress`]: what somebody has learnt.
//! - [`prompt_book`]: what a presenter reads in a second terminal.
//! - [`trace_file`]: what `--trace` writes.
#![expect(clippy::disallowed_methods, reason = "the rim: what lies on disk is read and written here")]

pub mod attempts;
pub mod cast;
pub mod config_file;
mod disk;
pub mod export;
pub mod manifests;
pub mod progress;
pub mod prompt_book;
pub mod trace_file;

pub use disk::Disk;
