//! Plays a scenario in our cluster and collects every write.
//!
//! What can be done, one line each: `apply N` (the Nth document), `scale Kind/name N`, `set-image name image`,
//! `undo name`, `delete Kind/name [foreground|orphan]`, `label Kind/name key=value` or `key-`,
//! `taint node key=value:Effect` or `key-`, `patch Kind/name {...}` (merge), `strategic-patch Kind/name {...}`,
//! `json-patch Kind/name [...]`, `stop component`, `start component`, `power node off|on`, `cordon node`,
//! `uncordon node`, `drain node` (what `--ignore-daemonsets --force` evicts, each pod asked for once).
//! `Pod/web-*` is the first pod whose name begins so; `Pod/@1:web-*` remembers it as `Pod/@1`.

use std::collections::BTreeMap;

use kubeloop::apiserver::{Call, DeleteOptions, Patch, Propagation, Sub};
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, ClusterConfig, Engine, Fault, Input, NodePower};
use kubeloop::manifests::{Document, parse, send};
use kubeloop::object::{Key, Kind, Object, ObjectRef};
use kubeloop::time::{Span, VirtualTime};
use serde_json::{Value, json};

use crate::reduce::Write;
use crate::scenario::Scenario;

/// What a run left.
pub struct Played {
    /// Every write, in order.
    pub writes: Vec<Write>,
    /// What the person was told, by the number of the action, if it was refused.
    pub answers: BTreeMap<usize, String>,
}

/// Plays a scenario.
pub fn play(scenario: &Scenario) -> Played {
    let mut player = Player::new(scenario);
    let mut answers = BTreeMap::new();
    for (number, (at, action)) in scenario.actions.iter().enumerate() {
        player.run_to(*at);
        if let Err(refusal) = player.act(action) {
            answers.insert(number, refusal);
        }
    }
    player.run_to(scenario.end_ms);
    Played { writes: player.writes, answers }
}

struct Player<'a> {
    scenario: &'a Scenario,
    engine: Engine,
    documents: Vec<Document>,
    start: VirtualTime,
    revision: u64,
    writes: Vec<Write>,
    remembered: BTreeMap<String, String>,
}

impl<'a> Player<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let mut config = ClusterConfig::with_nodes(0, 7);
        config.nodes.clone_from(&scenario.nodes);
        let engine = Engine::new(config, Box::new(Inline));
        let documents = parse("scenario.yaml", &scenario.manifest).unwrap_or_else(|problems| {
            let problems: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
            panic!("{}: {problems:?}", scenario.namespace)
        });
        let documents =
            documents.into_iter().map(|document| document.in_namespace(&scenario.namespace)).collect();
        let mut player = Self {
            scenario,
            engine,
            documents,
            start: VirtualTime::ZERO,
            revision: 0,
            writes: Vec::new(),
            remembered: BTreeMap::new(),
        };
        player.prepare();
        player
    }

    /// Gives the nodes their images, and makes the namespace.
    fn prepare(&mut self) {
        self.engine.run_until(VirtualTime::ZERO + Span::secs(15));
        let namespace =
            |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.create(namespace("before")).expect("a namespace");
        self.create(namespace(&self.scenario.namespace)).expect("a namespace");
        self.engine.run_until(self.engine.now() + Span::secs(1));
        let mut pods = Vec::new();
        for (image_number, image) in self.scenario.present.iter().enumerate() {
            for node in &self.scenario.nodes {
                let name = format!("{}-{image_number}", node.name);
                self.create(json!({
                    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "before"},
                    "spec": {"nodeName": node.name, "containers": [{"name": "c", "image": image}]},
                }))
                .expect("a pod");
                pods.push(ObjectRef::new(Kind::Pod, Key::new("before", name)));
            }
        }
        self.engine.run_until(self.engine.now() + Span::secs(30));
        for target in pods {
            let options = DeleteOptions { grace_period_secs: Some(0), ..DeleteOptions::default() };
            self.api(Call::Delete { target, options }).expect("a deletion");
        }
        self.engine.run_until(self.engine.now() + Span::secs(14));
        self.start = self.engine.now();
        self.revision = self.engine.world().revision();
        for kind in [Kind::Node, Kind::Namespace] {
            for object in self.engine.world().list(kind, None) {
                let (kind, object) = (kind.name().to_owned(), object.to_value());
                self.writes.push(Write { at_ms: 0, verb: "ADDED".to_owned(), kind, object });
            }
        }
    }

    fn run_to(&mut self, at_ms: u64) {
        let until = self.start + Span::millis(at_ms);
        while self.engine.now() < until {
            // The store keeps its history for five minutes.
            self.engine.run_until(until.min(self.engine.now() + Span::secs(60)));
            self.collect();
        }
    }

    fn collect(&mut self) {
        let world = self.engine.world();
        let mut records: Vec<_> = Kind::ALL
            .iter()
            .filter(|kind| **kind != Kind::Lease)
            .flat_map(|kind| world.writes_since(*kind, self.revision).expect("the history reaches back"))
            .collect();
        records.sort_by_key(|record| record.revision);
        self.revision = world.revision();
        for record in records {
            self.writes.push(Write {
                at_ms: (record.at - self.start).as_millis(),
                verb: record.verb.name().to_owned(),
                kind: record.object.kind().name().to_owned(),
                object: record.object.to_value(),
            });
        }
    }

    fn api(&mut self, call: Call) -> Result<(), String> {
        let applied = self.engine.apply(Input::new("script", "scenario", Act::Api(call)));
        applied.answer.map_or(Ok(()), |answer| answer.map(drop).map_err(|status| status.message))
    }

    fn fault(&mut self, fault: Fault) {
        let applied = self.engine.apply(Input::new("script", "scenario", Act::Fault(fault)));
        assert_eq!(applied.refused, None);
    }

    fn create(&mut self, value: Value) -> Result<(), String> {
        let object = Object::from_value(value).expect("an object");
        self.api(Call::Create { object, dry_run: false })
    }

    fn patch(&mut self, target: ObjectRef, patch: Patch) -> Result<(), String> {
        self.api(Call::Patch { target, patch, sub: Sub::Main, dry_run: false })
    }

    /// Does one thing; the answer if it is refused.
    fn act(&mut self, action: &str) -> Result<(), String> {
        let words: Vec<&str> = action.splitn(3, ' ').collect();
        match words[..] {
            ["apply", number] => self.apply(number.parse().expect("a number")),
            ["scale", target, replicas] => {
                let replicas = replicas.parse().expect("a number");
                let target = self.target(target);
                self.api(Call::Scale { target, replicas })
            }
            ["set-image", name, image] => {
                let target = self.target(&format!("Deployment/{name}"));
                let containers = json!([{"name": name, "image": image}]);
                let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
                self.patch(target, Patch::Strategic(patch))
            }
            ["undo", name] => self.undo(name),
            ["delete", target] => self.delete(target, None),
            ["delete", target, "foreground"] => self.delete(target, Some(Propagation::Foreground)),
            ["delete", target, "orphan"] => self.delete(target, Some(Propagation::Orphan)),
            ["label", target, label] => {
                let target = self.target(target);
                let (key, value) = match label.split_once('=') {
                    Some((key, value)) => (key, json!(value)),
                    None => (label.trim_end_matches('-'), Value::Null),
                };
                self.patch(target, Patch::Merge(json!({"metadata": {"labels": {key: value}}})))
            }
            ["taint", node, taint] => self.taint(node, taint),
            ["patch", target, patch] => {
                let target = self.target(target);
                self.patch(target, Patch::Merge(serde_json::from_str(patch).expect("JSON")))
            }
            ["strategic-patch", target, patch] => {
                let target = self.target(target);
                self.patch(target, Patch::Strategic(serde_json::from_str(patch).expect("JSON")))
            }
            ["json-patch", target, patch] => {
                let target = self.target(target);
                self.patch(target, Patch::Json(serde_json::from_str(patch).expect("JSON")))
            }
            ["stop", name] => {
                self.fault(Fault::Component { name: name.into(), start: false });
                Ok(())
            }
            ["start", name] => {
                self.fault(Fault::Component { name: name.into(), start: true });
                Ok(())
            }
            ["power", node, power] => {
                let power = if power == "off" { NodePower::Off } else { NodePower::On };
                self.fault(Fault::Power { node: node.into(), power });
                Ok(())
            }
            ["cordon", node] => self.cordon(node, json!(true)),
            ["uncordon", node] => self.cordon(node, Value::Null),
            ["drain", node] => self.drain(node),
            _ => panic!("unknown action {action}"),
        }
    }

    fn apply(&mut self, number: usize) -> Result<(), String> {
        let document = self.documents[number].clone();
        let sent = send::send(&mut self.engine, &document, "script", "scenario", &mut None);
        sent.map(drop).map_err(|problem| problem.message)
    }

    /// What `kubectl rollout undo` does: the template of the last revision before this one is put back.
    fn undo(&mut self, name: &str) -> Result<(), String> {
        let revision = |object: &Value| -> i64 {
            let text = &object["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
            text.as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        let target = self.target(&format!("Deployment/{name}"));
        let world = self.engine.world();
        let deployment = world.object(&target).expect("the Deployment").to_value();
        let mut sets: Vec<Value> = world
            .list(Kind::ReplicaSet, Some(&self.scenario.namespace))
            .map(Object::to_value)
            .filter(|set| set["metadata"]["ownerReferences"][0]["name"] == name)
            .filter(|set| revision(set) < revision(&deployment))
            .collect();
        sets.sort_by_key(revision);
        let mut template = sets.pop().expect("an older revision")["spec"]["template"].clone();
        if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
            labels.remove("pod-template-hash");
        }
        let patch = json!([{"op": "replace", "path": "/spec/template", "value": template}]);
        self.patch(target, Patch::Json(patch))
    }

    fn delete(&mut self, target: &str, propagation: Option<Propagation>) -> Result<(), String> {
        let target = self.target(target);
        // kubectl always says which; Background is its default.
        let propagation = Some(propagation.unwrap_or(Propagation::Background));
        self.api(Call::Delete { target, options: DeleteOptions { propagation, ..DeleteOptions::default() } })
    }

    fn taint(&mut self, node: &str, taint: &str) -> Result<(), String> {
        let target = self.target(&format!("Node/{node}"));
        let live = self.engine.world().object(&target).expect("the node").to_value();
        let mut taints: Vec<Value> = live["spec"]["taints"].as_array().cloned().unwrap_or_default();
        match taint.split_once(['=', ':']) {
            Some((key, rest)) => {
                let (value, effect) = rest.split_once(':').expect("an effect");
                taints.push(json!({"key": key, "value": value, "effect": effect}));
            }
            None => taints.retain(|old| old["key"] != taint.trim_end_matches('-')),
        }
        self.patch(target, Patch::Merge(json!({"spec": {"taints": taints}})))
    }

    fn cordon(&mut self, node: &str, unschedulable: Value) -> Result<(), String> {
        let target = self.target(&format!("Node/{node}"));
        self.patch(target, Patch::Merge(json!({"spec": {"unschedulable": unschedulable}})))
    }

    /// Evicts the node's pods but for those of DaemonSets. Each is asked for whatever is said of the others.
    fn drain(&mut self, node: &str) -> Result<(), String> {
        let pods = self.engine.world().list(Kind::Pod, Some(&self.scenario.namespace));
        let pods: Vec<(Key, Value)> = pods.map(|pod| (pod.reference().key, pod.to_value())).collect();
        let here = pods.into_iter().filter(|(_, pod)| {
            pod["spec"]["nodeName"] == node && pod["metadata"]["ownerReferences"][0]["kind"] != "DaemonSet"
        });
        let options = DeleteOptions::default;
        let answers: Vec<Result<(), String>> =
            here.map(|(pod, _)| self.api(Call::Evict { pod, options: options() })).collect();
        answers.into_iter().collect()
    }

    fn target(&mut self, text: &str) -> ObjectRef {
        let (kind, name) = text.split_once('/').expect("Kind/name");
        let kind = Kind::from_name(kind).expect("a kind");
        let (memory, pattern) = match name.strip_prefix('@') {
            Some(rest) => rest.split_once(':').unwrap_or((rest, "")),
            None => ("", name),
        };
        let name = match (pattern.strip_suffix('*'), memory) {
            (None, "") => pattern.to_owned(),
            (None, memory) => self.remembered[memory].clone(),
            (Some(prefix), memory) => {
                let pods = self.engine.world().list(kind, Some(&self.scenario.namespace));
                let mut names = pods
                    .filter(|pod| pod.meta().deletion_timestamp.is_none())
                    .map(|pod| pod.reference().key.name.to_string())
                    .filter(|name| name.starts_with(prefix));
                let name = names.next().expect("a pod of that name");
                self.remembered.insert(memory.to_owned(), name.clone());
                name
            }
        };
        let key = match kind {
            Kind::Node | Kind::Namespace => Key::cluster(name),
            _ => Key::new(self.scenario.namespace.as_str(), name),
        };
        ObjectRef::new(kind, key)
    }
}
