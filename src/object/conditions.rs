//! Conditions: the list of findings that most statuses hold, at most one per type.
//!
//! Each API type has a condition type of its own with nearly the same fields; [`Condition`] is what they
//! share, so that one pair of functions serves all.

use k8s_openapi::api::apps::v1::{DeploymentCondition, ReplicaSetCondition};
use k8s_openapi::api::core::v1::{NamespaceCondition, NodeCondition, PodCondition};

/// What all condition types share.
pub trait Condition {
    /// `Ready`, `Available`, ...
    fn kind(&self) -> &str;
    /// `True`, `False` or `Unknown`.
    fn status(&self) -> &str;
    /// A word for programs.
    fn reason(&self) -> &str;
}

macro_rules! conditions {
    ($($type:ty),*) => { $( impl Condition for $type {
        fn kind(&self) -> &str { &self.type_ }
        fn status(&self) -> &str { &self.status }
        fn reason(&self) -> &str { self.reason.as_deref().unwrap_or("") }
    } )* };
}
conditions!(DeploymentCondition, ReplicaSetCondition, NamespaceCondition, NodeCondition, PodCondition);

/// The condition of this type.
pub fn get<'a, C: Condition>(list: Option<&'a Vec<C>>, kind: &str) -> Option<&'a C> {
    list?.iter().find(|condition| condition.kind() == kind)
}

/// Whether the condition of this type is there and True.
pub fn is_true<C: Condition>(list: Option<&Vec<C>>, kind: &str) -> bool {
    get(list, kind).is_some_and(|condition| condition.status() == "True")
}
