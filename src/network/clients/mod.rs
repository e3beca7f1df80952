//! Synthetic clients: the people who use what runs in the cluster.
//!
//! They send requests to Services at a rate, as users behind a load balancer would: each request enters by a
//! random node that has power and is handed to that node's kube-proxy. They wait 1 s for the answer. What they
//! count is the only truth about whether the shop is open; every failure names the place where it happened.
//!
//! A request costs three messages (client to proxy, proxy to the pod's node, answer) and one alarm. Only one
//! that got no answer costs two more: the client asks the proxy where it had sent the request, so that the
//! failure can name the silent node.
//!
//! Simplified: the load balancer knows at once when a node loses power (real ones check every few seconds); a
//! request is never repeated; all clients together have one address, which matters for `sessionAffinity`.

mod look;
mod rate;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smol_str::SmolStr;

pub use look::{Bucket, PodTraffic, ServiceTraffic, TrafficLook};
pub use rate::Rate;

use super::{Directory, Fate, NetworkCommand, Packet, PacketAnswer, PacketBody, hop};
use crate::actor::{Actor, ActorId, Delivery, Look, Message, Outbox};
use crate::object::{Key, Kind, ObjectRef};
use crate::random::Stream;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Data, Parent};

/// How long a client waits for an answer.
const TIMEOUT: Span = Span::secs(1);
/// How long it waits for the proxy to say where an unanswered request went.
const ASK_TIMEOUT: Span = Span::millis(200);
/// Requests that may be unanswered at the same time; more fail at once.
const OPEN_MAX: usize = 4_096;

/// Requests to one Service.
#[derive(Clone, Debug)]
struct Source {
    port: i32,
    rate: Rate,
    next: VirtualTime,
    random: Stream,
}

/// A request without an answer.
#[derive(Clone, Debug)]
struct Open {
    service: Key,
    entry: SmolStr,
    actor: ActorId,
    due: VirtualTime,
    asked: bool,
}

/// All synthetic clients, as one actor.
#[derive(Clone, Debug)]
pub struct Clients {
    component: SmolStr,
    seed: u64,
    directory: Arc<Directory>,
    sources: BTreeMap<Key, Source>,
    next_number: u64,
    open: BTreeMap<u64, Open>,
    /// The requests in `open` by the time at which they are given up.
    due: BTreeSet<(VirtualTime, u64)>,
    alarm_at: VirtualTime,
    look: Arc<TrafficLook>,
}

impl Clients {
    /// Clients that send nothing yet.
    pub fn new(seed: u64, directory: Arc<Directory>) -> Self {
        Self {
            component: SmolStr::new_static("clients"),
            seed,
            directory,
            sources: BTreeMap::new(),
            next_number: 1,
            open: BTreeMap::new(),
            due: BTreeSet::new(),
            alarm_at: VirtualTime::NEVER,
            look: Arc::new(TrafficLook::default()),
        }
    }

    /// Sends requests to a Service at this rate from now on; port 0 is its first port.
    pub fn set_rate(&mut self, service: Key, port: i32, rate: Rate, now: VirtualTime) {
        Arc::make_mut(&mut self.look).service(&service).rate = rate;
        if rate.is_zero() {
            self.sources.remove(&service);
            return;
        }
        let (seed, name) = (self.seed, format!("clients/{service}"));
        let source = self.sources.entry(service).or_insert_with(|| Source {
            port,
            rate,
            next: VirtualTime::NEVER,
            random: Stream::new(seed, &name),
        });
        (source.port, source.rate) = (port, rate);
        let interval = source.interval();
        source.next = source.next.min(now + interval);
    }

    /// What became of the requests so far.
    pub fn traffic(&self) -> &Arc<TrafficLook> {
        &self.look
    }

    fn command(&mut self, command: NetworkCommand, now: VirtualTime) {
        match command {
            NetworkCommand::Directory(directory) => self.directory = directory,
            NetworkCommand::Traffic { service, port, rate } => self.set_rate(service, port, rate, now),
        }
    }

    /// Sends what is due and gives up on what was not answered.
    fn tick(&mut self, out: &mut Outbox) {
        while let Some((due, number)) = self.due.first().copied().filter(|(due, _)| *due <= out.now) {
            self.due.remove(&(due, number));
            self.late(number, out);
        }
        let ready: Vec<Key> = self
            .sources
            .iter()
            .filter(|(_, source)| source.next <= out.now)
            .map(|(service, _)| service.clone())
            .collect();
        for service in ready {
            self.send(&service, out);
        }
        let requests = self.sources.values().map(|source| source.next);
        let timeouts = self.due.first().map(|(due, _)| *due);
        let Some(next) = requests.chain(timeouts).min().filter(|next| *next < self.alarm_at) else { return };
        self.alarm_at = next;
        out.alarm(next.since(out.now).max(Span::TICK), 0, NOBODY);
    }

    fn send(&mut self, service: &Key, out: &mut Outbox) {
        let Some(source) = self.sources.get_mut(service) else { return };
        source.next = out.now + source.interval();
        let (nth, port) = (source.random.bits(), source.port);
        let Some(place) = self.directory.nth_up(nth) else {
            return self.finish(service, PacketAnswer::failed(Fate::Lost, hop::no_node()), out);
        };
        if self.open.len() >= OPEN_MAX {
            return self.finish(service, PacketAnswer::failed(Fate::Lost, hop::too_many_open()), out);
        }
        let number = self.next_number;
        self.next_number += 1;
        let (entry, actor, due) = (place.name.clone(), place.actor, out.now + TIMEOUT);
        self.open.insert(number, Open { service: service.clone(), entry, actor, due, asked: false });
        self.due.insert((due, number));
        let body = PacketBody::ToService { service: service.clone(), port, path: Some("/".into()) };
        out.send(actor, Message::Packet(Packet { from: out.me, number, body }), NOBODY);
    }

    /// A request was not answered in time: asks where it went; if that is not answered either, the node by
    /// which it entered is the silent one.
    fn late(&mut self, number: u64, out: &mut Outbox) {
        let Some(open) = self.open.get_mut(&number) else { return };
        if open.asked {
            let (service, failure) = (open.service.clone(), hop::entry_silent(&open.entry, TIMEOUT));
            self.open.remove(&number);
            return self.finish(&service, PacketAnswer::failed(Fate::Lost, failure), out);
        }
        (open.asked, open.due) = (true, out.now + ASK_TIMEOUT);
        self.due.insert((open.due, number));
        let packet = Packet { from: out.me, number, body: PacketBody::Unanswered };
        out.send(open.actor, Message::Packet(packet), NOBODY);
    }

    fn answered(&mut self, number: u64, answer: PacketAnswer, out: &mut Outbox) {
        let Some(open) = self.open.get(&number) else { return };
        // Too late is too late: the client has hung up. Only the proxy's word on where it went still counts.
        if open.asked && answer.code != 0 {
            return;
        }
        let (service, due) = (open.service.clone(), open.due);
        self.open.remove(&number);
        self.due.remove(&(due, number));
        self.finish(&service, answer, out);
    }

    /// A request ended: counts it and records it.
    fn finish(&mut self, service: &Key, answer: PacketAnswer, out: &mut Outbox) {
        Arc::make_mut(&mut self.look).count(service, &answer, out.now);
        let ok = answer.is_ok();
        let data = Data::Traffic {
            service: hop::service_name(service),
            pod: answer.pod,
            version: answer.version,
            ok,
            hop: answer.hop,
        };
        out.record(&self.component, Some(ObjectRef::new(Kind::Service, service.clone())), [NOBODY], data);
    }
}

/// Requests of clients belong to no story.
const NOBODY: Parent = Parent::Known(Cause::NONE);

impl Source {
    /// The time to the next request: the mean, give or take half.
    fn interval(&mut self) -> Span {
        let mean = self.rate.interval().as_micros();
        Span::micros(self.random.between(mean / 2, mean + mean / 2)).max(Span::TICK)
    }
}

impl Actor for Clients {
    fn handle(&mut self, inbox: Vec<Delivery>, out: &mut Outbox) {
        for delivery in inbox {
            match delivery.message {
                Message::Alarm { .. } => self.alarm_at = VirtualTime::NEVER,
                Message::Packet(Packet { number, body: PacketBody::Answer(answer), .. }) => {
                    self.answered(number, answer, out);
                }
                Message::Network(command) => self.command(command, out.now),
                _ => {}
            }
        }
        self.tick(out);
    }

    fn is_busy(&self) -> bool {
        false
    }

    fn clone_actor(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }

    fn look(&self) -> Look {
        Look { traffic: Some(self.look.clone()), ..Look::default() }
    }
}

#[cfg(test)]
mod tests;
