//! Who does not hear of what changes: no watch is open, or something got lost on one.

use std::sync::Arc;

use super::world::World;
use crate::actor::{ActorId, Message};
use crate::client::{Deafness, LoopLook};
use crate::time::VirtualTime;

impl World {
    /// Why a running component does not hear of changes; none if it does, or does not run. Of a cut link nothing is
    /// said here: both ends may still believe in it.
    pub fn deafness(&self, component: &str) -> Option<Deafness> {
        let actor = component.rsplit('/').next().unwrap_or(component);
        let id = *self.names.get(component).or_else(|| self.names.get(actor))?;
        self.deafness_of(id, || self.loops_of(component))
    }

    /// The same of these loops of an actor.
    pub(super) fn deafness_of<'a, L: Iterator<Item = &'a Arc<LoopLook>>>(
        &self,
        id: ActorId,
        looks: impl Fn() -> L,
    ) -> Option<Deafness> {
        let known = looks().find_map(|look| look.hearing.deaf);
        known.or_else(|| looks().find_map(|look| self.missed(id, look)))
    }

    /// What a component does not know itself: the API server sent more than arrived or is on its way.
    fn missed(&self, id: ActorId, look: &LoopLook) -> Option<Deafness> {
        if !self.links.has_lost(ActorId::APISERVER, id) {
            return None;
        }
        let sent = self.server.sent_to(id);
        let on_its_way = |tag| {
            let envelopes = self.queue.values().filter(|envelope| envelope.to == id);
            let same = envelopes.filter(|envelope| match &envelope.delivery.message {
                Message::Watch { tag: on, .. } | Message::Picture { tag: on, .. } => *on == tag,
                _ => false,
            });
            same.count() as u64
        };
        let is_short = |(tag, received): &&(_, u64)| {
            let count = sent.iter().find(|(on, _)| on == tag).map(|(_, count)| *count);
            count.is_none_or(|count| count > received + on_its_way(*tag))
        };
        look.hearing.received.iter().find(is_short)?;
        // Who has no watch at the API server any more is not asked either; it notices by itself that all is silent.
        let asked = self.next_ping().filter(|_| !sent.is_empty());
        Some(Deafness::Missed(asked.unwrap_or(look.hearing.patience)))
    }

    /// When the API server compares next with its clients what was sent and what arrived.
    fn next_ping(&self) -> Option<VirtualTime> {
        let is_ping = |message: &Message| matches!(message, Message::Alarm { token: 0 });
        let mine = self
            .queue
            .iter()
            .find(|(_, envelope)| envelope.to == ActorId::APISERVER && is_ping(&envelope.delivery.message));
        mine.map(|((at, _), _)| *at)
    }
}
