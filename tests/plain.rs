//! Plain mode through pipes: lines in, sentences out, no escape codes, a clean end.
#![allow(clippy::disallowed_methods, reason = "a process is real: the test waits for it with a cap")]

#[cfg(unix)]
#[path = "support/pty.rs"]
mod pty;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const CAP: Duration = Duration::from_secs(30);

/// A session that is talked to line by line.
struct Talk {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    heard: Vec<String>,
}

impl Talk {
    fn begin(manifests: &Path, home: &Path, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kubeloop"))
            .args(args)
            .arg("--manifests")
            .arg(manifests)
            .env("HOME", home)
            .env("XDG_DATA_HOME", home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines() {
                if sender.send(line.expect("text")).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Self { child, input, lines, heard: Vec::new() }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input.as_mut().expect("an open input"), "{line}").expect("somebody listens");
    }

    /// Waits for a line like this, and gives it.
    fn hear(&mut self, wanted: &str) -> String {
        let began = Instant::now();
        while began.elapsed() < CAP {
            let Ok(line) = self.lines.recv_timeout(CAP) else { break };
            self.heard.push(line.clone());
            if line.contains(wanted) {
                return line;
            }
        }
        panic!("waited for \"{wanted}\"; heard:\n{}", self.heard.join("\n"));
    }

    /// Closes the input and waits for the end: everything that was printed, and the exit code.
    fn end(mut self) -> (String, Option<i32>) {
        self.input = None;
        while let Ok(line) = self.lines.recv_timeout(CAP) {
            self.heard.push(line);
        }
        let status = self.child.wait().expect("an end");
        (self.heard.join("\n"), status.code())
    }
}

fn shop(folder: &Path) {
    for (file, text) in kubeloop::manifests::pizza() {
        std::fs::write(folder.join(file), text).expect("a manifest");
    }
}

fn folders() -> (tempfile::TempDir, tempfile::TempDir) {
    let folders = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    shop(folders.0.path());
    folders
}

#[test]
fn a_pod_is_deleted_and_the_cluster_heals() {
    let (manifests, home) = folders();
    // There is no terminal, so nobody needs to ask for plain mode.
    let mut talk = Talk::begin(manifests.path(), home.path(), &["--speed", "max"]);
    talk.hear("Deployment login: 3 wanted, 3 ready.");
    talk.say("get pods -l app=login");
    let row = talk.hear("login-");
    let pod = row.split_whitespace().next().expect("a name").to_owned();
    talk.say(&format!("delete pod {pod}"));
    let begun = talk.hear("You ran kubectl delete pod");
    let number = begun.split_whitespace().next().expect("a number").to_owned();
    assert!(number.starts_with('#'), "{begun}");
    talk.hear("The ReplicaSet controller acts for");
    let healed = talk.hear("Healed:");
    assert!(healed.starts_with(&number), "the story that heals is {number}: {healed}");
    talk.say("why login");
    talk.hear("Why does it exist?");
    talk.say("pause");
    talk.hear("The clock is paused");
    talk.say("quit");
    let (text, code) = talk.end();
    assert_eq!(code, Some(0), "{text}");
    let odd = text.chars().find(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(odd, None, "an escape code or the like:\n{text}");
    assert!(!text.chars().any(|letter| ('\u{2500}'..='\u{257f}').contains(&letter)), "a box:\n{text}");
}

#[test]
fn a_pipe_that_ends_lets_the_story_end() {
    let (manifests, home) = folders();
    let mut talk = Talk::begin(manifests.path(), home.path(), &["--plain"]);
    talk.say("# a comment");
    talk.say("delete pod -l app=payment");
    let (text, code) = talk.end();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("Healed:"), "{text}");
}

#[test]
fn mistakes_are_explained_and_end_nothing() {
    let (manifests, home) = folders();
    let mut talk = Talk::begin(manifests.path(), home.path(), &["--plain", "--speed", "max"]);
    talk.hear("Type a command");
    for (line, answer) in [
        ("speed 3x", "error: invalid value '3x'"),
        ("frobnicate", "error: unknown command \"frobnicate\""),
        ("why nobody", "error: there is no object \"nobody\""),
        ("get pod nobody", "Error from server (NotFound)"),
        ("screen 2", "Plain mode has no screen"),
    ] {
        talk.say(line);
        talk.hear(answer);
    }
    let file = manifests.path().join("login.yaml");
    let good = std::fs::read_to_string(&file).expect("a manifest");
    std::fs::write(&file, good.replace("replicas:", "replcas:")).expect("written");
    talk.hear("did you mean \"replicas\"?");
    std::fs::write(&file, good.replace("replicas: 3", "replicas: 4")).expect("written");
    talk.hear("spec.replicas");
    talk.hear("Healed:");
    talk.say("now");
    talk.hear("Deployment login: 4 wanted, 4 ready.");
    let (text, code) = talk.end();
    assert_eq!(code, Some(0), "{text}");
}

#[cfg(unix)]
#[test]
fn a_dumb_terminal_gets_lines() {
    let (manifests, home) = folders();
    let mut command = pty::dashboard(manifests.path(), home.path());
    command.args(["--speed", "max"]);
    command.env("TERM", "dumb");
    let mut screen = pty::Screen::run(command, 24, 80, pty::Answers::Nothing);
    screen.wait("a prompt", |text| text.contains("Type a command") && text.trim_end().ends_with('>'));
    assert!(!screen.is_taken(), "nothing is painted");
    screen.keys("delete pod -l app=delivery\r");
    screen.wait("the end of the story", |text| text.contains("Healed:"));
    screen.keys("quit\r");
    assert!(screen.ended());
}

/// Sentences come while somebody types: the line stays whole, and stands below them.
#[cfg(unix)]
#[test]
fn a_line_that_is_typed_stands_below_what_is_told() {
    let (manifests, home) = folders();
    let mut command = pty::dashboard(manifests.path(), home.path());
    command.args(["--plain", "--speed", "max"]);
    let mut screen = pty::Screen::run(command, 40, 120, pty::Answers::Nothing);
    screen.wait("a prompt", |text| text.contains("Type a command") && text.trim_end().ends_with('>'));
    screen.keys("speed 1x\r");
    screen.wait("its answer", |text| text.contains("The clock runs: 1x."));
    screen.keys("delete pod -l app=delivery\rwhx\u{7f}y node-1");
    screen.wait("the end of the story above the line", |text| {
        text.contains("Healed:") && text.trim_end().ends_with("\n> why node-1")
    });
    let text = screen.text();
    assert_eq!(text.matches("why node-1").count(), 1, "{text}");
    screen.keys("\r");
    screen.wait("an answer to it", |text| text.contains("node node-1:"));
    screen.keys("\u{4}");
    assert!(screen.ended());
}
