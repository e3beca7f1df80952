//! Objects for tests of controllers.

use serde_json::{Value, json};

use super::deployment::DeploymentController;
use super::replica_set::ReplicaSetController;
use crate::apiserver::{Call, Patch, Status, Sub};
use crate::client::{Cache, Effect, Loop, Outcome, Step};
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource};
use crate::time::VirtualTime;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};

/// An object of this type from JSON.
pub(crate) fn decode<R: Resource + Clone>(value: Value) -> R {
    R::of(&Object::decode(R::KIND, value).unwrap()).unwrap().clone()
}

/// The object with `change` merged in as RFC 7386 says.
pub(crate) fn with<R: Resource + Clone>(object: R, change: Value) -> R {
    let mut value = object.into_object().to_value();
    json_patch::merge(&mut value, &change);
    decode(value)
}

/// A pending pod with the label `app` and no owner.
pub(crate) fn pod(name: &str, app: &str) -> Pod {
    decode(json!({
        "metadata": {
            "name": name, "namespace": "default", "uid": name, "resourceVersion": "1", "labels": { "app": app },
            "creationTimestamp": "2026-01-05T08:00:00Z",
        },
        "spec": { "containers": [{ "name": "web", "image": "web:1" }] },
        "status": { "phase": "Pending" },
    }))
}

/// A ReplicaSet of pods with the label `app`, its own name.
pub(crate) fn replica_set(name: &str, replicas: i32) -> ReplicaSet {
    decode(json!({
        "metadata": {
            "name": name, "namespace": "default", "uid": format!("uid-{name}"), "resourceVersion": "1",
            "generation": 1, "creationTimestamp": "2026-01-05T08:00:00Z",
        },
        "spec": {
            "replicas": replicas, "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{ "name": "web", "image": "web:1" }] },
            },
        },
        "status": { "replicas": 0 },
    }))
}

/// A Deployment of pods with the label `app`, its own name: 25% and 25%, ten minutes, ten revisions.
pub(crate) fn deployment(name: &str, replicas: i32) -> Deployment {
    decode(json!({
        "metadata": {
            "name": name, "namespace": "default", "uid": format!("uid-{name}"), "resourceVersion": "1",
            "generation": 1, "creationTimestamp": "2026-01-05T08:00:00Z",
        },
        "spec": {
            "replicas": replicas, "selector": { "matchLabels": { "app": name } },
            "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10,
            "strategy": {
                "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" },
            },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{ "name": "web", "image": "web:1" }] },
            },
        },
    }))
}

/// A world of one cache without latency: loops are run on it by hand, and their writes are stored at once.
pub(crate) struct World {
    /// What everybody sees.
    pub cache: Cache,
    /// The time.
    pub now: VirtualTime,
    /// What was written and recorded, in order.
    pub log: Vec<String>,
    revision: u64,
    serial: u64,
}

impl World {
    /// An empty one.
    pub fn new() -> Self {
        let now = VirtualTime::from_micros(1_000_000);
        Self { cache: Cache::counting(), now, log: Vec::new(), revision: 10, serial: 0 }
    }

    /// Stores an object as it is, with a new revision.
    pub fn put(&mut self, mut object: Object) {
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        self.cache.insert(object);
    }

    /// An object of the default namespace.
    pub fn get<R: Resource + Clone>(&self, name: &str) -> Option<R> {
        self.cache.get_as::<R>(&Key::new("default", name)).map(|object| (**object).clone())
    }

    /// Merges `change` into an object of the default namespace, as a person would.
    pub fn edit<R: Resource + Clone>(&mut self, name: &str, change: Value) {
        let old = self.get::<R>(name).unwrap();
        let mut new = with(old.clone(), change).into_object();
        if !new.same_spec(&old.into_object()) {
            *new.meta_mut().generation.get_or_insert_default() += 1;
        }
        self.put(new);
    }

    /// One look of a loop at an item; returns the verdict's reason.
    pub fn look<L: Loop>(&mut self, mut logic: L, item: &ObjectRef) -> String {
        let Some(seen) = logic.observe(item, &self.cache, self.now) else { return String::new() };
        let plan = logic.compare(item, &seen, self.now);
        let mut outcomes = Vec::new();
        if self.carry_out(plan.steps, &mut outcomes) | !outcomes.is_empty() {
            let more = logic.conclude(item, &seen, &outcomes, self.now);
            self.carry_out(more, &mut outcomes);
        }
        plan.verdict.why.to_string()
    }

    fn carry_out<T>(&mut self, steps: Vec<Step<T>>, outcomes: &mut Vec<Outcome>) -> bool {
        let mut failed = false;
        for effect in steps.into_iter().flat_map(|step| step.effects) {
            match effect {
                _ if failed => outcomes.push(Outcome::Skipped),
                Effect::Write(write) | Effect::Send(write) => {
                    let outcome = match self.store(&write.call) {
                        Ok(object) => Outcome::Done(object),
                        Err(status) => {
                            failed = true;
                            Outcome::Refused(Box::new(status))
                        }
                    };
                    if let Some(note) = write.note.zip(write.about.as_ref()) {
                        self.log.extend((note.0)(note.1, &write.call, &outcome).map(|note| note.message));
                    }
                    outcomes.push(outcome);
                }
                Effect::Note(note) => self.log.push(note.message),
                Effect::Local { .. } => {}
            }
        }
        failed
    }

    fn store(&mut self, call: &Call) -> Result<Option<Object>, Status> {
        let target = call.target().unwrap();
        let old = self.cache.get(target.kind, &target.key).cloned();
        match call {
            Call::Create { object, .. } => {
                let mut object = object.clone();
                self.serial += 1;
                let meta = object.meta_mut();
                if let Some(prefix) = &meta.generate_name {
                    meta.name = Some(format!("{prefix}{}", self.serial));
                } else if old.is_some() {
                    return Err(Status::already_exists(&target));
                }
                meta.uid = Some(format!("uid-{}", self.serial));
                meta.generation = Some(1);
                meta.creation_timestamp = Some(self.now.to_api());
                self.put(object.clone());
                Ok(Some(object))
            }
            Call::Update { object, sub, .. } => {
                let old = old.ok_or_else(|| Status::not_found(&target))?;
                let version = &object.meta().resource_version;
                if version.is_some() && *version != old.meta().resource_version {
                    return Err(Status::stale(&target));
                }
                let mut new = old.clone();
                if *sub == Sub::Status {
                    new.take_status(object);
                } else {
                    new.take_spec(object);
                    *new.meta_mut().generation.get_or_insert_default() += i64::from(!new.same_spec(&old));
                }
                new.meta_mut().annotations = object.meta().annotations.clone();
                self.put(new);
                Ok(None)
            }
            Call::Delete { .. } => {
                let mut old = old.ok_or_else(|| Status::not_found(&target))?;
                old.meta_mut().deletion_timestamp = Some(self.now.to_api());
                match target.kind {
                    Kind::Pod => self.put(old.clone()),
                    _ => drop(self.cache.remove(target.kind, &target.key)),
                }
                Ok(Some(old))
            }
            Call::Patch { patch: Patch::Strategic(patch), .. } => {
                let mut old = old.ok_or_else(|| Status::not_found(&target))?;
                let owner = &patch["metadata"]["ownerReferences"][0];
                old.meta_mut().owner_references = match owner.get("$patch") {
                    Some(_) => None,
                    None => Some(vec![serde_json::from_value(owner.clone()).unwrap()]),
                };
                self.put(old);
                Ok(None)
            }
            other => panic!("unexpected: {other:?}"),
        }
    }

    /// Looks at all ReplicaSets until they have nothing more to do, with a new controller each time: what it has
    /// asked for is seen at once here.
    pub fn settle_sets(&mut self) {
        let sets: Vec<ObjectRef> = self.cache.all(Kind::ReplicaSet).map(|set| set.reference()).collect();
        for set in sets {
            for _ in 0..3 {
                self.look(ReplicaSetController::default(), &set);
            }
        }
    }

    /// Looks at the Deployment and then at the ReplicaSets, over and over, until nothing changes.
    pub fn settle(&mut self, name: &str) -> String {
        let item = ObjectRef::new(Kind::Deployment, Key::new("default", name));
        for _ in 0..100 {
            let before = self.revision;
            let why = self.look(DeploymentController, &item);
            self.settle_sets();
            if self.revision == before {
                return why;
            }
        }
        panic!("never settles: {:#?}", self.log);
    }

    /// Lets up to `count` pods become ready that are not, those of the set `of` in name order.
    pub fn ready(&mut self, of: &str, count: usize) {
        let waiting: Vec<Pod> = self.cache.all_as::<Pod>().map(|pod| (**pod).clone()).collect();
        let waiting = waiting.into_iter().filter(|pod| pod.is_active() && !pod.is_ready());
        let waiting = waiting.filter(|pod| pod.key().name.starts_with(of));
        for pod in waiting.take(count).collect::<Vec<_>>() {
            let condition = json!({
                "type": "Ready", "status": "True", "lastTransitionTime": self.now.to_api(),
            });
            let status = json!({ "status": { "phase": "Running", "conditions": [condition] } });
            self.put(with(with(pod, json!({ "spec": { "nodeName": "node-1" } })), status).into_object());
        }
    }

    /// Takes the log.
    pub fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// Takes the log's lines about scaling, shortened: `web-x 0>3`.
    pub fn scaled(&mut self) -> Vec<String> {
        let lines = self.said();
        let lines = lines.iter().filter_map(|line| line.split_once("replica set "));
        lines.map(|(_, rest)| rest.replace(" from ", " ").replace(" to ", ">")).collect()
    }
}
