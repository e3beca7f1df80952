//! How soon the screen answers: painting a frame, and from a key to the painted frame.
//!
//! `cargo bench --bench screen`. The budgets: a frame of 150 pods under 4 ms, of 1,000 nodes and 10,000 pods under 8 ms,
//! a key seen in under 50 ms. The large cluster is measured
//! with `KUBELOOP_LARGE=1`. That nothing is written while the clock stands still is a test (`tests/terminal.rs`).
#![allow(missing_docs, clippy::disallowed_methods, reason = "a bench takes wall time")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main};
use crossterm::event::KeyCode;
use k8s_openapi::api::core::v1::Node;
use kubeloop::apiserver::{Call, DeleteOptions};
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, ClusterConfig, Engine, Fault, Input, World};
use kubeloop::object::{Kind, Object, conditions};
use kubeloop::script::is_up;
use kubeloop::time::Span;
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::theme::Theme;
use kubeloop::tui::{App, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use serde_json::json;

/// A cluster with one Deployment of so many pods, all ready.
fn cluster(nodes: u32, pods: u32) -> Engine {
    let mut engine = Engine::new(ClusterConfig::with_nodes(nodes, 7), Box::new(Inline));
    assert!(engine.run_while(Span::secs(1200), is_up), "the cluster did not come up");
    create(
        &mut engine,
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "replicas": pods,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": containers()}
            }
        }),
    );
    all_become_ready(&mut engine, pods);
    engine
}

/// A cluster of so many nodes and pods of one ReplicaSet, all ready. Its controllers and scheduler keep the limits of
/// real ones, 20 requests a second, and would take ten minutes to make so many pods; so the pods are created as the
/// ReplicaSet controller would have created them, on the nodes that a scheduler would have given them, at one instant.
fn crowd(nodes: u32, pods: u32) -> Engine {
    let mut engine = Engine::new(ClusterConfig::with_nodes(nodes, 7), Box::new(Inline));
    let all_join = |world: &World| {
        let ready = |node: &&Node| {
            let list = node.status.as_ref().and_then(|status| status.conditions.as_ref());
            conditions::is_true(list, "Ready")
        };
        world.list_as::<Node>(None).filter(ready).count() == nodes as usize
    };
    assert!(engine.run_while(Span::secs(300), all_join), "not all nodes joined");
    switch(&mut engine, "controller/replicaset", false);
    let labels = json!({"app": "web"});
    create(
        &mut engine,
        json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "replicas": pods,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": containers()}
            }
        }),
    );
    let set = engine.world().list(Kind::ReplicaSet, None).next().expect("the set").meta().clone();
    let owner = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": set.uid,
        "controller": true, "blockOwnerDeletion": true,
    });
    for number in 0..pods {
        let mut spec = containers();
        spec["nodeName"] = json!(format!("node-{}", number % nodes + 1));
        let meta = json!({
            "name": format!("web-{number:05}"), "namespace": "default",
            "labels": labels, "ownerReferences": [owner],
        });
        create(&mut engine, json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}));
    }
    all_become_ready(&mut engine, pods);
    switch(&mut engine, "controller/replicaset", true);
    engine.run_until(engine.now() + Span::secs(10));
    engine
}

fn containers() -> serde_json::Value {
    json!({"containers": [{"name": "web", "image": "pizza/login:1.2.3"}]})
}

fn create(engine: &mut Engine, object: serde_json::Value) {
    let object = Object::from_value(object).expect("an object");
    act(engine, Act::Api(Call::Create { object, dry_run: false }));
}

fn switch(engine: &mut Engine, component: &str, start: bool) {
    act(engine, Act::Fault(Fault::Component { name: component.into(), start }));
}

fn act(engine: &mut Engine, act: Act) {
    let applied = engine.apply(Input::new("bench", "the stage is set", act));
    assert_eq!(applied.refused, None);
    assert!(!matches!(applied.answer, Some(Err(_))), "{:?}", applied.answer);
}

fn all_become_ready(engine: &mut Engine, pods: u32) {
    let all = |world: &World| world.census().all().ready == pods as usize;
    assert!(engine.run_while(Span::secs(1200), all), "not all pods became ready");
}

fn app(engine: &Engine, size: Size) -> App {
    let mut app = App::new(engine.view(), Theme::default(), Glyphs::Unicode, "manifests".to_owned());
    app.resize(size);
    app
}

/// Frames of a cluster in which things happen: between any two of them it goes on for a fifteenth of a second, and
/// with every tenth a pod is deleted. Measured is the look at the cluster and the painting of everything.
fn frames_of(group: &mut BenchmarkGroup<'_, WallTime>, engine: &mut Engine, size: Size, words: &str) {
    let mut app = app(engine, size);
    let mut terminal = Terminal::new(TestBackend::new(size.width, size.height)).expect("a terminal");
    for screen in ['1', '2', '3', '4'] {
        app.key(KeyCode::Char(screen));
        group.bench_function(format!("{}x{}, {words}, screen {screen}", size.width, size.height), |b| {
            b.iter_custom(|frames| {
                let mut took = Duration::ZERO;
                for frame in 0..frames {
                    if frame % 10 == 0 {
                        let pod = engine.world().list(Kind::Pod, None).next().expect("a pod").reference();
                        act(
                            engine,
                            Act::Api(Call::Delete { target: pod, options: DeleteOptions::default() }),
                        );
                    }
                    engine.run_until(engine.now() + Span::millis(66));
                    app.tick();
                    let began = Instant::now();
                    app.see(engine.view());
                    terminal.draw(|frame| draw(frame, black_box(&app))).expect("painted");
                    took += began.elapsed();
                }
                took
            });
        });
    }
}

fn frames(c: &mut Criterion) {
    let mut small = cluster(3, 150);
    let mut group = c.benchmark_group("frame");
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        frames_of(&mut group, &mut small, Size::new(width, height), "150 pods");
    }
    // Making so large a cluster takes longer than all the rest: it is measured only when it is asked for.
    if std::env::var_os("KUBELOOP_LARGE").is_some() {
        let mut large = crowd(1000, 10_000);
        for (width, height) in [(120, 36), (200, 60)] {
            frames_of(&mut group, &mut large, Size::new(width, height), "1,000 nodes and 10,000 pods");
        }
    }
    group.finish();
}

/// From a key that deletes a pod to the frame in which that is seen.
fn input(c: &mut Criterion) {
    c.bench_function("a key to the screen, 150 pods", |b| {
        b.iter_batched(
            || {
                let engine = cluster(3, 150);
                let app = app(&engine, Size::new(120, 36));
                let terminal = Terminal::new(TestBackend::new(120, 36)).expect("a terminal");
                (engine, app, terminal)
            },
            |(mut engine, mut app, mut terminal)| {
                for key in ['j', 'j', 'j', 'K', 'p'] {
                    if let Some(kubeloop::tui::Effect::Input(input)) = app.key(KeyCode::Char(key)) {
                        engine.apply(*input);
                    }
                    app.see(engine.view());
                    terminal.draw(|frame| draw(frame, &app)).expect("painted");
                }
                (engine, app, terminal)
            },
            BatchSize::PerIteration,
        );
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = frames, input
}
criterion_main!(benches);
