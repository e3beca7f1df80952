//! Kubernetes objects: records of desired and observed state.
//!
//! The types are those of `k8s-openapi`, generated from the API's own description. This module puts them
//! behind one [`Object`], so that the store, the API server and the caches handle every kind alike, and
//! keeps the [`kinds`] table: adding a kind is one row there and its behaviour in one file.
//!
//! - [`Kind`], [`KindInfo`]: names, group, scope, short names.
//! - [`Object`]: any object, cheap to clone (an `Arc`).
//! - [`Key`], [`ObjectRef`]: namespace and name, with or without the kind.
//! - [`Pod`]: a Pod held in three shared parts, because clusters have many of them; [`Census`]: pods, counted.
//! - [`schema`]: the fields of every kind: names, shapes, what is required, how lists merge.
//! - [`selector`], [`quantity`], [`conditions`], [`owner`]: the vocabulary that objects share.
//! - [`placement`]: on which nodes a pod may be, for all who ask; [`HostPort`]: what of a node it takes for itself.
//! - [`disruption`]: what a PodDisruptionBudget says, for all who read it.
//!
//! ```
//! use kubeloop::object::{Kind, Object, Resource};
//! use k8s_openapi::api::core::v1::ConfigMap;
//! let object = Object::from_value(serde_json::json!({
//!     "apiVersion": "v1", "kind": "ConfigMap",
//!     "metadata": {"name": "web", "namespace": "default"}, "data": {"color": "blue"}
//! })).unwrap();
//! assert_eq!(object.kind(), Kind::ConfigMap);
//! assert_eq!(ConfigMap::of(&object).unwrap().data.as_ref().unwrap()["color"], "blue");
//! ```

mod census;
pub mod conditions;
pub mod disruption;
mod host_port;
pub mod key;
pub mod kinds;
pub mod owner;
pub mod placement;
mod pod;
pub mod quantity;
pub mod schema;
pub mod selector;

pub use census::{Census, Tally};
pub use host_port::HostPort;
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
pub use key::{Key, ObjectRef};
pub use kinds::{DecodeError, Kind, KindInfo, Object, Resource, Scope};
pub use pod::{Pod, is_sidecar};

/// Labels or annotations.
pub type StringMap = std::collections::BTreeMap<String, String>;

/// The labels of an object; empty if it has none.
pub fn labels(meta: &ObjectMeta) -> &StringMap {
    static NONE: StringMap = StringMap::new();
    meta.labels.as_ref().unwrap_or(&NONE)
}

/// One annotation's value.
pub fn annotation<'a>(meta: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    meta.annotations.as_ref()?.get(key).map(String::as_str)
}

/// Whether a deletion was asked for; such an object goes once its grace and finalizers are done.
pub fn is_terminating(meta: &ObjectMeta) -> bool {
    meta.deletion_timestamp.is_some()
}

/// The resource version as a number; 0 if the object was never stored.
pub fn revision(meta: &ObjectMeta) -> u64 {
    meta.resource_version.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0)
}
