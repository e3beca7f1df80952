//! A Pod in shared parts.
//!
//! A defaulted running Pod takes some 16 kB, nearly all of it specification that its siblings share. Held as
//! three `Arc`s, a status write copies only the status, and the pods of one ReplicaSet hold one specification
//! between them. The node name is what differs per pod, so it lies over the shared specification.

use std::sync::Arc;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// A Pod whose parts are shared with its earlier revisions and its siblings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    /// Name, labels, owners, deletion.
    pub metadata: Arc<ObjectMeta>,
    /// What should run. Its `node_name` is always empty: see [`Pod::node`].
    pub spec: Arc<core::PodSpec>,
    /// `spec.nodeName`: where the scheduler placed it.
    pub node: Option<SmolStr>,
    /// What was last reported about it.
    pub status: Arc<core::PodStatus>,
}

impl Pod {
    /// The node it is bound to.
    pub fn node_name(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// `status.phase`; `Pending` until something else was reported.
    pub fn phase(&self) -> &str {
        self.status.phase.as_deref().unwrap_or("Pending")
    }

    /// Whether it ran to its end and stays ended.
    pub fn is_finished(&self) -> bool {
        matches!(self.phase(), "Succeeded" | "Failed")
    }

    /// Neither finished nor asked to go: what controllers count as existing
    /// (`controller.IsPodActive` in Kubernetes).
    pub fn is_active(&self) -> bool {
        !self.is_finished() && self.metadata.deletion_timestamp.is_none()
    }

    /// The condition of this type.
    pub fn condition(&self, kind: &str) -> Option<&core::PodCondition> {
        self.status.conditions.as_ref()?.iter().find(|condition| condition.type_ == kind)
    }

    /// Whether its Ready condition is True.
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|ready| ready.status == "True")
    }

    /// Restarts of all containers together.
    pub fn restarts(&self) -> i32 {
        let of = |list: &Option<Vec<core::ContainerStatus>>| {
            list.iter().flatten().map(|status| status.restart_count).sum::<i32>()
        };
        of(&self.status.container_statuses) + of(&self.status.init_container_statuses)
    }
}

impl From<core::Pod> for Pod {
    fn from(pod: core::Pod) -> Self {
        let mut spec = pod.spec.unwrap_or_default();
        let node = spec.node_name.take().filter(|name| !name.is_empty()).map(SmolStr::from);
        Self {
            metadata: Arc::new(pod.metadata),
            spec: Arc::new(spec),
            node,
            status: Arc::new(pod.status.unwrap_or_default()),
        }
    }
}

impl From<&Pod> for core::Pod {
    fn from(pod: &Pod) -> Self {
        let mut spec = (*pod.spec).clone();
        spec.node_name = pod.node.as_ref().map(ToString::to_string);
        Self { metadata: (*pod.metadata).clone(), spec: Some(spec), status: Some((*pod.status).clone()) }
    }
}

/// Whether an init container stays beside the others (`restartPolicy: Always`): a sidecar.
pub fn is_sidecar(container: &core::Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// The shape of the API's own type: the parts are our business only.
impl schemars::JsonSchema for Pod {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        core::Pod::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        core::Pod::json_schema(generator)
    }
}

impl Serialize for Pod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        core::Pod::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Pod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        core::Pod::deserialize(deserializer).map(Self::from)
    }
}
