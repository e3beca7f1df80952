//! Whatever happens, it is told: every event in all three vocabularies, every loop that does nothing with its reason,
//! every wait with what is waited for.

use std::collections::BTreeSet;

use kubeloop::chaos::Chaos;
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{ClusterConfig, Engine};
use kubeloop::manifests::{parse, pizza, send};
use kubeloop::script::is_up;
use kubeloop::time::Span;
use kubeloop::trace::text::{self, Vocabulary};
use kubeloop::trace::{Data, Event};

/// Seeds, each another storm over the pizza shop.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=4;
/// Faults in a storm.
const BUDGET: u32 = 12;
/// From one fault to the next: longer than it takes to notice that a node is silent.
const EVERY: Span = Span::secs(120);

/// The events of a shop that is broken again and again, in the order in which they happened.
fn storm(seed: u64, mut hear: impl FnMut(&Event)) {
    let mut engine = Engine::new(ClusterConfig { seed, ..ClusterConfig::default() }, Box::new(Inline));
    engine.tap();
    engine.run_while(Span::secs(60), is_up);
    let mut story = None;
    for (file, text) in pizza() {
        for document in parse(&file, &text).expect("the shop is well-formed") {
            send::send(&mut engine, &document, "file", &file, &mut story).expect("the shop is accepted");
        }
    }
    engine.run_until(engine.now() + Span::secs(30));
    let mut chaos = Chaos::new(seed, engine.now(), BUDGET, EVERY);
    while let Some(at) = chaos.next_time() {
        engine.run_until(at);
        if let Some(input) = chaos.due(engine.world()) {
            engine.apply(input);
        }
        engine.take_fresh().iter().for_each(|event| hear(event));
    }
}

#[test]
fn every_event_of_a_storm_is_told_and_every_idle_loop_says_why() {
    let (mut events, mut idle, mut kinds) = (0, BTreeSet::new(), BTreeSet::new());
    for seed in SEEDS {
        storm(seed, |event| {
            events += 1;
            kinds.insert(event.data.kind());
            for vocabulary in Vocabulary::ALL {
                let told = text::told(event, vocabulary);
                assert!(told.len() > 8, "seed {seed}: {vocabulary:?} says {told:?} of {event:?}");
            }
            match &event.data {
                Data::Compare { why, idle: true, .. } => {
                    assert!(
                        why.split_whitespace().count() >= 2,
                        "seed {seed}: no reason to do nothing: {event:?}"
                    );
                    idle.insert(event.component.split('/').next().unwrap_or_default().to_owned());
                }
                Data::Wait { what, .. } => {
                    assert!(!what.is_empty(), "seed {seed}: waits for nothing: {event:?}")
                }
                _ => {}
            }
        });
    }
    assert!(events > 10_000, "a storm makes more than {events} events");
    for component in ["controller", "kubelet", "kube-proxy"] {
        assert!(idle.contains(component), "{component} never had nothing to do: {idle:?}");
    }
    for kind in
        ["input", "write", "watch", "woken", "observe", "compare", "act", "wait", "container", "fault"]
    {
        assert!(kinds.contains(kind), "no {kind} event in any storm: {kinds:?}");
    }
}
