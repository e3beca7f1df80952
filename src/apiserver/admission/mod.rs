//! Admission: what the API server's plug-ins add to an object, and what they refuse.

use k8s_openapi::api::core::v1::{Namespace, Node, ServiceAccount};

use super::Status;
use crate::object::{Object, Pod, StringMap};

/// The plug-ins that change a new Pod, and its first status. Call it after [`super::defaults::apply`] with the
/// pod's name already made. `account` is the pod's ServiceAccount, looked up by [`service_account_name`] in the pod's namespace.
///
/// # Errors
/// 403 when the account does not exist.
pub fn pod(pod: &mut Pod, account: Option<&ServiceAccount>) -> Result<(), Status> {
    let _ = (pod, account);
    Ok(())
}

/// The ServiceAccount that a pod runs as.
pub fn service_account_name(pod: &Pod) -> &str {
    let name = pod.spec.service_account_name.as_deref().unwrap_or("");
    if name.is_empty() { "default" } else { name }
}

/// NamespaceLifecycle for a create: `namespace` is the object's namespace as stored.
///
/// # Errors
/// 404 when there is no such namespace, 403 when it is being deleted.
pub fn namespace_for_create(object: &Object, namespace: Option<&Namespace>) -> Result<(), Status> {
    let _ = (object, namespace);
    Ok(())
}

/// The labels that a pod gets from its node when it is bound to it (PodTopologyLabels).
pub fn topology_labels(node: &Node) -> StringMap {
    let _ = node;
    StringMap::new()
}
