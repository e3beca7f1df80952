//! Containers (`validateContainers`, `validateInitContainers`, `validateContainerCommon`).

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, ContainerPort, ContainerResizePolicy, PodSpec, Volume};

use super::field::{Findings, Path, list, text};
use super::{environment, handler, mount, names, resources, security};

/// What a container's checks need to know of its pod.
pub struct Surroundings<'a> {
    /// The pod's good volumes by name.
    pub volumes: &'a BTreeMap<&'a str, &'a Volume>,
    /// `terminationGracePeriodSeconds`.
    pub grace: Option<i64>,
    /// The pod's `restartPolicy`.
    pub restart_policy: &'a str,
    /// Whether the pod uses the node's users.
    pub host_users: bool,
}

/// Protocols of ports.
pub const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];

/// The containers of a pod.
pub fn containers(containers: &[Container], around: &Surroundings<'_>, at: &Path<'_>, found: &mut Findings) {
    if containers.is_empty() {
        return found.required(at, "");
    }
    let mut names = BTreeSet::new();
    for (index, container) in containers.iter().enumerate() {
        let at = &at.index(index);
        common(container, around, at, found);
        if !names.insert(container.name.as_str()) {
            found.duplicate(&at.child("name"), &container.name);
        }
        handlers(container, around, at, found);
        restart_policy(container, &["Always", "Never", "OnFailure"], at, found);
    }
    host_port_conflicts(containers.iter().enumerate(), at, found);
}

/// The init containers of a pod; those with `restartPolicy: Always` are sidecars.
pub fn init_containers(
    containers: &[Container],
    regular: &[Container],
    around: &Surroundings<'_>,
    at_list: &Path<'_>,
    found: &mut Findings,
) {
    let mut names: BTreeSet<&str> = regular.iter().map(|container| container.name.as_str()).collect();
    for (index, container) in containers.iter().enumerate() {
        let at = &at_list.index(index);
        common(container, around, at, found);
        restart_policy(container, &["Always", "Never", "OnFailure"], at, found);
        if !container.name.is_empty() && !names.insert(container.name.as_str()) {
            found.duplicate(&at.child("name"), &container.name);
        }
        // The real server numbers these as if each were the only init container.
        host_port_conflicts([(0, container)].into_iter(), at_list, found);
        if container.restart_policy.as_deref() == Some("Always") {
            handlers(container, around, at, found);
            continue;
        }
        for (field, set) in [
            ("lifecycle", container.lifecycle.is_some()),
            ("livenessProbe", container.liveness_probe.is_some()),
            ("readinessProbe", container.readiness_probe.is_some()),
            ("startupProbe", container.startup_probe.is_some()),
        ] {
            if set {
                let fault = "may not be set for init containers without restartPolicy=Always";
                found.forbidden(&at.child(field), fault);
            }
        }
    }
}

/// A container's own restart policy (ContainerRestartRules, on by default since 1.35).
fn restart_policy(container: &Container, known: &[&str], at: &Path<'_>, found: &mut Findings) {
    match container.restart_policy.as_deref() {
        None if !list(&container.restart_policy_rules).is_empty() => found
            .required(&at.child("restartPolicy"), "must specify restartPolicy when restart rules are used"),
        Some(policy) if !known.contains(&policy) => {
            found.not_supported(&at.child("restartPolicy"), policy, known);
        }
        _ => {}
    }
}

fn handlers(container: &Container, around: &Surroundings<'_>, at: &Path<'_>, found: &mut Findings) {
    if let Some(lifecycle) = &container.lifecycle {
        handler::lifecycle(lifecycle, around.grace, &at.child("lifecycle"), found);
    }
    for (field, probe, purpose) in [
        ("livenessProbe", &container.liveness_probe, handler::Purpose::RestartOnFailure),
        ("readinessProbe", &container.readiness_probe, handler::Purpose::Traffic),
        ("startupProbe", &container.startup_probe, handler::Purpose::RestartOnFailure),
    ] {
        if let Some(probe) = probe {
            handler::probe(probe, purpose, &at.child(field), found);
        }
    }
}

fn common(container: &Container, around: &Surroundings<'_>, at: &Path<'_>, found: &mut Findings) {
    match container.name.as_str() {
        "" => found.required(&at.child("name"), ""),
        name => found.invalid_each(&at.child("name"), name, names::dns_label(name)),
    }
    if text(&container.image).is_empty() {
        found.required(&at.child("image"), "");
    }
    match text(&container.termination_message_policy) {
        "File" | "FallbackToLogsOnError" => {}
        "" => found.required(&at.child("terminationMessagePolicy"), ""),
        other => {
            let known = ["File", "FallbackToLogsOnError"];
            found.not_supported(&at.child("terminationMessagePolicy"), other, &known);
        }
    }
    ports(list(&container.ports), &at.child("ports"), found);
    environment::variables(list(&container.env), &at.child("env"), found);
    environment::sources(list(&container.env_from), &at.child("envFrom"), found);
    mount::mounts(container, around.volumes, &at.child("volumeMounts"), found);
    mount::devices(container, around.volumes, &at.child("volumeDevices"), found);
    pull_policy(text(&container.image_pull_policy), &at.child("imagePullPolicy"), found);
    if let Some(requirements) = &container.resources {
        resources::requirements(requirements, &at.child("resources"), found);
    }
    resize_policy(list(&container.resize_policy), around.restart_policy, &at.child("resizePolicy"), found);
    if let Some(context) = &container.security_context {
        security::container(context, around.host_users, &at.child("securityContext"), found);
    }
}

/// `imagePullPolicy`.
pub fn pull_policy(policy: &str, at: &Path<'_>, found: &mut Findings) {
    match policy {
        "Always" | "IfNotPresent" | "Never" => {}
        "" => found.required(at, ""),
        other => found.not_supported(at, other, &["Always", "IfNotPresent", "Never"]),
    }
}

/// A pod's image may have no spaces around it; a template's may.
pub fn image_trimmed(image: &str, at: &Path<'_>, found: &mut Findings) {
    if image.trim().len() != image.len() {
        found.invalid(&at.child("image"), image, "must not have leading or trailing whitespace");
    }
}

fn ports(ports: &[ContainerPort], at: &Path<'_>, found: &mut Findings) {
    let mut known = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let at = at.index(index);
        let name = text(&port.name);
        if !name.is_empty() {
            let faults = names::port_name(name);
            if faults.is_empty() && !known.insert(name) {
                found.duplicate(&at.child("name"), name);
            }
            found.invalid_each(&at.child("name"), name, faults);
        }
        match (port.container_port, names::port_number(i64::from(port.container_port))) {
            (0, _) => found.required(&at.child("containerPort"), ""),
            (number, Some(fault)) => found.invalid(&at.child("containerPort"), number, fault),
            _ => {}
        }
        let host_port = port.host_port.unwrap_or(0);
        if let Some(fault) = names::port_number(i64::from(host_port)).filter(|_| host_port != 0) {
            found.invalid(&at.child("hostPort"), host_port, fault);
        }
        protocol(text(&port.protocol), &at.child("protocol"), found);
    }
}

/// A port's protocol.
pub fn protocol(protocol: &str, at: &Path<'_>, found: &mut Findings) {
    match protocol {
        "" => found.required(at, ""),
        known if PROTOCOLS.contains(&known) => {}
        other => found.not_supported(at, other, PROTOCOLS),
    }
}

fn host_port_conflicts<'a>(
    containers: impl Iterator<Item = (usize, &'a Container)>,
    at: &Path<'_>,
    found: &mut Findings,
) {
    let mut taken = BTreeSet::new();
    for (index, container) in containers {
        let at = at.index(index);
        let at = at.child("ports");
        for (index, port) in list(&container.ports).iter().enumerate() {
            let Some(number) = port.host_port.filter(|number| *number != 0) else { continue };
            let host_port = format!("{}/{}/{number}", text(&port.protocol), text(&port.host_ip));
            if taken.contains(&host_port) {
                found.duplicate(&at.index(index).child("hostPort"), &host_port);
            }
            taken.insert(host_port);
        }
    }
}

/// On the node's own network a container's port is the node's port.
pub fn host_network_ports(spec: &PodSpec, is_pod: bool, at: &Path<'_>, found: &mut Findings) {
    if spec.host_network != Some(true) {
        return;
    }
    let at = at.child("containers");
    for (index, container) in spec.containers.iter().enumerate() {
        let at = at.index(index);
        let at = at.child("ports");
        for (index, port) in list(&container.ports).iter().enumerate() {
            let host_port = port.host_port.unwrap_or(0);
            if (is_pod || host_port != 0) && host_port != port.container_port {
                let fault = "must match `containerPort` when `hostNetwork` is true";
                found.invalid(&at.index(index).child("hostPort"), host_port, fault);
            }
        }
    }
}

fn resize_policy(
    policies: &[ContainerResizePolicy],
    pod_restart_policy: &str,
    at: &Path<'_>,
    found: &mut Findings,
) {
    for (index, policy) in policies.iter().enumerate() {
        if policies.iter().take(index).any(|earlier| earlier.resource_name == policy.resource_name) {
            found.duplicate(&at.index(index), &policy.resource_name);
        }
        for (value, known) in [
            (policy.resource_name.as_str(), ["cpu", "memory"]),
            (policy.restart_policy.as_str(), ["NotRequired", "RestartContainer"]),
        ] {
            match value {
                "" => found.required(at, ""),
                other if known.contains(&other) => {}
                other => found.not_supported(at, other, &known),
            }
        }
        if pod_restart_policy == "Never" && policy.restart_policy != "NotRequired" {
            let fault = "must be 'NotRequired' when `restartPolicy` is 'Never'";
            found.invalid(at, &policy.restart_policy, fault);
        }
    }
}
