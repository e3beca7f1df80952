//! What a world consists of: components with their actors, and messages between them.

use std::sync::Arc;

use smol_str::SmolStr;

use super::cluster::Role;
use crate::actor::{Actor, ActorId, Delivery};
use crate::time::VirtualTime;

/// A component of the cluster with its actor.
#[derive(Clone)]
pub(super) struct Slot {
    /// `controller/replicaset`, `scheduler`, `node-1`, `clients`.
    pub(super) name: SmolStr,
    pub(super) role: Role,
    /// None while it is stopped or without power.
    pub(super) actor: Option<Arc<dyn Actor>>,
    /// Counts its lives: messages for an earlier one are not delivered.
    pub(super) life: u32,
}

impl Slot {
    /// One that does not run.
    pub(super) fn new(name: SmolStr, role: Role) -> Self {
        Self { name, role, actor: None, life: 0 }
    }
}

/// A message in flight.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    pub(super) to: ActorId,
    pub(super) life: u32,
    pub(super) sent: VirtualTime,
    pub(super) delivery: Delivery,
}
