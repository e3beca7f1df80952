//! How fast the cluster runs, how much it weighs, and how soon it can be seen.
//!
//! `cargo bench --bench engine`; what is no time (events, memory) is printed before the measurements.
#![allow(
    clippy::disallowed_methods,
    missing_docs,
    reason = "a bench looks at the clock and at its own memory"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use k8s_openapi::api::apps::v1::Deployment;
use kubeloop::apiserver::{Call, DeleteOptions};
use kubeloop::engine::driver::{Driver, Inline, Threads};
use kubeloop::engine::{Act, ClusterConfig, Engine, Input, World};
use kubeloop::expression::facts::is_settled;
use kubeloop::manifests;
use kubeloop::object::{Key, Kind, Object, ObjectRef, Pod};
use kubeloop::script::is_up;
use kubeloop::time::{Span, VirtualTime};
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::theme::Theme;
use kubeloop::tui::{App, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

fn boot(nodes: u32, driver: Box<dyn Driver>) -> Engine {
    let mut engine = Engine::new(ClusterConfig::with_nodes(nodes, 7), driver);
    assert!(engine.run_while(Span::secs(60), is_up), "the cluster did not come up");
    engine
}

/// The pizza shop, open.
fn shop(driver: Box<dyn Driver>) -> Engine {
    let mut engine = boot(3, driver);
    for (file, text) in manifests::pizza() {
        for document in manifests::parse(&file, &text).expect("valid manifests") {
            manifests::send::send(&mut engine, &document, "bench", "apply", &mut None).expect("accepted");
        }
    }
    assert!(engine.run_while(Span::secs(60), is_open), "the shop did not open");
    engine
}

fn is_open(world: &World) -> bool {
    world.is_quiet()
        && world.list_as::<Pod>(None).filter(|pod| pod.is_ready()).count() == 6
        && is_settled(world)
}

/// Ten minutes in which a pod is deleted every ten seconds; returns the number of events.
fn ten_minutes(engine: &mut Engine) -> u64 {
    let before = engine.world().log().total();
    for _ in 0..60 {
        let pod = engine.world().list(Kind::Pod, Some("default")).next().map(Object::reference);
        if let Some(target) = pod {
            let call = Call::Delete { target, options: DeleteOptions::default() };
            engine.apply(Input::new("bench", "delete", Act::Api(call)));
        }
        engine.run_until(engine.now() + Span::secs(10));
    }
    engine.world().log().total() - before
}

fn create(engine: &mut Engine, replicas: i32) {
    let object = Object::from_value(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]},
            },
        },
    }))
    .expect("a deployment");
    let call = Call::Create { object, dry_run: false };
    engine.apply(Input::new("bench", "create", Act::Api(call)));
}

/// A Deployment of so many pods, from its creation until all are Ready.
fn deploy(engine: &mut Engine, replicas: i32) {
    create(engine, replicas);
    let ready = |world: &World| {
        let deployment = world.get::<Deployment>("default", "web");
        deployment.and_then(|web| web.status.as_ref()?.ready_replicas) == Some(replicas)
    };
    assert!(engine.run_while(Span::secs(600), ready), "the pods did not become ready");
}

/// The most memory that this process ever had, in bytes; 0 where there is no /proc.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn weigh() {
    let mut engine = boot(12, Box::new(Inline));
    let before = (peak_memory(), engine.world().log().total(), engine.now());
    let began = Instant::now();
    deploy(&mut engine, 1_000);
    let took = began.elapsed();
    let events = engine.world().log().total() - before.1;
    let per_pod = peak_memory().saturating_sub(before.0) / 1_000;
    eprintln!(
        "1,000 pods: {took:?}, {events} events, {} of cluster time, {per_pod} bytes a pod at the peak, trace included",
        engine.now().since(before.2)
    );
}

fn running(c: &mut Criterion) {
    weigh();
    let mut group = c.benchmark_group("ten minutes with 60 deleted pods");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Elements(ten_minutes(&mut shop(Box::new(Inline)))));
    group.bench_function("inline", |b| {
        b.iter_batched(
            || shop(Box::new(Inline)),
            |mut engine| ten_minutes(&mut engine),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("threads", |b| {
        b.iter_batched(
            || shop(Box::new(Threads::new(3))),
            |mut engine| ten_minutes(&mut engine),
            BatchSize::PerIteration,
        );
    });
    group.finish();
    let mut group = c.benchmark_group("deployment on 12 nodes to Ready");
    group.sample_size(10);
    for pods in [100, 1_000] {
        group.bench_function(format!("{pods} pods"), |b| {
            b.iter_batched(
                || boot(12, Box::new(Inline)),
                |mut engine| {
                    deploy(&mut engine, pods);
                    engine
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn travelling(c: &mut Criterion) {
    let mut engine = shop(Box::new(Inline));
    ten_minutes(&mut engine);
    c.bench_function("checkpoint", |b| b.iter(|| black_box(engine.world().clone())));
    c.bench_function("view", |b| b.iter(|| black_box(engine.view())));
    let middle = VirtualTime::from_micros(engine.now().micros() / 2);
    let mut group = c.benchmark_group("seek");
    group.sample_size(10);
    group.bench_function("to the middle of eleven minutes", |b| b.iter(|| black_box(engine.at(middle))));
    let mut hour = shop(Box::new(Inline));
    for _ in 0..6 {
        ten_minutes(&mut hour);
    }
    let end = hour.now().micros();
    let mut jump = 0;
    group.bench_function("to anywhere in an hour with 360 deleted pods", |b| {
        b.iter(|| {
            // Always far from the last one, so that nothing near is left from that.
            jump = (jump + 37) % 100;
            black_box(hour.at(VirtualTime::from_micros(end / 100 * jump)))
        });
    });
    group.bench_function("and go on from there: fork", |b| {
        b.iter_batched(
            || {
                let mut engine = shop(Box::new(Inline));
                ten_minutes(&mut engine);
                engine
            },
            |mut engine| engine.fork(middle),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn seeing(c: &mut Criterion) {
    let mut engine = shop(Box::new(Inline));
    let target = ObjectRef::new(
        Kind::Pod,
        Key::new(
            "default",
            engine
                .world()
                .list(Kind::Pod, None)
                .next()
                .map_or("", |pod| pod.meta().name.as_deref().unwrap_or("")),
        ),
    );
    let call = Call::Delete { target, options: DeleteOptions::default() };
    engine.apply(Input::new("bench", "you deleted a pod", Act::Api(call)));
    engine.run_until(engine.now() + Span::millis(200));
    let mut app = App::new(engine.view(), Theme::default(), Glyphs::default(), "manifests".to_owned());
    for (width, height) in [(120, 36), (200, 60)] {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal in memory");
        c.bench_function(&format!("frame {width}x{height}, with a fresh view"), |b| {
            b.iter(|| {
                app.see(engine.view());
                terminal.draw(|frame| draw(frame, &app)).expect("a frame");
            });
        });
    }
    c.bench_function("start to first frame", |b| {
        b.iter(|| {
            let engine = boot(3, Box::new(Threads::new(3)));
            let app = App::new(engine.view(), Theme::default(), Glyphs::default(), "manifests".to_owned());
            let mut terminal = Terminal::new(TestBackend::new(120, 36)).expect("a terminal in memory");
            terminal.draw(|frame| draw(frame, &app)).expect("a frame");
        });
    });
}

criterion_group!(benches, running, travelling, seeing);
criterion_main!(benches);
