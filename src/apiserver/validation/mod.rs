//! Validation: is this object one that the API accepts?
//!
//! The rules, their order and their sentences are those of Kubernetes' hand-written validation
//! (`pkg/apis/core/validation` and its siblings for the other groups), so that a refusal reads here as it
//! reads there. One file per subject; each function adds what it finds to `field::Findings` and never stops
//! at the first fault, unless the real server does.
//!
//! We leave out what belongs to kinds and features that this cluster does not have: volumes of particular
//! clouds beyond "which type is it", Windows options, dynamic resource claims.
//!
//! - [`create`], [`update`], [`update_status`]: the entries, for every kind.

mod cluster;
mod config;
mod container;
mod daemon_set;
mod endpoints;
mod environment;
mod event;
mod field;
mod handler;
mod line_diff;
mod metadata;
mod mount;
mod names;
mod pod;
mod pod_dump;
mod pod_update;
mod policy;
mod resources;
mod scheduling;
mod security;
mod service;
mod service_update;
mod volume;
mod workload;

pub use names::dns_subdomain;

use field::{Findings, Path};

use super::Cause;
use crate::object::{Object, Pod};

/// The findings in a new object, defaulted and admitted, with its name already made.
pub fn create(object: &Object) -> Vec<Cause> {
    let mut found = Findings::default();
    let out = &mut found;
    match object {
        Object::Namespace(namespace) => cluster::namespace(namespace, out),
        Object::Node(node) => cluster::node(node, out),
        Object::Pod(pod) => pod::create(pod, out),
        Object::ReplicaSet(set) => workload::replica_set(set, out),
        Object::Deployment(deployment) => workload::deployment(deployment, out),
        Object::Service(service) => service::create(service, out),
        Object::Endpoints(endpoints) => endpoints::endpoints(endpoints, out),
        Object::EndpointSlice(slice) => endpoints::slice(slice, out),
        Object::ConfigMap(map) => config::config_map(map, out),
        Object::Secret(secret) => config::secret(secret, out),
        Object::ServiceAccount(account) => config::service_account(account, out),
        Object::Lease(lease) => event::lease(lease, out),
        Object::Event(event) => event::event(event, out),
        Object::PodDisruptionBudget(budget) => policy::budget(budget, out),
        Object::DaemonSet(set) => daemon_set::create(set, out),
        Object::ControllerRevision(revision) => daemon_set::revision(revision, out),
    }
    found.into_causes()
}

/// The findings in a change of an object. Both have the same key; objects of two kinds are never a change.
pub fn update(new: &Object, old: &Object) -> Vec<Cause> {
    let mut found = Findings::default();
    let out = &mut found;
    // Pods look at their metadata themselves, since they check them as new ones too.
    if !matches!(new, Object::Pod(_) | Object::EndpointSlice(_)) {
        metadata::update(new.meta(), old.meta(), out);
    }
    match (new, old) {
        (Object::Namespace(_), Object::Namespace(_)) => {}
        (Object::Node(new), Object::Node(old)) => cluster::node_update(new, old, out),
        (Object::Pod(new), Object::Pod(old)) => pod_update::update(new, old, out),
        (Object::ReplicaSet(new), Object::ReplicaSet(old)) => workload::replica_set_update(new, old, out),
        (Object::Deployment(new), Object::Deployment(old)) => workload::deployment_update(new, old, out),
        (Object::Service(new), Object::Service(old)) => service_update::update(new, old, out),
        (Object::Endpoints(new), Object::Endpoints(_)) => endpoints::endpoints(new, out),
        (Object::EndpointSlice(new), Object::EndpointSlice(old)) => {
            endpoints::slice(new, out);
            let same = new.address_type == old.address_type;
            out.immutable(&Path::new("addressType"), same, &new.address_type);
        }
        (Object::ConfigMap(new), Object::ConfigMap(old)) => config::config_map_update(new, old, out),
        (Object::Secret(new), Object::Secret(old)) => config::secret_update(new, old, out),
        (Object::ServiceAccount(new), Object::ServiceAccount(_)) => config::service_account(new, out),
        (Object::Lease(new), Object::Lease(_)) => event::lease_spec(new, out),
        (Object::Event(new), Object::Event(_)) => event::event(new, out),
        (Object::PodDisruptionBudget(new), Object::PodDisruptionBudget(_)) => policy::budget_spec(new, out),
        (Object::DaemonSet(new), Object::DaemonSet(old)) => daemon_set::update(new, old, out),
        (Object::ControllerRevision(new), Object::ControllerRevision(old)) => {
            daemon_set::revision_update(new, old, out);
        }
        _ => out.invalid(&Path::new("kind"), new.kind().name(), "field is immutable"),
    }
    found.into_causes()
}

/// The findings in a change of an object's status.
pub fn update_status(new: &Object, old: &Object) -> Vec<Cause> {
    let mut found = Findings::default();
    let out = &mut found;
    metadata::update(new.meta(), old.meta(), out);
    match (new, old) {
        (Object::Namespace(new), Object::Namespace(_)) => cluster::namespace_status(new, out),
        (Object::Node(new), Object::Node(old)) => cluster::node_update(new, old, out),
        (Object::Pod(new), Object::Pod(old)) => pod_update::status(new, old, out),
        (Object::ReplicaSet(new), Object::ReplicaSet(_)) => workload::replica_set_status(new, out),
        (Object::Deployment(new), Object::Deployment(old)) => workload::deployment_status(new, old, out),
        (Object::PodDisruptionBudget(new), Object::PodDisruptionBudget(_)) => policy::budget_status(new, out),
        (Object::DaemonSet(new), Object::DaemonSet(old)) => daemon_set::status(new, old, out),
        _ => {}
    }
    found.into_causes()
}

/// The findings in the number of replicas that a Scale asks for; they are about the kind `Scale.autoscaling`.
pub fn scale(replicas: i32) -> Vec<Cause> {
    let mut found = Findings::default();
    found.not_negative(&Path::new("spec").child("replicas"), i64::from(replicas));
    found.into_causes()
}

/// Whether a pod's specification was taken over unchanged, which needs no second look.
fn same_spec(new: &Pod, old: &Pod) -> bool {
    std::sync::Arc::ptr_eq(&new.spec, &old.spec) || new.spec == old.spec
}
