//! The dashboard as a good citizen of the terminal: it bears every size, gives the terminal back, writes nothing when
//! nothing changes, and each main flow works with keys alone.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a terminal is real: the test waits for it with a cap")]

#[path = "support/pty.rs"]
mod pty;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use pty::{Answers, Screen, dashboard, shop};

/// A dashboard on the pizza shop, with its home.
struct Session {
    screen: Screen,
    home: tempfile::TempDir,
    _manifests: tempfile::TempDir,
}

/// Opens the shop with these flags and this config file.
fn open_with(flags: &[&str], config: &str, answers: Answers, rows: u16, cols: u16) -> Session {
    let (manifests, home) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    shop(manifests.path());
    std::fs::create_dir_all(home.path().join("kubeloop")).expect("a folder");
    std::fs::write(home.path().join("kubeloop/config.yaml"), config).expect("written");
    let mut command = dashboard(manifests.path(), home.path());
    command.args(flags);
    command.cwd(home.path());
    if answers != Answers::Nothing {
        command.env("COLORTERM", "truecolor");
    }
    Session { screen: Screen::run(command, rows, cols, answers), home, _manifests: manifests }
}

fn open(rows: u16, cols: u16) -> Session {
    let session = open_with(&["--speed", "max"], "", Answers::Nothing, rows, cols);
    ready(&session.screen);
    session
}

fn ready(screen: &Screen) {
    screen.wait("six ready pods", |text| text.contains("all 6 ready"));
}

/// Waits until nothing was written for five seconds; longer than what is said for a moment stays on the screen.
fn wait_for_silence(screen: &Screen) {
    let (mut bytes, mut since, began) = (screen.bytes(), Instant::now(), Instant::now());
    while since.elapsed() < Duration::from_secs(5) {
        assert!(began.elapsed() < pty::CAP, "it goes on writing:\n{}", screen.text());
        std::thread::sleep(Duration::from_millis(20));
        if screen.bytes() != bytes {
            (bytes, since) = (screen.bytes(), Instant::now());
        }
    }
}

/// The state of a process: `T` is stopped.
fn state(process: u32) -> String {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &process.to_string()]).output().expect("ps");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args([name, &process.to_string()]).status().expect("kill");
    assert!(status.success());
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn every_size_is_borne_down_to_one_cell_and_back() {
    let mut session = open(36, 120);
    let screen = &mut session.screen;
    screen.keys("j");
    let sizes = [(24, 80), (60, 200), (12, 40), (11, 39), (1, 1), (2, 3), (50, 20), (5, 200), (45, 160)];
    for round in 0..3 {
        for (rows, cols) in sizes {
            screen.resize(rows, cols);
            if round == 0 {
                // The first time slowly, so that each size is painted; then as a storm.
                let enough = rows >= 12 && cols >= 40;
                screen.wait("a painted screen", |text| {
                    if enough { text.contains(" NOW ") } else { !text.contains(" NOW ") }
                });
            }
        }
    }
    screen.resize(11, 60);
    screen.wait("what is missing", |text| {
        text.contains("need 40x12, have 60x11") && text.contains("stands still")
    });
    screen.resize(36, 120);
    let is_whole =
        |text: &str| ["all 6 ready", " NOW ", "Wire:", "? keys"].iter().all(|part| text.contains(part));
    screen.wait("everything again", is_whole);
    // Smaller and back while the program is not looking: the size is what it was, and the cells are gone.
    let process = screen.process();
    signal(process, "-STOP");
    screen.wait_for("a stopped process", |screen| state(screen.process()).starts_with('T'));
    screen.resize(1, 1);
    screen.resize(36, 120);
    assert!(!is_whole(&screen.text()), "the cells are gone");
    signal(process, "-CONT");
    screen.wait("everything once more", is_whole);
    screen.keys("qq");
    assert!(screen.ended());
}

#[test]
fn a_paste_goes_into_the_line_and_runs_nothing_by_itself() {
    let mut session = open(36, 120);
    let screen = &mut session.screen;
    // Without a line to go into, letters that are pasted are no keys.
    screen.keys("\x1b[200~Kpq\x1b[201~");
    screen.keys(":");
    screen.wait("the line", |text| text.contains("tab completes"));
    screen.keys("\x1b[200~get pods\n\x1b[201~");
    screen.wait("the pasted words", |text| text.contains(": get pods") && !text.contains("RESTARTS"));
    screen.keys("\r");
    screen.wait("the table", |text| text.contains("RESTARTS") && text.contains("login-"));
    screen.keys("\x1bqq");
    assert!(screen.ended());
}

#[test]
fn the_shell_gets_the_terminal_while_it_is_stopped() {
    let mut session = open(36, 120);
    let screen = &mut session.screen;
    let process = screen.process();
    // By key, and by signal.
    for round in ["\x1a", ""] {
        match round {
            "" => signal(process, "-TSTP"),
            key => screen.keys(key),
        }
        screen.wait_for("the shell's screen", |screen| !screen.is_taken());
        screen.wait_for("a stopped process", |screen| state(screen.process()).starts_with('T'));
        signal(process, "-CONT");
        screen.wait_for("the dashboard's screen", |screen| {
            screen.is_taken() && screen.text().contains("all 6 ready")
        });
    }
    screen.keys("j");
    screen.keys("qq");
    assert!(screen.ended());
}

#[test]
fn nothing_is_written_while_the_clock_stands_still() {
    let mut session = open(36, 120);
    let screen = &mut session.screen;
    screen.keys(" ");
    screen.wait("the clock stands still", |text| text.contains("paused"));
    wait_for_silence(screen);
    let before = screen.bytes();
    screen.keys("j");
    screen.wait_for("an answer", |screen| screen.bytes() > before);
    screen.keys("qq");
    assert!(screen.ended());
}

#[test]
fn the_terminal_is_asked_for_its_background() {
    let rgb = |red, green, blue| vt100::Color::Rgb(red, green, blue);
    let light = open_with(&["--speed", "max"], "", Answers::Background("fdfd/f6f6/e3e3"), 24, 80);
    light.screen.wait_for("the light theme", |screen| screen.colours().contains(&rgb(0x09, 0x83, 0x65)));
    let dark = open_with(&["--speed", "max"], "", Answers::Background("1010/1414/1a1a"), 24, 80);
    dark.screen.wait_for("the dark theme", |screen| screen.colours().contains(&rgb(0x22, 0xe6, 0xa0)));
    // A terminal that does not answer costs a moment, and gets colours that are right on both.
    let silent = open(24, 80);
    assert!(!silent.screen.colours().iter().any(|colour| matches!(colour, vt100::Color::Rgb(..))));
    for mut session in [light, dark, silent] {
        ready(&session.screen);
        session.screen.keys("qq");
        assert!(session.screen.ended());
    }
}

#[test]
fn the_users_keys_are_in_force_and_shown() {
    let config = "theme: mono\nascii: true\nspeed: max\nkeys:\n  break: X\n  quit: Q\n";
    let mut session = open_with(&[], config, Answers::Nothing, 36, 120);
    let screen = &mut session.screen;
    ready(screen);
    screen.wait("the hints", |text| text.contains(" X break") && text.contains(" Q quit"));
    assert!(screen.text().is_ascii(), "{}", screen.text());
    screen.keys("K");
    screen.keys("X");
    screen.wait("the break menu", |text| text.contains("Break something"));
    screen.keys("\x1b");
    screen.wait("the screen below", |text| !text.contains("Break something"));
    screen.keys("?break");
    screen.wait("the key in the help", |text| text.contains("X     break"));
    screen.keys("\x1b");
    screen.wait("the screen below", |text| !text.contains("Keys here: "));
    screen.keys("QQ");
    assert!(screen.ended());
}

#[test]
fn a_config_file_with_a_slip_is_told_before_anything_is_painted() {
    let mut session = open_with(&[], "thme: dark\n", Answers::Nothing, 24, 100);
    session
        .screen
        .wait("the slip", |text| text.contains("config.yaml:1:1") && text.contains("did you mean `theme`?"));
    assert!(!session.screen.ended());
}

#[test]
fn commands_and_filters_are_typed() {
    let mut session = open(36, 120);
    let screen = &mut session.screen;
    screen.keys(":scale deployment/login --replicas=5\r");
    screen.wait("eight ready pods", |text| text.contains("all 8 ready"));
    screen.keys(":spee");
    screen.wait("the completion", |text| text.contains("speed"));
    screen.keys("\t 1x\r");
    screen.wait("the speed", |text| text.contains(" 1x "));
    screen.keys("/payment\r");
    screen.wait("the filter", |text| text.contains("filter: payment") && !text.contains("deploy/login"));
    screen.keys("\x1b");
    screen.wait("all rows", |text| text.contains("deploy/login"));
    screen.keys(":nonsense\r");
    screen.wait("an answer", |text| text.contains("unknown") || text.contains("nonsense"));
    screen.keys("\x03");
    assert!(screen.ended());
}

#[test]
fn the_help_is_searched_and_runs_a_key() {
    let mut session = open(36, 120);
    let screen = &mut session.screen;
    screen.keys("?");
    screen.wait("the keys", |text| text.contains("Keys here: "));
    screen.keys("x-ray");
    screen.wait("the search", |text| text.contains("/ x-ray"));
    screen.keys("\r");
    screen.wait("what really runs", |text| text.contains("x-ray ON") && text.contains("REAL:"));
    screen.keys("qq");
    assert!(screen.ended());
}

#[test]
fn screens_are_gone_through_and_why_is_answered() {
    let mut session = open(36, 120);
    let screen = &mut session.screen;
    screen.keys("jjw");
    screen.wait("an answer", |text| text.contains("Why") && text.contains("Esc"));
    screen.keys("\x1b");
    screen.wait("the screen below", |text| text.contains("Wire:") && !text.contains("tab question"));
    for (key, words) in [("2", "Loop lens"), ("3", "Lanes"), ("4", "kind:"), ("1", "Wire:")] {
        screen.keys(key);
        screen.wait(words, |text| text.contains(words));
    }
    screen.keys("z");
    screen.wait("one panel", |text| text.contains("OBJECT") && !text.contains("Wire:"));
    screen.keys("z");
    screen.wait("all panels", |text| text.contains("Wire:"));
    screen.keys("qq");
    assert!(screen.ended());
}

#[test]
fn screen_frames_and_run_are_exported() {
    let mut session = open_with(&["--speed", "max", "--record", "all.cast"], "", Answers::Nothing, 36, 120);
    let screen = &mut session.screen;
    ready(screen);
    let home = session.home.path();
    for (what, file) in [("screen", "s.txt"), ("screen", "s.svg"), ("cast", "s.cast"), ("run", "s.journal")] {
        screen.keys(&format!(":export {what} {file}\r"));
        screen.wait(file, |text| text.contains(&format!("{file} is written")));
    }
    let text = read(&home.join("s.txt"));
    assert!(text.contains("deploy/login") && text.lines().count() == 36, "{text}");
    assert!(read(&home.join("s.svg")).contains("deploy/login"));
    // The frames, played in a terminal of the same size, show what was on the screen.
    for cast in ["s.cast", "all.cast"] {
        let cast = read(&home.join(cast));
        let size = |count| std::num::NonZeroU16::new(count).expect("a size");
        let mut player = vt100::Parser::new(size(36), size(120), 0);
        let mut lines =
            cast.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        assert_eq!(lines.next().expect("a header")["version"], 2);
        for line in lines {
            assert!(line[0].is_number() && line[1] == "o", "{line}");
            player.process(line[2].as_str().expect("text").as_bytes());
        }
        assert!(player.screen().contents().contains("deploy/login"));
    }
    screen.keys(":export run s.journal\r");
    screen.wait("a refusal", |text| text.contains("is there already and stays as it is"));
    screen.keys("\x1b");
    screen.keys(":export screen no/s.txt\r");
    screen.wait("another refusal", |text| text.contains("there is no folder no"));
    screen.keys("\x03");
    assert!(screen.ended());
    let replay = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubeloop"));
        let output =
            command.current_dir(home).args(["replay", "s.journal"]).args(args).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(!replay(&["--at", "0s"]).contains("Deployment/default/login"), "nothing was applied yet");
    assert!(replay(&[]).contains("Deployment/default/login"));
}

#[test]
fn a_calm_session_numbers_messages_and_heals_all_the_same() {
    let mut session = open_with(&["--speed", "max", "--calm"], "", Answers::Nothing, 36, 120);
    let screen = &mut session.screen;
    ready(screen);
    screen.keys("jjKp");
    let is_number = |word: &str| word.strip_prefix('#').is_some_and(|digits| digits.parse::<u32>().is_ok());
    let is_numbered = |pair: &[&str]| is_number(pair[0]) && ["▾", "▴"].contains(&pair[1]);
    screen.wait("a numbered message", |text| {
        text.split_whitespace().collect::<Vec<_>>().windows(2).any(is_numbered)
    });
    screen.wait("all is well", |text| text.contains("all 6 ready") && text.contains("you deleted pod"));
    screen.keys("\x03");
    assert!(screen.ended());
}

#[test]
fn plain_words_give_the_terminal_back_when_they_stop_and_end() {
    let (manifests, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(manifests.path());
    let mut command = dashboard(manifests.path(), home.path());
    command.arg("--plain");
    let mut screen = Screen::run(command, 24, 80, Answers::Nothing);
    screen.wait("a prompt", |text| text.lines().last().is_some_and(|line| line.starts_with('>')));
    for round in ["\x1a", ""] {
        match round {
            "" => signal(screen.process(), "-TSTP"),
            key => screen.keys(key),
        }
        screen.wait_for("a stopped process", |screen| state(screen.process()).starts_with('T'));
        signal(screen.process(), "-CONT");
        screen.wait_for("it goes on", |screen| !state(screen.process()).starts_with('T'));
    }
    screen.keys("get nodes\r");
    screen.wait("an answer", |text| text.contains("node-3") && text.contains("Ready"));
    signal(screen.process(), "-TERM");
    assert!(screen.ended(), "it ends by itself, and not by the signal");
}

/// What a terminal sends for the mouse: its button, and the line and the column of a word on the screen, from 1 on.
fn mouse(screen: &Screen, button: u8, word: &str) -> String {
    let text = screen.text();
    let place = text.lines().enumerate().find_map(|(line, words)| Some((line, words.find(word)?, words)));
    let (line, byte, words) = place.unwrap_or_else(|| panic!("no {word} in:\n{text}"));
    format!("\x1b[<{button};{};{}M", words[..byte].chars().count() + 1, line + 1)
}

#[test]
fn the_mouse_clicks_scrolls_and_drags() {
    const CLICK: u8 = 0;
    const DRAG: u8 = 32;
    const WHEEL_DOWN: u8 = 65;
    let mut session = open(36, 120);
    let screen = &mut session.screen;
    screen.keys("jjKp");
    screen.wait("a replacement", |text| text.contains("you deleted pod") && text.contains("all 6 ready"));
    screen.keys(" m");
    screen.wait("the mouse", |text| text.contains("mouse on; m leaves it"));
    // A click selects a row, which `y` copies; the wheel selects the next one.
    let copied = |screen: &mut Screen, name: &str| {
        screen.keys("y");
        screen.wait(name, |text| text.contains(&format!("copied {name}")));
    };
    let click = mouse(screen, CLICK, "deploy/login");
    screen.keys(&click);
    copied(screen, "login");
    let click = mouse(screen, CLICK, "deploy/payment");
    screen.keys(&click);
    copied(screen, "payment");
    let wheel = mouse(screen, WHEEL_DOWN, "deploy/payment");
    screen.keys(&wheel);
    copied(screen, "payment-");
    // A click in another panel gives it the focus: there, arrows pick links.
    let click = mouse(screen, CLICK, "Wire:");
    screen.keys(&click);
    screen.wait("the links", |text| text.contains("left right pick a link"));
    // Whoever draws over words wants to select them.
    let drag = mouse(screen, DRAG, "deploy/login");
    screen.keys(&drag);
    screen.wait("how to select text", |text| text.contains("press m to select text"));
    // A tab opens its screen.
    let click = mouse(screen, CLICK, "3 Time");
    screen.keys(&click);
    screen.wait("the lanes", |text| text.contains("Lanes"));
    screen.keys("m");
    screen.wait("no mouse", |text| text.contains("mouse off"));
    screen.keys("\x03");
    assert!(screen.ended());
}

#[test]
fn a_journal_opens_at_a_time_and_can_be_gone_on_with() {
    let home = tempfile::tempdir().expect("a folder");
    let journal = home.path().join("heal.journal");
    let played = Command::new(env!("CARGO_BIN_EXE_kubeloop"))
        .args(["run", "assets/scripts/heal.yaml", "--journal"])
        .arg(&journal)
        .output()
        .expect("it runs");
    assert!(played.status.success());
    let mut command = pty::program(home.path());
    command.arg("replay");
    command.arg(&journal);
    command.args(["--at", "00:02.5"]);
    command.cwd(home.path());
    let mut screen = Screen::run(command, 36, 120, Answers::Nothing);
    screen.wait("the past", |text| text.contains("PAST -") && text.contains("00:02.5"));
    // What is asked for there is answered as of then.
    screen.keys(":get nodes\r");
    screen.wait("an answer of that moment", |text| {
        text.contains("kubectl get nodes, as it was at 00:02.5") && text.contains("node-1")
    });
    screen.keys("\x1b");
    screen.wait("no answer", |text| !text.contains("as it was at"));
    screen.keys("3");
    screen.wait("its lanes", |text| text.contains("Lanes") && text.contains("Why?"));
    screen.keys("F");
    screen.wait("a run that goes on", |text| {
        text.contains("You go on from 00:02.5") && !text.contains("PAST -")
    });
    // A run that goes on has its own journal, with all that came before.
    let kept = std::fs::read_dir(home.path().join("kubeloop/sessions")).expect("journals");
    let kept = kept.map(|entry| read(&entry.expect("an entry").path())).collect::<String>();
    let before = read(&journal);
    assert!(before.lines().nth(1).is_some_and(|line| kept.contains(line)), "{kept}");
    screen.keys("qq");
    assert!(screen.ended());
}

#[test]
fn who_wants_no_colour_and_names_a_theme_gets_that_theme_and_by_itself_one_without_colours() {
    for (flags, coloured) in [(&["--theme", "dark"][..], true), (&[], false)] {
        let (manifests, home) =
            (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        shop(manifests.path());
        let mut command = dashboard(manifests.path(), home.path());
        command.args(["--speed", "max"]);
        command.env("NO_COLOR", "1");
        command.args(flags);
        command.cwd(home.path());
        let mut screen = Screen::run(command, 24, 80, Answers::Nothing);
        ready(&screen);
        // Bold, underlined and the like are no colours: states are told apart by them.
        screen.wait_for("letters that stand out", |screen| screen.bold() > 20);
        assert_eq!(screen.colours().len() > 1, coloured, "{flags:?}: {:?}", screen.colours());
        screen.keys("qq");
        assert!(screen.ended());
    }
}
