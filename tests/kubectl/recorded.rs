//! kubectl in process against recordings of the real one: the same commands, one after the other, in a cluster of
//! ours, and what each printed. Names, addresses and times are replaced by what they stand for.

use kubeloop::engine::Engine;
use kubeloop::expression::facts::is_settled;
use kubeloop::kubectl::Stream;
use kubeloop::time::Span;
use regex::Regex;
use serde::Deserialize;

use super::{cluster, run};

/// A recorded command; without what it printed it only prepares what follows.
#[derive(Deserialize)]
struct Case {
    name: String,
    command: String,
    stdin: Option<String>,
    rc: Option<u8>,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
}

/// What is not as recorded, and why. An entry that is as recorded after all is a mistake in this table.
const DIFFERENT: &[(&str, &str)] = &[
    ("explain", "possible values of a field are not in the schema that we have"),
    ("explain-recursive", "possible values of a field are not in the schema that we have"),
    ("cluster-info", "the recorded server had another address"),
    ("version", "there is no Kustomize here, and no difference of versions to warn of"),
];

fn web(name: &str, replicas: u32) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, labels: {{app: {name}}}}}\nspec:\n  \
         replicas: {replicas}\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: \
         {{app: {name}}}}}\n    spec:\n      containers:\n      - name: {name}\n        image: nginx:1.27\n        \
         ports: [{{containerPort: 80}}]\n"
    )
}

/// Replaces what differs from run to run.
fn plain(text: &str) -> Vec<String> {
    let rules = [
        (r"\b([a-z][a-z0-9]*)-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[a-z0-9]{5}\b", "$1-HASH-POD"),
        (r"\b([a-z][a-z0-9]*)-[bcdfghjklmnpqrstvwxz2456789]{8,10}\b", "$1-HASH"),
        (r"pod-template-hash=[a-z0-9]+", "pod-template-hash=HASH"),
        (r"\b(endpointslice.discovery.k8s.io/[a-z]+)-[a-z0-9]{5}\b", "$1-SLICE"),
        (r"\b10\.\d+\.\d+\.\d+\b", "IP"),
        (r"\bnode[123]\b", "NODE"),
        (r"zone-[abc]", "ZONE"),
        (r"\b\d+(s|m|h|d)(\d+[smhd])?(\s|$)", "AGE$3"),
        (r" {2,}", "  "),
    ];
    let rules = rules.map(|(pattern, with)| (Regex::new(pattern).unwrap(), with));
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        for (pattern, with) in &rules {
            line = pattern.replace_all(&line, *with).trim_end().to_owned();
        }
        // `rollout status` says the same again at every change.
        if lines.last() != Some(&line) || !line.starts_with("Waiting for") {
            lines.push(line);
        }
    }
    lines
}

fn prepare(engine: &mut Engine, name: &str) {
    let reads = ["get-", "describe-", "rollout-undo", "delete-", "rollout-status2"];
    match name == "rollout-status" || reads.iter().any(|start| name.starts_with(start)) {
        true => engine.run_while(Span::secs(60), is_settled),
        // About as long as it took the real kubectl to start.
        false => engine.run_while(Span::millis(100), |_| false),
    };
}

#[test]
fn commands_print_what_was_recorded() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../fixtures/kubectl/replayed.json")).unwrap();
    let mut engine = cluster();
    let (mut wrong, mut different) = (Vec::new(), Vec::new());
    let pod = Regex::new(r"web-[a-z0-9]+-[a-z0-9]{5}\b").unwrap();
    for case in &cases {
        prepare(&mut engine, &case.name);
        let mut stdin = case.stdin.clone().unwrap_or_default();
        let mut line = case.command.trim_start_matches("kubectl ").replace("-f -", "-f STDIN");
        match line.as_str() {
            "@apply ssa" => (line, stdin) = ("apply -f STDIN".to_owned(), web("ssa", 3)),
            "@apply web1" => (line, stdin) = ("apply -f STDIN".to_owned(), web("web", 1)),
            _ => {}
        }
        if pod.is_match(&line) {
            let (output, _) = run(&mut engine, "-n wire get pods -l app=web -o name", "");
            let name = output.text().lines().next().unwrap_or("").trim_start_matches("pod/").to_owned();
            line = pod.replace_all(&line, name.as_str()).into_owned();
        }
        if case.name == "edit-noop" {
            line.push_str(" #noop");
        }
        // What is only shown has no namespace unless one is said; the recorded one stood in a file.
        let says_none = line.starts_with("-n ") || line.contains("--dry-run=client -o");
        let namespace = if says_none { "" } else { "-n wire " };
        let (output, exit) = run(&mut engine, &format!("{namespace}{line}"), &stdin);
        let Some(rc) = case.rc else {
            assert_eq!(exit, 0, "{line}: {}", output.text());
            continue;
        };
        let ours = (exit, plain(&output.of(Stream::Out)), plain(&output.of(Stream::Err)));
        let theirs = (rc, plain(&case.stdout), plain(&case.stderr));
        match (ours == theirs, DIFFERENT.iter().any(|(name, _)| *name == case.name)) {
            (true, false) => {}
            (false, true) => different.push(case.name.as_str()),
            (false, false) => {
                wrong.push(format!("{}: {line}\n  ours   {ours:?}\n  theirs {theirs:?}", case.name));
            }
            (true, true) => wrong.push(format!("{}: is as recorded after all", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{} commands print something else:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(different.len(), DIFFERENT.len());
}
