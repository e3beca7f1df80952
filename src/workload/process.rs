//! A running container's main process.

use std::sync::Arc;

use smol_str::SmolStr;

use super::files::ContainerFs;
use super::launch::{Launch, StartError};
use super::program::{self, Program};
use super::request::{Answer, Ask, HttpAnswer, Refused, Request};
use super::server::Server;
use super::shell::{Reaction, Shell};
use crate::random::Stream;
use crate::time::{Span, VirtualTime};

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

/// Signals that the kubelet has the runtime send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: please finish.
    Term,
    /// SIGKILL: ends at once with exit code 137.
    Kill,
}

/// What a main process is.
#[derive(Clone, Debug)]
enum Main {
    /// The image's server.
    Server(Server),
    /// A command or script.
    Shell(Box<Shell>),
    /// It prints and ends.
    Once(Vec<SmolStr>),
}

/// Something that a command beside the main process did to it, when its time has come.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    Signal(SmolStr),
    Print(String),
}

/// A running main process. A clone goes on exactly as the original does.
#[derive(Clone, Debug)]
pub struct Process {
    pub(super) launch: Arc<Launch>,
    main: Main,
    /// The latest instant it was told of.
    now: VirtualTime,
    /// Whether something came from outside that [`Self::advance`] has to look at.
    disturbed: bool,
    /// How it ended; whether that has been told.
    pub(super) ended: Option<(i32, ExitReason)>,
    told: bool,
    /// Effects that lie ahead, in order of time.
    pub(super) effects: Vec<(VirtualTime, Effect)>,
}

impl Process {
    /// Starts the container's program. Nothing runs yet: [`Self::next_due`] is `now`.
    ///
    /// # Errors
    /// The program does not exist in the image.
    pub fn start(
        launch: Launch,
        files: &mut ContainerFs<'_>,
        now: VirtualTime,
        random: &mut Stream,
    ) -> Result<Self, StartError> {
        let launch = Arc::new(launch);
        // Drawn in any case, so that what one container draws does not depend on its command.
        let seed = random.bits();
        launch.unpack(files);
        let mut effects = Vec::new();
        let main = match program::choose(&launch, files)? {
            Program::Server(args) => Main::Server(Server::new(&launch, &args, now)),
            Program::Assumed(argv) => {
                let (command, image) = (argv.join(" "), &launch.image.name);
                let note = format!("kubeloop: not interpreted: {command}; taken for the server of {image}");
                effects.push((now, Effect::Print(note)));
                Main::Server(Server::new(&launch, argv.get(1..).unwrap_or_default(), now))
            }
            Program::Command(argv) => Main::Shell(Box::new(Shell::main(&launch, argv, seed, now))),
            Program::Once => Main::Once(launch.image.entry.log.iter().map(SmolStr::new).collect()),
        };
        Ok(Self { launch, main, now, disturbed: true, ended: None, told: false, effects })
    }

    /// When [`Self::advance`] is to be called next; none if nothing happens by itself (or it has ended).
    pub fn next_due(&self) -> Option<VirtualTime> {
        if self.told {
            return None;
        }
        if self.disturbed || self.ended.is_some() {
            return Some(self.now);
        }
        let own = match &self.main {
            Main::Server(server) => server.due(),
            Main::Shell(shell) => shell.next_due(),
            Main::Once(_) => Some(self.now),
        };
        let effect = self.effects.first().map(|(at, _)| *at);
        let due = own.into_iter().chain(effect).chain(self.out_of_memory_at()).min();
        due.map(|due| due.max(self.now))
    }

    /// Lets the process run up to `now` and says what it did. Nothing comes after `Exited`.
    pub fn advance(&mut self, now: VirtualTime, files: &mut ContainerFs<'_>) -> Vec<Happening> {
        let mut happenings = Vec::new();
        if self.told {
            return happenings;
        }
        self.now = self.now.max(now);
        self.disturbed = false;
        self.take_effects(&mut happenings);
        if self.ended.is_none() {
            let code = self.run(files, &mut happenings);
            self.ended = code.map(|code| (code, ExitReason::of(code)));
        }
        if self.ended.is_none()
            && self.launch.memory_limit.is_some_and(|limit| self.memory_bytes(self.now) > limit)
        {
            self.ended = Some((137, ExitReason::OomKilled));
        }
        if let Some((code, reason)) = self.ended {
            self.told = true;
            happenings.push(Happening::Exited { code, reason });
        }
        happenings
    }

    /// Runs the program; gives its exit code if it ends.
    fn run(&mut self, files: &mut ContainerFs<'_>, happenings: &mut Vec<Happening>) -> Option<i32> {
        let log = |lines: Vec<SmolStr>| lines.into_iter().map(Happening::Log);
        match &mut self.main {
            Main::Once(lines) => {
                happenings.extend(log(std::mem::take(lines)));
                Some(0)
            }
            Main::Server(server) => {
                let mut output = String::new();
                let code = server.advance(self.now, &mut output);
                happenings.extend(log(output.lines().map(SmolStr::new).collect()));
                code
            }
            Main::Shell(_) => loop {
                let Main::Shell(shell) = &mut self.main else { return None };
                happenings.extend(log(shell.run(self.now, files)));
                let (code, asks) = (shell.exited(), shell.take_asks());
                if code.is_some() {
                    return code;
                }
                let mut answered = false;
                for ask in asks {
                    match self.answer_locally(&ask.request, self.now) {
                        Some(answer) => {
                            answered = true;
                            self.give(ask.number, answer);
                        }
                        None => happenings.push(Happening::Ask(ask)),
                    }
                }
                if !answered {
                    return None;
                }
            },
        }
    }

    /// Lets effects happen whose time has come.
    fn take_effects(&mut self, happenings: &mut Vec<Happening>) {
        while self.ended.is_none() && self.effects.first().is_some_and(|(at, _)| *at <= self.now) {
            match self.effects.remove(0).1 {
                Effect::Signal(name) => self.take_signal(&name),
                Effect::Print(text) => {
                    happenings.extend(text.lines().map(|line| Happening::Log(SmolStr::new(line))));
                }
            }
        }
    }

    /// Sends a signal. What comes of it is said by the next [`Self::advance`], which is due at once.
    pub fn signal(&mut self, signal: Signal, now: VirtualTime) {
        self.disturb(now);
        match signal {
            Signal::Kill => self.end(137, ExitReason::Error),
            Signal::Term => self.take_signal("TERM"),
        }
    }

    fn take_signal(&mut self, name: &str) {
        let ends = matches!(name, "TERM" | "INT" | "QUIT");
        match &mut self.main {
            Main::Server(server) if ends => server.terminate(self.now),
            // As in the recordings: what sets no trap ends at once, and well.
            Main::Once(_) if ends => self.end(0, ExitReason::Completed),
            Main::Shell(shell) => {
                let reaction = shell.signal(name, self.now);
                if reaction == Reaction::Ends && ends {
                    self.end(0, ExitReason::Completed);
                }
            }
            Main::Server(_) | Main::Once(_) => {}
        }
    }

    /// Ends the process with this exit code, whatever it does (a fault); [`Self::advance`] is due at once.
    pub fn force_exit(&mut self, code: i32, reason: ExitReason, now: VirtualTime) {
        self.disturb(now);
        self.end(code, reason);
    }

    fn end(&mut self, code: i32, reason: ExitReason) {
        self.ended.get_or_insert((code, reason));
    }

    fn disturb(&mut self, now: VirtualTime) {
        self.now = self.now.max(now);
        self.disturbed = true;
    }

    /// The server takes this much longer to be ready, if it is still starting (a fault).
    pub fn delay_start(&mut self, by: Span, now: VirtualTime) {
        self.disturb(now);
        match &mut self.main {
            Main::Server(server) => server.delay_start(by, now),
            Main::Shell(shell) => shell.servers_mut().for_each(|server| server.delay_start(by, now)),
            Main::Once(_) => {}
        }
    }

    /// The answer to an [`Ask`]; [`Self::advance`] is due at once. A late or unknown number is ignored.
    pub fn answer(&mut self, number: u64, answer: Answer, now: VirtualTime) {
        self.disturb(now);
        self.give(number, answer);
    }

    fn give(&mut self, number: u64, answer: Answer) {
        if let Main::Shell(shell) = &mut self.main {
            shell.answer(number, answer);
        }
    }

    /// Answers what a program asks of its own container; none if somebody else has to.
    pub(super) fn answer_locally(&self, request: &Request, now: VirtualTime) -> Option<Answer> {
        let port = match request {
            Request::Http { port, .. } | Request::Tcp { port, .. } if request.is_local() => *port,
            _ => return None,
        };
        match request {
            Request::Http { path, .. } => self.http(port, path, now).ok().map(Answer::Http),
            _ => self.tcp(port, now).then_some(Answer::Connected),
        }
    }

    pub(super) fn servers(&self) -> impl Iterator<Item = &Server> {
        let (own, shell) = match &self.main {
            Main::Server(server) => (Some(server), None),
            Main::Shell(shell) => (None, Some(shell)),
            Main::Once(_) => (None, None),
        };
        let own = own.filter(|_| self.ended.is_none());
        own.into_iter()
            .chain(shell.filter(|_| self.ended.is_none()).into_iter().flat_map(|shell| shell.servers()))
    }

    /// Answers an HTTP GET.
    ///
    /// # Errors
    /// [`Refused`] when nothing listens on the port.
    pub fn http(&self, port: i32, path: &str, now: VirtualTime) -> Result<HttpAnswer, Refused> {
        self.servers().find_map(|server| server.http(port, path, now).ok()).ok_or(Refused)
    }

    /// Whether a TCP connection to the port is taken.
    pub fn tcp(&self, port: i32, now: VirtualTime) -> bool {
        self.servers().any(|server| server.is_serving(now) && server.serves(port))
    }

    /// Answers the gRPC health protocol (`grpc.health.v1.Health/Check`): whether it is `SERVING`. All services
    /// are as well as the server is.
    ///
    /// # Errors
    /// [`Refused`] when nothing listens on the port, or it does not speak the protocol.
    pub fn grpc(&self, port: i32, _service: &str, now: VirtualTime) -> Result<bool, Refused> {
        self.servers().find_map(|server| server.grpc(port, now).ok()).ok_or(Refused)
    }

    /// Memory used.
    pub fn memory_bytes(&self, now: VirtualTime) -> u64 {
        let own = match &self.main {
            Main::Shell(shell) => shell.own_memory_bytes(),
            Main::Server(_) | Main::Once(_) => 0,
        };
        self.servers().fold(own, |sum, server| sum.saturating_add(server.memory_bytes(now)))
    }

    /// When it will use more memory than its limit.
    fn out_of_memory_at(&self) -> Option<VirtualTime> {
        let limit = self.launch.memory_limit?;
        let all = self.memory_bytes(self.now);
        if all > limit {
            return Some(self.now);
        }
        let alone = |server: &Server| {
            // What all others use now is taken off the limit; if they grow, it is looked at again.
            let others = all.saturating_sub(server.memory_bytes(self.now));
            server.exceeds_at(limit.saturating_sub(others))
        };
        self.servers().filter_map(alone).min()
    }

    /// CPU used, in thousandths of a core.
    pub fn cpu_milli(&self, now: VirtualTime) -> u64 {
        let own = match &self.main {
            Main::Shell(shell) if self.ended.is_none() => shell.own_cpu_milli(),
            _ => 0,
        };
        self.servers().fold(own, |sum, server| sum.saturating_add(server.cpu_milli(now)))
    }

    /// Whether it takes connections.
    pub fn is_serving(&self, now: VirtualTime) -> bool {
        self.servers().any(|server| server.is_serving(now))
    }

    /// Whether it listens, or will listen once it has started up, on this port.
    pub fn serves(&self, port: i32) -> bool {
        self.servers().any(|server| server.serves(port))
    }
}
