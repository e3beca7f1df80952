//! Quiet: nothing is under way.
//!
//! Whether the cluster is quiet is asked after every instant, of every component. So it is kept: how many messages
//! are in flight that matter, and which components have work. A component is looked at again only if it was handed
//! something, and only once no message that matters is in flight: until then the answer is no anyhow.

use super::slot::{Envelope, Slot};
use crate::actor::{ActorId, Message};
use crate::object::ObjectRef;

/// What is under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Quiet {
    /// Messages in flight that matter.
    messages: usize,
    /// Components in which something was under way when they were last looked at.
    busy: usize,
    components: Vec<Component>,
    /// Those to be looked at again.
    unsure: Vec<ActorId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Component {
    busy: bool,
    unsure: bool,
}

/// Whether the cluster is not quiet as long as a message is under way: it is no timer, no traffic, and about
/// something else than leases and Events.
fn matters(envelope: &Envelope) -> bool {
    let matters = |object: Option<&ObjectRef>| object.is_none_or(|object| !object.kind.is_background());
    match &envelope.delivery.message {
        Message::Request { request, .. } => !request.call.kind().is_some_and(|kind| kind.is_background()),
        Message::Response { object, .. } => matters(object.as_ref()),
        Message::Watch { notice, .. } => !notice.object.kind().is_background(),
        Message::Picture { .. } | Message::Command(_) | Message::Hangup | Message::Closed { .. } => true,
        Message::Alarm { .. } | Message::Ping { .. } | Message::Packet(_) | Message::Network(_) => false,
    }
}

impl Quiet {
    /// A message is under way.
    pub(super) fn sent(&mut self, envelope: &Envelope) {
        self.messages += usize::from(matters(envelope));
    }

    /// A message is no longer under way.
    pub(super) fn arrived(&mut self, envelope: &Envelope) {
        self.messages -= usize::from(matters(envelope));
    }

    /// A component was handed something, started or stopped.
    pub(super) fn touched(&mut self, id: ActorId) {
        let index = id.0 as usize;
        if self.components.len() <= index {
            self.components.resize(index + 1, Component::default());
        }
        if !std::mem::replace(&mut self.components[index].unsure, true) {
            self.unsure.push(id);
        }
    }

    /// Looks again at the components that were touched, if the answer depends on them.
    pub(super) fn assess(&mut self, slots: &[Slot]) {
        if self.messages > 0 {
            return;
        }
        for id in self.unsure.drain(..) {
            let index = id.0 as usize;
            let actor = slots.get(index).and_then(|slot| slot.actor.as_ref());
            let now = Component { busy: actor.is_some_and(|actor| actor.is_busy()), unsure: false };
            let before = std::mem::replace(&mut self.components[index], now);
            self.busy = self.busy + usize::from(now.busy) - usize::from(before.busy);
        }
    }

    /// Whether nothing is under way in a component, as far as that is known without looking at it.
    pub(super) fn is_idle(&self, id: ActorId) -> bool {
        self.components.get(id.0 as usize).is_some_and(|known| !known.busy && !known.unsure)
    }

    /// Whether nothing is under way; to be asked after [`Quiet::assess`].
    pub(super) fn is_quiet(&self) -> bool {
        self.messages == 0 && self.busy == 0
    }
}
