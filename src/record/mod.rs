//! Runs on disk: the trace as JSON Lines, the journal of a session.
//!
//! - [`trace_file`]: what `--trace` writes.

pub mod trace_file;
