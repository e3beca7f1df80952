//! Subresources that are requests of their own: binding and scale.

use std::sync::Arc;

use k8s_openapi::api::core::v1 as core;
use serde_json::{Value, json};

use super::server::Session;
use super::{Patch, Reply, Status, Sub, admission, patch, validation};
use crate::object::{Key, Kind, Object, ObjectRef, is_terminating, selector};

impl Session<'_> {
    /// Assigns a pod to a node: the one thing that a scheduler does.
    pub(super) fn bind(&mut self, key: &Key, uid: &str, node: &str) -> Result<Reply, Status> {
        let target = ObjectRef::new(Kind::Pod, key.clone());
        let mut object = self.find(&target)?;
        let node_ref = ObjectRef::new(Kind::Node, Key::cluster(node));
        let labels = match self.server.etcd.get(&node_ref) {
            Some(Object::Node(node)) => admission::topology_labels(node),
            _ => Default::default(),
        };
        let now = self.now;
        let Object::Pod(pod) = &mut object else { return Err(Status::not_found(&target)) };
        if !uid.is_empty() && pod.metadata.uid.as_deref() != Some(uid) {
            let there = pod.metadata.uid.clone().unwrap_or_default();
            return Err(Status::other_uid(&target, uid, &there));
        }
        if is_terminating(&pod.metadata) {
            let why = format!("pod {} is being deleted, cannot be assigned to a host", key.name);
            return Err(Status::unbindable(&target, &why));
        }
        if let Some(there) = pod.node_name() {
            let why = format!("pod {} is already assigned to node \"{there}\"", key.name);
            return Err(Status::unbindable(&target, &why));
        }
        let pod = Arc::make_mut(pod);
        pod.node = Some(node.into());
        for (label, value) in labels {
            let meta = Arc::make_mut(&mut pod.metadata);
            meta.labels.get_or_insert_default().insert(label, value);
        }
        let scheduled = core::PodCondition {
            type_: "PodScheduled".to_owned(),
            status: "True".to_owned(),
            observed_generation: pod.metadata.generation,
            last_transition_time: Some(now.to_api()),
            ..core::PodCondition::default()
        };
        let status = Arc::make_mut(&mut pod.status);
        let conditions = status.conditions.get_or_insert_default();
        conditions.retain(|condition| condition.type_ != scheduled.type_);
        conditions.push(scheduled);
        status.nominated_node_name = None;
        self.put(object);
        Ok(Reply::Done)
    }

    /// Sets the number of replicas.
    pub(super) fn scale(
        &mut self,
        target: &ObjectRef,
        replicas: i32,
        version: Option<String>,
    ) -> Result<Reply, Status> {
        let stored = self.find(target)?;
        let causes = validation::scale(replicas);
        if !causes.is_empty() {
            return Err(Status::invalid_scale(&target.key.name, causes));
        }
        let mut object = stored.clone();
        match &mut object {
            Object::Deployment(deployment) => {
                Arc::make_mut(deployment).spec.get_or_insert_default().replicas = Some(replicas);
            }
            Object::ReplicaSet(set) => {
                Arc::make_mut(set).spec.get_or_insert_default().replicas = Some(replicas);
            }
            _ => return Err(no_scale(target)),
        }
        object.meta_mut().resource_version = version;
        let object = self.update(&stored, object, Sub::Scale, false)?;
        scale_of(&object).map(Reply::Value).ok_or_else(|| no_scale(target))
    }

    /// Changes the number of replicas by a patch of the Scale.
    pub(super) fn patch_scale(&mut self, target: &ObjectRef, change: &Patch) -> Result<Reply, Status> {
        let stored = self.find(target)?;
        let scale = scale_of(&stored).ok_or_else(|| no_scale(target))?;
        let scale = patch::apply(target.kind, &scale, change)?;
        let replicas = scale.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(0);
        let replicas = i32::try_from(replicas)
            .map_err(|_| Status::bad_request(format!("spec.replicas: {replicas} is out of range")))?;
        self.scale(target, replicas, None)
    }
}

/// 404: the kind has no number of replicas.
pub(super) fn no_scale(target: &ObjectRef) -> Status {
    let mut status = Status::not_found(target);
    status.message = "the server could not find the requested resource".to_owned();
    status
}

/// The number of replicas as a Scale; none if the kind has none.
pub(super) fn scale_of(object: &Object) -> Option<Value> {
    let (want, have, selector) = match object {
        Object::Deployment(deployment) => {
            let spec = deployment.spec.as_ref()?;
            let have = deployment.status.as_ref().and_then(|status| status.replicas);
            (spec.replicas, have, &spec.selector)
        }
        Object::ReplicaSet(set) => {
            let spec = set.spec.as_ref()?;
            (spec.replicas, set.status.as_ref().map(|status| status.replicas), &spec.selector)
        }
        _ => return None,
    };
    let meta = object.meta();
    Some(json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": meta.name, "namespace": meta.namespace, "uid": meta.uid,
            "resourceVersion": meta.resource_version, "creationTimestamp": meta.creation_timestamp,
        },
        "spec": {"replicas": want.unwrap_or(1)},
        "status": {"replicas": have.unwrap_or(0), "selector": selector::text_of(selector)},
    }))
}
