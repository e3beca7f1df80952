//! Pods and pod templates (`ValidatePodCreate`, `ValidatePodSpec`, `ValidatePodTemplateSpec`).

use std::borrow::Cow;

use k8s_openapi::api::core::v1::{PodDNSConfig, PodSpec, PodTemplateSpec};
use serde_json::json;

use super::container::{self, Surroundings};
use super::field::{Findings, Path, list, text};
use super::{metadata, names, scheduling, security, volume};
use crate::object::{ObjectMeta, Pod, StringMap};

/// The annotation by which a ReplicaSet chooses its victims.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
/// The annotation of a static pod's copy.
pub const MIRROR: &str = "kubernetes.io/config.mirror";

/// A new pod.
pub fn create(pod: &Pod, found: &mut Findings) {
    let spec = &with_node(pod);
    metadata_and_spec(pod, spec, found);
    let at = &Path::new("spec");
    if !list(&spec.ephemeral_containers).is_empty() {
        found.forbidden(&at.child("ephemeralContainers"), "cannot be set on create");
    }
    if pod.node.is_some() && !list(&spec.scheduling_gates).is_empty() {
        found.forbidden(&at.child("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
}

/// The specification with the node's name in it.
fn with_node(pod: &Pod) -> Cow<'_, PodSpec> {
    match &pod.node {
        None => Cow::Borrowed(&pod.spec),
        Some(node) => Cow::Owned(PodSpec { node_name: Some(node.to_string()), ..(*pod.spec).clone() }),
    }
}

/// A pod's metadata and specification, as they must be at all times.
pub fn metadata_and_spec(pod: &Pod, pod_spec: &PodSpec, found: &mut Findings) {
    metadata::create(&pod.metadata, true, names::dns_subdomain, found);
    let at = &Path::new("metadata");
    annotations(
        pod.metadata.annotations.as_ref(),
        text(&pod_spec.node_name),
        &at.child("annotations"),
        found,
    );
    let at = &Path::new("spec");
    spec(pod_spec, Some(&pod.metadata), at, found);
    if text(&pod_spec.service_account_name).is_empty() {
        token_without_account(pod_spec, at, found);
    }
    for (field, containers) in
        [("containers", pod_spec.containers.as_slice()), ("initContainers", list(&pod_spec.init_containers))]
    {
        let at = at.child(field);
        for (index, container) in containers.iter().enumerate() {
            container::image_trimmed(text(&container.image), &at.index(index), found);
        }
    }
}

fn token_without_account(spec: &PodSpec, at: &Path<'_>, found: &mut Findings) {
    let at = at.child("volumes");
    for (index, volume) in list(&spec.volumes).iter().enumerate() {
        let at = at.index(index);
        let at = at.child("projected");
        let at = at.child("sources");
        let sources = volume.projected.as_ref().map_or(&[][..], |projected| list(&projected.sources));
        for (index, source) in sources.iter().enumerate() {
            if source.service_account_token.is_some() {
                found.forbidden(
                    &at.index(index).child("serviceAccountToken"),
                    "must not be specified when serviceAccountName is not set",
                );
            }
        }
    }
}

/// Annotations with a meaning for pods (`ValidatePodSpecificAnnotations`).
pub fn annotations(annotations: Option<&StringMap>, node: &str, at: &Path<'_>, found: &mut Findings) {
    let Some(annotations) = annotations else { return };
    if let Some(value) = annotations.get(MIRROR).filter(|_| node.is_empty()) {
        found.invalid(&at.key(MIRROR), value, "must set spec.nodeName if mirror pod annotation is set");
    }
    if let Some(cost) = annotations.get(DELETION_COST) {
        // A number as Go's ParseInt reads it: no plus sign, no leading zeros.
        let canonical = cost.parse::<i32>().is_ok_and(|number| number.to_string() == *cost);
        if !canonical {
            found.invalid(&at.key(DELETION_COST), cost, "must be a 32bit integer");
        }
    }
}

/// A pod template.
pub fn template(template: &PodTemplateSpec, at: &Path<'_>, found: &mut Findings) {
    static NO_META: std::sync::LazyLock<ObjectMeta> = std::sync::LazyLock::new(ObjectMeta::default);
    static NO_SPEC: std::sync::LazyLock<PodSpec> = std::sync::LazyLock::new(PodSpec::default);
    let meta = template.metadata.as_ref().unwrap_or(&NO_META);
    let pod_spec = template.spec.as_ref().unwrap_or(&NO_SPEC);
    metadata::labels(meta.labels.as_ref(), &at.child("labels"), found);
    metadata::annotations(meta.annotations.as_ref(), &at.child("annotations"), found);
    annotations(meta.annotations.as_ref(), text(&pod_spec.node_name), &at.child("annotations"), found);
    spec(pod_spec, None, &at.child("spec"), found);
    if !list(&pod_spec.ephemeral_containers).is_empty() {
        found.forbidden(
            &at.child("spec").child("ephemeralContainers"),
            "ephemeral containers not allowed in pod template",
        );
    }
}

/// A pod's specification; with the pod's metadata if it is a pod's own and not a template's.
pub fn spec(spec: &PodSpec, meta: Option<&ObjectMeta>, at: &Path<'_>, found: &mut Findings) {
    if spec.termination_grace_period_seconds.is_none() {
        found.required(&at.child("terminationGracePeriodSeconds"), "");
    }
    let volumes = volume::volumes(list(&spec.volumes), meta, &at.child("volumes"), found);
    let around = Surroundings {
        volumes: &volumes,
        grace: spec.termination_grace_period_seconds,
        restart_policy: text(&spec.restart_policy),
        host_users: spec.host_users.unwrap_or(true),
    };
    container::containers(&spec.containers, &around, &at.child("containers"), found);
    let (init, at_init) = (list(&spec.init_containers), at.child("initContainers"));
    container::init_containers(init, &spec.containers, &around, &at_init, found);
    container::host_network_ports(spec, meta.is_some(), at, found);
    restart_policy(text(&spec.restart_policy), &at.child("restartPolicy"), found);
    dns_policy(text(&spec.dns_policy), &at.child("dnsPolicy"), found);
    metadata::labels(spec.node_selector.as_ref(), &at.child("nodeSelector"), found);
    security::pod(spec, &at.child("securityContext"), found);
    scheduling::affinity(spec.affinity.as_ref(), &at.child("affinity"), found);
    dns_config(spec.dns_config.as_ref(), text(&spec.dns_policy), &at.child("dnsConfig"), found);
    gates(spec, at, found);
    let constraints = list(&spec.topology_spread_constraints);
    scheduling::spread(constraints, &at.child("topologySpreadConstraints"), found);
    security::host_users(spec, at, found);
    small_fields(spec, at, found);
}

fn restart_policy(policy: &str, at: &Path<'_>, found: &mut Findings) {
    match policy {
        "Always" | "OnFailure" | "Never" => {}
        "" => found.required(at, ""),
        other => found.not_supported(at, other, &["Always", "OnFailure", "Never"]),
    }
}

fn dns_policy(policy: &str, at: &Path<'_>, found: &mut Findings) {
    let known = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    match policy {
        "" => found.required(at, ""),
        other if known.contains(&other) => {}
        other => found.not_supported(at, other, &known),
    }
}

/// Limits of the C library's resolver: 3 name servers, 32 search domains of 2048 letters together.
fn dns_config(config: Option<&PodDNSConfig>, policy: &str, at: &Path<'_>, found: &mut Findings) {
    let Some(config) = config else {
        if policy == "None" {
            found.required(at, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        return;
    };
    let (servers, searches) = (list(&config.nameservers), list(&config.searches));
    let at_servers = at.child("nameservers");
    if policy == "None" && servers.is_empty() {
        return found
            .required(&at_servers, "must provide at least one DNS nameserver when `dnsPolicy` is None");
    }
    if servers.len() > 3 {
        found.invalid(&at_servers, json!(servers), "must not have more than 3 nameservers");
    }
    for (index, server) in servers.iter().enumerate() {
        super::service::ip(server, &at_servers.index(index), found);
    }
    let at_searches = at.child("searches");
    if searches.len() > 32 {
        found.invalid(&at_searches, json!(searches), "must not have more than 32 search paths");
    }
    if searches.join(" ").len() > 2048 {
        found.invalid(
            &at_searches,
            json!(searches),
            "must not have more than 2048 characters (including spaces) in the search list",
        );
    }
    for (index, search) in searches.iter().enumerate().filter(|(_, search)| *search != ".") {
        let search = search.strip_suffix('.').unwrap_or(search);
        found.invalid_each(&at_searches.index(index), search, names::dns_search(search));
    }
    let at_options = at.child("options");
    for (index, option) in list(&config.options).iter().enumerate() {
        if text(&option.name).is_empty() {
            found.required(&at_options.index(index), "must not be empty");
        }
    }
}

fn gates(spec: &PodSpec, at: &Path<'_>, found: &mut Findings) {
    let at_ready = at.child("readinessGates");
    for (index, gate) in list(&spec.readiness_gates).iter().enumerate() {
        let kind = &gate.condition_type;
        found.invalid_each(&at_ready.index(index).child("conditionType"), kind, names::qualified_name(kind));
    }
    let at_gates = at.child("schedulingGates");
    let gates = list(&spec.scheduling_gates);
    for (index, gate) in gates.iter().enumerate() {
        found.invalid_each(&at_gates.index(index), &gate.name, names::qualified_name(&gate.name));
        if gates.iter().take(index).any(|earlier| earlier.name == gate.name) {
            found.duplicate(&at_gates.index(index), &gate.name);
        }
    }
}

fn small_fields(spec: &PodSpec, at: &Path<'_>, found: &mut Findings) {
    let mut named = |field: &str, value: &str, rule: names::NameRule| {
        if !value.is_empty() {
            found.invalid_each(&at.child(field), value, rule(value));
        }
    };
    named("serviceAccountName", text(&spec.service_account_name), names::dns_subdomain);
    named("nodeName", text(&spec.node_name), names::dns_subdomain);
    if let Some(seconds) = spec.active_deadline_seconds.filter(|s| !(1..=i64::from(i32::MAX)).contains(s)) {
        let fault = "must be between 1 and 2147483647, inclusive";
        found.invalid(&at.child("activeDeadlineSeconds"), seconds, fault);
    }
    let mut named = |field: &str, value: &str, rule: names::NameRule| {
        if !value.is_empty() {
            found.invalid_each(&at.child(field), value, rule(value));
        }
    };
    named("hostname", text(&spec.hostname), names::dns_label);
    named("subdomain", text(&spec.subdomain), names::dns_label);
    scheduling::tolerations(list(&spec.tolerations), &at.child("tolerations"), found);
    let at_aliases = at.child("hostAliases");
    for (index, alias) in list(&spec.host_aliases).iter().enumerate() {
        let at = at_aliases.index(index);
        super::service::ip(&alias.ip, &at.child("ip"), found);
        let at = at.child("hostnames");
        for (index, name) in list(&alias.hostnames).iter().enumerate() {
            found.invalid_each(&at.index(index), name, names::dns_subdomain(name));
        }
    }
    for (field, name) in
        [("priorityClassName", &spec.priority_class_name), ("runtimeClassName", &spec.runtime_class_name)]
    {
        // An absent class is fine; an empty runtime class is not, but an empty priority class is.
        if let Some(name) = name.as_deref().filter(|name| !name.is_empty() || field == "runtimeClassName") {
            found.invalid_each(&at.child(field), name, names::dns_subdomain(name));
        }
    }
    match spec.preemption_policy.as_deref() {
        None | Some("PreemptLowerPriority" | "Never") => {}
        Some("") => found.required(&at.child("preemptionPolicy"), ""),
        Some(other) => {
            found.not_supported(&at.child("preemptionPolicy"), other, &["PreemptLowerPriority", "Never"]);
        }
    }
    match spec.os.as_ref().map(|os| os.name.as_str()) {
        None | Some("linux" | "windows") => {}
        Some("") => found.required(&at.child("os").child("name"), "cannot be empty"),
        Some(other) => found.not_supported(&at.child("os"), other, &["linux", "windows"]),
    }
}
