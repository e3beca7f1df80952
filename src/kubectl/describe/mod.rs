//! Descriptions: everything that a person wants to know of one object (`kubectl/pkg/describe/describe.go`).
//!
//! A description is lines with tabs, aligned at the end. One row of [`DESCRIBERS`] is one kind; a kind without
//! a row is described as kubectl describes what it does not know: all fields, one after the other.

mod budget;
mod container;
mod event;
mod generic;
mod network;
mod node;
mod plain;
mod pod;
mod volume;
mod workload;
mod writer;

pub(super) use workload::pod_template;

use super::cluster::{Ask, Reads};
use super::columns::DESCRIPTION;
use super::output::Fault;
use crate::object::{Kind, Object};
use writer::Writer;

/// What is described.
struct Subject<'a> {
    object: &'a Object,
    cluster: &'a dyn Reads,
    events: bool,
}

/// Writes everything but the last line end.
type Describe = fn(&Subject<'_>, &mut Writer) -> Result<(), Fault>;

const DESCRIBERS: &[(Kind, Describe)] = &[
    (Kind::Pod, pod::describe),
    (Kind::Deployment, workload::deployment),
    (Kind::ReplicaSet, workload::replica_set),
    (Kind::DaemonSet, workload::daemon_set),
    (Kind::PodDisruptionBudget, budget::describe),
    (Kind::Node, node::describe),
    (Kind::Service, network::service),
    (Kind::Endpoints, network::endpoints),
    (Kind::EndpointSlice, network::slice),
    (Kind::ConfigMap, plain::config_map),
    (Kind::Secret, plain::secret),
    (Kind::Namespace, plain::namespace),
    (Kind::ServiceAccount, plain::service_account),
];

/// The description of an object.
pub(super) fn describe(object: &Object, cluster: &dyn Reads, events: bool) -> Result<String, Fault> {
    let known = DESCRIBERS.iter().find(|(kind, _)| *kind == object.kind());
    let describe = known.map_or(generic::describe as Describe, |(_, describe)| *describe);
    let mut writer = Writer::default();
    describe(&Subject { object, cluster, events }, &mut writer)?;
    Ok(DESCRIPTION.align(&writer.text()))
}

/// The description of an object as `kubectl describe` prints it; what the API server answered if that failed.
pub fn description(cluster: &dyn Reads, object: &Object) -> String {
    describe(object, cluster, true).unwrap_or_else(|fault| fault.text())
}

impl Subject<'_> {
    /// The objects of a kind in the namespace of the subject.
    fn neighbours(&self, kind: Kind) -> Result<Vec<Object>, Fault> {
        Ok(self.cluster.list_in(kind, self.object.meta().namespace.as_deref())?)
    }
}
