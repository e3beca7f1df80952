//! A loop in a test: it sees what the test puts there, and its requests are kept and answered.
//!
//! The rig plays the API server without being one: lists and watches show the rig's objects, a Get or List is
//! answered from them, everything else is written down and answered with "done". What a write would change, the
//! test puts there itself; so each rule is tested against hand-made objects.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;
use smol_str::SmolStr;

use crate::actor::{ActorId, Delivery, Message, Notice, Outbox, WatchTag};
use crate::apiserver::{Answer, Call, Reply, Status};
use crate::client::{EventStyle, Loop, Recorder, Shell};
use crate::object::{Kind, Object, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Data, EventId, Parent, Story, StoryId, Verb};

/// How long an answer or a notice takes.
const LATENCY: Span = Span::millis(2);
/// How often the connection shows that it is alive.
const PING: Span = Span::secs(30);

/// Reads an object.
pub fn object(value: Value) -> Object {
    Object::from_value(value).expect("a test's object can be read")
}

/// A loop with a world around it.
pub struct Rig<L: Loop> {
    shell: Shell<L>,
    /// What its cache holds.
    interests: Vec<Kind>,
    now: VirtualTime,
    revision: u64,
    store: BTreeMap<ObjectRef, Object>,
    watches: Vec<(Kind, WatchTag, u64)>,
    /// What arrives at the loop, by time.
    mail: BTreeMap<(VirtualTime, u64), Delivery>,
    sent: u64,
    calls: Vec<Call>,
    events: Vec<String>,
    /// Titles of stories that the loop began, and when.
    pub stories: Vec<(VirtualTime, SmolStr)>,
    /// The story of each wake-up, newest last.
    pub woken: Vec<StoryId>,
    /// Refusals for the next requests.
    pub refusals: VecDeque<Status>,
    next_event: u64,
}

impl<L: Loop> Rig<L> {
    /// The loop, started in a world of these objects.
    pub fn new(logic: L, objects: Vec<Object>) -> Self {
        let interests = logic.interests().iter().map(|interest| interest.kind).collect();
        let shell = Shell::new(logic, 0, Recorder::new("test", "", EventStyle::Core), 1);
        let mut rig = Self {
            shell,
            interests,
            now: VirtualTime::ZERO,
            revision: 100,
            store: BTreeMap::new(),
            watches: Vec::new(),
            mail: BTreeMap::new(),
            sent: 0,
            calls: Vec::new(),
            events: Vec::new(),
            stories: Vec::new(),
            woken: Vec::new(),
            refusals: VecDeque::new(),
            next_event: 1,
        };
        for object in objects {
            rig.store.insert(object.reference(), object);
        }
        rig.turn(Vec::new());
        rig.mail.insert((VirtualTime::ZERO + PING, 0), ping());
        rig
    }

    /// The requests that change something (and Gets and Lists), Events apart.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The same, forgotten afterwards.
    pub fn take_calls(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.calls)
    }

    /// Texts of the Events, forgotten afterwards.
    pub fn take_events(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events)
    }

    /// An object is new or changed; the loop hears of it in a moment, as part of a story.
    pub fn put(&mut self, mut object: Object) {
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        let old = self.store.insert(object.reference(), object.clone());
        self.notice(if old.is_some() { Verb::Modified } else { Verb::Added }, object);
    }

    /// An object is gone.
    pub fn remove(&mut self, object: &Object) {
        self.revision += 1;
        self.store.remove(&object.reference());
        self.notice(Verb::Deleted, object.clone());
    }

    fn notice(&mut self, verb: Verb, object: Object) {
        let kind = object.kind();
        let notice = Notice { verb, object, revision: self.revision };
        let mut messages = Vec::new();
        for (_, tag, count) in self.watches.iter_mut().filter(|(watched, ..)| *watched == kind) {
            *count += 1;
            messages.push(Message::Watch { tag: *tag, sequence: *count, notice: notice.clone() });
        }
        for message in messages {
            self.deliver(message, LATENCY, Cause { event: EventId(1), story: StoryId(1) });
        }
    }

    fn deliver(&mut self, message: Message, delay: Span, cause: Cause) {
        self.sent += 1;
        let delivery = Delivery { from: ActorId::APISERVER, message, cause };
        self.mail.insert((self.now + delay, self.sent), delivery);
    }

    /// Lets time pass.
    pub fn run_for(&mut self, span: Span) {
        let end = self.now + span;
        while let Some(((at, _), _)) = self.mail.first_key_value().filter(|((at, _), _)| *at <= end) {
            self.now = *at;
            let mut inbox = Vec::new();
            while let Some(entry) = self.mail.first_entry().filter(|entry| entry.key().0 == self.now) {
                let mut delivery = entry.remove();
                if let Message::Ping { sent } = &mut delivery.message {
                    sent.extend(self.watches.iter().map(|(_, tag, count)| (*tag, *count)));
                    let next = (self.now + PING, 0);
                    self.mail.insert(next, ping());
                }
                inbox.push(delivery);
            }
            self.turn(inbox);
        }
        self.now = end;
    }

    fn turn(&mut self, inbox: Vec<Delivery>) {
        let mut out = Outbox::new(ActorId(1), self.now);
        for delivery in inbox {
            self.shell.receive(delivery, &mut out);
        }
        self.shell.run(&mut out);
        let mut causes: Vec<Cause> = Vec::new();
        for draft in out.drafts {
            let event = EventId(1_000 + self.next_event);
            self.next_event += 1;
            let parent = draft.parents.first().map_or(Cause::NONE, |parent| resolve(*parent, &causes));
            let story = match draft.story {
                Story::Start(title) => {
                    self.stories.push((self.now, title));
                    StoryId(event.0)
                }
                Story::Inherit => parent.story,
            };
            if let Data::Woken { .. } = draft.data {
                self.woken.push(story);
            }
            causes.push(Cause { event, story });
        }
        self.shell.numbered(&causes);
        for posting in out.postings {
            let cause = resolve(posting.cause, &causes);
            match posting.message {
                Message::Request { tag, request } => {
                    let answer = self.answer(request.call, tag.client);
                    let message = Message::Response { tag, answer, object: None };
                    self.deliver(message, LATENCY, cause);
                }
                message => self.deliver(message, posting.delay, cause),
            }
        }
    }

    fn answer(&mut self, call: Call, client: u8) -> Answer {
        match call {
            Call::Watch { kind, watch, .. } => {
                self.watches.retain(|(watched, ..)| *watched != kind);
                self.watches.push((kind, WatchTag { client, watch }, 0));
                return Ok(Reply::Watching);
            }
            Call::List { kind, ref filter } => {
                if !self.interests.contains(&kind) {
                    self.calls.push(call.clone());
                }
                let items = self.store.values().filter(|object| object.kind() == kind);
                let items = items.filter(|object| filter.matches(object)).cloned().collect();
                return Ok(Reply::List { items, revision: self.revision });
            }
            _ => {}
        }
        if let Call::Create { object: Object::Event(event), .. } = &call {
            self.events.push(event.message.clone().unwrap_or_default());
            return Ok(Reply::Done);
        }
        let refusal = self.refusals.pop_front();
        let answer = match (&call, refusal) {
            (_, Some(status)) => Err(Box::new(status)),
            (Call::Get { target, .. }, None) => match self.store.get(target) {
                Some(object) => Ok(Reply::Object(object.clone())),
                None => Err(Box::new(Status::not_found(target))),
            },
            (Call::Update { object, .. }, None) => Ok(Reply::Object(object.clone())),
            _ => Ok(Reply::Done),
        };
        self.calls.push(call);
        answer
    }
}

/// Filled in when it arrives.
fn ping() -> Delivery {
    Delivery { from: ActorId::APISERVER, message: Message::Ping { sent: Vec::new() }, cause: Cause::NONE }
}

fn resolve(parent: Parent, causes: &[Cause]) -> Cause {
    match parent {
        Parent::Known(cause) => cause,
        Parent::Draft(index) => causes.get(index).copied().unwrap_or(Cause::NONE),
        Parent::Write(_) => Cause::NONE,
    }
}
