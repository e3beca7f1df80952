//! The nodes' machines: what can be seen of each, and which of them are out of order.

use std::collections::BTreeSet;
use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::world::World;
use crate::actor::{Actor, ActorId};
use crate::client::{Deafness, LoopLook};
use crate::node::{KubeletState, MachineLook};
use crate::time::Span;
use crate::trace::{Data, Draft, Few, NodeChange, Story};

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
    /// Whether nothing is under way on it, as far as that is known without looking at its loops.
    pub idle: bool,
    actor: Option<&'a dyn Actor>,
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

impl World {
    /// The nodes' machines in the order in which they joined.
    pub fn nodes(&self) -> impl Iterator<Item = NodeState<'_>> {
        (0..self.slots.len()).filter_map(|index| self.node_at(ActorId(index as u32)))
    }

    /// One node's machine.
    pub fn node(&self, name: &str) -> Option<NodeState<'_>> {
        self.node_at(self.node_id(name).ok()?)
    }

    /// The nodes with which something may be wrong: without power, without a kubelet that hears of changes, or with a
    /// link that does not work as usual or did not once. A cluster has many nodes, and few of these.
    pub fn hindered_nodes(&self) -> impl Iterator<Item = NodeState<'_>> {
        let hindered: BTreeSet<ActorId> =
            self.unwell.iter().copied().chain(self.links.hindered_ends()).collect();
        hindered.into_iter().filter_map(|id| self.node_at(id))
    }

    fn node_at(&self, id: ActorId) -> Option<NodeState<'_>> {
        let slot = self.slots.get(id.0 as usize).filter(|slot| slot.role.is_node())?;
        let actor = slot.actor.as_deref();
        let is_well = !self.unwell.contains(&id);
        let of_kubelet = || {
            let loops = actor.map_or(&[][..], |actor| actor.loops());
            loops.iter().filter(|look| look.component.starts_with("kubelet/"))
        };
        let may_be_deaf = !is_well || self.links.has_lost(ActorId::APISERVER, id);
        Some(NodeState {
            name: &slot.name,
            kubelet: is_well || actor.is_some_and(|actor| actor.kubelet() != KubeletState::Stopped),
            cut_off: self.is_cut_off(id),
            extra_latency: self.links.extra(id, ActorId::APISERVER),
            to_be_lost: self.to_be_lost(id),
            idle: self.quiet.is_idle(id),
            deaf: may_be_deaf.then(|| self.deafness_of(id, of_kubelet)).flatten(),
            actor,
        })
    }

    /// What runs on a node; none without power.
    pub fn machine(&self, node: &str) -> Option<&Arc<MachineLook>> {
        self.node(node)?.machine()
    }

    /// The names of the nodes in the order in which they joined.
    pub fn node_names(&self) -> Vec<SmolStr> {
        self.slots.iter().filter(|slot| slot.role.is_node()).map(|slot| slot.name.clone()).collect()
    }

    /// Notes whether a node's kubelet runs and hears.
    pub(super) fn note_kubelet(&mut self, id: ActorId) {
        let Some(slot) = self.slots.get(id.0 as usize).filter(|slot| slot.role.is_node()) else { return };
        match slot.actor.as_ref().is_some_and(|actor| actor.kubelet() == KubeletState::Hears) {
            true if self.unwell.is_empty() => {}
            true => _ = self.unwell.remove(&id),
            false => _ = self.unwell.insert(id),
        }
    }

    /// A panic in an actor: its node is down, the cluster goes on.
    pub(super) fn crashed(&mut self, id: ActorId, text: &str) {
        let name = self.name_of(id);
        let data = Data::Node { change: NodeChange::Crashed, detail: text.into() };
        let story = Story::Start(format_smolstr!("{name} crashed"));
        let draft = Draft { component: name.clone(), object: None, parents: Few::None, story, data };
        self.record(draft, &[]);
        self.switch_off(id);
        self.retired.push(name);
    }
}
