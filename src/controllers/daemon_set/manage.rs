//! Which nodes get a pod, and which pods go (`podsShouldBeOnNode`).

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::eligible::Fit;
use super::seen::Seen;
use super::template::{HASH, is_updated};
use crate::controllers::pod_control::available_in;
use crate::object::quantity::scaled;
use crate::object::{Pod, Resource, is_terminating, labels};
use crate::time::{Span, VirtualTime};

/// A pod that goes, and why.
#[derive(Clone, Debug)]
pub(super) struct Doomed {
    pub(super) pod: Arc<Pod>,
    pub(super) why: SmolStr,
    /// It ended by itself, on this node: that is worth an Event.
    pub(super) ended_on: Option<SmolStr>,
}

/// What is to be done about pods.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    /// Nodes for which a pod is created.
    pub(super) create: Vec<SmolStr>,
    /// Pods that are deleted.
    pub(super) delete: Vec<Doomed>,
    /// After how long a failed pod may be deleted that has to wait now.
    pub(super) retry: Option<Span>,
}

impl Work {
    /// Whether pods are created or deleted.
    pub(super) fn is_none(&self) -> bool {
        self.create.is_empty() && self.delete.is_empty()
    }

    /// A pod goes.
    pub(super) fn doom(&mut self, pod: &Arc<Pod>, why: impl Into<SmolStr>) {
        self.delete.push(Doomed { pod: pod.clone(), why: why.into(), ended_on: None });
    }
}

/// Whether an updated pod may run beside the old one.
pub(super) fn allows_surge(seen: &Seen) -> bool {
    let surge = seen.rolling().and_then(|rolling| rolling.max_surge.as_ref());
    surge.is_some_and(|surge| scaled(surge, 1, true) > 0)
}

/// What is missing and what is too much.
pub(super) fn manage(seen: &Seen, now: VirtualTime) -> Work {
    let mut work = Work::default();
    for (node, fit) in &seen.nodes {
        let pods = seen.on(node);
        match fit {
            Fit { run: true, .. } if pods.is_empty() => work.create.push(node.clone()),
            Fit { stay: true, run } => keep(seen, node, pods, *run, now, &mut work),
            Fit { stay: false, .. } => {
                for pod in pods.iter().filter(|pod| !is_terminating(&pod.metadata)) {
                    work.doom(pod, format_smolstr!("{node} may not have one"));
                }
            }
        }
    }
    // Pods for nodes that are gone: the scheduler will never place them, so nobody else removes them.
    let homeless = seen.by_node.iter().filter(|(node, _)| !seen.nodes.contains_key(*node));
    for pod in homeless.flat_map(|(_, pods)| pods).filter(|pod| pod.node.is_none()) {
        work.doom(pod, "its node does not exist");
    }
    work
}

/// A node that has pods and may keep one: what has ended goes, and what is too much.
fn keep(seen: &Seen, node: &SmolStr, pods: &[Arc<Pod>], run: bool, now: VirtualTime, work: &mut Work) {
    let mut running: Vec<&Arc<Pod>> = Vec::new();
    for pod in pods.iter().filter(|pod| !is_terminating(&pod.metadata)) {
        match (pod.phase(), seen.held_back.get(node)) {
            ("Failed", Some(left)) => work.retry = Some(work.retry.map_or(*left, |other| other.min(*left))),
            (phase @ ("Failed" | "Succeeded"), _) => {
                let why = format_smolstr!("it has {}", phase.to_lowercase());
                work.delete.push(Doomed { pod: pod.clone(), why, ended_on: Some(node.clone()) });
            }
            _ => running.push(pod),
        }
    }
    match (allows_surge(seen), running.as_slice()) {
        (false, [_, younger @ ..]) => {
            younger.iter().for_each(|pod| work.doom(pod, format_smolstr!("{node} has an older one")));
        }
        // With a surge, the pod that is going does not count.
        (true, []) if run => work.create.push(node.clone()),
        (true, [_, _, ..]) => surge(seen, &running, now, work),
        _ => {}
    }
}

/// At most one old and one new pod stay, and the old one only as long as it is better than the new one.
fn surge(seen: &Seen, running: &[&Arc<Pod>], now: VirtualTime, work: &mut Work) {
    let hash = seen.hash();
    let (mut new, mut old): (Option<&Arc<Pod>>, Option<&Arc<Pod>>) = (None, None);
    for pod in running {
        let slot = match labels(&pod.metadata).get(HASH) == Some(&hash) {
            true => &mut new,
            false => &mut old,
        };
        match slot {
            None => *slot = Some(*pod),
            Some(_) => work.doom(pod, "there is an older one of its version"),
        }
    }
    if let (Some(new), Some(old)) = (new, old) {
        if !old.is_ready() {
            work.doom(old, format_smolstr!("it is not ready, and {} replaces it", new.key().name));
        } else if available_in(new, seen.min_ready(), now) == Some(Span::ZERO) {
            work.doom(old, format_smolstr!("{} is available now", new.key().name));
        }
    }
}

/// The new and the old pod of a node among those that stay; none if there are several of one sort, which is to be
/// put right first (`findUpdatedPodsOnNode`).
#[allow(clippy::type_complexity, reason = "a pair of pods, if there is one")]
pub(super) fn pair<'a>(
    seen: &'a Seen,
    node: &str,
    hash: &str,
) -> Option<(Option<&'a Arc<Pod>>, Option<&'a Arc<Pod>>)> {
    let (mut new, mut old) = (None, None);
    for pod in seen.on(node).iter().filter(|pod| !is_terminating(&pod.metadata)) {
        let slot = if is_updated(pod, &seen.set, hash) { &mut new } else { &mut old };
        if slot.replace(pod).is_some() {
            return None;
        }
    }
    Some((new, old))
}
