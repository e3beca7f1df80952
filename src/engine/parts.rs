//! The parts of a control plane as a face sees them: components, and messages on their way.

use smol_str::SmolStr;

use crate::client::Deafness;
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
