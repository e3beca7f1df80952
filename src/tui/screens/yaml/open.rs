//! A manifest that is open: its text, what is wrong with it, what it will cause, what came of it.

use crossterm::event::KeyCode;

use super::buffer::{Buffer, INDENT, Move};
use super::guess::Guess;
use crate::engine::View;
use crate::manifests::{Diagnostic, parse};
use crate::preview::{Forecast, Trial, Watch, owners_of_pods};
use crate::tui::app::{App, Effect, Flow};
use crate::tui::keymap::Command;

/// Rows that a page key moves.
const PAGE: isize = 12;

/// A manifest that is open.
pub(super) struct Open {
    pub(super) file: String,
    /// The text on disk when it was opened or saved.
    pub(super) base: String,
    pub(super) buffer: Buffer,
    /// Whether letters are text.
    pub(super) typing: bool,
    pub(super) problems: Vec<Diagnostic>,
    /// None while it is being worked out.
    pub(super) forecast: Option<Forecast>,
    /// Somebody else changed the file on disk meanwhile.
    pub(super) disk_changed: bool,
    /// Closing was asked for once.
    pub(super) leaving: bool,
    pub(super) guess: Option<Guess>,
    pub(super) reality: Option<Reality>,
}

/// An edit that was sent: what was expected, and what comes true.
pub(super) struct Reality {
    pub(super) expected: Option<Forecast>,
    pub(super) watch: Watch,
    /// The turn of the run in which it was sent; in another one it never was.
    turn: u64,
}

impl Open {
    pub(super) fn new(file: &str, text: &str) -> Self {
        Self {
            file: file.to_owned(),
            base: text.to_owned(),
            buffer: Buffer::new(text),
            typing: false,
            problems: parse(file, text).err().unwrap_or_default(),
            forecast: None,
            disk_changed: false,
            leaving: false,
            guess: None,
            reality: None,
        }
    }

    /// Whether the text is another one than on disk.
    pub(super) fn is_edited(&self) -> bool {
        self.buffer.text().trim_end() != self.base.trim_end()
    }

    /// The file on disk is this now. Returns whether that is news to somebody who edits it.
    pub(super) fn disk_is(&mut self, text: &str) -> bool {
        if text == self.base || text == self.buffer.text() {
            return false;
        }
        if self.is_edited() {
            return !std::mem::replace(&mut self.disk_changed, true);
        }
        self.base = text.to_owned();
        self.buffer.replace(text);
        self.problems = parse(&self.file, text).err().unwrap_or_default();
        false
    }

    pub(super) fn saved(&mut self) {
        self.base = self.buffer.text();
        (self.disk_changed, self.leaving) = (false, false);
    }

    /// The text changed: it is read again, and what it will cause is to be worked out.
    pub(super) fn edited(&mut self) -> Option<Effect> {
        // Who wanted to predict before the text was changed, still does.
        let guess = self.guess.take().filter(Guess::is_untouched);
        (self.leaving, self.guess, self.reality) = (false, guess, None);
        self.foresee()
    }

    /// Asks what this text will cause; nothing while it cannot be read.
    pub(super) fn foresee(&mut self) -> Option<Effect> {
        self.forecast = None;
        match parse(&self.file, &self.buffer.text()) {
            Ok(documents) => {
                self.problems.clear();
                Some(Effect::Foresee(Box::new(Trial::Apply(documents))))
            }
            Err(problems) => {
                self.problems = problems;
                None
            }
        }
    }

    /// What Tab would do: the fix of the problem in this line, or else of the first one that has any.
    pub(super) fn fix(&self) -> Option<&Diagnostic> {
        let line = self.buffer.cursor().0 + 1;
        let with_fix = || self.problems.iter().filter(|problem| problem.fix.is_some());
        with_fix().find(|problem| problem.line == line).or_else(|| with_fix().next())
    }

    fn apply_fix(&mut self) -> bool {
        let Some(fix) = self.fix().and_then(|problem| problem.fix.clone()) else { return false };
        let text = fix.apply(&self.buffer.text());
        self.buffer.replace(&text);
        true
    }

    /// Keys while it is typed, or while a guess is made.
    pub(super) fn key(&mut self, key: KeyCode) -> Flow {
        let asks = !self.typing && self.is_edited();
        if let Some(guess) = self.guess.as_mut().filter(|guess| asks && guess.is_asking()) {
            if !guess.key(key) {
                self.guess = None;
            }
            return Flow::Done(None);
        }
        if !self.typing {
            return Flow::Pass;
        }
        if let Some(to) = movement(key) {
            self.buffer.go(to);
            return Flow::Done(None);
        }
        match key {
            KeyCode::Esc => {
                self.typing = false;
                return Flow::Done(None);
            }
            KeyCode::Char(letter) => self.buffer.insert(&letter.to_string()),
            KeyCode::Enter => self.buffer.new_line(),
            KeyCode::Backspace => self.buffer.backspace(),
            KeyCode::Delete => self.buffer.delete(),
            KeyCode::Tab => {
                if !self.apply_fix() {
                    self.buffer.insert(INDENT);
                }
            }
            _ => return Flow::Done(None),
        }
        Flow::Done(self.edited())
    }

    /// What commands mean while it is not typed.
    pub(super) fn command(&mut self, app: &mut App, command: Command) -> Flow {
        let effect = match command {
            Command::Up => self.go(Move::Rows(-1)),
            Command::Down => self.go(Move::Rows(1)),
            Command::PageUp => self.go(Move::Rows(-PAGE)),
            Command::PageDown => self.go(Move::Rows(PAGE)),
            Command::First => self.go(Move::Rows(isize::MIN / 2)),
            Command::Last => self.go(Move::Rows(isize::MAX / 2)),
            Command::Left => self.go(Move::Left),
            Command::Right => self.go(Move::Right),
            Command::Edit | Command::Open => {
                self.typing = true;
                None
            }
            Command::NextPanel if self.apply_fix() => self.edited(),
            Command::Undo if self.buffer.undo() => self.edited(),
            Command::Redo if self.buffer.redo() => self.edited(),
            Command::Undo | Command::Redo => {
                app.say("nothing is left to take back or to do again in this file");
                None
            }
            Command::Apply => match self.problems.first() {
                Some(problem) => {
                    app.say(format!("not applied: fix the error on line {}", problem.line));
                    None
                }
                None => Some(Effect::Apply { file: self.file.clone(), text: self.buffer.text() }),
            },
            Command::Save if self.disk_changed && !self.leaving => {
                self.leaving = true;
                app.say(format!("{} changed on disk. s again writes your text over it.", self.file));
                None
            }
            Command::Save => Some(Effect::Save { file: self.file.clone(), text: self.buffer.text() }),
            Command::Diff => {
                self.show_diff(app);
                None
            }
            Command::Predict => {
                self.guess = Some(Guess::default());
                None
            }
            Command::Copy => Some(Effect::Copy(self.buffer.text())),
            _ => return Flow::Pass,
        };
        Flow::Done(effect)
    }

    fn go(&mut self, to: Move) -> Option<Effect> {
        self.buffer.go(to);
        None
    }

    fn show_diff(&self, app: &mut App) {
        let sent = self.reality.as_ref().map(|reality| reality.expected.as_ref());
        let (words, forecast) = match sent {
            Some(sent) => ("what was sent", sent),
            None => ("now -> after", self.forecast.as_ref()),
        };
        let Some(forecast) = forecast else {
            return app.say("The difference is known when the text has no errors.");
        };
        let mut lines = Vec::new();
        for change in &forecast.changes {
            lines.push(format!("{}  {}", change.object, change.nature.words()));
            lines.extend(change.fields.iter().map(|field| format!("  {field}")));
            lines.push(String::new());
        }
        if lines.is_empty() {
            lines.push("The cluster is as this text says: nothing would change.".to_owned());
        }
        app.show_text(format!("{}: {words}", self.file), &lines.join("\n"));
    }

    /// What was sent changes, field by field: each in a line of its own.
    pub(super) fn changes_in_words(&self) -> String {
        const SHOWN: usize = 2;
        let changes = self.reality.iter().flat_map(|reality| reality.expected.iter());
        let changes = changes.flat_map(|forecast| &forecast.changes);
        let fields = changes.flat_map(|change| {
            change
                .fields
                .iter()
                .map(|field| format!("\n{} {}: {field}", change.object.kind.name(), change.object.key.name))
        });
        fields.take(SHOWN).collect()
    }

    /// From here on it is counted what comes of the edit.
    pub(super) fn compare_with_reality(&mut self, before: &View, turn: u64) {
        let documents = parse(&self.file, &self.buffer.text()).unwrap_or_default();
        let watch = Watch::begin(before, Some(owners_of_pods(&documents)));
        self.reality = Some(Reality { expected: self.forecast.clone(), watch, turn });
    }

    pub(super) fn follow(&mut self, live: &View, turn: u64) {
        match &mut self.reality {
            Some(reality) if reality.turn == turn => _ = reality.watch.absorb(live),
            reality => *reality = None,
        }
    }

    pub(super) fn narration(&self, folder: &str) -> (String, String) {
        let now = match (&self.reality, self.typing) {
            (Some(_), _) => "It was sent. What was expected stands beside what comes true.",
            (None, true) => "You are editing what you WANT. Nothing was sent: the cluster has what it had.",
            (None, false) => {
                "Nothing was sent. <apply> applies this text, <save> saves the file, <edit> goes on typing."
            }
        };
        (
            now.to_owned(),
            format!("{}/{} is watched: you may edit it outside, too (<edit-outside>).", folder, self.file),
        )
    }
}

fn movement(key: KeyCode) -> Option<Move> {
    Some(match key {
        KeyCode::Up => Move::Rows(-1),
        KeyCode::Down => Move::Rows(1),
        KeyCode::PageUp => Move::Rows(-PAGE),
        KeyCode::PageDown => Move::Rows(PAGE),
        KeyCode::Left => Move::Left,
        KeyCode::Right => Move::Right,
        KeyCode::Home => Move::LineStart,
        KeyCode::End => Move::LineEnd,
        _ => return None,
    })
}
