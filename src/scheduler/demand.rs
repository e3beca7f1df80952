//! What a pod demands of the cluster, read from its specification once.

use std::sync::Arc;

use k8s_openapi::api::core::v1::PodAffinityTerm;
use smol_str::SmolStr;

use super::resources::{Resources, pod_requests, pod_requests_for_scoring};
use crate::object::selector::{Requirement, Selector};
use crate::object::{HostPort, Pod, StringMap, labels, owner};

/// A statement about other pods: those that `selector` picks, counted per value of a node label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Namespaces by name.
    pub namespaces: Vec<String>,
    /// Namespaces by label.
    pub namespace_selector: Option<Selector>,
    /// Pods by label; none picks no pod.
    pub selector: Option<Selector>,
    /// The node label whose value makes two nodes the same place.
    pub topology_key: String,
}

impl Term {
    fn of(term: &PodAffinityTerm, namespace: &str, own: &StringMap) -> Self {
        let mut selector = term.label_selector.as_ref().map(Selector::from_api);
        if let Some(selector) = &mut selector {
            let keys = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
            for key in keys(&term.match_label_keys) {
                if let Some(value) = own.get(&key) {
                    selector.requirements.push(Requirement::In(key, vec![value.clone()]));
                }
            }
            for key in keys(&term.mismatch_label_keys) {
                if let Some(value) = own.get(&key) {
                    selector.requirements.push(Requirement::NotIn(key, vec![value.clone()]));
                }
            }
        }
        let mut namespaces = term.namespaces.clone().unwrap_or_default();
        if namespaces.is_empty() && term.namespace_selector.is_none() {
            namespaces.push(namespace.to_owned());
        }
        Self {
            namespaces,
            namespace_selector: term.namespace_selector.as_ref().map(Selector::from_api),
            selector,
            topology_key: term.topology_key.clone(),
        }
    }

    /// Whether it picks a pod, given the labels of the pod's namespace.
    pub fn picks(&self, pod: &Pod, namespace_labels: &StringMap) -> bool {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("");
        let in_scope = self.namespaces.iter().any(|name| name == namespace)
            || self.namespace_selector.as_ref().is_some_and(|selector| selector.matches(namespace_labels));
        in_scope && self.selector.as_ref().is_some_and(|selector| selector.matches(labels(&pod.metadata)))
    }
}

/// Where a pod wants to be with respect to other pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// Must be near these.
    pub near: Vec<Term>,
    /// Must not be near these.
    pub apart: Vec<Term>,
    /// Would rather be near these (positive weight) or apart from them (negative weight).
    pub preferred: Vec<(i64, Term)>,
}

/// What a pod demands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// What it asks for.
    pub requests: Resources,
    /// The same with defaults, for scoring: thousandths of a CPU and bytes.
    pub scoring: (i64, i64),
    /// Ports of the node.
    pub ports: Vec<HostPort>,
    /// `spec.priority`.
    pub priority: i32,
    /// The uid of the owner whose pods are spread over nodes and zones.
    pub group: Option<SmolStr>,
    /// Wishes about other pods, if it has any.
    pub company: Option<Arc<Company>>,
}

impl Demand {
    /// Reads a pod.
    pub fn of(pod: &Pod) -> Self {
        let scoring = pod_requests_for_scoring(&pod.spec);
        Self {
            requests: pod_requests(&pod.spec),
            scoring: (scoring.cpu_milli, scoring.memory),
            ports: HostPort::of(&pod.spec),
            priority: priority(pod),
            group: spread_group(pod),
            company: company(pod).map(Arc::new),
        }
    }
}

/// `spec.priority`; 0 if none.
pub fn priority(pod: &Pod) -> i32 {
    pod.spec.priority.unwrap_or(0)
}

/// Upstream spreads pods by the selectors of their ReplicaSet, StatefulSet or Services
/// (`helper.DefaultSelector`); the owner's uid picks the same pods without a search.
fn spread_group(pod: &Pod) -> Option<SmolStr> {
    let owner = owner::controller(&pod.metadata)?;
    matches!(owner.kind.as_str(), "ReplicaSet" | "ReplicationController" | "StatefulSet")
        .then(|| owner.uid.as_str().into())
}

fn company(pod: &Pod) -> Option<Company> {
    let affinity = pod.spec.affinity.as_ref()?;
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("");
    let read = |term: &PodAffinityTerm| Term::of(term, namespace, labels(&pod.metadata));
    let mut company = Company::default();
    if let Some(near) = &affinity.pod_affinity {
        let required = near.required_during_scheduling_ignored_during_execution.iter().flatten();
        company.near.extend(required.map(read));
        for wish in near.preferred_during_scheduling_ignored_during_execution.iter().flatten() {
            company.preferred.push((wish.weight.into(), read(&wish.pod_affinity_term)));
        }
    }
    if let Some(apart) = &affinity.pod_anti_affinity {
        let required = apart.required_during_scheduling_ignored_during_execution.iter().flatten();
        company.apart.extend(required.map(read));
        for wish in apart.preferred_during_scheduling_ignored_during_execution.iter().flatten() {
            company.preferred.push((-i64::from(wish.weight), read(&wish.pod_affinity_term)));
        }
    }
    (company != Company::default()).then_some(company)
}
