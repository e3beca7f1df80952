//! Rollouts, by script: what the Deployment and ReplicaSet controllers decide, write and record, in order.
//!
//! The cluster of these scripts has no nodes. `ready` plays the kubelets' part, so that each step of a rollout
//! can be looked at on its own. The scripts and their outputs are in `tests/rollout/`; a changed output is a
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

struct Rollout {
    engine: Engine,
    shown: EventId,
    /// Generated pod names and what the output calls them, so that it does not depend on random letters.
    names: BTreeMap<String, String>,
}

impl Rollout {
    fn new() -> Self {
        let mut engine = Engine::new(ClusterConfig::with_nodes(0, 7), Box::new(Inline));
        engine.run_until(engine.now() + Span::secs(1));
        // Without it nobody reports on pods that find no node.
        let stop = Fault::Component { name: "scheduler".into(), start: false };
        engine.apply(Input::new("script", "no scheduler", Act::Fault(stop)));
        let shown = EventId(engine.world().log().total());
        Self { engine, shown, names: BTreeMap::new() }
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
            value["status"] = json!({ "phase": "Running", "conditions": [
                { "type": "Ready", "status": "True", "lastTransitionTime": now },
            ]});
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
        let mut output = String::new();
        for event in events {
            let controller = |name: &str| {
                name.starts_with("controller/deployment") || name.starts_with("controller/replicaset")
            };
            let object = event.object.as_ref().map(ToString::to_string).unwrap_or_default();
            let line = match &event.data {
                Data::Compare { want, have, gap, why, .. } if controller(&event.component) => {
                    format!("{object}: wants {want}, has {have} ({gap}): {why}")
                }
                Data::Write { verb, changed, by, .. } if controller(by) && !object.starts_with("Event") => {
                    let parts = [(changed.meta, "meta"), (changed.spec, "spec"), (changed.status, "status")];
                    let parts: Vec<&str> =
                        parts.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
                    format!("    {} {object} {}", verb.name(), parts.join("+"))
                }
                Data::Event { reason, message, .. } if controller(&event.component) => {
                    format!("    event {reason}: {message}")
                }
                _ => continue,
            };
            let line = self.anonymous(&line);
            let _ = writeln!(output, "{}", line.replace("/default/", "/"));
        }
        output
    }

    /// Replaces generated pod names by numbered ones.
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
        let parts: Vec<&str> = word.split('-').collect();
        let [app, hash, suffix] = parts[..] else { return word.to_owned() };
        if suffix.len() != 5 || hash.len() < 8 {
            return word.to_owned();
        }
        let next = self.names.len() + 1;
        self.names.entry(word.to_owned()).or_insert_with(|| format!("{app}-{hash}-{next}")).clone()
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
    fn conditions(&self, name: &str) -> Result<String, Box<dyn Error>> {
        let target: ObjectRef = format!("Deployment/default/{name}").parse()?;
        let value = self.engine.world().object(&target).ok_or("no such object")?.to_value();
        let mut output = String::new();
        for condition in value["status"]["conditions"].as_array().into_iter().flatten() {
            let text = |field: &str| condition[field].as_str().unwrap_or("").to_owned();
            writeln!(output, "{} {} {}: {}", text("type"), text("status"), text("reason"), text("message"))?;
        }
        Ok(output)
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
