//! kube-proxy: turns a Service's address into a pod's.
//!
//! A Service's address belongs to no machine. On every node a kube-proxy watches Services and EndpointSlices
//! and writes rules into the kernel: what goes to this address goes to one of those pods, chosen at random. It
//! touches no packet itself. So there are two halves here: the loop that keeps the [`Rules`] equal to what it
//! has seen, and [`KubeProxy::packet`], which is the kernel that follows them.
//!
//! It trusts what the EndpointSlices say and knows nothing else. A pod on a node that died stays in the rules
//! until somebody changes the slice; one that is not ready is not in them. If no pod is ready, those that still
//! serve while they end are used (KEP-1669 ProxyTerminatingEndpoints).
//!
//! Left out: traffic distribution and topology hints, `externalTrafficPolicy`, `externalIPs`, protocols other
//! than TCP, health check ports. Rules are written per Service, not as one big transaction.
//!
//! In a cluster of more than 64 nodes kube-proxies do not hear of each change; they *follow* the store by pictures,
//! write all rules at once, and share what they work out ([`Table`]).

mod compare;
mod rules;
mod table;
mod wanted;

use std::collections::VecDeque;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use smol_str::{SmolStr, format_smolstr};

pub use rules::{NoRoute, PortRule, Rules, ServiceRules, Target};
pub use table::Table;

use compare::{compare_all, verdict};
use wanted::wanted;

use crate::actor::{ActorId, Message, Outbox};
use crate::apiserver::{Filter, Picture};
use crate::client::{Cache, Change, Context, Interest, Loop, Plan, Verdict};
use crate::network::{Directory, Fate, Packet, PacketAnswer, PacketBody, hop};
use crate::object::selector::{Requirement, Selector};
use crate::object::{Key, Kind, ObjectRef, labels};
use crate::random::Stream;
use crate::time::{Span, VirtualTime};
use crate::trace::Parent;

/// The label by which a slice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Services without an address need no rules; kube-proxy does not even ask for them.
const HEADLESS: &str = "service.kubernetes.io/headless";
/// At most one write of rules within this time (`--nftables-min-sync-period`, `--iptables-min-sync-period`); the
/// first change after a quiet while is written at once.
const MIN_SYNC_PERIOD: Span = Span::secs(1);
/// Requests sent on of which the node remembers where they went (its connection table).
const CONNECTIONS_MAX: usize = 512;
/// How long a client waits before it asks.
const CLIENT_TIMEOUT: Span = Span::secs(1);

/// A request that was sent on.
#[derive(Clone, Debug)]
struct Connection {
    client: ActorId,
    number: u64,
    ip: SmolStr,
}

/// kube-proxy with the rules that it wrote.
#[derive(Clone, Debug)]
pub struct KubeProxy {
    component: SmolStr,
    node: SmolStr,
    rules: Rules,
    connections: VecDeque<Connection>,
    last_sync: Option<VirtualTime>,
    /// Whether rules of an earlier process must still be looked at.
    inherited: bool,
    /// What it has seen, if it follows the cluster by pictures.
    following: Option<Following>,
}

/// What a kube-proxy that follows the cluster by pictures has seen and written.
#[derive(Clone, Debug, Default)]
struct Following {
    picture: Option<Arc<Picture>>,
    installed: Arc<Table>,
}

/// What it has seen.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Of one Service.
    Service {
        /// The Service; none if it is gone.
        service: Option<Arc<Service>>,
        /// Its slices.
        slices: Vec<Arc<EndpointSlice>>,
        /// The rules that there are.
        installed: Option<Arc<ServiceRules>>,
    },
    /// Of all Services, as a picture shows them.
    All {
        /// The rules that follow from it.
        table: Arc<Table>,
        /// The rules that there are.
        installed: Arc<Table>,
    },
}

/// What it does on its machine.
#[derive(Clone, Debug)]
pub enum Op {
    /// Replaces the rules of a Service.
    Install(Arc<ServiceRules>),
    /// Removes the rules of a Service.
    Remove,
    /// Replaces all rules.
    InstallAll(Arc<Table>),
}

impl KubeProxy {
    /// The kube-proxy of a node that has just got power: no rules.
    /// With `follows`, it follows the cluster by pictures.
    pub fn new(node: impl Into<SmolStr>, seed: u64, follows: bool) -> Self {
        let node = node.into();
        let component = format_smolstr!("kube-proxy/{node}");
        let rules = Rules::new(Stream::new(seed, &component));
        Self {
            component,
            node,
            rules,
            connections: VecDeque::new(),
            last_sync: None,
            inherited: false,
            following: follows.then(Following::default),
        }
    }

    /// A new process on the same machine: the kernel's rules are still there, and all are looked at again.
    pub fn restarted(&self) -> Self {
        let following = self.following.as_ref();
        let following = following
            .map(|Following { installed, .. }| Following { picture: None, installed: installed.clone() });
        Self { last_sync: None, inherited: true, following, ..self.clone() }
    }

    /// The rules in the kernel.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Follows the rules for a packet that a client or a pod of this node handed in: sends it to the node of the
    /// pod that was chosen, or answers why it cannot. Works whether kube-proxy runs or not. Other packets than
    /// requests to Services and questions about them are not its business.
    pub fn packet(&mut self, packet: Packet, directory: &Directory, cause: Parent, out: &mut Outbox) {
        let Packet { from, number, body } = packet;
        let (to, body) = match body {
            PacketBody::ToService { service, port, path } => {
                match self.forward(&service, port, (from, number), directory, out.now) {
                    Ok((actor, Target { ip, port })) => {
                        (actor, PacketBody::ToPod { ip, port, path, via: self.node.clone() })
                    }
                    Err(failure) => (from, PacketBody::Answer(failure)),
                }
            }
            PacketBody::Unanswered => {
                let failure = self.whereabouts(from, number, directory);
                (from, PacketBody::Answer(PacketAnswer::failed(Fate::Lost, failure)))
            }
            PacketBody::ToPod { .. } | PacketBody::Lookup | PacketBody::Answer(_) => return,
        };
        out.send(to, Message::Packet(Packet { from, number, body }), cause);
    }

    fn forward(
        &mut self,
        service: &Key,
        port: i32,
        (client, number): (ActorId, u64),
        directory: &Directory,
        now: VirtualTime,
    ) -> Result<(ActorId, Target), PacketAnswer> {
        let target = self.rules.route(service, port, client, now).map_err(|why| {
            let hop = match why {
                NoRoute::NoService => hop::no_service(service, &self.node),
                NoRoute::NoPort => hop::no_port(service, port, &self.node),
                NoRoute::NoEndpoints => hop::no_endpoints(service, &self.node),
            };
            PacketAnswer::failed(Fate::Refused, hop)
        })?;
        let lost = || PacketAnswer::failed(Fate::Lost, hop::no_route(&target.ip, &self.node));
        let place = directory.owner(&target.ip).ok_or_else(lost)?;
        if self.connections.len() >= CONNECTIONS_MAX {
            self.connections.pop_front();
        }
        self.connections.push_back(Connection { client, number, ip: target.ip.clone() });
        Ok((place.actor, target))
    }

    /// Where an unanswered request went.
    fn whereabouts(&self, client: ActorId, number: u64, directory: &Directory) -> SmolStr {
        let mut latest = self.connections.iter().rev();
        match latest.find(|connection| (connection.client, connection.number) == (client, number)) {
            Some(Connection { ip, .. }) => {
                let owner = directory.owner(ip).map_or("an unknown node", |place| place.name.as_str());
                hop::silent(ip, owner, CLIENT_TIMEOUT)
            }
            None => hop::entry_silent(&self.node, CLIENT_TIMEOUT),
        }
    }

    /// When a change that is seen now may be written.
    fn next_sync(&self, now: VirtualTime) -> Span {
        self.last_sync.map_or(Span::ZERO, |last| (last + MIN_SYNC_PERIOD).since(now))
    }
}

impl Loop for KubeProxy {
    type Seen = Seen;
    type Op = Op;

    fn component(&self) -> SmolStr {
        self.component.clone()
    }

    fn interests(&self) -> Vec<Interest> {
        if self.following.is_some() {
            return Vec::new();
        }
        let labels = Selector { requirements: vec![Requirement::DoesNotExist(HEADLESS.to_owned())] };
        let filter = Filter { labels, ..Filter::default() };
        [Kind::Service, Kind::EndpointSlice]
            .map(|kind| Interest { kind, filter: filter.clone() })
            .into_iter()
            .collect()
    }

    fn follows(&self) -> Vec<Kind> {
        match self.following {
            Some(_) => vec![Kind::Service, Kind::EndpointSlice],
            None => Vec::new(),
        }
    }

    fn pictured(&mut self, picture: Arc<Picture>, cx: &mut Context<'_>) {
        let delay = self.next_sync(cx.now);
        if let Some(following) = &mut self.following {
            following.picture = Some(picture);
            let node = ObjectRef::new(Kind::Node, Key::cluster(self.node.clone()));
            cx.wake_after(node, delay, "services or endpoint slices changed");
        }
    }

    /// One write of rules holds everything that changed.
    fn workers(&self) -> usize {
        usize::MAX
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        let delay = self.next_sync(cx.now);
        if std::mem::take(&mut self.inherited) {
            for (service, _) in self.rules.all() {
                let item = ObjectRef::new(Kind::Service, service.clone());
                cx.wake_after(item, delay, "kube-proxy started: are the kernel's rules still right?");
            }
        }
        let Some(object) = change.object() else { return };
        let (name, why) = match object.kind() {
            Kind::Service => (object.key().name, format_smolstr!("service {} changed", object.key().name)),
            _ => match labels(object.meta()).get(SERVICE_NAME) {
                Some(name) => (name.into(), format_smolstr!("endpoint slice {} changed", object.key().name)),
                None => return,
            },
        };
        let service = Key::new(object.key().namespace, name);
        cx.wake_after(ObjectRef::new(Kind::Service, service), delay, why);
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        self.last_sync = Some(now);
        if let Some(Following { picture, installed }) = &self.following {
            let picture = picture.as_ref()?;
            let table = picture.share(|picture| Table::of(picture, Some(installed)));
            let table = match table.local.is_empty() {
                true => table,
                false => Arc::new(table.for_node(&self.node, installed)),
            };
            return Some(Seen::All { table, installed: installed.clone() });
        }
        let slices = cache.in_namespace::<EndpointSlice>(&item.key.namespace).filter(|slice| {
            labels(&slice.metadata).get(SERVICE_NAME).is_some_and(|name| *name == item.key.name)
        });
        Some(Seen::Service {
            service: cache.get_as::<Service>(&item.key).cloned(),
            slices: slices.cloned().collect(),
            installed: self.rules.get(&item.key).cloned(),
        })
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        let (service, slices, installed) = match seen {
            Seen::Service { service, slices, installed } => (service, slices, installed),
            Seen::All { table, installed } => {
                let (services, rules) = (table.services.len(), installed.services.len());
                return format_smolstr!(
                    "{services} services at revision {}; there are rules for {rules}",
                    table.revision
                );
            }
        };
        let endpoints: usize = slices.iter().map(|slice| slice.endpoints.as_ref().map_or(0, Vec::len)).sum();
        let rules = installed.as_ref().map_or(0, |rules| rules.addresses().len());
        match (service, installed) {
            (None, _) => "the service is gone".into(),
            (Some(_), None) => format_smolstr!("its slices list {endpoints} pods; there are no rules"),
            (Some(_), Some(_)) => {
                format_smolstr!("its slices list {endpoints} pods; the rules send to {rules}")
            }
        }
    }

    fn compare(&self, item: &ObjectRef, seen: &Seen, _now: VirtualTime) -> Plan<Op> {
        let (service, slices, installed) = match seen {
            Seen::Service { service, slices, installed } => (service, slices, installed),
            Seen::All { table, installed } => return compare_all(table, installed),
        };
        let wanted = service.as_ref().and_then(|service| wanted(service, slices, &self.node));
        let Some(wanted) = wanted else {
            return match installed {
                Some(_) => {
                    Plan::idle(Verdict::new("no rules", "rules", "-1", "the service has no address any more"))
                        .locally(Op::Remove, format_smolstr!("remove the rules for {}", item.key.name))
                }
                None => Plan::idle(Verdict::nothing("the service has no address: no rules are needed")),
            };
        };
        let verdict = verdict(&item.key, &wanted, installed.as_deref());
        match installed.as_deref() == Some(&wanted) {
            true => Plan::idle(verdict),
            false => {
                let did = format_smolstr!("write the rules for {}: {}", item.key.name, verdict.why);
                Plan::idle(verdict).locally(Op::Install(Arc::new(wanted)), did)
            }
        }
    }

    fn perform(&mut self, item: &ObjectRef, op: Op, _cx: &mut Context<'_>) {
        match op {
            Op::Install(rules) => self.rules.install(&item.key, rules),
            Op::Remove => self.rules.remove(&item.key),
            Op::InstallAll(table) => {
                self.rules.install_all(&table);
                if let Some(following) = &mut self.following {
                    following.installed = table;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
