//! Rollouts, by script: what the Deployment and ReplicaSet controllers decide and record, object by object.
//!
//! The cluster of these scripts has no nodes (but for `with_kubelets`). `ready` plays the kubelets' part, so that
//! each step of a rollout can be looked at on its own. The scripts and their outputs are in `tests/rollout/`; a changed output is a
//! changed behaviour: read the difference, then accept it with `UPDATE_GOLDENFILES=1 cargo test --test rollout`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::str::FromStr;

use goldenscript::{ArgumentConsumer, Command, Context, Runner};
use kubeloop::apiserver::{Call, DeleteOptions, Sub};
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, ClusterConfig, Engine, Fault, Input};
use kubeloop::object::{Kind, Object, ObjectRef, Pod, Resource};
use kubeloop::time::Span;
use kubeloop::trace::{Class, Data, Event, EventId};
use serde_json::{Value, json};

/// The controllers whose work is shown.
const COMPONENTS: [&str; 2] = ["controller/deployment", "controller/replicaset"];

struct Rollout {
    engine: Engine,
    shown: EventId,
    /// Template hashes by number, so that the output does not depend on them.
    versions: BTreeMap<String, usize>,
}

impl Rollout {
    /// A cluster without nodes, and without a scheduler to complain about that.
    fn new() -> Self {
        let mut rollout = Self::on_nodes(0);
        let stop = Fault::Component { name: "scheduler".into(), start: false };
        rollout.engine.apply(Input::new("script", "no scheduler", Act::Fault(stop)));
        rollout
    }

    /// A cluster with so many nodes, whose kubelets run the pods.
    fn on_nodes(nodes: u32) -> Self {
        let mut engine = Engine::new(ClusterConfig::with_nodes(nodes, 7), Box::new(Inline));
        engine.run_until(engine.now() + Span::secs(5));
        let shown = EventId(engine.world().log().total());
        Self { engine, shown, versions: BTreeMap::new() }
    }

    fn api(&mut self, title: &str, call: Call) -> Result<(), Box<dyn Error>> {
        let applied = self.engine.apply(Input::new("script", title, Act::Api(call)));
        applied.answer.map_or(Ok(()), |answer| answer.map(drop).map_err(|status| status.message.into()))
    }

    fn create(&mut self, command: &Command) -> Result<(), Box<dyn Error>> {
        let mut args = command.consume_args();
        let name = args.next_pos().ok_or("name?")?.to_owned();
        let replicas: i32 = key(&mut args, "replicas")?.unwrap_or(1);
        let strategy = match key::<String>(&mut args, "strategy")?.as_deref() {
            Some("Recreate") => json!({ "type": "Recreate" }),
            _ => json!({ "type": "RollingUpdate", "rollingUpdate": {
                "maxSurge": key::<String>(&mut args, "surge")?.unwrap_or("25%".into()),
                "maxUnavailable": key::<String>(&mut args, "unavailable")?.unwrap_or("25%".into()),
            }}),
        };
        let object = Object::from_value(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name, "namespace": "default" },
            "spec": {
                "replicas": replicas, "selector": { "matchLabels": { "app": name } }, "strategy": strategy,
                "progressDeadlineSeconds": key::<i32>(&mut args, "deadline")?.unwrap_or(600),
                "revisionHistoryLimit": 10,
                "template": {
                    "metadata": { "labels": { "app": name } },
                    "spec": { "containers": [{ "name": "web", "image": "web:1" }] },
                },
            },
        }))?;
        args.reject_next()?;
        self.api("create", Call::Create { object, dry_run: false })
    }

    fn set(&mut self, command: &Command) -> Result<(), Box<dyn Error>> {
        let mut args = command.consume_args();
        let name = args.next_pos().ok_or("name?")?.to_owned();
        let mut spec = json!({});
        if let Some(replicas) = key::<i32>(&mut args, "replicas")? {
            spec["replicas"] = replicas.into();
        }
        if let Some(paused) = key::<bool>(&mut args, "paused")? {
            spec["paused"] = paused.into();
        }
        if let Some(image) = key::<String>(&mut args, "image")? {
            spec["template"] = json!({ "spec": { "containers": [{ "name": "web", "image": image }] } });
        }
        args.reject_next()?;
        let target: ObjectRef = format!("Deployment/default/{name}").parse()?;
        self.patch(&target, json!({ "spec": spec }))
    }

    fn patch(&mut self, target: &ObjectRef, patch: Value) -> Result<(), Box<dyn Error>> {
        let object = self.engine.world().object(target).ok_or("no such object")?;
        let mut value = object.to_value();
        merge(&mut value, &patch);
        let object = Object::decode(target.kind, value)?;
        self.api("edit", Call::Update { object, sub: Sub::Main, dry_run: false })
    }

    /// The kubelets' part: up to so many pods become ready, those created first.
    fn ready(&mut self, count: usize) -> Result<(), Box<dyn Error>> {
        let now = self.engine.now().to_api();
        let pods: Vec<Pod> = self.engine.world().list_as::<Pod>(None).cloned().collect();
        let mut waiting: Vec<Pod> =
            pods.into_iter().filter(|pod| pod.is_active() && !pod.is_ready()).collect();
        waiting.sort_by_key(|pod| kubeloop::object::revision(&pod.metadata));
        for pod in waiting.into_iter().take(count) {
            let mut value = pod.into_object().to_value();
            value["status"]["phase"] = "Running".into();
            value["status"]["conditions"] = json!([
                { "type": "Ready", "status": "True", "lastTransitionTime": now },
            ]);
            let object = Object::decode(Kind::Pod, value)?;
            self.api("ready", Call::Update { object, sub: Sub::Status, dry_run: false })?;
        }
        Ok(())
    }

    fn fault(&mut self, command: &Command) -> Result<(), Box<dyn Error>> {
        let mut args = command.consume_args();
        let what = args.next_pos().ok_or("what?")?.to_owned();
        let name = args.next_pos().ok_or("component?")?.to_owned();
        let fault = match what.as_str() {
            "stop" => Fault::Component { name: name.into(), start: false },
            "start" => Fault::Component { name: name.into(), start: true },
            "drop" => Fault::Drop {
                a: name.into(),
                b: "apiserver".into(),
                next: key(&mut args, "next")?.unwrap_or(1),
            },
            other => return Err(format!("unknown fault {other}").into()),
        };
        args.reject_next()?;
        let applied = self.engine.apply(Input::new("script", what, Act::Fault(fault)));
        applied.refused.map_or(Ok(()), |why| Err(why.into()))
    }

    /// Lets time pass and tells what the two controllers did.
    fn run_for(&mut self, span: Span) -> String {
        self.engine.run_until(self.engine.now() + span);
        let log = self.engine.world().log();
        // What follows a component's start belongs to no story, and stands with the heartbeats.
        let classes = [Class::Decision, Class::Heartbeat];
        let mut events: Vec<Event> = classes
            .into_iter()
            .flat_map(|class| log.of_class(class))
            .filter(|event| event.id > self.shown)
            .map(|event| (**event).clone())
            .collect();
        events.sort_by_key(|event| event.id);
        self.shown = events.last().map_or(self.shown, |event| event.id);
        let mut told: Vec<(String, Vec<String>)> = Vec::new();
        for event in events.iter().filter(|event| COMPONENTS.contains(&event.component.as_str())) {
            let line = match &event.data {
                Data::Compare { why, .. } => why.to_string(),
                Data::Event { reason, message, .. } => format!("    {reason}: {message}"),
                _ => continue,
            };
            let object = event.object.as_ref().map(ToString::to_string).unwrap_or_default();
            let object = self.anonymous(&object.replace("/default/", " "));
            let line = self.anonymous(&line);
            match told.iter_mut().find(|(known, _)| *known == object) {
                Some((_, lines)) => lines.push(line),
                None => told.push((object, vec![line])),
            }
        }
        let mut output = String::new();
        for (object, mut lines) in told {
            // How often a loop looked, and which of several equal pods it hit, are matters of microseconds.
            lines.dedup();
            let _ = writeln!(output, "{object}");
            for line in lines {
                let _ = writeln!(output, "    {line}");
            }
        }
        output
    }

    /// Replaces generated names by numbered ones: `web-v1` for the first template's set, `web-v1-*` for its pods.
    fn anonymous(&mut self, line: &str) -> String {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let mut result = String::new();
        let mut rest = line;
        while let Some(start) = rest.find(is_name) {
            let length = rest[start..].find(|c| !is_name(c)).unwrap_or(rest.len() - start);
            let (before, word) = (&rest[..start], &rest[start..start + length]);
            result += before;
            result += &self.name(word);
            rest = &rest[start + length..];
        }
        result + rest
    }

    fn name(&mut self, word: &str) -> String {
        let is_hash = |hash: &str| {
            (8..=10).contains(&hash.len()) && hash.chars().all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c))
        };
        match word.split('-').collect::<Vec<_>>()[..] {
            [app, hash] if is_hash(hash) => format!("{app}-{}", self.version(hash)),
            [app, hash, suffix] if is_hash(hash) && suffix.len() == 5 => {
                format!("{app}-{}-*", self.version(hash))
            }
            _ => word.to_owned(),
        }
    }

    fn version(&mut self, hash: &str) -> String {
        let next = self.versions.len() + 1;
        format!("v{}", self.versions.entry(hash.to_owned()).or_insert(next))
    }
}

impl Runner for Rollout {
    type Command = Command;

    fn run(&mut self, command: &Command, _context: &Context) -> Result<String, Box<dyn Error>> {
        let argument = |command: &Command| -> Result<String, Box<dyn Error>> {
            let mut args = command.consume_args();
            Ok(args.next_pos().ok_or("argument?")?.to_owned())
        };
        match command.name.as_str() {
            "create" => self.create(command)?,
            "set" => self.set(command)?,
            "ready" => self.ready(argument(command)?.parse()?)?,
            "fault" => self.fault(command)?,
            "delete" => {
                let target: ObjectRef = argument(command)?.parse()?;
                self.api("delete", Call::Delete { target, options: DeleteOptions::default() })?;
            }
            "conditions" => return self.conditions(&argument(command)?),
            "run" => return Ok(self.run_for(Span::parse(&argument(command)?)?)),
            other => return Err(format!("unknown command {other}").into()),
        }
        Ok(String::new())
    }
}

impl Rollout {
    fn conditions(&mut self, name: &str) -> Result<String, Box<dyn Error>> {
        let target: ObjectRef = format!("Deployment/default/{name}").parse()?;
        let value = self.engine.world().object(&target).ok_or("no such object")?.to_value();
        let mut output = String::new();
        for condition in value["status"]["conditions"].as_array().into_iter().flatten() {
            let text = |field: &str| condition[field].as_str().unwrap_or("").to_owned();
            writeln!(output, "{} {} {}: {}", text("type"), text("status"), text("reason"), text("message"))?;
        }
        Ok(self.anonymous(&output))
    }
}

/// The argument `name=...`, if it is given.
fn key<T: FromStr<Err: Error + 'static>>(
    args: &mut ArgumentConsumer<'_>,
    name: &str,
) -> Result<Option<T>, Box<dyn Error>> {
    Ok(args.take_key(name).map(str::parse).transpose()?)
}

fn merge(value: &mut Value, patch: &Value) {
    match (value, patch) {
        (Value::Object(value), Value::Object(patch)) => {
            for (key, patch) in patch {
                merge(value.entry(key.clone()).or_insert(Value::Null), patch);
            }
        }
        (value, patch) => *value = patch.clone(),
    }
}

#[test]
fn rolling_update() {
    goldenscript::run(&mut Rollout::new(), "tests/rollout/rolling_update").unwrap();
}

#[test]
fn with_kubelets() {
    goldenscript::run(&mut Rollout::on_nodes(3), "tests/rollout/with_kubelets").unwrap();
}

#[test]
fn bad_image() {
    goldenscript::run(&mut Rollout::new(), "tests/rollout/bad_image").unwrap();
}

#[test]
fn scaling() {
    goldenscript::run(&mut Rollout::new(), "tests/rollout/scaling").unwrap();
}

#[test]
fn pause() {
    goldenscript::run(&mut Rollout::new(), "tests/rollout/pause").unwrap();
}

#[test]
fn lost_messages() {
    goldenscript::run(&mut Rollout::new(), "tests/rollout/lost_messages").unwrap();
}
