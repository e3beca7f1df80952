//! Admission: what the API server's plug-ins add to an object, and what they refuse.
//!
//! After defaults and before validation, plug-ins may change a new object or forbid it. Those that a plain
//! cluster has switched on and that matter for our kinds are here: NamespaceLifecycle, ServiceAccount,
//! DefaultTolerationSeconds, Priority, PodTopologyLabels and TaintNodesByCondition. ResourceQuota, LimitRanger, PodSecurity and the
//! webhooks need kinds that this cluster does not have.

mod account;
mod node;
mod priority;
mod quality;

use std::sync::Arc;

use k8s_openapi::api::core::v1::{
    Namespace, Node, PodCondition, PodSpec, PodStatus, ServiceAccount, Toleration,
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{Cause, Status};
use crate::object::{Object, ObjectRef, Pod, Resource, StringMap, is_terminating, labels};

pub use node::admit as node;
pub use quality::class as quality_class;

/// How long a pod stays on a node that is not ready or not reachable, in seconds
/// (`--default-not-ready-toleration-seconds`, `--default-unreachable-toleration-seconds`).
const TOLERATION_SECONDS: i64 = 300;

/// Namespaces that stay (NamespaceLifecycle's `immortalNamespaces`).
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// The labels that pods take over from their node (PodTopologyLabels, on by default since 1.35).
const TOPOLOGY: [&str; 2] = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

/// The plug-ins that change a new Pod, and its first status. Call it after [`super::defaults::apply`] with the
/// pod's name already made. `account` is the pod's ServiceAccount: the one called [`service_account_name`]
/// in the pod's namespace.
///
/// # Errors
/// 403 when the account or the priority class does not exist, or the pod says its priority itself.
pub fn pod(pod: &mut Pod, account: Option<&ServiceAccount>, now: Time) -> Result<(), Status> {
    let mut spec = (*pod.spec).clone();
    let refuse = |why: String| Status::forbidden(&reference(pod), &why);
    account::admit(&mut spec, pod, account).map_err(refuse)?;
    tolerations(&mut spec);
    priority::admit(&mut spec).map_err(refuse)?;
    pod.status = Arc::new(first_status(&spec, now));
    pod.spec = Arc::new(spec);
    Ok(())
}

/// The pod as refusals name it; before it has a name, by what its name will begin with.
fn reference(pod: &Pod) -> ObjectRef {
    let mut key = pod.key();
    if key.name.is_empty() {
        key.name = pod.metadata.generate_name.as_deref().unwrap_or("Unknown!").into();
    }
    ObjectRef::new(Pod::KIND, key)
}

/// The ServiceAccount that a pod runs as.
pub fn service_account_name(pod: &Pod) -> &str {
    match pod.spec.service_account_name.as_deref() {
        None | Some("") => "default",
        Some(name) => name,
    }
}

fn tolerations(spec: &mut PodSpec) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerates = |toleration: &Toleration| {
            let any = |field: &Option<String>, value: &str| {
                matches!(field.as_deref(), None | Some("")) || field.as_deref() == Some(value)
            };
            any(&toleration.key, key) && any(&toleration.effect, "NoExecute")
        };
        if !spec.tolerations.iter().flatten().any(tolerates) {
            spec.tolerations.get_or_insert_default().push(Toleration {
                key: Some(key.to_owned()),
                operator: Some("Exists".to_owned()),
                effect: Some("NoExecute".to_owned()),
                toleration_seconds: Some(TOLERATION_SECONDS),
                value: None,
            });
        }
    }
}

fn first_status(spec: &PodSpec, now: Time) -> PodStatus {
    let gated = spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty());
    let waiting = PodCondition {
        type_: "PodScheduled".to_owned(),
        status: "False".to_owned(),
        last_transition_time: Some(now),
        reason: Some("SchedulingGated".to_owned()),
        message: Some("Scheduling is blocked due to non-empty scheduling gates".to_owned()),
        ..PodCondition::default()
    };
    PodStatus {
        phase: Some("Pending".to_owned()),
        qos_class: Some(quality_class(spec).to_owned()),
        conditions: gated.then(|| vec![waiting]),
        ..PodStatus::default()
    }
}

/// A new object as refusals name it: before it has a name, by what its name will begin with.
pub fn subject(object: &Object) -> ObjectRef {
    let mut target = object.reference();
    if target.key.name.is_empty() {
        target.key.name = object.meta().generate_name.as_deref().unwrap_or("Unknown!").into();
    }
    target
}

/// NamespaceLifecycle for a create: `namespace` is the subject's namespace as stored. Objects without a
/// namespace need none.
///
/// # Errors
/// 404 when there is no such namespace, 403 when it is being deleted.
pub fn namespace_for_create(subject: &ObjectRef, namespace: Option<&Namespace>) -> Result<(), Status> {
    if !subject.kind.is_namespaced() {
        return Ok(());
    }
    let name = &subject.key.namespace;
    let Some(namespace) = namespace else {
        let missing = ObjectRef::new(Namespace::KIND, crate::object::Key::cluster(name.clone()));
        return Err(Status::not_found(&missing));
    };
    let phase = namespace.status.as_ref().and_then(|status| status.phase.as_deref());
    if !is_terminating(&namespace.metadata) && phase != Some("Terminating") {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {name} because it is being terminated");
    let mut status = Status::forbidden(subject, &why);
    status.causes = vec![Cause {
        reason: "NamespaceTerminating".to_owned(),
        message: format!("namespace {name} is being terminated"),
        field: "metadata.namespace".to_owned(),
    }];
    Err(status)
}

/// NamespaceLifecycle for a delete.
///
/// # Errors
/// 403 for the namespaces without which there is no cluster.
pub fn namespace_for_delete(target: &ObjectRef) -> Result<(), Status> {
    match target.kind == Namespace::KIND && IMMORTAL.contains(&target.key.name.as_str()) {
        true => Err(Status::forbidden(target, "this namespace may not be deleted")),
        false => Ok(()),
    }
}

/// The labels that a pod gets from its node when it is bound to it (PodTopologyLabels).
pub fn topology_labels(node: &Node) -> StringMap {
    let known = labels(&node.metadata);
    let entry = |key: &str| known.get(key).map(|value| (key.to_owned(), value.clone()));
    TOPOLOGY.iter().filter_map(|key| entry(key)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::apiserver::defaults;
    use crate::object::Kind;

    fn make(spec: Value) -> Pod {
        let value = json!({"metadata": {"name": "p", "namespace": "shop"}, "spec": spec});
        let mut object = Object::decode(Kind::Pod, value).unwrap();
        defaults::apply(&mut object);
        Pod::of(&object).unwrap().clone()
    }

    fn refused(spec: Value) -> Status {
        pod(&mut make(spec), Some(&ServiceAccount::default()), Time::from(jiff::Timestamp::UNIX_EPOCH))
            .unwrap_err()
    }

    #[test]
    fn a_missing_account_is_refused() {
        let status = pod(
            &mut make(json!({"serviceAccountName": "ghost"})),
            None,
            Time::from(jiff::Timestamp::UNIX_EPOCH),
        )
        .unwrap_err();
        assert_eq!(
            status.message,
            "pods \"p\" is forbidden: error looking up service account shop/ghost: serviceaccount \"ghost\" not found"
        );
    }

    #[test]
    fn siblings_get_the_same_volume_name_and_others_another() {
        let name = |image: &str| {
            let mut made = make(json!({"containers": [{"name": "c", "image": image}]}));
            pod(&mut made, Some(&ServiceAccount::default()), Time::from(jiff::Timestamp::UNIX_EPOCH))
                .unwrap();
            made.spec.volumes.as_ref().unwrap()[0].name.clone()
        };
        assert_eq!(name("nginx:1"), name("nginx:1"));
        assert_ne!(name("nginx:1"), name("nginx:2"));
        assert_eq!(name("nginx:1").len(), "kube-api-access-".len() + 5);
    }

    #[test]
    fn a_pod_can_do_without_a_token_and_keeps_its_own_tolerations() {
        let mut made = make(json!({
            "automountServiceAccountToken": false, "containers": [{"name": "c"}],
            "tolerations": [{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "tolerationSeconds": 5}]
        }));
        pod(&mut made, Some(&ServiceAccount::default()), Time::from(jiff::Timestamp::UNIX_EPOCH)).unwrap();
        assert_eq!(made.spec.volumes, None);
        let keys: Vec<_> =
            made.spec.tolerations.iter().flatten().map(|t| t.key.as_deref().unwrap()).collect();
        assert_eq!(keys, ["node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"]);
    }

    #[test]
    fn priorities_come_from_classes_only() {
        assert_eq!(
            refused(json!({"priorityClassName": "gold"})).message,
            "pods \"p\" is forbidden: no PriorityClass with name gold was found"
        );
        assert!(refused(json!({"priority": 5})).message.contains("must not be provided in pod spec"));
    }

    #[test]
    fn nothing_new_enters_a_dying_namespace() {
        let object =
            Object::decode(Kind::Pod, json!({"metadata": {"name": "p", "namespace": "shop"}})).unwrap();
        let subject = subject(&object);
        let mut namespace = Namespace::default();
        assert_eq!(namespace_for_create(&subject, Some(&namespace)), Ok(()));
        assert_eq!(
            namespace_for_create(&subject, None).unwrap_err().message,
            "namespaces \"shop\" not found"
        );
        namespace.status.get_or_insert_default().phase = Some("Terminating".to_owned());
        let status = namespace_for_create(&subject, Some(&namespace)).unwrap_err();
        assert_eq!(
            status.message,
            "pods \"p\" is forbidden: unable to create new content in namespace shop because it is being terminated"
        );
        assert_eq!(status.causes[0].reason, "NamespaceTerminating");
    }
}
