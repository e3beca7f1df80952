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

/// Edits of one file of the fixture, and what must be said about them.
struct Case {
    file: &'static str,
    edits: &'static [(&'static str, &'static str)],
    says: &'static [&'static str],
}

const SMALL: &str = "01-small/lesson.md";
const NEXT: &str = "02-next/lesson.md";
const GERMAN: &str = "01-small/lesson.de.md";

const fn case(
    file: &'static str,
    edits: &'static [(&'static str, &'static str)],
    says: &'static [&'static str],
) -> Case {
    Case { file, edits, says }
}

/// Mistakes that are found without playing.
const STATIC: &[Case] = &[
    case(
        SMALL,
        &[("- {level: 2, say: A pod has a key of its own.}\n", "")],
        &["01-small/lesson.md:36:1: hint: no hint of level 2 (what to use) fits everybody"],
    ),
    case(
        SMALL,
        &[("A pod has a key of its own.", "Use `<wyh>`; `<none>` is no key.")],
        &["01-small/lesson.md:66:3: keys: <wyh> is no key that a text may name; did you mean <why>?"],
    ),
    case(
        NEXT,
        &[("```predict id=who-made-it", "```json")],
        &["02-next/lesson.md:1:1: sections: the lesson asks nothing"],
    ),
    case(
        SMALL,
        &[("title: A small lesson", "titel: A small lesson")],
        &["01-small/lesson.md:3:1: format: unknown field `titel`; did you mean `title`?"],
    ),
    case(
        SMALL,
        &[("lesson: 01-small", "lesson: 01-other")],
        &["01-small/lesson.md:2:9: format: the lesson is called 01-other, but its folder 01-small"],
    ),
    case(
        SMALL,
        &[("```check", "```chek")],
        &["01-small/lesson.md:51:1: format: there is no block `chek`; did you mean `check`?"],
    ),
    case(
        SMALL,
        &[("```predict id=", "```predict di=")],
        &["01-small/lesson.md:39:1: format: a predict block has no `di=`; did you mean `id`?"],
    ),
    case(
        SMALL,
        &[("  saw: {delete:", "  swa: {delete:")],
        &["01-small/lesson.md:53:3: format: unknown field `swa`; did you mean `saw`?"],
    ),
    case(
        SMALL,
        &[("{delete: Pod/app=web, by: you}", "{delete: Pdo/app=web, by: you}")],
        &["01-small/lesson.md:53:8: format: there is no kind \"Pdo\"; did you mean Pod?"],
    ),
    case(
        SMALL,
        &[("that: \"pods('app=web').ready == 3\"", "that: \"podz('app=web').ready == 3\"")],
        &["01-small/lesson.md:104:", "format: there is no `podz()`; did you mean `pods`?"],
    ),
    case(
        SMALL,
        &[("that: \"pods('app=web').ready == 3\"", "that: \"settled\"\n  saw: settled")],
        &["01-small/lesson.md:103:3: format: a goal has only one of that, saw"],
    ),
    case(
        SMALL,
        &[("There are {pods('app=web').count}.", "There are {pods('app=web').count.")],
        &["01-small/lesson.md:45:10: format: a brace has no partner"],
    ),
    case(
        SMALL,
        &[("right('without')", "right('witout')")],
        &["01-small/lesson.md:110:3: format: there is no question \"witout\"; did you mean \"without\"?"],
    ),
    case(
        SMALL,
        &[("order id=who", "order id=ten-seconds")],
        &["01-small/lesson.md:73:1: format: the id ten-seconds is taken already, at line 39"],
    ),
    case(
        SMALL,
        &[("near-miss expect=\"The file says so\"", "near-miss expect=\"The file says\"")],
        &[
            "01-small/lesson.md:139:1: format: there is no goal \"The file says\"; did you mean \"The file says so\"?",
        ],
    ),
    case(
        SMALL,
        &[("- wait: {until: \"settled\"", "- wiat: {until: \"settled\"")],
        &["01-small/lesson.md:125:3: format: unknown field `wiat`; did you mean `wait`?"],
    ),
    case(
        SMALL,
        &[("It took {when(\"pods('app=web').count == 3\")}.", "It took {wehn(\"x\")}.")],
        &["01-small/lesson.md:120:1: format: there is no `wehn()`; did you mean `when`?"],
    ),
    case(
        GERMAN,
        &[("{#delete}", "{#away}")],
        &["01-small/lesson.de.md:6:1: format: the lesson has no step {#away}"],
    ),
    case(
        GERMAN,
        &[("- goal: Ein Pod wurde gelöscht\n", "")],
        &["01-small/lesson.de.md:18:3: format: 2 goals where the lesson has 3"],
    ),
    case(
        SMALL,
        &[("needs: []", "needs: [02-nxt]")],
        &["01-small/lesson.md:7:9: needs: there is no lesson 02-nxt; did you mean 02-next?"],
    ),
    case(
        SMALL,
        &[("needs: []", "needs: [02-next]")],
        &["01-small/lesson.md:7:9: needs: 02-next needs 01-small in the end: a circle"],
    ),
    case(
        SMALL,
        &[("teaches: [count]", "teaches: [cuont]")],
        &["01-small/lesson.md:8:11: teaches: there is no learning goal cuont; did you mean count?"],
    ),
    case(
        SMALL,
        &[("busts: [M01]", "busts: [M99]")],
        &["01-small/lesson.md:9:9: busts: there is no misconception M99"],
    ),
    case(
        SMALL,
        &[("  replicas: 2\n", "  replicas: 2\n  minReadySeconds: 0\n")],
        &["01-small/lesson.md:21:3: taught: the field minReadySeconds is not introduced yet: teach spread"],
    ),
    case(
        NEXT,
        &[("teaches: [configuration]", "teaches: [count]")],
        &["02-next/lesson.md:22:1: taught: the kind ConfigMap is not introduced yet: teach configuration"],
    ),
    case(
        SMALL,
        &[
            ("Which of the two will you take away?", "Write replicas=2, or `replicas: 3`?"),
            ("say: Write", "say: >-\n    Write"),
        ],
        &["01-small/lesson.md:62:3: hint: a first hint says where to look; this one gives \"replicas: 3\""],
    ),
    case(
        SMALL,
        &[("Delete one of the two pods.\n", "A.\n\nA.\n\nA.\n\nA.\n\nA.\n\nA.\n\nA.\n\nA.\n\nA.\n\nA.\n")],
        &["01-small/lesson.md:36:1: fits: the text of this step has 19 lines of 76 cells"],
    ),
    case(
        SMALL,
        &[("## What was simplified\n", "### More\n")],
        &["01-small/lesson.md:1:1: sections: the lesson does not say what it simplifies"],
    ),
    case(
        SMALL,
        &[("## Debrief\n", "### Later\n")],
        &["01-small/lesson.md:1:1: sections: there is no debrief"],
    ),
    case(
        NEXT,
        &[("```near-miss expect=\"It crashed, and runs again\"\n- after: 30s\n```\n", "")],
        &["02-next/lesson.md:1:1: sections: there is no near-miss"],
    ),
    case(
        NEXT,
        &[("```solution id=anew", "```demo id=anew")],
        &["02-next/lesson.md:1:1: sections: 1 of 2 solutions"],
    ),
];

/// Mistakes that show only when the lesson is played.
const PLAYED: &[Case] = &[
    case(
        SMALL,
        &[("limit: 5m", "limit: 20s")],
        &[
            "01-small/lesson.md:130:1: solution: solution slowly does not pass the step \"Ask for more\" within 20s",
        ],
    ),
    case(
        SMALL,
        &[("that: \"pods('app=web').ready == 3\"", "that: \"pods('app=web').ready == 4\"")],
        &[
            "01-small/lesson.md:123:1: solution: solution by-file does not pass the step \"Ask for more\" within 5m0s: \
             \"Three pods are ready\" (pods('app=web').ready = 3)",
        ],
    ),
    case(
        SMALL,
        &[("- delete: {pod: \"app=web\", grace: 0s}", "- delete: {pod: \"app=wbe\", grace: 0s}")],
        &["01-small/lesson.md:132:3: solution: solution slowly: no pod matches \"app=wbe\""],
    ),
    // Near-misses that are accepted, or that cannot be played.
    case(
        SMALL,
        &[(
            "- scale: {deployment: web, replicas: 3}\n```",
            "- edit: {file: web.yaml, set: {\"spec.replicas\": 3}}\n```",
        )],
        &[
            "01-small/lesson.md:139:1: near-miss: the goal \"The file says so\" is reached, so it does not refuse this near-miss",
        ],
    ),
    case(
        SMALL,
        &[("{name: mine, labels", "{name: Mine, labels")],
        &["01-small/lesson.md:147:3: near-miss: this near-miss:", "Invalid value"],
    ),
    // Predictions: two options hold, none does, the reveal comes at once or too late, a wrong option says nothing.
    case(
        SMALL,
        &[("holds: \"pods('app=web').count == 1\"", "holds: \"pods('app=web').count == 2\"")],
        &[
            "01-small/lesson.md:39:1: prediction: ten-seconds: exactly one option must hold at the reveal, not \"One pod\" \
             and \"Two pods, one of them new\"",
        ],
    ),
    case(
        SMALL,
        &[("holds: \"pods('app=web').ready == 2\"\nreveal", "holds: \"pods('app=web').ready == 9\"\nreveal")],
        &[
            "01-small/lesson.md:39:1: prediction: ten-seconds: exactly one option must hold at the reveal, not \"none\"",
        ],
    ),
    case(
        SMALL,
        &[
            ("holds: \"pods('app=web').count == 1\"", "holds: t < 12.0"),
            ("holds: \"pods('app=web').ready == 2\"\nreveal", "holds: t >= 12.0\nreveal"),
        ],
        &[
            "01-small/lesson.md:39:1: prediction: ten-seconds: the outcome differs: \"One pod\" (solution by-file, seed 3); \
             \"Two pods, one of them new\" (solution slowly, seed 3)",
        ],
    ),
    case(
        SMALL,
        &[("reveal: {after: 10s}", "reveal: {when: \"pods('app=web').count == 2\"}")],
        &["01-small/lesson.md:39:1: prediction: ten-seconds: its reveal holds already when it is asked"],
    ),
    case(
        SMALL,
        &[("reveal: {after: 10s}", "reveal: {after: 60s}")],
        &[
            "01-small/lesson.md:39:1: prediction: ten-seconds: its reveal had not come when the step was passed",
        ],
    ),
    case(
        SMALL,
        &[("    busts: M01\n    say: There are {pods('app=web').count}.\n", "")],
        &[
            "01-small/lesson.md:42:5: prediction: ten-seconds: \"One pod\" does not come true, so it needs a `say`",
            "so it needs the misconception that it `busts`",
        ],
    ),
    // An item that does not happen, and an expression that finds nothing.
    case(
        SMALL,
        &[("to: node-1}", "to: node-2}")],
        &[
            "01-small/lesson.md:80:5: prediction: who: \"The pod gets its node\" had not happened at the reveal",
        ],
    ),
    case(
        SMALL,
        &[("- when: did(\"scale\")", "- when: deployment('wbe').ready > 1")],
        &["01-small/lesson.md:64:3: missing: deployment('wbe') never is: deployment \"wbe\" does not exist"],
    ),
    case(
        SMALL,
        &[("- when: did(\"scale\")", "- when: deployment('web').raedy > 1")],
        &["01-small/lesson.md:64:3: missing: deployment('web').raedy never is: has no raedy"],
    ),
    // Steps that are passed at once, and a lesson that is passed by whoever does nothing.
    case(
        NEXT,
        &[("order: [\"host('login').exit_code == 1\", \"host('login').running\"]", "saw: t >= 0.0")],
        &["02-next/lesson.md:92:1: near-miss: the goal \"It crashed, and runs again\" is reached"],
    ),
    case(
        NEXT,
        &[
            ("order: [\"host('login').exit_code == 1\", \"host('login').running\"]", "saw: t > 20.0"),
            ("saw: {create: ConfigMap/menu, by: you}\n  since: {act: applied}", "saw: t > 30.0"),
            ("that: \"object('ConfigMap', 'menu').data.pizza == 'salami'\"", "that: \"t > 40.0\""),
        ],
        &["02-next/lesson.md:49:1: start: whoever does nothing but answer passes the lesson"],
    ),
    case(
        SMALL,
        &[
            ("that: \"pods('app=web').ready == 3\"", "that: \"pods('app=web').ready == 2\""),
            ("- goal: The table is filled\n  that: right('without') == 2\n", ""),
        ],
        &["01-small/lesson.md:70:1: start: every solution passes this step the moment it begins"],
    ),
    // A goal for which nobody has to do anything.
    case(
        SMALL,
        &[(
            "- goal: The file says so\n",
            "- goal: Some are ready\n  that: \"pods('app=web').ready >= 1\"\n- goal: The file says so\n",
        )],
        &["start: the goal \"Some are ready\" is met at the moment at which its step begins"],
    ),
    // The lesson's own script, its scene, and a demo that cannot be played.
    case(
        NEXT,
        &[(
            "{at: 5s, apply: {inline: \"{apiVersion: v1, kind: ConfigMap, metadata: {name: news}}\"}}",
            "{at: 5s, delete: {pod: nobody}}",
        )],
        &["02-next/lesson.md:31:3: script: the lesson's script: pod \"nobody\" does not exist"],
    ),
    case(
        SMALL,
        &[("  name: web\nspec:", "  name: Web\nspec:")],
        &["01-small/lesson.md:14:1: script:", "Invalid value"],
    ),
    case(
        SMALL,
        &[(
            "- say: Look at the number.\n- delete: {pod: \"app=web\"}",
            "- say: Look at the number.\n- delete: {pod: \"app=nobody\"}",
        )],
        &["01-small/lesson.md:153:3: demo: demo show: no pod matches \"app=nobody\""],
    ),
];

fn try_case(case: &Case) -> Result<(), String> {
    let mut files = fixture();
    let text = files.get_mut(case.file).expect("a file of the fixture");
    for (from, to) in case.edits {
        if !text.contains(from) {
            return Err(format!("the fixture does not hold {from:?}"));
        }
        *text = text.replacen(from, to, 1);
    }
    let (code, said) = check(&files, "1");
    let wrong = |what: String| Err(format!("{:?}: {what}\n{said}", case.edits));
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
