//! The tape of the lesson that is taken, as it is written.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use crate::engine::Engine;
use crate::lessons::Session as Course;
use crate::lessons::tape::{Did, Header, Line, is_learners};
use crate::time::{Span, VirtualTime};

/// At least so often the tape says how far the cluster came: a crash loses no more of its time.
const OFTEN: Span = Span::secs(5);

/// A tape that is written on.
pub(super) struct Tape {
    /// Nothing, once it could not be written: a full disk must not end the lesson.
    file: Option<File>,
    header: Header,
    /// The inputs of the run that are on it, or need not be.
    inputs: usize,
    /// Whether something was written since the last look.
    fresh: bool,
    /// The last look that is on it.
    last: VirtualTime,
}

impl Tape {
    /// The tape goes on behind what is on it.
    pub(super) fn behind(file: File, header: Header, engine: &Engine) -> Self {
        Self { file: Some(file), header, inputs: engine.inputs(), fresh: false, last: engine.now() }
    }

    /// A new tape, whatever was on it.
    pub(super) fn new(file: File, header: Header, engine: &Engine) -> Self {
        let mut tape = Self::behind(file, header, engine);
        tape.begin_again(engine);
        tape
    }

    /// The lesson begins again, and the tape with it.
    pub(super) fn begin_again(&mut self, engine: &Engine) {
        let emptied =
            self.file.as_mut().map(|file| file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))));
        if emptied.is_some_and(|emptied| emptied.is_err()) {
            self.file = None;
        }
        self.put(&self.header.line());
        self.went_back(engine);
    }

    /// The run went back: its inputs are fewer now.
    pub(super) fn went_back(&mut self, engine: &Engine) {
        (self.inputs, self.fresh, self.last) = (engine.inputs(), false, engine.now());
    }

    /// Something is done.
    pub(super) fn write(&mut self, did: Did, engine: &Engine) {
        self.catch_up(engine);
        self.put(&Line { at_us: engine.now(), did }.line());
        self.fresh = true;
    }

    /// The lesson looks at the cluster. What nobody will miss is not written down.
    pub(super) fn look(&mut self, lesson: &mut Course, engine: &mut Engine) {
        self.catch_up(engine);
        let (at_us, step_before) = (engine.now(), lesson.step());
        lesson.observe(engine);
        let (step, revision) = (lesson.step(), engine.world().revision());
        // What the lesson's script did, it will do again.
        self.inputs = engine.inputs();
        if self.fresh || step != step_before || at_us.since(self.last) >= OFTEN {
            self.put(&Line { at_us, did: Did::Look { step, revision } }.line());
            (self.fresh, self.last) = (false, at_us);
        }
    }

    /// Writes the inputs that came since the last time.
    fn catch_up(&mut self, engine: &Engine) {
        if engine.inputs() == self.inputs {
            return;
        }
        let journal = engine.journal().entries;
        for entry in journal.into_iter().skip(self.inputs).filter(|entry| is_learners(&entry.input)) {
            self.put(&Line { at_us: entry.at_us, did: Did::Input(Box::new(entry.input)) }.line());
            self.fresh = true;
        }
        self.inputs = engine.inputs();
    }

    fn put(&mut self, line: &str) {
        if self.file.as_mut().is_some_and(|file| file.write_all(line.as_bytes()).is_err()) {
            self.file = None;
        }
    }
}

#[cfg(test)]
mod tests;
