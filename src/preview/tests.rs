//! Edits of the pizza shop, foreseen.

use super::*;
use crate::engine::driver::Inline;
use crate::engine::{Act, ClusterConfig, Fault, NodePower};
use crate::manifests::{parse, pizza};
use crate::object::{Kind, Pod};
use crate::script::is_up;

fn shop() -> Engine {
    let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
    assert!(engine.run_while(Span::secs(60), is_up));
    for (file, text) in pizza() {
        let mut story = None;
        for document in parse(&file, &text).unwrap() {
            send::send(&mut engine, &document, "file", &file, &mut story).unwrap();
        }
    }
    assert!(
        engine
            .run_while(Span::secs(60), |world| is_settled(world) && world.list(Kind::Pod, None).count() == 6)
    );
    engine
}

fn edited(from: &str, to: &str) -> Trial {
    let text = &pizza()["login.yaml"];
    assert!(text.contains(from));
    Trial::Apply(parse("login.yaml", &text.replace(from, to)).unwrap())
}

fn foreseen(engine: &Engine, trial: &Trial) -> Forecast {
    Preview::new(&engine.view(), trial).unwrap().finish()
}

#[test]
fn scaling_starts_only_what_is_missing() {
    let engine = shop();
    let forecast = foreseen(&engine, &edited("replicas: 3", "replicas: 5"));
    assert_eq!(forecast.changes.len(), 1, "the Service stays as it is");
    assert_eq!(forecast.changes[0].nature, Nature::Scale);
    assert_eq!(forecast.changes[0].fields[0].to_string(), "spec.replicas: 3 -> 5");
    let seen = &forecast.seen;
    assert_eq!((seen.started, seen.stopped, seen.most, seen.fewest_ready), (2, 0, 5, 3));
    assert_eq!((seen.sets.len(), seen.sets[0].from, seen.sets[0].steps.as_slice()), (1, 3, [5].as_slice()));
    assert_eq!(forecast.end, End::Settled);
    assert!(seen.took > Span::ZERO && seen.took < Span::secs(30), "{}", seen.took);
}

#[test]
fn a_new_image_is_a_rollout_within_its_limits() {
    let engine = shop();
    let forecast = foreseen(&engine, &edited("login:1.2.3", "login:1.2.4"));
    assert_eq!(forecast.changes[0].nature, Nature::Rollout);
    let seen = &forecast.seen;
    assert_eq!((seen.started, seen.stopped), (3, 3));
    // 25 % of three pods: one more is allowed, none may be missing.
    assert_eq!((seen.most, seen.fewest_ready), (4, 3));
    let ends: Vec<(bool, i32)> =
        seen.sets.iter().map(|set| (set.is_new, *set.steps.last().unwrap())).collect();
    assert_eq!(ends, [(true, 3), (false, 0)]);
}

#[test]
fn what_is_foreseen_comes_true() {
    let mut engine = shop();
    let trial = edited("login:1.2.3", "login:1.2.4");
    let Trial::Apply(documents) = &trial else { unreachable!() };
    let forecast = foreseen(&engine, &trial);
    let mut watch = Watch::begin(engine.world(), Some(owners_of_pods(documents)));
    let mut story = None;
    for document in documents {
        send::send(&mut engine, document, "file", "you saved login.yaml", &mut story).unwrap();
    }
    engine.run_until(engine.now() + Span::secs(60));
    watch.absorb(engine.world());
    assert_eq!(*watch.seen(), forecast.seen);
}

#[test]
fn an_image_that_does_not_exist_never_settles() {
    let engine = shop();
    let forecast = foreseen(&engine, &edited("login:1.2.3", "login:nosuch"));
    let [why] = forecast.obstacles() else { panic!("{:?}", forecast.end) };
    assert!(why.contains("ImagePull") && why.contains("login:nosuch"), "{why}");
    assert_eq!((forecast.seen.stopped, forecast.seen.fewest_ready), (0, 3), "the old pods stay");
    assert_eq!(forecast.settled_words(), "never within 15 min");
}

#[test]
fn pods_that_fit_nowhere_never_settle() {
    let engine = shop();
    let forecast = foreseen(&engine, &edited("cpu: 100m", "cpu: 64"));
    let [why] = forecast.obstacles() else { panic!("{:?}", forecast.end) };
    assert!(why.contains("FailedScheduling") && why.contains("Insufficient cpu"), "{why}");
}

#[test]
fn a_note_restarts_nothing() {
    let engine = shop();
    let text = pizza()["login.yaml"].replace(
        "  name: login\n  labels:\n    app: login\nspec:\n  replicas",
        "  name: login\n  labels:\n    app: login\n    team: door\nspec:\n  replicas",
    );
    let forecast = foreseen(&engine, &Trial::Apply(parse("login.yaml", &text).unwrap()));
    assert_eq!(forecast.changes[0].nature, Nature::InPlace);
    assert_eq!((forecast.seen.started, forecast.seen.stopped), (0, 0));
}

#[test]
fn the_copy_leaves_no_trace() {
    let engine = shop();
    let before = (engine.now(), engine.world().revision(), engine.world().log().total());
    foreseen(&engine, &edited("replicas: 3", "replicas: 1"));
    assert_eq!(before, (engine.now(), engine.world().revision(), engine.world().log().total()));
}

#[test]
fn what_the_api_server_refuses_has_its_line() {
    let engine = shop();
    let Err(Refused::Document(problem)) =
        Preview::new(&engine.view(), &edited("replicas: 3", "replicas: -1"))
    else {
        panic!("it was accepted")
    };
    assert_eq!(problem.path, "spec.replicas");
}

#[test]
fn a_node_that_dies_costs_its_pods_late() {
    let engine = shop();
    let node = engine.world().list_as::<Pod>(None).find_map(|pod| pod.node.clone()).unwrap();
    let on_it = engine.world().list_as::<Pod>(None).filter(|pod| pod.node_name() == Some(&node)).count();
    let act = Act::Fault(Fault::Power { node, power: NodePower::Off });
    let forecast = foreseen(&engine, &Trial::Do(Box::new(Input::new("key", "the power goes", act))));
    assert_eq!(forecast.seen.became_unready.len(), on_it);
    assert_eq!(forecast.seen.started, on_it, "each gets a replacement");
    assert!(forecast.seen.took > Span::secs(300), "after the eviction: {}", forecast.seen.took);
}
