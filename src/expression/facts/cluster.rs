//! Nodes, Services, traffic, and whether all is as wanted.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde_json::{Value, json};

use super::{Map, missing};
use crate::engine::World;
use crate::object::quantity::{milli_of, units_of};
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, conditions, is_terminating, labels};

/// Kinds whose controllers say up to which generation they have dealt with a wish.
const OBSERVED: &[Kind] = &[Kind::Deployment, Kind::ReplicaSet, Kind::DaemonSet, Kind::PodDisruptionBudget];

/// One node.
pub(super) fn node(world: &World, name: &str) -> Result<Value, String> {
    let target = ObjectRef::new(Kind::Node, Key::cluster(name));
    let node = world.object(&target).and_then(Node::of).ok_or_else(|| missing(&target))?;
    let pods = world.list_as::<Pod>(None).filter(|pod| pod.node_name() == Some(name));
    Ok(summary(node, pods.collect()))
}

/// All nodes.
pub(super) fn nodes(world: &World) -> Value {
    let mut pods: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
    for pod in world.list_as::<Pod>(None) {
        pods.entry(pod.node_name().unwrap_or("")).or_default().push(pod);
    }
    let nodes = world.list_as::<Node>(None);
    let mut on = |node: &Node| pods.remove(node.metadata.name.as_deref().unwrap_or("")).unwrap_or_default();
    nodes.map(|node| summary(node, on(node))).collect()
}

fn summary(node: &Node, mut pods: Vec<&Pod>) -> Value {
    let name = node.metadata.name.as_deref().unwrap_or("");
    let status = node.status.as_ref();
    let ready = conditions::get(status.and_then(|status| status.conditions.as_ref()), "Ready");
    let spec = node.spec.clone().unwrap_or_default();
    pods.retain(|pod| !pod.is_finished());
    let requested = |of: &dyn Fn(&k8s_openapi::api::core::v1::Container) -> i128| {
        pods.iter().flat_map(|pod| &pod.spec.containers).map(of).sum::<i128>()
    };
    let requests = |container: &k8s_openapi::api::core::v1::Container| {
        container.resources.as_ref().and_then(|resources| resources.requests.clone())
    };
    let cpu_milli = requested(&|container| milli_of(requests(container).as_ref(), "cpu"));
    let memory = requested(&|container| units_of(requests(container).as_ref(), "memory"));
    json!({
        "name": name,
        "ready": ready.map_or("Unknown", |condition| condition.status.as_str()),
        "cordoned": spec.unschedulable.unwrap_or(false),
        "taints": spec.taints.unwrap_or_default(),
        "pods": pods.len(),
        "cpu_requested": cpu_milli as f64 / 1000.0,
        "memory_requested": i64::try_from(memory).unwrap_or(i64::MAX),
    })
}

/// One Service.
pub(super) fn service(world: &World, key: &Key) -> Result<Value, String> {
    let target = ObjectRef::new(Kind::Service, key.clone());
    let service = world.object(&target).and_then(Service::of).ok_or_else(|| missing(&target))?;
    let slices = world.list_as::<EndpointSlice>(Some(&key.namespace)).filter(|slice| {
        labels(&slice.metadata).get("kubernetes.io/service-name").is_some_and(|name| *name == key.name)
    });
    let ready = slices.flat_map(|slice| slice.endpoints.iter().flatten()).filter(|endpoint| {
        endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
    });
    let cluster_ip = service.spec.as_ref().and_then(|spec| spec.cluster_ip.clone()).unwrap_or_default();
    Ok(
        json!({ "endpoints": ready.map(|endpoint| endpoint.addresses.len()).sum::<usize>(), "cluster_ip": cluster_ip }),
    )
}

/// What became of the requests of synthetic clients to a Service: one that exists, or that they ask for all the same.
pub(super) fn traffic(world: &World, key: &Key) -> Result<Value, String> {
    let look = world.traffic();
    let service = look.as_ref().and_then(|look| look.services.get(key));
    let target = ObjectRef::new(Kind::Service, key.clone());
    if service.is_none() && world.object(&target).is_none() {
        return Err(missing(&target));
    }
    let (ok, failed) = service.map_or((0, 0), |service| (service.ok, service.failed));
    let total = ok + failed;
    let error_rate = if total == 0 { 0.0 } else { failed as f64 / total as f64 };
    let by_version: Map<String, Value> = service
        .into_iter()
        .flat_map(|service| &service.by_version)
        .map(|(version, count)| (version.to_string(), Value::from(*count)))
        .collect();
    Ok(json!({ "ok": ok, "failed": failed, "error_rate": error_rate, "by_version": by_version }))
}

/// Whether all is as wanted: nothing is under way, every controller has seen the newest wish, every pod is
/// Ready or finished, and none is ending.
pub fn is_settled(world: &World) -> bool {
    world.is_quiet()
        && OBSERVED.iter().flat_map(|kind| world.list(*kind, None)).all(is_observed)
        && world.census().all().restless == 0
}

fn is_observed(object: &Object) -> bool {
    let observed = match object {
        Object::Deployment(deployment) => {
            deployment.status.as_ref().and_then(|status| status.observed_generation)
        }
        Object::ReplicaSet(set) => set.status.as_ref().and_then(|status| status.observed_generation),
        Object::DaemonSet(set) => set.status.as_ref().and_then(|status| status.observed_generation),
        Object::PodDisruptionBudget(budget) => {
            budget.status.as_ref().and_then(|status| status.observed_generation)
        }
        _ => return true,
    };
    observed == object.meta().generation && !is_terminating(object.meta())
}
