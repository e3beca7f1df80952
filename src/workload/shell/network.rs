//! Programs that ask the network: `wget`, `curl`, `nc`, `nslookup`.
//!
//! They cannot see the network from here. They block the task with a request, which leaves the process as a
//! [`Happening::Ask`](crate::workload::Happening::Ask), and print what is answered. Without an answer they
//! give up after a while, as the real ones do.

use smol_str::SmolStr;

use crate::time::{Span, VirtualTime};
use crate::workload::request::{Answer, Ask, Request};
use crate::workload::server::Server;

use super::block::Block;
use super::http_client::{conclude_curl, conclude_wget};
use super::programs::not_simulated;
use super::programs::system::seconds;
use super::simple::Flow;
use super::task::{Run, Task};

/// After how long a program gives up when it is not told.
pub(super) const PATIENCE: Span = Span::secs(10);

/// A request on its way.
#[derive(Clone, Debug)]
pub(super) struct PendingAsk {
    pub(super) number: u64,
    request: Request,
    until: VirtualTime,
    answer: Option<Answer>,
    tool: Tool,
}

/// Who asked, and how the answer is to be shown.
#[derive(Clone, Debug)]
pub(super) enum Tool {
    Wget { quiet: bool, spider: bool, to: Option<String> },
    Curl { silent: bool, fail: bool, head: bool, to: Option<String>, format: Option<String> },
    Nc { verbose: bool },
    Lookup { program: SmolStr },
}

impl PendingAsk {
    /// When it is over.
    pub(super) fn due(&self) -> VirtualTime {
        if self.answer.is_some() { VirtualTime::ZERO } else { self.until }
    }

    pub(super) fn is_over(&self, now: VirtualTime) -> bool {
        self.due() <= now
    }

    /// Takes the answer to this request.
    pub(super) fn take(&mut self, answer: Answer) {
        self.answer.get_or_insert(answer);
    }

    /// Prints what came of it and gives the status.
    pub(super) fn conclude(self, task: &mut Task, run: &mut Run<'_, '_>) -> i32 {
        let answer = self.answer.unwrap_or(Answer::TimedOut);
        match self.tool {
            Tool::Wget { quiet, spider, to } => {
                let (to, quiet) = (to.as_deref(), quiet || spider);
                conclude_wget(
                    task,
                    run,
                    &self.request,
                    answer,
                    quiet,
                    if spider { Some("/dev/null") } else { to },
                )
            }
            Tool::Curl { .. } => conclude_curl(task, run, &self.request, answer, &self.tool),
            Tool::Nc { verbose } => conclude_nc(task, run, &self.request, &answer, verbose),
            Tool::Lookup { program } => conclude_lookup(task, run, &self.request, answer, &program),
        }
    }
}

pub(super) fn ask(run: &mut Run<'_, '_>, request: Request, patience: Span, tool: Tool) -> Flow {
    let number = run.world.new_ask();
    run.world.asks.push(Ask { number, request: request.clone() });
    Flow::Block(Block::Ask(PendingAsk { number, request, until: run.now + patience, answer: None, tool }))
}

/// `nc -z HOST PORT`, `nc -l -p PORT`.
pub(super) fn nc(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (mut verbose, mut listen, mut patience, mut port, mut rest) =
        (false, false, PATIENCE, None, Vec::new());
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        match word.strip_prefix('-').filter(|flags| !flags.is_empty()) {
            Some(flags) => {
                verbose |= flags.contains('v');
                listen |= flags.contains('l');
                if flags.ends_with('w') {
                    patience = words.next().and_then(|word| seconds(word)).unwrap_or(PATIENCE);
                } else if flags.ends_with('p') {
                    port = words.next().cloned();
                } else if flags.ends_with(['e', 'c', 'q', 's', 'i']) {
                    // What it runs or sends per connection is not looked at.
                    words.next();
                }
            }
            None => rest.push(word.clone()),
        }
    }
    if listen {
        return match port.or(rest.pop()).and_then(|port| port.parse().ok()) {
            Some(port) => {
                Flow::Block(Block::Serve(Box::new(Server::simple(&run.world.launch, port, run.now))))
            }
            None => not_simulated(task, run, argv),
        };
    }
    match &rest[..] {
        [host, port] => match port.parse() {
            Ok(port) => ask(run, Request::Tcp { host: host.into(), port }, patience, Tool::Nc { verbose }),
            Err(_) => not_simulated(task, run, argv),
        },
        _ => not_simulated(task, run, argv),
    }
}

fn conclude_nc(
    task: &mut Task,
    run: &mut Run<'_, '_>,
    request: &Request,
    answer: &Answer,
    verbose: bool,
) -> i32 {
    let (host, port, _) = parts(request);
    let line = match answer {
        Answer::Connected | Answer::Http(_) => {
            if verbose {
                task.complain(run, &format!("{host} ({host}:{port}) open"));
            }
            return 0;
        }
        Answer::NoSuchName => format!("nc: bad address '{host}'"),
        Answer::Refused => format!("nc: {host} ({host}:{port}): Connection refused"),
        Answer::Unavailable => "nc: not simulated for commands beside the main process".to_owned(),
        _ => format!("nc: {host} ({host}:{port}): Connection timed out"),
    };
    // Only a name that does not exist is worth a line to nc, unless it is asked to talk.
    if verbose || matches!(answer, Answer::NoSuchName | Answer::Unavailable) {
        task.complain(run, &line);
    }
    1
}

/// `nslookup NAME`, `getent hosts NAME`, `ping -c 1 NAME`.
pub(super) fn lookup(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let program = SmolStr::new(argv[0].rsplit('/').next().unwrap_or("nslookup"));
    let takes_value = |flag: &str| program == "ping" && matches!(flag, "-c" | "-w" | "-W" | "-i" | "-s");
    let mut names = Vec::new();
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            flag if takes_value(flag) => drop(words.next()),
            flag if flag.starts_with(['-', '+']) => {}
            "hosts" | "ahosts" | "ahostsv4" if program == "getent" => {}
            name => names.push(name),
        }
    }
    match names.first() {
        Some(name) => {
            let request = Request::Lookup { name: SmolStr::new(name) };
            ask(run, request, Span::secs(5), Tool::Lookup { program })
        }
        None => not_simulated(task, run, argv),
    }
}

/// The address of the cluster's DNS Service, which `nslookup` names as its server.
const DNS_SERVER: &str = "10.96.0.10";

fn conclude_lookup(
    task: &mut Task,
    run: &mut Run<'_, '_>,
    request: &Request,
    answer: Answer,
    program: &str,
) -> i32 {
    let Request::Lookup { name } = request else { return 2 };
    let addresses = match answer {
        Answer::Addresses(addresses) if !addresses.is_empty() => addresses,
        Answer::NoSuchName | Answer::Addresses(_) => Vec::new(),
        Answer::Unavailable => {
            task.complain(run, &format!("{program}: not simulated for commands beside the main process"));
            return 1;
        }
        _ => {
            task.complain(run, ";; connection timed out; no servers could be reached");
            return 1;
        }
    };
    let server = format!("Server:\t\t{DNS_SERVER}\nAddress:\t{DNS_SERVER}:53\n\n");
    let Some(first) = addresses.first() else {
        match program {
            "getent" => {}
            "ping" => task.complain(run, &format!("ping: bad address '{name}'")),
            _ => task.print(run, &format!("{server}** server can't find {name}: NXDOMAIN\n\n")),
        }
        return if program == "getent" { 2 } else { 1 };
    };
    match program {
        "getent" => task.print(run, &format!("{first:<15} {name}\n")),
        "ping" => task.print(run, &format!("PING {name} ({first}): 56 data bytes\n")),
        _ => {
            let lines: String =
                addresses.iter().map(|address| format!("Name:\t{name}\nAddress: {address}\n")).collect();
            task.print(run, &format!("{server}{lines}\n"));
        }
    }
    0
}

pub(super) fn parts(request: &Request) -> (&str, i32, &str) {
    match request {
        Request::Http { host, port, path } => (host, *port, path),
        Request::Tcp { host, port } => (host, *port, ""),
        Request::Lookup { name } => (name, 0, ""),
    }
}
