//! `curl`.

use crate::time::Span;
use crate::workload::files::absolute;
use crate::workload::request::{Answer, HttpAnswer};
use crate::workload::shell::echo;
use crate::workload::shell::programs::not_simulated;
use crate::workload::shell::programs::system::seconds;
use crate::workload::shell::simple::Flow;
use crate::workload::shell::task::{Run, Task};

use super::options::{Part, parts};
use super::url::Url;
use super::{BESIDE, Outcome, Tool, ask, reason_phrase};

const LETTERS_WITH_VALUE: &str = "AbcCdDeEFhHKmoQrtTuUwxXyYz";
const NAMES_WITH_VALUE: [&str; 21] = [
    "cacert",
    "cert",
    "connect-timeout",
    "cookie",
    "cookie-jar",
    "data",
    "data-raw",
    "form",
    "header",
    "key",
    "max-time",
    "output",
    "referer",
    "request",
    "resolve",
    "retry",
    "retry-delay",
    "retry-max-time",
    "user",
    "user-agent",
    "write-out",
];

/// A `curl` that waits.
#[derive(Clone, Debug, Default)]
pub(super) struct Curl {
    silent: bool,
    show_error: bool,
    fail: bool,
    head: bool,
    include: bool,
    /// The longest that the whole may take (`-m`).
    max_time: Option<Span>,
    /// The longest that connecting may take.
    connect_time: Option<Span>,
    /// The file to be written; standard output without.
    to: Option<String>,
    /// What to print at the end (`-w`).
    format: Option<String>,
}

/// `curl -sf URL`
pub(in crate::workload::shell) fn curl(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (mut curl, mut url, mut own_name) = (Curl::default(), None, false);
    for part in parts(argv, LETTERS_WITH_VALUE, &NAMES_WITH_VALUE) {
        match part {
            Part::Option("s" | "silent", _) => curl.silent = true,
            Part::Option("S" | "show-error", _) => curl.show_error = true,
            Part::Option("f" | "fail", _) => curl.fail = true,
            Part::Option("I" | "head", _) => curl.head = true,
            Part::Option("i" | "include", _) => curl.include = true,
            Part::Option("O" | "remote-name", _) => own_name = true,
            Part::Option("o" | "output", value) => curl.to = value.map(str::to_owned),
            Part::Option("w" | "write-out", value) => curl.format = value.map(str::to_owned),
            Part::Option("m" | "max-time", value) => curl.max_time = value.and_then(seconds),
            Part::Option("connect-timeout", value) => curl.connect_time = value.and_then(seconds),
            Part::Option(..) => {}
            Part::Word(word) => url = Some(word),
        }
    }
    let Some(url) = url.and_then(Url::parse) else { return not_simulated(task, run, argv) };
    if own_name && curl.to.is_none() {
        curl.to = Some(url.file_name().to_owned());
    }
    let limit = curl.max_time.into_iter().chain(curl.connect_time).min();
    ask(run, url.request(), limit, Tool::Curl(Box::new(curl)))
}

impl Curl {
    pub(super) fn conclude(&self, outcome: Outcome, task: &mut Task, run: &mut Run<'_, '_>) -> i32 {
        let code = match &outcome.answer {
            Answer::Http(answer) => answer.code,
            _ => 0,
        };
        let (status, failure) = match &outcome.answer {
            Answer::Http(answer) if !self.fail || code < 400 => self.deliver(answer, task, run),
            _ => self.failure(&outcome, code),
        };
        let wanted = !self.silent || self.show_error || status == 1;
        if let Some(message) = failure.filter(|_| wanted) {
            task.complain(run, &format!("curl: ({status}) {message}"));
        }
        if let Some(format) = &self.format {
            let code = format!("{code:03}");
            let text = format.replace("%{http_code}", &code).replace("%{response_code}", &code);
            task.print(run, &echo::unescape(&text).0);
        }
        status
    }

    /// The exit code and the text of a failure.
    fn failure(&self, outcome: &Outcome, code: u16) -> (i32, Option<String>) {
        let (host, took) = (outcome.request.host(), outcome.took.as_millis());
        let port = outcome.request.port();
        let failed = |why: &str| format!("Failed to connect to {host} port {port} after {took} ms: {why}");
        let (status, text) = match &outcome.answer {
            Answer::Http(_) => (22, format!("The requested URL returned error: {code}")),
            Answer::NoSuchName => (6, format!("Could not resolve host: {host}")),
            Answer::Refused | Answer::Unreachable => (7, failed("Could not connect to server")),
            Answer::Closed => (56, "Recv failure: Connection reset by peer".to_owned()),
            Answer::Unavailable => (1, BESIDE.to_owned()),
            _ => (28, self.late(outcome, &failed)),
        };
        (status, Some(text))
    }

    /// What is said when nothing answers, which depends on whose patience was the shortest.
    fn late(&self, outcome: &Outcome, failed: &dyn Fn(&str) -> String) -> String {
        let is_over = |limit: Option<Span>| limit.is_some_and(|limit| limit <= outcome.took);
        match (is_over(self.max_time), is_over(self.connect_time)) {
            (true, _) => format!("Connection timed out after {} milliseconds", outcome.took.as_millis()),
            (_, true) => failed("Timeout was reached"),
            _ => failed("Could not connect to server"),
        }
    }

    /// Prints or writes what was answered.
    fn deliver(&self, answer: &HttpAnswer, task: &mut Task, run: &mut Run<'_, '_>) -> (i32, Option<String>) {
        let HttpAnswer { code, body } = answer;
        let mut shown = String::new();
        if self.head || self.include {
            let length = body.len();
            shown = format!("HTTP/1.1 {code} {}\r\nContent-Length: {length}\r\n\r\n", reason_phrase(*code));
        }
        if !self.head {
            shown.push_str(body);
        }
        match self.to.as_deref().filter(|to| *to != "-") {
            None => task.print(run, &shown),
            Some(to) => {
                if let Err(error) = run.files.write(&absolute(&task.scope.folder, to), &shown, false) {
                    return (23, Some(format!("client returned ERROR on write ({error})")));
                }
            }
        }
        (0, None)
    }
}
