//! Programs that ask the network: `wget`, `curl`, `nc`, `nslookup`.
//!
//! They cannot see the network from here. They block the task with a request, which leaves the process as a
//! [`Happening::Ask`](crate::workload::Happening::Ask), and print what is answered. Without an answer they
//! give up after a while, as the real ones do.
//!
//! `wget`, `nc` and `nslookup` print what those of busybox print, also in images whose real ones are of another
//! make; an exception is `nslookup` in images for looking at DNS. Left out: encryption (`https` is answered like
//! `http`), redirects, proxies, and the progress that `curl` shows while it loads.

mod curl;
mod lookup;
mod nc;
mod options;
mod url;
mod wget;

use smol_str::SmolStr;

use crate::time::{Span, VirtualTime};
use crate::workload::request::{Answer, Ask, Request};

use super::block::Block;
use super::simple::Flow;
use super::task::{Run, Task};

pub(super) use curl::curl;
pub(super) use lookup::lookup;
pub(super) use nc::nc;
pub(super) use wget::wget;

/// After how long the kernel gives up to open a connection of which it hears nothing: six more tries, each after
/// twice the time (`net.ipv4.tcp_syn_retries`).
const CONNECT_TIME: Span = Span::secs(127);
/// What programs say that were started beside the main process.
const BESIDE: &str = "not simulated for commands beside the main process";

/// A request on its way.
#[derive(Clone, Debug)]
pub(super) struct PendingAsk {
    pub(super) number: u64,
    request: Request,
    since: VirtualTime,
    until: VirtualTime,
    /// The address that the host's name stands for, once it is known.
    address: Option<SmolStr>,
    /// Whether the program has said whom it asks.
    announced: bool,
    answer: Option<Answer>,
    tool: Tool,
}

/// Who asked, and how the answer is to be shown.
#[derive(Clone, Debug)]
enum Tool {
    Wget(Box<wget::Wget>),
    Curl(Box<curl::Curl>),
    Nc(nc::Nc),
    Lookup(lookup::Lookup),
}

/// How a request ended.
struct Outcome {
    request: Request,
    address: Option<SmolStr>,
    took: Span,
    answer: Answer,
}

impl PendingAsk {
    /// When it is over.
    pub(super) fn due(&self) -> VirtualTime {
        if self.answer.is_some() { VirtualTime::ZERO } else { self.until }
    }

    pub(super) fn is_over(&self, now: VirtualTime) -> bool {
        self.due() <= now
    }

    /// Takes the answer to this request, or what is known ahead of it.
    pub(super) fn take(&mut self, answer: Answer) {
        match answer {
            Answer::At(address) => self.address = Some(address),
            answer => drop(self.answer.get_or_insert(answer)),
        }
    }

    /// Prints what a program prints while it waits.
    pub(super) fn announce(&mut self, task: &mut Task, run: &mut Run<'_, '_>) {
        let Some(address) = address(&self.request, self.address.as_ref()) else { return };
        let known = !matches!(self.answer, Some(Answer::NoSuchName | Answer::Unavailable));
        if known && !std::mem::replace(&mut self.announced, true) {
            if let Tool::Wget(wget) = &self.tool {
                wget.announce(&address, task, run);
            }
        }
    }

    /// Prints what came of it and gives the status.
    pub(super) fn conclude(self, task: &mut Task, run: &mut Run<'_, '_>) -> i32 {
        let outcome = Outcome {
            address: address(&self.request, self.address.as_ref()),
            request: self.request,
            took: run.now - self.since,
            answer: self.answer.unwrap_or(Answer::TimedOut),
        };
        match self.tool {
            Tool::Wget(wget) => wget.conclude(outcome, task, run),
            Tool::Curl(curl) => curl.conclude(outcome, task, run),
            Tool::Nc(nc) => nc.conclude(&outcome, task, run),
            Tool::Lookup(lookup) => lookup.conclude(&outcome, task, run),
        }
    }
}

/// Sends a request; the program waits for its answer, but no longer than `limit`.
fn ask(run: &mut Run<'_, '_>, request: Request, limit: Option<Span>, tool: Tool) -> Flow {
    let number = run.world.new_ask();
    run.world.asks.push(Ask { number, request: request.clone() });
    let until = run.now + limit.unwrap_or(CONNECT_TIME).min(CONNECT_TIME);
    Flow::Block(Block::Ask(PendingAsk {
        number,
        request,
        since: run.now,
        until,
        address: None,
        announced: false,
        answer: None,
        tool,
    }))
}

/// The address that is asked, as far as it is known.
fn address(request: &Request, resolved: Option<&SmolStr>) -> Option<SmolStr> {
    let host = request.host();
    match host.parse::<core::net::Ipv4Addr>() {
        Ok(_) => Some(host.into()),
        Err(_) if request.is_local() => Some(SmolStr::new_static("127.0.0.1")),
        Err(_) => resolved.cloned(),
    }
}

impl Outcome {
    /// The address that was asked, for messages.
    fn address(&self) -> &str {
        self.address.as_deref().unwrap_or_else(|| self.request.host())
    }
}

/// What stands beside the number of an HTTP status.
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
