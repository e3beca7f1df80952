//! The environment of a container.
//!
//! It is made when the container is created and never changes while it runs: an edit of a ConfigMap reaches
//! mounted files, but not environments. Services of the namespace come first (`enableServiceLinks`), then
//! `envFrom`, then `env`, where `$(NAME)` stands for what was defined before (`makeEnvironmentVariables` in
//! `pkg/kubelet/kubelet_pods.go`).
//!
//! Left out: `fileKeyRef`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMap, Container, EnvVarSource, ObjectFieldSelector, ResourceFieldSelector, Secret, Service,
};

use crate::client::Cache;
use crate::object::{Key, Pod, Resource, quantity};

/// What the environment is made from besides the pod.
pub struct Sources<'a> {
    /// What the kubelet has seen: ConfigMaps, Secrets, Services.
    pub cache: &'a Cache,
    /// The pod's address.
    pub pod_ip: &'a str,
    /// The node's address.
    pub host_ip: &'a str,
    /// What the node has, in thousandths: the limit of a container without one.
    pub capacity: &'a BTreeMap<&'static str, i128>,
}

/// The environment of a container.
///
/// # Errors
/// A text as the kubelet shows it (`CreateContainerConfigError`): something that it refers to is not there.
pub fn of(
    pod: &Pod,
    container: &Container,
    sources: &Sources<'_>,
) -> Result<BTreeMap<String, String>, String> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("");
    let mut env = BTreeMap::new();
    for service in sources.cache.in_namespace::<Service>("default") {
        // The API server's own Service is known in every namespace.
        if service.metadata.name.as_deref() == Some("kubernetes") {
            service_links(service, &mut env);
        }
    }
    if pod.spec.enable_service_links != Some(false) {
        for service in sources.cache.in_namespace::<Service>(namespace) {
            service_links(service, &mut env);
        }
    }
    for from in container.env_from.iter().flatten() {
        let prefix = from.prefix.as_deref().unwrap_or("");
        let found = match (&from.config_map_ref, &from.secret_ref) {
            (Some(config), _) => config_map(sources.cache, namespace, &config.name, config.optional)?
                .map(|map| map.data.clone().unwrap_or_default()),
            (_, Some(wanted)) => secret(sources.cache, namespace, &wanted.name, wanted.optional)?.map(texts),
            _ => None,
        };
        let found = found.unwrap_or_default().into_iter();
        env.extend(found.map(|(key, value)| (format!("{prefix}{key}"), value)));
    }
    for variable in container.env.iter().flatten() {
        let value = match (&variable.value, &variable.value_from) {
            (_, Some(source)) => from_source(pod, container, source, sources)?,
            (value, None) => Some(expand(value.as_deref().unwrap_or(""), &env)),
        };
        if let Some(value) = value {
            env.insert(variable.name.clone(), value);
        }
    }
    Ok(env)
}

fn from_source(
    pod: &Pod,
    container: &Container,
    source: &EnvVarSource,
    sources: &Sources<'_>,
) -> Result<Option<String>, String> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("");
    if let Some(field) = &source.field_ref {
        return field_value(pod, field, sources.pod_ip, sources.host_ip).map(Some);
    }
    if let Some(resource) = &source.resource_field_ref {
        return resource_value(pod, Some(container), resource, sources.capacity).map(Some);
    }
    if let Some(wanted) = &source.config_map_key_ref {
        let Some(map) = config_map(sources.cache, namespace, &wanted.name, wanted.optional)? else {
            return Ok(None);
        };
        return match map.data.as_ref().and_then(|data| data.get(&wanted.key)) {
            Some(value) => Ok(Some(value.clone())),
            None if wanted.optional == Some(true) => Ok(None),
            None => Err(format!("couldn't find key {} in ConfigMap {namespace}/{}", wanted.key, wanted.name)),
        };
    }
    if let Some(wanted) = &source.secret_key_ref {
        let Some(secret) = secret(sources.cache, namespace, &wanted.name, wanted.optional)? else {
            return Ok(None);
        };
        return match texts(secret).remove(&wanted.key) {
            Some(value) => Ok(Some(value)),
            None if wanted.optional == Some(true) => Ok(None),
            None => Err(format!("couldn't find key {} in Secret {namespace}/{}", wanted.key, wanted.name)),
        };
    }
    Ok(None)
}

/// A ConfigMap; none if it is missing and may be.
///
/// # Errors
/// It is missing and may not be.
pub fn config_map<'c>(
    cache: &'c Cache,
    namespace: &str,
    name: &str,
    optional: Option<bool>,
) -> Result<Option<&'c ConfigMap>, String> {
    match cache.get_as::<ConfigMap>(&Key::new(namespace, name)) {
        Some(map) => Ok(Some(map)),
        None if optional == Some(true) => Ok(None),
        None => Err(format!("configmap \"{name}\" not found")),
    }
}

/// A Secret; none if it is missing and may be.
///
/// # Errors
/// It is missing and may not be.
pub fn secret<'c>(
    cache: &'c Cache,
    namespace: &str,
    name: &str,
    optional: Option<bool>,
) -> Result<Option<&'c Secret>, String> {
    match cache.get_as::<Secret>(&Key::new(namespace, name)) {
        Some(secret) => Ok(Some(secret)),
        None if optional == Some(true) => Ok(None),
        None => Err(format!("secret \"{name}\" not found")),
    }
}

/// The contents of a Secret as text.
pub fn texts(secret: &Secret) -> BTreeMap<String, String> {
    let data = secret.data.iter().flatten();
    let data = data.map(|(key, bytes)| (key.clone(), String::from_utf8_lossy(&bytes.0).into_owned()));
    data.chain(secret.string_data.clone().into_iter().flatten()).collect()
}

/// The value of a field of the pod (`fieldRef`).
///
/// # Errors
/// There is no such field.
pub fn field_value(
    pod: &Pod,
    field: &ObjectFieldSelector,
    pod_ip: &str,
    host_ip: &str,
) -> Result<String, String> {
    let (meta, path) = (&pod.metadata, field.field_path.as_str());
    if let Some((map, key)) = subscript(path) {
        let map = if map == "metadata.labels" { &meta.labels } else { &meta.annotations };
        return Ok(map.as_ref().and_then(|map| map.get(key)).cloned().unwrap_or_default());
    }
    let lines = |map: &Option<BTreeMap<String, String>>| {
        let lines: Vec<String> =
            map.iter().flatten().map(|(key, value)| format!("{key}={value:?}")).collect();
        lines.join("\n")
    };
    Ok(match path {
        "metadata.name" => meta.name.clone().unwrap_or_default(),
        "metadata.namespace" => meta.namespace.clone().unwrap_or_default(),
        "metadata.uid" => meta.uid.clone().unwrap_or_default(),
        "metadata.labels" => lines(&meta.labels),
        "metadata.annotations" => lines(&meta.annotations),
        "spec.nodeName" => pod.node_name().unwrap_or("").to_owned(),
        "spec.serviceAccountName" => pod.spec.service_account_name.clone().unwrap_or_default(),
        "status.hostIP" | "status.hostIPs" => host_ip.to_owned(),
        "status.podIP" | "status.podIPs" => pod_ip.to_owned(),
        other => return Err(format!("unsupported fieldPath: {other}")),
    })
}

/// `metadata.labels['app']` as map and key.
fn subscript(path: &str) -> Option<(&str, &str)> {
    let (map, rest) = path.split_once("['")?;
    let key = rest.strip_suffix("']")?;
    matches!(map, "metadata.labels" | "metadata.annotations").then_some((map, key))
}

/// The value of a container's request or limit (`resourceFieldRef`), in units of the divisor, rounded up.
///
/// # Errors
/// There is no such container or resource.
pub fn resource_value(
    pod: &Pod,
    container: Option<&Container>,
    field: &ResourceFieldSelector,
    capacity: &BTreeMap<&'static str, i128>,
) -> Result<String, String> {
    let container = match &field.container_name {
        Some(name) => super::worker::find(&pod.spec, name).map(|(container, _)| container),
        None => container,
    };
    let container = container.ok_or_else(|| "container not found".to_owned())?;
    let unsupported = || format!("unsupported container resource : {}", field.resource);
    let (list, resource) = field.resource.split_once('.').ok_or_else(unsupported)?;
    let resources = container.resources.clone().unwrap_or_default();
    let milli = match list {
        "limits" => match quantity::milli_of(resources.limits.as_ref(), resource) {
            0 => capacity.get(resource).copied().unwrap_or(0),
            limit => limit,
        },
        "requests" => quantity::milli_of(resources.requests.as_ref(), resource),
        _ => return Err(unsupported()),
    };
    let divisor = field.divisor.as_ref().and_then(|divisor| quantity::milli(&divisor.0));
    let divisor = divisor.filter(|divisor| *divisor > 0).unwrap_or(1000);
    Ok(((milli + divisor - 1) / divisor).to_string())
}

/// Replaces `$(NAME)` by its value where it is defined; `$$` stands for `$`
/// (`third_party/forked/golang/expansion`).
pub fn expand(text: &str, env: &BTreeMap<String, String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
            match env.get(name) {
                Some(value) => result.push_str(value),
                None => result.push_str(&format!("$({name})")),
            }
            rest = after;
        } else {
            result.push('$');
        }
    }
    result.push_str(rest);
    result
}

/// The variables that tell of a Service, in the form that Docker links once had
/// (`pkg/kubelet/envvars/envvars.go`).
fn service_links(service: &Service, env: &mut BTreeMap<String, String>) {
    let Some(spec) = &service.spec else { return };
    let ip = spec.cluster_ip.as_deref().unwrap_or("");
    let ports = spec.ports.as_deref().unwrap_or_default();
    let (Some(first), false) = (ports.first(), matches!(ip, "" | "None")) else { return };
    let upper = |name: &str| name.to_uppercase().replace('-', "_");
    let name = upper(&service.key().name);
    env.insert(format!("{name}_SERVICE_HOST"), ip.to_owned());
    env.insert(format!("{name}_SERVICE_PORT"), first.port.to_string());
    for port in ports {
        if let Some(port_name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            env.insert(format!("{name}_SERVICE_PORT_{}", upper(port_name)), port.port.to_string());
        }
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        let url = format!("{}://{ip}:{}", protocol.to_lowercase(), port.port);
        let prefix = format!("{name}_PORT_{}_{protocol}", port.port);
        env.entry(format!("{name}_PORT")).or_insert_with(|| url.clone());
        env.insert(format!("{prefix}_PROTO"), protocol.to_lowercase());
        env.insert(format!("{prefix}_PORT"), port.port.to_string());
        env.insert(format!("{prefix}_ADDR"), ip.to_owned());
        env.insert(prefix, url);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Object;
    use serde_json::json;

    fn cache() -> Cache {
        let mut cache = Cache::default();
        for value in [
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cfg", "namespace": "ns"},
                "data": {"color": "blue"}}),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "ns"},
                "data": {"token": "c2VzYW1l"}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "pay-me", "namespace": "ns"},
                "spec": {"clusterIP": "10.96.0.9", "ports": [{"port": 80}]}}),
        ] {
            cache.insert(Object::from_value(value).unwrap());
        }
        cache
    }

    fn env_of(
        env: serde_json::Value,
        env_from: serde_json::Value,
    ) -> Result<BTreeMap<String, String>, String> {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": "web-1", "namespace": "ns", "labels": {"app": "web"}},
            "spec": {"nodeName": "node-1", "containers": [{"name": "web", "env": env, "envFrom": env_from,
                "resources": {"limits": {"cpu": "1500m"}}}]}
        }))
        .unwrap();
        let capacity = BTreeMap::from([("memory", 8_000)]);
        let (cache, pod_ip, host_ip) = (cache(), "10.244.0.2", "172.18.0.2");
        let sources = Sources { cache: &cache, pod_ip, host_ip, capacity: &capacity };
        of(&pod, &pod.spec.containers[0], &sources)
    }

    #[test]
    fn every_source_gives_its_value() {
        let from = |source: serde_json::Value| json!({"name": "X", "valueFrom": source});
        for (source, value) in [
            (json!({"fieldRef": {"fieldPath": "metadata.labels['app']"}}), "web"),
            (json!({"fieldRef": {"fieldPath": "status.podIP"}}), "10.244.0.2"),
            (json!({"fieldRef": {"fieldPath": "spec.nodeName"}}), "node-1"),
            (json!({"resourceFieldRef": {"resource": "limits.cpu"}}), "2"),
            (json!({"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}), "1500"),
            (json!({"resourceFieldRef": {"resource": "limits.memory"}}), "8"),
            (json!({"configMapKeyRef": {"name": "cfg", "key": "color"}}), "blue"),
            (json!({"secretKeyRef": {"name": "key", "key": "token"}}), "sesame"),
        ] {
            assert_eq!(env_of(json!([from(source)]), json!([])).unwrap()["X"], value);
        }
        let env = env_of(
            json!([{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(color) $$(A) $(nope) 5$"}]),
            json!([{"configMapRef": {"name": "cfg"}}, {"prefix": "S_", "secretRef": {"name": "key"}}]),
        )
        .unwrap();
        assert_eq!(env["B"], "1blue $(A) $(nope) 5$");
        assert_eq!((env["S_token"].as_str(), env["PAY_ME_SERVICE_HOST"].as_str()), ("sesame", "10.96.0.9"));
        assert_eq!(env["PAY_ME_PORT_80_TCP"], "tcp://10.96.0.9:80");
    }

    #[test]
    fn what_is_missing_is_named_as_the_kubelet_names_it() {
        let error = |env, from| env_of(env, from).unwrap_err();
        let key = |kind: &str, name: &str, key: &str| json!([{"name": "X", "valueFrom": {kind: {"name": name, "key": key}}}]);
        assert_eq!(error(json!([]), json!([{"configMapRef": {"name": "no"}}])), "configmap \"no\" not found");
        assert_eq!(error(key("secretKeyRef", "no", "k"), json!([])), "secret \"no\" not found");
        assert_eq!(
            error(key("configMapKeyRef", "cfg", "k"), json!([])),
            "couldn't find key k in ConfigMap ns/cfg"
        );
        assert_eq!(error(key("secretKeyRef", "key", "k"), json!([])), "couldn't find key k in Secret ns/key");
        let optional = json!([{"configMapRef": {"name": "no", "optional": true}}]);
        assert!(env_of(json!([]), optional).is_ok());
    }
}
