//! The scenes: each is played to its end, and what it claims is what happens.
#![allow(clippy::disallowed_methods, reason = "tests read the repository's scenes")]

mod support;

use kubeloop::engine::Engine;
use kubeloop::engine::driver::Inline;
use kubeloop::scenes::{self, Embedded, Scene};
use kubeloop::script::{Action, Held, Report, Runner};

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
