//! A bench for one node: a real API server, one tick away, and nothing else.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Event as ApiEvent;
use serde_json::Value;
use smol_str::SmolStr;

use crate::actor::{Actor, ActorId, Delivery, Message, Outbox};
use crate::apiserver::{Answer, Call, DeleteOptions, Filter, Reply, Request, Server};
use crate::node::{Node, NodeCommand, NodeConfig};
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource};
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Data, EventId, Parent, Story, StoryId};

const NODE: ActorId = ActorId(1);
const LATENCY: Span = Span::millis(1);

/// A node, an API server, and what happened.
pub struct Bench {
    server: Server,
    pub node: Option<Node>,
    queue: BTreeMap<(VirtualTime, u64), (ActorId, Delivery)>,
    sequence: u64,
    pub now: VirtualTime,
    events: u64,
    /// Everything that was recorded, with its story.
    pub trace: Vec<(VirtualTime, SmolStr, Data, StoryId)>,
    /// What each pod's status was, whenever it changed.
    history: BTreeMap<Key, Vec<(VirtualTime, String)>>,
}

impl Bench {
    pub fn new() -> Self {
        let mut bench = Self {
            server: Server::new(1),
            node: None,
            queue: BTreeMap::new(),
            sequence: 0,
            now: VirtualTime::ZERO,
            events: 0,
            trace: Vec::new(),
            history: BTreeMap::new(),
        };
        let mut out = Outbox::new(ActorId::APISERVER, bench.now);
        bench.server.start(Parent::Known(Cause::NONE), &mut out);
        bench.merge(out);
        bench.apply("{apiVersion: v1, kind: ServiceAccount, metadata: {name: default}}");
        bench.power_on();
        bench.run(Span::secs(1));
        bench
    }

    /// The machine's power comes on.
    pub fn power_on(&mut self) {
        self.node = Some(Node::new(NodeConfig::new("node-1", 0, 1)));
        self.post(NODE, NODE, Span::TICK, Message::Alarm { token: 0 }, Cause::NONE);
    }

    /// The machine's power goes.
    pub fn power_off(&mut self) {
        self.node = None;
        self.queue.retain(|_, (to, delivery)| *to != NODE && delivery.from != NODE);
        self.server.forget(NODE);
    }

    pub fn command(&mut self, command: NodeCommand) {
        self.post(
            NODE,
            NODE,
            Span::TICK,
            Message::Command(command),
            Cause { event: EventId(7), story: StoryId(7) },
        );
    }

    pub fn ask(&mut self, call: Call) -> Answer {
        let mut out = Outbox::new(ActorId::APISERVER, self.now);
        let request = Request { user: "you".into(), call };
        let answer = self.server.answer_now(&request, Parent::Known(Cause::NONE), &mut out);
        self.merge(out);
        answer
    }

    /// Stores an object, given as YAML.
    pub fn apply(&mut self, yaml: &str) -> Object {
        let value: Value = serde_yaml::from_str(yaml).unwrap();
        let mut object = Object::from_value(value).unwrap();
        object.meta_mut().namespace = Some("default".to_owned());
        match self.ask(Call::Create { object, dry_run: false }).unwrap() {
            Reply::Object(object) => object,
            other => panic!("{other:?}"),
        }
    }

    /// A pod on the node with these containers and other fields of its spec, as YAML flow mappings.
    pub fn pod(&mut self, name: &str, spec: &str) {
        self.apply(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{nodeName: node-1, {spec}}}}}"
        ));
    }

    pub fn delete(&mut self, kind: Kind, name: &str, grace: Option<i64>) {
        let options = DeleteOptions { grace_period_secs: grace, ..DeleteOptions::default() };
        let target = ObjectRef::new(kind, Key::new("default", name));
        self.ask(Call::Delete { target, options }).unwrap();
    }

    pub fn list(&mut self, kind: Kind) -> Vec<Object> {
        match self.ask(Call::List { kind, filter: Filter::default() }).unwrap() {
            Reply::List { items, .. } => items,
            other => panic!("{other:?}"),
        }
    }

    pub fn get(&mut self, name: &str) -> Option<Pod> {
        self.list(Kind::Pod).iter().filter_map(Pod::of).find(|pod| Pod::key(pod).name == name).cloned()
    }

    /// The pod's status as JSON, for looking into.
    pub fn status(&mut self, name: &str) -> Value {
        serde_json::to_value(&*self.get(name).unwrap().status).unwrap()
    }

    /// Events of an object as `Reason: message (xN)`.
    pub fn events_of(&mut self, name: &str) -> Vec<String> {
        let events = self.list(Kind::Event);
        let mut events: Vec<&ApiEvent> = events.iter().filter_map(ApiEvent::of).collect();
        events.sort_by_key(|event| event.metadata.name.clone());
        let of = events.into_iter().filter(|event| event.involved_object.name.as_deref() == Some(name));
        of.map(|event| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            format!("{}: {} (x{})", text(&event.reason), text(&event.message), event.count.unwrap_or(0))
        })
        .collect()
    }

    /// The changes of a pod's status: seconds since the first one, and what it was.
    pub fn history(&self, name: &str) -> Vec<(f64, String)> {
        let all = self.history.get(&Key::new("default", name)).cloned().unwrap_or_default();
        let first = all.first().map_or(VirtualTime::ZERO, |(at, _)| *at);
        all.into_iter().map(|(at, text)| ((at - first).as_secs_f64(), text)).collect()
    }

    /// The texts of [`Bench::history`] alone.
    pub fn states(&self, name: &str) -> Vec<String> {
        self.history(name).into_iter().map(|(_, text)| text).collect()
    }

    /// When this text first stood in the pod's history, in seconds since the first entry.
    pub fn when(&self, name: &str, text: &str) -> f64 {
        let history = self.history(name);
        let found = history.iter().find(|(_, state)| state.contains(text));
        found.unwrap_or_else(|| panic!("no {text} in {history:#?}")).0
    }

    /// Lets time pass.
    pub fn run(&mut self, span: Span) {
        let until = self.now + span;
        while let Some(((at, _), _)) = self.queue.first_key_value().filter(|((at, _), _)| *at <= until) {
            self.now = *at;
            self.step();
        }
        self.now = until;
    }

    fn step(&mut self) {
        let mut inboxes: BTreeMap<ActorId, Vec<Delivery>> = BTreeMap::new();
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let (to, delivery) = entry.remove();
            inboxes.entry(to).or_default().push(delivery);
        }
        if let Some(inbox) = inboxes.remove(&ActorId::APISERVER) {
            let mut out = Outbox::new(ActorId::APISERVER, self.now);
            self.server.handle(inbox, &mut out);
            self.merge(out);
        }
        if let Some(inbox) = inboxes.remove(&NODE)
            && let Some(mut node) = self.node.take()
        {
            let mut out = Outbox::new(NODE, self.now);
            node.handle(inbox, &mut out);
            let events = self.merge(out);
            node.numbered(&events);
            self.node = Some(node);
        }
    }

    fn merge(&mut self, out: Outbox) -> Vec<Cause> {
        let mut events: Vec<Cause> = Vec::new();
        let settle = |parent: Parent, events: &[Cause]| match parent {
            Parent::Known(cause) => cause,
            Parent::Draft(index) => events[index],
            Parent::Write(_) => Cause::NONE,
        };
        for draft in out.drafts {
            self.events += 1;
            let event = EventId(self.events + 1000);
            let story = match draft.story {
                Story::Start(_) => StoryId(event.0),
                Story::Inherit => {
                    draft.parents.first().map_or(StoryId(0), |parent| settle(*parent, &events).story)
                }
            };
            self.trace.push((self.now, draft.component, draft.data, story));
            events.push(Cause { event, story });
        }
        for posting in out.postings {
            let cause = settle(posting.cause, &events);
            let latency = if posting.to == out.me { Span::ZERO } else { LATENCY };
            let delay = (posting.delay + latency).max(Span::TICK);
            self.post(out.me, posting.to, delay, posting.message, cause);
        }
        self.follow();
        events
    }

    fn post(&mut self, from: ActorId, to: ActorId, delay: Span, message: Message, cause: Cause) {
        self.sequence += 1;
        self.queue.insert((self.now + delay, self.sequence), (to, Delivery { from, message, cause }));
    }

    /// Notes changes of pods.
    fn follow(&mut self) {
        let request = Call::List { kind: Kind::Pod, filter: Filter::default() };
        let mut out = Outbox::new(ActorId::APISERVER, self.now);
        let request = Request { user: "you".into(), call: request };
        let answer = self.server.answer_now(&request, Parent::Known(Cause::NONE), &mut out);
        let Ok(Reply::List { items, .. }) = answer else { return };
        let pods: BTreeMap<Key, String> =
            items.iter().filter_map(Pod::of).map(|pod| (Pod::key(pod), summary(pod))).collect();
        for (key, text) in &pods {
            let history = self.history.entry(key.clone()).or_default();
            if history.last().is_none_or(|(_, last)| last != text) {
                history.push((self.now, text.clone()));
            }
        }
        for (key, history) in &mut self.history {
            if !pods.contains_key(key) && history.last().is_some_and(|(_, last)| last != "gone") {
                history.push((self.now, "gone".to_owned()));
            }
        }
    }
}

/// A pod in one line: `Running ready web=running`.
fn summary(pod: &Pod) -> String {
    let mut words = vec![pod.phase().to_owned()];
    if pod.is_ready() {
        words.push("ready".to_owned());
    }
    if pod.metadata.deletion_timestamp.is_some() {
        words.push("terminating".to_owned());
    }
    let status = &pod.status;
    let all =
        status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten());
    for container in all {
        let state = container.state.clone().unwrap_or_default();
        let state = match (state.waiting, state.running, state.terminated) {
            (Some(waiting), ..) => waiting.reason.unwrap_or_default(),
            (_, Some(_), _) => "running".to_owned(),
            (_, _, Some(end)) => format!("{}({})", end.reason.unwrap_or_default(), end.exit_code),
            _ => "?".to_owned(),
        };
        let restarts =
            if container.restart_count > 0 { format!("#{}", container.restart_count) } else { String::new() };
        words.push(format!("{}={state}{restarts}", container.name));
    }
    words.join(" ")
}
