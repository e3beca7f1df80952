//! Preemption: making room for a more important pod.
//!
//! If a pod fits nowhere, nodes are searched on which it would fit without some *less important* pods. The node
//! where this hurts least is *nominated*: its victims are deleted, gracefully, and room is kept until they are
//! gone and the pod is tried again. Left out: budgets (PodDisruptionBudget), which the real one tries not to break.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::cluster::{Cluster, View};
use super::cycle::{Filters, Looked};
use super::demand::priority;
use super::node_info::{NodeInfo, PlacedPod};
use super::plugins::{Incoming, Rejection};
use crate::object::{Key, Pod, is_terminating};
use crate::time::VirtualTime;

/// Whether making room would help.
#[derive(Clone, Debug)]
pub enum Preemption {
    /// It would: on this node, if these pods went.
    Possible {
        /// The node.
        node: SmolStr,
        /// The pods, most important first.
        victims: Vec<Arc<Pod>>,
    },
    /// It may not even try.
    NotAllowed(&'static str),
    /// It would not.
    Hopeless(Hopeless),
}

/// Why making room does not help, by reason with the number of nodes.
#[derive(Clone, Debug, Default)]
pub struct Hopeless {
    /// Reasons.
    pub reasons: BTreeMap<SmolStr, usize>,
}

impl Default for Preemption {
    fn default() -> Self {
        Self::Hopeless(Hopeless::default())
    }
}

/// A node that would do.
struct Candidate {
    node: SmolStr,
    /// Most important first.
    victims: Vec<Arc<Pod>>,
}

/// Looks for the node on which making room hurts least.
pub fn try_preempt(cluster: &Cluster, incoming: &Incoming, looked: &[Looked<'_>]) -> Preemption {
    if let Some(why) = not_allowed(cluster, incoming, looked) {
        return Preemption::NotAllowed(why);
    }
    let mut reasons = BTreeMap::new();
    let mut candidates = Vec::new();
    for one in looked {
        let reason = match &one.rejected {
            Some(rejection) if rejection.resolvable => match make_room(cluster, incoming, one.info) {
                Ok(candidate) => {
                    candidates.push(candidate);
                    continue;
                }
                Err(reasons) => reasons,
            },
            _ => vec![SmolStr::new_static("Preemption is not helpful for scheduling")],
        };
        for reason in reason {
            *reasons.entry(reason).or_insert(0) += 1;
        }
    }
    let skipped = cluster.size() - looked.len().min(cluster.size());
    if skipped > 0 {
        *reasons.entry(SmolStr::new_static("Preemption is not helpful for scheduling")).or_insert(0) +=
            skipped;
    }
    match candidates.into_iter().reduce(less_painful) {
        Some(Candidate { node, victims }) => Preemption::Possible { node, victims },
        None => Preemption::Hopeless(Hopeless { reasons }),
    }
}

/// `PodEligibleToPreemptOthers`.
fn not_allowed(cluster: &Cluster, incoming: &Incoming, looked: &[Looked<'_>]) -> Option<&'static str> {
    if incoming.pod.spec.preemption_policy.as_deref() == Some("Never") {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let nominated = incoming.pod.status.nominated_node_name.as_deref().filter(|name| !name.is_empty())?;
    let hopeless = |rejection: &Rejection| !rejection.resolvable;
    let there = looked.iter().find(|one| one.info.name == nominated);
    if there.is_some_and(|one| one.rejected.as_ref().is_some_and(hopeless)) {
        return None;
    }
    let waits =
        cluster.node(nominated)?.pods.values().any(|placed| {
            placed.demand.priority < incoming.demand.priority && is_being_preempted(&placed.pod)
        });
    waits.then_some("not eligible due to a terminating pod on the nominated node.")
}

fn is_being_preempted(pod: &Pod) -> bool {
    let target = pod.condition("DisruptionTarget");
    is_terminating(&pod.metadata)
        && target.is_some_and(|target| {
            target.status == "True" && target.reason.as_deref() == Some("PreemptionByScheduler")
        })
}

/// The fewest and least important pods without which the pod would fit on the node; or why it would not even
/// without all of them (`SelectVictimsOnNode`).
fn make_room(cluster: &Cluster, incoming: &Incoming, info: &NodeInfo) -> Result<Candidate, Vec<SmolStr>> {
    let mut without = info.clone();
    let mut removed: Vec<(Key, PlacedPod)> = Vec::new();
    let lesser = info.pods.iter().filter(|(_, placed)| placed.demand.priority < incoming.demand.priority);
    for key in lesser.map(|(key, _)| key) {
        removed.extend(without.remove(key).map(|placed| (key.clone(), placed)));
    }
    if removed.is_empty() {
        return Err(vec![SmolStr::new_static("No preemption victims found for incoming pod")]);
    }
    if let Some(rejection) = ask(cluster, incoming, &without) {
        return Err(rejection.reasons);
    }
    removed.sort_by_key(|(key, placed)| (Reverse(placed.demand.priority), started(&placed.pod), key.clone()));
    let mut victims = Vec::new();
    for (key, placed) in removed {
        // Everybody stays who can.
        without.add(key.clone(), placed.clone());
        if ask(cluster, incoming, &without).is_some() {
            without.remove(&key);
            victims.push(placed.pod);
        }
    }
    Ok(Candidate { node: info.name.clone(), victims })
}

fn ask(cluster: &Cluster, incoming: &Incoming, info: &NodeInfo) -> Option<Rejection> {
    let view = View { cluster, instead: Some(info) };
    Filters::prepare(incoming, view).ask(info).1
}

fn started(pod: &Pod) -> VirtualTime {
    pod.status.start_time.as_ref().map_or(VirtualTime::NEVER, VirtualTime::from_api)
}

/// Lowest highest priority, then lowest sum of priorities, fewest victims, latest start of the most important
/// (`pickOneNodeForPreemption`).
fn less_painful(one: Candidate, other: Candidate) -> Candidate {
    let pain = |candidate: &Candidate| {
        let priorities = || candidate.victims.iter().map(|pod| i64::from(priority(pod)));
        let highest = priorities().max().unwrap_or(i64::MIN);
        // Shifted, so that more victims are more pain even where priorities are negative.
        let sum: i64 = priorities().map(|priority| priority + i64::from(i32::MAX) + 1).sum();
        let most_important = candidate.victims.iter().filter(|pod| i64::from(priority(pod)) == highest);
        let earliest = most_important.map(|pod| started(pod)).min();
        (highest, sum, candidate.victims.len(), Reverse(earliest))
    };
    if pain(&other) < pain(&one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::cycle::{Failure, Outcome, attempt};
    use crate::scheduler::fixture::{node, pod};
    use serde_json::json;

    fn important(name: &str, priority: i32, cpu: &str, started: &str) -> Arc<Pod> {
        let resources = json!({"requests": {"cpu": cpu}});
        pod(
            name,
            json!({
                "spec": {"priority": priority, "containers": [{"name": "c", "resources": resources}]},
                "status": {"startTime": format!("2030-01-01T00:00:{started}Z")},
            }),
        )
    }

    fn cluster(pods: &[(&str, Arc<Pod>)]) -> Cluster {
        let mut cluster = Cluster::default();
        for name in ["n0", "n1"] {
            cluster.set_node(&name.into(), node(name, json!({})));
        }
        for (at, pod) in pods {
            cluster.place(Key::of(&pod.metadata), &(*at).into(), pod.clone());
        }
        cluster
    }

    fn tried(cluster: &Cluster, pod: &Arc<Pod>) -> (String, Preemption) {
        match attempt(cluster, &Incoming::of(pod), VirtualTime::ZERO, 0, 0).outcome {
            Outcome::Fail(Failure { message, preemption, .. }) => (message, preemption),
            Outcome::Bind(node) => panic!("fits on {node}"),
        }
    }

    fn victims(cluster: &Cluster, pod: &Arc<Pod>) -> (String, Vec<String>) {
        let (_, Preemption::Possible { node, victims }) = tried(cluster, pod) else { panic!("no room") };
        (node.to_string(), victims.iter().filter_map(|pod| pod.metadata.name.clone()).collect())
    }

    #[test]
    fn the_least_important_go_and_no_more_than_needed() {
        let cluster = cluster(&[
            ("n0", important("mid", 5, "2", "01")),
            ("n0", important("low", 1, "2", "01")),
            ("n1", important("high", 9, "4", "01")),
        ]);
        let vip = important("vip", 10, "2", "09");
        assert_eq!(victims(&cluster, &vip), ("n0".to_owned(), vec!["low".to_owned()]));
        let (message, _) = tried(&cluster, &vip);
        assert_eq!(message, "0/2 nodes are available: 2 Insufficient cpu.");
    }

    #[test]
    fn the_youngest_victims_are_chosen_between_equals() {
        let cluster =
            cluster(&[("n0", important("old", 1, "4", "01")), ("n1", important("young", 1, "4", "30"))]);
        assert_eq!(victims(&cluster, &important("vip", 10, "1", "50")).1, ["young"]);
    }

    #[test]
    fn it_says_why_it_does_not_help() {
        let cluster = cluster(&[
            ("n0", important("low", 1, "1", "01")),
            ("n0", important("peer", 10, "3", "01")),
            ("n1", important("other", 10, "4", "01")),
        ]);
        let (message, _) = tried(&cluster, &important("vip", 10, "2", "09"));
        assert_eq!(
            message,
            "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are \
             available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod."
        );
        let mut polite = (*important("polite", 99, "2", "09")).clone();
        Arc::make_mut(&mut polite.spec).preemption_policy = Some("Never".to_owned());
        let (message, _) = tried(&cluster, &Arc::new(polite));
        assert_eq!(
            message,
            "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: not eligible \
             due to preemptionPolicy=Never."
        );
    }

    #[test]
    fn it_waits_while_a_victim_is_on_its_way_out() {
        let mut victim = (*important("low", 1, "4", "01")).clone();
        let meta = json!({"name": "low", "namespace": "default", "uid": "u", "deletionTimestamp": "2026-01-01T00:00:30Z"});
        victim.metadata = Arc::new(serde_json::from_value(meta).unwrap());
        let condition =
            json!({"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"});
        victim.status = Arc::new(serde_json::from_value(json!({"conditions": [condition]})).unwrap());
        let cluster = cluster(&[("n0", Arc::new(victim)), ("n1", important("peer", 10, "4", "01"))]);
        let mut vip = (*important("vip", 10, "2", "09")).clone();
        Arc::make_mut(&mut vip.status).nominated_node_name = Some("n0".to_owned());
        let (message, _) = tried(&cluster, &Arc::new(vip));
        assert!(
            message.ends_with("not eligible due to a terminating pod on the nominated node."),
            "{message}"
        );
    }
}
