//! How soon the screen answers: painting a frame, and from a key to the painted frame.
//!
//! `cargo bench --bench screen`. The budgets: a frame of 150 pods under 4 ms, of 1,000 nodes and 10,000 pods under 8 ms,
//! a key seen in under 50 ms. The large cluster is measured
//! with `KUBELOOP_LARGE=1`. That nothing is written while the clock stands still is a test (`tests/terminal.rs`).
#![allow(missing_docs, reason = "a bench")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use crossterm::event::KeyCode;
use k8s_openapi::api::apps::v1::Deployment;
use kubeloop::apiserver::Call;
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, ClusterConfig, Engine, Input};
use kubeloop::object::{Kind, Object, Pod};
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
    let labels = json!({"app": "web"});
    let deployment: Deployment = serde_json::from_value(json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": pods,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "pizza/login:1.2.3"}]}
            }
        }
    }))
    .expect("a Deployment");
    let call = Call::Create { object: Object::Deployment(deployment.into()), dry_run: false };
    engine.apply(Input::new("bench", "a Deployment", Act::Api(call)));
    let all = |world: &kubeloop::engine::World| {
        world.list_as::<Pod>(None).filter(|pod| pod.is_ready()).count() == pods as usize
    };
    assert!(engine.run_while(Span::secs(1200), all), "not all pods became ready");
    assert_eq!(engine.world().list(Kind::Node, None).count(), nodes as usize);
    engine
}

fn app(engine: &Engine, size: Size) -> App {
    let mut app = App::new(engine.view(), Theme::default(), Glyphs::Unicode, "manifests".to_owned());
    app.resize(size);
    app
}

/// A frame: what is derived from the cluster is brought up to date, and everything is painted.
fn frames(c: &mut Criterion) {
    let small = cluster(3, 150);
    let mut group = c.benchmark_group("frame");
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let mut app = app(&small, Size::new(width, height));
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        group.bench_function(format!("{width}x{height}, 150 pods"), |b| {
            b.iter(|| {
                app.see(small.view());
                terminal.draw(|frame| draw(frame, black_box(&app))).expect("painted");
            });
        });
        for screen in ['2', '3', '4'] {
            app.key(KeyCode::Char(screen));
            group.bench_function(format!("{width}x{height}, 150 pods, screen {screen}"), |b| {
                b.iter(|| {
                    app.see(small.view());
                    terminal.draw(|frame| draw(frame, black_box(&app))).expect("painted");
                });
            });
        }
    }
    // Such a cluster takes many minutes to come up, so it is measured only when it is asked for.
    if std::env::var_os("KUBELOOP_LARGE").is_none() {
        return group.finish();
    }
    let large = cluster(1000, 10_000);
    for (width, height) in [(120, 36), (200, 60)] {
        let mut app = app(&large, Size::new(width, height));
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        group.bench_function(format!("{width}x{height}, 1,000 nodes and 10,000 pods"), |b| {
            b.iter(|| {
                app.see(large.view());
                terminal.draw(|frame| draw(frame, black_box(&app))).expect("painted");
            });
        });
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
