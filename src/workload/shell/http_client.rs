//! `wget` and `curl`. See [`super::network`].

use crate::workload::files::absolute;
use crate::workload::request::{Answer, HttpAnswer, Request};

use super::network::{PATIENCE, Tool, ask, parts};
use super::programs::not_simulated;
use super::programs::system::seconds;
use super::simple::Flow;
use super::task::{Run, Task};

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

pub(super) fn conclude_wget(
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

pub(super) fn conclude_curl(
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
