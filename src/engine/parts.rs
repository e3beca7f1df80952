//! The parts of a cluster as a face sees them: components, nodes, messages on their way.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::actor::Actor;
use crate::client::{Deafness, LoopLook};
use crate::node::MachineLook;
use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};
use crate::trace::Cause;

/// A message in flight.
#[derive(Clone, Debug)]
pub struct InFlight {
    /// Who sent it.
    pub from: SmolStr,
    /// Who gets it.
    pub to: SmolStr,
    /// When it was sent.
    pub sent: VirtualTime,
    /// When it arrives.
    pub arrives: VirtualTime,
    /// What it is about.
    pub object: Option<ObjectRef>,
    /// `create`, `ADDED`, `200`: one word.
    pub label: SmolStr,
    /// Because of what.
    pub cause: Cause,
}

/// Whether a component runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentState {
    /// Its name.
    pub name: SmolStr,
    /// Whether it runs.
    pub running: bool,
    /// Whether it is cut off from the API server, in either direction.
    pub cut_off: bool,
    /// How much slower than usual its link to the API server is.
    pub extra_latency: Span,
    /// How many of the next messages get lost on that link.
    pub to_be_lost: u32,
    /// Why it does not hear of changes, if it runs.
    pub deaf: Option<Deafness>,
}

/// A node's machine.
#[derive(Clone, Copy)]
pub struct NodeState<'a> {
    /// Its name.
    pub name: &'a SmolStr,
    /// Whether its kubelet runs.
    pub kubelet: bool,
    /// Whether it is cut off from the API server, in either direction.
    pub cut_off: bool,
    /// How much slower than usual its link to the API server is.
    pub extra_latency: Span,
    /// How many of the next messages get lost on that link.
    pub to_be_lost: u32,
    /// Why its kubelet does not hear of changes, if it runs.
    pub deaf: Option<Deafness>,
    pub(super) actor: Option<&'a dyn Actor>,
}

impl<'a> NodeState<'a> {
    /// Whether it has power.
    pub fn powered(&self) -> bool {
        self.actor.is_some()
    }

    /// What runs on it; none without power.
    pub fn machine(&self) -> Option<&'a Arc<MachineLook>> {
        self.actor?.machine()
    }

    /// What its components show of their loops.
    pub fn loops(&self) -> &'a [Arc<LoopLook>] {
        self.actor.map_or(&[], |actor| actor.loops())
    }
}
