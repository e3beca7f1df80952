//! Test support: drives a controller through what a real control plane was recorded doing for one Service.
//!
//! A fixture holds the Service, the zones of its nodes, and steps: how the pods changed, and what the real
//! controller (Kubernetes 1.36.2) had written when it had seen that, or null if nothing. The reductions keep
//! only fields that endpoints depend on. Where the real one added two endpoints at once, in the random order of
//! a Go map, the fixture has them in the order of the pods' names.

use serde_json::{Value, json};

use crate::apiserver::Call;
use crate::client::{Cache, Change, Context, Effect, Loop, Outcome, Plan};
use crate::object::{Key, Kind, Object, ObjectRef};
use crate::time::VirtualTime;

/// One controller before a store that does what it says.
pub(super) struct Replay<L> {
    controller: L,
    cache: Cache,
    service: ObjectRef,
    revision: u64,
}

impl<L: Loop<Op = crate::client::Never>> Replay<L> {
    pub(super) fn new(controller: L, fixture: &Value) -> Self {
        let mut cache = Cache::default();
        let service = Object::from_value(fixture["service"].clone()).unwrap();
        for (name, zone) in fixture["zones"].as_object().unwrap() {
            let labels = zone.as_str().map(|zone| json!({"topology.kubernetes.io/zone": zone}));
            let node =
                json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}});
            cache.insert(Object::from_value(node).unwrap());
        }
        let reference = service.reference();
        cache.insert(service);
        Self { controller, cache, service: reference, revision: 100 }
    }

    /// Changes the pods; tells whether that wakes the controller for the Service.
    pub(super) fn apply(&mut self, pods: &Value) -> bool {
        let mut woken = false;
        for (name, pod) in pods.as_object().unwrap() {
            let key = Key::new(self.service.key.namespace.clone(), name.as_str());
            let new = (!pod.is_null()).then(|| Object::from_value(pod.clone()).unwrap());
            let old = match &new {
                Some(pod) => self.cache.insert(pod.clone()),
                None => self.cache.remove(Kind::Pod, &key),
            };
            let mut out = crate::actor::Outbox::new(crate::actor::ActorId(1), VirtualTime::ZERO);
            let (controller, change) = (&mut self.controller, Change { old, new });
            let woke = Context::for_test(&self.cache, &mut out, |cx| controller.changed(&change, cx));
            woken |= woke.contains(&self.service);
        }
        woken
    }

    pub(super) fn plan(&mut self) -> Plan {
        let seen = self.controller.observe(&self.service, &self.cache, VirtualTime::ZERO).unwrap();
        self.controller.compare(&self.service, &seen, VirtualTime::ZERO)
    }

    /// Runs the loop once and stores what it writes; a new object gets `name`. Gives what was stored.
    pub(super) fn run(&mut self, name: &str) -> Vec<Object> {
        let mut stored = Vec::new();
        for effect in self.plan().steps.into_iter().flat_map(|step| step.effects) {
            let Effect::Write(write) = effect else { continue };
            let (Call::Create { object, .. } | Call::Update { object, .. }) = &write.call else { continue };
            let mut object = object.clone();
            self.revision += 1;
            let meta = object.meta_mut();
            meta.name = Some(name.to_owned());
            meta.uid.get_or_insert_with(|| format!("uid-of-{name}"));
            meta.resource_version = Some(self.revision.to_string());
            self.cache.insert(object.clone());
            self.told(&write.call, Outcome::Done(Some(object.clone())));
            stored.push(object);
        }
        stored
    }

    fn told(&mut self, call: &Call, outcome: Outcome) {
        let mut out = crate::actor::Outbox::new(crate::actor::ActorId(1), VirtualTime::ZERO);
        let cache = self.cache.clone();
        let (controller, service) = (&mut self.controller, &self.service);
        Context::for_test(&cache, &mut out, |cx| controller.ended(service, call, &outcome, cx));
    }
}

/// Replays the steps of one kind of object and compares each write with the recorded one.
pub(super) fn check<L: Loop<Op = crate::client::Never>>(controller: L, fixture: &str, steps: &str) {
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    let mut replay = Replay::new(controller, &fixture);
    for (number, step) in fixture[steps].as_array().unwrap().iter().enumerate() {
        let woken = replay.apply(&step["pods"]);
        if step["object"].is_null() {
            assert!(!woken || replay.run("nothing").is_empty(), "step {number}: nothing to write");
            continue;
        }
        assert!(woken || number == 0, "step {number}: the change wakes the controller");
        let name = step["object"]["metadata"]["name"].as_str().unwrap();
        let stored = replay.run(name);
        assert_eq!(stored.len(), 1, "step {number}: one write");
        let mut ours = stored[0].to_value();
        let meta = ours["metadata"].as_object_mut().unwrap();
        meta.remove("uid");
        meta.remove("resourceVersion");
        let mut recorded = step["object"].clone();
        drop_nulls(&mut recorded);
        let show = |value: &Value| serde_json::to_string_pretty(value).unwrap();
        assert!(ours == recorded, "step {number}: ours {}\nrecorded {}", show(&ours), show(&recorded));
        assert!(replay.run(name).is_empty(), "step {number}: nothing is left to do");
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
