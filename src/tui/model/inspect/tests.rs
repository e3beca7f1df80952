use super::*;
use crate::apiserver::{Call, Patch, Sub};
use crate::engine::{Act, ClusterConfig, Engine, Input, driver::Inline};
use crate::manifests::{parse, send};
use crate::object::{Key, Pod, Resource};
use crate::time::Span;

const SHOP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: large}
spec: {containers: [{name: c, image: nginx, resources: {requests: {cpu: '30'}}}]}
";

fn shop() -> Engine {
    let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
    engine.run_while(Span::secs(30), crate::script::is_up);
    let mut story = None;
    for document in parse("shop.yaml", SHOP).expect("it is well-formed") {
        send::send(&mut engine, &document, "file", "shop.yaml", &mut story).expect("it is applied");
    }
    engine.run_until(engine.now() + Span::secs(30));
    engine
}

fn told(engine: &Engine, kind: Kind, name: &str, open: Page) -> String {
    let object = ObjectRef::new(kind, Key::new("default", name));
    let lines = page(engine.world(), &object, open, (Vocabulary::default(), Glyphs::Unicode), None);
    lines.into_iter().map(|line| line.text + "\n").collect()
}

#[test]
fn a_pod_that_the_scheduler_has_set_aside_has_a_clock() {
    let engine = shop();
    let text = told(&engine, Kind::Pod, "large", Page::Loops);
    let clock = text.lines().find(|line| line.contains("set aside until something changes"));
    let clock = clock.unwrap_or_else(|| panic!("{text}"));
    assert!(clock.contains("looks again in 4m") || clock.contains("looks again in 5m"), "{clock}");
    // And that is when it is tried again.
    let look = engine.world().loop_of("scheduler").expect("it runs");
    let waiting = look.waiting.iter().find(|waiting| waiting.item.key.name == "large").expect("a clock");
    let (until, loops) = (waiting.until, look.loops);
    let mut engine = engine;
    engine.run_until(until + Span::millis(100));
    assert!(engine.world().loop_of("scheduler").expect("it runs").loops > loops);
    let earlier = engine.at(crate::time::VirtualTime::from_micros(until.micros() - 1));
    assert_eq!(earlier.loop_of("scheduler").expect("it runs").loops, loops);
}

#[test]
fn each_field_names_who_wrote_it_last() {
    let mut engine = shop();
    let target = ObjectRef::new(Kind::Deployment, Key::new("default", "shop"));
    let patch = Patch::Merge(serde_json::json!({"spec": {"replicas": 3}}));
    let call = Call::Patch { target, patch, sub: Sub::Main, dry_run: false };
    engine.apply(Input::new("kubectl", "you scaled it", Act::Api(call)));
    engine.run_until(engine.now() + Span::secs(30));
    let text = told(&engine, Kind::Deployment, "shop", Page::Fields);
    let after = |path: &str| {
        let at =
            text.lines().position(|line| line.starts_with(path)).unwrap_or_else(|| panic!("{path}:\n{text}"));
        text.lines().nth(at + 1).unwrap_or_default().trim().to_owned()
    };
    let replicas = after("spec.replicas:");
    assert!(replicas.contains("you") && replicas.contains("(was 2)"), "{text}");
    assert!(after("status.readyReplicas").contains("Deployment controller"), "{text}");
}

#[test]
fn a_pod_that_fits_nowhere_says_what_would_help() {
    let text = told(&shop(), Kind::Pod, "large", Page::Placement);
    assert!(text.contains("It has no node."), "{text}");
    assert!(text.contains("Insufficient cpu"), "{text}");
    assert!(text.contains("the pod asks for at most"), "{text}");
}

/// The node that the scheduler gave it is no wish of the pod; the other nodes are asked as if it had none.
#[test]
fn a_placed_pod_may_be_elsewhere_and_its_search_is_over() {
    let engine = shop();
    let placed = engine.world().list_as::<Pod>(None).find(|pod| pod.is_ready()).expect("a pod of the shop");
    let name = Resource::key(placed).name;
    let placement = told(&engine, Kind::Pod, &name, Page::Placement);
    assert!(
        placement.contains("It is on node-") && !placement.contains("requested node name"),
        "{placement}"
    );
    assert_eq!(placement.matches(" fits").count(), 3, "{placement}");
    let loops = told(&engine, Kind::Pod, &name, Page::Loops);
    assert!(loops.contains("has found node-") && !loops.contains("wants a node"), "{loops}");
    assert!(!told(&engine, Kind::Deployment, "shop", Page::Loops).contains("rang"), "it has not rung yet");
}

#[test]
fn the_loops_that_look_at_an_object_say_what_they_decided() {
    let text = told(&shop(), Kind::Deployment, "shop", Page::Loops);
    assert!(text.contains("Deployment controller"), "{text}");
}

#[test]
fn only_pods_have_a_placement() {
    assert!(Page::of(Kind::Pod).any(|page| page == Page::Placement));
    assert!(Page::of(Kind::Service).all(|page| page != Page::Placement));
}

#[test]
fn a_page_of_what_is_gone_says_so() {
    assert!(told(&shop(), Kind::Pod, "nobody", Page::Overview).contains("not in etcd"));
}
