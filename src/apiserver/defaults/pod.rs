//! Pods and pod templates.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, EnvVar, HTTPGetAction, PodSpec, PodTemplateSpec, Probe};

use super::{number, text, volume};
use crate::object::Pod;

/// A pod: its specification, and what only pods have.
///
/// The specification is left alone, and stays shared, if it has its defaults already.
pub fn pod(pod: &mut Pod) {
    let mut spec = (*pod.spec).clone();
    self::spec(&mut spec);
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        let Some(resources) = &mut container.resources else { continue };
        for (name, limit) in resources.limits.iter().flatten() {
            let requests = resources.requests.get_or_insert_default();
            requests.entry(name.clone()).or_insert_with(|| limit.clone());
        }
    }
    spec.enable_service_links.get_or_insert(true);
    if spec.host_network == Some(true) {
        for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
            for port in container.ports.iter_mut().flatten() {
                number(&mut port.host_port, port.container_port);
            }
        }
    }
    if spec != *pod.spec {
        pod.spec = Arc::new(spec);
    }
}

/// A template: a controller's copy of what its pods will be.
pub fn template(template: &mut PodTemplateSpec) {
    template.metadata.get_or_insert_default();
    spec(template.spec.get_or_insert_default());
}

fn spec(spec: &mut PodSpec) {
    for volume in spec.volumes.iter_mut().flatten() {
        self::volume::volume(volume);
    }
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        self::container(container);
    }
    text(&mut spec.dns_policy, "ClusterFirst");
    text(&mut spec.restart_policy, "Always");
    spec.security_context.get_or_insert_default();
    spec.termination_grace_period_seconds.get_or_insert(30);
    text(&mut spec.scheduler_name, "default-scheduler");
    // `serviceAccount` is the old name of `serviceAccountName`; both show the same.
    let old = spec.service_account.take().filter(|name| !name.is_empty());
    spec.service_account_name = spec.service_account_name.take().filter(|name| !name.is_empty()).or(old);
    spec.service_account.clone_from(&spec.service_account_name);
}

fn container(container: &mut Container) {
    let policy = pull_policy(container.image.as_deref().unwrap_or(""));
    text(&mut container.image_pull_policy, policy);
    text(&mut container.termination_message_path, "/dev/termination-log");
    text(&mut container.termination_message_policy, "File");
    container.resources.get_or_insert_default();
    for port in container.ports.iter_mut().flatten() {
        text(&mut port.protocol, "TCP");
    }
    for variable in container.env.iter_mut().flatten() {
        self::variable(variable);
    }
    let probes =
        [&mut container.liveness_probe, &mut container.readiness_probe, &mut container.startup_probe];
    for probe in probes.into_iter().flatten() {
        self::probe(probe);
    }
    let hooks = container.lifecycle.iter_mut().flat_map(|hooks| [&mut hooks.post_start, &mut hooks.pre_stop]);
    for http in hooks.flatten().filter_map(|hook| hook.http_get.as_mut()) {
        http_get(http);
    }
}

/// An image without a tag has the tag `latest`, which may change, so it is pulled again each time
/// (`parsers.ParseImageName`).
pub fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or(image);
    let tag = match (name.split_once('@'), name.rsplit_once(':')) {
        (Some((before, _)), _) => before.rsplit_once(':').map_or("", |(_, tag)| tag),
        (None, Some((_, tag))) => tag,
        (None, None) if name.is_empty() => "",
        (None, None) => "latest",
    };
    if tag == "latest" { "Always" } else { "IfNotPresent" }
}

fn variable(variable: &mut EnvVar) {
    let Some(source) = &mut variable.value_from else { return };
    if let Some(field) = &mut source.field_ref {
        text(&mut field.api_version, "v1");
    }
    if let Some(resource) = &mut source.resource_field_ref {
        volume::divisor(resource);
    }
}

fn probe(probe: &mut Probe) {
    number(&mut probe.timeout_seconds, 1);
    number(&mut probe.period_seconds, 10);
    number(&mut probe.success_threshold, 1);
    number(&mut probe.failure_threshold, 3);
    if let Some(http) = &mut probe.http_get {
        http_get(http);
    }
    if let Some(grpc) = &mut probe.grpc {
        grpc.service.get_or_insert_default();
    }
}

fn http_get(http: &mut HTTPGetAction) {
    text(&mut http.path, "/");
    text(&mut http.scheme, "HTTP");
}
