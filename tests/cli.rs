//! The command line as a whole: every command explains itself, and ends quietly when nobody reads any more.
#![allow(clippy::disallowed_methods, reason = "tests run the program and read what it wrote")]

use std::process::{Command, Output, Stdio};

const SCRIPT: &str = "assets/scripts/heal.yaml";

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubeloop"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args);
    command
}

fn run(args: &[&str]) -> Output {
    program(args).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What `kubeloop ... --help` says.
fn help(words: &[String]) -> String {
    let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
    args.push("--help");
    let output = run(&args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Every command there is, found as a person would find it: by asking for help.
fn commands() -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    let mut at = 0;
    while let Some(words) = found.get(at).cloned() {
        let help = help(&words);
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names = listed.take_while(|line| line.starts_with("  ")).filter(|line| !line.starts_with("   "));
        for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
            found.push(words.iter().cloned().chain([name.to_owned()]).collect());
        }
        at += 1;
    }
    found
}

#[test]
fn every_command_shows_examples_and_has_a_manual_page() {
    let commands = commands();
    assert!(commands.len() >= 6, "{commands:?}");
    for words in &commands {
        let help = help(words);
        assert!(help.contains("Example"), "kubeloop {} --help shows no example:\n{help}", words.join(" "));
        for line in help.lines().filter(|line| line.starts_with("  kubeloop")) {
            assert!(line.len() <= 100, "too long for a terminal: {line}");
        }
        let mut args = vec!["man"];
        args.extend(words.iter().map(String::as_str));
        let page = run(&args);
        assert_eq!(page.status.code(), Some(0), "{args:?}: {}", text(&page.stderr));
        let page = text(&page.stdout);
        let title = format!("\"kubeloop {}\"", env!("CARGO_PKG_VERSION"));
        for section in [".TH kubeloop", title.as_str(), ".SH NAME", ".SH SYNOPSIS"] {
            assert!(page.contains(section), "{args:?} has no {section}:\n{page}");
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let all = run(&["man", "--all", &folder.path().display().to_string()]);
    assert_eq!(all.status.code(), Some(0), "{}", text(&all.stderr));
    for words in commands {
        let name = std::iter::once("kubeloop".to_owned()).chain(words).collect::<Vec<_>>().join("-");
        assert!(folder.path().join(format!("{name}.1")).exists(), "there is no {name}.1");
    }
    let unknown = run(&["man", "rum"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        text(&unknown.stderr).contains("kubeloop has no command \"rum\"; it has learn, demo, run,"),
        "{unknown:?}"
    );
}

#[test]
fn completions_know_every_command() {
    let names: Vec<String> = commands().into_iter().filter_map(|words| words.first().cloned()).collect();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}: {}", text(&output.stderr));
        let script = text(&output.stdout);
        for name in &names {
            assert!(script.contains(name.as_str()), "{shell} does not know {name}");
        }
    }
}

#[test]
fn what_the_user_names_wrongly_is_bad_input() {
    let wrong: [(&[&str], &str); 9] = [
        (&["lesson", "list", "--lessons", "nope"], "nope: there is no such folder"),
        (&["lesson", "progress", "--merge", "nope"], "nope: there is no such file"),
        (&["--manifests", "nope", "--plain"], "nope: there is no such folder"),
        (&["run", SCRIPT, "--trace", "nope/t.jsonl"], "cannot write nope/t.jsonl"),
        (&["run", SCRIPT, "--journal", "nope/j"], "cannot write nope/j"),
        (&["run", SCRIPT, SCRIPT, "--trace", "t.jsonl"], "files of one run"),
        (&["run", SCRIPT, "--nodes", "0"], "0 is not in 1..=1000"),
        (&["run", SCRIPT, "--until", "t +"], "--until:1:"),
        (&["learn", "99"], "there is no lesson 99. `kubeloop lesson list` shows all of them"),
    ];
    for (args, said) in wrong {
        let output = run(args);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
        assert!(err.contains(said), "{args:?} should say {said:?}:\n{err}");
    }
}

#[test]
fn a_run_is_over_where_its_time_is_and_says_so() {
    let late = run(&["run", SCRIPT, "--max-time", "1s"]);
    assert_eq!(late.status.code(), Some(1));
    assert!(text(&late.stdout).contains("not before the time was over, at "), "{}", text(&late.stdout));
    let never = run(&["run", SCRIPT, "--until", "pods('').count == 99", "--max-time", "1m"]);
    assert_eq!(never.status.code(), Some(1));
    assert!(
        text(&never.stdout).contains("--until: not before the time was over, at "),
        "{}",
        text(&never.stdout)
    );
}

#[test]
fn no_step_outlasts_the_time_of_its_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("late.yaml").display().to_string();
    for step in
        ["after: 1h", "kubectl: wait --for=condition=Nope node/node-1 --timeout=60s", "wait: t > 60.0"]
    {
        std::fs::write(&script, format!("steps:\n  - {step}\n  - expect: t < 1.0\n")).expect("a script");
        let output = run(&["run", &script, "--max-time", "10s"]);
        let out = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{step}: {out}{}", text(&output.stderr));
        assert!(out.contains("1 did not; 10.0 s of cluster time"), "{step}: {out}");
    }
}

#[test]
fn a_replay_ends_where_the_run_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("heal.journal").display().to_string();
    let hash = |output: &Output| {
        let text = text(&output.stdout);
        text.rsplit_once("hash ").map(|(_, hash)| hash.trim().to_owned()).expect("a hash")
    };
    let played = run(&["run", SCRIPT, "--journal", &journal]);
    assert_eq!(hash(&run(&["replay", &journal])), hash(&played));
}

#[test]
fn tables_are_also_for_programs() {
    let printing: [&[&str]; 3] =
        [&["demo", "--list", "-o", "json"], &["lesson", "list", "-o", "json"], &["fidelity", "-o", "json"]];
    for args in printing {
        let output = run(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(!value.is_null(), "{args:?}");
    }
    assert_eq!(run(&["demo", "-o", "json"]).status.code(), Some(2), "only a list is printed");
}

/// `kubeloop ... | head` must neither panic nor complain.
#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("heal.journal").display().to_string();
    assert_eq!(run(&["run", SCRIPT, "--quiet", "--journal", &journal]).status.code(), Some(0));
    let printing: [&[&str]; 9] = [
        &["run", SCRIPT],
        &["run", SCRIPT, "-o", "json"],
        &["replay", &journal],
        &["replay", &journal, "-o", "json"],
        &["fidelity"],
        &["fidelity", "-o", "json"],
        &["completions", "bash"],
        &["man", "run"],
        &["--help"],
    ];
    for args in printing {
        // The reader is gone before the program starts.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let child = program(args).stdout(writer).stderr(Stdio::piped()).spawn().expect("the program starts");
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!(text(&output.stderr), "", "{args:?}");
        // clap prints its help itself, and does not mind.
        let expected = if args == ["--help"] { 0 } else { 141 };
        assert_eq!(output.status.code(), Some(expected), "{args:?}");
    }
}
