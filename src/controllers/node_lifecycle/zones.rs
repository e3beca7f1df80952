//! Care in driving pods out: how many nodes of a zone may be emptied, and how fast.
//!
//! One silent node is probably dead. If many fall silent at once, the network between them and the control plane
//! is more likely to be broken, and moving all their pods would only make things worse. So:
//!
//! | the zone | rate of `NoExecute` taints |
//! |---|---|
//! | at most two nodes, or less than 55 %, not ready | one per 10 s |
//! | more, and the zone has more than 50 nodes | one per 100 s |
//! | more, and the zone is small | none |
//! | all its nodes, while other zones live | one per 10 s |
//! | no node of the whole cluster is ready | none, and those given are taken back |

use imbl::OrdMap;
use k8s_openapi::api::core::v1::Node;
use smol_str::{SmolStr, ToSmolStr};

use super::health;
use crate::object::labels;
use crate::time::{Span, VirtualTime};

/// `--node-eviction-rate` 0.1 per second.
const EVERY: Span = Span::secs(10);
/// `--secondary-node-eviction-rate` 0.01 per second.
const SECONDARY_EVERY: Span = Span::secs(100);
/// `--unhealthy-zone-threshold` 0.55, as a ratio of integers.
const UNHEALTHY: (usize, usize) = (55, 100);
/// Fewer nodes than this are never a disruption of a zone (`ComputeZoneState`).
const UNHEALTHY_MIN: usize = 3;
/// `--large-cluster-size-threshold`.
const LARGE: usize = 50;
/// How often the real controller serves the queue (`scheduler.NodeEvictionPeriod`).
const PASS: Span = Span::millis(100);
/// A node with this label does not count (`labelNodeDisruptionExclusion`).
const EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";

/// What is going on in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneState {
    /// Few nodes are not ready.
    Normal,
    /// Many are not.
    Partial,
    /// None is ready.
    Full,
}

/// When a node's pods may be driven out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Now.
    Now,
    /// After this long; so many nodes of the zone come first.
    In(Span, usize),
    /// Not while so many nodes of the zone are not ready: not ready, all.
    ZoneDisrupted(usize, usize),
    /// Not while no node of the cluster is ready.
    AllSilent,
}

#[derive(Clone, Debug, Default)]
struct Zone {
    ready: usize,
    not_ready: usize,
    next_at: VirtualTime,
    /// Nodes in the queue and since when.
    waiting: OrdMap<SmolStr, VirtualTime>,
}

/// All zones.
#[derive(Clone, Debug, Default)]
pub struct Zones {
    zones: OrdMap<SmolStr, Zone>,
}

/// The zone of a node: region and zone labels together; empty without them.
fn zone_of(node: &Node) -> SmolStr {
    let label = |key: &str| labels(&node.metadata).get(key).map_or("", String::as_str);
    let (region, zone) = (label("topology.kubernetes.io/region"), label("topology.kubernetes.io/zone"));
    match region.is_empty() {
        true => zone.to_smolstr(),
        false => smol_str::format_smolstr!("{region}/{zone}"),
    }
}

fn name_of(node: &Node) -> SmolStr {
    node.metadata.name.as_deref().unwrap_or("").to_smolstr()
}

impl Zone {
    fn state(&self) -> ZoneState {
        let all = self.ready + self.not_ready;
        match (self.ready, self.not_ready) {
            (0, 1..) => ZoneState::Full,
            (_, bad) if bad >= UNHEALTHY_MIN && bad * UNHEALTHY.1 >= all * UNHEALTHY.0 => ZoneState::Partial,
            _ => ZoneState::Normal,
        }
    }

    /// One taint per this long; none at all if there is none.
    fn period(&self) -> Option<Span> {
        match self.state() {
            ZoneState::Normal | ZoneState::Full => Some(EVERY),
            ZoneState::Partial if self.ready + self.not_ready > LARGE => Some(SECONDARY_EVERY),
            ZoneState::Partial => None,
        }
    }
}

impl Zones {
    /// A node came, changed or went.
    pub fn follow(&mut self, old: Option<&Node>, new: Option<&Node>) {
        for (node, more) in [(old, false), (new, true)] {
            let Some(node) = node.filter(|node| !labels(&node.metadata).contains_key(EXCLUDED)) else {
                continue;
            };
            let zone = self.zones.entry(zone_of(node)).or_default();
            let count = match health::ready(node) {
                "True" => &mut zone.ready,
                _ => &mut zone.not_ready,
            };
            *count = if more { *count + 1 } else { count.saturating_sub(1) };
        }
        if let (Some(node), None) = (old, new) {
            self.leave(node);
        }
        if let Some(zone) = old.map(zone_of)
            && self.zones.get(&zone).is_some_and(|zone| zone.ready + zone.not_ready == 0)
        {
            self.zones.remove(&zone);
        }
    }

    /// Whether there are nodes and none is ready.
    pub fn all_silent(&self) -> bool {
        !self.zones.is_empty() && self.zones.values().all(|zone| zone.ready == 0)
    }

    /// The state of a node's zone.
    #[cfg(test)]
    pub fn state(&self, node: &Node) -> ZoneState {
        self.zones.get(&zone_of(node)).map_or(ZoneState::Normal, Zone::state)
    }

    /// Puts a node in its zone's queue, if it is not there, and tells when it has its turn. `silent`: nobody has.
    pub fn queue(&mut self, node: &Node, silent: bool, now: VirtualTime) -> Turn {
        let zone = self.zones.entry(zone_of(node)).or_default();
        let name = name_of(node);
        let since = *zone.waiting.entry(name.clone()).or_insert(now);
        let mine = (since, &name);
        let ahead = zone.waiting.iter().filter(|(other, since)| (**since, *other) < mine).count();
        let Some(period) = zone.period() else {
            return Turn::ZoneDisrupted(zone.not_ready, zone.ready + zone.not_ready);
        };
        if silent {
            return Turn::AllSilent;
        }
        let at = next(since, PASS).max(zone.next_at) + period.times(ahead as u64);
        match ahead == 0 && now >= at {
            true => Turn::Now,
            // Somebody in front that is late: look again at the next pass.
            false => Turn::In(at.since(now).max(next(now, PASS).since(now)), ahead),
        }
    }

    /// Takes a node out of the queue.
    pub fn leave(&mut self, node: &Node) {
        if let Some(zone) = self.zones.get_mut(&zone_of(node)) {
            zone.waiting.remove(&name_of(node));
        }
    }

    /// A node of a queue was tainted: the next one has to wait.
    pub fn tainted(&mut self, node: &Node, now: VirtualTime) {
        let Some(zone) = self.zones.get_mut(&zone_of(node)) else { return };
        if zone.waiting.remove(&name_of(node)).is_some() {
            zone.next_at = now + zone.period().unwrap_or(EVERY);
        }
    }
}

/// The next multiple of `period` after `now`: all nodes are looked at together.
pub fn next(now: VirtualTime, period: Span) -> VirtualTime {
    let whole = now.micros() / period.as_micros();
    VirtualTime::from_micros(whole.saturating_add(1).saturating_mul(period.as_micros()))
}
