//! Changes of pods: almost nothing of a pod's specification may change (`ValidatePodUpdate`).

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, ContainerStatus, PodSchedulingGate, PodSpec, Toleration};
use serde_json::json;

use super::field::{Findings, Path, list, text};
use super::{container, line_diff, metadata, names, pod, pod_dump, same_spec, scheduling};
use crate::object::Pod;

const MAY_CHANGE: &str = "pod updates may not change fields other than \
     `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` \
     (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it \
     was previously negative)";

/// A changed pod.
pub fn update(new: &Pod, old: &Pod, found: &mut Findings) {
    metadata::update(&new.metadata, &old.metadata, found);
    if same_spec(new, old) && new.node == old.node {
        // What was good stays good; only the metadata can be at fault.
        metadata::create(&new.metadata, true, names::dns_subdomain, found);
        let at = &Path::new("metadata");
        let node = new.node_name().unwrap_or("");
        pod::annotations(new.metadata.annotations.as_ref(), node, &at.child("annotations"), found);
        return annotations(new, old, found);
    }
    let (spec, before) = (full(new), full(old));
    pod::metadata_and_spec(new, &spec, found);
    annotations(new, old, found);
    let at = &Path::new("spec");
    for (field, now, then) in [
        ("containers", spec.containers.as_slice(), before.containers.as_slice()),
        ("initContainers", list(&spec.init_containers), list(&before.init_containers)),
    ] {
        if !containers(now, then, &at.child(field), found) {
            return;
        }
    }
    if !deadline(&spec, &before, at, found) {
        return;
    }
    tolerations(list(&spec.tolerations), list(&before.tolerations), &at.child("tolerations"), found);
    gates(list(&spec.scheduling_gates), list(&before.scheduling_gates), &at.child("schedulingGates"), found);
    let mut munged = munge(&spec, &before);
    if !list(&before.scheduling_gates).is_empty() {
        gated(&mut munged, &before, at, found);
    }
    if munged != before {
        let change = line_diff::unified(&pod_dump::text(&before), &pod_dump::text(&munged));
        found.forbidden(at, &format!("{MAY_CHANGE}\n{change}"));
    }
}

fn full(pod: &Pod) -> PodSpec {
    PodSpec { node_name: pod.node.as_ref().map(ToString::to_string), ..(*pod.spec).clone() }
}

fn annotations(new: &Pod, old: &Pod, found: &mut Findings) {
    let at = Path::new("metadata");
    let at = at.child("annotations");
    let mirror = |pod: &Pod| pod.metadata.annotations.as_ref().and_then(|map| map.get(pod::MIRROR).cloned());
    match (mirror(new), mirror(old)) {
        (now, Some(then)) if now.as_ref() != Some(&then) => {
            found.forbidden(&at.key(pod::MIRROR), "may not remove or update mirror pod annotation");
        }
        (Some(_), None) => found.forbidden(&at.key(pod::MIRROR), "may not add mirror pod annotation"),
        _ => {}
    }
}

/// Whether there are as many containers as before; without that the rest cannot be compared.
fn containers(new: &[Container], old: &[Container], at: &Path<'_>, found: &mut Findings) -> bool {
    if new.len() != old.len() {
        found.forbidden(at, "pod updates may not add or remove containers");
        return false;
    }
    for (index, one) in new.iter().enumerate() {
        if text(&one.image).is_empty() {
            found.required(&at.index(index).child("image"), "");
        }
        container::image_trimmed(text(&one.image), &at.index(index), found);
    }
    true
}

/// A deadline may be set, and brought forward.
fn deadline(new: &PodSpec, old: &PodSpec, at: &Path<'_>, found: &mut Findings) -> bool {
    let at = at.child("activeDeadlineSeconds");
    let before = found.len();
    match (new.active_deadline_seconds, old.active_deadline_seconds) {
        (Some(now), _) if !(0..=i64::from(i32::MAX)).contains(&now) => {
            found.invalid(&at, now, "must be between 0 and 2147483647, inclusive");
        }
        (Some(now), Some(then)) if then < now => {
            found.invalid(&at, now, "must be less than or equal to previous value");
        }
        (None, Some(_)) => {
            // The one fault here after which the real server goes on.
            found.invalid(&at, None::<i64>, "must not update from a positive integer to nil value");
            return true;
        }
        _ => {}
    }
    found.len() == before
}

fn tolerations(new: &[Toleration], old: &[Toleration], at: &Path<'_>, found: &mut Findings) {
    let kept = |old: &Toleration| {
        new.iter().any(|new| {
            let seconds = new.toleration_seconds;
            Toleration { toleration_seconds: seconds, ..old.clone() } == *new
        })
    };
    if !old.iter().all(kept) {
        let fault = "existing toleration can not be modified except its tolerationSeconds";
        return found.forbidden(at, fault);
    }
    scheduling::tolerations(new, at, found);
}

fn gates(new: &[PodSchedulingGate], old: &[PodSchedulingGate], at: &Path<'_>, found: &mut Findings) {
    for (index, gate) in new.iter().enumerate() {
        if !old.iter().any(|earlier| earlier.name == gate.name) {
            let fault = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
            found.forbidden(&at.index(index).child("name"), &fault);
        }
    }
}

/// The new specification with everything that may change put back as it was.
fn munge(new: &PodSpec, old: &PodSpec) -> PodSpec {
    fn images(new: &[Container], old: &[Container]) -> Vec<Container> {
        let as_before =
            |(new, old): (&Container, &Container)| Container { image: old.image.clone(), ..new.clone() };
        new.iter().zip(old).map(as_before).collect()
    }
    let mut munged = new.clone();
    munged.containers = images(&new.containers, &old.containers);
    munged.init_containers = new.init_containers.as_ref().map(|new| images(new, list(&old.init_containers)));
    munged.active_deadline_seconds = old.active_deadline_seconds;
    munged.scheduling_gates.clone_from(&old.scheduling_gates);
    munged.tolerations.clone_from(&old.tolerations);
    let grace = (old.termination_grace_period_seconds, new.termination_grace_period_seconds);
    if matches!(grace, (Some(..0), Some(1))) {
        munged.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    munged
}

/// While gates hold a pod back, its node selector and node affinity may become narrower.
fn gated(munged: &mut PodSpec, old: &PodSpec, at: &Path<'_>, found: &mut Findings) {
    if munged.node_selector != old.node_selector {
        let kept = |(key, value): (&String, &String)| {
            munged.node_selector.as_ref().and_then(|now| now.get(key)) == Some(value)
        };
        if !old.node_selector.iter().flatten().all(kept) {
            let fault = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
            found.invalid(&at.child("nodeSelector"), json!(munged.node_selector), fault);
        }
        munged.node_selector.clone_from(&old.node_selector);
    }
    let affinity = |spec: &PodSpec| spec.affinity.as_ref().and_then(|all| all.node_affinity.clone());
    let (now, then) = (affinity(munged), affinity(old));
    if now == then {
        return;
    }
    let terms = |affinity: &Option<k8s_openapi::api::core::v1::NodeAffinity>| {
        let required = affinity
            .as_ref()
            .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.clone());
        required.map(|required| required.node_selector_terms).unwrap_or_default()
    };
    let (now, before) = (terms(&now), terms(&then));
    let at = at.child("affinity");
    let at = at.child("nodeAffinity");
    let at = at.child("requiredDuringSchedulingIgnoredDuringExecution");
    let at = at.child("nodeSelectorTerms");
    if !before.is_empty() && before.len() != now.len() {
        let fault = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        found.invalid(&at, json!(now), fault);
    } else {
        for (index, (now, before)) in now.iter().zip(&before).enumerate() {
            let labels = list(&now.match_expressions).starts_with(list(&before.match_expressions));
            let fields = list(&now.match_fields).starts_with(list(&before.match_fields));
            let was_empty =
                list(&before.match_expressions).is_empty() && list(&before.match_fields).is_empty();
            let is_empty = list(&now.match_expressions).is_empty() && list(&now.match_fields).is_empty();
            if !labels || !fields || (was_empty && !is_empty) {
                let fault = "only additions are allowed (no mutations or deletions)";
                found.invalid(&at.index(index), json!(now), fault);
            }
        }
    }
    match (&mut munged.affinity, &old.affinity) {
        (Some(all), None) if all.pod_affinity.is_none() && all.pod_anti_affinity.is_none() => {
            munged.affinity = None;
        }
        (Some(all), _) => all.node_affinity = then,
        (None, _) => munged.affinity.clone_from(&old.affinity),
    }
}

/// A changed status of a pod.
pub fn status(new: &Pod, old: &Pod, found: &mut Findings) {
    annotations(new, old, found);
    // The real server reports conditions below `metadata`.
    let at = Path::new("metadata");
    let at = at.child("conditions");
    for (index, condition) in list(&new.status.conditions).iter().enumerate() {
        if !matches!(condition.type_.as_str(), "PodScheduled" | "Ready" | "Initialized") {
            let (at, kind) = (at.index(index), &condition.type_);
            found.invalid_each(&at.child("Type"), kind, names::qualified_name(kind));
        }
    }
    let at = &Path::new("status");
    if new.node != old.node {
        found.forbidden(&at.child("nodeName"), "may not be changed directly");
    }
    let nominated = text(&new.status.nominated_node_name);
    if !nominated.is_empty() && new.status.nominated_node_name != old.status.nominated_node_name {
        found.invalid_each(&at.child("nominatedNodeName"), nominated, names::dns_subdomain(nominated));
    }
    let (class, same) = (text(&new.status.qos_class), new.status.qos_class == old.status.qos_class);
    found.immutable(&at.child("qosClass"), same, class);
    if Arc::ptr_eq(&new.status, &old.status) {
        return;
    }
    let policy = text(&old.spec.restart_policy);
    let sidecar = |name: &str| {
        list(&old.spec.init_containers)
            .iter()
            .any(|one| one.name == name && one.restart_policy.as_deref() == Some("Always"))
    };
    let (now, then) = (list(&new.status.container_statuses), list(&old.status.container_statuses));
    stays_ended(now, then, policy, |_| false, &at.child("containerStatuses"), found);
    let (now, then) = (list(&new.status.init_container_statuses), list(&old.status.init_container_statuses));
    stays_ended(now, then, policy, sidecar, &at.child("initContainerStatuses"), found);
    let at = at.child("podIPs");
    for (index, address) in list(&new.status.pod_ips).iter().enumerate() {
        super::service::ip(&address.ip, &at.index(index), found);
    }
}

/// A container that its policy does not restart cannot run again.
fn stays_ended(
    new: &[ContainerStatus],
    old: &[ContainerStatus],
    policy: &str,
    restarts: impl Fn(&str) -> bool,
    at: &Path<'_>,
    found: &mut Findings,
) {
    if policy == "Always" {
        return;
    }
    for (index, then) in old.iter().enumerate() {
        let Some(ended) = then.state.as_ref().and_then(|state| state.terminated.as_ref()) else { continue };
        if (ended.exit_code != 0 && policy == "OnFailure") || restarts(&then.name) {
            continue;
        }
        let runs = |now: &&ContainerStatus| {
            now.name == then.name && now.state.as_ref().is_none_or(|state| state.terminated.is_none())
        };
        for _ in new.iter().filter(runs) {
            let at = at.index(index);
            found.forbidden(&at.child("state"), "may not be transitioned to non-terminated state");
        }
    }
}
