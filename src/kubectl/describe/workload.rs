//! The descriptions of what keeps pods: Deployments and ReplicaSets, with their pod templates.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Subject;
use super::container::{self, Place};
use super::writer::{Writer, date};
use super::{pod, volume};
use crate::apiserver::table::label_selector;
use crate::controllers::deployment::revision::has_template;
use crate::kubectl::output::Fault;
use crate::object::{Kind, Object, Pod, Resource, conditions::Condition, owner};

pub(super) fn deployment(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::Deployment(deployment) = subject.object else { return Ok(()) };
    let spec = deployment.spec.clone().unwrap_or_default();
    let status = deployment.status.clone().unwrap_or_default();
    w.name(&deployment.metadata);
    w.field(0, "CreationTimestamp", date(deployment.metadata.creation_timestamp.as_ref()));
    w.marks(&deployment.metadata);
    w.field(0, "Selector", label_selector(&spec.selector));
    w.field(
        0,
        "Replicas",
        format_args!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            spec.replicas.unwrap_or(1),
            status.updated_replicas.unwrap_or(0),
            status.replicas.unwrap_or(0),
            status.available_replicas.unwrap_or(0),
            status.unavailable_replicas.unwrap_or(0)
        ),
    );
    let strategy = spec.strategy.unwrap_or_default();
    w.field(0, "StrategyType", strategy.type_.as_deref().unwrap_or(""));
    w.field(0, "MinReadySeconds", spec.min_ready_seconds.unwrap_or(0));
    if let Some(rolling) = strategy.rolling_update {
        let text = |amount: Option<IntOrString>| match amount {
            Some(IntOrString::Int(number)) => number.to_string(),
            Some(IntOrString::String(text)) => text,
            None => String::new(),
        };
        let (unavailable, surge) = (text(rolling.max_unavailable), text(rolling.max_surge));
        w.field(0, "RollingUpdateStrategy", format_args!("{unavailable} max unavailable, {surge} max surge"));
    }
    template(&spec.template, w);
    describe_conditions(status.conditions.as_deref().unwrap_or_default(), w);
    let sets = sets_of(deployment, subject)?;
    let (new, old): (Vec<&ReplicaSet>, Vec<&ReplicaSet>) =
        sets.iter().partition(|set| has_template(set, deployment));
    w.field(0, "OldReplicaSets", set_texts(&old));
    w.field(0, "NewReplicaSet", set_texts(&new));
    subject.events(w)
}

/// The sets of a Deployment, the oldest first.
fn sets_of(deployment: &Deployment, subject: &Subject<'_>) -> Result<Vec<ReplicaSet>, Fault> {
    let uid = deployment.metadata.uid.as_deref().unwrap_or("");
    let all = subject.neighbours(Kind::ReplicaSet)?;
    let own = all.iter().filter_map(ReplicaSet::of).filter(|set| owner::is_controlled_by(&set.metadata, uid));
    let mut own: Vec<ReplicaSet> = own.cloned().collect();
    own.sort_by_key(|set| set.metadata.creation_timestamp.as_ref().map(|time| time.0));
    Ok(own)
}

fn set_texts(sets: &[&ReplicaSet]) -> String {
    let text = |set: &&ReplicaSet| {
        let have = set.status.as_ref().map_or(0, |status| status.replicas);
        let want = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        format!("{} ({have}/{want} replicas created)", set.metadata.name.as_deref().unwrap_or(""))
    };
    match sets {
        [] => "<none>".to_owned(),
        sets => sets.iter().map(text).collect::<Vec<_>>().join(", "),
    }
}

pub(super) fn replica_set(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::ReplicaSet(set) = subject.object else { return Ok(()) };
    let (spec, status) = (set.spec.clone().unwrap_or_default(), set.status.clone().unwrap_or_default());
    w.name(&set.metadata);
    w.field(0, "Selector", label_selector(&spec.selector));
    w.marks(&set.metadata);
    w.controlled_by(&set.metadata);
    let want = spec.replicas.unwrap_or(1);
    w.field(0, "Replicas", format_args!("{} current / {want} desired", status.replicas));
    pods_status(subject, w)?;
    template(&spec.template.unwrap_or_default(), w);
    describe_conditions(status.conditions.as_deref().unwrap_or_default(), w);
    subject.events(w)
}

pub(super) fn daemon_set(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::DaemonSet(set) = subject.object else { return Ok(()) };
    let (spec, status) = (set.spec.clone().unwrap_or_default(), set.status.clone().unwrap_or_default());
    w.name(&set.metadata);
    w.field(0, "Selector", label_selector(&spec.selector));
    let nodes = spec.template.spec.as_ref().and_then(|spec| spec.node_selector.clone()).unwrap_or_default();
    let nodes: Vec<String> = nodes.iter().map(|(key, value)| format!("{key}={value}")).collect();
    w.field(0, "Node-Selector", if nodes.is_empty() { "<none>".to_owned() } else { nodes.join(",") });
    w.marks(&set.metadata);
    for (what, count) in [
        ("Desired Number of Nodes Scheduled", status.desired_number_scheduled),
        ("Current Number of Nodes Scheduled", status.current_number_scheduled),
        ("Number of Nodes Scheduled with Up-to-date Pods", status.updated_number_scheduled.unwrap_or(0)),
        ("Number of Nodes Scheduled with Available Pods", status.number_available.unwrap_or(0)),
        ("Number of Nodes Misscheduled", status.number_misscheduled),
    ] {
        w.line(0, format_args!("{what}: {count}"));
    }
    pods_status(subject, w)?;
    template(&spec.template, w);
    subject.events(w)
}

/// How many pods of an owner are in which phase.
fn pods_status(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let uid = subject.object.meta().uid.as_deref().unwrap_or("");
    let all = subject.neighbours(Kind::Pod)?;
    let pods: Vec<&Pod> =
        all.iter().filter_map(Pod::of).filter(|pod| owner::is_controlled_by(&pod.metadata, uid)).collect();
    let count = |phase: &str| pods.iter().filter(|pod| pod.phase() == phase).count();
    w.field(
        0,
        "Pods Status",
        format_args!(
            "{} Running / {} Waiting / {} Succeeded / {} Failed",
            count("Running"),
            count("Pending"),
            count("Succeeded"),
            count("Failed")
        ),
    );
    Ok(())
}

fn describe_conditions<C: Condition>(conditions: &[C], w: &mut Writer) {
    if conditions.is_empty() {
        return;
    }
    w.line(0, "Conditions:\n  Type\tStatus\tReason");
    w.line(1, "----\t------\t------");
    for condition in conditions {
        w.line(1, format_args!("{} \t{}\t{}", condition.kind(), condition.status(), condition.reason()));
    }
}

/// What the pods are made from.
pub(super) fn template(template: &PodTemplateSpec, w: &mut Writer) {
    let meta = template.metadata.clone().unwrap_or_default();
    let spec = template.spec.clone().unwrap_or_default();
    w.line(0, "Pod Template:");
    w.pairs("  Labels", meta.labels.as_ref());
    if meta.annotations.as_ref().is_some_and(|annotations| !annotations.is_empty()) {
        w.annotations("  Annotations", meta.annotations.as_ref());
    }
    w.field_if(1, "Service Account", spec.service_account_name.as_deref());
    let place = Place { indent: "  ", pod: None };
    let init = spec.init_containers.as_deref().unwrap_or_default();
    if !init.is_empty() {
        container::describe("Init Containers", init, &[], &place, w);
    }
    container::describe("Containers", &spec.containers, &[], &place, w);
    volume::describe(spec.volumes.as_deref().unwrap_or_default(), "  ", w);
    pod::topology(spec.topology_spread_constraints.as_deref().unwrap_or_default(), "  ", w);
    w.field_if(1, "Priority Class Name", spec.priority_class_name.as_deref());
    w.pairs("  Node-Selectors", spec.node_selector.as_ref());
    w.list("  Tolerations", &pod::tolerations(spec.tolerations.as_deref().unwrap_or_default()));
}

/// A pod template by itself, with its tabs: `kubectl rollout history` prints it so.
pub(in crate::kubectl) fn pod_template(of: &PodTemplateSpec) -> String {
    let mut writer = Writer::default();
    template(of, &mut writer);
    writer.text()
}
