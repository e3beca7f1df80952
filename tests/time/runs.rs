//! What holds for everything that the scripts of this repository make happen.

use std::collections::BTreeSet;
use std::sync::Arc;

use kubeloop::engine::driver::Inline;
use kubeloop::engine::{ClusterConfig, Engine, World};
use kubeloop::script::{Runner, Script};
use kubeloop::trace::text::{Vocabulary, told};
use kubeloop::trace::{Data, Event};
use kubeloop::tui::model::lens;

use super::support::{Disk, good_scripts, read};

/// Calls `each` with every event of every script.
fn every_event(mut each: impl FnMut(&str, &Arc<Event>)) {
    for path in good_scripts() {
        let script: Script = read(&path);
        let config = script.world.config(&script.images, None);
        let files = Disk(path.parent().expect("a folder").to_owned());
        let mut engine = Engine::new(config, Box::new(Inline));
        engine.tap();
        let name = path.display().to_string();
        let runner = Runner::new(&script, &files, engine).on_every_instant(|engine| {
            for event in engine.take_fresh() {
                each(&name, &event);
            }
        });
        let _ended = runner.run(None);
    }
}

#[test]
fn every_act_has_its_line_and_every_sentence_its_words() {
    let mut acts: BTreeSet<String> = BTreeSet::new();
    let mut missing: BTreeSet<String> = BTreeSet::new();
    let mut idle = 0;
    every_event(|script, event| {
        for vocabulary in Vocabulary::ALL {
            let sentence = told(event, vocabulary);
            assert!(sentence.len() > 8, "{script}: {vocabulary:?} says {sentence:?} of {event:?}");
            // The reason why nothing is done is never left out.
            if let Data::Compare { idle: true, why, .. } = &event.data {
                idle += 1;
                assert!(!why.is_empty(), "{script}: {event:?} has no reason");
                assert!(sentence.contains(why.as_str()), "{script}: {vocabulary:?}: {sentence}");
            }
        }
        if let Data::Act { did, .. } = &event.data {
            acts.insert(event.component.split('/').take(2).collect::<Vec<_>>().join("/"));
            if lens::lines_of_act(&event.component, did) != 1 {
                let lines = lens::lines_of_act(&event.component, did);
                missing.insert(format!("{}: {did} ({lines} lines)", event.component));
            }
        }
    });
    assert!(acts.len() > 12 && idle > 500, "the scripts make too little happen: {acts:?}, {idle}");
    assert!(missing.is_empty(), "acts without exactly one line of pseudo-code:\n{missing:#?}");
}

#[test]
fn every_component_of_the_cluster_has_its_algorithm() {
    let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
    assert!(engine.run_while(kubeloop::time::Span::secs(60), kubeloop::script::is_up));
    let world: &World = engine.world();
    let components = lens::components(world);
    assert!(components.len() > 15, "{components:?}");
    for component in components.iter().filter(|name| *name != "clients") {
        assert!(lens::knows_component(component), "no pseudo-code for {component}");
    }
}
