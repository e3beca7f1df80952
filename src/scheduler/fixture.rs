//! Nodes and pods for tests.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Node;
use serde_json::{Value, json};

use crate::object::{Object, Pod, Resource};

/// Lays `over` onto `base`, objects field by field.
fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

/// A node of 4 CPU, 8 GiB and 110 pods, as in the recordings, with changes.
pub fn node(name: &str, changes: Value) -> Arc<Node> {
    let mut value = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "uid": format!("uid-{name}"), "labels": {"kubernetes.io/hostname": name}},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "0"}},
    });
    merge(&mut value, changes);
    Arc::clone(Node::shared(&Object::from_value(value).unwrap()).unwrap())
}

/// A pod of one container without requests, with changes.
pub fn pod(name: &str, changes: Value) -> Arc<Pod> {
    let mut value = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": "default", "uid": format!("uid-{name}"), "resourceVersion": "1",
            "generation": 1, "labels": {"app": name},
        },
        "spec": {"schedulerName": "default-scheduler", "containers": [{"name": "c", "image": "nginx"}]},
        "status": {"phase": "Pending"},
    });
    merge(&mut value, changes);
    Arc::clone(Pod::shared(&Object::from_value(value).unwrap()).unwrap())
}

/// A pod that asks for CPU.
pub fn asking(name: &str, cpu: &str) -> Arc<Pod> {
    let resources = json!({"requests": {"cpu": cpu}});
    pod(name, json!({"spec": {"containers": [{"name": "c", "image": "nginx", "resources": resources}]}}))
}
