//! A demo in a real terminal: a scene is played with keys to its end, left, brought back and rewound.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a terminal is real: the test waits for it with a cap")]

#[path = "support/pty.rs"]
mod pty;

use std::path::Path;
use std::process::Command;

use kubeloop::engine::Engine;
use kubeloop::engine::driver::Inline;
use kubeloop::scenes::{self, Embedded, Scene, SceneBeat};
use kubeloop::script::Runner;
use kubeloop::time::Span;
use portable_pty::CommandBuilder;
use pty::{Answers, Screen};

fn demo(home: &Path, args: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kubeloop"));
    command.args(["demo", "--speed", "max"]);
    command.args(args);
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
        command.env(name, home);
    }
    command.env("TERM", "xterm-256color");
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// What the notes of the second terminal say now.
fn notes(home: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubeloop"));
    command.args(["demo", "--notes", "--once"]);
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
        command.env(name, home);
    }
    String::from_utf8(command.output().expect("the notes").stdout).expect("text")
}

/// The first line without what only the moment shows: scene, time and beat.
fn heading(text: &str) -> String {
    let line = text.lines().find(|line| line.contains("SCENE")).unwrap_or_default();
    line.split("waits").next().unwrap_or_default().trim().to_owned()
}

fn waits_at(beat: &str) -> impl Fn(&str) -> bool {
    let beat = format!("beat {beat}  waits for n");
    move |text| text.contains(&beat)
}

#[test]
fn a_scene_is_played_with_keys_to_its_end() {
    let home = tempfile::tempdir().expect("a folder");
    let mut screen = Screen::run(demo(home.path(), &["scheduler-gone"]), 30, 100, Answers::Nothing);
    screen.wait("the stage", waits_at("1/4"));
    screen.wait("the question", |text| text.contains("How many pods are lost?"));
    assert!(notes(home.path()).contains("Let the room look for the difference"));

    // Seven hands for none, two for one pod.
    screen.keys("v7\r2\r\r");
    screen.wait("the hands", |text| {
        text.lines().any(|line| line.contains("1 none") && line.trim_end().ends_with(" 7"))
    });
    screen.keys("n");
    screen.wait("the second beat", waits_at("2/4"));
    screen
        .wait("who was right", |text| text.contains("What really happened: none. 7 of 9 hands were right."));
    screen.wait("their bars", |text| {
        text.lines().any(|line| line.contains("▸1 none") && line.trim_end().ends_with(" 7"))
    });
    let second = heading(&screen.text());
    screen.keys("n");
    screen.wait("the third beat", waits_at("3/4"));
    let third = heading(&screen.text());
    assert_ne!(second, third, "time went by");
    screen
        .wait("the gap", |text| text.contains("on no node") && text.contains("it is made, and gets no node"));

    // Back, and once more: the same again, to the moment.
    screen.keys("b");
    screen.wait("the second beat again", waits_at("2/4"));
    assert_eq!(heading(&screen.text()), second);
    screen.keys("n");
    screen.wait("the third beat again", waits_at("3/4"));
    assert_eq!(heading(&screen.text()), third);

    // The presenter deletes a deployment, which is no part of the scene, and comes back to it.
    screen.keys(":delete deployment payment\r");
    screen.wait("the takeover", |text| text.contains("YOU TOOK OVER"));
    assert!(notes(home.path()).contains("you took over"));
    screen.keys("b");
    screen.wait("the third beat as it was", waits_at("3/4"));
    assert_eq!(heading(&screen.text()), third);
    screen.keys("n");
    screen.wait("the end", |text| text.contains("beat 4/4  the end") && text.contains("all pods, finds one"));
    screen.keys("q");
    assert!(screen.ended());
    assert!(notes(home.path()).contains("No demo has begun"));
}

/// What really happened in each beat that asked, played without a screen.
fn outcomes(scene: &Scene) -> Vec<Option<String>> {
    let mut engine = Engine::new(scene.script.world.config(&scene.script.images, None), Box::new(Inline));
    assert!(engine.run_while(Span::secs(120), kubeloop::script::is_up));
    let start = engine.now();
    Runner::steps(&scene.prelude, &Embedded, &mut engine).resume(start);
    let play = |beat: &SceneBeat| {
        let asked = engine.now();
        Runner::steps(&beat.steps, &Embedded, &mut engine).resume(asked);
        let ask = beat.ask.as_ref()?;
        Some(ask.options[ask.outcome(engine.world(), asked).expect("one answer")].text.clone())
    };
    scene.beats.iter().map(play).collect()
}

#[test]
fn all_scenes_are_played_one_after_the_other_and_come_out_as_without_a_screen() {
    let home = tempfile::tempdir().expect("a folder");
    let mut screen = Screen::run(demo(home.path(), &["1"]), 40, 140, Answers::Nothing);
    for (index, scene) in scenes::all().iter().enumerate() {
        let title = format!("SCENE {} of 6   {}", index + 1, scene.title);
        screen.wait(&title, |text| text.contains(&title));
        let (outcomes, beats) = (outcomes(scene), scene.beats.len());
        for beat in 1..beats {
            screen.wait(&format!("{title}, beat {beat}"), waits_at(&format!("{beat}/{beats}")));
            screen.keys("n");
            if let Some(happened) = &outcomes[beat - 1] {
                let line = format!("What really happened: {happened}.");
                screen.wait(&line, |text| text.contains(&line));
            }
        }
        screen.wait("the end", |text| text.contains(&format!("beat {beats}/{beats}  the end")));
        screen.keys("n");
    }
    screen.wait("no more scenes", |text| text.contains("The scene is over."));
    screen.keys("q");
    assert!(screen.ended());
}

#[test]
fn a_scene_from_the_break_menu_gives_the_session_back() {
    let (manifests, home) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    pty::shop(manifests.path());
    let mut screen = Screen::open(manifests.path(), home.path(), 36, 120, "max");
    screen.wait("six ready pods", |text| text.contains("all 6 ready"));
    screen.keys("K");
    screen.wait("the scenes", |text| text.contains("SCENES") && text.contains("3  Crash loop and back-off"));
    screen.keys("3");
    screen.wait("a question", |text| text.contains("Play it?"));
    screen.keys("y");
    screen.wait("the stage", |text| text.contains("SCENE 3 of 6") && text.contains("The oven runs."));
    screen.keys("1");
    screen.wait("the dashboard", |text| text.contains("deploy/oven"));
    screen.keys("q");
    screen.wait("the stage again", |text| text.contains("SCENE 3 of 6"));
    screen.keys("q");
    screen.wait("the session again", |text| text.contains("deploy/login") && text.contains("all 6 ready"));
}

#[test]
fn mistakes_have_answers() {
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_kubeloop")).args(args).output().expect("an end");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, text) = run(&["demo", "moon"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("node-dies") && text.contains("\"moon\""), "{text}");
    let (code, text) = run(&["demo", "assets/scripts/heal.yaml"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("heal.yaml:1:1") && text.contains("say"), "{text}");
    let (code, text) = run(&["demo", "2"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("needs a terminal"), "{text}");
}
