//! From a list of writes to facts.
//!
//! The same reduction is used for the recordings and for our own runs, so that what is compared was made in the
//! same way. A fact is a key and a few lines of text; names, uids, addresses and times that differ from run to
//! run are replaced by what they stand for.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::names::Names;
use crate::states;

/// One write to the API, as a watch tells of it.
#[derive(Clone, Debug)]
pub struct Write {
    /// Milliseconds since the scenario began.
    pub at_ms: u64,
    /// `ADDED`, `MODIFIED` or `DELETED`.
    pub verb: String,
    /// The object's kind.
    pub kind: String,
    /// The object afterwards.
    pub object: Value,
}

/// What a scenario says about how its writes are to be read.
pub struct Reading<'a> {
    /// The namespace of the scenario.
    pub namespace: &'a str,
    /// Objects whose names begin so are left out: they belong to kinds that this cluster does not have.
    pub leave_out: &'a [String],
    /// Objects that play the same part, by what they are called together: which of them the scheduler puts on
    /// which of several equal nodes is chance.
    pub alike: &'a BTreeMap<String, String>,
    /// The nodes whose changes are facts.
    pub nodes: &'a [String],
    /// When the person acted, and what they did.
    pub actions: &'a [(u64, String)],
    /// When the scenario ends.
    pub end_ms: u64,
}

/// Facts by their keys.
pub type Facts = BTreeMap<String, Vec<String>>;

/// One change of what an object says, for deadlines: when, about what, and how it is now.
pub type Moment = (u64, String, String);

/// What was made of the writes.
pub struct Reduced {
    /// What is compared.
    pub facts: Facts,
    /// When each of it happened.
    pub timeline: Vec<Moment>,
}

/// Reduces writes, which are in the order of their revisions.
pub fn reduce(writes: &[Write], reading: &Reading<'_>) -> Reduced {
    let names = Names::of(writes, reading);
    let mut reducer =
        Reducer { names, reading, facts: Facts::new(), timeline: Vec::new(), last: BTreeMap::new() };
    let mine: Vec<&Write> = writes.iter().filter(|write| reducer.is_mine(write)).collect();
    reducer.sequences(&mine);
    reducer.scale_steps(&mine);
    reducer.pods(&mine);
    reducer.events(&mine);
    reducer.endpoints(&mine);
    reducer.checkpoints(&mine);
    Reduced { facts: reducer.facts, timeline: reducer.timeline }
}

struct Reducer<'a> {
    names: Names,
    reading: &'a Reading<'a>,
    facts: Facts,
    timeline: Vec<Moment>,
    last: BTreeMap<String, String>,
}

impl Reducer<'_> {
    fn is_mine(&self, write: &Write) -> bool {
        if write.at_ms > self.reading.end_ms {
            return false;
        }
        let meta = &write.object["metadata"];
        let name = meta["name"].as_str().unwrap_or("");
        match write.kind.as_str() {
            "Node" => return self.reading.nodes.iter().any(|node| node == name),
            "Namespace" => return name == self.reading.namespace && write.verb != "ADDED",
            "Lease" | "ServiceAccount" => return false,
            "Event" => {
                let about = states::involved(&write.object);
                let node = about["kind"] == "Node"
                    && self.reading.nodes.iter().any(|node| about["name"] == node.as_str());
                return node
                    || meta["namespace"] == self.reading.namespace && !self.is_left_out(&about["name"]);
            }
            // The root certificates' bundle, which another controller makes in every namespace.
            "ConfigMap" if name == "kube-root-ca.crt" => return false,
            _ => {}
        }
        meta["namespace"] == self.reading.namespace && !self.is_left_out(&meta["name"])
    }

    fn is_left_out(&self, name: &Value) -> bool {
        let name = name.as_str().unwrap_or("");
        self.reading.leave_out.iter().any(|prefix| name.starts_with(prefix.as_str()))
    }

    /// Adds a line to a fact if it is not what the fact's last line says.
    fn step(&mut self, at_ms: u64, key: &str, line: String) {
        if self.last.get(key) == Some(&line) {
            return;
        }
        self.last.insert(key.to_owned(), line.clone());
        self.timeline.push((at_ms, key.to_owned(), line.clone()));
        self.facts.entry(key.to_owned()).or_default().push(line);
    }

    /// What happens to each object by and by: its life, and its conditions.
    fn sequences(&mut self, writes: &[&Write]) {
        for write in writes {
            let Write { at_ms, verb, kind, object } = write;
            let name = self.names.of_object(kind, object);
            match kind.as_str() {
                "Deployment" | "Namespace" => {
                    let line = states::conditions(object, &self.names);
                    self.step(*at_ms, &format!("{kind} {name}: conditions"), line);
                    let line = states::life(verb, object, &self.names);
                    self.step(*at_ms, &format!("{kind} {name}: life"), line);
                }
                "Node" => self.step(*at_ms, &format!("Node {name}"), states::node(object)),
                "PodDisruptionBudget" => {
                    let line = states::conditions(object, &self.names);
                    self.step(*at_ms, &format!("{kind} {name}: conditions"), line);
                    let line = states::life(verb, object, &self.names);
                    self.step(*at_ms, &format!("{kind} {name}: life"), line);
                }
                "DaemonSet" => {
                    let line = states::life(verb, object, &self.names);
                    self.step(*at_ms, &format!("{kind} {name}: life"), line);
                    self.step(*at_ms, &format!("{kind} {name}: scheduled"), states::scheduled(object));
                }
                "ControllerRevision" => {
                    let line = states::life(verb, object, &self.names);
                    let line = format!("{line}, revision {}", object["revision"]);
                    self.step(*at_ms, &format!("{kind} {name}: life"), line);
                }
                "ReplicaSet" | "Service" | "ConfigMap" | "Secret" => {
                    let line = states::life(verb, object, &self.names);
                    self.step(*at_ms, &format!("{kind} {name}: life"), line);
                }
                _ => {}
            }
        }
    }

    /// How many pods each ReplicaSet is asked for, in the order of the writes.
    fn scale_steps(&mut self, writes: &[&Write]) {
        let mut asked: BTreeMap<String, (i64, String)> = BTreeMap::new();
        for write in writes.iter().filter(|write| write.kind == "ReplicaSet" && write.verb != "DELETED") {
            let name = self.names.of_object("ReplicaSet", &write.object);
            let replicas = write.object["spec"]["replicas"].as_i64().unwrap_or(0);
            let revision = write.object["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
                .as_str()
                .unwrap_or("")
                .to_owned();
            let before = asked.insert(name.clone(), (replicas, revision.clone()));
            let (from, old) = before.unwrap_or((0, String::new()));
            if from != replicas {
                let line = format!("{name} {from} to {replicas}");
                self.timeline.push((write.at_ms, "scale".to_owned(), line.clone()));
                self.facts.entry("scale steps".to_owned()).or_default().push(line);
            }
            if old != revision {
                let line = format!("{name} is revision {revision}");
                self.facts.entry("revisions".to_owned()).or_default().push(line);
            }
        }
    }

    /// The life of each pod, and how many had the same.
    fn pods(&mut self, writes: &[&Write]) {
        let mut lives: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
        for write in writes.iter().filter(|write| write.kind == "Pod") {
            let name = write.object["metadata"]["uid"].as_str().unwrap_or("").to_owned();
            let family = self.names.of_object("Pod", &write.object);
            let state = match write.verb.as_str() {
                "DELETED" => "gone".to_owned(),
                _ => states::pod(&write.object),
            };
            let (_, life) = lives.entry(name).or_insert_with(|| (family.clone(), Vec::new()));
            if life.last() != Some(&state) {
                life.push(state.clone());
                self.timeline.push((write.at_ms, format!("Pod {family}"), state));
            }
        }
        let mut alike: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for (family, life) in lives.into_values() {
            alike.entry(family).or_default().push(life);
        }
        for (family, lives) in alike {
            for (number, (life, count)) in merged(lives).into_iter().enumerate() {
                let fact = self.facts.entry(format!("Pod {family}: life {}", number + 1)).or_default();
                fact.push(format!("{count} x"));
                fact.extend(life);
            }
        }
    }

    /// Who told what about whom, how often; and in which order about one object.
    fn events(&mut self, writes: &[&Write]) {
        let mut latest: BTreeMap<String, &Write> = BTreeMap::new();
        let mut order: Vec<String> = Vec::new();
        for write in writes.iter().filter(|write| write.kind == "Event" && write.verb != "DELETED") {
            let name = write.object["metadata"]["name"].as_str().unwrap_or("").to_owned();
            let about = states::involved(&write.object);
            let key =
                format!("event about {} {}", about["kind"].as_str().unwrap_or(""), self.names.of_name(about));
            let line =
                format!("{} {}", states::event(&write.object, &self.names), states::count(&write.object));
            self.timeline.push((write.at_ms, key, line));
            if latest.insert(name.clone(), write).is_none() {
                order.push(name);
            }
        }
        let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut orders: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
        for write in order.iter().filter_map(|name| latest.get(name)) {
            let about = states::involved(&write.object);
            let family = format!("{} {}", about["kind"].as_str().unwrap_or(""), self.names.of_name(about));
            let text = states::event(&write.object, &self.names);
            *told.entry((family.clone(), text)).or_default() += states::count(&write.object);
            let who = states::reporter(&write.object);
            let uid = about["uid"].as_str().unwrap_or("").to_owned();
            let reason = write.object["reason"].as_str().unwrap_or("").to_owned();
            let reasons = orders.entry((family, who, uid)).or_default();
            if reasons.last() != Some(&reason) {
                reasons.push(reason);
            }
        }
        for ((family, text), count) in told {
            let reason = text.split(' ').nth(1).unwrap_or("").trim_end_matches(':').to_owned();
            let fact = self.facts.entry(format!("Event {reason} about {family}")).or_default();
            // How often the scheduler tries again within milliseconds is chance; what it finds is not.
            match reason == "FailedScheduling" {
                true => fact.push(text),
                false => fact.push(format!("{count} x {text}")),
            }
        }
        let mut alike: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for ((family, who, _), reasons) in orders {
            let line = reasons.join(", ");
            *alike
                .entry(format!("Events about {family}: order of {who}"))
                .or_default()
                .entry(line)
                .or_default() += 1;
        }
        for (key, lines) in alike {
            self.facts
                .insert(key, lines.into_iter().map(|(line, count)| format!("{count} x {line}")).collect());
        }
    }

    /// What a Service's slices say about each pod by and by.
    fn endpoints(&mut self, writes: &[&Write]) {
        let mut slices: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut told: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for write in writes.iter().filter(|write| write.kind == "EndpointSlice") {
            let service =
                write.object["metadata"]["labels"]["kubernetes.io/service-name"].as_str().unwrap_or("");
            let slice = write.object["metadata"]["name"].as_str().unwrap_or("").to_owned();
            let now = match write.verb.as_str() {
                "DELETED" => BTreeMap::new(),
                _ => states::endpoints(&write.object),
            };
            let before = slices.insert(slice, now.clone()).unwrap_or_default();
            for (pod, state) in &now {
                if before.get(pod) != Some(state) {
                    told.entry((service.to_owned(), pod.clone())).or_default().push(state.clone());
                    self.timeline.push((write.at_ms, format!("endpoint of {service}"), state.clone()));
                }
            }
            for pod in before.keys().filter(|pod| !now.contains_key(*pod)) {
                told.entry((service.to_owned(), pod.clone())).or_default().push("gone".to_owned());
                self.timeline.push((write.at_ms, format!("endpoint of {service}"), "gone".to_owned()));
            }
        }
        let mut alike: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for ((service, _), states) in told {
            let line = states.join(", ");
            *alike.entry(format!("endpoints of {service}")).or_default().entry(line).or_default() += 1;
        }
        for (key, lines) in alike {
            self.facts
                .insert(key, lines.into_iter().map(|(line, count)| format!("{count} x {line}")).collect());
        }
    }

    /// How everything is just before each action, and at the end.
    fn checkpoints(&mut self, writes: &[&Write]) {
        // Two seconds after an action everything has come to rest.
        let pairs = self.reading.actions.iter().zip(self.reading.actions.iter().skip(1));
        let rested = pairs.filter(|((before, _), (at, _))| at - before >= 2000);
        let moments = rested.map(|(_, (at, what))| (*at, format!("before {what}")));
        let moments: Vec<(u64, String)> =
            moments.chain([(self.reading.end_ms, "at the end".to_owned())]).collect();
        for (at, title) in moments {
            let mut now: BTreeMap<(String, String), &Value> = BTreeMap::new();
            for write in writes.iter().filter(|write| write.at_ms < at) {
                let name = write.object["metadata"]["name"].as_str().unwrap_or("").to_owned();
                match write.verb.as_str() {
                    "DELETED" => now.remove(&(write.kind.clone(), name)),
                    _ => now.insert((write.kind.clone(), name), &write.object),
                };
            }
            let mut pods: BTreeMap<String, usize> = BTreeMap::new();
            for ((kind, _), object) in now {
                let name = self.names.of_object(&kind, object);
                if kind == "Pod" {
                    *pods.entry(format!("{name} {}", states::pod_summary(object))).or_default() += 1;
                } else if let Some(line) = states::numbers(&kind, object) {
                    self.facts.entry(format!("{kind} {name}: {title}")).or_default().push(line);
                }
            }
            let lines = pods.into_iter().map(|(line, count)| format!("{count} x {line}")).collect();
            self.facts.insert(format!("pods {title}"), lines);
        }
    }
}

/// Equal lives together with their numbers. The kubelet sends only its newest status, so that a state is skipped
/// now and then: a life that is another one of its family with states left out is counted with it.
fn merged(mut lives: Vec<Vec<String>>) -> BTreeMap<Vec<String>, usize> {
    lives.sort_by_key(|life| (std::cmp::Reverse(life.len()), life.clone()));
    let mut whole: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for life in lives {
        let same = whole.keys().find(|longer| is_part(&life, longer)).cloned();
        *whole.entry(same.unwrap_or(life)).or_default() += 1;
    }
    whole
}

fn is_part(life: &[String], longer: &[String]) -> bool {
    let mut longer = longer.iter();
    life.iter().all(|state| longer.any(|other| other == state))
}
