//! The vocabulary of the trace: everything that happens, with its causes.
//!
//! A real cluster leaves events, logs and guesses. Here every step is an [`Event`] that names its parents, so
//! that "why?" is a walk up the tree and never a guess from timing. A *story* is the tree that one outside
//! cause started: you deleted a pod, a container exited, a node fell silent.
//!
//! Components do not number their events. They put [`Draft`]s into an outbox; the engine numbers them in a
//! fixed order, so that both drivers give the same ids. A [`Parent`] is therefore either an event that has a
//! number already or an earlier draft of the same outbox.
//!
//! Events hold names and small numbers, never an object: what an event says is rendered on demand
//! ([`text`]), and the log stays small. Only the words of a loop (what it saw, wants, has, and why) are made when it
//! looks, because what it saw is gone afterwards. That is one event in twenty: 8,400 looks among the 147,000 events of a
//! Deployment of 1,000 pods, 70,000 words and phrases of which two thirds are short enough to be held in place. Templates
//! with arguments instead would take as much room, and every controller would have to speak in them.

mod data;
mod few;
pub mod text;

pub use data::{ContainerChange, Data, NodeChange, Parts, Phase, Story, Verb};
pub use few::Few;

use serde::Serialize;
use smol_str::SmolStr;

use crate::object::ObjectRef;
use crate::time::VirtualTime;

/// The number of an event: increasing in the order in which things happened; 0 is no event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EventId(pub u64);

/// A story is known by its first event; 0 is no story (heartbeats and the like).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct StoryId(pub u64);

/// What made a message or a wake-up happen: an event and the story that it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The event.
    pub event: EventId,
    /// Its story.
    pub story: StoryId,
}

impl Cause {
    /// Nothing in particular: boot, heartbeats.
    pub const NONE: Self = Self { event: EventId(0), story: StoryId(0) };

    /// Its story, if it belongs to one.
    pub fn known_story(self) -> Option<StoryId> {
        (self.story != StoryId::default()).then_some(self.story)
    }
}

/// A parent of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// An event with a number.
    Known(Cause),
    /// The draft at this index of the same outbox.
    Draft(usize),
    /// The write that made this revision, however long ago: who hears of it late hears of it because of that.
    Write(u64),
}

impl Parent {
    /// Replaces a draft by the event that it became; `events` are those of the outbox, in order.
    pub fn settle(&mut self, events: &[Cause]) {
        if let Self::Draft(index) = *self {
            *self = Self::Known(events.get(index).copied().unwrap_or(Cause::NONE));
        }
    }
}

impl From<Cause> for Parent {
    fn from(cause: Cause) -> Self {
        Self::Known(cause)
    }
}

/// Something that happened, before it has a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Who: `controller/replicaset`, `kubelet/node-1`, `apiserver`, `you`.
    pub component: SmolStr,
    /// To which object, if to one.
    pub object: Option<ObjectRef>,
    /// Because of what. The first parent decides the story.
    pub parents: Few<Parent>,
    /// Whether a story starts here.
    pub story: Story,
    /// What.
    pub data: Data,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// Its number.
    pub id: EventId,
    /// When.
    pub at: VirtualTime,
    /// Who.
    pub component: SmolStr,
    /// To which object, if to one.
    pub object: Option<ObjectRef>,
    /// Because of what.
    pub parents: Few<EventId>,
    /// In which story.
    pub story: StoryId,
    /// The how manieth step of its story it is, from 1; of what is no step, the number of the next one; 0 in no story.
    pub step: u32,
    /// What.
    pub data: Data,
}

/// Classes of events, each with its own share of the log, so that heartbeats never push decisions out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Inputs, loop phases, writes, container changes: what explains the cluster.
    Decision,
    /// Watch deliveries, requests and responses.
    Message,
    /// Leases, status refreshes, pings, probes that changed nothing.
    Heartbeat,
    /// Requests of synthetic clients.
    Traffic,
}

impl Event {
    /// The cause that this event is for what follows from it.
    pub fn cause(&self) -> Cause {
        Cause { event: self.id, story: self.story }
    }

    fn has_story(&self) -> bool {
        self.story != StoryId::default()
    }

    /// Whether it explains the cluster even though nothing outside caused it: a probe that turned, a loop that
    /// acts after its start.
    fn tells(&self) -> bool {
        let background = self.object.as_ref().is_some_and(|object| object.kind.is_background());
        let acts = match &self.data {
            Data::Compare { idle, .. } => !idle,
            Data::Act { .. } | Data::Write { .. } | Data::Container { .. } | Data::Bind { .. } => true,
            Data::Probe { changed, .. } => *changed,
            _ => false,
        };
        acts && !background
    }

    /// Whether it is a step that a person would tell, and at which a clock that goes event by event stops:
    /// something came from outside, a loop found a difference or acted, an object was written, a container, a
    /// probe or a machine turned. Routine looks, messages on their way, reports that say nothing new and the
    /// bookkeeping of leases and Events are none.
    pub fn is_step(&self) -> bool {
        let background = self.object.as_ref().is_some_and(|object| object.kind.is_background());
        let tells = match &self.data {
            Data::Compare { idle, gap, .. } => !idle && gap != "=",
            Data::Probe { changed, .. } => *changed,
            Data::Act { reports, .. } => !reports,
            Data::Write { changed, detail, .. } => changed.meta || changed.spec || !detail.is_empty(),
            Data::Input { .. }
            | Data::Bind { .. }
            | Data::Container { .. }
            | Data::Node { .. }
            | Data::Fault { .. }
            | Data::Refused { .. }
            | Data::Lost { .. } => true,
            _ => false,
        };
        tells && !background
    }

    /// Whether it turns something, and not merely reports or passes on what turned: a clock that is sent to the
    /// next interesting thing stops there.
    pub fn is_turn(&self) -> bool {
        let turns = match &self.data {
            Data::Write { verb, changed, .. } => *verb != Verb::Modified || changed.spec,
            Data::Act { .. } => false,
            Data::Container { change, .. } => !matches!(
                change,
                ContainerChange::Pulled | ContainerChange::Created | ContainerChange::Removed
            ),
            _ => true,
        };
        turns && self.is_step()
    }

    /// Whether it is a phase of a loop: observe, compare, act, wait.
    pub fn is_phase(&self) -> bool {
        matches!(
            self.data,
            Data::Observe { .. } | Data::Compare { .. } | Data::Act { .. } | Data::Wait { .. }
        )
    }

    /// Its class.
    pub fn class(&self) -> Class {
        match &self.data {
            Data::Traffic { .. } => Class::Traffic,
            Data::Probe { changed: false, .. } => Class::Heartbeat,
            Data::Request { .. } | Data::Response { .. } | Data::Watch { .. } if self.has_story() => {
                Class::Message
            }
            _ if self.has_story() || self.tells() => Class::Decision,
            _ => Class::Heartbeat,
        }
    }
}
