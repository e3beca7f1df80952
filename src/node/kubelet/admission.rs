//! Admission: whether the kubelet takes a pod that was bound to its node.
//!
//! The scheduler only binds where there is room; but a pod can name its node itself, and two schedulers or a
//! stale cache can bind too much. The kubelet has the last word (`pkg/kubelet/lifecycle/predicate.go`). A
//! refused pod is Failed for good; its owner makes another one.
//!
//! Left out: node affinity, taints and devices at this point.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodSpec;

use super::resources::{Requests, requested};
use super::worker::Worker;
use crate::object::HostPort;

/// Why a pod is not taken: the reason and the text; none if there is room. `others` are those that the node has
/// already, all amounts are in thousandths.
pub fn refuse<'s>(
    spec: &PodSpec,
    others: impl Iterator<Item = &'s Worker> + Clone,
    capacity: &BTreeMap<&'static str, i128>,
) -> Option<(&'static str, String)> {
    let requests = others.clone().map(|other| &*other.requests);
    short_of(&requested(spec), requests, capacity).or_else(|| {
        let wanted = HostPort::of(spec);
        let taken = !wanted.is_empty()
            && others
                .flat_map(|other| HostPort::of(&other.pod.spec))
                .any(|port| wanted.iter().any(|wanted| wanted.conflicts(&port)));
        let text = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
        taken.then(|| ("NodePorts", text.to_owned()))
    })
}

/// The resource of which there is not enough.
fn short_of<'s>(
    wanted: &Requests,
    others: impl Iterator<Item = &'s Requests>,
    capacity: &BTreeMap<&'static str, i128>,
) -> Option<(&'static str, String)> {
    let (mut used, mut pods) = (BTreeMap::<&str, i128>::new(), 0_i128);
    for other in others {
        pods += 1;
        for (name, amount) in other {
            *used.entry(name).or_default() += amount;
        }
    }
    let text = |name: &str, requested: i128, used: i128, capacity: i128| {
        format!(
            "Node didn't have enough resource: {name}, requested: {requested}, used: {used}, capacity: {capacity}"
        )
    };
    let room_for_pods = capacity.get("pods").copied().unwrap_or(0) / 1000;
    if pods + 1 > room_for_pods {
        return Some(("OutOfpods", text("pods", 1, pods, room_for_pods)));
    }
    for (name, reason) in [("cpu", "OutOfcpu"), ("memory", "OutOfmemory")] {
        // CPU is told in thousandths, memory in bytes, as the real messages do.
        let unit = if name == "cpu" { 1 } else { 1000 };
        let [wanted, used, room] = [wanted.get(name), used.get(name), capacity.get(name)]
            .map(|amount| amount.copied().unwrap_or(0) / unit);
        if wanted > 0 && used + wanted > room {
            return Some((reason, text(name, wanted, used, room)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_does_not_fit_is_refused_in_the_real_words() {
        let pod = |cpu: i128| Requests::from([("cpu".to_owned(), cpu * 1000)]);
        let capacity = BTreeMap::from([("cpu", 4000), ("memory", 8 << 40), ("pods", 110_000)]);
        let there = [pod(3)];
        assert_eq!(short_of(&pod(1), there.iter(), &capacity), None);
        let text = "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000";
        assert_eq!(short_of(&pod(2), there.iter(), &capacity), Some(("OutOfcpu", text.to_owned())));
    }
}
