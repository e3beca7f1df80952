//! What comes in: lines from a pipe, or keys from a terminal.

use std::sync::mpsc::{Receiver, channel};

use crossterm::event::KeyEvent;

/// What came in.
pub(super) enum Heard {
    /// A whole line.
    Line(String),
    /// A key, where keys are read one by one.
    Key(KeyEvent),
    /// The shell wants the terminal back for a while.
    Stop,
    /// Nothing more comes.
    End,
}

/// Reads standard input on a thread of its own, for a read cannot be given up: key by key, or line by line.
pub(super) fn heard(by_keys: bool) -> Receiver<Heard> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        if by_keys {
            let ends = sender.clone();
            std::thread::spawn(move || super::typing::signals(&ends));
            return super::typing::keys(&sender);
        }
        let mut bytes = Vec::new();
        let mut input = std::io::stdin().lock();
        loop {
            bytes.clear();
            let read = std::io::BufRead::read_until(&mut input, b'\n', &mut bytes);
            let heard = match read {
                Ok(0) | Err(_) => Heard::End,
                Ok(_) => Heard::Line(String::from_utf8_lossy(&bytes).trim_end().to_owned()),
            };
            let is_end = matches!(heard, Heard::End);
            // Nobody listens any more: the session is over.
            if sender.send(heard).is_err() || is_end {
                return;
            }
        }
    });
    receiver
}
