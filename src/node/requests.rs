//! Requests of the programs in containers: what `wget` and its like ask of the network.
//!
//! A program names a host. The pod's resolver asks the DNS for it; then the request goes to a pod's address, or to
//! that of a Service, which the rules of this node's kube-proxy turn into a pod's. What nobody answers is not answered
//! here either: the program loses its patience by itself.

use smol_str::SmolStr;

use super::Node;
use super::runtime::Asked;
use super::traffic::SERVICE_TIME;
use crate::actor::{Message, Outbox};
use crate::client::Cache;
use crate::network::{Fate, Packet, PacketAnswer, PacketBody, dns};
use crate::object::{Key, Resource};
use crate::time::Span;
use crate::workload::{Answer, HttpAnswer, Named, Request};
use k8s_openapi::api::core::v1::Service;

/// How long the DNS takes to answer.
const LOOKUP_TIME: Span = Span::millis(1);
/// Requests of which a node knows that they are open. It forgets the oldest, whose programs have given up long ago.
const OPEN_MAX: usize = 1_000;

/// Where a request leads.
enum Place {
    /// To the pod itself: its containers share their network.
    Itself(SmolStr),
    /// To an address; if it is that of a Service, to that.
    Address(SmolStr, Option<Key>),
    /// Nowhere: there is no such name.
    Nowhere,
}

impl Node {
    /// Sends what programs in containers ask of the network.
    pub(super) fn carry_requests(&mut self, out: &mut Outbox) {
        for asked in self.runtime().take_asked() {
            if self.asking.len() >= OPEN_MAX {
                self.asking.pop_first();
            }
            let number = self.next_packet;
            self.next_packet += 1;
            let (cause, delay) =
                (asked.cause, if asked.ask.request.is_local() { SERVICE_TIME } else { LOOKUP_TIME });
            self.asking.insert(number, asked);
            let packet = Packet { from: out.me, number, body: PacketBody::Lookup };
            out.post(out.me, delay, Message::Packet(packet), cause);
        }
    }

    /// The DNS has answered: the request goes on its way.
    pub(super) fn looked_up(&mut self, number: u64, out: &mut Outbox) {
        let Some(asked) = self.asking.get(&number).cloned() else { return };
        let Some(sandbox) = self.runtime().sandbox(&asked.uid) else { return };
        let (pod, ip) = (sandbox.key.clone(), sandbox.ip.clone());
        let request = &asked.ask.request;
        if let Request::Lookup { name } = request {
            let names = self.names(name, &pod, &ip);
            return self.conclude(number, Answer::Names(names), out);
        }
        let (port, path) = (request.port(), request.path().cloned());
        let body = match self.place(request, &pod, &ip) {
            Place::Nowhere => return self.conclude(number, Answer::NoSuchName, out),
            Place::Itself(ip) => {
                let answer = self.serve(&ip, port, path.as_deref(), "", out);
                return self.answered(number, &answer, out);
            }
            Place::Address(ip, service) => {
                self.tell(&asked, Answer::At(ip.clone()), out);
                match service {
                    Some(service) => PacketBody::ToService { service, port, path },
                    None => PacketBody::ToPod { ip, port, path, via: SmolStr::default() },
                }
            }
        };
        let packet = Packet { from: out.me, number, body };
        let directory = self.directory.clone();
        match &packet.body {
            // An address that nobody has: nothing comes back.
            PacketBody::ToPod { ip, .. } => {
                if let Some(place) = directory.owner(ip) {
                    out.send(place.actor, Message::Packet(packet), asked.cause);
                }
            }
            _ => self.proxy.logic_mut().packet(packet, &directory, asked.cause, out),
        }
    }

    fn place(&self, request: &Request, pod: &Key, ip: &str) -> Place {
        let host = request.host();
        // `/etc/hosts` knows the pod by its own name.
        if request.is_local() || host == pod.name || host == ip {
            return Place::Itself(ip.into());
        }
        let cache = self.proxy.cache();
        match dns::resolve(host, &pod.namespace, |key| service(cache, key)) {
            dns::Name::ClusterIp { service, ip } => Place::Address(ip, Some(service)),
            dns::Name::Address(ip) => {
                let service = service_at(cache, &ip);
                Place::Address(ip, service)
            }
            dns::Name::Headless(_) | dns::Name::Alias(_) | dns::Name::Unknown => Place::Nowhere,
        }
    }

    /// What the DNS answers for each name that a program may mean; for an address, the name that has it.
    fn names(&self, name: &str, pod: &Key, ip: &str) -> Vec<Named> {
        let known =
            |name: &str, address: &str| vec![Named { name: name.into(), address: Some(address.into()) }];
        let cache = self.proxy.cache();
        if name == "localhost" {
            return known(name, "127.0.0.1");
        }
        if name == pod.name {
            return known(name, ip);
        }
        if name.parse::<core::net::Ipv4Addr>().is_ok() {
            return service_at(cache, name).map(|key| known(&dns::full_name(&key), name)).unwrap_or_default();
        }
        let tried = dns::tried(name, &pod.namespace).into_iter();
        let answer = |full: SmolStr| {
            let address = match dns::answer(&full, |key| service(cache, key)) {
                dns::Name::ClusterIp { ip, .. } | dns::Name::Address(ip) => Some(ip),
                dns::Name::Headless(_) | dns::Name::Alias(_) | dns::Name::Unknown => None,
            };
            Named { name: full, address }
        };
        tried.map(answer).collect()
    }

    /// Takes the answer to a request of a program on this node.
    pub(super) fn answered(&mut self, number: u64, answer: &PacketAnswer, out: &Outbox) {
        let told = match (answer.fate, answer.code) {
            (Fate::Served, 0) => Answer::Connected,
            (Fate::Served, code) => Answer::Http(HttpAnswer { code, body: answer.body.clone() }),
            (Fate::Refused, _) => Answer::Refused,
            (Fate::Closed, _) => Answer::Closed,
            (Fate::Unreachable, _) => Answer::Unreachable,
            (Fate::Lost, _) => return drop(self.asking.remove(&number)),
        };
        self.conclude(number, told, out);
    }

    fn conclude(&mut self, number: u64, answer: Answer, out: &Outbox) {
        if let Some(asked) = self.asking.remove(&number) {
            self.tell(&asked, answer, out);
        }
    }

    /// Tells the program, if it still runs.
    fn tell(&mut self, asked: &Asked, answer: Answer, out: &Outbox) {
        let container =
            self.runtime().sandbox(&asked.uid).and_then(|pod| pod.containers.get(&asked.container));
        if container.is_some_and(|container| container.id == asked.id) {
            let (number, now) = (asked.ask.number, out.now);
            self.runtime().with_process(&asked.uid, &asked.container, |process, _| {
                process.answer(number, answer, now);
            });
        }
    }
}

fn service<'c>(cache: &'c Cache, key: &Key) -> Option<&'c Service> {
    cache.get_as::<Service>(key).map(|service| &**service)
}

/// The Service with this address.
fn service_at(cache: &Cache, ip: &str) -> Option<Key> {
    let mut services = cache.all_as::<Service>();
    let has =
        |service: &Service| service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()) == Some(ip);
    services.find(|service| has(service)).map(|service| service.key())
}
