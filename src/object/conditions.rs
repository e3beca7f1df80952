//! Conditions: the list of findings that most statuses hold, at most one per type.
//!
//! Each API type has a condition type of its own with nearly the same fields; [`Condition`] is what they
//! share, so that one pair of functions serves all.

use k8s_openapi::api::apps::v1::{DaemonSetCondition, DeploymentCondition, ReplicaSetCondition};
use k8s_openapi::api::core::v1::{NamespaceCondition, NodeCondition, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition as CommonCondition;

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
conditions!(
    DaemonSetCondition,
    DeploymentCondition,
    ReplicaSetCondition,
    NamespaceCondition,
    NodeCondition,
    PodCondition
);

/// The common type of newer kinds (`metav1.Condition`), where no field may be absent.
impl Condition for CommonCondition {
    fn kind(&self) -> &str {
        &self.type_
    }
    fn status(&self) -> &str {
        &self.status
    }
    fn reason(&self) -> &str {
        &self.reason
    }
}

/// Puts a condition in, or brings the one of its type up to date, whose time moves only with its status
/// (`meta.SetStatusCondition`).
pub fn set(list: &mut Vec<CommonCondition>, condition: CommonCondition) {
    match list.iter_mut().find(|old| old.type_ == condition.type_) {
        Some(old) if old.status == condition.status => {
            let since = old.last_transition_time.clone();
            *old = CommonCondition { last_transition_time: since, ..condition };
        }
        Some(old) => *old = condition,
        None => list.push(condition),
    }
}

/// The condition of this type.
pub fn get<'a, C: Condition>(list: Option<&'a Vec<C>>, kind: &str) -> Option<&'a C> {
    list?.iter().find(|condition| condition.kind() == kind)
}

/// Whether the condition of this type is there and True.
pub fn is_true<C: Condition>(list: Option<&Vec<C>>, kind: &str) -> bool {
    get(list, kind).is_some_and(|condition| condition.status() == "True")
}
