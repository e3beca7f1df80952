//! What lies on disk: manifests, and the trace of a run as JSON Lines.
//!
//! - [`Disk`]: files for scripts and commands.
//! - [`manifests`]: texts of a file or folder.
//! - [`trace_file`]: what `--trace` writes.
#![expect(clippy::disallowed_methods, reason = "the rim: what lies on disk is read and written here")]

mod disk;
pub mod manifests;
pub mod trace_file;

pub use disk::Disk;
