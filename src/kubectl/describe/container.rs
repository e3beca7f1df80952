//! The containers of a pod or of a template.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, ContainerState, ContainerStatus, EnvVar, EnvVarSource, Probe,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::writer::{Writer, date, title_case};
use crate::object::{Pod, labels};

/// Where the containers stand: in a pod, or in a template, whose text is set in a little.
pub(super) struct Place<'a> {
    pub(super) indent: &'a str,
    pub(super) pod: Option<&'a Pod>,
}

pub(super) fn describe(
    title: &str,
    containers: &[Container],
    statuses: &[ContainerStatus],
    place: &Place<'_>,
    w: &mut Writer,
) {
    let none = if containers.is_empty() { " <none>" } else { "" };
    w.line(0, format_args!("{}{title}:{none}", place.indent));
    for container in containers {
        let status = statuses.iter().find(|status| status.name == container.name);
        basics(container, status, place, w);
        words("Command", container.command.as_deref(), w);
        words("Args", container.args.as_deref(), w);
        if let Some(status) = status {
            describe_state(status, w);
        }
        let resources = container.resources.clone().unwrap_or_default();
        amounts("Limits", resources.limits.as_ref(), w);
        amounts("Requests", resources.requests.as_ref(), w);
        let probes = [
            ("Liveness", &container.liveness_probe),
            ("Readiness", &container.readiness_probe),
            ("Startup", &container.startup_probe),
        ];
        for (title, probe) in probes {
            if let Some(probe) = probe {
                w.field(2, title, probe_text(probe));
            }
        }
        environment(container, place, w);
        mounts(container, w);
    }
}

fn basics(container: &Container, status: Option<&ContainerStatus>, place: &Place<'_>, w: &mut Writer) {
    let name_indent = if place.indent.is_empty() { "" } else { " " };
    w.line(1, format_args!("{name_indent}{}:", container.name));
    if let Some(status) = status {
        w.field(2, "Container ID", status.container_id.as_deref().unwrap_or(""));
    }
    w.field(2, "Image", container.image.as_deref().unwrap_or(""));
    if let Some(status) = status {
        w.field(2, "Image ID", &status.image_id);
    }
    let list = container.ports.as_deref().unwrap_or_default();
    ports("Port", list, |port| port.container_port, w);
    ports("Host Port", list, |port| port.host_port.unwrap_or(0), w);
}

fn ports(title: &str, list: &[ContainerPort], number: fn(&ContainerPort) -> i32, w: &mut Writer) {
    let text =
        |port: &ContainerPort| format!("{}/{}", number(port), port.protocol.as_deref().unwrap_or("TCP"));
    let texts: Vec<String> = list.iter().map(text).collect();
    match texts.len() {
        0 => w.field(2, title, "<none>"),
        1 => w.field(2, title, &texts[0]),
        _ => w.field(2, &format!("{title}s"), texts.join(", ")),
    }
}

fn words(title: &str, words: Option<&[String]>, w: &mut Writer) {
    let Some(words) = words.filter(|words| !words.is_empty()) else { return };
    w.line(2, format_args!("{title}:"));
    words.iter().flat_map(|word| word.split('\n')).for_each(|line| w.line(3, line));
}

fn describe_state(status: &ContainerStatus, w: &mut Writer) {
    state("State", &status.state.clone().unwrap_or_default(), w);
    let last = status.last_state.clone().unwrap_or_default();
    if last.terminated.is_some() {
        state("Last State", &last, w);
    }
    w.field(2, "Ready", title_case(status.ready));
    w.field(2, "Restart Count", status.restart_count);
}

fn state(title: &str, state: &ContainerState, w: &mut Writer) {
    match (&state.running, &state.waiting, &state.terminated) {
        (Some(running), ..) => {
            w.field(2, title, "Running");
            w.field(3, "Started", date(running.started_at.as_ref()));
        }
        (None, None, Some(ended)) => {
            w.field(2, title, "Terminated");
            w.field_if(3, "Reason", ended.reason.as_deref());
            w.field_if(3, "Message", ended.message.as_deref());
            w.field(3, "Exit Code", ended.exit_code);
            if let Some(signal) = ended.signal.filter(|signal| *signal > 0) {
                w.field(3, "Signal", signal);
            }
            w.field(3, "Started", date(ended.started_at.as_ref()));
            w.field(3, "Finished", date(ended.finished_at.as_ref()));
        }
        (None, waiting, _) => {
            w.field(2, title, "Waiting");
            w.field_if(3, "Reason", waiting.as_ref().and_then(|waiting| waiting.reason.as_deref()));
        }
    }
}

fn amounts(title: &str, list: Option<&BTreeMap<String, Quantity>>, w: &mut Writer) {
    let Some(list) = list.filter(|list| !list.is_empty()) else { return };
    w.line(2, format_args!("{title}:"));
    list.iter().for_each(|(name, amount)| w.field(3, name, &amount.0));
}

/// `http-get http://:80/ delay=0s timeout=1s period=10s #success=1 #failure=3`.
fn probe_text(probe: &Probe) -> String {
    let timing = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        probe.initial_delay_seconds.unwrap_or(0),
        probe.timeout_seconds.unwrap_or(0),
        probe.period_seconds.unwrap_or(0),
        probe.success_threshold.unwrap_or(0),
        probe.failure_threshold.unwrap_or(0)
    );
    let port = |port: &IntOrString| match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    };
    if let Some(exec) = &probe.exec {
        let command = exec.command.clone().unwrap_or_default().join(" ");
        return format!("exec [{command}] {timing}");
    }
    if let Some(get) = &probe.http_get {
        let scheme = get.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
        let (host, path) = (get.host.as_deref().unwrap_or(""), get.path.as_deref().unwrap_or(""));
        return format!("http-get {scheme}://{host}:{}{path} {timing}", port(&get.port));
    }
    if let Some(socket) = &probe.tcp_socket {
        return format!(
            "tcp-socket {}:{} {timing}",
            socket.host.as_deref().unwrap_or(""),
            port(&socket.port)
        );
    }
    if let Some(grpc) = &probe.grpc {
        return format!("grpc <pod>:{} {} {timing}", grpc.port, grpc.service.as_deref().unwrap_or(""));
    }
    format!("unknown {timing}")
}

fn environment(container: &Container, place: &Place<'_>, w: &mut Writer) {
    let from = container.env_from.as_deref().unwrap_or_default();
    if !from.is_empty() {
        w.line(2, "Environment Variables from:");
    }
    for source in from {
        let (kind, name, optional) = match (&source.config_map_ref, &source.secret_ref) {
            (Some(map), _) => ("ConfigMap", map.name.as_str(), map.optional),
            (None, Some(secret)) => ("Secret", secret.name.as_str(), secret.optional),
            (None, None) => continue,
        };
        let prefix = source.prefix.as_deref().filter(|prefix| !prefix.is_empty());
        let prefix = prefix.map(|prefix| format!(" with prefix '{prefix}'")).unwrap_or_default();
        w.line(3, format_args!("{name}\t{kind}{prefix}\tOptional: {}", optional.unwrap_or(false)));
    }
    let variables = container.env.as_deref().unwrap_or_default();
    w.line(2, if variables.is_empty() { "Environment:\t<none>" } else { "Environment:" });
    variables.iter().for_each(|variable| describe_variable(variable, place, w));
}

fn describe_variable(variable: &EnvVar, place: &Place<'_>, w: &mut Writer) {
    let name = &variable.name;
    let Some(source) = &variable.value_from else {
        let mut lines = variable.value.as_deref().unwrap_or("").split('\n');
        w.field(3, name, lines.next().unwrap_or(""));
        lines.for_each(|line| w.line(3, format_args!("\t{line}")));
        return;
    };
    let EnvVarSource { config_map_key_ref, field_ref, resource_field_ref, secret_key_ref, .. } = source;
    if let Some(field) = field_ref {
        let value = place.pod.map(|pod| value_of_field(pod, &field.field_path)).unwrap_or_default();
        let version = field.api_version.as_deref().unwrap_or("v1");
        w.field(3, name, format_args!("{value} ({version}:{})", field.field_path));
    } else if let Some(resource) = resource_field_ref {
        w.field(3, name, format_args!(" ({})", resource.resource));
    } else if let Some(secret) = secret_key_ref {
        let (key, secret, optional) = (&secret.key, &secret.name, secret.optional.unwrap_or(false));
        w.field(3, name, format_args!("<set to the key '{key}' in secret '{secret}'>\tOptional: {optional}"));
    } else if let Some(map) = config_map_key_ref {
        let (key, map, optional) = (&map.key, &map.name, map.optional.unwrap_or(false));
        w.field(
            3,
            name,
            format_args!("<set to the key '{key}' of config map '{map}'>\tOptional: {optional}"),
        );
    }
}

/// What the downward API gives for a field.
fn value_of_field(pod: &Pod, path: &str) -> String {
    let meta = &pod.metadata;
    let inside = |start: &str| Some(path.strip_prefix(start)?.strip_suffix("']")?.to_owned());
    if let Some(key) = inside("metadata.labels['") {
        return labels(meta).get(&key).cloned().unwrap_or_default();
    }
    if let Some(key) = inside("metadata.annotations['") {
        return crate::object::annotation(meta, &key).unwrap_or("").to_owned();
    }
    match path {
        "metadata.name" => meta.name.clone().unwrap_or_default(),
        "metadata.namespace" => meta.namespace.clone().unwrap_or_default(),
        "metadata.uid" => meta.uid.clone().unwrap_or_default(),
        "spec.nodeName" => pod.node_name().unwrap_or("").to_owned(),
        "spec.serviceAccountName" => pod.spec.service_account_name.clone().unwrap_or_default(),
        "status.podIP" => pod.status.pod_ip.clone().unwrap_or_default(),
        "status.hostIP" => pod.status.host_ip.clone().unwrap_or_default(),
        _ => String::new(),
    }
}

fn mounts(container: &Container, w: &mut Writer) {
    let mut mounts = container.volume_mounts.clone().unwrap_or_default();
    mounts.sort_by(|a, b| a.mount_path.cmp(&b.mount_path));
    w.line(2, if mounts.is_empty() { "Mounts:\t<none>" } else { "Mounts:" });
    for mount in mounts {
        let mut flags = vec![if mount.read_only == Some(true) { "ro" } else { "rw" }.to_owned()];
        flags.extend(mount.sub_path.filter(|path| !path.is_empty()).map(|path| format!("path=\"{path}\"")));
        w.line(3, format_args!("{} from {} ({})", mount.mount_path, mount.name, flags.join(",")));
    }
}
