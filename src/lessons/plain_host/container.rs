//! One container of a plain host.

use crate::time::{Span, VirtualTime};

use super::ContainerSpec;

/// The first wait before a restart; each next one is twice as long (moby: `restartmanager`).
const BACK_OFF: Span = Span::millis(100);
/// The longest wait.
const BACK_OFF_MAX: Span = Span::secs(60);
/// After so much running the wait starts over.
const RECOVERED: Span = Span::secs(10);

/// What becomes of a container that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// It stays ended.
    #[default]
    No,
    /// It is started again if it failed, so often at most (0: for ever).
    OnFailure(u32),
    /// It is started again.
    Always,
    /// The same, unless a person had stopped it before the machine went down.
    UnlessStopped,
}

impl Restart {
    /// Reads `no`, `on-failure`, `on-failure:5`, `always` or `unless-stopped`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':').unwrap_or((text, "")) {
            ("" | "no" | "false", "") => Ok(Self::No),
            ("always", "") => Ok(Self::Always),
            ("unless-stopped", "") => Ok(Self::UnlessStopped),
            ("on-failure", "") => Ok(Self::OnFailure(0)),
            ("on-failure", count) => count.parse().map(Self::OnFailure).map_err(|_| {
                format!("invalid restart policy: maximum retry count must be an integer, not {count}")
            }),
            _ => Err(format!(
                "invalid restart policy \"{text}\"; there are no, on-failure, always and unless-stopped"
            )),
        }
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::OnFailure(_) => "on-failure",
            Self::Always => "always",
            Self::UnlessStopped => "unless-stopped",
        }
    }
}

/// How a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its process runs.
    Running {
        /// Since when.
        since: VirtualTime,
    },
    /// Its process ended, and the daemon will start it again.
    Restarting {
        /// The exit code.
        code: i32,
        /// When it is started again.
        at: VirtualTime,
    },
    /// Its process ended.
    Exited {
        /// The exit code.
        code: i32,
        /// When.
        at: VirtualTime,
    },
}

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Twelve hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// The port of the host that leads to it.
    pub port: Option<u16>,
    /// What becomes of it when it ends.
    pub restart: Restart,
    /// How it is.
    pub state: State,
    /// How often it was started again by the daemon.
    pub restarts: u32,
    /// How long it was down before, in all.
    pub down: Span,
    /// Since when it is down, if it is.
    pub down_since: Option<VirtualTime>,
    pub(super) stopped: bool,
    wait: Span,
}

impl Container {
    pub(super) fn new(spec: ContainerSpec, number: u64) -> Self {
        let id = crate::random::fnv1a(format!("{number}/{}", spec.name).as_bytes());
        Self {
            id: format!("{:012x}", id & 0xffff_ffff_ffff),
            name: spec.name,
            image: spec.image,
            port: spec.port,
            restart: spec.restart,
            state: State::Exited { code: 0, at: VirtualTime::ZERO },
            restarts: 0,
            down: Span::ZERO,
            down_since: None,
            stopped: false,
            wait: BACK_OFF,
        }
    }

    /// Whether its process runs.
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    pub(super) fn starts(&mut self, now: VirtualTime) {
        if let Some(since) = self.down_since.take() {
            self.down = self.down + now.since(since);
        }
        self.state = State::Running { since: now };
        self.stopped = false;
    }

    /// Its process ended by itself.
    pub(super) fn exits(&mut self, code: i32, now: VirtualTime) {
        if let State::Running { since } = self.state
            && now.since(since) >= RECOVERED
        {
            self.wait = BACK_OFF;
        }
        self.down_since.get_or_insert(now);
        let again = match self.restart {
            Restart::No => false,
            Restart::OnFailure(max) => code != 0 && (max == 0 || self.restarts < max),
            Restart::Always | Restart::UnlessStopped => true,
        };
        self.state = match again {
            true => State::Restarting { code, at: now + self.wait },
            false => State::Exited { code, at: now },
        };
        if again {
            self.wait = self.wait.times(2).min(BACK_OFF_MAX);
        }
    }

    /// A person ended it.
    pub(super) fn stops(&mut self, code: i32, now: VirtualTime) {
        self.state = State::Exited { code, at: now };
        self.stopped = true;
        self.down_since.get_or_insert(now);
    }

    /// Whether the daemon starts it when the machine comes back.
    pub(super) fn comes_back_with_the_daemon(&self) -> bool {
        match self.restart {
            Restart::No | Restart::OnFailure(_) => false,
            Restart::Always => true,
            Restart::UnlessStopped => !self.stopped,
        }
    }
}
