//! Programs that ask the network: `wget`, `curl`, `nc`, `nslookup`.
//!
//! They cannot see the network from here. They block the task with a request, which leaves the process as a
//! [`Happening::Ask`](crate::workload::Happening::Ask), and print what is answered. Without an answer they
//! give up after a while, as the real ones do.

use smol_str::SmolStr;

use crate::time::{Span, VirtualTime};
use crate::workload::files::absolute;
use crate::workload::process::{Answer, Ask, HttpAnswer, Request};
use crate::workload::server::Server;

use super::block::Block;
use super::programs::system::seconds;
use super::simple::Flow;
use super::task::{Run, Task};

/// After how long a program gives up when it is not told.
const PATIENCE: Span = Span::secs(10);

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
enum Tool {
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

fn ask(run: &mut Run<'_, '_>, request: Request, patience: Span, tool: Tool) -> Flow {
    let number = run.world.new_ask();
    run.world.asks.push(Ask { number, request: request.clone() });
    Flow::Block(Block::Ask(PendingAsk { number, request, until: run.now + patience, answer: None, tool }))
}

/// A URL as a request; none if it is not `http`.
fn http_request(url: &str) -> Option<Request> {
    let (rest, default_port) = match url.split_once("://") {
        Some(("http", rest)) => (rest, 80),
        Some(("https", rest)) => (rest, 443),
        Some(_) => return None,
        None => (url, 80),
    };
    let (authority, path) = match rest.find(['/', '?']) {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, default_port),
    };
    (!host.is_empty()).then(|| Request::Http { host: host.into(), port, path: path.into() })
}

fn not_simulated(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    task.complain(run, &format!("sh: {}: not simulated", argv.join(" ")));
    Flow::Status(127)
}

/// `wget -qO- URL`
pub(super) fn wget(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (mut quiet, mut spider, mut to, mut url, mut patience) = (false, false, None, None, PATIENCE);
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--spider" => spider = true,
            "--header" | "--post-data" | "-U" | "--tries" | "-t" | "-P" => drop(words.next()),
            long if long.starts_with("--timeout=") => patience = seconds(&long[10..]).unwrap_or(PATIENCE),
            long if long.starts_with("--") => {}
            short if short.starts_with('-') => {
                quiet |= short.contains('q');
                let value = short.find(['O', 'T']).map(|at| match &short[at + 1..] {
                    "" => words.next().map_or("", String::as_str),
                    inline => inline,
                });
                match value {
                    Some(value) if short.contains('O') => to = Some(value.to_owned()),
                    Some(value) => patience = seconds(value).unwrap_or(PATIENCE),
                    None => {}
                }
            }
            given => url = Some(given),
        }
    }
    match url.and_then(http_request) {
        Some(request) => ask(run, request, patience, Tool::Wget { quiet, spider, to }),
        None => not_simulated(task, run, argv),
    }
}

fn conclude_wget(
    task: &mut Task,
    run: &mut Run<'_, '_>,
    request: &Request,
    answer: Answer,
    quiet: bool,
    to: Option<&str>,
) -> i32 {
    let (host, port, path) = parts(request);
    if !quiet {
        task.complain(run, &format!("Connecting to {host}:{port}"));
    }
    let failure = match answer {
        Answer::Http(HttpAnswer { code, body }) if code < 400 => {
            let name =
                path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("index.html").to_owned();
            return deliver(task, run, "wget", to.unwrap_or(&name), &with_newline(&body));
        }
        Answer::Http(HttpAnswer { code, .. }) => {
            format!("wget: server returned error: HTTP/1.1 {code} {}", reason_phrase(code))
        }
        Answer::NoSuchName => format!("wget: bad address '{host}'"),
        Answer::Refused => format!("wget: can't connect to remote host ({host}): Connection refused"),
        Answer::Unavailable => "wget: not simulated for commands beside the main process".to_owned(),
        _ => "wget: download timed out".to_owned(),
    };
    task.complain(run, &failure);
    1
}

/// `curl -sf URL`
pub(super) fn curl(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (mut silent, mut fail, mut head, mut to, mut format) = (false, false, false, None, None);
    let (mut url, mut patience) = (None, PATIENCE);
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--fail" => fail = true,
            "--silent" => silent = true,
            "--head" => head = true,
            "-w" | "--write-out" => format = words.next().cloned(),
            "-o" | "--output" => to = words.next().cloned(),
            "-m" | "--max-time" | "--connect-timeout" => {
                patience = words.next().and_then(|word| seconds(word)).unwrap_or(PATIENCE);
            }
            "-H" | "--header" | "-X" | "--request" | "-d" | "--data" | "-A" | "-u" | "--retry"
            | "--retry-delay" | "--cacert" | "-b" | "-c" | "-e" => drop(words.next()),
            long if long.starts_with("--") => {}
            short if short.starts_with('-') => {
                silent |= short.contains('s');
                fail |= short.contains('f');
                head |= short.contains('I');
                if short.ends_with('o') {
                    to = words.next().cloned();
                }
                if short.ends_with('w') {
                    format = words.next().cloned();
                }
            }
            given => url = Some(given),
        }
    }
    match url.and_then(http_request) {
        Some(request) => ask(run, request, patience, Tool::Curl { silent, fail, head, to, format }),
        None => not_simulated(task, run, argv),
    }
}

fn conclude_curl(
    task: &mut Task,
    run: &mut Run<'_, '_>,
    request: &Request,
    answer: Answer,
    tool: &Tool,
) -> i32 {
    let Tool::Curl { silent, fail, head, to, format } = tool else { return 2 };
    let (host, port, _) = parts(request);
    let mut code = 0;
    let (status, failure) = match answer {
        Answer::Http(answer) if *fail && answer.code >= 400 => {
            code = answer.code;
            (22, Some(format!("The requested URL returned error: {code}")))
        }
        Answer::Http(answer) => {
            code = answer.code;
            let shown = match head {
                true => format!("HTTP/1.1 {code} {}\n", reason_phrase(code)),
                false => answer.body.to_string(),
            };
            (deliver(task, run, "curl", to.as_deref().unwrap_or("-"), &shown), None)
        }
        Answer::NoSuchName => (6, Some(format!("Could not resolve host: {host}"))),
        Answer::Refused => (
            7,
            Some(format!("Failed to connect to {host} port {port} after 0 ms: Couldn't connect to server")),
        ),
        Answer::Unavailable => (1, Some("not simulated for commands beside the main process".to_owned())),
        _ => (28, Some("Connection timed out".to_owned())),
    };
    if let Some(message) = failure.filter(|_| !silent || status == 1) {
        task.complain(run, &format!("curl: ({status}) {message}"));
    }
    if let Some(format) = format {
        let text = format
            .replace("%{http_code}", &format!("{code:03}"))
            .replace("%{response_code}", &format!("{code:03}"));
        let text = super::echo::unescape(&text).0;
        task.print(run, &text);
    }
    status
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

fn parts(request: &Request) -> (&str, i32, &str) {
    match request {
        Request::Http { host, port, path } => (host, *port, path),
        Request::Tcp { host, port } => (host, *port, ""),
        Request::Lookup { name } => (name, 0, ""),
    }
}

/// Writes a body to a file, or prints it (`-`).
fn deliver(task: &mut Task, run: &mut Run<'_, '_>, program: &str, to: &str, body: &str) -> i32 {
    if to == "-" {
        task.print(run, body);
        return 0;
    }
    match run.files.write(&absolute(&task.scope.folder, to), body, false) {
        Ok(()) => 0,
        Err(error) => {
            task.complain(run, &format!("{program}: can't open '{to}': {error}"));
            1
        }
    }
}

fn with_newline(body: &str) -> String {
    if body.is_empty() || body.ends_with('\n') { body.to_owned() } else { format!("{body}\n") }
}

fn reason_phrase(code: u16) -> &'static str {
    match code {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}
