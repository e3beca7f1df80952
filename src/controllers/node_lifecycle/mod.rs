//! The node lifecycle controller: it notices that a node fell silent.
//!
//! A dead node cannot say that it is dead. So each kubelet renews a Lease every 10 s, and this controller looks
//! at its own clock: for how long has it seen *no change* of that lease or of the node's status? After 50 s it
//! writes "Unknown" into the node's conditions. It cannot know more: the node may be dead, or only cut off
//! while its containers go on.
//!
//! What follows happens in steps, each one a look at what is:
//!
//! 1. The node is Unknown: its pods are marked not ready, so that no Service sends to them. Their phase stays
//!    `Running`, because nobody saw them end.
//! 2. The taint `unreachable:NoSchedule` keeps new pods away, at once.
//! 3. The taint `unreachable:NoExecute` lets the [taint eviction](super::taint_eviction) count down each pod's
//!    patience (300 s by default). It is given with care: `zones`.
//! 4. The node returns: the taints go, and its kubelet reports its pods anew.
//!
//! While its own watches are broken everybody is silent to it, so it judges nobody; when they are open again, each node's
//! silence counts from then. (The real controller manager ends when it cannot renew its own lease for 10 s, and a new
//! one starts with an empty memory: the same for all who look.)
//!
//! The real controller is one pass over all nodes every 5 s; here each node is an item that is looked at every
//! 5 s, all at the same instants. Left out: the labels for operating system and architecture that it copies.

pub mod health;
mod plan;
mod taints;
mod zones;

use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Node;
use smol_str::{SmolStr, format_smolstr};

use zones::Turn;

use crate::apiserver::{Call, Filter};
use crate::client::{Cache, Change, Context, Interest, Loop, Never, Outcome, Plan};
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource};
use crate::time::{Span, VirtualTime};

/// How often each node is looked at (`--node-monitor-period`).
const MONITOR_EVERY: Span = Span::secs(5);
/// Where kubelets keep their leases.
const LEASES: &str = "kube-node-lease";

/// What the controller remembers of a node.
#[derive(Clone, Copy, Debug)]
struct Vigil {
    /// When a change of its lease or status was last seen.
    heard: VirtualTime,
    next_check: VirtualTime,
    introduced: bool,
    /// Its silence has been noticed and told as a story.
    told: bool,
}

/// The node lifecycle controller.
#[derive(Clone, Debug, Default)]
pub struct NodeLifecycle {
    vigils: OrdMap<SmolStr, Vigil>,
    zones: zones::Zones,
    /// No node of the cluster is ready ("master disruption mode"). It begins at once, and ends with a routine check: by
    /// then all those that are back have reported.
    all_silent: bool,
    /// Its own watches are broken: who is silent now, it cannot tell.
    cut_off: bool,
}

/// What it saw.
#[derive(Clone, Debug)]
pub enum Seen {
    /// A node.
    Node(NodeSeen),
    /// A pod that says it is ready, on a node that says nothing.
    Pod(Arc<Pod>),
}

/// What it saw of a node.
#[derive(Clone, Debug)]
pub struct NodeSeen {
    node: Arc<Node>,
    /// How long ago there was a sign of life.
    quiet_for: Span,
    /// Whether it hears of nobody at all.
    cut_off: bool,
    /// Whether the routine check is due.
    is_check: bool,
    next_check: Span,
    is_new: bool,
    told: bool,
    /// No node of the cluster is ready.
    all_silent: bool,
    /// When its pods may be driven out, if they should be.
    turn: Option<Turn>,
}

impl Loop for NodeLifecycle {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        "controller/node-lifecycle".into()
    }

    fn interests(&self) -> Vec<Interest> {
        let leases = Filter { namespace: Some(LEASES.into()), ..Filter::default() };
        vec![
            Interest::all(Kind::Node),
            Interest::all(Kind::Pod),
            Interest { kind: Kind::Lease, filter: leases },
        ]
    }

    /// `scheduler.UpdateWorkerSize`.
    fn workers(&self) -> usize {
        8
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        let (old, new) = (change.old.as_ref(), change.new.as_ref());
        match change.object() {
            Some(Object::Lease(_)) => {
                self.lease_changed(old.and_then(Lease::of), new.and_then(Lease::of), cx.now)
            }
            Some(Object::Node(_)) => self.node_changed(old.and_then(Node::of), new.and_then(Node::of), cx),
            Some(Object::Pod(pod)) if new.is_some() => wake_pod(pod, cx),
            _ => {}
        }
    }

    fn connected(&mut self, open: bool, now: VirtualTime) {
        if open && self.cut_off {
            self.begin_afresh(now);
        }
        self.cut_off = !open;
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        match item.kind {
            Kind::Node => self.observe_node(cache.get_as::<Node>(&item.key)?, now).map(Seen::Node),
            Kind::Pod => {
                let pod = cache.get_as::<Pod>(&item.key)?;
                let node = cache.get_as::<Node>(&Key::cluster(pod.node_name()?))?;
                let silent =
                    self.vigils.get(pod.node_name()?).is_some_and(|vigil| now - vigil.heard >= health::GRACE);
                (pod.is_ready() && silent && health::ready(node) == "Unknown").then(|| Seen::Pod(pod.clone()))
            }
            _ => None,
        }
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        match seen {
            Seen::Node(seen) => {
                let ready = health::ready(&seen.node);
                format_smolstr!("Ready={ready}, last sign of life {} ago", seen.quiet_for)
            }
            Seen::Pod(pod) => {
                format_smolstr!("Ready=True on {}, which is Unknown", pod.node_name().unwrap_or(""))
            }
        }
    }

    fn compare(&self, _item: &ObjectRef, seen: &Seen, now: VirtualTime) -> Plan {
        match seen {
            Seen::Node(seen) => {
                let mut plan = plan::node(seen, now).polling_after(seen.next_check);
                if plan.waits_for.is_empty() {
                    plan.waits_for = "for a change, or for its next routine check".into();
                }
                if seen.is_new {
                    plan = plan.noting(plan::introduction(&seen.node));
                }
                plan
            }
            Seen::Pod(pod) => plan::pod(pod, now),
        }
    }

    fn intend(&mut self, item: &ObjectRef, plan: &Plan, _now: VirtualTime) {
        if item.kind == Kind::Node
            && let Some(vigil) = self.vigils.get_mut(&item.key.name)
        {
            vigil.introduced = true;
            vigil.told |= plan.story.is_some();
        }
    }

    fn ended(&mut self, _item: &ObjectRef, call: &Call, outcome: &Outcome, cx: &mut Context<'_>) {
        let done = matches!(outcome, Outcome::Done(_));
        if let Some(node) =
            taints::driven_out_by(call).filter(|_| done).and_then(|key| cx.cache.get_as::<Node>(key))
        {
            self.zones.tainted(node, cx.now);
        }
    }
}

impl NodeLifecycle {
    fn lease_changed(&mut self, old: Option<&Lease>, new: Option<&Lease>, now: VirtualTime) {
        let renewed =
            |lease: &Lease| lease.spec.as_ref().and_then(|spec| spec.renew_time.as_ref()).map(|time| time.0);
        let Some(name) = new.and_then(|lease| lease.metadata.name.as_deref()) else { return };
        if old.and_then(renewed) < new.and_then(renewed) {
            self.heard(name, now);
        }
    }

    fn node_changed(&mut self, old: Option<&Node>, new: Option<&Node>, cx: &mut Context<'_>) {
        let reported =
            |node: &Node| health::condition(node, "Ready").map(|ready| ready.last_heartbeat_time.clone());
        self.zones.follow(old, new);
        if !self.all_silent && self.zones.all_silent() {
            self.all_silent = true;
            for name in self.vigils.keys() {
                let item = ObjectRef::new(Kind::Node, Key::cluster(name.clone()));
                cx.wake(item, "no node answers any more");
            }
        }
        let Some(name) = new.or(old).and_then(|node| node.metadata.name.as_deref()) else { return };
        let Some(node) = new else {
            self.vigils.remove(name);
            cx.note(plan::farewell(name, old));
            return;
        };
        let is_report = reported(node).is_some() && old.and_then(reported) != reported(node);
        if is_report || !self.vigils.contains_key(name) {
            // Of a node that never reported, its registration is the last sign of life.
            let created = node.metadata.creation_timestamp.as_ref().map(VirtualTime::from_api);
            self.heard(name, created.filter(|_| reported(node).is_none()).unwrap_or(cx.now));
        }
        cx.wake(ObjectRef::new(Kind::Node, Key::cluster(name)), format_smolstr!("{name} changed"));
        if health::ready(node) == "Unknown" && old.is_none_or(|old| health::ready(old) != "Unknown") {
            let cache = cx.cache;
            for pod in cache.all_as::<Pod>().filter(|pod| pod.node_name() == Some(name)) {
                wake_pod(pod, cx);
            }
        }
    }

    fn heard(&mut self, name: &str, now: VirtualTime) {
        let fresh = Vigil { heard: now, next_check: now, introduced: false, told: false };
        let vigil = self.vigils.entry(name.into()).or_insert(fresh);
        (vigil.heard, vigil.told) = (now, false);
    }

    /// Everybody's silence counts from now.
    fn begin_afresh(&mut self, now: VirtualTime) {
        let afresh = |vigil: &Vigil| Vigil { heard: vigil.heard.max(now), ..*vigil };
        self.vigils = self.vigils.iter().map(|(name, vigil)| (name.clone(), afresh(vigil))).collect();
    }

    fn observe_node(&mut self, node: &Arc<Node>, now: VirtualTime) -> Option<NodeSeen> {
        let name = node.metadata.name.as_deref()?;
        let is_check = now >= self.vigils.get(name)?.next_check;
        if is_check && self.all_silent && !self.zones.all_silent() {
            self.all_silent = false;
            // While no node answered, this controller was probably cut off.
            self.begin_afresh(now);
        }
        let vigil = self.vigils.get_mut(name)?;
        if is_check {
            vigil.next_check = zones::next(now, MONITOR_EVERY);
        }
        let vigil = *vigil;
        let has_reported = health::condition(node, "Ready").is_some();
        let needs_turn = has_reported && health::ready(node) != "True" && !taints::drives_out(node);
        let turn = match needs_turn {
            true => Some(self.zones.queue(node, self.all_silent, now)),
            false => {
                self.zones.leave(node);
                None
            }
        };
        Some(NodeSeen {
            node: node.clone(),
            quiet_for: now - vigil.heard,
            cut_off: self.cut_off,
            is_check,
            next_check: vigil.next_check.since(now),
            is_new: !vigil.introduced,
            told: vigil.told,
            all_silent: self.all_silent,
            turn,
        })
    }
}

fn wake_pod(pod: &Pod, cx: &mut Context<'_>) {
    let Some(name) = pod.node_name() else { return };
    let node = cx.cache.get_as::<Node>(&Key::cluster(name));
    if pod.is_ready() && node.is_some_and(|node| health::ready(node) == "Unknown") {
        let item = ObjectRef::new(Kind::Pod, Key::of(&pod.metadata));
        cx.wake(item, format_smolstr!("{name} does not answer"));
    }
}

#[cfg(test)]
mod tests;
