//! Scenes: scripts that are played to a room, beat by beat.
//!
//! A scene is a script (`kubeloop run` plays it too). What comes before its first `say` sets the stage. Each `say`
//! begins a beat: what the room reads and is asked, which part of the screen it should look at, what the presenter alone
//! reads; then what is done when the presenter goes on, and what is waited for. A beat ends at an event, never at a
//! moment of the clock on the wall, so that the scene cannot outrun the speaker.
//!
//! ```yaml
//! - say: We stop the scheduler.
//! - spotlight: digits
//! - ask: {question: "How many pods are lost?", options: [{text: none, if: "pods('').ready == 6"}, ...]}
//! - fault: {component: scheduler, do: stop}
//! - after: 60s
//! ```

mod files;
mod read;

pub use files::Embedded;

use std::sync::LazyLock;

use crate::script::{Ask, Script, Step};

/// A part of the screen to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// WANT, READY and GAP.
    Digits,
    /// The loop that acted last, and what is going on.
    Loop,
    /// The nodes with their pods.
    Nodes,
    /// The requests of the clients.
    Traffic,
}

impl Region {
    /// All of them, with their names in scenes.
    pub const ALL: [(&'static str, Self); 4] =
        [("digits", Self::Digits), ("loop", Self::Loop), ("nodes", Self::Nodes), ("traffic", Self::Traffic)];
}

/// One beat of a scene.
#[derive(Clone, Debug)]
pub struct SceneBeat {
    /// What the room reads.
    pub caption: String,
    /// What it is asked.
    pub ask: Option<Ask>,
    /// Where it should look.
    pub spotlight: Option<Region>,
    /// What the presenter alone reads.
    pub notes: Vec<String>,
    /// What is done and waited for when the presenter goes on; nothing in the last one.
    pub steps: Vec<Step>,
}

/// A scene.
#[derive(Clone, Debug)]
pub struct Scene {
    /// `node-dies`: how it is called on the command line.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The whole script, for its world and its images.
    pub script: Script,
    /// What sets the stage.
    pub prelude: Vec<Step>,
    /// The beats; at least one.
    pub beats: Vec<SceneBeat>,
}

/// The scenes that come with the program, in order: file name and text.
const SCENES: &[(&str, &str)] = &[
    ("1-bad-rolling-update", include_str!("../../assets/scenes/1-bad-rolling-update.yaml")),
    ("2-node-dies", include_str!("../../assets/scenes/2-node-dies.yaml")),
    ("3-crash-loop", include_str!("../../assets/scenes/3-crash-loop.yaml")),
    ("4-network-split", include_str!("../../assets/scenes/4-network-split.yaml")),
    ("5-scheduler-gone", include_str!("../../assets/scenes/5-scheduler-gone.yaml")),
    ("6-etcd-lost", include_str!("../../assets/scenes/6-etcd-lost.yaml")),
];

/// The scenes that come with the program, in order.
pub fn all() -> &'static [Scene] {
    // A test reads them all, so none is left out here.
    static ALL: LazyLock<Vec<Scene>> =
        LazyLock::new(|| SCENES.iter().filter_map(|(name, text)| Scene::read(name, text).ok()).collect());
    &ALL
}

/// The scene of a number from 1 or an id, with its place among all.
pub fn find(name: &str) -> Option<(usize, Scene)> {
    let named = |(index, scene): &(usize, &Scene)| scene.id == name || (index + 1).to_string() == name;
    all().iter().enumerate().find(named).map(|(index, scene)| (index, scene.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scene_that_comes_with_the_program_can_be_read() {
        for (name, text) in SCENES {
            let scene = Scene::read(name, text).unwrap_or_else(|error| panic!("{name}:{error}"));
            assert!(scene.beats.len() >= 3 && scene.beats.iter().any(|beat| beat.ask.is_some()), "{name}");
            assert!(scene.beats.last().is_some_and(|last| last.steps.is_empty()), "{name} ends with words");
        }
        assert_eq!(all().len(), 6);
        assert_eq!(find("2").map(|(index, scene)| (index, scene.id)), Some((1, "node-dies".to_owned())));
        assert!(find("nothing").is_none());
    }

    #[test]
    fn mistakes_have_a_place() {
        let read = |text: &str| Scene::read("x", text).expect_err("a mistake");
        assert!(read("steps:\n  - after: 1s\n").message.contains("say"));
        let error = read("steps:\n  - say: hello\n  - spotlight: moon\n");
        assert_eq!(error.line, 3);
        assert!(error.message.contains("digits, loop, nodes, traffic"), "{error}");
        assert!(read("steps:\n  - note: early\n  - say: x\n").message.contains("before the first"));
    }
}
