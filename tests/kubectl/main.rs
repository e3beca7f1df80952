//! kubectl in process, in a cluster that runs.

mod live;
mod recorded;

use std::collections::BTreeMap;

use kubeloop::engine::driver::Inline;
use kubeloop::engine::{ClusterConfig, Engine, NodeSpec};
use kubeloop::kubectl::{self, Output, Poll};
use kubeloop::manifests::Files;
use kubeloop::time::Span;
use regex::Regex;

/// The one file that there is: what was on the standard input.
struct Stdin(String);

impl Files for Stdin {
    fn read(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        match path {
            "STDIN" => Ok(BTreeMap::from([(path.to_owned(), self.0.clone())])),
            other => Err(format!("{other}: there is no such file")),
        }
    }
}

/// Three nodes in three zones, and the namespace of the recordings.
pub fn cluster() -> Engine {
    let nodes = (1..=3).map(|number| NodeSpec::new(format!("node{number}"))).map(|mut node| {
        let zone = char::from(b'a' + node.name.as_bytes()[4] - b'1');
        node.labels.insert("topology.kubernetes.io/zone".to_owned(), format!("zone-{zone}"));
        node
    });
    let config = ClusterConfig { nodes: nodes.collect(), ..ClusterConfig::default() };
    let mut engine = Engine::new(config, Box::new(Inline));
    assert!(engine.run_while(Span::secs(60), kubeloop::script::is_up));
    run(&mut engine, "create ns wire", "");
    engine
}

/// Runs a command to its end while time passes.
pub fn run(engine: &mut Engine, line: &str, stdin: &str) -> (Output, u8) {
    let files = Stdin(stdin.to_owned());
    let mut running = kubectl::parse(line);
    let mut output = Output::default();
    let mut poll = running.poll(engine, &files);
    let limit = engine.now() + Span::secs(300);
    let replicas = Regex::new(r"(?m)^  replicas: \d+").unwrap();
    loop {
        output.append(running.take_output());
        poll = match poll {
            Poll::Done(exit) => return (output, exit),
            Poll::Edit(editing) => {
                // The second recording saves what it was given.
                let text = match line.ends_with("#noop") {
                    true => editing.text.clone(),
                    false => replicas.replace(&editing.text, "  replicas: 4").into_owned(),
                };
                running.edited(&text, engine, &files)
            }
            Poll::Waiting(until) => {
                assert!(engine.now() < limit, "{line} is never done: {}", output.text());
                let revision = engine.world().revision();
                let pause = until.unwrap_or(limit).since(engine.now());
                engine.run_while(pause, |world| world.revision() != revision);
                running.poll(engine, &files)
            }
        };
    }
}
