//! Actors: what a component is to the engine.
//!
//! An actor owns its state and nothing else. It is handed the messages that are due at one instant and
//! answers with an [`Outbox`]: what it did (drafts of trace events), what it sends, and when it wants to be
//! woken. It never sees another actor, the engine, or the clock of the machine. So a worker node can live on a
//! thread of its own, a checkpoint is a clone, and a run repeats to the byte.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::apiserver::{Answer, Picture, Request};
use crate::client::LoopLook;
use crate::network::{NetworkCommand, Packet, TrafficLook};
use crate::node::{KubeletState, MachineLook, NodeCommand};
use crate::object::{Object, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Data, Draft, Few, Parent, Story, Verb};

/// The number of an actor; also its place in the fixed order within an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

impl ActorId {
    /// The API server (with etcd behind it) is always the first.
    pub const APISERVER: Self = Self(0);
}

/// Names a request among those of one actor: which of its clients asked, and that client's counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestTag {
    /// The client within the actor (a node has several).
    pub client: u8,
    /// The client's own counter.
    pub number: u64,
}

/// Names a watch among those of one actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WatchTag {
    /// The client within the actor.
    pub client: u8,
    /// The client's own number for the watch.
    pub watch: u32,
}

/// What a watch reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// What happened, as this watch sees it: an object that no longer matches its filter is Deleted.
    pub verb: Verb,
    /// The object afterwards (before, if it was deleted).
    pub object: Object,
    /// The revision of the write.
    pub revision: u64,
}

/// A message from one actor to another, or to itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// To the API server.
    Request {
        /// To be repeated in the response.
        tag: RequestTag,
        /// What is asked.
        request: Box<Request>,
    },
    /// From the API server.
    Response {
        /// Which request it answers.
        tag: RequestTag,
        /// The answer.
        answer: Answer,
        /// Which object it is about.
        object: Option<ObjectRef>,
    },
    /// From the API server: a change on an open watch.
    Watch {
        /// Which watch.
        tag: WatchTag,
        /// Counts the notices of this watch from 1, so that a lost one is noticed.
        sequence: u64,
        /// What changed.
        notice: Notice,
    },
    /// From the API server, to a follower: what there is now.
    Picture {
        /// On which watch.
        tag: WatchTag,
        /// Counts the pictures of this watch from 1, so that a lost one is noticed.
        sequence: u64,
        /// All objects.
        picture: Arc<Picture>,
    },
    /// From the API server, every 30 s: how many notices each watch was sent. Tells a silent watch from a dead
    /// one, as HTTP/2 pings and bookmarks do.
    Ping {
        /// Notices sent so far per open watch.
        sent: Vec<(WatchTag, u64)>,
    },
    /// The connection to the API server broke; its watches are gone.
    Hangup,
    /// To the API server: the process behind this client of the sender has ended; its watches are closed.
    Closed {
        /// The client within the actor.
        client: u8,
    },
    /// The alarm that the actor set for itself.
    Alarm {
        /// The actor's own number for it.
        token: u64,
    },
    /// Traffic between pods, clients and proxies.
    Packet(Packet),
    /// Something happens to a node's machine or to what runs there.
    Command(NodeCommand),
    /// The network around a node or the clients changes.
    Network(NetworkCommand),
}

impl Message {
    /// What kind of message it is, in words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Request { .. } => "a request",
            Self::Response { .. } => "an answer",
            Self::Watch { .. } | Self::Picture { .. } => "a watch event",
            Self::Ping { .. } => "a ping",
            Self::Hangup | Self::Closed { .. } => "a closed connection",
            Self::Alarm { .. } => "an alarm",
            Self::Packet(_) => "a packet",
            Self::Command(_) | Self::Network(_) => "a command",
        }
    }
}

/// A message as it arrives.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Who sent it.
    pub from: ActorId,
    /// What.
    pub message: Message,
    /// The event that it arrives by: the engine records arrivals of responses and notices before the actor
    /// sees them; other messages carry the event that sent them.
    pub cause: Cause,
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Posting {
    /// To whom.
    pub to: ActorId,
    /// Not before this long from now; the link's latency is added unless it is for the sender itself.
    pub delay: Span,
    /// What.
    pub message: Message,
    /// Because of what.
    pub cause: Parent,
}

/// What an actor did and sends within one instant.
#[derive(Clone, Debug)]
pub struct Outbox {
    /// The actor's number.
    pub me: ActorId,
    /// The instant.
    pub now: VirtualTime,
    /// What it did, in order.
    pub drafts: Vec<Draft>,
    /// What it sends, in order.
    pub postings: Vec<Posting>,
}

impl Outbox {
    /// An empty one.
    pub fn new(me: ActorId, now: VirtualTime) -> Self {
        Self { me, now, drafts: Vec::new(), postings: Vec::new() }
    }

    /// Records something that happened; the result names it as a parent of what follows in this outbox.
    pub fn record(
        &mut self,
        component: &SmolStr,
        object: Option<ObjectRef>,
        parents: impl Into<Few<Parent>>,
        data: Data,
    ) -> Parent {
        self.draft(Draft {
            component: component.clone(),
            object,
            parents: parents.into(),
            story: Story::Inherit,
            data,
        })
    }

    /// Records something that starts a story of its own.
    pub fn start_story(
        &mut self,
        component: &SmolStr,
        object: Option<ObjectRef>,
        title: impl Into<SmolStr>,
        parents: impl Into<Few<Parent>>,
        data: Data,
    ) -> Parent {
        let story = Story::Start(title.into());
        self.draft(Draft { component: component.clone(), object, parents: parents.into(), story, data })
    }

    fn draft(&mut self, draft: Draft) -> Parent {
        self.drafts.push(draft);
        Parent::Draft(self.drafts.len() - 1)
    }

    /// Sends a message over the link to `to`.
    pub fn send(&mut self, to: ActorId, message: Message, cause: Parent) {
        self.post(to, Span::ZERO, message, cause);
    }

    /// Sends a message that leaves only after `delay`.
    pub fn post(&mut self, to: ActorId, delay: Span, message: Message, cause: Parent) {
        self.postings.push(Posting { to, delay, message, cause });
    }

    /// Asks to be woken `delay` from now.
    pub fn alarm(&mut self, delay: Span, token: u64, cause: Parent) {
        self.post(self.me, delay, Message::Alarm { token }, cause);
    }
}

/// A component of the cluster.
pub trait Actor: Send + Sync {
    /// Handles everything that is due for it at this instant.
    fn handle(&mut self, inbox: Vec<Delivery>, out: &mut Outbox);

    /// Drafts of the last outbox have become these events; whoever kept a [`Parent::Draft`] replaces it.
    fn numbered(&mut self, _events: &[Cause]) {}

    /// Whether something is under way in it that is no heartbeat and no timer.
    fn is_busy(&self) -> bool;

    /// A copy, for checkpoints.
    fn clone_actor(&self) -> Box<dyn Actor>;

    /// What can be seen of its loops: what each has seen, and what waits.
    fn loops(&self) -> &[Arc<LoopLook>] {
        &[]
    }

    /// What really runs, if it is a node.
    fn machine(&self) -> Option<&Arc<MachineLook>> {
        None
    }

    /// How its kubelet is, if it is a node.
    fn kubelet(&self) -> KubeletState {
        KubeletState::Stopped
    }

    /// What became of the requests of synthetic clients, if it sends any.
    fn traffic(&self) -> Option<Arc<TrafficLook>> {
        None
    }
}
