//! A server process: it starts up, serves, drains.
//!
//! Everything is a function of time, so a server costs nothing while nothing happens to it. What it does
//! comes from its row of the catalogue; four environment variables bend it, for lessons (see
//! `assets/images.yaml`): `START_DELAY`, `HEALTH_FAIL_AFTER`, `MEMORY_LEAK` and `EXIT_AFTER`.

use std::sync::Arc;

use smol_str::{SmolStr, ToSmolStr, format_smolstr};

use super::image_entry::ImageEntry;
use super::launch::Launch;
use super::request::{HttpAnswer, Refused};
use crate::object::quantity;
use crate::time::{Span, VirtualTime};

/// How long `agnhost liveness` is well (`test/images/agnhost/liveness/server.go`).
const LIVENESS_SPAN: Span = Span::secs(10);
/// After how long a server that lacks something it needs says so and ends.
const FAILURE_SPAN: Span = Span::millis(200);
/// Paths that ask whether the server is well.
const HEALTH_PATHS: [&str; 10] = [
    "/healthz",
    "/health",
    "/livez",
    "/live",
    "/readyz",
    "/ready",
    "/startup",
    "/ping",
    "/-/healthy",
    "/-/ready",
];

/// A load that a program is asked to make: `stress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) memory_bytes: u64,
    pub(super) cpu_milli: u64,
    /// How long it lasts; for ever if none.
    pub(super) lasts: Option<Span>,
    /// How long it takes to get to its memory.
    pub(super) ramp: Span,
}

/// Particular ways to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Manner {
    /// As the catalogue says.
    Plain,
    /// Well for ten seconds, then not: `agnhost liveness`.
    Liveness,
    /// This text on every path: `http-echo -text=...`.
    Echo(SmolStr),
}

/// At which ports a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ports {
    Listed(Vec<i32>),
    /// The catalogue does not know and the pod does not say: at every port that it is asked at.
    All,
}

/// A server.
#[derive(Clone, Debug)]
pub(super) struct Server {
    launch: Arc<Launch>,
    ports: Ports,
    manner: Manner,
    started: VirtualTime,
    ready_at: VirtualTime,
    memory_bytes: u64,
    /// What is added each second once it serves.
    leak_bytes_per_sec: u64,
    cpu_milli: u64,
    health_fails_at: Option<VirtualTime>,
    /// When it ends by itself, with which code.
    ends_at: Option<(VirtualTime, i32)>,
    /// Whether it is draining, or lacks something it needs.
    closed: bool,
    /// What it still has to print when it starts and when it serves.
    to_print: Printing,
}

/// How far a server is with its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Printing {
    Start,
    Ready,
    Nothing,
}

impl Server {
    /// The image's server with these arguments.
    pub(super) fn new(launch: &Arc<Launch>, args: &[String], now: VirtualTime) -> Self {
        let entry = &launch.image.entry;
        let variable = |name: &str| launch.env.get(name).map(String::as_str);
        let delay = variable("START_DELAY").and_then(span).unwrap_or_default();
        let ready_at = now + entry.start_up + launch.slow_start + delay;
        let leak = variable("MEMORY_LEAK").and_then(bytes).unwrap_or(entry.leak_per_second);
        let exit_code = variable("EXIT_CODE").and_then(|code| code.parse().ok()).unwrap_or(1);
        let exit_after = variable("EXIT_AFTER").and_then(span);
        let mut server = Self {
            launch: launch.clone(),
            ports: ports_of(launch, args),
            manner: manner_of(entry, args),
            started: now,
            ready_at,
            memory_bytes: entry.memory,
            leak_bytes_per_sec: leak,
            cpu_milli: entry.cpu,
            health_fails_at: variable("HEALTH_FAIL_AFTER").and_then(span).map(|after| ready_at + after),
            ends_at: exit_after.map(|after| (now + after, exit_code)),
            closed: false,
            to_print: Printing::Start,
        };
        if let Some(need) = entry.needs.as_ref().filter(|need| !need.is_met(&launch.env)) {
            server.closed = true;
            server.ends_at = Some((now + FAILURE_SPAN, need.code));
        }
        server
    }

    /// A small server at one port that is ready at once: `nc -l`, `python -m http.server`.
    pub(super) fn simple(launch: &Arc<Launch>, port: i32, now: VirtualTime) -> Self {
        let load = Load { memory_bytes: 8 << 20, cpu_milli: 1, lasts: None, ramp: Span::ZERO };
        Self { ports: Ports::Listed(vec![port]), ..Self::load(launch, load, now) }
    }

    /// A process that serves nothing but uses memory and processors.
    pub(super) fn load(launch: &Arc<Launch>, load: Load, now: VirtualTime) -> Self {
        Self {
            launch: launch.clone(),
            ports: Ports::Listed(Vec::new()),
            manner: Manner::Plain,
            started: now,
            ready_at: now + load.ramp,
            memory_bytes: load.memory_bytes,
            leak_bytes_per_sec: 0,
            cpu_milli: load.cpu_milli,
            health_fails_at: None,
            ends_at: load.lasts.map(|lasts| (now + lasts, 0)),
            closed: false,
            to_print: Printing::Nothing,
        }
    }

    /// When it has something to do by itself.
    pub(super) fn due(&self) -> Option<VirtualTime> {
        let printing = match self.to_print {
            Printing::Start => Some(self.started),
            Printing::Ready => Some(self.ready_at),
            Printing::Nothing => None,
        };
        printing.into_iter().chain(self.ends_at.map(|(at, _)| at)).min()
    }

    /// Does what is due; gives the exit code once it ends.
    pub(super) fn advance(&mut self, now: VirtualTime, output: &mut String) -> Option<i32> {
        let entry = self.launch.image.entry.clone();
        if self.to_print == Printing::Start && self.started <= now {
            self.print(&entry.log, output);
            self.to_print =
                if self.closed || entry.ready_log.is_empty() { Printing::Nothing } else { Printing::Ready };
        }
        if self.to_print == Printing::Ready && self.ready_at <= now {
            self.print(&entry.ready_log, output);
            self.to_print = Printing::Nothing;
        }
        let (_, code) = self.ends_at.filter(|(at, _)| *at <= now)?;
        if let Some(need) = entry.needs.as_ref().filter(|need| !need.is_met(&self.launch.env)) {
            self.print(&need.says, output);
        }
        Some(code)
    }

    fn print(&self, lines: &[String], output: &mut String) {
        for line in lines {
            output.push_str(&self.filled_in(line));
            output.push('\n');
        }
    }

    /// A text of the catalogue with what stands in braces filled in.
    fn filled_in(&self, text: &str) -> String {
        let image = &self.launch.image;
        text.replace("{hostname}", &self.launch.hostname)
            .replace("{name}", &image.entry.name_for(image))
            .replace("{tag}", image.tag())
    }

    /// SIGTERM: it takes no new connections, finishes what it has, and ends.
    pub(super) fn terminate(&mut self, now: VirtualTime) {
        if self.closed {
            return;
        }
        let entry = &self.launch.image.entry;
        let end = (now + entry.drain, entry.exit_on_term);
        self.closed = true;
        self.ends_at = Some(self.ends_at.map_or(end, |other| if other.0 < end.0 { other } else { end }));
    }

    /// It takes this much longer to be ready, if it is still starting.
    pub(super) fn delay_start(&mut self, by: Span, now: VirtualTime) {
        if self.ready_at > now {
            self.ready_at += by;
        }
    }

    /// Whether it takes connections now.
    pub(super) fn is_serving(&self, now: VirtualTime) -> bool {
        self.ready_at <= now && !self.closed && self.ports != Ports::Listed(Vec::new())
    }

    /// Whether it listens at this port once it has started up.
    pub(super) fn serves(&self, port: i32) -> bool {
        match &self.ports {
            Ports::Listed(ports) => ports.contains(&port),
            Ports::All => true,
        }
    }

    /// The ports at which it takes connections now, as far as they are listed.
    pub(super) fn open_ports(&self, now: VirtualTime) -> Vec<i32> {
        match &self.ports {
            Ports::Listed(ports) if self.is_serving(now) => ports.clone(),
            _ => Vec::new(),
        }
    }

    /// Answers an HTTP GET.
    pub(super) fn http(&self, port: i32, path: &str, now: VirtualTime) -> Result<HttpAnswer, Refused> {
        let entry = &self.launch.image.entry;
        if !self.is_serving(now) || !self.serves(port) || !entry.http {
            return Err(Refused);
        }
        let path = path.split('?').next().unwrap_or("/");
        let answer = |code, body: SmolStr| Ok(HttpAnswer { code, body });
        if HEALTH_PATHS.contains(&path) && self.health_fails_at.is_some_and(|at| at <= now) {
            return answer(500, SmolStr::new_static("unhealthy"));
        }
        match &self.manner {
            Manner::Liveness if path == "/healthz" => {
                let age = now - self.started;
                match age > LIVENESS_SPAN {
                    true => answer(500, format_smolstr!("error: {}", age.as_secs_f64())),
                    false => answer(200, SmolStr::new_static("ok")),
                }
            }
            Manner::Echo(text) => answer(200, format_smolstr!("{text}\n")),
            _ if path == "/hostname" && entry.paths.is_none() => answer(200, self.launch.hostname.clone()),
            _ => match entry.paths.as_ref().is_none_or(|paths| paths.iter().any(|known| known == path)) {
                true => answer(200, self.filled_in(&entry.body).to_smolstr()),
                false => answer(404, SmolStr::new_static("404 page not found\n")),
            },
        }
    }

    /// Answers the gRPC health protocol.
    pub(super) fn grpc(&self, port: i32, now: VirtualTime) -> Result<bool, Refused> {
        if !self.is_serving(now) || !self.serves(port) || !self.launch.image.entry.grpc {
            return Err(Refused);
        }
        Ok(self.health_fails_at.is_none_or(|at| at > now))
    }

    /// Memory used: a quarter at once, the rest while it starts up, then what it leaks.
    pub(super) fn memory_bytes(&self, now: VirtualTime) -> u64 {
        let (first, rest) = self.memory_parts();
        let ramp = u128::from((self.ready_at - self.started).as_micros());
        let age = u128::from((now - self.started).as_micros());
        let grown = if age >= ramp { rest } else { rest * age / ramp };
        let leaked =
            u128::from(self.leak_bytes_per_sec) * u128::from((now - self.ready_at).as_micros()) / 1_000_000;
        u64::try_from(first + grown + leaked).unwrap_or(u64::MAX)
    }

    /// The first instant at which it uses more memory than this; none if it never does.
    pub(super) fn exceeds_at(&self, limit_bytes: u64) -> Option<VirtualTime> {
        let (first, rest) = self.memory_parts();
        // The least that is too much.
        let wanted = u128::from(limit_bytes) + 1;
        let ramp = u128::from((self.ready_at - self.started).as_micros());
        let after = |start: VirtualTime, micros: u128| {
            start + Span::micros(u64::try_from(micros).unwrap_or(u64::MAX))
        };
        if wanted <= first {
            Some(self.started)
        } else if wanted <= first + rest {
            Some(after(self.started, ((wanted - first) * ramp).div_ceil(rest)))
        } else if self.leak_bytes_per_sec > 0 {
            let missing = (wanted - first - rest) * 1_000_000;
            Some(after(self.ready_at, missing.div_ceil(u128::from(self.leak_bytes_per_sec))))
        } else {
            None
        }
    }

    fn memory_parts(&self) -> (u128, u128) {
        let all = u128::from(self.memory_bytes);
        (all / 4, all - all / 4)
    }

    /// CPU used. Starting up takes more than waiting for requests.
    pub(super) fn cpu_milli(&self, now: VirtualTime) -> u64 {
        match self.ready_at > now && self.to_print != Printing::Nothing {
            true => self.cpu_milli.saturating_mul(10),
            false => self.cpu_milli,
        }
    }
}

/// Where the server listens: arguments beat the catalogue, which beats what the pod declares. The pod's
/// `ports` are only a note to readers: nginx listens at 80 whatever they say.
fn ports_of(launch: &Launch, args: &[String]) -> Ports {
    const FLAGS: [&str; 7] =
        ["--port", "-port", "--http-port", "-listen", "--listen", "--listen-address", "-p"];
    let mut words = args.iter().flat_map(|arg| match arg.split_once('=') {
        Some((flag, value)) => vec![flag, value],
        None => vec![arg.as_str()],
    });
    while let Some(word) = words.next() {
        if FLAGS.contains(&word)
            && let Some(port) = words.next().and_then(|value| value.rsplit(':').next()?.parse().ok())
        {
            return Ports::Listed(vec![port]);
        }
    }
    let entry = &launch.image.entry;
    let by_command = match (entry.name.rsplit('/').next(), args.first().map(String::as_str)) {
        (Some("agnhost"), Some("pause")) => Some(Vec::new()),
        (Some("agnhost"), Some("serve-hostname")) => Some(vec![9376]),
        (Some("agnhost"), Some("test-webserver")) => Some(vec![80]),
        (Some("agnhost"), Some("grpc-health-checking")) => Some(vec![5000, 8080]),
        _ => None,
    };
    match by_command {
        Some(ports) => Ports::Listed(ports),
        None if !entry.ports.is_empty() || !entry.serves => Ports::Listed(entry.ports.clone()),
        None if !launch.ports.is_empty() => Ports::Listed(launch.ports.clone()),
        None => Ports::All,
    }
}

fn manner_of(entry: &ImageEntry, args: &[String]) -> Manner {
    let text = args.iter().find_map(|arg| arg.trim_start_matches('-').strip_prefix("text="));
    let after_flag =
        || args.iter().skip_while(|arg| arg.trim_start_matches('-') != "text").nth(1).map(String::as_str);
    match entry.name.as_str() {
        "hashicorp/http-echo" => {
            text.or_else(after_flag).map_or(Manner::Plain, |text| Manner::Echo(text.into()))
        }
        "registry.k8s.io/liveness" => Manner::Liveness,
        name if name.ends_with("/agnhost") && args.first().is_some_and(|arg| arg == "liveness") => {
            Manner::Liveness
        }
        _ => Manner::Plain,
    }
}

/// `30s`, or a plain number of seconds.
fn span(text: &str) -> Option<Span> {
    text.trim().parse().map(Span::secs).ok().or_else(|| Span::parse(text).ok())
}

fn bytes(text: &str) -> Option<u64> {
    u64::try_from(quantity::milli(text)? / 1_000).ok()
}
