//! The controllers: the loops of `kube-controller-manager`.
//!
//! A controller is a loop about one kind of object. It reads what people want (`spec`), looks at what it has
//! seen of the cluster, and asks the API server for whatever makes the two more alike. It never talks to another
//! controller: the Deployment controller writes ReplicaSets, the ReplicaSet controller hears of that through
//! its own watch and writes Pods, and so on down to the kubelet. Kill any of them, and the others go on.
//!
//! All controllers are [`Loop`](crate::client::Loop)s; the shell around them lists, watches, queues, retries and
//! records. So a file here holds only what is special about its kind:
//!
//! - [`deployment`]: rolls a new version out by growing one ReplicaSet and shrinking others.
//! - [`replica_set`]: keeps a number of equal pods in existence.
//! - [`daemon_set`]: keeps one pod on every node that may have it.
//! - [`endpoint_slice`]: lists the pods behind each Service, for kube-proxy.
//! - [`endpoints`]: the same in the older form, for those who still read it.
//! - [`node_lifecycle`]: notices that a node fell silent.
//! - [`taint_eviction`]: drives pods off such a node when their patience ends.
//! - [`garbage_collector`]: removes what nobody owns any more.
//! - [`namespace`]: empties a namespace that is to go.
//! - [`pod_gc`]: removes pods that no kubelet will ever remove.
//! - [`disruption`]: counts the healthy pods of each disruption budget, so that evictions can be refused.
//! - [`service_account`]: gives every namespace its default ServiceAccount and the cluster's certificate.
//!
//! What a controller owns is marked on the object (`metadata.ownerReferences`), not remembered: [`claim`]. Those
//! that make pods share [`expectations`], [`own_pods`] and [`pod_control`].

pub mod claim;
pub mod daemon_set;
pub mod deployment;
pub mod disruption;
pub mod endpoint_slice;
pub mod endpoints;
pub mod expectations;
pub mod garbage_collector;
pub mod namespace;
pub mod node_lifecycle;
pub mod own_pods;
pub mod pod_control;
pub mod pod_gc;
pub mod replica_set;
pub mod service_account;
mod service_pods;
pub mod taint_eviction;

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod testing;
