//! Lessons: every one of the course is proved, every proof can fail, and mistakes in a lesson file have a place.
#![allow(clippy::disallowed_methods, reason = "tests read lessons from the disk")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn kubeloop(args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubeloop"));
    command.current_dir(folder).arg("lesson").args(args).output().expect("the program runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn every_lesson_of_the_course_is_proved() {
    let output = kubeloop(&["check", "lessons", "--seeds", "3"], root());
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
}

#[test]
fn the_embedded_course_is_the_one_on_the_disk() {
    let output = kubeloop(&["list", "-o", "json"], root());
    let listed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let listed: Vec<&str> =
        listed.as_array().expect("a list").iter().filter_map(|lesson| lesson["id"].as_str()).collect();
    let mut folders: Vec<String> = std::fs::read_dir(root().join("lessons"))
        .expect("lessons")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("lesson.md").is_file())
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    folders.sort();
    let mut sorted: Vec<String> = listed.iter().map(ToString::to_string).collect();
    sorted.sort();
    assert_eq!(sorted, folders);
}

/// The fixture, as files by path.
fn fixture() -> BTreeMap<String, String> {
    let folder = root().join("tests/fixtures/lessons");
    ["goals.yaml", "misconceptions.yaml", "01-small/lesson.md", "01-small/lesson.de.md", "02-next/lesson.md"]
        .into_iter()
        .map(|path| {
            (path.to_owned(), std::fs::read_to_string(folder.join(path)).expect("a file of the fixture"))
        })
        .collect()
}

/// Writes files into a folder of its own.
fn written(files: &BTreeMap<String, String>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path: PathBuf = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

fn check(files: &BTreeMap<String, String>, seeds: &str) -> (Option<i32>, String) {
    let folder = written(files);
    let output = kubeloop(&["check", ".", "--seeds", seeds], folder.path());
    (output.status.code(), out(&output))
}

#[test]
fn the_fixture_is_proved() {
    let (code, said) = check(&fixture(), "2");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("2 lessons, 2 seeds: nothing is wrong"), "{said}");
}

/// One edit of the fixture, and the finding that it must lead to.
struct Case {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    /// What is said: the place and the rule.
    says: &'static [&'static str],
}

const SMALL: &str = "01-small/lesson.md";
const NEXT: &str = "02-next/lesson.md";

/// Mistakes that are found without playing: exit code 2 for what cannot be read, 1 for what is wrong.
const STATIC: &[Case] = &[
    Case {
        file: SMALL,
        from: "title: A small lesson",
        to: "titel: A small lesson",
        says: &["01-small/lesson.md:3:1: format: unknown field `titel`; did you mean `title`?"],
    },
    Case {
        file: SMALL,
        from: "lesson: 01-small",
        to: "lesson: 01-other",
        says: &["01-small/lesson.md:2:9: format: the lesson is called 01-other, but its folder 01-small"],
    },
    Case {
        file: SMALL,
        from: "```check",
        to: "```chek",
        says: &["01-small/lesson.md:53:1: format: there is no block `chek`; did you mean `check`?"],
    },
    Case {
        file: SMALL,
        from: "  saw: {delete:",
        to: "  swa: {delete:",
        says: &["01-small/lesson.md:55:3: format: unknown field `swa`; did you mean `saw`?"],
    },
    Case {
        file: SMALL,
        from: "{delete: Pod/app=web, by: you}",
        to: "{delete: Pdo/app=web, by: you}",
        says: &["01-small/lesson.md:55:8: format: there is no kind \"Pdo\"; did you mean Pod?"],
    },
    Case {
        file: SMALL,
        from: "that: \"pods('app=web').ready == 3\"",
        to: "that: \"podz('app=web').ready == 3\"",
        says: &["01-small/lesson.md:110:", "format: there is no `podz()`; did you mean `pods`?"],
    },
    Case {
        file: SMALL,
        from: "There are {pods('app=web').count}.",
        to: "There are {pods('app=web').count.",
        says: &["01-small/lesson.md:46:", "format: a brace has no partner"],
    },
    Case {
        file: SMALL,
        from: "right('without')",
        to: "right('witout')",
        says: &[
            "01-small/lesson.md:116:",
            "format: there is no question \"witout\"; did you mean \"without\"?",
        ],
    },
    Case {
        file: SMALL,
        from: "order id=who",
        to: "order id=ten-seconds",
        says: &["01-small/lesson.md:78:1: format: the id ten-seconds is taken already"],
    },
    Case {
        file: SMALL,
        from: "near-miss expect=\"The file says so\"",
        to: "near-miss expect=\"The file says\"",
        says: &[
            "01-small/lesson.md:136:1: format: there is no goal \"The file says\"; did you mean \"The file says so\"?",
        ],
    },
    Case {
        file: SMALL,
        from: "- wait: {until: \"settled\"",
        to: "- wiat: {until: \"settled\"",
        says: &["01-small/lesson.md:124:3: format: unknown field `wiat`; did you mean `wait`?"],
    },
    Case {
        file: SMALL,
        from: "It took {when(\"pods('app=web').count == 3\")}.",
        to: "It took {wehn(\"x\")}.",
        says: &["format: there is no `wehn()`; did you mean `when`?"],
    },
    Case {
        file: "01-small/lesson.de.md",
        from: "{#delete}",
        to: "{#löschen}",
        says: &["01-small/lesson.de.md:6:1: format: the lesson has no step {#löschen}"],
    },
    Case {
        file: "01-small/lesson.de.md",
        from: "- goal: Ein Pod wurde gelöscht\n",
        to: "",
        says: &["01-small/lesson.de.md:19:", "format: 2 goals where the lesson has 3"],
    },
    Case {
        file: SMALL,
        from: "needs: []",
        to: "needs: [02-nxt]",
        says: &["01-small/lesson.md:7:9: needs: there is no lesson 02-nxt; did you mean 02-next?"],
    },
    Case {
        file: SMALL,
        from: "needs: []",
        to: "needs: [02-next]",
        says: &["01-small/lesson.md:7:9: needs: 02-next needs 01-small in the end: a circle"],
    },
    Case {
        file: SMALL,
        from: "teaches: [count]",
        to: "teaches: [cuont]",
        says: &["01-small/lesson.md:8:11: teaches: there is no learning goal cuont; did you mean count?"],
    },
    Case {
        file: SMALL,
        from: "busts: [M01]",
        to: "busts: [M99]",
        says: &["01-small/lesson.md:9:9: busts: there is no misconception M99"],
    },
    Case {
        file: SMALL,
        from: "  replicas: 2\n",
        to: "  replicas: 2\n  minReadySeconds: 0\n",
        says: &[
            "01-small/lesson.md:21:3: taught: the field minReadySeconds is not introduced yet: teach spread",
        ],
    },
    Case {
        file: NEXT,
        from: "teaches: [configuration]",
        to: "teaches: [count]",
        says: &[
            "02-next/lesson.md:23:13: taught: the kind ConfigMap is not introduced yet: teach configuration",
        ],
    },
    Case {
        file: SMALL,
        from: "Which of the two will you take away?",
        to: "Set replicas: 3.",
        says: &[
            "01-small/lesson.md:66:3: hint: a first hint says where to look; this one gives \"replicas: 3\" of a solution away",
        ],
    },
    Case {
        file: SMALL,
        from: "Delete one of the two pods.\n",
        to: "Delete one of the two pods.\n\nA.\n\nA.\n\nA.\n\nA.\n\nA.\n\nA.\n\nA.\n\nA.\n\nA.\n",
        says: &["01-small/lesson.md:36:1: fits: the text of this step has 19 lines of 76 cells"],
    },
    Case {
        file: SMALL,
        from: "## What was simplified\n",
        to: "### More\n",
        says: &["01-small/lesson.md:1:1: sections: the lesson does not say what it simplifies"],
    },
    Case {
        file: SMALL,
        from: "## Debrief\n",
        to: "### Later\n",
        says: &["01-small/lesson.md:1:1: sections: there is no debrief"],
    },
    Case {
        file: NEXT,
        from: "```near-miss expect=\"It crashed, and runs again\"\n- after: 30s\n```\n",
        to: "",
        says: &["02-next/lesson.md:1:1: sections: there is no near-miss"],
    },
    Case {
        file: NEXT,
        from: "```solution id=anew",
        to: "```demo id=anew",
        says: &["02-next/lesson.md:1:1: sections: 1 of 2 solutions"],
    },
];

/// Mistakes that show only when the lesson is played.
const PLAYED: &[Case] = &[
    Case {
        file: SMALL,
        from: "limit: 5m",
        to: "limit: 20s",
        says: &["solution: solution slowly", "within 20s"],
    },
    Case {
        file: SMALL,
        from: "that: \"pods('app=web').ready == 3\"",
        to: "that: \"pods('app=web').ready == 4\"",
        says: &[
            "01-small/lesson.md:122:1: solution: solution by-file does not pass the step \"Ask for more\" within 5m0s: \"Three pods are ready\" (pods('app=web').ready = 3)",
        ],
    },
    Case {
        file: SMALL,
        from: "- after: 5s\n- delete: {pod: \"app=web\", grace: 0s}",
        to: "- after: 5s\n- delete: {pod: \"app=wbe\", grace: 0s}",
        says: &["01-small/lesson.md:131:3: solution: solution slowly: no pod matches \"app=wbe\""],
    },
    // A near-miss that is accepted.
    Case {
        file: SMALL,
        from: "- scale: {deployment: web, replicas: 3}\n```\n\n```near-miss",
        to: "- edit: {file: web.yaml, set: {\"spec.replicas\": 3}}\n```\n\n```near-miss",
        says: &[
            "01-small/lesson.md:136:1: near-miss: the goal \"The file says so\" is reached, so it does not refuse this near-miss (seed 3)",
        ],
    },
    Case {
        file: SMALL,
        from: "metadata: {name: mine, labels: {app: other}}",
        to: "metadata: {name: Mine, labels: {app: other}}",
        says: &["01-small/lesson.md:144:3: near-miss: this near-miss:"],
    },
    // Predictions: two options hold, none does, the reveal comes at once or too late, a wrong option says nothing.
    Case {
        file: SMALL,
        from: "holds: \"pods('app=web').count == 1\"",
        to: "holds: \"pods('app=web').count == 2\"",
        says: &[
            "01-small/lesson.md:40:1: prediction: ten-seconds: exactly one option must hold at the reveal, not \"One pod\" and \"Two pods, one of them new\"",
        ],
    },
    Case {
        file: SMALL,
        from: "holds: \"pods('app=web').ready == 2\"\nreveal",
        to: "holds: \"pods('app=web').ready == 9\"\nreveal",
        says: &[
            "01-small/lesson.md:40:1: prediction: ten-seconds: exactly one option must hold at the reveal, not \"none\"",
        ],
    },
    Case {
        file: SMALL,
        from: "reveal: {after: 10s}",
        to: "reveal: {when: \"pods('app=web').count == 2\"}",
        says: &[
            "01-small/lesson.md:40:1: prediction: ten-seconds: its reveal holds already when it is asked",
        ],
    },
    Case {
        file: SMALL,
        from: "reveal: {after: 10s}",
        to: "reveal: {after: 60s}",
        says: &[
            "01-small/lesson.md:40:1: prediction: ten-seconds: its reveal had not come when the step was passed",
        ],
    },
    Case {
        file: SMALL,
        from: "    busts: M01\n    say: There are {pods('app=web').count}.\n",
        to: "",
        says: &["does not come true, so it needs a `say`", "so it needs the misconception that it `busts`"],
    },
    Case {
        file: SMALL,
        from: "holds: \"pods('app=web').count == 1\"",
        to: "holds: \"pods('app=web').items.exists(p, p.name.endsWith('x')) || t > 17.0\"",
        says: &["prediction: ten-seconds:"],
    },
    // An item that does not happen, and an expression that finds nothing.
    Case {
        file: SMALL,
        from: "to: node-1}",
        to: "to: node-2}",
        says: &[
            "01-small/lesson.md:85:5: prediction: who: \"The pod gets its node\" had not happened at the reveal",
        ],
    },
    Case {
        file: SMALL,
        from: "- when: did(\"scale\")",
        to: "- when: deployment('wbe').ready > 1",
        says: &[
            "01-small/lesson.md:68:3: missing: deployment('wbe').ready never is: deployment \"wbe\" does not exist",
        ],
    },
    // Whoever does nothing passes.
    Case {
        file: NEXT,
        from: "order: [\"host('login').exit_code == 1\", \"host('login').running\"]",
        to: "that: \"host('login').restarts == 0\"",
        says: &["02-next/lesson.md:63:1: near-miss"],
    },
    Case {
        file: NEXT,
        from: "  saw: {create: ConfigMap/menu, by: you}\n  since: {act: applied}",
        to: "  saw: t > 1.0",
        says: &["start: whoever does nothing"],
    },
    // The lesson's own script and a demo that cannot be played.
    Case {
        file: NEXT,
        from: "{at: 5s, apply: {inline: \"{apiVersion: v1, kind: ConfigMap, metadata: {name: news}}\"}}",
        to: "{at: 5s, delete: {pod: nobody}}",
        says: &["02-next/lesson.md:31:3: script: the lesson's script: pod \"nobody\" does not exist"],
    },
    Case {
        file: SMALL,
        from: "  name: web\nspec:",
        to: "  name: Web\nspec:",
        says: &["script:", "Invalid value"],
    },
    Case {
        file: SMALL,
        from: "- say: Look at the number.\n- delete: {pod: \"app=web\"}",
        to: "- say: Look at the number.\n- delete: {pod: \"app=nobody\"}",
        says: &["01-small/lesson.md:150:3: demo: demo show: no pod matches \"app=nobody\""],
    },
];

fn try_case(case: &Case) -> Result<(), String> {
    let mut files = fixture();
    let text = files.get_mut(case.file).expect("a file of the fixture");
    if !text.contains(case.from) {
        return Err(format!("the fixture does not hold {:?}", case.from));
    }
    *text = text.replacen(case.from, case.to, 1);
    let (code, said) = check(&files, "1");
    let wrong = |what: String| Err(format!("{:?} -> {:?}: {what}\n{said}", case.from, case.to));
    if code == Some(0) {
        return wrong("it is accepted".to_owned());
    }
    match case.says.iter().find(|words| !said.contains(*words)) {
        Some(words) => wrong(format!("it should say {words:?}")),
        None => Ok(()),
    }
}

fn try_all(cases: &[Case]) {
    let wrong: Vec<String> = cases.iter().filter_map(|case| try_case(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_mistake_in_a_lesson_file_has_a_place() {
    try_all(STATIC);
}

#[test]
fn every_proof_can_fail() {
    try_all(PLAYED);
}

#[test]
fn exit_codes_tell_unreadable_from_wrong() {
    let mut files = fixture();
    files.insert(SMALL.into(), "no front matter".into());
    assert_eq!(check(&files, "1").0, Some(2));
    let missing = kubeloop(&["check", "nosuch"], root());
    assert_eq!(missing.status.code(), Some(2), "{}", out(&missing));
}
