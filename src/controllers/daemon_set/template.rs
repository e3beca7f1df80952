//! What the pod for a node looks like, and for which node a pod was made.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{
    NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Toleration,
};

use crate::controllers::pod_control::new_pod;
use crate::object::{Kind, Pod, annotation, labels};

/// The label with the hash of the pod's revision.
pub(super) const HASH: &str = "controller-revision-hash";
/// The label with the number of its template, from before there were revisions.
const GENERATION: &str = "pod-template-generation";
/// The annotation of the DaemonSet that counts its templates.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";
/// What every daemon tolerates: trouble with its node is no reason to go, or not to come.
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];
/// The same for those that bring the node its network, and so cannot wait for it.
const TOLERATED_ON_HOST_NETWORK: (&str, &str) = ("node.kubernetes.io/network-unavailable", "NoSchedule");

/// The specification with what every daemon tolerates (`AddOrUpdateDaemonPodTolerations`).
pub(super) fn tolerant(mut spec: PodSpec) -> PodSpec {
    let host = (spec.host_network == Some(true)).then_some(TOLERATED_ON_HOST_NETWORK);
    let tolerations = spec.tolerations.get_or_insert_default();
    for (key, effect) in TOLERATED.into_iter().chain(host) {
        let added = Toleration {
            key: Some(key.to_owned()),
            operator: Some("Exists".to_owned()),
            effect: Some(effect.to_owned()),
            ..Toleration::default()
        };
        // The same toleration with a time limit loses the limit.
        let same = |other: &Toleration| Toleration { toleration_seconds: None, ..other.clone() } == added;
        match tolerations.iter_mut().find(|other| same(other)) {
            Some(other) => *other = added,
            None => tolerations.push(added),
        }
    }
    spec
}

/// The pod of a set for a node.
pub(super) fn pod_for(set: &DaemonSet, node: &str, hash: &str) -> Arc<Pod> {
    let mut template = set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
    let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
    if let Some(generation) = template_generation(set) {
        labels.insert(GENERATION.to_owned(), generation.to_owned());
    }
    labels.insert(HASH.to_owned(), hash.to_owned());
    let mut spec = tolerant(template.spec.take().unwrap_or_default());
    pin(&mut spec, node);
    template.spec = Some(spec);
    new_pod(Kind::DaemonSet, &set.metadata, template)
}

/// Leaves only this node to the pod. What else it asked of nodes was looked at before
/// (`ReplaceDaemonSetPodNodeNameNodeAffinity`).
fn pin(spec: &mut PodSpec, node: &str) {
    let name = NodeSelectorRequirement {
        key: "metadata.name".to_owned(),
        operator: "In".to_owned(),
        values: Some(vec![node.to_owned()]),
    };
    let term = NodeSelectorTerm { match_fields: Some(vec![name]), match_expressions: None };
    let affinity = spec.affinity.get_or_insert_default().node_affinity.get_or_insert_default();
    affinity.required_during_scheduling_ignored_during_execution =
        Some(NodeSelector { node_selector_terms: vec![term] });
}

/// For which node a pod was made: where it is, or where it is to go (`GetTargetNodeName`).
pub(super) fn target(pod: &Pod) -> Option<&str> {
    if let Some(node) = pod.node_name() {
        return Some(node);
    }
    let affinity = pod.spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let required = affinity.required_during_scheduling_ignored_during_execution.as_ref()?;
    let fields = required.node_selector_terms.iter().flat_map(|term| term.match_fields.iter().flatten());
    let names = fields.filter(|field| field.key == "metadata.name" && field.operator == "In");
    names.filter_map(|field| field.values.as_deref()).find_map(|values| match values {
        [one] => Some(one.as_str()),
        _ => None,
    })
}

/// The number of the set's template, if its annotation is one.
fn template_generation(set: &DaemonSet) -> Option<&str> {
    annotation(&set.metadata, TEMPLATE_GENERATION).filter(|text| text.parse::<i64>().is_ok())
}

/// Whether the pod was made from the set's template of today (`IsPodUpdated`).
pub(super) fn is_updated(pod: &Pod, set: &DaemonSet, hash: &str) -> bool {
    let label = |key: &str| labels(&pod.metadata).get(key).map(String::as_str);
    let generation = template_generation(set);
    label(HASH) == Some(hash) || (generation.is_some() && label(GENERATION) == generation)
}
