//! Where a command's text comes from and goes to.

use smol_str::SmolStr;

use crate::workload::files::absolute;
use crate::workload::tree::FileError;

use super::expand::{Expander, Pause};
use super::script::{Descriptor, Redirect, Target};
use super::task::{Run, Task};

/// How much text one pipe or command substitution holds; what goes beyond is lost.
const PIPE_LIMIT_BYTES: usize = 1 << 20;

/// Where output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sink {
    /// The container's log; for a command run beside the main process, the answer to whoever runs it.
    Log,
    /// The main process's log (`/proc/1/fd/1`).
    MainLog,
    /// `/dev/null`
    Nowhere,
    /// The text that a pipe or command substitution collects.
    Capture(usize),
    /// The end of a file.
    File(SmolStr),
}

/// The standard descriptors.
#[derive(Clone, Debug)]
pub(super) struct Io {
    /// Which of the task's inputs is read; none is `/dev/null`.
    pub(super) input: Option<usize>,
    pub(super) out: Sink,
    pub(super) err: Sink,
}

/// Text that is being read.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) text: String,
    /// How much of it has been read.
    pub(super) read: usize,
}

impl Input {
    /// What has not been read yet.
    pub(super) fn rest(&self) -> &str {
        self.text.get(self.read..).unwrap_or("")
    }
}

/// A redirection whose words are expanded.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    from: Descriptor,
    to: OpenTarget,
}

#[derive(Clone, Debug)]
enum OpenTarget {
    Read(String),
    Write { path: String, append: bool },
    Same(String),
    Text(String),
}

/// Expands the words of redirections.
pub(super) fn expand(redirects: &[Redirect], expander: &mut Expander<'_, '_>) -> Result<Vec<Opening>, Pause> {
    let mut openings = Vec::new();
    for redirect in redirects {
        let to = match &redirect.to {
            Target::Read(path) => OpenTarget::Read(expander.text(path)?),
            Target::Write { path, append } => {
                OpenTarget::Write { path: expander.text(path)?, append: *append }
            }
            Target::Same(number) => OpenTarget::Same(expander.text(number)?),
            Target::Text(text) => OpenTarget::Text(expander.text(text)?),
        };
        openings.push(Opening { from: redirect.from, to });
    }
    Ok(openings)
}

impl Task {
    /// Opens redirections on top of the present descriptors.
    ///
    /// # Errors
    /// The shell's text when a file cannot be opened.
    pub(super) fn open(&mut self, run: &mut Run<'_, '_>, openings: &[Opening]) -> Result<Io, String> {
        let mut io = self.io.clone();
        for opening in openings {
            match &opening.to {
                OpenTarget::Text(text) => io.input = Some(self.add_input(text.clone())),
                OpenTarget::Read(path) => match path.as_str() {
                    "/dev/null" | "/dev/zero" | "/dev/random" | "/dev/urandom" => io.input = None,
                    "/dev/stdin" => {}
                    path => {
                        let text = run.files.read(&absolute(&self.scope.folder, path));
                        let text = text.map_err(|error| match error {
                            FileError::NotFound => format!("can't open {path}: no such file"),
                            error => format!("can't open {path}: {error}"),
                        })?;
                        let text = text.to_owned();
                        io.input = Some(self.add_input(text));
                    }
                },
                OpenTarget::Same(number) => {
                    let sink = match number.as_str() {
                        "1" => io.out.clone(),
                        "2" => io.err.clone(),
                        "-" => Sink::Nowhere,
                        other => return Err(format!("{other}: bad file descriptor")),
                    };
                    set(&mut io, opening.from, &sink);
                }
                OpenTarget::Write { path, append } => {
                    let sink = self.open_sink(run, &io, path, *append)?;
                    set(&mut io, opening.from, &sink);
                }
            }
        }
        Ok(io)
    }

    fn open_sink(
        &mut self,
        run: &mut Run<'_, '_>,
        io: &Io,
        path: &str,
        append: bool,
    ) -> Result<Sink, String> {
        Ok(match path {
            "/dev/null" => Sink::Nowhere,
            "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => io.out.clone(),
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => io.err.clone(),
            "/proc/1/fd/1" | "/proc/1/fd/2" => Sink::MainLog,
            "/dev/console" | "/dev/tty" => Sink::Log,
            path => {
                let place = absolute(&self.scope.folder, path);
                run.files.write(&place, "", append).map_err(|error| match error {
                    FileError::NotFound => format!("can't create {path}: nonexistent directory"),
                    error => format!("can't create {path}: {error}"),
                })?;
                Sink::File(place)
            }
        })
    }

    /// Adds text to be read and says which input it is.
    pub(super) fn add_input(&mut self, text: String) -> usize {
        self.inputs.push(Input { text, read: 0 });
        self.inputs.len() - 1
    }

    /// What standard input still holds.
    pub(super) fn take_input(&mut self) -> String {
        let Some(input) = self.io.input.and_then(|number| self.inputs.get_mut(number)) else {
            return String::new();
        };
        let rest = input.rest().to_owned();
        input.read = input.text.len();
        rest
    }

    /// The next line of standard input, without its end; none at the end of input.
    pub(super) fn take_line(&mut self) -> Option<String> {
        let input = self.inputs.get_mut(self.io.input?)?;
        let rest = input.rest();
        if rest.is_empty() {
            return None;
        }
        let line = rest.split('\n').next().unwrap_or("").to_owned();
        input.read = (input.read + line.len() + 1).min(input.text.len());
        Some(line)
    }

    /// Prints to standard output.
    pub(super) fn print(&mut self, run: &mut Run<'_, '_>, text: &str) {
        let sink = self.io.out.clone();
        self.print_to(run, &sink, text);
    }

    /// Prints a line to standard error.
    pub(super) fn complain(&mut self, run: &mut Run<'_, '_>, line: &str) {
        let sink = self.io.err.clone();
        self.print_to(run, &sink, &format!("{line}\n"));
    }

    fn print_to(&mut self, run: &mut Run<'_, '_>, sink: &Sink, text: &str) {
        match sink {
            Sink::Nowhere => {}
            Sink::Log => run.output.push_str(text),
            Sink::MainLog if run.world.is_main => run.output.push_str(text),
            Sink::MainLog => run.world.main_log.push_str(text),
            Sink::Capture(number) => {
                if let Some(capture) = self.captures.get_mut(*number)
                    && capture.len() + text.len() <= PIPE_LIMIT_BYTES
                {
                    capture.push_str(text);
                }
            }
            Sink::File(path) => {
                if let Err(error) = run.files.write(path, text, true) {
                    run.output.push_str(&format!("sh: write error: {error}\n"));
                }
            }
        }
    }
}

fn set(io: &mut Io, from: Descriptor, sink: &Sink) {
    match from {
        Descriptor::In => {}
        Descriptor::Out => io.out = sink.clone(),
        Descriptor::Err => io.err = sink.clone(),
        Descriptor::OutAndErr => (io.out, io.err) = (sink.clone(), sink.clone()),
    }
}
