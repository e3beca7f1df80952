//! What distinguishes the kinds when they are stored (`PrepareForCreate` and `PrepareForUpdate` of the strategies
//! in `pkg/registry`): who may write the status, what has a generation, which metadata is the server's own.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::policy::v1::PodDisruptionBudgetStatus;

use crate::object::{Kind, Object, Resource, annotation, is_terminating};

/// The annotation that counts a DaemonSet's templates.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Kinds whose specification has a generation.
pub(super) fn has_generation(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Pod
            | Kind::ReplicaSet
            | Kind::Deployment
            | Kind::DaemonSet
            | Kind::EndpointSlice
            | Kind::PodDisruptionBudget
    )
}

/// Kinds whose status is written together with the specification: Events and the like have none, and a
/// kubelet registers its node with a status.
pub(super) fn is_status_writable_with_spec(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Pod
            | Kind::ReplicaSet
            | Kind::Deployment
            | Kind::DaemonSet
            | Kind::Service
            | Kind::Namespace
            | Kind::Node
            | Kind::PodDisruptionBudget
    )
}

/// A new object has no status, whatever the client says; a Node's is that of the kubelet that registers it.
pub(super) fn drop_status(object: &mut Object) {
    match object {
        Object::Pod(pod) => Arc::make_mut(pod).status = Arc::default(),
        Object::ReplicaSet(set) => Arc::make_mut(set).status = Some(Default::default()),
        Object::Deployment(deployment) => Arc::make_mut(deployment).status = Some(Default::default()),
        Object::DaemonSet(set) => Arc::make_mut(set).status = Some(Default::default()),
        Object::Service(service) => Arc::make_mut(service).status = None,
        Object::PodDisruptionBudget(budget) => {
            Arc::make_mut(budget).status = Some(first_budget_status());
        }
        Object::Namespace(namespace) => {
            let status = core::NamespaceStatus { phase: Some("Active".to_owned()), conditions: None };
            Arc::make_mut(namespace).status = Some(status);
        }
        _ => {}
    }
}

/// The status of a budget that nobody has looked at: it allows nothing. Its zeros are shown.
pub(super) fn first_budget_status() -> PodDisruptionBudgetStatus {
    PodDisruptionBudgetStatus {
        disruptions_allowed: Some(0),
        current_healthy: Some(0),
        desired_healthy: Some(0),
        expected_pods: Some(0),
        ..PodDisruptionBudgetStatus::default()
    }
}

/// Counts the templates that a DaemonSet has had, in an annotation that only the server sets: 1 for the first
/// (or what somebody restores), one more with each change. It is what came before ControllerRevisions, and pods are
/// still labelled with it (`TemplateGeneration` in `pkg/registry/apps/daemonset`).
pub(super) fn count_templates(stored: Option<&Object>, object: &mut Object) {
    let Object::DaemonSet(set) = object else { return };
    let number = |set: &DaemonSet| {
        let text = annotation(&set.metadata, TEMPLATE_GENERATION)?;
        text.parse::<i64>().ok().filter(|number| *number > 0)
    };
    let template = |set: &DaemonSet| set.spec.as_ref().map(|spec| spec.template.clone());
    let number = match stored.and_then(DaemonSet::of) {
        Some(old) => number(old).unwrap_or(1) + i64::from(template(old) != template(set)),
        None => number(set).unwrap_or(1),
    };
    let annotations = Arc::make_mut(set).metadata.annotations.get_or_insert_default();
    annotations.insert(TEMPLATE_GENERATION.to_owned(), number.to_string());
}

/// Metadata that only the server sets.
pub(super) fn keep_meta(stored: &Object, object: &mut Object) {
    let old = stored.meta();
    let new = object.meta_mut();
    new.uid.clone_from(&old.uid);
    new.creation_timestamp.clone_from(&old.creation_timestamp);
    new.generation = old.generation;
    new.deletion_timestamp.clone_from(&old.deletion_timestamp);
    new.deletion_grace_period_seconds = old.deletion_grace_period_seconds;
    new.resource_version.clone_from(&old.resource_version);
    new.generate_name.clone_from(&old.generate_name);
    new.self_link = None;
    new.managed_fields = None;
    for map in [&mut new.labels, &mut new.annotations] {
        if map.as_ref().is_some_and(|map| map.is_empty()) {
            *map = None;
        }
    }
    if new.finalizers.as_ref().is_some_and(Vec::is_empty) {
        new.finalizers = None;
    }
    if new.owner_references.as_ref().is_some_and(Vec::is_empty) {
        new.owner_references = None;
    }
}

/// A status update of these kinds keeps the annotations that came with it (their strategies take only spec, and
/// some labels, from the stored object); the Deployment controller relies on it.
pub(super) fn keep_meta_of_status_update(update: &Object, whole: &mut Object) {
    if matches!(
        update.kind(),
        Kind::Deployment | Kind::ReplicaSet | Kind::DaemonSet | Kind::Node | Kind::PodDisruptionBudget
    ) {
        whole.meta_mut().annotations.clone_from(&update.meta().annotations);
    }
}

/// What holds a namespace is written by the subresource `finalize` alone.
pub(super) fn take_namespace_finalizers(from: &Object, into: &mut Object) {
    if let (Object::Namespace(from), Object::Namespace(into)) = (from, into) {
        let finalizers = from.spec.as_ref().and_then(|spec| spec.finalizers.clone());
        Arc::make_mut(into).spec.get_or_insert_default().finalizers = finalizers;
    }
}

/// Whether nothing holds an object that is to go any more.
pub(super) fn is_finalized(object: &Object) -> bool {
    let meta = object.meta();
    let held = meta.finalizers.as_ref().is_some_and(|finalizers| !finalizers.is_empty());
    let ending = meta.deletion_grace_period_seconds.is_some_and(|seconds| seconds > 0);
    let content = match object {
        Object::Namespace(namespace) => namespace
            .spec
            .as_ref()
            .and_then(|spec| spec.finalizers.as_ref())
            .is_some_and(|list| !list.is_empty()),
        _ => false,
    };
    is_terminating(meta) && !held && !ending && !content
}
