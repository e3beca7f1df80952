//! The controllers: the loops of `kube-controller-manager`.
//!
//! A controller is a loop about one kind of object. It reads what people want (`spec`), looks at what it has
//! seen of the cluster, and asks the API server for whatever makes the two more alike. It never talks to another
//! controller. All of them are [`Loop`](crate::client::Loop)s; a file here holds only what is special about one.
//!
//! - [`node_lifecycle`]: notices that a node fell silent.
//! - [`taint_eviction`]: drives pods off such a node when their patience ends.
//! - [`garbage_collector`]: removes what nobody owns any more.
//! - [`namespace`]: empties a namespace that is to go.
//! - [`pod_gc`]: removes pods that no kubelet will ever remove.
//! - [`service_account`]: gives every namespace its default ServiceAccount and the cluster's certificate.

pub mod garbage_collector;
pub mod namespace;
pub mod node_lifecycle;
pub mod pod_gc;
pub mod service_account;
pub mod taint_eviction;

#[cfg(test)]
pub(crate) mod rig;
