//! The whole cluster at one instant, and the step to the next one.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use smol_str::{SmolStr, format_smolstr};

use super::cluster::{self, Role};
use super::config::ClusterConfig;
use super::driver::{Done, Driver, Job};
use super::links::{Links, Transit};
use super::log::TraceLog;
use super::quiet::Quiet;
use super::slot::{Envelope, Slot};
use super::stories::Stories;
use crate::actor::{ActorId, Delivery, Message, Outbox, Posting};
use crate::apiserver::{Server, Status};
use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Data, Draft, Event, EventId, Few, Parent, Story, StoryId, Verb};

/// The alarm by which a rebooting machine comes up; no actor is there yet to hear it.
const POWER_ON: u64 = u64::MAX;
/// Of so many writes, the last ones, it is known what wrote them: whoever lost its watch catches up with them.
const WRITES_KEPT: usize = 10_000;

/// The whole cluster at one instant. A clone shares nearly everything.
#[derive(Clone)]
pub struct World {
    pub(super) config: Arc<ClusterConfig>,
    pub(super) now: VirtualTime,
    pub(super) server: Arc<Server>,
    pub(super) server_up: bool,
    pub(super) slots: Vec<Slot>,
    /// The slots by their names; where a name was used again, the latest.
    pub(super) names: OrdMap<SmolStr, ActorId>,
    pub(super) queue: OrdMap<(VirtualTime, u64), Arc<Envelope>>,
    pub(super) next_seq: u64,
    pub(super) quiet: Quiet,
    pub(super) links: Links,
    pub(super) log: TraceLog,
    pub(super) stories: Stories,
    pub(super) next_event: u64,
    /// The nodes without power, or without a kubelet that hears of changes.
    pub(super) unwell: OrdSet<ActorId>,
    /// What wrote each of the last revisions.
    pub(super) writes: OrdMap<u64, Cause>,
    /// What last changed the wish of each object that there is: its spec.
    pub(super) wishes: OrdMap<ObjectRef, EventId>,
    /// Nodes whose machines are gone since this was last taken: their threads end.
    pub(super) retired: Vec<SmolStr>,
    /// Nodes that were ever added; gives each its pod address range.
    pub(super) nodes_made: u32,
}

impl World {
    /// A cluster that is just being switched on.
    pub fn new(config: ClusterConfig) -> Self {
        let mut world = Self {
            now: VirtualTime::ZERO,
            server: Arc::new(Server::new(config.seed)),
            server_up: true,
            slots: vec![Slot::new("apiserver".into(), Role::ApiServer)],
            names: OrdMap::new(),
            queue: OrdMap::new(),
            next_seq: 0,
            quiet: Quiet::default(),
            links: Links::new(config.seed),
            log: TraceLog::default(),
            stories: Stories::default(),
            next_event: 1,
            unwell: OrdSet::new(),
            writes: OrdMap::new(),
            wishes: OrdMap::new(),
            retired: Vec::new(),
            nodes_made: 0,
            config: Arc::new(config),
        };
        world.boot();
        world
    }

    /// Adds a component and switches it on.
    pub(super) fn add_slot(&mut self, name: SmolStr, role: Role, cause: Cause) -> ActorId {
        let id = ActorId(self.slots.len() as u32);
        self.names.insert(name.clone(), id);
        self.slots.push(Slot::new(name, role));
        self.switch_on(id, cause);
        id
    }

    /// Starts a component that does not run, with an empty memory.
    pub(super) fn switch_on(&mut self, id: ActorId, cause: Cause) {
        let Some(slot) = self.slots.get_mut(id.0 as usize) else { return };
        slot.life += 1;
        slot.actor = cluster::build(&slot.role, &slot.name, &self.config, slot.life).map(Arc::from);
        self.quiet.touched(id);
        self.note_kubelet(id);
        // The first message only wakes it; the order of the starts is that of the numbers.
        let wake = Message::Alarm { token: 0 };
        let at = self.now + Span::micros(u64::from(id.0) + 1);
        self.enqueue(id, id, at, wake, cause);
    }

    /// Has a node's power come on after a while.
    pub(super) fn power_on_after(&mut self, id: ActorId, delay: Span, cause: Cause) {
        self.enqueue(id, id, self.now + delay, Message::Alarm { token: POWER_ON }, cause);
    }

    /// Hands a message to an actor from outside, at the next tick.
    pub(super) fn deliver(&mut self, to: ActorId, message: Message, cause: Cause) {
        // Later than the wake-up of a component that was just started.
        let at = self.now + Span::micros(u64::from(to.0) + 2);
        self.enqueue(to, to, at, message, cause);
    }

    /// Stops a component: its memory is gone, its connections break.
    pub(super) fn switch_off(&mut self, id: ActorId) {
        if let Some(slot) = self.slots.get_mut(id.0 as usize) {
            slot.actor = None;
            slot.life += 1;
        }
        self.quiet.touched(id);
        self.note_kubelet(id);
        Arc::make_mut(&mut self.server).forget(id);
    }

    /// The instant.
    pub fn now(&self) -> VirtualTime {
        self.now
    }

    /// When the next message is due.
    pub fn next_time(&self) -> Option<VirtualTime> {
        self.queue.get_min().map(|((at, _), _)| *at)
    }

    /// Lets time pass up to `at` without anything happening; nothing may be due before.
    pub(super) fn wait_until(&mut self, at: VirtualTime) {
        self.now = self.now.max(at);
    }

    /// Takes a message into the queue.
    fn enqueue(&mut self, from: ActorId, to: ActorId, at: VirtualTime, message: Message, cause: Cause) {
        let life = self.slots.get(to.0 as usize).map_or(0, |slot| slot.life);
        let envelope = Envelope { to, life, sent: self.now, delivery: Delivery { from, message, cause } };
        self.quiet.sent(&envelope);
        self.queue.insert((at, self.next_seq), Arc::new(envelope));
        self.next_seq += 1;
    }

    /// Goes to the next instant at which something is due, and handles all of it. Returns false if nothing is
    /// ever due again.
    pub fn step(&mut self, driver: &mut dyn Driver) -> bool {
        let Some(at) = self.next_time() else { return false };
        self.now = at;
        let mut arrived: Vec<(ActorId, Delivery)> = Vec::new();
        while let Some(((due, seq), _)) = self.queue.get_min() {
            let key = (*due, *seq);
            if key.0 > at {
                break;
            }
            let Some(envelope) = self.queue.remove(&key) else { break };
            self.quiet.arrived(&envelope);
            let to = envelope.to;
            if let Some(delivery) = self.arrive(Arc::unwrap_or_clone(envelope)) {
                arrived.push((to, delivery));
            }
        }
        self.run_actors(inboxes(arrived), driver);
        self.quiet.assess(&self.slots);
        true
    }

    fn run_actors(&mut self, inboxes: Vec<(ActorId, Vec<Delivery>)>, driver: &mut dyn Driver) {
        let mut jobs = Vec::with_capacity(inboxes.len());
        for (id, inbox) in inboxes {
            if id == ActorId::APISERVER {
                // It comes first, and the world holds it itself.
                self.with_server(Parent::Known(Cause::NONE), |server, out, _| server.handle(inbox, out));
                continue;
            }
            self.quiet.touched(id);
            let Some(slot) = self.slots.get_mut(id.0 as usize) else { continue };
            let Some(actor) = slot.actor.take() else { continue };
            // Copied on first touch after a checkpoint.
            let actor = if Arc::strong_count(&actor) > 1 { Arc::from(actor.clone_actor()) } else { actor };
            let node = slot.role.is_node().then(|| slot.name.clone());
            jobs.push(Job { id, actor, node, inbox, now: self.now });
        }
        let mut done = driver.run(jobs);
        done.sort_by_key(|done| done.id);
        for Done { id, actor, out, panic } in done {
            if let Some(slot) = self.slots.get_mut(id.0 as usize) {
                slot.actor = actor;
            }
            self.note_kubelet(id);
            self.merge(out);
            if let Some(text) = panic {
                self.crashed(id, &text);
            }
        }
    }

    /// A message arrives: what the receiver hears of it, if it can hear.
    fn arrive(&mut self, envelope: Envelope) -> Option<Delivery> {
        let (id, life) = (envelope.to, envelope.life);
        let slot = self.slots.get(id.0 as usize)?;
        let alive =
            if id == ActorId::APISERVER { self.server_up } else { slot.actor.is_some() && slot.life == life };
        if !alive {
            match envelope.delivery.message {
                Message::Alarm { token: POWER_ON } if slot.life == life => {
                    self.power_on(id, envelope.delivery.cause)
                }
                _ => self.refuse(&envelope),
            }
            return None;
        }
        let mut delivery = envelope.delivery;
        let (object, data, client) = match &delivery.message {
            Message::Response { tag, answer, object } => {
                let (code, reason) = match answer {
                    Ok(_) => (200, SmolStr::default()),
                    Err(status) => (status.code, status.reason.into()),
                };
                (object.clone(), Data::Response { code, reason }, tag.client)
            }
            Message::Watch { tag, notice, .. } => {
                let data = Data::Watch { verb: notice.verb, revision: notice.revision };
                (Some(notice.object.reference()), data, tag.client)
            }
            Message::Picture { tag, picture, .. } => {
                (None, Data::Watch { verb: Verb::Modified, revision: picture.revision }, tag.client)
            }
            _ => return Some(delivery),
        };
        let component = slot.role.component(&slot.name, client);
        let parents = [Parent::Known(delivery.cause)].into();
        let draft = Draft { component, object, parents, story: Story::Inherit, data };
        delivery.cause = self.record(draft, &[]);
        Some(delivery)
    }

    /// Nobody is there: whoever asked the API server hears so, as a refused connection does at once.
    fn refuse(&mut self, envelope: &Envelope) {
        let Message::Request { tag, request } = &envelope.delivery.message else { return };
        let answer = Err(Box::new(Status::unreachable("connection refused")));
        let response = Message::Response { tag: *tag, answer, object: request.call.target() };
        let (from, to) = (envelope.to, envelope.delivery.from);
        if let Transit::Arrives(at) = self.links.send(from, to, self.now) {
            self.enqueue(from, to, at, response, envelope.delivery.cause);
        }
    }

    /// Lets the API server act; what it does and sends is taken over. `act` gets the event of `cause` too.
    pub(super) fn with_server<R>(
        &mut self,
        cause: Parent,
        act: impl FnOnce(&mut Server, &mut Outbox, Parent) -> R,
    ) -> R {
        let mut out = Outbox::new(ActorId::APISERVER, self.now);
        let result = act(Arc::make_mut(&mut self.server), &mut out, cause);
        self.merge(out);
        result
    }

    /// Numbers what an actor did, and sends what it sends.
    pub(super) fn merge(&mut self, out: Outbox) {
        let Outbox { me, drafts, postings, .. } = out;
        let mut events: Vec<Cause> = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let cause = self.record(draft, &events);
            events.push(cause);
        }
        for posting in postings {
            self.dispatch(me, posting, &events);
        }
        if !events.is_empty()
            && let Some(actor) = self.slots.get_mut(me.0 as usize).and_then(|slot| slot.actor.as_mut())
            && let Some(actor) = Arc::get_mut(actor)
        {
            actor.numbered(&events);
        }
    }

    fn dispatch(&mut self, from: ActorId, posting: Posting, events: &[Cause]) {
        let Posting { to, delay, message, cause } = posting;
        let cause = resolve(cause, events, &self.writes);
        if from == to {
            let at = self.now + delay.max(Span::TICK);
            return self.enqueue(from, to, at, message, cause);
        }
        match self.links.send(from, to, self.now + delay) {
            Transit::Arrives(at) => self.enqueue(from, to, at, message, cause),
            Transit::Lost => {
                let what = format_smolstr!(
                    "{} from {} to {}",
                    message.words(),
                    self.name_of(from),
                    self.name_of(to)
                );
                let parents = [Parent::Known(cause)].into();
                let component = SmolStr::new_static("network");
                let data = Data::Lost { what };
                self.record(Draft { component, object: None, parents, story: Story::Inherit, data }, &[]);
            }
        }
    }

    /// Gives a draft its number and puts it into the trace.
    pub(super) fn record(&mut self, draft: Draft, events: &[Cause]) -> Cause {
        let Draft { component, object, parents, story, data } = draft;
        let id = EventId(self.next_event);
        self.next_event += 1;
        let causes = parents.iter().map(|parent| resolve(*parent, events, &self.writes));
        let causes = causes.filter(|cause| *cause != Cause::NONE);
        // The same cause twice in a row is one.
        let (mut last, mut inherited) = (Cause::NONE, None);
        let causes = causes.filter(|cause| std::mem::replace(&mut last, *cause) != *cause);
        let causes = causes.inspect(|cause| inherited = inherited.or(cause.known_story()));
        let parents: Few<EventId> = causes.map(|cause| cause.event).collect();
        let story = match (story, inherited) {
            (Story::Start(title), None) => {
                self.stories.begin(StoryId(id.0), title, self.now);
                StoryId(id.0)
            }
            (_, inherited) => inherited.unwrap_or_default(),
        };
        let mut event = Event { id, at: self.now, component, object, parents, story, step: 0, data };
        self.stories.happened(&mut event);
        let cause = event.cause();
        if let Data::Write { revision, verb, changed, .. } = &event.data {
            match (&event.object, *verb) {
                (Some(object), Verb::Deleted) => _ = self.wishes.remove(object),
                (Some(object), _) if changed.spec => _ = self.wishes.insert(object.clone(), id),
                _ => {}
            }
            self.writes.insert(*revision, cause);
            if self.writes.len() > WRITES_KEPT {
                let oldest = self.writes.get_min().map(|(revision, _)| *revision);
                oldest.and_then(|oldest| self.writes.remove(&oldest));
            }
        }
        self.log.push(event);
        cause
    }

    /// What an actor is called.
    pub(super) fn name_of(&self, id: ActorId) -> SmolStr {
        self.slots.get(id.0 as usize).map_or_else(SmolStr::default, |slot| slot.name.clone())
    }
}

/// What arrived for whom: in the order of the actors' numbers, and for each as it arrived.
fn inboxes(mut arrived: Vec<(ActorId, Delivery)>) -> Vec<(ActorId, Vec<Delivery>)> {
    arrived.sort_by_key(|(to, _)| *to);
    let mut inboxes: Vec<(ActorId, Vec<Delivery>)> = Vec::with_capacity(1);
    for (to, delivery) in arrived {
        match inboxes.last_mut() {
            Some((last, inbox)) if *last == to => inbox.push(delivery),
            _ => inboxes.push((to, vec![delivery])),
        }
    }
    inboxes
}

fn resolve(parent: Parent, events: &[Cause], writes: &OrdMap<u64, Cause>) -> Cause {
    match parent {
        Parent::Known(cause) => cause,
        Parent::Draft(index) => events.get(index).copied().unwrap_or(Cause::NONE),
        Parent::Write(revision) => writes.get(&revision).copied().unwrap_or(Cause::NONE),
    }
}
