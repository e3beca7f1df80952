//! `nc` of busybox: opens connections, or takes them.

use crate::workload::request::{Answer, Request};
use crate::workload::server::Server;
use crate::workload::shell::block::Block;
use crate::workload::shell::programs::not_simulated;
use crate::workload::shell::programs::system::seconds;
use crate::workload::shell::simple::Flow;
use crate::workload::shell::task::{Run, Task};

use super::options::{Part, parts};
use super::{BESIDE, Outcome, Tool, ask};

/// What it runs or sends per connection is not looked at.
const LETTERS_WITH_VALUE: &str = "wpecqsi";

/// An `nc` that waits.
#[derive(Clone, Debug)]
pub(super) struct Nc {
    verbose: bool,
}

/// `nc -z HOST PORT`, `nc -l -p PORT`.
pub(in crate::workload::shell) fn nc(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (mut verbose, mut listen, mut limit, mut port, mut words) = (false, false, None, None, Vec::new());
    for part in parts(argv, LETTERS_WITH_VALUE, &[]) {
        match part {
            Part::Option("v", _) => verbose = true,
            Part::Option("l", _) => listen = true,
            Part::Option("w", value) => limit = value.and_then(seconds),
            Part::Option("p", value) => port = value,
            Part::Option(..) => {}
            Part::Word(word) => words.push(word),
        }
    }
    if listen {
        return match port.or(words.pop()).and_then(|port| port.parse().ok()) {
            Some(port) => {
                Flow::Block(Block::Serve(Box::new(Server::simple(&run.world.launch, port, run.now))))
            }
            None => not_simulated(task, run, argv),
        };
    }
    match &words[..] {
        [host, port] => match port.parse() {
            Ok(port) => {
                ask(run, Request::Tcp { host: (*host).into(), port }, limit, Tool::Nc(Nc { verbose }))
            }
            Err(_) => not_simulated(task, run, argv),
        },
        _ => not_simulated(task, run, argv),
    }
}

impl Nc {
    pub(super) fn conclude(&self, outcome: &Outcome, task: &mut Task, run: &mut Run<'_, '_>) -> i32 {
        let host = outcome.request.host();
        let place = format!("{host} ({}:{})", outcome.address(), outcome.request.port());
        let line = match &outcome.answer {
            Answer::Connected | Answer::Http(_) => {
                if self.verbose {
                    task.complain(run, &format!("{place} open"));
                }
                return 0;
            }
            Answer::NoSuchName => format!("nc: bad address '{host}'"),
            Answer::Refused => format!("nc: {place}: Connection refused"),
            Answer::Unreachable => format!("nc: {place}: No route to host"),
            Answer::Unavailable => format!("nc: {BESIDE}"),
            _ => format!("nc: {place}: Connection timed out"),
        };
        // Only a name that does not exist is worth a line to it, unless it is asked to talk.
        if self.verbose || matches!(outcome.answer, Answer::NoSuchName | Answer::Unavailable) {
            task.complain(run, &line);
        }
        1
    }
}
