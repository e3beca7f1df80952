//! Plain mode: the same session as sentences, one after the other, and lines that are typed.
//!
//! Nothing is drawn and nothing moves, so a screen reader, a pipe and a dumb terminal can follow. Behind it stands the
//! dashboard's own state machine: a line means here what it means behind `:` there, because the same code takes it.
//! Only what comes out differs: what the dashboard would show for a moment or over the screen is printed.
//!
//! ```text
//! #4 00:41.2 you ran kubectl delete pod login-546954bf77-b3tqz.
//! #4 00:41.2 The ReplicaSet controller acts for ReplicaSet login-546954bf77: create a pod: the ReplicaSet controller saw 2, wants 3.
//! #4 00:43.0 Healed: all is as wanted again, 1.8s after it began
//! ```
//!
//! - [`Plain`]: lines go in, effects for the rim and lines to print come out. It knows no clock and no terminal.
//! - `teller`: which events are told, and when a story has healed.
//! - [`Reader`]: a lesson, read out and answered in lines.

mod answers;
mod reader;
mod teller;

pub use reader::{Heard, Reader};

use crate::engine::View;
use crate::object::ObjectRef;
use crate::tui::command::{Line, Own, own_verbs, parse};
use crate::tui::glyphs::Glyphs;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;
use crate::tui::{App, Effect, Overlay};
use teller::Teller;

/// A session in lines.
pub struct Plain {
    /// The dashboard behind it: pace, cursor, branches, everything that was said.
    pub app: App,
    teller: Teller,
    /// How much of what the dashboard said is printed.
    heard: u64,
    lines: Vec<String>,
}

impl Plain {
    /// A session on this cluster; what happened before is not told.
    pub fn new(view: View, folder: String) -> Self {
        let teller = Teller::new(&view);
        let mut app = App::new(view, Theme::default(), Glyphs::Ascii, folder);
        app.keymap = Keymap::in_words();
        Self { app, teller, heard: 0, lines: Vec::new() }
    }

    /// The first lines: where one is, and what to type. What was said before is not repeated, apart from what is
    /// wrong with the manifests.
    pub fn greet(&mut self) {
        self.heard = self.app.said_count;
        let nodes = self.app.live.node_names().len();
        self.print(format!("kubeloop: a cluster of {nodes} nodes, seed {}.", self.app.live.seed()));
        self.print(format!("Manifests: {}; saving a file there changes the cluster.", self.app.folder));
        self.print_all(answers::state(&self.app.live));
        if let Some(problem) = self.app.banner.clone() {
            self.print_all(answers::said(&problem, true));
        }
        self.print("Type a command: get pods, delete pod NAME, break node node-1 power-off, why NAME, help.");
    }

    /// The cluster is this one, and what happened to it so far is known.
    pub fn begin(&mut self, view: View) {
        self.teller = Teller::new(&view);
        self.app.see(view);
    }

    /// A line to be printed.
    pub fn print(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Lines to be printed.
    pub fn print_all(&mut self, lines: impl IntoIterator<Item = String>) {
        self.lines.extend(lines);
    }

    /// What is to be printed since this was last called, oldest first.
    pub fn take_lines(&mut self) -> Vec<String> {
        self.hear();
        std::mem::take(&mut self.lines)
    }

    /// A line was typed. What comes of it may be left for the rim to do.
    pub fn line(&mut self, line: &str) -> Option<Effect> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        match parse(line) {
            Ok(Line::Own(own)) => self.own(own, line),
            _ => self.app.run_line(line),
        }
    }

    fn own(&mut self, own: Own, line: &str) -> Option<Effect> {
        match own {
            Own::Screen { .. } | Own::Theme { .. } | Own::Ascii | Own::Filter { .. } => {
                self.print("Plain mode has no screen; this command is for the dashboard.");
                None
            }
            Own::Help { topic: None } => {
                self.help();
                None
            }
            Own::Now => {
                self.print_all(answers::state(&self.app.view));
                self.print(answers::now(&self.app.view, self.app.vocabulary));
                None
            }
            Own::Why { object } if object.is_empty() => {
                let why = self.teller.why(&self.app.live, self.app.vocabulary);
                self.print_all(why);
                None
            }
            _ => {
                let before = (self.app.pace.label(), self.app.cursor, self.app.said_count, self.lines.len());
                let effect = self.app.run_line(line);
                self.hear();
                let now = (self.app.pace.label(), self.app.cursor, self.app.said_count, self.lines.len());
                if effect.is_none() && (before == now || before.0 != now.0) {
                    let clock = self.app.pace.label();
                    self.print(match clock {
                        "paused" => "The clock is paused; the API still answers.".to_owned(),
                        pace => format!("The clock runs: {pace}."),
                    });
                }
                effect
            }
        }
    }

    fn help(&mut self) {
        self.print("kubectl commands work as typed, with or without the word kubectl. Other words:");
        for verb in own_verbs() {
            self.print(format!("  {}: {}", verb.text, verb.note));
        }
        self.print("  help WORD says more. Ctrl-D ends.");
    }

    /// The cluster went on.
    pub fn see(&mut self, view: View) {
        // What the dashboard said was said before the cluster went on.
        self.hear();
        self.lines.extend(self.teller.hear(&view, self.app.vocabulary));
        self.app.see(view);
    }

    /// The document of an object is gone; nothing is deleted without a word.
    pub fn removed(&mut self, object: ObjectRef, file: String) {
        self.print_all(answers::overlay(Overlay::Prune(object, file)));
    }

    /// The run is another one from here on: what lies before is not told again.
    pub fn turned(&mut self) {
        self.teller = Teller::new(&self.app.live);
        self.hear();
    }

    /// The past is shown: says which moment.
    pub fn seen_past(&mut self) {
        if let Some(event) = self.app.event_here() {
            let line = teller::line(&self.app.live, &event, self.app.vocabulary);
            self.print(format!("past: {line}"));
        }
        self.print(format!(
            "Shown is {}. live goes back to now, fork goes on from here.",
            self.app.view.now()
        ));
    }

    /// Takes over what the dashboard said or would show over the screen.
    fn hear(&mut self) {
        let fresh = usize::try_from(self.app.said_count - self.heard).unwrap_or(usize::MAX);
        self.heard = self.app.said_count;
        let known = self.app.said.len();
        let said: Vec<String> =
            self.app.said.iter().skip(known.saturating_sub(fresh)).map(|(_, text)| text.clone()).collect();
        for text in said {
            let is_error = self.app.toasts.iter().any(|toast| toast.error && toast.text == text);
            self.lines.extend(answers::said(&text, is_error));
        }
        self.app.toasts.clear();
        if let Some(overlay) = self.app.overlay.take() {
            self.lines.extend(answers::overlay(overlay));
        }
    }
}
