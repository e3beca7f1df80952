//! The commands around lessons that need no screen: new, play, doc, record, progress, stats.
#![allow(clippy::disallowed_methods, reason = "tests run the program and read what it wrote")]

use std::path::Path;
use std::process::{Command, Output};

fn lesson(args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubeloop"));
    command.current_dir(folder).env("HOME", folder).env_remove("KUBELOOP_PROGRESS");
    for name in ["XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        command.env(name, folder);
    }
    command.arg("lesson").args(args).output().expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs a command that ends like this, and gives what it said.
fn run(args: &[&str], folder: &Path, code: i32) -> String {
    let output = lesson(args, folder);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", said(&output));
    said(&output)
}

fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "\"{word}\" is not in:\n{text}");
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn a_new_lesson_passes_all_proofs_and_is_never_written_over() {
    let folder = folder();
    has(&run(&["new", "25-mine", "--title", "It is mine"], folder.path(), 0), &["25-mine/lesson.md"]);
    let text = std::fs::read_to_string(folder.path().join("25-mine/lesson.md")).expect("a lesson");
    has(&text, &["lesson: 25-mine", "title: \"It is mine\""]);
    has(
        &run(&["check", "25-mine", "--seeds", "1"], folder.path(), 0),
        &["1 lesson, 1 seed: nothing is wrong"],
    );
    has(&run(&["new", "25-mine"], folder.path(), 2), &["is there already"]);
    has(&run(&["new", "mine"], folder.path(), 2), &["NUMBER-NAME"]);
}

#[test]
fn a_solution_passes_and_a_near_miss_does_not() {
    let folder = folder();
    let passed = run(&["play", "1"], folder.path(), 0);
    has(&passed, &["ok      You deleted a login pod", "passed: 4 of 4 goals; seed 1", "* act"]);
    let missed = run(&["play", "1", "--near-miss", "2", "--seed", "3"], folder.path(), 1);
    has(&missed, &["MISSED  The wish was not touched", "not passed", "seed 3"]);
    let json = lesson(&["play", "1", "--solution", "delete-all", "-o", "json"], folder.path());
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&value["way"], &value["lesson"]["passed"]), (&"delete-all".into(), &true.into()));
    has(&run(&["play", "1", "--solution", "nosuch"], folder.path(), 2), &["delete-one, delete-all"]);
    has(&run(&["play", "bad-relase"], folder.path(), 2), &["there is no lesson bad-relase"]);
}

#[test]
fn the_handout_hides_what_the_key_tells_and_every_line_is_covered() {
    let folder = folder();
    let handout = run(&["doc", "1"], folder.path(), 0);
    has(&handout, &["A promise and a loop", "Take one away", "You delete one login pod."]);
    assert!(!handout.contains("delete-all"), "a handout has no solutions:\n{handout}");
    assert!(
        handout.contains("Press `K, then p`.") && !handout.contains("<why>"),
        "keys are named:\n{handout}"
    );
    let key = run(&["doc", "1", "--key"], folder.path(), 0);
    has(&key, &["delete-all", "Three pods. One of them is new, with a new name."]);
    let braces = run(&["doc", "11", "--key"], folder.path(), 0);
    assert!(braces.contains("{rollingUpdate: {") && !braces.contains("{{"), "{braces}");
    let coverage = run(&["doc", "--coverage"], folder.path(), 0);
    has(&coverage, &["ten-steps", "node-failure", "planned"]);
    assert!(!coverage.contains("NOT TAUGHT"), "{coverage}");
    let planned: Vec<&str> = coverage
        .lines()
        .filter(|line| line.ends_with("planned"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(planned, ["statefulset", "job", "volumes-and-claims"]);
}

/// A progress file of somebody who tried lesson 1 once.
fn progress(passed: bool, began: &str) -> String {
    format!(
        r#"{{"kubeloop_progress": 1, "attempts": [{{"lesson": "01-a-promise-and-a-loop", "began": "{began}", "seed": 1,
        "passed": {passed}, "goals": [3, 4], "hints": 2, "page": 1, "at": "Take one away", "stuck": ["Take one away"],
        "answers": [{{"question": "one-less", "chosen": "Two pods. What is deleted is gone.", "right": [0, 1],
        "sure": "certain", "busts": "M01", "exposes": ["M01"]}}]}}]}}"#
    )
}

#[test]
fn progress_is_shown_merged_and_reset() {
    let folder = folder();
    let (mine, other) = (folder.path().join("mine.json"), folder.path().join("other.json"));
    std::fs::write(&mine, progress(false, "2026-01-05T08:00:00Z")).expect("a file");
    std::fs::write(&other, progress(true, "2026-01-06T08:00:00Z")).expect("a file");
    let shown = run(&["progress", "--file", "mine.json"], folder.path(), 0);
    has(&shown, &["begun, 3 of 4 goals, 2 hints", "to be looked at again: M01"]);
    let merged = run(&["progress", "--file", "mine.json", "--merge", "other.json"], folder.path(), 0);
    has(&merged, &["passed, 3 of 4 goals", "due for review: 01-a-promise-and-a-loop"]);
    let text = std::fs::read_to_string(&mine).expect("a file");
    assert_eq!(text.matches("\"began\"").count(), 2, "{text}");
    run(&["progress", "--file", "mine.json", "--reset", "1"], folder.path(), 0);
    assert!(!std::fs::read_to_string(&mine).expect("a file").contains("began"));
    std::fs::write(&mine, "{ no JSON").expect("a file");
    has(
        &run(&["progress", "--file", "mine.json"], folder.path(), 2),
        &["mine.json:1:3: this is no progress file"],
    );
    assert_eq!(std::fs::read_to_string(&mine).expect("a file"), "{ no JSON", "nothing is lost");
}

#[test]
fn stats_show_where_a_class_stalls() {
    let folder = folder();
    for (name, passed) in [("ann.json", false), ("bob.json", true)] {
        std::fs::write(folder.path().join(name), progress(passed, "2026-01-05T08:00:00Z")).expect("a file");
    }
    let shown = run(&["stats", "ann.json", "bob.json"], folder.path(), 0);
    has(
        &shown,
        &["2 people", "01-a-promise-and-a-loop: 1 of 2 people passed", "stalled at", "2 of them certain"],
    );
    has(&run(&["stats", "nobody.json"], folder.path(), 2), &["there is no such file"]);
}

/// Whatever prints a table prints it as JSON, too, and as text with the number first.
#[test]
fn tables_are_printed_as_json() {
    let folder = folder();
    std::fs::write(folder.path().join("ann.json"), progress(false, "2026-01-05T08:00:00Z")).expect("a file");
    let listed = run(&["list"], folder.path(), 0);
    let first: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!((first[0], first[1], first[first.len() - 1]), ("00", "01", "C4"));
    let json = |args: &[&str]| {
        let output = lesson(&[args, &["-o", "json"]].concat(), folder.path());
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON")
    };
    assert_eq!(json(&["list", "--search", "never lands"])[0]["number"], "12");
    assert!(json(&["doc", "--coverage"])[0]["id"].is_string());
    assert_eq!(json(&["stats", "ann.json"])["01-a-promise-and-a-loop"]["people"], 1);
    let shown = json(&["progress", "--file", "ann.json"]);
    assert_eq!(
        (&shown["beliefs"]["M01"]["holds"], &shown["beliefs"]["M01"]["sure"]),
        (&true.into(), &"certain".into())
    );
    run(&["new", "25-mine"], folder.path(), 0);
    let checked = json(&["check", "25-mine", "--seeds", "1"]);
    assert_eq!((&checked["lessons"], &checked["findings"]), (&1.into(), &serde_json::json!([])));
}

/// A lesson that cannot be read ends with 2 and its place; one that is not proved, with 1.
#[test]
fn exit_codes_of_a_lesson_that_is_wrong() {
    let folder = folder();
    run(&["new", "25-mine"], folder.path(), 0);
    let file = folder.path().join("25-mine/lesson.md");
    let text = std::fs::read_to_string(&file).expect("a lesson");
    std::fs::write(&file, text.replace("  saw: {delete: Pod/app=web", "  saw: {delet: Pod/app=web"))
        .expect("written");
    has(&run(&["check", "25-mine"], folder.path(), 2), &["25-mine/lesson.md:51:", "delet"]);
    has(&run(&["play", "25-mine"], folder.path(), 2), &["25-mine/lesson.md:51:"]);
    has(&run(&["doc", "25-mine"], folder.path(), 2), &["25-mine/lesson.md:51:"]);
    // A solution that does nothing does not pass.
    std::fs::write(
        &file,
        text.replace(
            "- delete: {pod: \"app=web\"}\n- after: 15s\n```\n\n```solution id=at-once",
            "- after: 15s\n```\n\n```solution id=at-once",
        ),
    )
    .expect("written");
    has(&run(&["check", "25-mine", "--seeds", "1"], folder.path(), 1), &["solution delete does not pass"]);
    run(&["play", "25-mine"], folder.path(), 1);
    run(&["doc", "--coverage", "--lessons-dir", "nosuch"], folder.path(), 2);
    has(&run(&["progress", "--reset", "nosuch"], folder.path(), 2), &["there is no lesson nosuch."]);
}

#[test]
fn a_recorded_session_becomes_goals_and_a_solution() {
    let folder = folder();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scripts/heal.yaml");
    let played = Command::new(env!("CARGO_BIN_EXE_kubeloop"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", &script.display().to_string(), "--quiet", "--journal"])
        .arg(folder.path().join("heal.journal"))
        .output()
        .expect("the program runs");
    assert_eq!(played.status.code(), Some(0), "{}", said(&played));
    let proposed = run(&["record", "heal.journal"], folder.path(), 0);
    has(&proposed, &["```check", "- goal:", "```solution"]);
    has(&run(&["record", "nosuch.journal"], folder.path(), 2), &["nosuch.journal"]);
}
