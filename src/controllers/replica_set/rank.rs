//! Rank: which pods go first when there are too many.
//!
//! All pods of a ReplicaSet are equal, but some are worth less: a pod that runs nowhere yet, a pod that is not
//! ready, one of several on the same node. What follows is the order of `ActivePodsWithRanks`
//! (`pkg/controller/controller_utils.go`), where each line decides only if those before it say "equal":
//!
//! 1. without a node before with one
//! 2. `Pending` before `Unknown` before `Running`
//! 3. not ready before ready
//! 4. lower `controller.kubernetes.io/pod-deletion-cost` first (0 if there is none)
//! 5. more pods of the same Deployment on the node first (counted once: not again after each victim)
//! 6. ready for a shorter time first
//! 7. more restarts first
//! 8. younger first
//! 9. smaller uid first
//!
//! Ages are compared by their logarithm, so that "the youngest always dies" does not hit the same node again and
//! again (KEP-2185): pods whose ages lie between the same powers of two count as equally old. The real comparison
//! goes straight to the uid when two such times differ within a bucket; here 7 and 8 are asked first, which
//! makes the order a total one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use crate::object::{Pod, annotation};
use crate::time::{Span, VirtualTime};

/// What a pod costs to lose, set by whoever knows better.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// How many pods of the same Deployment each node has; the empty name stands for "no node yet".
pub type Siblings = BTreeMap<SmolStr, usize>;

/// A pod's place: the smallest goes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    has_node: bool,
    phase: u8,
    ready: bool,
    cost: i32,
    siblings: Reverse<usize>,
    ready_for: u32,
    restarts: Reverse<(i32, i32)>,
    age: u32,
    uid: SmolStr,
}

impl Rank {
    /// The place of `pod` among those of its set.
    pub fn of(pod: &Pod, siblings: &Siblings, now: VirtualTime) -> Self {
        let node = pod.node_name().unwrap_or("");
        let ready = pod.is_ready();
        let ready_since = pod.condition("Ready").and_then(|ready| ready.last_transition_time.as_ref());
        let created = pod.metadata.creation_timestamp.as_ref();
        let bucket =
            |time: Option<&_>| time.map_or(0, |time| magnitude(now.since(VirtualTime::from_api(time))));
        Self {
            has_node: !node.is_empty(),
            phase: match pod.phase() {
                "Pending" => 0,
                "Unknown" => 1,
                _ => 2,
            },
            ready,
            cost: annotation(&pod.metadata, DELETION_COST).and_then(|text| text.parse().ok()).unwrap_or(0),
            siblings: Reverse(siblings.get(node).copied().unwrap_or(0)),
            ready_for: if ready { bucket(ready_since) } else { 0 },
            restarts: Reverse(most_restarts(pod)),
            age: bucket(created),
            uid: pod.metadata.uid.as_deref().unwrap_or("").into(),
        }
    }

    /// Why this pod goes before `other`, in words.
    pub fn before(&self, other: &Self) -> SmolStr {
        if self.has_node != other.has_node {
            return "it has no node yet".into();
        }
        if self.phase != other.phase {
            return "it is not running yet".into();
        }
        if self.ready != other.ready {
            return "it is not ready".into();
        }
        if self.cost != other.cost {
            return format_smolstr!("its deletion cost is lower ({} against {})", self.cost, other.cost);
        }
        if self.siblings != other.siblings {
            return format_smolstr!("its node has {} pods of this kind", self.siblings.0);
        }
        if self.ready_for != other.ready_for {
            return "it became ready most recently".into();
        }
        if self.restarts != other.restarts {
            return "it was restarted more often".into();
        }
        if self.age != other.age {
            return "it is the youngest".into();
        }
        "all else is equal, so its uid decides".into()
    }
}

/// The logarithm of a length of time to the base 2; 0 for none at all.
fn magnitude(span: Span) -> u32 {
    // Nanoseconds, as upstream counts, so that the buckets have the same borders.
    span.as_micros().saturating_mul(1000).checked_ilog2().map_or(0, |log| log + 1)
}

/// The most restarts of any container, and of any sidecar.
fn most_restarts(pod: &Pod) -> (i32, i32) {
    let sidecar =
        |name: &str| {
            pod.spec.init_containers.iter().flatten().any(|container| {
                container.name == name && container.restart_policy.as_deref() == Some("Always")
            })
        };
    let regular = pod.status.container_statuses.iter().flatten().map(|status| status.restart_count).max();
    let sidecars = pod.status.init_container_statuses.iter().flatten();
    let sidecars = sidecars.filter(|status| sidecar(&status.name)).map(|status| status.restart_count).max();
    (regular.unwrap_or(0), sidecars.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::{pod, with};
    use serde_json::json;

    fn now() -> VirtualTime {
        VirtualTime::from_micros(3_600_000_000)
    }

    fn ready(name: &str, node: &str, since: &str) -> Pod {
        let running = json!({ "phase": "Running", "conditions": [
            { "type": "Ready", "status": "True", "lastTransitionTime": since },
        ]});
        let pod = with(pod(name, "web"), json!({ "spec": { "nodeName": node }, "status": running }));
        with(pod, json!({ "metadata": { "creationTimestamp": since } }))
    }

    fn order(pods: &[Pod], siblings: &Siblings) -> Vec<String> {
        let mut ranked: Vec<(Rank, String)> = pods
            .iter()
            .map(|pod| (Rank::of(pod, siblings, now()), pod.metadata.name.clone().unwrap()))
            .collect();
        ranked.sort();
        ranked.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn each_criterion_decides_only_when_those_before_are_equal() {
        let since = "2026-01-05T08:10:00Z";
        let young = "2026-01-05T08:59:50Z";
        let restarted = json!({ "status": { "containerStatuses": [
            { "name": "web", "restartCount": 3, "ready": true, "image": "i", "imageID": "i" },
        ]}});
        let cost = json!({ "metadata": { "annotations": { DELETION_COST: "-5" } } });
        let pods = [
            ready("old", "node-1", since),
            with(ready("restarted", "node-1", since), restarted),
            ready("young", "node-1", young),
            ready("crowded", "node-2", since),
            with(ready("cheap", "node-1", since), cost),
            with(
                ready("unready", "node-1", since),
                json!({ "status": { "conditions": [{ "type": "Ready", "status": "False" }] } }),
            ),
            with(pod("pending", "web"), json!({ "spec": { "nodeName": "node-1" } })),
            pod("nowhere", "web"),
        ];
        let siblings = Siblings::from([("node-1".into(), 1), ("node-2".into(), 2)]);
        assert_eq!(
            order(&pods, &siblings),
            ["nowhere", "pending", "unready", "cheap", "crowded", "young", "restarted", "old"]
        );
    }

    #[test]
    fn ages_within_a_power_of_two_count_as_equal() {
        // 10 and 12 minutes: the same bucket, so the uid decides; 10 minutes and 10 seconds are not.
        let pods = [
            ready("a", "node-1", "2026-01-05T08:48:00Z"),
            ready("b", "node-1", "2026-01-05T08:50:00Z"),
            ready("c", "node-1", "2026-01-05T08:59:50Z"),
        ];
        assert_eq!(order(&pods, &Siblings::new()), ["c", "a", "b"]);
    }
}
