//! The course as a learner takes it: in a real terminal with keys only, wrong answers included, and in plain mode.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a terminal is real: the test waits for it with a cap")]

#[path = "support/pty.rs"]
mod pty;

use std::path::Path;

use kubeloop::lessons::progress::Progress;
use pty::{Answers, Screen, program, shop};

const DOWN: &str = "\u{1b}[B";
const END: &str = "\u{1b}[F";

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The program on a wide screen.
fn start(args: &[&str], home: &Path) -> Screen {
    let mut command = program(home);
    command.args(args);
    Screen::run(command, 36, 120, Answers::Nothing)
}

/// A lesson on a wide screen, with its introduction read.
fn begin(number: &str, speed: &str, home: &Path) -> Screen {
    let mut screen = start(&["learn", number, "--speed", speed], home);
    screen.wait("the introduction", |text| text.contains("introduction") && text.contains("[5 Learn]"));
    screen.keys("n");
    screen.wait("the first step", |text| text.contains("step 1 of"));
    screen
}

/// Turns the page. What the last one said must be gone, too: a frame may arrive in two pieces.
fn next_page(screen: &mut Screen, page: &str) {
    screen.keys("n");
    screen.wait(page, |text| text.contains(page) && !text.contains("This step is passed."));
}

fn progress(home: &Path) -> Progress {
    let text = std::fs::read_to_string(home.join("kubeloop/progress.json")).expect("a progress file");
    Progress::parse(&text).expect("a progress file")
}

#[test]
fn lesson_1_is_taken_with_keys_and_a_wrong_answer() {
    let home = home();
    let mut screen = begin("1", "max", home.path());
    // The act comes first, so the clock waits for the prediction. Tab goes from the question to the cluster.
    select_a_pod(&mut screen);
    screen.keys("K");
    screen.wait("the break menu", |text| text.contains("delete pod"));
    screen.keys("p");
    screen.wait("the question", |text| text.contains("waits") && text.contains("digits choose"));
    assert!(screen.text().contains("You deleted a login pod"), "{}", screen.text());
    // What would change the cluster is refused meanwhile.
    screen.keys("KA");
    screen.wait("a refusal", |text| text.contains("Say first what will happen: the question"));
    screen.keys("2c\r");
    screen.wait("the verdict", |text| {
        text.contains("you said: Three pods. The same pod started again.")
            && text.contains("it was: Three pods. One of them is new")
            && text.contains("Kubernetes keeps the")
    });
    screen.wait("the passed step", |text| text.contains("This step is passed."));
    screen.keys("n");
    screen.wait("the debrief", |text| {
        text.contains("Your timeline: 4 of 4 goals")
            && text.lines().any(|line| line.contains("* you") && line.contains("you deleted pod"))
    });
    let noted = progress(home.path());
    let attempt = noted.best("01-a-promise-and-a-loop").expect("an attempt");
    assert!(attempt.passed && attempt.goals == (4, 4), "{attempt:?}");
    assert_eq!(attempt.answers[0].busts.as_deref(), Some("M01"));
    // The lesson is closed, and the ordinary cluster is there as it was.
    screen.keys("n");
    screen.wait("the course", |text| text.contains("1 of 23 passed"));
    screen.keys("c");
    screen.wait("the cards", |text| {
        text.contains("still believed  A deleted pod is gone; or the same pod comes back.")
            && text.contains("Chosen 1 of 1 time, and certain of it.")
            && text.contains("CARDS   1 of 23 lessons passed")
            && text.contains("01  A promise and a loop")
    });
    screen.keys("\x1b");
    screen.wait("the course again", |text| !text.contains("still believed"));
    screen.keys("1");
    screen.wait("the shop", |text| text.contains("deploy/payment"));
    screen.keys("q");
    assert!(screen.ended());
}

#[test]
fn lesson_0_is_taken_with_docker_and_the_cluster() {
    let home = home();
    let mut screen = begin("0", "5x", home.path());
    // A wrong guess: in both places.
    screen.keys("1g\r");
    screen.wait("the verdict", |text| {
        text.contains("you said: In both") && text.contains("it was: Only in the cluster")
    });
    screen.wait("a chore", |text| text.contains("chore for you") || text.contains("chores for you"));
    screen.keys(":docker start login\r");
    screen.wait("the end of step 1", |text| text.contains("This step is passed."));
    next_page(&mut screen, "step 2 of 4");
    screen.keys(":docker update --restart always login\r");
    screen.keys(":docker start login\r");
    screen.wait("the end of step 2", |text| text.contains("This step is passed."));
    next_page(&mut screen, "step 3 of 4");
    screen.keys(":docker run -d --name login-2 -p 81:80 pizza/login:1.2.3\r");
    screen.keys(":scale deployment login --replicas=5\r");
    screen.wait("the clock waits", |text| text.contains("waits  "));
    screen.keys("2\r");
    screen.wait("the end of step 3", |text| text.contains("This step is passed."));
    next_page(&mut screen, "step 4 of 4");
    screen.keys("2c\r:speed max\r");
    screen
        .wait("the end of step 4", |text| text.contains("This step is passed.") && text.contains("no power"));
    screen.keys("n");
    screen.wait("the debrief", |text| text.contains("Your timeline: 10 of 10 goals"));
    assert!(progress(home.path()).is_passed("00-one-host-by-hand"));
    screen.keys("\x03");
    assert!(screen.ended());
}

#[test]
fn lesson_12_is_taken_with_the_editor_and_an_undo() {
    let home = home();
    let mut screen = begin("12", "max", home.path());
    // The image is edited: its line is the one below the container's name.
    screen.keys("\t");
    screen.keys("e");
    screen.wait("the editor", |text| text.contains("TYPING") && text.contains("image: pizza/login:1.2.3"));
    let edit = |screen: &mut Screen, from: &str, to: &str| {
        screen.keys(&format!("{}{}", "\u{1b}[A".repeat(60), DOWN.repeat(16)));
        screen.keys(&format!("{END}{}{to}", "\u{7f}".repeat(from.len())));
        let line = format!("image: pizza/login:{to}");
        screen.wait("the edited line", |text| text.contains(&line) && text.contains("no errors"));
        screen.keys("\u{1b}");
        screen.wait("the keys", |text| text.contains("KEYS"));
        screen.keys("s");
    };
    edit(&mut screen, "1.2.3", "1.3.0");
    screen.wait("the question", |text| text.contains("waits") && text.contains("The image does not exist."));
    // A wrong guess: rolled back by itself.
    screen.keys("3f\r");
    screen.wait("the verdict", |text| {
        text.contains("you said: The old version. Kubernetes has rolled")
            && text.contains("it was: The old version. The release is stuck")
    });
    screen.wait("the end of step 1", |text| text.contains("This step is passed."));
    next_page(&mut screen, "step 2 of 2");
    screen.keys(":rollout undo deployment/login\r");
    screen.wait("the file differs", |text| text.contains("live differs from login.yaml"));
    screen.keys("4");
    screen.wait("the editor again", |text| text.contains("KEYS") && text.contains("pizza/login:1.3.0"));
    screen.keys("e");
    screen.wait("typing", |text| text.contains("TYPING"));
    edit(&mut screen, "1.3.0", "1.2.3");
    screen.keys("q");
    screen.keys("5");
    screen.wait("the end of step 2", |text| text.contains("This step is passed."));
    screen.keys("n");
    screen.wait("the debrief", |text| text.contains("Your timeline: 7 of 7 goals"));
    screen.keys("\x03");
    assert!(screen.ended());
}

/// From start to the first self-healing seen takes at most six key presses.
#[test]
fn the_first_minute() {
    let (manifests, home) = (home(), home());
    shop(manifests.path());
    let mut screen = Screen::open(manifests.path(), home.path(), 24, 80, "max");
    screen.wait("the open shop", |text| text.contains("all 6 ready"));
    let mut pressed = 0;
    let mut press = |screen: &mut Screen, keys: &str| {
        screen.keys(keys);
        pressed += 1;
    };
    // Two lines down is the first pod; K breaks what is selected; p deletes a pod.
    press(&mut screen, "j");
    press(&mut screen, "j");
    press(&mut screen, "K");
    screen.wait("the break menu", |text| text.contains("delete pod"));
    press(&mut screen, "p");
    screen.wait("a story that healed", |text| {
        text.contains("you deleted pod") && text.contains("healed") && text.contains("all 6 ready")
    });
    assert!(pressed <= 6, "{pressed} keys");
    screen.keys("\x03");
    assert!(screen.ended());
}

/// In lesson 1, on the second line of the cluster: the first login pod.
fn select_a_pod(screen: &mut Screen) {
    screen.keys(&format!("\t{}", DOWN.repeat(2)));
}

#[test]
fn a_lesson_goes_on_where_it_was_killed() {
    let home = home();
    let mut screen = begin("1", "max", home.path());
    select_a_pod(&mut screen);
    screen.keys("K");
    screen.wait("the break menu", |text| text.contains("delete pod"));
    screen.keys("p");
    screen.wait("the question", |text| text.contains("waits  ") && text.contains("digits choose"));
    screen.kill();
    // The course offers the lesson, and it stands as it stood: the deed is done, the question is open.
    let mut screen = start(&["learn", "--speed", "max"], home.path());
    screen.wait("the course", |text| {
        text.lines().any(|line| {
            line.contains("\u{25b8}") && line.contains("01  A promise") && line.contains("goes on")
        })
    });
    screen.keys("\r");
    screen.wait("the question as it was", |text| {
        text.contains("You go on where you were")
            && text.contains("step 1 of 1")
            && text.lines().any(|line| line.contains("You deleted a login pod") && line.contains('\u{2713}'))
            && text.contains("You delete one login pod.")
    });
    // It goes on with that pod gone: nothing else has to be done but to answer and to let the clock run.
    screen.wait("the keys", |text| text.contains("Digits choose."));
    screen.keys("2c\r");
    screen.wait("the answer", |text| text.contains("you said: Three pods. The same pod"));
    screen.keys(" ");
    screen.wait("the passed step", |text| text.contains("This step is passed."));
    let noted = progress(home.path());
    assert_eq!(noted.attempts().count(), 1, "it is one attempt: {noted:?}");
    assert!(noted.is_passed("01-a-promise-and-a-loop"));
    screen.kill();
    // What is over does not go on.
    let screen = start(&["learn", "1"], home.path());
    screen.wait("the introduction", |text| text.contains("introduction"));
}

#[test]
fn hints_look_at_what_was_done() {
    let home = home();
    let mut screen = begin("1", "5x", home.path());
    screen.keys("h");
    screen.wait("where to look", |text| text.contains("Which key takes one of them away?"));
    screen.keys("h");
    screen.wait("what to use", |text| text.contains("opens the menu that breaks things"));
    select_a_pod(&mut screen);
    screen.keys("K");
    screen.wait("the break menu", |text| text.contains("kill container"));
    screen.keys("c");
    screen.wait("the question", |text| text.contains("waits  "));
    screen.keys("h");
    screen.wait("what was done", |text| text.contains("You ended the program inside a pod."));
    screen.keys("h");
    screen.wait("what to do", |text| text.contains("Select a line that begins with"));
    screen.wait_for("four hints in the progress file", |_| {
        progress(home.path()).best("01-a-promise-and-a-loop").is_some_and(|attempt| attempt.hints == 4)
    });
    // The step again: nobody has asked for anything.
    screen.keys("rs");
    screen.wait("the step from its beginning", |text| {
        !text.contains("waits  ") && !text.contains("Select a line that begins with")
    });
    screen.keys("\x03");
    assert!(screen.ended());
}

#[test]
fn the_sandbox_gives_the_lesson_back() {
    let home = home();
    let mut screen = begin("1", "max", home.path());
    let wants = |replicas: u32| {
        move |text: &str| {
            let mut rows = text.lines().filter(|line| line.contains("deploy/login"));
            rows.any(|line| line.split_whitespace().any(|word| word == replicas.to_string()))
        }
    };
    screen.keys("rt");
    screen.wait("the sandbox", |text| text.contains("You are in the sandbox"));
    screen.keys(":scale deployment login --replicas=5\r");
    screen.wait("five pods", wants(5));
    screen.keys("rt");
    // The wish is what it was, and nobody broke the promise not to touch it.
    screen.wait("the lesson as it was", |text| {
        wants(3)(text)
            && !wants(5)(text)
            && !text.contains("You are in the sandbox")
            && text.contains("The wish was not touched")
            && !text.contains("missed")
    });
    screen.keys("\x03");
    assert!(screen.ended());
}

#[test]
fn a_lesson_is_skipped_and_taken_again_with_fresh_eyes() {
    let home = home();
    let mut screen = begin("1", "max", home.path());
    screen.keys("rk");
    screen.wait("the debrief", |text| text.contains("Your timeline: ") && text.contains("Skipped."));
    screen.keys("rf");
    screen.wait("the introduction", |text| text.contains("introduction"));
    screen.wait_for("two attempts", |_| progress(home.path()).attempts().count() == 2);
    let noted = progress(home.path());
    let seeds: Vec<u64> = noted.attempts().map(|attempt| attempt.seed).collect();
    assert_ne!(seeds[0], seeds[1]);
    assert!(!noted.is_passed("01-a-promise-and-a-loop"), "what was skipped is not passed");
    // The lesson again, with the same numbers.
    screen.keys("n");
    screen.wait("the step", |text| text.contains("step 1 of 1"));
    screen.keys("rl");
    screen.wait("the introduction again", |text| text.contains("introduction"));
    assert_eq!(progress(home.path()).attempts().count(), 2);
    screen.keys("\x03");
    assert!(screen.ended());
}

#[test]
fn an_author_saves_and_sees() {
    let home = home();
    let folder = home.path().join("pack/01-small");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("lesson.md");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lessons/01-small/lesson.md");
    let text = std::fs::read_to_string(fixture).expect("a lesson");
    let save = |text: &str| std::fs::write(&file, text).expect("saved");
    save(&text);
    let name = folder.display().to_string();
    let mut screen = start(&["lesson", "play", &name, "--watch"], home.path());
    screen.wait("the introduction", |text| text.contains("One node, one Deployment."));
    screen.keys("n");
    screen.wait("the first step", |text| text.contains("Delete one of the two pods."));
    // A bad save is told with its place, and the lesson stays as it is.
    save(&text.replace("  saw: {delete:", "  swa: {delete:"));
    screen.wait("the mistake", |text| {
        text.contains("lesson.md:53:3")
            && text.contains("did you mean")
            && text.contains("Delete one of the two pods.")
    });
    // A good one is shown, at the same step.
    save(&text.replace("Delete one of the two pods.", "Take one of the two pods away."));
    screen.wait("the new text", |text| {
        text.contains("Take one of the two pods away.") && text.contains("step 1 of 2")
    });
    screen.keys("\x03");
    assert!(screen.ended());
    assert!(!home.path().join("kubeloop/progress.json").exists(), "an author's attempts are no progress");
}

/// Takes a lesson in plain mode with these lines; gives what was said.
fn talk(args: &[&str], lines: &str, home: &Path) -> String {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubeloop"))
        .arg("learn")
        .args(args)
        .args(["--plain", "--speed", "max"])
        .env("HOME", home)
        .env("XDG_DATA_HOME", home)
        .env("XDG_STATE_HOME", home)
        .env_remove("KUBELOOP_PROGRESS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("its input").write_all(lines.as_bytes()).expect("somebody listens");
    let output = child.wait_with_output().expect("an end");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    text
}

#[test]
fn lesson_1_is_taken_in_plain_mode() {
    let home = home();
    // Two minutes of doing nothing, and somebody asks whether help is wanted.
    let lines = "hint\nnext\ngoto 120\ngoals\ndelete pod -l app=login\nscale deployment login --replicas=4\nanswer 1 certain\ngoto 240\ngoals\ncards\ncards rollback\n";
    let text = talk(&["1"], lines, home.path());
    for said in [
        "Lesson 01: A promise and a loop. Introduction.",
        "Type delete pod NAME with one of",
        "Use why NAME on the new pod",
        "Question: You delete one login pod.",
        "Stuck? Type hint.",
        "  open: You deleted a login pod",
        "done: You deleted a login pod",
        "The clock waits for your answer.",
        "Say first what will happen",
        "It came otherwise.",
        "  It was: Three pods. One of them is new, with a new name.",
        "A pod may go, but the wish is still 3",
        "done: Three login pods are ready again, by themselves",
        "  kept: The wish was not touched",
        "This step is passed. Type next.",
        "CARDS   1 of 23 lessons passed",
        "CARDS WITH \"rollback\"",
    ] {
        assert!(text.contains(said), "\"{said}\" is not in:\n{text}");
    }
    assert!(progress(home.path()).is_passed("01-a-promise-and-a-loop"));
}

#[test]
fn a_lesson_that_is_due_comes_back_with_other_numbers() {
    let home = home();
    let old = r#"{"kubeloop_progress": 1, "attempts": [{"lesson": "01-a-promise-and-a-loop",
        "began": "2020-01-05T08:00:00Z", "seed": 1, "passed": true, "goals": [4, 4]}]}"#;
    std::fs::create_dir_all(home.path().join("kubeloop")).expect("a folder");
    std::fs::write(home.path().join("kubeloop/progress.json"), old).expect("written");
    let text = talk(&["1"], "next\n", home.path());
    assert!(text.contains("It is time for this one again"), "{text}");
    let seeds: Vec<u64> = progress(home.path()).attempts().map(|attempt| attempt.seed).collect();
    assert!(seeds.len() == 2 && seeds[1] != 1, "{seeds:?}");
    // In plain mode, too, what was begun goes on.
    let text = talk(&["1"], "goals\n", home.path());
    assert!(text.contains("You go on where you were.") && text.contains("Step 1 of 1"), "{text}");
    assert_eq!(progress(home.path()).attempts().count(), 2);
}

#[test]
fn a_lesson_is_read_in_another_language() {
    let home = home();
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lessons").display().to_string();
    let text = talk(&["01-small", "--lessons", &pack, "--language", "de"], "next\n", home.path());
    assert!(text.contains("Eine kleine Lektion"), "{text}");
    let text = talk(&["02-next", "--lessons", &pack, "--language", "de"], "", home.path());
    assert!(text.contains("Lesson 02"), "what is not translated is read as it is: {text}");
}
