//! `wget` of busybox.

use smol_str::SmolStr;

use crate::time::Span;
use crate::workload::files::absolute;
use crate::workload::request::{Answer, HttpAnswer};
use crate::workload::shell::programs::not_simulated;
use crate::workload::shell::programs::system::seconds;
use crate::workload::shell::simple::Flow;
use crate::workload::shell::task::{Run, Task};

use super::options::{Part, parts};
use super::url::Url;
use super::{BESIDE, CONNECT_TIME, Outcome, Tool, ask, reason_phrase};

/// The stars of a full progress bar on a screen of 80 columns.
const BAR: usize = 31;
const LETTERS_WITH_VALUE: &str = "OoPYUTt";
const NAMES_WITH_VALUE: [&str; 11] = [
    "output-document",
    "output-file",
    "directory-prefix",
    "proxy",
    "user-agent",
    "timeout",
    "tries",
    "header",
    "post-data",
    "post-file",
    "method",
];

/// A `wget` that waits.
#[derive(Clone, Debug)]
pub(super) struct Wget {
    authority: SmolStr,
    port: i32,
    quiet: bool,
    spider: bool,
    limit: Option<Span>,
    /// The file to be written; `-` is standard output.
    to: String,
    /// Whether the file was named (`-O`) and may be there already.
    is_named: bool,
}

/// `wget -qO- URL`
pub(in crate::workload::shell) fn wget(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (mut quiet, mut spider, mut limit) = (false, false, None);
    let (mut named, mut folder, mut url) = (None, None, None);
    for part in parts(argv, LETTERS_WITH_VALUE, &NAMES_WITH_VALUE) {
        match part {
            Part::Option("q" | "quiet", _) => quiet = true,
            Part::Option("spider", _) => spider = true,
            Part::Option("O" | "output-document", value) => named = value,
            Part::Option("P" | "directory-prefix", value) => folder = value,
            Part::Option("T" | "timeout", value) => limit = value.and_then(seconds),
            Part::Option(..) => {}
            Part::Word(word) => url = Some(word),
        }
    }
    let Some(url) = url.and_then(Url::parse) else { return not_simulated(task, run, argv) };
    let file = match url.file_name() {
        "" => "index.html",
        name => name,
    };
    let file = folder.map_or_else(|| file.to_owned(), |folder| format!("{folder}/{file}"));
    let wget = Wget {
        authority: url.authority.clone(),
        port: url.port,
        quiet,
        spider,
        limit,
        to: named.map_or(file, str::to_owned),
        is_named: named.is_some(),
    };
    ask(run, url.request(), limit, Tool::Wget(Box::new(wget)))
}

impl Wget {
    /// Says whom it asks.
    pub(super) fn announce(&self, address: &str, task: &mut Task, run: &mut Run<'_, '_>) {
        if !self.quiet {
            task.complain(run, &format!("Connecting to {} ({address}:{})", self.authority, self.port));
        }
    }

    pub(super) fn conclude(&self, outcome: Outcome, task: &mut Task, run: &mut Run<'_, '_>) -> i32 {
        let cannot_connect =
            |why: &str| format!("can't connect to remote host ({}): {why}", outcome.address());
        let failure = match &outcome.answer {
            Answer::Http(HttpAnswer { code, body }) if *code < 400 => return self.deliver(body, task, run),
            Answer::Http(HttpAnswer { code, .. }) => {
                format!("server returned error: HTTP/1.1 {code} {}", reason_phrase(*code))
            }
            Answer::NoSuchName => format!("bad address '{}'", self.authority),
            Answer::Refused => cannot_connect("Connection refused"),
            Answer::Unreachable => cannot_connect("No route to host"),
            Answer::Closed => "error getting response: Connection reset by peer".to_owned(),
            Answer::Unavailable => BESIDE.to_owned(),
            _ if self.limit.is_some_and(|limit| limit < CONNECT_TIME) => "download timed out".to_owned(),
            _ => cannot_connect("Connection timed out"),
        };
        task.complain(run, &format!("wget: {failure}"));
        1
    }

    fn deliver(&self, body: &str, task: &mut Task, run: &mut Run<'_, '_>) -> i32 {
        let says = |task: &mut Task, run: &mut Run<'_, '_>, line: &str| {
            if !self.quiet {
                task.complain(run, line);
            }
        };
        if self.spider {
            says(task, run, "remote file exists");
            return 0;
        }
        let to = self.to.as_str();
        if to == "-" {
            says(task, run, "writing to stdout");
            task.print(run, body);
            says(task, run, &progress(to, body.len()));
            says(task, run, "written to stdout");
            return 0;
        }
        let path = absolute(&task.scope.folder, to);
        let written = match run.files.exists(&path) && !self.is_named {
            true => Err("File exists".to_owned()),
            false => run.files.write(&path, body, false).map_err(|error| error.to_string()),
        };
        if let Err(error) = written {
            task.complain(run, &format!("wget: can't open '{to}': {error}"));
            return 1;
        }
        says(task, run, &format!("saving to '{to}'"));
        says(task, run, &progress(to, body.len()));
        says(task, run, &format!("'{to}' saved"));
        0
    }
}

/// The progress bar, of which nobody sees more than the end: `login  100% |*****|    27  0:00:00 ETA`.
fn progress(file: &str, bytes: usize) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    let (mut size, mut units) = (bytes, " kMG".chars());
    let mut unit = units.next();
    while size >= 100_000 {
        size >>= 10;
        unit = units.next();
    }
    format!("{name:<20.20} 100% |{}|{size:>6}{}  0:00:00 ETA", "*".repeat(BAR), unit.unwrap_or('T'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_of_a_finished_download() {
        let line = "index.html           100% |*******************************|   615   0:00:00 ETA";
        assert_eq!(progress("/tmp/index.html", 615), line);
        assert!(progress("-", 2_000_000).contains("|  1953k  0:00:00 ETA"));
    }
}
