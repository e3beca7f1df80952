//! Defaults: what the API server fills in before it looks any closer.
//!
//! Kubernetes has them in two places, which are one here: defaults of the types (`SetDefaults_*` in
//! `pkg/apis/*/v1/defaults.go`, `+default=` marks) and what each resource's strategy sets when an object is
//! created or changed (`PrepareForCreate`). An object shows its defaults from then on, so a later version
//! with other defaults does not change it.
//!
//! Addresses and ports are not defaults: the Service allocators pick them.

mod pod;
mod service;
mod volume;

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{
    DaemonSet, Deployment, ReplicaSet, RollingUpdateDaemonSet, RollingUpdateDeployment,
};
use k8s_openapi::api::core::v1::{Endpoints, Namespace, Node, Secret};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::strategy;
use crate::object::Object;

/// Fills in what the document left out. Doing it again changes nothing.
pub fn apply(object: &mut Object) {
    match object {
        Object::Pod(pod) => pod::pod(Arc::make_mut(pod)),
        Object::ReplicaSet(set) => replica_set(Arc::make_mut(set)),
        Object::Deployment(deployment) => self::deployment(Arc::make_mut(deployment)),
        Object::Service(service) => service::service(Arc::make_mut(service)),
        Object::Namespace(namespace) => self::namespace(Arc::make_mut(namespace)),
        Object::Node(node) => self::node(Arc::make_mut(node)),
        Object::Secret(secret) => self::secret(Arc::make_mut(secret)),
        Object::Endpoints(endpoints) => self::endpoints(Arc::make_mut(endpoints)),
        Object::EndpointSlice(slice) => self::slice(Arc::make_mut(slice)),
        Object::PodDisruptionBudget(budget) => {
            Arc::make_mut(budget).status.get_or_insert_with(strategy::first_budget_status);
        }
        Object::DaemonSet(set) => daemon_set(Arc::make_mut(set)),
        Object::ConfigMap(_)
        | Object::ServiceAccount(_)
        | Object::Lease(_)
        | Object::Event(_)
        | Object::ControllerRevision(_) => {}
    }
}

/// Sets a text that is absent or empty.
fn text(field: &mut Option<String>, default: &str) {
    if field.as_deref().unwrap_or("").is_empty() {
        *field = Some(default.to_owned());
    }
}

/// Sets a number that is absent or 0, which for Go is the same.
fn number(field: &mut Option<i32>, default: i32) {
    if field.unwrap_or(0) == 0 {
        *field = Some(default);
    }
}

fn deployment(deployment: &mut Deployment) {
    let spec = deployment.spec.get_or_insert_default();
    spec.replicas.get_or_insert(1);
    let strategy = spec.strategy.get_or_insert_default();
    text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let quarter = || IntOrString::String("25%".to_owned());
        let rolling = strategy.rolling_update.get_or_insert_with(RollingUpdateDeployment::default);
        rolling.max_unavailable.get_or_insert_with(quarter);
        rolling.max_surge.get_or_insert_with(quarter);
    }
    spec.revision_history_limit.get_or_insert(10);
    spec.progress_deadline_seconds.get_or_insert(600);
    pod::template(&mut spec.template);
    deployment.status.get_or_insert_default();
}

fn replica_set(set: &mut ReplicaSet) {
    let spec = set.spec.get_or_insert_default();
    spec.replicas.get_or_insert(1);
    pod::template(spec.template.get_or_insert_default());
    set.status.get_or_insert_default();
}

fn daemon_set(set: &mut DaemonSet) {
    let spec = set.spec.get_or_insert_default();
    let strategy = spec.update_strategy.get_or_insert_default();
    text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_with(RollingUpdateDaemonSet::default);
        rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
        rolling.max_surge.get_or_insert(IntOrString::Int(0));
    }
    spec.revision_history_limit.get_or_insert(10);
    pod::template(&mut spec.template);
    set.status.get_or_insert_default();
}

/// The label by which selectors can name a namespace, and the finalizer of namespace deletion.
fn namespace(namespace: &mut Namespace) {
    if let Some(name) = namespace.metadata.name.clone().filter(|name| !name.is_empty()) {
        let labels = namespace.metadata.labels.get_or_insert_default();
        labels.insert("kubernetes.io/metadata.name".to_owned(), name);
    }
    if namespace.metadata.deletion_timestamp.is_none() {
        let finalizers = namespace.spec.get_or_insert_default().finalizers.get_or_insert_default();
        if !finalizers.iter().any(|name| name == "kubernetes") {
            finalizers.push("kubernetes".to_owned());
        }
    }
    text(&mut namespace.status.get_or_insert_default().phase, "Active");
}

/// A node can use all that it has, and its first range of pod addresses stands in two places.
fn node(node: &mut Node) {
    let spec = node.spec.get_or_insert_default();
    match (&spec.pod_cidr, &spec.pod_cidrs) {
        (Some(one), None) => spec.pod_cidrs = Some(vec![one.clone()]),
        (None, Some(all)) => spec.pod_cidr = all.first().cloned(),
        _ => {}
    }
    if let Some(status) = node.status.as_mut().filter(|status| status.allocatable.is_none()) {
        status.allocatable.clone_from(&status.capacity);
    }
}

/// `stringData` is for writing only: it goes over `data`.
fn secret(secret: &mut Secret) {
    for (key, value) in secret.string_data.take().into_iter().flatten() {
        let value = k8s_openapi::ByteString(value.into_bytes());
        secret.data.get_or_insert_default().insert(key, value);
    }
    text(&mut secret.type_, "Opaque");
}

fn endpoints(endpoints: &mut Endpoints) {
    let ports = endpoints.subsets.iter_mut().flatten().flat_map(|subset| subset.ports.iter_mut().flatten());
    for port in ports {
        text(&mut port.protocol, "TCP");
    }
}

fn slice(slice: &mut EndpointSlice) {
    for port in slice.ports.iter_mut().flatten() {
        port.name.get_or_insert_default();
        port.protocol.get_or_insert_with(|| "TCP".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Kind;

    fn defaulted(kind: Kind, value: serde_json::Value) -> serde_json::Value {
        let mut object = Object::decode(kind, value).unwrap();
        apply(&mut object);
        let once = object.to_value();
        apply(&mut object);
        assert_eq!(object.to_value(), once, "defaults are stable");
        once
    }

    #[test]
    fn text_data_of_a_secret_becomes_data() {
        let secret = defaulted(Kind::Secret, json!({"data": {"a": "MQ=="}, "stringData": {"b": "2"}}));
        assert_eq!(secret["data"], json!({"a": "MQ==", "b": "Mg=="}));
        assert_eq!((&secret["type"], secret.get("stringData")), (&json!("Opaque"), None));
    }

    #[test]
    fn a_namespace_gets_its_label_and_finalizer() {
        let namespace = defaulted(Kind::Namespace, json!({"metadata": {"name": "shop"}}));
        assert_eq!(namespace["metadata"]["labels"], json!({"kubernetes.io/metadata.name": "shop"}));
        assert_eq!(namespace["spec"]["finalizers"], json!(["kubernetes"]));
        assert_eq!(namespace["status"]["phase"], "Active");
    }

    #[test]
    fn images_without_a_fixed_tag_are_pulled_always() {
        for (image, policy) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("registry:5000/nginx", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("nginx@sha256:0123", "IfNotPresent"),
        ] {
            let pod = defaulted(Kind::Pod, json!({"spec": {"containers": [{"name": "c", "image": image}]}}));
            assert_eq!(pod["spec"]["containers"][0]["imagePullPolicy"], policy, "{image}");
        }
    }

    #[test]
    fn limits_stand_in_for_requests_in_pods_only() {
        let spec = json!({"containers": [{"name": "c", "resources": {"limits": {"cpu": "1"}}}]});
        let pod = defaulted(Kind::Pod, json!({"spec": spec}));
        assert_eq!(pod["spec"]["containers"][0]["resources"]["requests"]["cpu"], "1");
        let set = defaulted(Kind::ReplicaSet, json!({"spec": {"template": {"spec": spec}}}));
        let resources = &set["spec"]["template"]["spec"]["containers"][0]["resources"];
        assert_eq!(resources.get("requests"), None);
    }
}
