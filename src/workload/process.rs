//! A running container's main process.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::catalogue::ImageSpec;
use super::files::ContainerFs;
use super::program::{self, Program};
use super::server::Server;
use super::shell::{Reaction, Shell};
use crate::random::Stream;
use crate::time::{Span, VirtualTime};

/// How long a command beside the main process may take until it counts as endless.
const LONGEST_EXEC: Span = Span::secs(3_600);
/// How often such a command may pause until it counts as endless.
const MOST_EXEC_ROUNDS: u32 = 5_000;
/// How much of its output is kept.
const EXEC_OUTPUT_BYTES: usize = 64 << 10;

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
    /// Nobody can answer: the request comes from a command beside the main process ([`Process::exec`]).
    Unavailable,
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
enum Effect {
    Signal(SmolStr),
    Print(String),
}

/// A running main process. A clone goes on exactly as the original does.
#[derive(Clone, Debug)]
pub struct Process {
    launch: Arc<Launch>,
    main: Main,
    /// The latest instant it was told of.
    now: VirtualTime,
    /// Whether something came from outside that [`Self::advance`] has to look at.
    disturbed: bool,
    /// How it ended; whether that has been told.
    ended: Option<(i32, ExitReason)>,
    told: bool,
    /// Effects that lie ahead, in order of time.
    effects: Vec<(VirtualTime, Effect)>,
}

impl Process {
    /// Starts the container's program. Nothing runs yet: [`Self::next_due`] is `now`.
    ///
    /// # Errors
    /// The program does not exist in the image.
    pub fn start(
        launch: &Launch,
        files: &mut ContainerFs<'_>,
        now: VirtualTime,
        random: &mut Stream,
    ) -> Result<Self, StartError> {
        let launch = Arc::new(launch.clone());
        // Drawn in any case, so that what one container draws does not depend on its command.
        let seed = random.bits();
        unpack(&launch, files);
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
                    match self.answer_locally(&ask.request) {
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

    /// Runs a command beside the main process: exec probes, lifecycle hooks, `kubectl exec`. What it does to
    /// files is seen at once, even if the command takes time; what it does to the main process (`kill 1`,
    /// `nginx -s quit`, its log) comes at the right instant.
    pub fn exec(&mut self, argv: &[String], files: &mut ContainerFs<'_>, now: VirtualTime) -> Exec {
        if let Some(error) = self.cannot_exec(argv, files) {
            return Exec { exit_code: 126, output: String::new(), took: Span::ZERO, error: Some(error) };
        }
        let open_ports = self.servers().flat_map(|server| server.open_ports(now)).collect();
        let mut shell = Shell::beside(&self.launch, argv.to_vec(), now, open_ports);
        let (mut at, mut output) = (now, String::new());
        for _ in 0..MOST_EXEC_ROUNDS {
            shell.run_beside(at, files, &mut output);
            if let Some(end) =
                (0..=EXEC_OUTPUT_BYTES.min(output.len())).rev().find(|end| output.is_char_boundary(*end))
            {
                output.truncate(end);
            }
            self.keep_effects(&mut shell, at);
            if let Some(exit_code) = shell.exited() {
                return Exec { exit_code, output, took: at - now, error: None };
            }
            for ask in shell.take_asks() {
                let answer =
                    self.answer_locally(&ask.request).unwrap_or_else(|| match is_local(&ask.request) {
                        true => Answer::Refused,
                        false => Answer::Unavailable,
                    });
                shell.answer(ask.number, answer);
            }
            match shell.next_due() {
                Some(due) if due - now <= LONGEST_EXEC => at = at.max(due),
                _ => break,
            }
        }
        Exec { exit_code: 137, output, took: Exec::ENDLESS, error: None }
    }

    /// The runtime's text if a command cannot be started at all.
    fn cannot_exec(&self, argv: &[String], files: &ContainerFs<'_>) -> Option<String> {
        if self.ended.is_some() {
            return Some("failed to exec in container: container is not running".to_owned());
        }
        let missing = program::missing(&self.launch, argv, files)?;
        Some(format!(
            "failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start \
             container process: {missing}: unknown"
        ))
    }

    fn keep_effects(&mut self, shell: &mut Shell, at: VirtualTime) {
        let (text, signals) = shell.take_effects();
        let printed = (!text.is_empty()).then_some(Effect::Print(text));
        let effects = printed.into_iter().chain(signals.into_iter().map(Effect::Signal));
        self.effects.extend(effects.map(|effect| (at, effect)));
        self.effects.sort_by_key(|(at, _)| *at);
    }

    /// Answers what a program asks of its own container; none if somebody else has to.
    fn answer_locally(&self, request: &Request) -> Option<Answer> {
        let port = match request {
            Request::Http { port, .. } | Request::Tcp { port, .. } if is_local(request) => *port,
            _ => return None,
        };
        match request {
            Request::Http { path, .. } => self.http(port, path, self.now).ok().map(Answer::Http),
            _ => self.tcp(port, self.now).then_some(Answer::Connected),
        }
    }

    fn servers(&self) -> impl Iterator<Item = &Server> {
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

/// Puts the image's files and the runtime's own into a fresh container.
fn unpack(launch: &Launch, files: &mut ContainerFs<'_>) {
    let own = [
        ("/etc/hostname", format!("{}\n", launch.hostname)),
        ("/etc/hosts", "127.0.0.1\tlocalhost\n".to_owned()),
    ];
    let image = launch.image.entry.files.iter().map(|(path, text)| (path.as_str(), text.clone()));
    let folders = [launch.image.entry.working_dir.as_str(), launch.working_dir.as_deref().unwrap_or("/")];
    for folder in folders {
        // A folder that exists, or lies in a read-only volume, is fine as it is.
        let _existing = files.make_folder(folder, true);
    }
    for (path, text) in image.chain(own) {
        if files.exists(path) {
            continue;
        }
        if let Some((folder, _)) = path.rsplit_once('/') {
            let _existing = files.make_folder(folder, true);
        }
        // Where a read-only volume hides the image's folder, the image's file is hidden, too.
        let _hidden = files.write(path, &text, false);
    }
}

/// Whether a request stays within the pod.
fn is_local(request: &Request) -> bool {
    let (Request::Http { host, .. } | Request::Tcp { host, .. } | Request::Lookup { name: host }) = request;
    matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1" | "[::1]" | "0.0.0.0")
}
