//! The program plays scripts and says by its exit code how it went: 0 all held, 1 something did not, 2 bad input.

mod support;

use std::path::Path;
use std::process::{Command, Output};

use support::scripts_in;

fn kubeloop(args: &[&str], script: &Path) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = script.strip_prefix(root).expect("a script of the repository");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubeloop"));
    command.current_dir(root).arg("run").args(args).arg(script).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn scripts_that_hold_exit_with_0() {
    for (folder, driver) in [("assets/scripts", "threads"), ("tests/scripts", "inline")] {
        for script in scripts_in(folder) {
            let output = kubeloop(&["--driver", driver], &script);
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            assert_eq!(output.status.code(), Some(0), "{}:\n{out}{err}", script.display());
            assert!(out.contains(", 0 did not;") && err.is_empty(), "{}:\n{out}{err}", script.display());
        }
    }
}

/// Scripts of which an expectation fails: where, and what is said.
const FAILING: [(&str, &[&str]); 8] = [
    (
        "always",
        &[
            "always.yaml:8:5: at ",
            "it did not hold: pods('app=delivery').ready = 0",
            "because",
            "you deleted pod",
        ],
    ),
    ("expect", &["expect.yaml:6:5: pods('app=login').ready = 3", "because", "you applied login.yaml"]),
    (
        "kubectl",
        &[
            "kubectl.yaml:3:5: exit code 0, not 1",
            "No resources found in default namespace.",
            "kubectl.yaml:4:5: it printed",
            "NAME     STATUS   ROLES    AGE   VERSION",
        ],
    ),
    ("rollout", &["rollout.yaml:6:5: exit code 1", "error: timed out waiting for the condition"]),
    (
        "deadline",
        &["deadline.yaml:6:5: exit code 1", "error: deployment \"web\" exceeded its progress deadline"],
    ),
    ("missing", &["missing.yaml:4:5: deployment \"logni\" does not exist"]),
    ("since", &["since.yaml:8:5: at 10.000 s it did not hold: node('node-1').ready = \"True\""]),
    ("wait", &["wait.yaml:6:5: not within 10s: pods('app=login').ready = 0"]),
];

#[test]
fn a_failed_expectation_exits_with_1_and_says_why() {
    assert_eq!(scripts_in("tests/scripts/fail").len(), FAILING.len());
    for (name, said) in FAILING {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/scripts/fail/{name}.yaml"));
        let output = kubeloop(&[], &script);
        let out = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{name}:\n{out}{}", text(&output.stderr));
        for words in said {
            assert!(out.contains(words), "{name} should say {words:?}:\n{out}");
        }
    }
}

/// Scripts that cannot be played: what is said of them.
const BAD: [(&str, &[&str]); 15] = [
    ("expression", &["expression.yaml:4:14: there is no `podz()`; did you mean `pods`?"]),
    ("fault", &["fault.yaml:4:5: error: there is no component or node \"node-7\""]),
    (
        "field",
        &[
            "field.yaml:10:11: error: unknown field \"spec.replcas\"",
            "10 |   replcas: 3",
            "did you mean `replicas`?",
        ],
    ),
    (
        "kubectl",
        &[
            "kubectl.yaml:3:5: error: kubectl scale deploy/nope --replicas=2: exit code 1",
            "no objects passed to scale",
        ],
    ),
    (
        "manifest",
        &[
            "manifest.yaml:10:11: error: ",
            "Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ],
    ),
    ("container", &["container.yaml:6:5: error: pod web has no container \"nope\"; it has web"]),
    ("duration", &["duration.yaml:6:12: \"soon\" is not a duration"]),
    ("edit", &["manifests/pizza/login.yaml:1:1: this file has no object \"Deployment/nope\""]),
    ("node", &["node.yaml:4:17: \"Bad Name\" is no name for a node: a lowercase RFC 1123 subdomain"]),
    ("probe", &["probe.yaml:6:5: error: pod web has no liveness probe"]),
    ("truth", &["truth.yaml:4:5: error: `pods('').count`: it is 0, which is neither true nor false"]),
    ("verb", &["verb.yaml:5:12: \"power-of\" is not one of power-off, power-on, reboot"]),
    ("wait", &["wait.yaml:4:12: unknown field `untl`; did you mean `until`?"]),
    ("step", &["step.yaml:4:5: unknown field `wiat`"]),
    ("yaml", &["yaml.yaml:4:11: unclosed bracket '{'"]),
];

#[test]
fn bad_input_exits_with_2_and_says_where() {
    assert_eq!(scripts_in("tests/scripts/bad").len(), BAD.len());
    for (name, said) in BAD {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/scripts/bad/{name}.yaml"));
        let output = kubeloop(&["--quiet"], &script);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}:\n{}{err}", text(&output.stdout));
        for words in said {
            assert!(err.contains(words), "{name} should say {words:?}:\n{err}");
        }
    }
    let missing = kubeloop(&[], &Path::new(env!("CARGO_MANIFEST_DIR")).join("nosuch.yaml"));
    assert_eq!(missing.status.code(), Some(2), "{}", text(&missing.stderr));
}
