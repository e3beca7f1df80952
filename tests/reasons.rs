//! Whatever happens, it is told: every event in all three vocabularies, every loop that does nothing with its reason,
//! every wait with what is waited for, every refusal as one, and what came late with what caused it.

use std::collections::BTreeSet;

use kubeloop::apiserver::{Call, DeleteOptions};
use kubeloop::chaos::Chaos;
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, Applied, ClusterConfig, Engine, Fault, Input};
use kubeloop::manifests::{parse, pizza, send};
use kubeloop::object::Kind;
use kubeloop::script::is_up;
use kubeloop::time::Span;
use kubeloop::trace::text::{self, Vocabulary};
use kubeloop::trace::{Data, Event, Verb};

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
    open_shop(&mut engine);
    let mut chaos = Chaos::new(seed, engine.now(), BUDGET, EVERY);
    while let Some(at) = chaos.next_time() {
        engine.run_until(at);
        if let Some(input) = chaos.due(engine.world()) {
            engine.apply(input);
        }
        engine.take_fresh().iter().for_each(|event| hear(event));
    }
}

/// The pizza shop, open for half a minute.
fn open_shop(engine: &mut Engine) {
    engine.run_while(Span::secs(60), is_up);
    let mut story = None;
    for (file, text) in pizza() {
        for document in parse(&file, &text).expect("the shop is well-formed") {
            send::send(engine, &document, "file", &file, &mut story).expect("the shop is accepted");
        }
    }
    engine.run_until(engine.now() + Span::secs(30));
}

/// Starts or stops a component.
fn switch(engine: &mut Engine, name: &str, start: bool) -> Applied {
    let fault = Fault::Component { name: name.into(), start };
    engine.apply(Input::new("key", format!("you switched {name}"), Act::Fault(fault)))
}

/// Deletes the first pod.
fn delete_a_pod(engine: &mut Engine) -> Applied {
    let target = engine.world().list(Kind::Pod, None).next().expect("a pod").reference();
    let call = Call::Delete { target, options: DeleteOptions::default() };
    engine.apply(Input::new("key", "you deleted a pod", Act::Api(call)))
}

#[test]
fn who_hears_of_a_write_late_acts_because_of_the_write_and_not_because_it_dialled_again() {
    let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
    open_shop(&mut engine);
    switch(&mut engine, "apiserver", false);
    engine.run_until(engine.now() + Span::secs(4));
    switch(&mut engine, "apiserver", true);
    let deleted = delete_a_pod(&mut engine);
    let before = engine.world().log().last_id().expect("events");
    engine.run_until(engine.now() + Span::secs(60));
    let made = |event: &&std::sync::Arc<Event>| {
        matches!(event.data, Data::Write { verb: Verb::Added, .. })
            && event.object.as_ref().is_some_and(|object| object.kind == Kind::Pod)
    };
    let successor = engine.world().log().oldest_first(before).find(made).expect("a successor").clone();
    assert_eq!(successor.story, deleted.cause.story, "the successor belongs to the deletion's story");
    let root = engine.world().why(successor.id)[0].clone();
    assert_eq!(root.id, deleted.cause.event, "{root:?}");
}

#[test]
fn what_was_refused_is_told_as_refused() {
    let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
    open_shop(&mut engine);
    switch(&mut engine, "apiserver", false);
    let tried = delete_a_pod(&mut engine);
    let last =
        engine.world().log().last_id().and_then(|id| engine.world().event(id).cloned()).expect("events");
    assert!(matches!(&last.data, Data::Refused { why } if !why.is_empty()), "{last:?}");
    assert_eq!(last.story, tried.cause.story);
    let told = engine.world().stories().next_back().map(|(_, info)| info.title.clone());
    assert_eq!(told.as_deref(), Some("refused: you deleted a pod"));
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
