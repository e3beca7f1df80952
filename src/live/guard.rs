//! The terminal, restored whatever happens: at the end, after a panic, on a signal, while suspended.

use std::io::stdout;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Context;
use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Rect, Size};
use ratatui::{Frame, Terminal};

use super::frames::Frames;
use crate::record::cast::Tape;

/// The terminal in raw mode on the alternate screen.
pub struct Guard {
    terminal: Terminal<CrosstermBackend<Frames>>,
    frames: Frames,
    tape: Tape,
    began: Instant,
}

static HOOK: Once = Once::new();
/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);

impl Guard {
    /// Takes the terminal. What is painted is put on the tape.
    ///
    /// # Errors
    /// When there is none, or it cannot be switched.
    pub fn new(tape: Tape) -> anyhow::Result<Self> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                // A node's panic is caught and shown on the screen; only one on this thread ends the program.
                if std::thread::current().name() == Some("main") {
                    restore();
                    before(panic);
                }
            }));
        });
        enter()?;
        let frames = Frames::default();
        let terminal =
            Terminal::new(CrosstermBackend::new(frames.clone())).context("cannot open the terminal")?;
        Ok(Self { terminal, frames, tape, began: Instant::now() })
    }

    /// Paints a frame: one write, and only of what changed.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn paint(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> anyhow::Result<()> {
        let painted = self.terminal.draw(paint).context("cannot paint the screen")?;
        let bytes = self.frames.end().context("cannot write to the terminal")?;
        self.tape.frame(self.began.elapsed(), &bytes, painted.buffer);
        Ok(())
    }

    /// The size of the terminal, if it tells.
    pub(super) fn size(&self) -> Option<Size> {
        self.terminal.size().ok()
    }

    /// The frames so far.
    pub(super) fn tape(&self) -> &Tape {
        &self.tape
    }

    /// Puts a text on the clipboard, by way of the terminal.
    pub(super) fn copy(&mut self, text: &str) -> anyhow::Result<()> {
        execute!(stdout(), CopyToClipboard::to_clipboard_from(text)).context("cannot reach the clipboard")
    }

    /// Takes the mouse, or leaves it to the terminal.
    pub(super) fn mouse(&mut self, on: bool) -> anyhow::Result<()> {
        let done =
            if on { execute!(stdout(), EnableMouseCapture) } else { execute!(stdout(), DisableMouseCapture) };
        done.context("cannot switch the mouse")
    }

    /// Gives the terminal to somebody else for a while: an editor, or the shell after Ctrl-Z.
    pub(super) fn lend<R>(&mut self, act: impl FnOnce() -> R) -> anyhow::Result<R> {
        restore();
        let result = act();
        enter()?;
        self.forget()?;
        Ok(result)
    }

    /// The next frame is painted whole: what was painted last may not be on the screen any more. A terminal that became
    /// smaller and large again between two frames has lost cells, although its size is what it was.
    pub(super) fn forget(&mut self) -> anyhow::Result<()> {
        // `clear` would ask where the cursor is, and not every terminal answers.
        let size = self.terminal.size().context("the terminal does not tell its size")?;
        self.terminal.resize(Rect::from(size)).context("cannot clear the screen")
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn enter() -> anyhow::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode().context("cannot switch the terminal to raw mode")?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste).context("cannot open the alternate screen")
}

/// Leaves the terminal as it was, once: leaving the alternate screen a second time puts the cursor back to where it
/// was at the start, and what was printed since, such as the message of a panic, would be overwritten. What fails here
/// cannot be told anybody any more.
fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _raw = disable_raw_mode();
    let _screen = execute!(stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show);
}
