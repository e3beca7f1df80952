//! A line that somebody types at a terminal, while sentences are printed.
//!
//! A terminal echoes what is typed wherever the cursor stands: in the middle of what is printed meanwhile. So the line
//! is kept here instead, and stands below whatever is printed. Nothing but printable letters, returns and blanks is
//! written, so that the plainest terminal understands it, and a screen reader reads no line twice that did not change.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::Sender;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use super::input::Heard;
use crate::live::signals::Signals;

/// What stands before the line.
const PROMPT: &str = "> ";

/// The line, and what of it is on the terminal.
pub(super) struct Typing {
    line: String,
    /// The cells that the prompt and the line take on the terminal.
    shown: usize,
}

impl Typing {
    /// Takes the keys of the terminal, if somebody sits at one.
    pub(super) fn begin() -> Option<Self> {
        let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        (is_terminal && enable_raw_mode().is_ok()).then(|| Self { line: String::new(), shown: 0 })
    }

    /// A key was pressed. A line that is whole is heard.
    pub(super) fn key(&mut self, key: KeyEvent) -> Option<Heard> {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if is_control => return Some(Heard::End),
            KeyCode::Char('z') if is_control => return Some(Heard::Stop),
            KeyCode::Char('d') if is_control && self.line.is_empty() => return Some(Heard::End),
            KeyCode::Char('u') if is_control => self.line.clear(),
            KeyCode::Char('w') if is_control => {
                let kept = self.line.trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.line.truncate(kept);
            }
            KeyCode::Char(letter) if !is_control => self.line.push(letter),
            KeyCode::Backspace => drop(self.line.pop()),
            KeyCode::Enter => return Some(Heard::Line(std::mem::take(&mut self.line))),
            _ => {}
        }
        None
    }

    /// Whether there is something that would be lost.
    pub(super) fn is_begun(&self) -> bool {
        !self.line.is_empty()
    }

    /// Leaves what was typed where it stands: what follows begins below it.
    pub(super) fn leave(&mut self, out: &mut impl Write) -> std::io::Result<()> {
        self.shown = 0;
        write!(out, "\r\n")
    }

    /// Takes the line away, to print something in its place.
    pub(super) fn hide(&mut self, out: &mut impl Write) -> std::io::Result<()> {
        let shown = std::mem::take(&mut self.shown);
        if shown > 0 { write!(out, "\r{}\r", " ".repeat(shown)) } else { Ok(()) }
    }

    /// Shows the line as it is now.
    pub(super) fn show(&mut self, out: &mut impl Write) -> std::io::Result<()> {
        let cells = PROMPT.len() + self.line.chars().count();
        let gone = self.shown.saturating_sub(cells);
        self.shown = cells;
        write!(out, "\r{PROMPT}{}{}{}", self.line, " ".repeat(gone), "\u{8}".repeat(gone))
    }

    /// Gives the terminal to somebody else for a while: an editor.
    pub(super) fn lend<R>(act: impl FnOnce() -> R) -> R {
        let _given = disable_raw_mode();
        let result = act();
        let _taken = enable_raw_mode();
        result
    }
}

impl Drop for Typing {
    fn drop(&mut self) {
        let _given = disable_raw_mode();
    }
}

/// Hears of signals on a thread of its own: whoever took the terminal has to give it back before he ends or stops.
pub(super) fn signals(sender: &Sender<Heard>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let Ok(mut signals) = Signals::new() else { return };
        loop {
            let heard = match signals.next().await {
                "SIGTSTP" => Heard::Stop,
                _ => Heard::End,
            };
            if sender.send(heard).is_err() {
                return;
            }
        }
    });
}

/// Reads keys on a thread of its own: a read cannot be given up.
pub(super) fn keys(sender: &Sender<Heard>) {
    loop {
        let heard = match crossterm::event::read() {
            Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => Heard::Key(key),
            Ok(_) => continue,
            Err(_) => Heard::End,
        };
        let is_end = matches!(heard, Heard::End);
        // Nobody listens any more: the session is over.
        if sender.send(heard).is_err() || is_end {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_hidden_and_shown_again() {
        let mut typing = Typing { line: String::new(), shown: 0 };
        let mut out = Vec::new();
        for letter in "get  pods".chars() {
            assert!(typing.key(KeyEvent::from(KeyCode::Char(letter))).is_none());
        }
        typing.key(KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        typing.key(KeyEvent::from(KeyCode::Backspace));
        typing.show(&mut out).unwrap();
        typing.hide(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\r> get \r      \r");
        let heard = typing.key(KeyEvent::from(KeyCode::Enter));
        assert!(matches!(heard, Some(Heard::Line(line)) if line == "get "));
        assert!(!typing.is_begun());
        let end = typing.key(KeyEvent::new(KeyCode::Char('d'), KeyModifiers::CONTROL));
        assert!(matches!(end, Some(Heard::End)));
    }
}
