//! What the menu offers, and that nothing of it is cut.

use crossterm::event::KeyCode;

use super::*;
use crate::engine::driver::Inline;
use crate::engine::{ClusterConfig, Engine};
use crate::kubectl::{self, Poll};
use crate::manifests::{NoFiles, parse, pizza, send};
use crate::object::Key;
use crate::preview::Preview;
use crate::script::is_up;
use crate::time::Span;
use crate::tui::command::{Line, Own};
use crate::tui::keymap::{self, Command};
use crate::tui::wrap::wrap;

/// The cells of a line of the menu at 80x24.
const WIDTH: usize = 76;

fn shop() -> Engine {
    let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
    assert!(engine.run_while(Span::secs(60), is_up));
    for (file, text) in pizza() {
        let mut story = None;
        for document in parse(&file, &text).unwrap() {
            send::send(&mut engine, &document, "file", &file, &mut story).unwrap();
        }
    }
    engine.run_until(engine.now() + Span::secs(20));
    engine
}

fn login(engine: &Engine, kind: Kind) -> BreakTarget {
    let mut found = engine.world().list(kind, None).map(crate::object::Object::reference);
    BreakTarget::Object(found.find(|object| object.key.name.starts_with("login")).unwrap())
}

fn node(name: &str) -> BreakTarget {
    BreakTarget::Object(ObjectRef::new(Kind::Node, Key::cluster(name)))
}

/// The entries of a target; what each says has its lines in the menu.
fn offered(engine: &Engine, target: &BreakTarget) -> Vec<BreakEntry> {
    let entries = entries(engine.world(), Some(target));
    for BreakEntry { name, follows, real, .. } in &entries {
        assert!(wrap(follows, WIDTH).len() <= 2, "{name}: {follows}");
        assert!(wrap(&format!("In real clusters: {real}"), WIDTH).len() == 1, "{name}: {real}");
    }
    entries
}

fn entry(engine: &Engine, target: &BreakTarget, key: char) -> BreakEntry {
    let entries = offered(engine, target);
    let place = of_key(&entries, KeyCode::Char(key)).unwrap_or_else(|| panic!("{key} of {target:?}"));
    entries[place].clone()
}

/// Does what an entry says, and lets time go by.
fn press(engine: &mut Engine, target: &BreakTarget, key: char) {
    match entry(engine, target, key).deed.unwrap() {
        Deed::Input(input) => assert_eq!(engine.apply(*input).refused, None, "{key}"),
        Deed::Kubectl(line) => {
            let mut running = kubectl::parse(&line);
            let end = engine.now() + Span::secs(120);
            while let Poll::Waiting(_) = running.poll(engine, &NoFiles) {
                assert!(engine.now() < end, "{line} does not end");
                engine.run_until(engine.now() + Span::millis(100));
            }
            assert_eq!(running.poll(engine, &NoFiles), Poll::Done(0), "{}", running.take_output().text());
        }
    }
    engine.run_until(engine.now() + Span::secs(5));
}

#[test]
fn each_target_has_its_entries_each_on_a_key_of_its_own() {
    let engine = shop();
    let keys =
        |target: &BreakTarget| -> String { offered(&engine, target).iter().map(|entry| entry.key).collect() };
    assert_eq!(keys(&login(&engine, Kind::Pod)), "pcxorlsindtgbAESMDRBX");
    assert_eq!(keys(&node("node-1")), "ndtgbAESMDRBX");
    assert_eq!(keys(&login(&engine, Kind::Deployment)), "iAESMDRBX");
    assert_eq!(keys(&login(&engine, Kind::Service)), "AESMDRBX");
    // Keys are aimed at a pod of what keeps pods or leads to them.
    for kind in [Kind::Deployment, Kind::ReplicaSet, Kind::Service] {
        let BreakTarget::Object(object) = login(&engine, kind) else { unreachable!() };
        let pod = aim(engine.world(), &object);
        assert_eq!((pod.kind, pod.key.name.starts_with("login-")), (Kind::Pod, true), "{object}");
    }
    for target in targets(engine.world()) {
        let mut keys: Vec<char> = keys(&target).chars().collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count, "{target:?}");
    }
}

#[test]
fn what_means_nothing_says_why() {
    let mut engine = shop();
    let pod = login(&engine, Kind::Pod);
    let reason = |engine: &Engine, key| entry(engine, &pod, key).deed.unwrap_err();
    assert!(reason(&engine, 'l').contains("no container of it has such a probe"));
    press(&mut engine, &pod, 'A');
    for key in ['p', 'i', 'd'] {
        assert_eq!(reason(&engine, key), NOBODY_ANSWERS);
    }
    press(&mut engine, &pod, 'A');
    press(&mut engine, &pod, 'n');
    for key in ['c', 'x', 'o', 'r', 's', 't', 'b'] {
        assert!(reason(&engine, key).contains("no power"), "{key}");
    }
}

#[test]
fn what_was_broken_is_offered_to_be_mended() {
    let mut engine = shop();
    let (pod, deployment) = (login(&engine, Kind::Pod), login(&engine, Kind::Deployment));
    let name = |engine: &Engine, target: &BreakTarget, key| entry(engine, target, key).name;
    for (target, key, broken, mended) in [
        (&pod, 'r', "fail readiness", "pass readiness"),
        (&pod, 's', "slow start", "quick start"),
        (&deployment, 'i', "bad image", "good image again"),
        (&node("node-2"), 'd', "drain", "uncordon"),
        (&node("node-3"), 't', "stop kubelet", "start kubelet"),
        (&node("node-3"), 'g', "cut the network", "heal the network"),
        (&node("node-3"), 'n', "power off", "power on"),
        (&BreakTarget::Link("scheduler".into()), 's', "slow the link", "make it quick again"),
        (&pod, 'S', "stop scheduler", "start scheduler"),
    ] {
        assert_eq!(name(&engine, target, key), broken);
        press(&mut engine, target, key);
        assert_eq!(name(&engine, target, key), mended);
        press(&mut engine, target, key);
        assert_eq!(name(&engine, target, key), broken);
    }
}

#[test]
fn a_key_does_what_the_words_after_the_colon_do() {
    let mut engine = shop();
    let pod = login(&engine, Kind::Pod);
    let mut compared = 0;
    for broken in [None, Some('r'), Some('s'), Some('t'), Some('g'), Some('B'), Some('n')] {
        broken.into_iter().for_each(|key| press(&mut engine, &pod, key));
        for target in [&pod, &BreakTarget::Link("scheduler".into())] {
            for entry in offered(&engine, target) {
                let Ok(Deed::Input(input)) = &entry.deed else { continue };
                let Some(line) = command::typed(&input.act) else {
                    assert!(entry.name.starts_with("cut "), "{} has no words", entry.name);
                    continue;
                };
                if let Ok(Line::Own(Own::Break { what })) = command::parse(&line) {
                    let acts: Vec<Act> =
                        what.acts(engine.world()).unwrap().into_iter().map(|(_, act)| act).collect();
                    assert!(acts == std::slice::from_ref(&input.act), "{line}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 100, "only {compared}");
}

fn foreseen(engine: &Engine, target: &BreakTarget, key: char) -> crate::preview::Observed {
    let deed = entry(engine, target, key).deed.unwrap();
    Preview::new(&engine.view(), &deed.trial()).unwrap().finish().seen
}

/// What lessons and scenes call an entry is what it is called here, and has the same letter.
#[test]
fn entries_that_texts_name_are_there() {
    let engine = shop();
    let pod = offered(&engine, &login(&engine, Kind::Pod));
    let slug = |entry: &BreakEntry| entry.name.to_lowercase().replace(' ', "-");
    for (name, menu, letter, _) in keymap::MENU.iter().filter(|(_, menu, ..)| *menu == Command::Break) {
        // The way back has the letter of the way there.
        let there = name.replace("start-", "stop-").replace("heal-", "cut-").replace("-on", "-off");
        let found = pod.iter().find(|entry| slug(entry) == there);
        assert_eq!(found.map(|entry| entry.key), Some(*letter), "{menu:?} {name}");
    }
}

#[test]
fn a_drain_is_foreseen() {
    let engine = shop();
    let seen = foreseen(&engine, &node("node-1"), 'd');
    assert_eq!((seen.started, seen.stopped), (2, 2), "two pods go elsewhere");
}

#[test]
fn the_end_of_all_wishes_is_foreseen() {
    let engine = shop();
    let seen = foreseen(&engine, &node("node-1"), 'X');
    assert_eq!((seen.stopped, seen.ready), (6, (6, 0)), "{seen:?}");
}

#[test]
fn of_a_dead_node_both_are_foreseen_that_all_are_ready_again_and_what_cannot_be_removed() {
    let engine = shop();
    let seen = foreseen(&engine, &node("node-1"), 'n');
    assert_eq!((seen.ready, seen.ending), ((6, 6), 2), "{seen:?}");
    let again = seen.ready_again.expect("replaced");
    assert!(Span::secs(330) < again && again < Span::secs(370), "{again}");
}
