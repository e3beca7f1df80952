//! The description of a Pod.

use k8s_openapi::api::core::v1::{Toleration, TopologySpreadConstraint};

use super::Subject;
use super::container::{self, Place};
use super::volume;
use super::writer::{Writer, date};
use crate::apiserver::table::{age, label_selector};
use crate::kubectl::output::Fault;
use crate::object::{Object, Pod, is_terminating};

pub(super) fn describe(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::Pod(pod) = subject.object else { return Ok(()) };
    let (spec, status) = (&pod.spec, &pod.status);
    w.name(&pod.metadata);
    if let Some(priority) = spec.priority {
        w.field(0, "Priority", priority);
    }
    w.field_if(0, "Priority Class Name", spec.priority_class_name.as_deref());
    w.field_if(0, "Service Account", spec.service_account_name.as_deref());
    match pod.node_name() {
        Some(node) => w.field(0, "Node", format_args!("{node}/{}", status.host_ip.as_deref().unwrap_or(""))),
        None => w.field(0, "Node", "<none>"),
    }
    if status.start_time.is_some() {
        w.field(0, "Start Time", date(status.start_time.as_ref()));
    }
    w.marks(&pod.metadata);
    describe_status(pod, subject, w);
    w.controlled_by(&pod.metadata);
    w.field_if(0, "NominatedNodeName", status.nominated_node_name.as_deref());
    let of_pod = Place { indent: "", pod: Some(pod) };
    let init = spec.init_containers.as_deref().unwrap_or_default();
    if !init.is_empty() {
        let statuses = status.init_container_statuses.as_deref().unwrap_or_default();
        container::describe("Init Containers", init, statuses, &of_pod, w);
    }
    let statuses = status.container_statuses.as_deref().unwrap_or_default();
    container::describe("Containers", &spec.containers, statuses, &of_pod, w);
    describe_conditions(pod, w);
    volume::describe(spec.volumes.as_deref().unwrap_or_default(), "", w);
    w.field(0, "QoS Class", status.qos_class.as_deref().unwrap_or("BestEffort"));
    w.pairs("Node-Selectors", spec.node_selector.as_ref());
    w.list("Tolerations", &tolerations(spec.tolerations.as_deref().unwrap_or_default()));
    topology(spec.topology_spread_constraints.as_deref().unwrap_or_default(), "", w);
    subject.events(w)
}

fn describe_status(pod: &Pod, subject: &Subject<'_>, w: &mut Writer) {
    let (meta, status) = (&pod.metadata, &pod.status);
    match is_terminating(meta) && !pod.is_finished() {
        true => {
            let since = age::since(meta.deletion_timestamp.as_ref(), subject.cluster.now());
            w.field(0, "Status", format_args!("Terminating (lasts {since})"));
            let grace = meta.deletion_grace_period_seconds.unwrap_or(0);
            w.field(0, "Termination Grace Period", format_args!("{grace}s"));
        }
        false => w.field(0, "Status", pod.phase()),
    }
    w.field_if(0, "Reason", status.reason.as_deref());
    w.field_if(0, "Message", status.message.as_deref());
    w.field(0, "IP", status.pod_ip.as_deref().unwrap_or(""));
    match status.pod_ips.as_deref() {
        None | Some([]) => w.field(0, "IPs", "<none>"),
        Some(ips) => {
            w.line(0, "IPs:");
            ips.iter().for_each(|ip| w.field(1, "IP", &ip.ip));
        }
    }
}

fn describe_conditions(pod: &Pod, w: &mut Writer) {
    let conditions = pod.status.conditions.as_deref().unwrap_or_default();
    let gates = pod.spec.readiness_gates.as_deref().unwrap_or_default();
    if !gates.is_empty() {
        w.line(0, "Readiness Gates:\n  Type\tStatus");
        for gate in gates {
            let status = pod.condition(&gate.condition_type).map_or("<none>", |found| found.status.as_str());
            w.line(1, format_args!("{} \t{status} ", gate.condition_type));
        }
    }
    if !conditions.is_empty() {
        w.line(0, "Conditions:\n  Type\tStatus");
        for condition in conditions {
            w.line(1, format_args!("{} \t{} ", condition.type_, condition.status));
        }
    }
}

/// `key=value:NoExecute op=Exists for 300s`, sorted by key.
pub(super) fn tolerations(list: &[Toleration]) -> Vec<String> {
    let mut list = list.to_vec();
    list.sort_by(|a, b| a.key.cmp(&b.key));
    let text = |toleration: &Toleration| {
        let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let mut text = set(&toleration.key).unwrap_or_default();
        if let Some(value) = set(&toleration.value) {
            text.push_str(&format!("={value}"));
        }
        if let Some(effect) = set(&toleration.effect) {
            text.push_str(&format!(":{effect}"));
        }
        if toleration.operator.as_deref() == Some("Exists") && set(&toleration.value).is_none() {
            text.push_str(if text.is_empty() { "op=Exists" } else { " op=Exists" });
        }
        if let Some(seconds) = toleration.toleration_seconds {
            text.push_str(&format!(" for {seconds}s"));
        }
        text
    };
    list.iter().map(text).collect()
}

/// How pods are to be spread; nothing if nothing is said.
pub(super) fn topology(list: &[TopologySpreadConstraint], indent: &str, w: &mut Writer) {
    let mut list = list.to_vec();
    list.sort_by(|a, b| a.topology_key.cmp(&b.topology_key));
    let text = |one: &TopologySpreadConstraint| {
        let of =
            one.label_selector.as_ref().map(|selector| format!(" for selector {}", label_selector(selector)));
        format!(
            "{}:{} when max skew {} is exceeded{}",
            one.topology_key,
            one.when_unsatisfiable,
            one.max_skew,
            of.unwrap_or_default()
        )
    };
    let texts: Vec<String> = list.iter().map(text).collect();
    if !texts.is_empty() {
        w.list(&format!("{indent}Topology Spread Constraints"), &texts);
    }
}
