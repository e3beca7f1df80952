//! The loop against a small API server that keeps objects, answers at once and remembers what was asked.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::actor::{ActorId, Delivery, Message, Notice, Outbox, RequestTag, WatchTag};
use crate::apiserver::{Answer, Patch, Reply, Status};
use crate::client::Shell;
use crate::object::Key;
use crate::scheduler::fixture::{asking, node, pod};
use crate::trace::Verb;

struct World {
    shell: Shell<Scheduler>,
    objects: BTreeMap<ObjectRef, Object>,
    watches: BTreeMap<Kind, (u32, u64)>,
    revision: u64,
    now: VirtualTime,
    inbox: Vec<Delivery>,
    alarms: Vec<(VirtualTime, Message)>,
    /// What was asked, in a few words.
    log: Vec<String>,
    /// The messages written into pods' conditions.
    said: BTreeMap<String, String>,
    /// So many bindings are refused.
    refuse: usize,
}

impl World {
    fn new(nodes: &[(&str, Value)]) -> Self {
        let mut world = Self {
            shell: Shell::new(Scheduler::new(7), 0, Scheduler::recorder(), 7),
            objects: BTreeMap::new(),
            watches: BTreeMap::new(),
            revision: 0,
            now: VirtualTime::from_micros(1_000_000),
            inbox: Vec::new(),
            alarms: Vec::new(),
            log: Vec::new(),
            said: BTreeMap::new(),
            refuse: 0,
        };
        for (name, changes) in nodes {
            world.write(Object::Node(node(name, changes.clone())));
        }
        world.settle();
        world
    }

    fn of_size(count: usize) -> Self {
        let names: Vec<String> = (1..=count).map(|number| format!("node{number}")).collect();
        let nodes: Vec<(&str, Value)> = names.iter().map(|name| (name.as_str(), json!({}))).collect();
        Self::new(&nodes)
    }

    fn write(&mut self, mut object: Object) {
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        let old = self.objects.insert(object.reference(), object.clone());
        self.tell(if old.is_some() { Verb::Modified } else { Verb::Added }, object);
    }

    fn delete(&mut self, name: &str) {
        self.revision += 1;
        if let Some(object) = self.objects.remove(&item(name)) {
            self.tell(Verb::Deleted, object);
        }
    }

    fn tell(&mut self, verb: Verb, object: Object) {
        if let Some((watch, sequence)) = self.watches.get_mut(&object.kind()) {
            *sequence += 1;
            let tag = WatchTag { client: 0, watch: *watch };
            let notice = Notice { verb, object, revision: self.revision };
            let sequence = *sequence;
            self.deliver(Message::Watch { tag, sequence, notice });
        }
    }

    fn deliver(&mut self, message: Message) {
        self.inbox.push(Delivery { from: ActorId::APISERVER, message, cause: Cause::NONE });
    }

    /// Runs until nothing is under way but alarms.
    fn settle(&mut self) {
        loop {
            self.now += Span::millis(1);
            let mut out = Outbox::new(ActorId(4), self.now);
            for delivery in std::mem::take(&mut self.inbox) {
                self.shell.receive(delivery, &mut out);
            }
            self.shell.run(&mut out);
            self.shell.numbered(&vec![Cause::NONE; out.drafts.len()]);
            for posting in out.postings {
                match posting.message {
                    Message::Request { tag, request } => self.answer(tag, request.call),
                    alarm => self.alarms.push((self.now + posting.delay, alarm)),
                }
            }
            if self.inbox.is_empty() {
                return;
            }
        }
    }

    /// Lets time pass.
    fn sleep(&mut self, span: Span) {
        let end = self.now + span;
        loop {
            self.alarms.sort_by_key(|(at, _)| *at);
            if self.alarms.first().is_none_or(|(at, _)| *at > end) {
                break;
            }
            let (at, alarm) = self.alarms.remove(0);
            self.now = self.now.max(at);
            self.deliver(alarm);
            self.settle();
        }
        self.now = self.now.max(end);
    }

    fn answer(&mut self, tag: RequestTag, call: Call) {
        let answer: Answer = match call {
            Call::List { kind, .. } => {
                let items = self.objects.values().filter(|object| object.kind() == kind).cloned().collect();
                Ok(Reply::List { items, revision: self.revision })
            }
            Call::Watch { kind, watch, .. } => {
                self.watches.insert(kind, (watch, 0));
                Ok(Reply::Watching)
            }
            Call::Bind { pod, .. } if self.refuse > 0 => {
                self.refuse -= 1;
                Err(Box::new(Status::conflict(&ObjectRef::new(Kind::Pod, pod), "bad luck")))
            }
            Call::Bind { pod, node, .. } => self.change(&pod, format!("bind {} {node}", pod.name), |pod| {
                pod.node = Some(node);
            }),
            Call::Patch { target, patch: Patch::Strategic(patch), .. } if target.kind == Kind::Pod => {
                self.patch(&target.key, &patch["status"])
            }
            Call::Delete { target, .. } => {
                self.log.push(format!("delete {}", target.key.name));
                Ok(Reply::Done)
            }
            Call::Create { object: Object::Event(event), .. } => {
                let [reason, action] =
                    [&event.reason, &event.action].map(|text| text.as_deref().unwrap_or(""));
                let message = event.message.as_deref().unwrap_or("");
                self.log.push(format!("event {reason} {action}: {message}"));
                Ok(Reply::Done)
            }
            other => {
                self.log.push(format!(
                    "{} {:?}",
                    other.verb(),
                    other.target().map(|target| target.to_string())
                ));
                Ok(Reply::Done)
            }
        };
        self.deliver(Message::Response { tag, answer, object: None });
    }

    fn patch(&mut self, key: &Key, status: &Value) -> Answer {
        let condition = status["conditions"][0].clone();
        let (kind, reason) = (condition["type"].as_str().unwrap(), condition["reason"].as_str().unwrap());
        let nominated = status["nominatedNodeName"].as_str();
        if kind == "PodScheduled" {
            self.said.insert(key.name.to_string(), condition["message"].as_str().unwrap().to_owned());
        }
        let words = format!("status {} {kind} {reason} {}", key.name, nominated.unwrap_or("-"));
        self.change(key, words, |pod| {
            let status = Arc::make_mut(&mut pod.status);
            let conditions = status.conditions.get_or_insert_default();
            conditions.retain(|one| one.type_ != kind);
            conditions.push(serde_json::from_value(condition.clone()).unwrap());
            if let Some(node) = nominated {
                status.nominated_node_name = Some(node.to_owned());
            }
        })
    }

    fn change(&mut self, key: &Key, words: String, change: impl FnOnce(&mut Pod)) -> Answer {
        self.log.push(words);
        let target = ObjectRef::new(Kind::Pod, key.clone());
        let Some(Object::Pod(old)) = self.objects.get(&target) else {
            return Err(Box::new(Status::not_found(&target)));
        };
        let mut pod = (**old).clone();
        change(&mut pod);
        self.write(Object::Pod(Arc::new(pod)));
        Ok(Reply::Done)
    }

    fn create(&mut self, pod: Arc<Pod>) {
        self.write(Object::Pod(pod));
        self.settle();
    }

    fn pods(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.objects.values().filter_map(Pod::shared)
    }

    fn node_of(&self, name: &str) -> Option<String> {
        Pod::of(self.objects.get(&item(name))?)?.node.as_ref().map(ToString::to_string)
    }

    fn edit_node(&mut self, name: &str, edit: impl FnOnce(&mut Node)) {
        let key = ObjectRef::new(Kind::Node, Key::cluster(name));
        let mut node = Node::of(&self.objects[&key]).unwrap().clone();
        edit(&mut node);
        self.write(Object::Node(Arc::new(node)));
        self.settle();
    }

    fn logged(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }
}

fn item(name: &str) -> ObjectRef {
    ObjectRef::new(Kind::Pod, Key::new("default", name))
}

#[test]
fn a_pod_is_bound_then_the_event_says_so() {
    let mut world = World::of_size(1);
    world.create(asking("web", "250m"));
    let event = "event Scheduled Binding: Successfully assigned default/web to node1";
    assert_eq!(world.logged(), ["bind web node1", event]);
    let look = world.shell.look();
    let verdict = &look.verdicts[&item("web")];
    assert_eq!((verdict.want.as_str(), verdict.have.as_str()), ("a node for pod web", "no node"));
    assert_eq!(look.explanations[&item("web")].chosen.as_deref(), Some("node1"));
}

#[test]
fn without_nodes_it_says_so_and_waits_for_one() {
    let mut world = World::new(&[]);
    world.create(pod("web", json!({})));
    let message = "no nodes available to schedule pods";
    let event = format!("event FailedScheduling Scheduling: {message}");
    assert_eq!(world.logged(), [event, "status web PodScheduled Unschedulable -".to_owned()]);
    assert_eq!(world.said["web"], message);
    world.write(Object::Node(node("late", json!({}))));
    world.settle();
    assert_eq!(world.node_of("web").as_deref(), Some("late"));
}

#[test]
fn replicas_of_one_owner_go_to_different_nodes() {
    let mut world = World::of_size(3);
    let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "rs", "controller": true}]);
    for name in ["a", "b", "c"] {
        world.write(Object::Pod(pod(name, json!({"metadata": {"ownerReferences": owner}}))));
    }
    world.settle();
    let mut nodes: Vec<String> = ["a", "b", "c"].iter().filter_map(|name| world.node_of(name)).collect();
    nodes.sort();
    assert_eq!(nodes, ["node1", "node2", "node3"], "although all three were tried before any was bound");
}

#[test]
fn the_important_pod_gets_the_last_room() {
    let mut world = World::of_size(1);
    let vip = json!({"spec": {
        "priority": 10, "containers": [{"name": "c", "resources": {"requests": {"cpu": "3"}}}],
    }});
    world.write(Object::Pod(asking("early", "3")));
    world.write(Object::Pod(pod("vip", vip)));
    world.settle();
    assert_eq!((world.node_of("vip").is_some(), world.node_of("early")), (true, None));
}

#[test]
fn a_refused_binding_frees_the_room_and_is_tried_again_after_a_second() {
    let mut world = World::of_size(1);
    world.refuse = 1;
    world.create(asking("web", "3"));
    assert_eq!(world.node_of("web"), None);
    assert!(world.shell.logic().cluster().node("node1").unwrap().requested.is_nothing());
    assert!(world.logged()[0].starts_with(
        "event FailedScheduling Scheduling: binding rejected: running Bind plugin \"DefaultBinder\": Operation"
    ));
    world.sleep(Span::millis(900));
    assert_eq!(world.node_of("web"), None);
    world.sleep(Span::millis(200));
    assert_eq!(world.node_of("web").as_deref(), Some("node1"));
}

#[test]
fn only_waiting_pods_of_this_scheduler_are_touched() {
    let mut world = World::of_size(1);
    world.create(pod("other", json!({"spec": {"schedulerName": "mine"}})));
    world.create(pod("named", json!({"spec": {"nodeName": "ghost"}})));
    world.create(pod("going", json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})));
    world.create(pod("gated", json!({"spec": {"schedulingGates": [{"name": "example.com/wait"}]}})));
    assert_eq!(world.logged(), [""; 0]);
    let why = &world.shell.look().verdicts[&item("gated")].why;
    assert_eq!(why, "its scheduling gates are closed: example.com/wait");
}

#[test]
fn room_is_made_for_a_more_important_pod_as_recorded() {
    let taint = json!({"spec": {"taints": [{"key": "pool", "effect": "NoSchedule"}]}});
    let nodes = ["node1", "node2", "node3", "node4", "node5", "node6"];
    let nodes = nodes.map(|name| (name, if name > "node3" { taint.clone() } else { json!({}) }));
    let mut world = World::new(&nodes);
    for name in ["low-1", "low-2", "low-3"] {
        world.create(asking(name, "3"));
    }
    world.logged();
    let containers = json!([{"name": "c", "resources": {"requests": {"cpu": "3"}}}]);
    world.create(pod("vip", json!({"spec": {"priority": 1_000_000, "containers": containers}})));
    let room = world.shell.logic().explanations()[&item("vip")].message.clone();
    assert_eq!(room, "0/6 nodes are available: 3 Insufficient cpu, 3 node(s) had untolerated taint(s).");
    let log = world.logged();
    let victim = log[2].split(' ').nth(1).unwrap().to_owned();
    let at = world.node_of(&victim).unwrap();
    assert_eq!(
        log,
        [
            format!("event FailedScheduling Scheduling: {room}"),
            format!("status vip PodScheduled Unschedulable {at}"),
            format!("status {victim} DisruptionTarget PreemptionByScheduler -"),
            format!("delete {victim}"),
            format!("event Preempted Preempting: Preempted by pod uid-vip on node {at}"),
        ]
    );
    // The replacement does not get the room that is kept.
    world.create(asking("low-4", "3"));
    assert_eq!(
        world.said["low-4"],
        "0/6 nodes are available: 3 Insufficient cpu, 3 node(s) had untolerated taint(s). no new claims to \
         deallocate, preemption: 0/6 nodes are available: 3 No preemption victims found for incoming pod, 3 \
         Preemption is not helpful for scheduling."
    );
    world.delete(&victim);
    world.settle();
    assert_eq!((world.node_of("vip"), world.node_of("low-4")), (Some(at), None));
}

#[test]
fn a_pod_that_fits_nowhere_is_tried_again_after_five_minutes() {
    let mut world = World::of_size(1);
    world.create(asking("huge", "100"));
    let loops = world.shell.look().loops;
    world.sleep(Span::secs(299));
    assert_eq!(world.shell.look().loops, loops);
    world.sleep(Span::secs(32));
    assert_eq!(world.shell.look().loops, loops + 1);
}

/// The recording `f_unschedulable`, step by step.
#[test]
fn every_message_is_as_recorded() {
    let recorded: Value =
        serde_json::from_str(include_str!("../../tests/fixtures/scheduler/unschedulable.json")).unwrap();
    let nodes = [("node1", "zone-a"), ("node2", "zone-b"), ("node3", "zone-c")];
    let nodes = nodes
        .map(|(name, zone)| (name, json!({"metadata": {"labels": {"topology.kubernetes.io/zone": zone}}})));
    let mut world = World::new(&nodes);
    for (number, step) in recorded["steps"].as_array().unwrap().iter().enumerate() {
        world.said.clear();
        replay(&mut world, step);
        let says: BTreeMap<String, String> = serde_json::from_value(step["says"].clone()).unwrap();
        let said: BTreeMap<String, String> = world
            .said
            .iter()
            .filter(|(name, _)| world.node_of(name).is_none())
            .map(|(name, message)| (name.clone(), message.clone()))
            .collect();
        assert_eq!(said, says, "step {number}");
        world.sleep(Span::secs(20));
    }
    let unplaced: Vec<&str> = world
        .pods()
        .filter(|pod| pod.node.is_none())
        .filter_map(|pod| pod.metadata.name.as_deref())
        .collect();
    let expected =
        ["affin", "both", "gpu", "hostport2", "hugecpu", "hugemem", "mixed", "paff", "tsc1", "tsc2"];
    assert_eq!(unplaced, expected);
}

fn replay(world: &mut World, step: &Value) {
    if let Some(changes) = step.get("create") {
        let name = changes["metadata"]["name"].as_str().unwrap();
        world.create(pod(name, changes.clone()));
    }
    for (name, taints) in step["taint"].as_object().into_iter().flatten() {
        world.edit_node(name, |node| {
            let spec = node.spec.get_or_insert_default();
            spec.taints = serde_json::from_value(taints.clone()).unwrap();
        });
    }
    for (name, labels) in step["label"].as_object().into_iter().flatten() {
        world.edit_node(name, |node| {
            let all = node.metadata.labels.get_or_insert_default();
            for (key, value) in labels.as_object().unwrap() {
                match value.as_str() {
                    Some(value) => all.insert(key.clone(), value.to_owned()),
                    None => all.remove(key),
                };
            }
        });
    }
    if let Some(node) = step["evict"].as_str() {
        let there = world.pods().filter(|pod| pod.node_name() == Some(node));
        let names: Vec<String> = there.filter_map(|pod| pod.metadata.name.clone()).collect();
        for name in names {
            world.delete(&name);
        }
        world.settle();
    }
    if let Some(name) = step["open"].as_str() {
        let mut pod = Pod::of(&world.objects[&item(name)]).unwrap().clone();
        Arc::make_mut(&mut pod.spec).scheduling_gates = None;
        world.create(Arc::new(pod));
    }
}

/// A pod of the property: CPU in tenths, memory in units of 100 MiB, a node port or none, how important.
type Wish = (u32, u32, Option<u8>, i32);

fn wish(name: &str, (cpu, memory, port, priority): Wish) -> Arc<Pod> {
    let requests = json!({"cpu": format!("{}m", cpu * 100), "memory": format!("{}Mi", memory * 100)});
    let ports: Vec<Value> =
        port.iter().map(|port| json!({"containerPort": 1, "hostPort": 8000 + u32::from(*port)})).collect();
    let container = json!({"name": "c", "resources": {"requests": requests}, "ports": ports});
    pod(name, json!({"spec": {"priority": priority, "preemptionPolicy": "Never", "containers": [container]}}))
}

fn totals(pods: &[&Pod]) -> (i64, i64, Vec<crate::object::HostPort>) {
    let demands: Vec<super::super::Demand> = pods.iter().map(|pod| super::super::Demand::of(pod)).collect();
    let cpu = demands.iter().map(|demand| demand.requests.cpu_milli).sum();
    let memory = demands.iter().map(|demand| demand.requests.memory).sum();
    (cpu, memory, demands.into_iter().flat_map(|demand| demand.ports).collect())
}

fn fits(pods: &[&Pod]) -> bool {
    let (cpu, memory, mut ports) = totals(pods);
    let count = ports.len();
    ports.sort();
    ports.dedup();
    cpu <= 4000 && memory <= 8 * 1024 * 1024 * 1024 && ports.len() == count && pods.len() <= 6
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Never more on a node than it has, whatever bindings fail and whoever leaves; and nobody waits who fits.
    #[test]
    fn nodes_are_never_overcommitted(
        size in 1_usize..5,
        wishes in prop::collection::vec((0_u32..25, 0_u32..40, prop::option::of(0_u8..3), 0_i32..3), 1..30),
        leavers in prop::collection::vec(0_usize..30, 0..10),
        refuse in 0_usize..5,
    ) {
        let names: Vec<String> = (0..size).map(|number| format!("n{number}")).collect();
        let small = json!({"status": {"allocatable": {"pods": "6"}}});
        let nodes: Vec<(&str, Value)> = names.iter().map(|name| (name.as_str(), small.clone())).collect();
        let mut world = World::new(&nodes);
        world.refuse = refuse;
        for (number, one) in wishes.iter().enumerate() {
            world.write(Object::Pod(wish(&format!("p{number}"), *one)));
            if number % 3 == 0 {
                world.settle();
            }
        }
        world.settle();
        for leaver in leavers {
            world.delete(&format!("p{leaver}"));
        }
        world.settle();
        world.sleep(Span::secs(60));
        let placed: Vec<Vec<&Pod>> = names
            .iter()
            .map(|name| world.pods().map(|pod| &**pod).filter(|pod| pod.node_name() == Some(name)).collect())
            .collect();
        for pods in &placed {
            prop_assert!(fits(pods));
        }
        for waiting in world.pods().filter(|pod| pod.node.is_none()) {
            for pods in &placed {
                let with: Vec<&Pod> = pods.iter().copied().chain([&**waiting]).collect();
                prop_assert!(!fits(&with), "{:?} waits for nothing", waiting.metadata.name);
            }
        }
        // Incremental sums are those of a fresh count.
        for (name, pods) in names.iter().zip(&placed) {
            let info = world.shell.logic().cluster().node(name).unwrap();
            let (cpu, memory, _) = totals(pods);
            prop_assert_eq!((info.requested.cpu_milli, info.requested.memory), (cpu, memory));
        }
    }
}
