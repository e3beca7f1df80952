//! What a task waits for.

use smol_str::SmolStr;

use crate::time::{Span, VirtualTime};
use crate::workload::server::Server;

use super::frame::Frame;
use super::network::PendingAsk;
use super::task::{Run, Task};

/// After how long a loop that never pauses is looked at again.
const BUSY_SPAN: Span = Span::secs(1);
/// How often `tail -f` looks for new text.
const FOLLOW_SPAN: Span = Span::secs(1);

/// Why a task does not go on.
#[derive(Clone, Debug)]
pub(super) enum Block {
    /// Until an instant; then with this status, or with the one it had.
    Until { at: VirtualTime, status: Option<i32>, busy: bool },
    /// For ever.
    Forever { busy: bool },
    /// `wait`: until this task, or all in the background, have ended.
    Children(Option<u32>),
    /// `tail -f`: prints what a file grows by.
    Follow { path: SmolStr, seen: usize, at: VirtualTime },
    /// A server in the foreground.
    Serve(Box<Server>),
    /// A request to the network.
    Ask(PendingAsk),
}

impl Block {
    /// A pause that a loop without pauses is given.
    pub(super) fn busy_until(now: VirtualTime) -> Self {
        Self::Until { at: now + BUSY_SPAN, status: None, busy: true }
    }

    /// `tail -f` from what has been seen.
    pub(super) fn follow(path: SmolStr, seen: usize, now: VirtualTime) -> Self {
        Self::Follow { path, seen, at: now + FOLLOW_SPAN }
    }

    /// When it ends or has something to do.
    pub(super) fn due(&self) -> Option<VirtualTime> {
        match self {
            Self::Until { at, .. } | Self::Follow { at, .. } => Some(*at),
            Self::Forever { .. } | Self::Children(_) => None,
            Self::Serve(server) => server.due(),
            Self::Ask(ask) => Some(ask.due()),
        }
    }

    /// Whether it keeps a processor busy.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Until { busy: true, .. } | Self::Forever { busy: true })
    }
}

impl Task {
    /// Looks whether the task can go on. False if it is still blocked.
    pub(super) fn wake(&mut self, run: &mut Run<'_, '_>) -> bool {
        self.meet_deadline(run.now);
        let Some(block) = self.block.take() else { return true };
        match block {
            Block::Until { at, status, .. } if at <= run.now => {
                if let Some(status) = status {
                    self.settle(status);
                }
            }
            Block::Children(child) if !run.world.has_child(self.pid, child) => {
                // The status of a child; 127 if there never was such a one; 0 after waiting for all.
                let status = child.map(|pid| run.world.statuses.get(&pid).copied().unwrap_or(127));
                self.settle(status.unwrap_or(0));
            }
            Block::Follow { path, seen, at } if at <= run.now => {
                let grown = run.files.read(&path).unwrap_or("");
                // A file that has become shorter was cut off or made anew: it is read from its start.
                let seen = if grown.len() < seen { 0 } else { seen };
                let (new, length) = (grown.get(seen..).unwrap_or("").to_owned(), grown.len());
                self.print(run, &new);
                self.block = Some(Block::follow(path, length, run.now));
                return false;
            }
            Block::Serve(mut server) if server.due().is_some_and(|due| due <= run.now) => {
                let ended = server.advance(run.now, run.output);
                match ended {
                    Some(code) => self.settle(code),
                    None => {
                        self.block = Some(Block::Serve(server));
                        return false;
                    }
                }
            }
            Block::Ask(mut ask) => {
                ask.announce(self, run);
                if !ask.is_over(run.now) {
                    self.block = Some(Block::Ask(ask));
                    return false;
                }
                let status = ask.conclude(self, run);
                self.settle(status);
            }
            block => {
                self.block = Some(block);
                return false;
            }
        }
        true
    }

    /// `timeout`: ends what runs above a deadline that is over.
    fn meet_deadline(&mut self, now: VirtualTime) {
        let over = self.frames.iter().position(|frame| matches!(frame, Frame::Deadline(at) if *at <= now));
        if let Some(position) = over.filter(|_| self.block.is_some()) {
            self.block = None;
            while self.frames.len() > position + 1 {
                self.leave();
            }
            self.frames.pop();
            // `timeout` of coreutils answers 124; the one of busybox 143.
            self.settle(143);
        }
    }
}
