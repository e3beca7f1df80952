//! Is the terminal's background dark or light? It is asked (OSC 11), once, at the start.
//!
//! A second question (DA1) that every terminal answers goes with it, so that an answer to the second alone says that
//! the first will not be answered. All of it ends after 120 ms. If nothing was answered by then, an answer may still
//! come late, over a slow line, as if it were typed; [`Late`] swallows it.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::look::{self, Background};

/// How long an answer is waited for.
const CAP: Duration = Duration::from_millis(120);
/// The longest answer is about 35 keys.
const LATE_MAX: usize = 48;

/// What the terminal's background is like: as it answers, else as `COLORFGBG` says.
pub(super) fn find() -> (Background, Late) {
    let answer = ask();
    let said = std::env::var("COLORFGBG").map_or(Background::Unknown, |value| look::colorfgbg(&value));
    let background = look::answered(&answer).unwrap_or(said);
    (background, Late { armed: !is_complete(&answer), keys: 0 })
}

/// Whether the second question was answered: `ESC [ ? digits c`.
fn is_complete(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    text.split("\u{1b}[?").skip(1).any(|rest| {
        rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';').starts_with('c')
    })
}

/// What the terminal answers within the cap; nothing if it cannot be asked.
#[cfg(unix)]
fn ask() -> Vec<u8> {
    use std::io::{ErrorKind, Read, Write};
    use std::os::unix::fs::OpenOptionsExt;

    /// Both questions at once.
    const QUESTIONS: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";
    /// Between two looks for an answer.
    const LOOK: Duration = Duration::from_millis(2);

    // The Linux console prints the first question instead of passing over it.
    if std::env::var("TERM").is_ok_and(|term| term == "linux" || term == "dumb") {
        return Vec::new();
    }
    // A file description of our own: reading it without waiting leaves standard input as it is.
    let opened = std::fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open("/dev/tty");
    let Ok(mut terminal) = opened else { return Vec::new() };
    let mut out = std::io::stdout();
    if out.write_all(QUESTIONS).and_then(|()| out.flush()).is_err() {
        return Vec::new();
    }
    let (began, mut answer, mut bytes) = (Instant::now(), Vec::new(), [0; 128]);
    while began.elapsed() < CAP && !is_complete(&answer) {
        match terminal.read(&mut bytes) {
            Ok(count) => answer.extend_from_slice(bytes.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        std::thread::sleep(LOOK);
    }
    answer
}

#[cfg(not(unix))]
fn ask() -> Vec<u8> {
    Vec::new()
}

/// Swallows an answer that comes late: as keys, `Alt+]` first, `Alt+\` or `Ctrl+G` last.
#[derive(Debug, Default)]
pub(super) struct Late {
    armed: bool,
    keys: usize,
}

impl Late {
    /// Whether a key is a part of the answer.
    pub(super) fn swallows(&mut self, key: &KeyEvent) -> bool {
        if !self.armed {
            return false;
        }
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let part = match (key.code, self.keys) {
            (KeyCode::Char(']'), 0) => alt,
            (_, 0) => false,
            (KeyCode::Char('\\'), _) if alt => self.ends(),
            (KeyCode::Char('g'), _) if control => self.ends(),
            (KeyCode::Char(letter), 1..LATE_MAX) => letter.is_ascii_hexdigit() || "rgba:;/".contains(letter),
            _ => false,
        };
        // Whatever does not belong to an answer was typed; from there on, so is the rest.
        self.armed &= part || self.keys == 0;
        self.keys += usize::from(part);
        part
    }

    fn ends(&mut self) -> bool {
        self.armed = false;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<KeyEvent> {
        let mut keys = vec![KeyEvent::new(KeyCode::Char(']'), KeyModifiers::ALT)];
        keys.extend(text.chars().map(|letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)));
        keys
    }

    #[test]
    fn a_late_answer_is_swallowed_and_what_is_typed_is_not() {
        let armed = || Late { armed: true, keys: 0 };
        let mut late = armed();
        let typed = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::NONE);
        assert!(!late.swallows(&typed), "typed before the answer");
        assert!(keys("11;rgb:1e1e/1e1e/2e2e").iter().all(|key| late.swallows(key)));
        assert!(late.swallows(&KeyEvent::new(KeyCode::Char('\\'), KeyModifiers::ALT)));
        assert!(!late.swallows(&KeyEvent::new(KeyCode::Char(':'), KeyModifiers::NONE)), "typed after it");

        let mut late = armed();
        assert!(keys("11").iter().all(|key| late.swallows(key)));
        assert!(!late.swallows(&typed), "no answer looks like this");
        assert!(!keys("11").iter().any(|key| late.swallows(key)));
        assert!(!keys("1").iter().any(|key| Late::default().swallows(key)), "nothing is awaited");
    }

    #[test]
    fn the_second_answer_ends_the_wait() {
        assert!(is_complete(b"\x1b]11;rgb:0/0/0\x1b\\\x1b[?62;22c"));
        assert!(is_complete(b"\x1b[?6c"));
        assert!(!is_complete(b"\x1b]11;rgb:0/0/0\x1b\\"));
        assert!(!is_complete(b"\x1b[?62;2"));
    }
}
