//! kubectl commands that were typed: each runs until it is over, and nobody is blocked meanwhile.

use super::session::Session;
use crate::apiserver::{Answer, Call, Status};
use crate::engine::{Applied, Input, View, World};
use crate::kubectl::{self, Cluster, Editing, Poll, Reads, Running};
use crate::node::Log;
use crate::object::Key;
use crate::record::Disk;
use crate::time::VirtualTime;
use crate::trace::Cause;
use crate::tui::App;

/// Lines that are said for a moment; more become a text to be scrolled.
const SAID_MAX: usize = 4;

struct Started {
    line: String,
    running: Running,
    printed: String,
    /// How a part of it was shown while the command waited, if it was.
    shown: Option<Shown>,
}

/// How what a command prints while it waits is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Said for a moment.
    Said,
    /// In a box that stays as long as somebody wants it to.
    Box,
}

impl Started {
    fn title(&self) -> String {
        format!("kubectl {}", self.line)
    }
}

/// A moment of the past, which cannot be changed.
struct Past<'a>(&'a World);

impl Reads for Past<'_> {
    fn now(&self) -> VirtualTime {
        self.0.now()
    }

    fn read(&self, call: &Call) -> Answer {
        self.0.read(call)
    }

    fn log(&self, pod: &Key, container: &str, previous: bool) -> Result<Log, Box<Status>> {
        Reads::log(self.0, pod, container, previous)
    }
}

impl Cluster for Past<'_> {
    fn apply(&mut self, _: Input) -> Applied {
        let refused = Some("this is the past: it cannot be changed".to_owned());
        Applied { cause: Cause::NONE, answer: None, refused }
    }
}

/// The commands that run.
#[derive(Default)]
pub(super) struct Commands {
    started: Vec<Started>,
    /// Whether there is a screen for boxes; without one, everything is said.
    has_screen: bool,
    /// The folder from which paths in commands count; the one in which the program was started if empty.
    folder: std::path::PathBuf,
}

/// A text that somebody is to edit for a command.
pub(super) struct Wanted {
    command: usize,
    pub(super) editing: Editing,
}

impl Commands {
    /// None, for a screen with boxes.
    pub(super) fn on_screen() -> Self {
        Self { has_screen: true, ..Self::default() }
    }

    /// The same with paths that count from a folder.
    pub(super) fn in_folder(self, folder: std::path::PathBuf) -> Self {
        Self { folder, ..self }
    }

    /// Begins a command.
    pub(super) fn start(&mut self, line: &str) {
        let line = line.strip_prefix("kubectl ").unwrap_or(line).to_owned();
        self.started.push(Started {
            running: kubectl::parse(&line),
            line,
            printed: String::new(),
            shown: None,
        });
    }

    /// Answers a command that only looks about a moment of the past. There is nothing to wait for there.
    pub(super) fn look_back(&self, line: &str, then: &View, app: &mut App) {
        let line = line.strip_prefix("kubectl ").unwrap_or(line);
        let disk = Disk { folder: self.folder.clone() };
        let mut running = kubectl::parse(line);
        let exit = match running.poll(&mut Past(then), &disk) {
            Poll::Done(exit) => exit,
            Poll::Waiting(_) | Poll::Edit(_) => 0,
        };
        let text = running.take_output().text();
        match self.has_screen && exit == 0 {
            true => app.show_answer(format!("kubectl {line}, as it was at {}", then.now()), &text, false),
            false => app.printed(line, &text, exit),
        }
    }

    /// Whether any command runs.
    pub(super) fn is_empty(&self) -> bool {
        self.started.is_empty()
    }

    /// Does what can be done at this instant. One of them may want an editor.
    pub(super) fn poll(&mut self, session: &mut Session, app: &mut App) -> Option<Wanted> {
        let disk = Disk { folder: self.folder.clone() };
        for command in 0..self.started.len() {
            let Some(started) = self.started.get_mut(command) else { break };
            if started.shown == Some(Shown::Box) && !app.awaits_answer(&started.title()) {
                // Nobody looks any more: Esc ends what would go on for ever.
                started.line.clear();
                continue;
            }
            let poll = started.running.poll(session, &disk);
            if let Some(wanted) = self.settle(command, poll, app) {
                return Some(wanted);
            }
        }
        self.started.retain(|started| !started.line.is_empty());
        None
    }

    /// Goes on with a text that was edited.
    pub(super) fn edited(&mut self, wanted: &Wanted, text: &str, session: &mut Session, app: &mut App) {
        let disk = Disk { folder: self.folder.clone() };
        let Some(started) = self.started.get_mut(wanted.command) else { return };
        let poll = started.running.edited(text, session, &disk);
        self.settle(wanted.command, poll, app);
        self.started.retain(|started| !started.line.is_empty());
    }

    fn settle(&mut self, command: usize, poll: Poll, app: &mut App) -> Option<Wanted> {
        let started = self.started.get_mut(command)?;
        let fresh = started.running.take_output().text();
        started.printed.push_str(&fresh);
        let stays = self.has_screen && kubectl::only_looks(&started.line);
        match poll {
            Poll::Waiting(_) if fresh.is_empty() => None,
            Poll::Waiting(_) => {
                match started.shown {
                    Some(Shown::Box) => app.add_to_answer(&started.title(), &fresh, true),
                    None if stays => app.show_answer(started.title(), &fresh, true),
                    _ => app.say(fresh.trim_end().to_owned()),
                }
                started.shown = Some(if stays { Shown::Box } else { Shown::Said });
                None
            }
            Poll::Edit(editing) => Some(Wanted { command, editing }),
            Poll::Done(exit) => {
                match started.shown {
                    Some(Shown::Box) => app.add_to_answer(&started.title(), &fresh, false),
                    // What was said while it waited is not said again, nor that there is nothing more to say.
                    Some(Shown::Said) if fresh.is_empty() && exit == 0 => {}
                    Some(Shown::Said) => app.printed(&started.line, &fresh, exit),
                    None if stays && exit == 0 && !started.printed.is_empty() => {
                        app.show_answer(started.title(), &started.printed, false)
                    }
                    None => app.printed(&started.line, &started.printed, exit),
                }
                // Its place is kept until all were polled.
                started.line.clear();
                None
            }
        }
    }
}

impl App {
    /// A command is over and printed this.
    fn printed(&mut self, line: &str, text: &str, exit: u8) {
        let text = text.trim_end();
        match (text.lines().count(), exit) {
            (0, _) => self.say(format!("kubectl {line}: done")),
            (1..=SAID_MAX, 0) => self.say(text.to_owned()),
            (1..=SAID_MAX, _) => self.complain(text.to_owned()),
            _ => self.show_answer(format!("kubectl {line}"), text, false),
        }
    }
}
