//! Standard output.
//!
//! `kubeloop run x.yaml | head` closes the pipe when `head` has seen enough. Tools that the operating system ends by
//! SIGPIPE then just stop; Rust ignores that signal, and std's `println!` panics instead. The macros here take its
//! place in every file of the command line: when nobody reads any more, the program ends quietly, with the exit code
//! that a shell shows for SIGPIPE.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// What a shell shows for a program that SIGPIPE ended: 128 and the number of the signal.
const CLOSED_PIPE: i32 = 141;
/// An internal error, as in the table of exit codes.
const INTERNAL: i32 = 3;

macro_rules! print {
    ($($text:tt)*) => { $crate::cli::output::write(format_args!($($text)*)) };
}

macro_rules! println {
    () => { print!("\n") };
    ($($text:tt)*) => { print!("{}\n", format_args!($($text)*)) };
}

/// Writes to standard output; ends the program if that is not possible.
pub(super) fn write(text: Arguments<'_>) {
    let Err(error) = std::io::stdout().lock().write_fmt(text) else { return };
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(CLOSED_PIPE);
    }
    eprintln!("kubeloop: cannot write to standard output: {error}");
    std::process::exit(INTERNAL);
}
