//! Making and deleting pods, as all controllers do it that own some (`RealPodControl` in
//! `pkg/controller/controller_utils.go`).
//!
//! They differ in how many pods they want and where; what a new pod looks like, in which batches pods are asked
//! for and which Events tell of it is the same for all.

use std::sync::Arc;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use smol_str::{SmolStr, format_smolstr};

use crate::apiserver::{Call, DeleteOptions, Status};
use crate::client::{Effect, Note, Outcome, Step, Write};
use crate::object::{Key, Kind, Object, ObjectMeta, ObjectRef, Pod, is_terminating, owner};
use crate::random::{fnv1a_32, safe_encode};
use crate::time::{Span, VirtualTime};

/// The first batch of creations; each further one is twice as large (`SlowStartInitialBatchSize`), so that a
/// quota or a broken admission step costs a few refusals and not hundreds.
const FIRST_BATCH: usize = 1;

/// The hash of a template: FNV-1a of its JSON, in the letters of generated names.
pub fn template_hash(template: &PodTemplateSpec, collisions: Option<i32>) -> String {
    let mut bytes = serde_json::to_vec(template).unwrap_or_default();
    if let Some(collisions) = collisions {
        bytes.extend_from_slice(&collisions.to_le_bytes());
    }
    safe_encode(fnv1a_32(&bytes))
}

/// The pod that a template of `owner` describes.
pub fn new_pod(kind: Kind, owner: &ObjectMeta, template: PodTemplateSpec) -> Arc<Pod> {
    let meta = template.metadata.unwrap_or_default();
    let mut spec = template.spec.unwrap_or_default();
    let node = spec.node_name.take().filter(|name| !name.is_empty());
    let metadata = ObjectMeta {
        generate_name: Some(format!("{}-", owner.name.as_deref().unwrap_or(""))),
        namespace: owner.namespace.clone(),
        labels: meta.labels,
        annotations: meta.annotations,
        finalizers: meta.finalizers,
        owner_references: Some(vec![owner::controller_reference(kind, owner)]),
        ..ObjectMeta::default()
    };
    Arc::new(Pod {
        metadata: Arc::new(metadata),
        spec: Arc::new(spec),
        node: node.map(Into::into),
        status: Arc::default(),
    })
}

/// Creates a pod; the Event is about its owner.
pub fn create(pod: &Arc<Pod>, about: &Object) -> Write {
    let call = Call::Create { object: Object::Pod(pod.clone()), dry_run: false };
    Write::new(call, "create a pod").noting(about.clone(), creation_note)
}

/// Puts creations into steps of 1, 2, 4, 8, ...; the rest is left out when one is refused.
pub fn slow_start<L>(creations: Vec<Write>) -> Vec<Step<L>> {
    let (mut left, mut size, mut steps) = (creations.into_iter().peekable(), FIRST_BATCH, Vec::new());
    while left.peek().is_some() {
        let effects = left.by_ref().take(size).map(Effect::Write).collect();
        steps.push(Step { effects, must_succeed: true });
        size *= 2;
    }
    steps
}

fn creation_note(about: &Object, _call: &Call, outcome: &Outcome) -> Option<Note> {
    match outcome {
        Outcome::Done(object) => {
            let name = object.as_ref().and_then(|pod| pod.meta().name.clone()).unwrap_or_default();
            Some(Note::normal(about.clone(), "SuccessfulCreate", format!("Created pod: {name}")))
        }
        Outcome::Refused(status) if is_namespace_ending(status) => None,
        Outcome::Refused(status) => {
            let message = format!("Error creating: {}", status.message);
            Some(Note::warning(about.clone(), "FailedCreate", message))
        }
        Outcome::Listed(_) | Outcome::Skipped => None,
    }
}

/// A namespace that is being deleted takes nothing new; upstream does not complain about that.
pub fn is_namespace_ending(status: &Status) -> bool {
    status.causes.iter().any(|cause| cause.reason == "NamespaceTerminating")
}

/// Deletes a pod for this reason; the Event is about its owner.
pub fn delete(pod: Key, about: &Object, why: &str) -> Write {
    let target = ObjectRef::new(Kind::Pod, pod);
    let did = format_smolstr!("delete pod {}: {why}", target.key.name);
    let call = Call::Delete { target, options: DeleteOptions::default() };
    Write::new(call, did).noting(about.clone(), deletion_note).tolerating(&["NotFound"])
}

fn deletion_note(about: &Object, call: &Call, outcome: &Outcome) -> Option<Note> {
    let name = call.target().map(|target| target.key.name).unwrap_or_default();
    match outcome {
        // Done without an object: it was gone already.
        Outcome::Done(None) => None,
        Outcome::Done(Some(_)) => {
            Some(Note::normal(about.clone(), "SuccessfulDelete", format!("Deleted pod: {name}")))
        }
        Outcome::Refused(status) => {
            let message = format!("Error deleting: {}", status.message);
            Some(Note::warning(about.clone(), "FailedDelete", message))
        }
        Outcome::Listed(_) | Outcome::Skipped => None,
    }
}

/// After how long a pod is available; zero if it is now, none if it is not ready.
pub fn available_in(pod: &Pod, min_ready: Span, now: VirtualTime) -> Option<Span> {
    let ready = pod.condition("Ready").filter(|ready| ready.status == "True")?;
    if min_ready == Span::ZERO {
        return Some(Span::ZERO);
    }
    let since = VirtualTime::from_api(ready.last_transition_time.as_ref()?);
    Some((since + min_ready).since(now))
}

/// What happened to a pod, in words.
pub fn news(old: Option<&Pod>, new: &Pod) -> SmolStr {
    let Some(old) = old else { return "is new".into() };
    if is_terminating(&new.metadata) && !is_terminating(&old.metadata) {
        return "is being deleted".into();
    }
    if old.phase() != new.phase() {
        return format_smolstr!("is {} now", new.phase());
    }
    match (old.is_ready(), new.is_ready()) {
        (false, true) => "became ready".into(),
        (true, false) => "is no longer ready".into(),
        _ => "changed".into(),
    }
}
