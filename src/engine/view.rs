//! What a face may read: the cluster at one instant, with its several truths.
//!
//! WANT and API are the objects in etcd; SEEN is one component's cache; REAL is what a node's machine runs. They
//! may differ, and nobody repairs the difference behind the loops' back.

use std::ops::Deref;
use std::sync::Arc;

use imbl::OrdMap;
use smol_str::SmolStr;

use super::ClusterConfig;
use super::cluster::Role;
use super::log::TraceLog;
use super::parts::{ComponentState, InFlight};
use super::stories::StoryInfo;
use super::world::World;
use crate::actor::{Actor, ActorId, Message};
use crate::client::LoopLook;
use crate::etcd::{Record, WatchError};
use crate::network::TrafficLook;
use crate::object::{Census, Key, Kind, Object, ObjectRef, Resource};
use crate::time::{Span, VirtualTime};
use crate::trace::{Event, StoryId};

/// The cluster at one instant, to be read only. Cheap to clone and to keep.
#[derive(Clone)]
pub struct View(Arc<World>);

impl View {
    /// Keeps a world as it is.
    pub fn new(mut world: World) -> Self {
        world.untap();
        Self(Arc::new(world))
    }
}

impl Deref for View {
    type Target = World;
    fn deref(&self) -> &World {
        &self.0
    }
}

impl World {
    /// Everything that etcd holds.
    pub fn objects(&self) -> &OrdMap<ObjectRef, Object> {
        self.server.api().etcd().objects()
    }

    /// The revision of the last write.
    pub fn revision(&self) -> u64 {
        self.server.api().etcd().revision()
    }

    /// A number that rises whenever an object of this kind may have changed.
    pub fn revision_of(&self, kind: Kind) -> u64 {
        self.server.api().etcd().revision_of(kind)
    }

    /// The writes of a kind after a revision, oldest first.
    ///
    /// # Errors
    /// When the history does not reach back that far, or the revision lies ahead.
    pub fn writes_since(&self, kind: Kind, revision: u64) -> Result<Vec<Record>, WatchError> {
        self.server.api().etcd().since(kind, revision)
    }

    /// The write that made this revision of an object of this kind: what etcd held before and after. None when
    /// the history does not reach back that far.
    pub fn write_at(&self, kind: Kind, revision: u64) -> Option<&Record> {
        self.server.api().etcd().write_at(kind, revision)
    }

    /// One object.
    pub fn object(&self, target: &ObjectRef) -> Option<&Object> {
        self.server.api().etcd().get(target)
    }

    /// One object by its type.
    pub fn get<R: Resource>(&self, namespace: &str, name: &str) -> Option<&R> {
        R::of(self.object(&ObjectRef::new(R::KIND, Key::new(namespace, name)))?)
    }

    /// The objects of a kind in key order, in one namespace or all.
    pub fn list<'a>(
        &'a self,
        kind: Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Object> + 'a {
        self.server.api().etcd().list(kind, namespace)
    }

    /// The objects of a type in key order, in one namespace or all.
    pub fn list_as<'a, R: Resource + 'a>(
        &'a self,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a R> + 'a {
        self.list(R::KIND, namespace).filter_map(R::of)
    }

    /// Its pods, counted.
    pub fn census(&self) -> &Census {
        self.server.api().etcd().census()
    }

    /// The trace.
    pub fn log(&self) -> &TraceLog {
        &self.log
    }

    /// One event, if it is kept.
    pub fn event(&self, id: crate::trace::EventId) -> Option<&Arc<Event>> {
        self.log.get(id)
    }

    /// The stories that are kept, oldest first.
    pub fn stories(&self) -> impl DoubleEndedIterator<Item = (&StoryId, &StoryInfo)> {
        self.stories.iter()
    }

    /// One story.
    pub fn story(&self, id: StoryId) -> Option<&StoryInfo> {
        self.stories.get(id)
    }

    /// What the cluster is made of.
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.config.seed
    }

    /// Whether the API server runs.
    pub fn api_server_runs(&self) -> bool {
        self.server_up
    }

    /// Whether etcd answers.
    pub fn etcd_answers(&self) -> bool {
        self.server.etcd_answers()
    }

    /// Whether a snapshot of etcd was kept.
    pub fn has_snapshot(&self) -> bool {
        self.server.has_snapshot()
    }

    /// The components of the control plane, API server and etcd first.
    pub fn components(&self) -> Vec<ComponentState> {
        let whole = |name: &str, running| ComponentState {
            name: name.into(),
            running,
            cut_off: false,
            extra_latency: Span::ZERO,
            to_be_lost: 0,
            deaf: None,
        };
        let mut all = vec![whole("apiserver", self.server_up), whole("etcd", self.server.etcd_answers())];
        for (index, slot) in self.slots.iter().enumerate() {
            if matches!(slot.role, Role::Controller | Role::Scheduler) {
                let id = ActorId(index as u32);
                all.push(ComponentState {
                    name: slot.name.clone(),
                    running: slot.actor.is_some(),
                    cut_off: self.is_cut_off(id),
                    extra_latency: self.links.extra(id, ActorId::APISERVER),
                    to_be_lost: self.to_be_lost(id),
                    deaf: slot.actor.as_ref().and_then(|actor| self.deafness_of(id, || actor.loops().iter())),
                });
            }
        }
        all
    }

    pub(super) fn is_cut_off(&self, id: ActorId) -> bool {
        self.links.is_cut(id, ActorId::APISERVER) || self.links.is_cut(ActorId::APISERVER, id)
    }

    pub(super) fn to_be_lost(&self, id: ActorId) -> u32 {
        self.links.drops(id, ActorId::APISERVER) + self.links.drops(ActorId::APISERVER, id)
    }

    /// What became of the requests of synthetic clients.
    pub fn traffic(&self) -> Option<Arc<TrafficLook>> {
        let clients = self.slots.iter().filter(|slot| slot.role == Role::Clients);
        clients.filter_map(|slot| slot.actor.as_ref()).find_map(|actor| actor.traffic())
    }

    /// What every running component shows of its loops.
    pub fn loops(&self) -> impl Iterator<Item = &Arc<LoopLook>> {
        self.slots.iter().filter_map(|slot| slot.actor.as_ref()).flat_map(|actor| actor.loops())
    }

    /// What one running component shows of its loop; of several the first.
    pub fn loop_of(&self, component: &str) -> Option<&Arc<LoopLook>> {
        self.actors_of(component).flat_map(|actor| actor.loops()).find(|look| look.component == component)
    }

    /// What one running component shows of its loops. A kubelet has several: for pods, for its node's status, for
    /// its lease.
    pub fn loops_of<'a>(&'a self, component: &'a str) -> impl Iterator<Item = &'a Arc<LoopLook>> {
        self.actors_of(component)
            .flat_map(|actor| actor.loops())
            .filter(move |look| look.component == component)
    }

    /// The actors that a component may be part of: `kubelet/node-1` is of `node-1`; all others are called as theirs.
    fn actors_of(&self, component: &str) -> impl Iterator<Item = &Arc<dyn Actor>> {
        let actor = component.rsplit('/').next().unwrap_or(component);
        let ids = [component, actor].map(|name| self.names.get(name));
        ids.into_iter().flatten().filter_map(|id| self.slots.get(id.0 as usize)?.actor.as_ref())
    }

    /// The messages in flight that are no heartbeats or timers, next to arrive first.
    pub fn in_flight(&self) -> Vec<InFlight> {
        let messages =
            self.queue.iter().filter(|(_, envelope)| envelope.delivery.cause.story != StoryId::default());
        messages
            .filter_map(|((arrives, _), envelope)| {
                let (object, label): (_, SmolStr) = match &envelope.delivery.message {
                    Message::Request { request, .. } => (request.call.target(), request.call.verb().into()),
                    Message::Response { object, answer, .. } => {
                        (object.clone(), if answer.is_ok() { "ok".into() } else { "refused".into() })
                    }
                    Message::Watch { notice, .. } => {
                        (Some(notice.object.reference()), notice.verb.name().into())
                    }
                    _ => return None,
                };
                Some(InFlight {
                    from: self.name_of(envelope.delivery.from),
                    to: self.name_of(envelope.to),
                    sent: envelope.sent,
                    arrives: *arrives,
                    object,
                    label,
                    cause: envelope.delivery.cause,
                })
            })
            .collect()
    }

    /// Nothing is under way: no message in flight, nothing to be worked on, apart from leases, probes, traffic
    /// and timers.
    pub fn is_quiet(&self) -> bool {
        self.quiet.is_quiet()
    }

    /// This world at a later moment; nothing may be due before.
    pub fn idle_until(&self, at: VirtualTime) -> Self {
        let mut later = self.clone();
        later.untap();
        later.wait_until(at);
        later
    }

    /// Begins to keep new events aside.
    pub(super) fn tap(&mut self) {
        self.log.tap();
    }

    /// Begins to keep new events aside, with those that there are.
    pub(super) fn tap_from_the_start(&mut self) {
        self.log.tap_from_the_start();
    }

    /// Stops keeping new events aside.
    pub(super) fn untap(&mut self) {
        self.log.untap();
    }

    /// Whether new events are kept aside.
    pub(super) fn is_tapped(&self) -> bool {
        self.log.is_tapped()
    }

    /// The events since this was last called.
    pub(super) fn take_fresh(&mut self) -> Vec<Arc<Event>> {
        self.log.take_fresh()
    }

    /// The nodes whose machines went since this was last called.
    pub(super) fn take_retired(&mut self) -> Vec<SmolStr> {
        std::mem::take(&mut self.retired)
    }
}
