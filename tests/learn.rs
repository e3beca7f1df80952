//! The course as a learner takes it: in a real terminal with keys only, wrong answers included, and in plain mode.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a terminal is real: the test waits for it with a cap")]

#[path = "support/pty.rs"]
mod pty;

use std::path::Path;

use kubeloop::lessons::progress::Progress;
use portable_pty::CommandBuilder;
use pty::{Answers, Screen, shop};

const DOWN: &str = "\u{1b}[B";
const END: &str = "\u{1b}[F";

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A lesson on a wide screen, with its introduction read.
fn begin(number: &str, speed: &str, home: &Path) -> Screen {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kubeloop"));
    command.args(["learn", number, "--speed", speed]);
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
        command.env(name, home);
    }
    command.env_remove("KUBELOOP_PROGRESS");
    command.env_remove("KUBELOOP_CONFIG");
    command.env("TERM", "xterm-256color");
    let mut screen = Screen::run(command, 36, 120, Answers::Nothing);
    screen.wait("the introduction", |text| text.contains("introduction") && text.contains("[5 Learn]"));
    screen.keys("n");
    screen.wait("the first step", |text| text.contains("step 1 of"));
    screen
}

fn progress(home: &Path) -> Progress {
    let text = std::fs::read_to_string(home.join("kubeloop/progress.json")).expect("a progress file");
    Progress::parse(&text).expect("a progress file")
}

#[test]
fn lesson_1_is_taken_with_keys_and_a_wrong_answer() {
    let home = home();
    let mut screen = begin("1", "max", home.path());
    // The act comes first, so the clock waits for the prediction. Tab goes from the page to the cluster.
    screen.keys(&format!("\t\t{}", DOWN.repeat(2)));
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
    screen.keys("n");
    screen.wait("step 2", |text| text.contains("step 2 of 4"));
    screen.keys(":docker update --restart always login\r");
    screen.keys(":docker start login\r");
    screen.wait("the end of step 2", |text| text.contains("This step is passed."));
    screen.keys("n");
    screen.wait("step 3", |text| text.contains("step 3 of 4"));
    screen.keys(":docker run -d --name login-2 -p 81:80 pizza/login:1.2.3\r");
    screen.keys(":scale deployment login --replicas=5\r");
    screen.wait("the clock waits", |text| text.contains("waits  "));
    screen.keys("2\r");
    screen.wait("the end of step 3", |text| text.contains("This step is passed."));
    screen.keys("n");
    screen.wait("step 4", |text| text.contains("step 4 of 4"));
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
    screen.keys("\t\t");
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
    screen.keys("n");
    screen.wait("step 2", |text| text.contains("step 2 of 2"));
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

#[test]
fn lesson_1_is_taken_in_plain_mode() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let home = home();
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubeloop"))
        .args(["learn", "1", "--plain", "--speed", "max"])
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .env_remove("KUBELOOP_PROGRESS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = "hint\nnext\ngoals\ndelete pod -l app=login\nscale deployment login --replicas=4\nanswer 1 certain\ngoto 120\ngoals\n";
    child.stdin.take().expect("its input").write_all(lines.as_bytes()).expect("somebody listens");
    let output = child.wait_with_output().expect("an end");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for said in [
        "Lesson 01: A promise and a loop. Introduction.",
        "Question: You delete one login pod.",
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
    ] {
        assert!(text.contains(said), "\"{said}\" is not in:\n{text}");
    }
    assert!(progress(home.path()).is_passed("01-a-promise-and-a-loop"));
}
