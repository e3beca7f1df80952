//! The rolling update: old pods go as fast as the bounds allow, and their nodes get new ones.
//!
//! Two pods of a daemon on one node are often impossible (a port, a lock), so by default the old one goes first and
//! `maxUnavailable` nodes at a time are without. With `maxSurge` the new one comes first, and the old one goes when
//! the new one is available.

use std::collections::BTreeSet;
use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::manage::{Work, pair};
use super::seen::Seen;
use crate::controllers::pod_control::available_in;
use crate::object::quantity::scaled;
use crate::object::{Pod, Resource};
use crate::time::{Span, VirtualTime};

/// What a rolling update may do, in numbers of nodes.
struct Bounds {
    unavailable: usize,
    surge: usize,
    desired: usize,
}

impl Bounds {
    fn of(seen: &Seen) -> Option<Self> {
        let rolling = seen.rolling()?;
        let desired = seen.wanted().count();
        let number = |value: &Option<_>| {
            let whole = i32::try_from(desired).unwrap_or(i32::MAX);
            let number = value.as_ref().map_or(0, |value| scaled(value, whole, true));
            usize::try_from(number).unwrap_or(0)
        };
        let (mut unavailable, surge) = (number(&rolling.max_unavailable), number(&rolling.max_surge));
        if desired > 0 && unavailable == 0 && surge == 0 {
            // Both came out as nothing, and the update could never go on.
            unavailable = 1;
        }
        Some(Self { unavailable, surge, desired })
    }
}

/// Which old pods go now, and which nodes get a second pod (`rollingUpdate`).
pub(super) fn roll(seen: &Seen, now: VirtualTime) -> Work {
    match Bounds::of(seen) {
        Some(bounds) if bounds.surge == 0 => replace(seen, &bounds, now),
        Some(bounds) => surge(seen, &bounds, now),
        None => Work::default(),
    }
}

fn is_available(pod: &Pod, seen: &Seen, now: VirtualTime) -> bool {
    available_in(pod, seen.min_ready(), now) == Some(Span::ZERO)
}

/// Nodes that have a pod, and those that should.
fn concerned(seen: &Seen) -> BTreeSet<&SmolStr> {
    seen.by_node.keys().chain(seen.wanted()).collect()
}

/// The old pod goes first. One that is not available is no loss.
fn replace(seen: &Seen, bounds: &Bounds, now: VirtualTime) -> Work {
    let hash = seen.hash();
    let (mut unavailable, mut lost, mut candidates) = (0, Vec::new(), Vec::new());
    for node in concerned(seen) {
        match pair(seen, node, &hash) {
            // Two, none, or one too many: the other half of the loop sees to that, and the node is without till then.
            None | Some((None, None) | (Some(_), Some(_))) => unavailable += 1,
            Some((Some(new), None)) => unavailable += usize::from(!is_available(new, seen, now)),
            Some((None, Some(old))) if !is_available(old, seen, now) => {
                lost.push(old);
                unavailable += 1;
            }
            Some((None, Some(old))) if unavailable < bounds.unavailable => candidates.push(old),
            Some((None, Some(_))) => {}
        }
    }
    let room = bounds.unavailable.saturating_sub(unavailable);
    let mut work = Work::default();
    lost.into_iter().for_each(|pod| work.doom(pod, "it is of an old template, and not available"));
    for pod in candidates.into_iter().take(room) {
        work.doom(
            pod,
            format_smolstr!("it is of an old template; {} may be unavailable", bounds.unavailable),
        );
    }
    work
}

/// The new pod comes first.
fn surge(seen: &Seen, bounds: &Bounds, now: VirtualTime) -> Work {
    let hash = seen.hash();
    let mut work = Work::default();
    let (mut surging, mut available) = (0, 0);
    let mut candidates: Vec<&SmolStr> = Vec::new();
    let mut not_wanted: Vec<&Arc<Pod>> = Vec::new();
    for node in concerned(seen) {
        let Some((new, old)) = pair(seen, node, &hash) else {
            surging += 1;
            continue;
        };
        available += usize::from(old.or(new).is_some_and(|pod| is_available(pod, seen, now)));
        let may_run = seen.nodes.get(node).is_some_and(|fit| fit.run);
        match (new, old) {
            (_, None) => {}
            (None, Some(old)) => match (is_available(old, seen, now), may_run) {
                (false, false) => work.doom(old, "it is not available, and its node may not have one"),
                (false, true) => work.create.push(node.clone()),
                (true, false) => not_wanted.push(old),
                (true, true) if surging < bounds.surge => candidates.push(node),
                (true, true) => {}
            },
            (Some(new), Some(_)) if !is_available(new, seen, now) => surging += 1,
            (Some(new), Some(old)) => {
                work.doom(old, format_smolstr!("{} is available now", new.key().name));
            }
        }
    }
    // Whoever asks for a surge wants no gap: a pod on a node that may have none stays until another is available.
    let surplus = available.saturating_sub(bounds.desired);
    not_wanted.into_iter().take(surplus).for_each(|pod| work.doom(pod, "its node may not have one"));
    let room = bounds.surge.saturating_sub(surging);
    work.create.extend(candidates.into_iter().take(room).cloned());
    work
}
