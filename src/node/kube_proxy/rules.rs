//! The rules that the kernel of a node holds: which pods stand behind a Service's address.
//!
//! kube-proxy only writes these rules; the kernel follows them, also while kube-proxy does not run. That is why
//! a Service goes on working when kube-proxy stops, until the first pod behind it moves.

use imbl::OrdMap;
use smol_str::SmolStr;
use std::sync::Arc;

use super::Table;
use crate::actor::ActorId;
use crate::object::Key;
use crate::random::Stream;
use crate::time::{Span, VirtualTime};

/// Clients that are remembered for `sessionAffinity`; above that, those that were longest silent are forgotten.
const STICKY_MAX: usize = 1_024;

/// A pod that a rule sends to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Its address.
    pub ip: SmolStr,
    /// The port in the pod.
    pub port: i32,
}

/// The rule for one port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortRule {
    /// The port's name; empty if it has none.
    pub name: SmolStr,
    /// The Service's port.
    pub port: i32,
    /// The port on every node, for type NodePort and LoadBalancer.
    pub node_port: Option<i32>,
    /// To whom, each with the same chance.
    pub targets: Vec<Target>,
    /// Whether the targets are pods that are about to end, because there are no others.
    pub terminating: bool,
}

/// The rules for one Service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceRules {
    /// The Service's address.
    pub cluster_ip: SmolStr,
    /// How long a client is sent to the same pod (`sessionAffinity: ClientIP`).
    pub sticky: Option<Span>,
    /// Port by port, in the order of the Service.
    pub ports: Vec<PortRule>,
}

impl ServiceRules {
    /// The addresses behind all ports, each once.
    pub fn addresses(&self) -> Vec<SmolStr> {
        let mut all: Vec<SmolStr> =
            self.ports.iter().flat_map(|port| &port.targets).map(|target| target.ip.clone()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Why a request cannot be sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// There are no rules for this Service.
    NoService,
    /// The Service has no such port.
    NoPort,
    /// Nobody stands behind it: the kernel rejects the connection.
    NoEndpoints,
}

/// All rules of one node.
#[derive(Clone, Debug)]
pub struct Rules {
    services: OrdMap<Key, Arc<ServiceRules>>,
    by_address: OrdMap<SmolStr, Key>,
    sticky: OrdMap<(Key, i32, ActorId), (Target, VirtualTime)>,
    random: Stream,
}

impl Rules {
    /// No rules yet; choices are drawn from `random`.
    pub fn new(random: Stream) -> Self {
        Self { services: OrdMap::new(), by_address: OrdMap::new(), sticky: OrdMap::new(), random }
    }

    /// The rules for a Service.
    pub fn get(&self, service: &Key) -> Option<&Arc<ServiceRules>> {
        self.services.get(service)
    }

    /// All rules in the order of their Services.
    pub fn all(&self) -> impl Iterator<Item = (&Key, &Arc<ServiceRules>)> {
        self.services.iter()
    }

    /// The Service that has this address.
    pub fn service_at(&self, cluster_ip: &str) -> Option<&Key> {
        self.by_address.get(cluster_ip)
    }

    /// Replaces the rules for a Service.
    pub fn install(&mut self, service: &Key, rules: Arc<ServiceRules>) {
        self.remove(service);
        if !rules.cluster_ip.is_empty() {
            self.by_address.insert(rules.cluster_ip.clone(), service.clone());
        }
        self.services.insert(service.clone(), rules);
    }

    /// Replaces all rules.
    pub fn install_all(&mut self, table: &Table) {
        self.services = table.services.clone();
        self.by_address = table.by_address.clone();
    }

    /// Removes the rules for a Service.
    pub fn remove(&mut self, service: &Key) {
        let Some(old) = self.services.remove(service) else { return };
        if self.by_address.get(&old.cluster_ip) == Some(service) {
            self.by_address.remove(&old.cluster_ip);
        }
    }

    /// Chooses the pod for a request of `client` to this port (0: the first) of the Service.
    ///
    /// # Errors
    /// When there is nobody to send it to.
    pub fn route(
        &mut self,
        service: &Key,
        port: i32,
        client: ActorId,
        now: VirtualTime,
    ) -> Result<Target, NoRoute> {
        let rules = self.services.get(service).ok_or(NoRoute::NoService)?;
        let mut ports = rules.ports.iter();
        let rule = match port {
            0 => ports.next(),
            port => ports.find(|rule| rule.port == port),
        };
        let rule = rule.ok_or(NoRoute::NoPort)?;
        let Some(span) = rules.sticky else {
            return choose(&mut self.random, &rule.targets);
        };
        let client = (service.clone(), rule.port, client);
        let known = self.sticky.get(&client).filter(|(_, last)| now - *last <= span);
        let target = match known.filter(|(target, _)| rule.targets.contains(target)) {
            Some((target, _)) => target.clone(),
            None => choose(&mut self.random, &rule.targets)?,
        };
        self.remember(client, target.clone(), now);
        Ok(target)
    }

    fn remember(&mut self, client: (Key, i32, ActorId), target: Target, now: VirtualTime) {
        self.sticky.insert(client, (target, now));
        if self.sticky.len() > STICKY_MAX {
            let oldest = self.sticky.iter().min_by_key(|(_, (_, last))| *last);
            if let Some(client) = oldest.map(|(client, _)| client.clone()) {
                self.sticky.remove(&client);
            }
        }
    }
}

/// Any of them, each with the same chance: what `iptables --mode random --probability` and nftables `numgen
/// random` do.
fn choose(random: &mut Stream, targets: &[Target]) -> Result<Target, NoRoute> {
    let nth = usize::try_from(random.below(targets.len() as u64)).unwrap_or(0);
    targets.get(nth).cloned().ok_or(NoRoute::NoEndpoints)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: ActorId = ActorId(9);

    fn rules(sticky: Option<Span>, pods: u32) -> Arc<ServiceRules> {
        let target = |n| Target { ip: crate::network::pod_ip(1, n + 2), port: 8080 };
        let ports =
            vec![PortRule { port: 80, targets: (0..pods).map(target).collect(), ..PortRule::default() }];
        Arc::new(ServiceRules { cluster_ip: "10.96.1.1".into(), sticky, ports })
    }

    fn login() -> Key {
        Key::new("default", "login")
    }

    #[test]
    fn every_pod_gets_its_share_and_runs_repeat() {
        let draw = |seed| {
            let mut table = Rules::new(Stream::new(seed, "test"));
            table.install(&login(), rules(None, 4));
            let mut route = || table.route(&login(), 80, CLIENT, VirtualTime::ZERO).unwrap().ip;
            (0..4000).map(|_| route()).collect::<Vec<_>>()
        };
        let drawn = draw(7);
        for pod in 2..6 {
            let share = drawn.iter().filter(|ip| **ip == crate::network::pod_ip(1, pod)).count();
            assert!((900..1100).contains(&share), "{share}");
        }
        assert_eq!(drawn, draw(7));
        assert_ne!(drawn, draw(8));
    }

    #[test]
    fn what_cannot_be_routed_says_why() {
        let mut table = Rules::new(Stream::new(1, "test"));
        let route =
            |table: &mut Rules, port| table.route(&login(), port, CLIENT, VirtualTime::ZERO).map(|_| ());
        assert_eq!(route(&mut table, 80), Err(NoRoute::NoService));
        table.install(&login(), rules(None, 0));
        assert_eq!(route(&mut table, 80), Err(NoRoute::NoEndpoints));
        assert_eq!(route(&mut table, 81), Err(NoRoute::NoPort));
        table.install(&login(), rules(None, 1));
        assert_eq!(route(&mut table, 0), Ok(()));
        assert_eq!(table.service_at("10.96.1.1"), Some(&login()));
        table.remove(&login());
        assert_eq!(table.service_at("10.96.1.1"), None);
    }

    #[test]
    fn a_sticky_client_stays_with_its_pod_while_it_is_there() {
        let mut table = Rules::new(Stream::new(3, "test"));
        table.install(&login(), rules(Some(Span::secs(60)), 8));
        let at = |table: &mut Rules, secs| {
            table.route(&login(), 80, CLIENT, VirtualTime::ZERO + Span::secs(secs)).unwrap()
        };
        let first = at(&mut table, 0);
        assert!((1..100).all(|second| at(&mut table, second) == first));
        let mut fewer = (*rules(Some(Span::secs(60)), 8)).clone();
        fewer.ports[0].targets.retain(|target| *target != first);
        table.install(&login(), Arc::new(fewer));
        assert_ne!(at(&mut table, 100), first);
    }
}
