//! Frames on their way to the terminal: each is one write, between the marks of synchronized output (mode 2026), so
//! that a slow line never shows half of one. Terminals that do not know the marks pass over them.

use std::cell::RefCell;
use std::io::{Result, Write, stdout};
use std::rc::Rc;

/// The terminal shows nothing of what follows until the other mark.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// What is written goes out when the frame ends, not before.
#[derive(Clone, Default)]
pub(super) struct Frames {
    pending: Rc<RefCell<Vec<u8>>>,
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.pending.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// A frame is flushed as a whole, by [`Frames::end`].
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Frames {
    /// The frame is complete: it goes to the terminal. Returns what was written, without the marks.
    pub(super) fn end(&self) -> Result<Vec<u8>> {
        let frame = std::mem::take(&mut *self.pending.borrow_mut());
        if !frame.is_empty() {
            let mut out = stdout().lock();
            out.write_all(&[BEGIN, &frame, END].concat())?;
            out.flush()?;
        }
        Ok(frame)
    }
}
