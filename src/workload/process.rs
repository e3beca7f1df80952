//! A running container's main process.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::catalogue::ImageSpec;
use super::files::ContainerFs;
use crate::random::Stream;
use crate::time::{Span, VirtualTime};

/// What the runtime is told to start: the image and what the pod's spec says about the container.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The image, resolved.
    pub image: Arc<ImageSpec>,
    /// `command`: replaces the image's entry point, `$(VAR)` already expanded.
    pub command: Option<Vec<String>>,
    /// `args`: replaces the image's arguments, `$(VAR)` already expanded.
    pub args: Option<Vec<String>>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// `workingDir`; the image's if none.
    pub working_dir: Option<String>,
    /// `ports[].containerPort`.
    pub ports: Vec<i32>,
    /// How much longer than usual the server takes until it serves (a fault).
    pub slow_start: Span,
    /// `resources.limits.memory` in bytes.
    pub memory_limit: Option<u64>,
    /// The pod's host name.
    pub hostname: SmolStr,
}

impl Launch {
    /// The image as it comes, with nothing said about it.
    pub fn of(image: Arc<ImageSpec>) -> Self {
        Self {
            image,
            command: None,
            args: None,
            env: BTreeMap::new(),
            working_dir: None,
            ports: Vec::new(),
            slow_start: Span::ZERO,
            memory_limit: None,
            hostname: SmolStr::default(),
        }
    }
}

/// Why a container could not be started: the kubelet's `RunContainerError`, state `StartError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError {
    /// The runtime's text.
    pub message: String,
    /// The exit code that the status shows: 128.
    pub exit_code: i32,
}

/// Why a process ended, as `state.terminated.reason` words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// Exit code 0.
    Completed,
    /// Any other exit code.
    Error,
    /// It used more memory than its limit.
    OomKilled,
}

impl ExitReason {
    /// `Completed`, `Error` or `OOMKilled`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "Completed",
            Self::Error => "Error",
            Self::OomKilled => "OOMKilled",
        }
    }

    /// The reason that goes with an exit code.
    pub const fn of(code: i32) -> Self {
        if code == 0 { Self::Completed } else { Self::Error }
    }
}

/// What a process did.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// It printed a line.
    Log(SmolStr),
    /// It asks something of the network and waits; [`Process::answer`] takes the answer.
    Ask(Ask),
    /// It ended.
    Exited {
        /// The exit code.
        code: i32,
        /// The reason for the status.
        reason: ExitReason,
    },
}

/// A request from inside a container. Whoever moves packets answers it with [`Process::answer`]; if nobody
/// does, the program gives up by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The process's own number for it.
    pub number: u64,
    /// What is asked.
    pub request: Request,
}

/// What a program in a container asks of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// An HTTP GET (`wget`, `curl`).
    Http {
        /// Host name or address.
        host: SmolStr,
        /// Port.
        port: i32,
        /// Path with query.
        path: SmolStr,
    },
    /// A TCP connection (`nc -z`).
    Tcp {
        /// Host name or address.
        host: SmolStr,
        /// Port.
        port: i32,
    },
    /// A name to be resolved (`nslookup`).
    Lookup {
        /// The name.
        name: SmolStr,
    },
}

/// What came of a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP answer.
    Http(HttpAnswer),
    /// The connection was opened.
    Connected,
    /// The connection was refused.
    Refused,
    /// Nothing answered in time.
    TimedOut,
    /// The name's addresses.
    Addresses(Vec<SmolStr>),
    /// There is no such name.
    NoSuchName,
}

/// Signals that the kubelet has the runtime send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: please finish.
    Term,
    /// SIGKILL: ends at once with exit code 137.
    Kill,
}

/// What came of a command run inside a container (exec probe, hook, `kubectl exec`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exec {
    /// Its exit code.
    pub exit_code: i32,
    /// What it printed, standard output and error in the order of printing.
    pub output: String,
    /// How long it took. A command that never ends takes [`Exec::ENDLESS`].
    pub took: Span,
    /// The runtime's text when the command could not even be started.
    pub error: Option<String>,
}

impl Exec {
    /// What a command that never ends is said to take; longer than any timeout.
    pub const ENDLESS: Span = Span::secs(1_000_000);
}

/// An answer to an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub code: u16,
    /// The body.
    pub body: SmolStr,
}

/// Nothing listens on the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// A running main process. A clone goes on exactly as the original does.
#[derive(Clone, Debug)]
pub struct Process {
    launch: Arc<Launch>,
}

impl Process {
    /// Starts the container's program. Nothing runs yet: [`Self::next_due`] is `now`.
    ///
    /// # Errors
    /// The program does not exist in the image.
    pub fn start(
        launch: &Launch,
        _files: &mut ContainerFs<'_>,
        _now: VirtualTime,
        _random: &mut Stream,
    ) -> Result<Self, StartError> {
        Ok(Self { launch: Arc::new(launch.clone()) })
    }

    /// When [`Self::advance`] is to be called next; none if nothing happens by itself (or it has ended).
    pub fn next_due(&self) -> Option<VirtualTime> {
        None
    }

    /// Lets the process run up to `now` and says what it did. Nothing comes after `Exited`.
    pub fn advance(&mut self, _now: VirtualTime, _files: &mut ContainerFs<'_>) -> Vec<Happening> {
        Vec::new()
    }

    /// Sends a signal. What comes of it is said by the next [`Self::advance`], which is due at once.
    pub fn signal(&mut self, _signal: Signal, _now: VirtualTime) {}

    /// Ends the process with this exit code, whatever it does (a fault); [`Self::advance`] is due at once.
    pub fn force_exit(&mut self, _code: i32, _reason: ExitReason, _now: VirtualTime) {}

    /// The server takes this much longer to be ready, if it is still starting (a fault).
    pub fn delay_start(&mut self, _by: Span, _now: VirtualTime) {}

    /// The answer to an [`Ask`]; [`Self::advance`] is due at once. A late or unknown number is ignored.
    pub fn answer(&mut self, _number: u64, _answer: Answer, _now: VirtualTime) {}

    /// Runs a command beside the main process: exec probes, lifecycle hooks, `kubectl exec`. Its effects on
    /// files and on the main process (`kill 1`, `nginx -s quit`) are seen at once, even if it takes time.
    pub fn exec(&mut self, _argv: &[String], _files: &mut ContainerFs<'_>, _now: VirtualTime) -> Exec {
        Exec { exit_code: 0, output: String::new(), took: Span::ZERO, error: None }
    }

    /// Answers an HTTP GET.
    ///
    /// # Errors
    /// [`Refused`] when nothing listens on the port.
    pub fn http(&self, _port: i32, _path: &str, _now: VirtualTime) -> Result<HttpAnswer, Refused> {
        Err(Refused)
    }

    /// Whether a TCP connection to the port is taken.
    pub fn tcp(&self, _port: i32, _now: VirtualTime) -> bool {
        false
    }

    /// Answers the gRPC health protocol (`grpc.health.v1.Health/Check`): whether it is `SERVING`.
    ///
    /// # Errors
    /// [`Refused`] when nothing listens on the port.
    pub fn grpc(&self, _port: i32, _service: &str, _now: VirtualTime) -> Result<bool, Refused> {
        Err(Refused)
    }

    /// Memory used.
    pub fn memory_bytes(&self, _now: VirtualTime) -> u64 {
        self.launch.image.memory_bytes
    }

    /// CPU used, in thousandths of a core.
    pub fn cpu_milli(&self, _now: VirtualTime) -> u64 {
        0
    }

    /// Whether it takes connections.
    pub fn is_serving(&self, _now: VirtualTime) -> bool {
        false
    }

    /// Whether it listens, or will listen once it has started up, on this port.
    pub fn serves(&self, _port: i32) -> bool {
        false
    }
}
