//! Packets at a node: requests to its pods, and requests of the programs in them.

use smol_str::SmolStr;

use super::Node;
use super::runtime::Asked;
use crate::actor::{Message, Outbox};
use crate::network::{Packet, PacketAnswer, PacketBody, dns, hop};
use crate::object::Key;
use crate::object::Resource;
use crate::time::Span;
use crate::trace::Parent;
use crate::workload::{Answer, HttpAnswer, Request};
use k8s_openapi::api::core::v1::Service;

/// How long a container takes to answer a request.
const SERVICE_TIME: Span = Span::millis(2);
/// Requests of containers that may be open at once; more time out by themselves.
const OPEN_MAX: usize = 1_000;

/// A request that a program in a container sent and waits for.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    uid: SmolStr,
    container: SmolStr,
    number: u64,
    is_http: bool,
    /// Why the container runs.
    pub(super) cause: Parent,
}

impl Node {
    /// Takes a packet.
    pub(super) fn packet(&mut self, packet: Packet, cause: Parent, out: &mut Outbox) {
        match &packet.body {
            PacketBody::ToService { .. } | PacketBody::Unanswered => {
                let directory = self.directory.clone();
                self.proxy.logic_mut().packet(packet, &directory, cause, out);
            }
            PacketBody::ToPod { ip, port, path } => {
                let answer = self.serve(ip, *port, path, out);
                let body = PacketBody::Answer(answer);
                let answer = Packet { from: packet.from, number: packet.number, body };
                out.post(packet.from, SERVICE_TIME, Message::Packet(answer), cause);
            }
            PacketBody::Answer(answer) => self.answered(packet.number, answer, out),
        }
    }

    /// What the pod with this address answers.
    fn serve(&mut self, ip: &str, port: i32, path: &str, out: &Outbox) -> PacketAnswer {
        let Some(sandbox) = self.runtime().at_address(ip) else {
            return PacketAnswer::failed(hop::refused(ip, "", "no pod has this address any more"));
        };
        let pod = sandbox.key.name.clone();
        let mut running = sandbox.containers.values().filter_map(|container| {
            let process = container.process.as_ref()?;
            process.serves(port).then_some((container, process))
        });
        let Some((container, process)) = running.next() else {
            let any = sandbox.containers.values().any(|container| container.is_running());
            let why = match any {
                true => format!("no process listens on port {port}"),
                false => "no container runs".to_owned(),
            };
            return PacketAnswer { pod: pod.clone(), ..PacketAnswer::failed(hop::refused(ip, &pod, &why)) };
        };
        match process.http(port, path, out.now) {
            Ok(answer) => {
                let version = container.image_name.rsplit_once(':').map_or("", |(_, tag)| tag);
                PacketAnswer { code: answer.code, pod, version: version.into(), hop: SmolStr::default() }
            }
            Err(_) => {
                let why =
                    format!("no process listens on port {port}: it is still starting or already ending");
                PacketAnswer { pod: pod.clone(), ..PacketAnswer::failed(hop::refused(ip, &pod, &why)) }
            }
        }
    }

    /// Sends what programs in containers ask of the network.
    pub(super) fn carry_requests(&mut self, out: &mut Outbox) {
        for asked in self.runtime().take_asked() {
            if asked.ask.request.is_local() {
                self.ask_itself(&asked, out);
                continue;
            }
            let namespace = self.runtime().sandbox(&asked.uid).map(|sandbox| sandbox.key.namespace.clone());
            let (host, port, path) = match &asked.ask.request {
                Request::Http { host, port, path } => (host.clone(), *port, path.clone()),
                Request::Tcp { host, port } => (host.clone(), *port, SmolStr::new_static("/")),
                Request::Lookup { name } => (name.clone(), 0, SmolStr::default()),
            };
            let is_lookup = matches!(asked.ask.request, Request::Lookup { .. });
            let is_http = matches!(asked.ask.request, Request::Http { .. });
            let cache = self.proxy.cache().clone();
            let find = |key: &Key| cache.get_as::<Service>(key).map(|service| &**service);
            let name = dns::resolve(&host, namespace.as_deref().unwrap_or("default"), find);
            let now_known = match (&name, is_lookup) {
                (dns::Name::Unknown | dns::Name::Alias(_) | dns::Name::Headless(_), _) => {
                    Some(Answer::NoSuchName)
                }
                (dns::Name::ClusterIp { ip, .. } | dns::Name::Address(ip), true) => {
                    Some(Answer::Addresses(vec![ip.clone()]))
                }
                _ => None,
            };
            let full = self.asking.len() >= OPEN_MAX;
            if let Some(answer) = now_known.or(full.then_some(Answer::TimedOut)) {
                self.tell(&asked.uid, &asked.container, asked.ask.number, answer, out);
                continue;
            }
            let body = match name {
                dns::Name::ClusterIp { service, .. } => PacketBody::ToService { service, port, path },
                dns::Name::Address(ip) => match service_at(&cache, &ip) {
                    Some(service) => PacketBody::ToService { service, port, path },
                    None => PacketBody::ToPod { ip, port, path },
                },
                _ => continue,
            };
            let number = self.next_packet;
            self.next_packet += 1;
            let asking = Asking {
                uid: asked.uid,
                container: asked.container,
                number: asked.ask.number,
                is_http,
                cause: asked.cause,
            };
            self.asking.insert(number, asking);
            self.dispatch(Packet { from: out.me, number, body }, asked.cause, out);
        }
    }

    /// A program asks its own pod: the containers of a pod share their network.
    fn ask_itself(&mut self, asked: &Asked, out: &Outbox) {
        let Some(ip) = self.runtime().sandbox(&asked.uid).map(|sandbox| sandbox.ip.clone()) else { return };
        let answer = match &asked.ask.request {
            Request::Lookup { .. } => Answer::Addresses(vec!["127.0.0.1".into()]),
            Request::Tcp { port, .. } => match self.serve(&ip, *port, "/", out).code {
                0 => Answer::Refused,
                _ => Answer::Connected,
            },
            Request::Http { port, path, .. } => {
                let answer = self.serve(&ip, *port, path, out);
                match answer.code {
                    0 => Answer::Refused,
                    code => Answer::Http(HttpAnswer { code, body: answer.pod }),
                }
            }
        };
        self.tell(&asked.uid, &asked.container, asked.ask.number, answer, out);
    }

    /// Sends a packet of this node's own: through its proxy, or to the node that owns the address.
    fn dispatch(&mut self, packet: Packet, cause: Parent, out: &mut Outbox) {
        let directory = self.directory.clone();
        match &packet.body {
            PacketBody::ToPod { ip, .. } => match directory.owner(ip) {
                Some(place) => out.send(place.actor, Message::Packet(packet), cause),
                None => {
                    let answer = PacketAnswer::failed(hop::no_route(ip, &self.config.name));
                    self.answered(packet.number, &answer, out);
                }
            },
            _ => self.proxy.logic_mut().packet(packet, &directory, cause, out),
        }
    }

    fn answered(&mut self, number: u64, answer: &PacketAnswer, out: &Outbox) {
        let Some(asking) = self.asking.remove(&number) else { return };
        let told = match (answer.code, asking.is_http) {
            (0, _) if answer.hop.starts_with("no answer") => Answer::TimedOut,
            (0, _) => Answer::Refused,
            (_, false) => Answer::Connected,
            (code, true) => Answer::Http(HttpAnswer { code, body: answer.pod.clone() }),
        };
        self.tell(&asking.uid, &asking.container, asking.number, told, out);
    }

    fn tell(&mut self, uid: &str, container: &str, number: u64, answer: Answer, out: &Outbox) {
        let now = out.now;
        self.runtime().with_process(uid, container, |process, _| process.answer(number, answer, now));
    }
}

/// The Service with this address.
fn service_at(cache: &crate::client::Cache, ip: &str) -> Option<Key> {
    let mut services = cache.all_as::<Service>();
    let has =
        |service: &Service| service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()) == Some(ip);
    services.find(|service| has(service)).map(|service| service.key())
}
