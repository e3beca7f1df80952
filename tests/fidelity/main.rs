//! Our cluster against recordings of a real one.
//!
//! Each scenario of `tests/fixtures/recordings/` was played on a real control plane of Kubernetes 1.36 and reduced
//! to facts (see `README.md` here). It is played again in this cluster, reduced in the same way, and compared.
//! What differs is listed with its reason in `differences.rs`; `differences.md` shows both sides. A difference
//! that is not listed fails the test, and so does an entry that no longer differs.
//!
//! - `UPDATE_GOLDENFILES=1` writes `differences.md` anew: read what changed.
//! - `KUBELOOP_RECORDINGS=folder` makes the facts anew from raw recordings (`NAME.jsonl`).
#![allow(clippy::disallowed_methods, reason = "the harness reads recordings and writes the report")]

mod differences;
mod names;
mod play;
mod reduce;
mod scenario;
mod states;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use differences::{DIFFERENCES, Difference};
use reduce::{Facts, Reduced, Write};
use scenario::Scenario;
use serde_json::Value;

const FIXTURES: &str = "tests/fixtures/recordings";
const REPORT: &str = "tests/fidelity/differences.md";

fn scenarios() -> Vec<(String, PathBuf, Scenario)> {
    let folder = fs::read_dir(FIXTURES).expect("the recordings");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a recording");
            let scenario =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (name, path, scenario)
        })
        .collect()
}

/// The lines of a raw recording, in the order in which they were written.
fn recorded(path: &Path) -> Vec<Write> {
    let text = fs::read_to_string(path).expect("a recording");
    let mut writes: Vec<(u64, Write)> = text
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let revision = line["object"]["metadata"]["resourceVersion"].as_str().unwrap_or("0");
            let write = Write {
                at_ms: line["t_ms"].as_u64().unwrap_or(0),
                verb: line["type"].as_str().unwrap_or("").replace("LIST", "ADDED"),
                kind: line["kind"].as_str().unwrap_or("").to_owned(),
                object: line["object"].clone(),
            };
            (revision.parse().expect("a revision"), write)
        })
        .collect();
    writes.sort_by_key(|(revision, _)| *revision);
    writes.into_iter().map(|(_, write)| write).collect()
}

/// Makes the facts of all scenarios from raw recordings.
fn record(folder: &Path) {
    for (name, path, mut scenario) in scenarios() {
        let writes = recorded(&folder.join(format!("{name}.jsonl")));
        let Reduced { facts, timeline } = reduce::reduce(&writes, &scenario.reading());
        for (number, took) in scenario.measure(&timeline).into_iter().enumerate() {
            scenario.deadlines[number].recorded_ms = took;
        }
        scenario.facts = facts;
        let text = serde_json::to_string_pretty(&scenario).expect("JSON");
        fs::write(path, text + "\n").expect("written");
        keep_timeline(&format!("{name}.recorded"), &timeline);
    }
}

/// With `KUBELOOP_TIMELINES=folder`, leaves there what happened when, to be looked at.
fn keep_timeline(name: &str, timeline: &[reduce::Moment]) {
    let Some(folder) = std::env::var_os("KUBELOOP_TIMELINES") else { return };
    let lines: String = timeline.iter().map(|(at, key, line)| format!("{at}\t{key}\t{line}\n")).collect();
    fs::write(Path::new(&folder).join(format!("{name}.tsv")), lines).expect("written");
}

/// The facts of our run, with its deadlines and answers among them.
fn ours(name: &str, scenario: &Scenario) -> (Facts, Facts) {
    let played = play::play(scenario);
    let Reduced { mut facts, timeline } = reduce::reduce(&played.writes, &scenario.reading());
    keep_timeline(&format!("{name}.ours"), &timeline);
    let mut theirs = scenario.facts.clone();
    for (deadline, took) in scenario.deadlines.iter().zip(scenario.measure(&timeline)) {
        let key = format!("deadline: {}", deadline.what);
        let recorded = deadline.recorded_ms.expect("a recorded time");
        let allowed = deadline.least_ms..=deadline.most_ms;
        assert!(allowed.contains(&recorded), "{name}: {}: the recording says {recorded}", deadline.what);
        let rule = format!("{} to {} ms (recorded: {recorded})", deadline.least_ms, deadline.most_ms);
        let here = match took {
            Some(took) if allowed.contains(&took) => rule.clone(),
            Some(took) => format!("{took} ms"),
            None => "never".to_owned(),
        };
        theirs.insert(key.clone(), vec![rule]);
        facts.insert(key, vec![here]);
    }
    for (number, answer) in &scenario.answers {
        theirs.insert(format!("answer to {}", scenario.actions[*number].1), vec![answer.clone()]);
    }
    for (number, answer) in played.answers {
        facts.insert(format!("answer to {}", scenario.actions[number].1), vec![answer]);
    }
    (theirs, facts)
}

#[test]
fn as_recorded() {
    if let Some(folder) = std::env::var_os("KUBELOOP_RECORDINGS") {
        record(Path::new(&folder));
    }
    let only = std::env::var("KUBELOOP_SCENARIO").ok();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut silent = String::new();
    let mut report = differences::heading();
    let (mut same, mut listed) = (0, 0);
    for (name, _, scenario) in scenarios() {
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let (theirs, ours) = ours(&name, &scenario);
        let _ = write!(report, "\n## {name}: {}\n", scenario.about);
        let keys: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
        for key in keys {
            let (recorded, here) = (theirs.get(key), ours.get(key));
            if recorded == here {
                same += 1;
                continue;
            }
            let shown = difference(key, recorded, here);
            match DIFFERENCES.iter().position(|difference| difference.covers(&name, key)) {
                Some(number) => {
                    listed += 1;
                    used.insert(number);
                    let _ = write!(report, "\n### {key}\n\n{}\n\n{shown}", DIFFERENCES[number].reason);
                }
                None => {
                    let _ = write!(silent, "\n{name}\n{shown}");
                }
            }
        }
    }
    println!("{same} facts are the same, {listed} differ for a listed reason");
    assert!(silent.is_empty(), "these facts differ, and nobody said why:\n{silent}");
    if only.is_some() {
        return;
    }
    let idle: Vec<&Difference> = DIFFERENCES
        .iter()
        .enumerate()
        .filter(|(number, _)| !used.contains(number))
        .map(|(_, of)| of)
        .collect();
    assert!(idle.is_empty(), "these differences are gone, take them out of the list: {idle:#?}");
    if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
        fs::write(REPORT, &report).expect("written");
    }
    let kept = fs::read_to_string(REPORT).unwrap_or_default();
    assert!(kept == report, "differences.md is not what differs now; UPDATE_GOLDENFILES=1 writes it anew");
}

/// Both sides of a fact, line by line.
fn difference(key: &str, recorded: Option<&Vec<String>>, here: Option<&Vec<String>>) -> String {
    let none = Vec::new();
    let (recorded, here) = (recorded.unwrap_or(&none), here.unwrap_or(&none));
    let mut text = format!("```diff\n# {key}\n");
    let mut here_from = 0;
    for line in recorded {
        match here.iter().skip(here_from).position(|other| other == line) {
            Some(at) => {
                for other in &here[here_from..here_from + at] {
                    let _ = writeln!(text, "+ {other}");
                }
                let _ = writeln!(text, "  {line}");
                here_from += at + 1;
            }
            None => {
                let _ = writeln!(text, "- {line}");
            }
        }
    }
    for other in &here[here_from..] {
        let _ = writeln!(text, "+ {other}");
    }
    text + "```\n"
}
