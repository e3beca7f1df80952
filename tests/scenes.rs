//! The scenes: each is played to its end, and what it claims is what happens.
#![allow(clippy::disallowed_methods, reason = "tests read the repository's scenes")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use crossterm::event::KeyCode;
use kubeloop::engine::Engine;
use kubeloop::engine::driver::Inline;
use kubeloop::scenes::{self, Embedded, Scene};
use kubeloop::script::{Action, Held, Report, Runner, Step};
use kubeloop::time::Span;
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::theme::Theme;
use kubeloop::tui::{App, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

fn play(scene: &Scene) -> Report {
    let config = scene.script.world.config(&scene.script.images, None);
    let mut engine = Engine::new(config, Box::new(Inline));
    Runner::new(&scene.script, &Embedded, &mut engine).run(None)
}

#[test]
fn every_scene_gets_to_its_end_and_each_question_has_one_answer() {
    for scene in scenes::all() {
        let report = play(scene);
        let wrong: Vec<String> = report
            .findings
            .iter()
            .filter(|finding| finding.held != Held::Held)
            .map(|finding| {
                format!("line {} at {:.1} s: {}: {}", finding.line, finding.t, finding.what, finding.detail)
            })
            .collect();
        assert!(wrong.is_empty(), "{}:\n{}", scene.id, wrong.join("\n"));
        let asked = scene.beats.iter().filter_map(|beat| beat.ask.as_ref()).count();
        let judged =
            report.findings.iter().filter(|finding| finding.what.starts_with("one answer to")).count();
        assert_eq!(judged, asked, "{}: every question was judged", scene.id);
        let waits =
            scene.script.steps.iter().filter(|step| matches!(step.action, Action::Wait { .. })).count();
        let reached = report.findings.iter().filter(|finding| finding.what.starts_with("wait until")).count();
        assert_eq!(reached, waits, "{}: everything that is waited for came", scene.id);
    }
}

/// Plays a scene up to the stop of a beat, counted from 0; also what came of each beat's question.
fn play_to(scene: &Scene, beat: usize) -> (Engine, Vec<Option<Result<usize, String>>>) {
    let config = scene.script.world.config(&scene.script.images, None);
    let mut engine = Engine::new(config, Box::new(Inline));
    assert!(engine.run_while(Span::secs(120), kubeloop::script::is_up));
    let mut saved = BTreeMap::new();
    let mut play = |engine: &mut Engine, steps: &[Step]| {
        let start = engine.now();
        let runner = Runner::steps(steps, &Embedded, engine).with_saved(std::mem::take(&mut saved));
        let (report, texts) = runner.resume(start);
        assert!(report.is_good(), "{:?}", report.findings);
        saved = texts;
        start
    };
    play(&mut engine, &scene.prelude);
    let mut outcomes = Vec::new();
    for beat in scene.beats.iter().take(beat) {
        let asked = play(&mut engine, &beat.steps);
        outcomes.push(beat.ask.as_ref().map(|ask| ask.outcome(engine.world(), asked)));
    }
    (engine, outcomes)
}

#[test]
fn after_a_split_the_old_pods_really_run_on() {
    let (_, scene) = scenes::find("network-split").expect("a scene");
    assert!(scene.beats[2].caption.contains("the old ones on node-3 still run"));
    let (engine, _) = play_to(&scene, 2);
    let machine = engine.world().machine("node-3").expect("a machine with power");
    let running = machine.pods.values().flat_map(|pod| &pod.containers).filter(|it| it.state == "running");
    assert_eq!(running.count(), 2, "one of login, one of delivery");
}

/// A scene on the stage at the stop of a beat, as the room sees it.
fn stage(id: &str, beat: usize, glyphs: Glyphs, theme: &str) -> App {
    let (index, scene) = scenes::find(id).expect("a scene");
    let (engine, outcomes) = play_to(&scene, beat);
    let mut app = App::new(engine.view(), Theme::named(theme).expect("a theme"), glyphs, String::new());
    app.open_scene(Arc::new(scene), Some((index + 1, 6)));
    outcomes.into_iter().for_each(|outcome| app.scene_arrived(outcome));
    app
}

fn paint(app: &mut App, width: u16, height: u16) -> String {
    app.resize(Size::new(width, height));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal.draw(|frame| draw(frame, app)).expect("painted");
    let buffer = terminal.backend().buffer();
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_stage_on_a_projector() {
    let mut app = stage("node-dies", 1, Glyphs::Unicode, "present");
    insta::assert_snapshot!("stage_at_90x28", paint(&mut app, 90, 28));
    // The hands of the question before and the clock have room beside the next question.
    app.presenter.as_mut().expect("a scene").votes.insert(0, vec![3, 7, 2]);
    let screen = paint(&mut app, 90, 28);
    assert!(screen.contains(" 1 ▮▮▮▮ 3  ▸2 ▮▮▮▮▮▮▮▮▮▮ 7   3 ▮▮ 2"), "{screen}");
    assert!(screen.contains("7 of 12 hands were right.") && screen.contains("4 never"), "{screen}");
    assert!(screen.contains("Next: the taint eviction controller deletes pod"), "{screen}");
    app.presenter.as_mut().expect("a scene").votes.clear();
    app.key(KeyCode::Char('v'));
    "12\n3\n\n5\n".chars().for_each(|key| {
        let key = if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) };
        assert!(app.key(key).is_none(), "hands are counted, nothing else is done");
    });
    app.key(KeyCode::Char('z'));
    insta::assert_snapshot!("stage_with_votes_and_spotlight_at_120x36", paint(&mut app, 120, 36));
}

#[test]
fn the_stage_in_ascii_and_on_small_terminals() {
    let mut app = stage("scheduler-gone", 2, Glyphs::Ascii, "mono");
    let large = paint(&mut app, 100, 32);
    assert!(large.is_ascii(), "a sign without an ASCII twin:\n{large}");
    insta::assert_snapshot!("stage_in_ascii_at_100x32", large);
    insta::assert_snapshot!("stage_at_80x24_in_ascii", paint(&mut app, 80, 24));
    for (width, height) in [(1, 1), (40, 12), (60, 20), (79, 23), (200, 60)] {
        let small = paint(&mut app, width, height);
        let can_be_read = height >= 12 && width >= 40;
        assert!(!can_be_read || small.contains("The new pod is Pending."), "{width}x{height}:\n{small}");
    }
}

#[test]
fn a_scene_is_the_same_every_time() {
    let (_, scene) = scenes::find("scheduler-gone").expect("a scene");
    assert_eq!(play(&scene).hash, play(&scene).hash);
}

#[test]
fn the_program_brings_the_scenes_of_the_folder() {
    for path in support::scripts_in("assets/scenes") {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a scene");
        let scene = Scene::read(&name, &text).unwrap_or_else(|error| panic!("{}:{error}", path.display()));
        assert!(scenes::find(&scene.id).is_some(), "{name} is not in the table of scenes");
    }
}
