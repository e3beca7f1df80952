//! The objects of a cluster, one line each.

use crate::engine::World;
use crate::object::{Kind, Object, disruption};

/// Kinds that a person asks for; Events, Leases and the like are left out.
const SHOWN: &[Kind] = &[
    Kind::Node,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::DaemonSet,
    Kind::Pod,
    Kind::Service,
    Kind::PodDisruptionBudget,
    Kind::ConfigMap,
    Kind::Secret,
];

/// The objects that are shown, without those of the system.
pub(super) fn shown(world: &World) -> impl Iterator<Item = &Object> {
    SHOWN.iter().flat_map(|kind| world.list(*kind, None)).filter(|object| {
        let meta = object.meta();
        meta.name.as_deref() != Some("kube-root-ca.crt")
            && !meta.namespace.as_deref().is_some_and(|namespace| namespace.starts_with("kube-"))
    })
}

/// The table.
pub(super) fn objects(world: &World) -> String {
    shown(world)
        .map(|object| format!("{:<52} {}\n", object.reference().to_string(), summary(object)))
        .collect()
}

fn summary(object: &Object) -> String {
    match object {
        Object::Node(node) => {
            let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
            let ready = crate::object::conditions::get(conditions, "Ready");
            format!("Ready={}", ready.map_or("Unknown", |ready| ready.status.as_str()))
        }
        Object::Deployment(deployment) => {
            let status = deployment.status.clone().unwrap_or_default();
            let want = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
            let (ready, updated) = (status.ready_replicas.unwrap_or(0), status.updated_replicas.unwrap_or(0));
            format!("{ready}/{want} ready, {updated} up to date")
        }
        Object::ReplicaSet(set) => {
            let status = set.status.clone().unwrap_or_default();
            let want = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
            format!("{}/{want} ready, {} exist", status.ready_replicas.unwrap_or(0), status.replicas)
        }
        Object::DaemonSet(set) => {
            let status = set.status.clone().unwrap_or_default();
            let (want, updated) =
                (status.desired_number_scheduled, status.updated_number_scheduled.unwrap_or(0));
            format!("{}/{want} ready, {updated} up to date", status.number_ready)
        }
        Object::Pod(pod) => {
            let ready = if pod.is_ready() { "ready" } else { "not ready" };
            let node = pod.node_name().unwrap_or("no node");
            format!("{} {ready} on {node}, {} restarts", pod.phase(), pod.restarts())
        }
        Object::Service(service) => {
            let spec = service.spec.clone().unwrap_or_default();
            format!("{} {}", spec.type_.unwrap_or_default(), spec.cluster_ip.unwrap_or_default())
        }
        Object::PodDisruptionBudget(budget) => {
            let status = budget.status.clone().unwrap_or_default();
            let (healthy, needed) =
                (status.current_healthy.unwrap_or(0), status.desired_healthy.unwrap_or(0));
            format!("{healthy} healthy, {needed} needed, {} may be evicted", disruption::allowed(&status))
        }
        _ => String::new(),
    }
}
