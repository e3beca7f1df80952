//! The dashboard in a real terminal: keys in, screen out. It runs as fast as it can; every wait is for a
//! condition, with a cap.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a terminal is real: the test waits for it with a cap")]

#[path = "support/pty.rs"]
mod pty;

use pty::{Screen, shop};

#[test]
fn a_first_session() {
    let (manifests, home) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    shop(manifests.path());
    let mut screen = Screen::open(manifests.path(), home.path(), 36, 120, "max");
    screen.wait("six ready pods", |text| text.contains("all 6 ready") && text.contains("deploy/login"));

    // The third row is the first pod. It is deleted, and another one comes.
    screen.keys("jj");
    let pod = |text: &str| {
        let line = text.lines().find(|line| line.contains("pod ") && line.contains("kubelet"));
        line.and_then(|line| {
            line.split_whitespace().skip_while(|word| *word != "pod").nth(1).map(str::to_owned)
        })
    };
    let before = pod(&screen.text()).expect("a pod on the screen");
    screen.keys("K");
    screen.wait("the break menu", |text| text.contains("delete pod"));
    screen.keys("p");
    screen.wait("the replacement", |text| {
        text.contains("all 6 ready")
            && pod(text).is_some_and(|name| name != before)
            && text.contains("you deleted pod")
    });

    // A manifest is edited on disk, by writing a new file and renaming it over the old one, as editors do.
    let login = manifests.path().join("login.yaml");
    let text = std::fs::read_to_string(&login).expect("the manifest");
    assert!(text.contains("replicas: 3"));
    let swap = manifests.path().join(".login.yaml.swp");
    std::fs::write(&swap, text.replace("replicas: 3", "replicas: 4")).expect("written");
    std::fs::rename(&swap, &login).expect("renamed");
    screen.wait("seven ready pods", |text| text.contains("all 7 ready"));

    // A file that cannot be read is shown with its place, and the last good version stays in force.
    std::fs::write(&login, text.replace("replicas:", "replcas:")).expect("written");
    screen.wait("the problem", |text| text.contains("login.yaml:") && text.contains("replcas"));
    screen.wait("nothing lost", |text| text.contains("all 7 ready"));

    screen.keys("?");
    screen.wait("the keys", |text| text.contains("Keys here: "));
    screen.keys("?");
    screen.wait("the screen below", |text| !text.contains("Keys here: "));
    screen.keys("qqq");
    assert!(screen.ended());
    let sessions = home.path().join("kubeloop/sessions");
    let journal =
        std::fs::read_dir(sessions).expect("journals").next().expect("one").expect("readable").path();
    let journal = std::fs::read_to_string(journal).expect("a journal");
    assert!(kubeloop::engine::Journal::parse(&journal).expect("a journal").entries.len() >= 8);
}

#[test]
fn a_small_terminal_and_ctrl_c() {
    let (manifests, home) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    shop(manifests.path());
    let mut screen = Screen::open(manifests.path(), home.path(), 24, 80, "max");
    screen.wait("six ready pods", |text| text.contains("all 6 ready"));
    screen.keys("K");
    screen.wait("the break menu", |text| text.contains("Break something"));
    screen.keys("\x03");
    assert!(screen.ended());
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: pizza/login:1.2.3
";

#[test]
fn a_manifest_is_edited_on_the_yaml_screen() {
    const DOWN: &str = "\u{1b}[B";
    const END: &str = "\u{1b}[F";
    let (manifests, home) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = manifests.path().join("web.yaml");
    std::fs::write(&file, WEB).expect("a manifest");
    let mut screen = Screen::open(manifests.path(), home.path(), 36, 120, "max");
    screen.wait("two ready pods", |text| text.contains("all 2 ready") && text.contains("deploy/web"));

    // A slip in `replicas`: it is shown where it is, and Tab puts it right.
    screen.keys("e");
    screen.wait("the editor", |text| text.contains("TYPING") && text.contains("kind: Deployment"));
    screen.keys(&DOWN.repeat(2));
    screen.keys("\u{1b}[C\u{1b}[C\u{1b}[3~");
    screen.wait("the problem", |text| text.contains("did you mean replicas?") && text.contains("^^^^^^^"));
    screen.keys("\t");
    screen.wait("the fix", |text| text.contains("no errors") && text.contains("replicas: 2"));

    // Another image: what it will cause is said before it is done.
    screen.keys(&format!("{}{END}\u{7f}4", DOWN.repeat(9)));
    screen.wait("the forecast", |text| text.contains("ROLLOUT") && text.contains("pods started"));
    screen.keys("\u{1b}");
    screen.wait("the keys", |text| text.contains("KEYS"));
    screen.keys("a");
    screen.wait("the comparison", |text| {
        text.lines().any(|line| {
            line.split_once("pods started")
                .is_some_and(|(_, values)| values.split_whitespace().take(2).eq(["2", "2"]))
        })
    });
    assert_eq!(std::fs::read_to_string(&file).expect("the manifest"), WEB, "apply leaves the file alone");
    screen.keys("s");
    screen.wait("the saved file", |_| {
        std::fs::read_to_string(&file).is_ok_and(|text| text == WEB.replace("1.2.3", "1.2.4"))
    });
    screen.keys("1");
    screen.wait("the new pods", |text| text.contains("all 2 ready") && text.contains("you applied web.yaml"));
    screen.keys("qq");
    assert!(screen.ended());
}

#[test]
fn back_in_time_and_on_from_there() {
    let (manifests, home) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    shop(manifests.path());
    let mut screen = Screen::open(manifests.path(), home.path(), 36, 120, "max");
    screen.wait("six ready pods", |text| text.contains("all 6 ready") && text.contains("deploy/login"));
    let sessions = home.path().join("kubeloop/sessions");
    let journal = || {
        let mut files = std::fs::read_dir(&sessions).expect("journals");
        std::fs::read_to_string(files.next().expect("one").expect("readable").path()).expect("a journal")
    };
    // The clock stands still, a pod is deleted, and one step shows the first thing that follows.
    screen.keys(" ");
    screen.wait("the clock stands still", |text| text.contains("paused"));
    screen.keys("jjKp");
    screen.wait("the deletion", |text| text.contains("you deleted pod"));
    screen.keys("3.");
    screen.wait("the screen of time", |text| text.contains("What changed") && text.contains("Lanes"));
    let before = journal();
    screen.keys(",,,");
    screen.wait("the past", |text| text.contains("PAST -") && text.contains('═'));
    // The past cannot be changed.
    screen.keys("1Kp");
    screen.wait("a refusal", |text| text.contains("cannot be changed"));
    screen.keys("F");
    screen.wait("the fork", |text| text.contains("kept as branch-1") && !text.contains("PAST -"));
    let after = journal();
    assert!(after.starts_with(&before), "the journal is only added to");
    assert!(after[before.len()..].contains("\"fork_us\""), "{}", &after[before.len()..]);
    kubeloop::engine::Journal::parse(&after).expect("a journal that can be read");
    screen.keys("B");
    screen.wait("two runs", |text| text.contains("this run") && text.contains("first difference"));
    screen.keys("\r");
    screen.wait("the other run", |text| text.contains("kept as branch-2"));
    assert!(journal().contains("\"take_up\":\"branch-1\""));
    screen.keys("\x03");
    assert!(screen.ended());
}

#[test]
fn what_was_asked_for_stays_and_a_watch_is_followed_until_esc() {
    let (manifests, home) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    shop(manifests.path());
    let mut screen = Screen::open(manifests.path(), home.path(), 24, 80, "max");
    screen.wait("six ready pods", |text| text.contains("all 6 ready"));
    screen.keys(":get nodes\r");
    let title = "kubectl get nodes";
    screen.wait("the answer", |text| text.contains(title) && text.contains("Esc closes"));
    screen.keys("\u{1b}");
    screen.wait("the screen below", |text| !text.contains(title));

    // A manifest is saved while the watch is looked at: what follows from it comes line by line.
    screen.keys(":get pods -w -l app=login\r");
    screen.wait("the watch", |text| text.contains("Esc ends it") && text.matches("Running").count() >= 3);
    let login = manifests.path().join("login.yaml");
    let text = std::fs::read_to_string(&login).expect("the manifest");
    std::fs::write(&login, text.replace("replicas: 3", "replicas: 4")).expect("written");
    screen
        .wait("the fourth pod", |text| text.contains("Esc ends it") && text.matches("Running").count() >= 4);
    screen.keys("\u{1b}");
    screen.wait("the screen below", |text| !text.contains("Esc ends it") && text.contains("all 7 ready"));
    screen.keys("q");
    assert!(screen.ended());
}
