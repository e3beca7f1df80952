//! `kubectl rollout history` and `undo`: the revisions of a Deployment are its ReplicaSets.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::{Value, json};

use crate::apiserver::Patch;
use crate::controllers::deployment::revision::{HASH_LABEL, REVISION, revision};
use crate::kubectl::cluster::Ask;
use crate::kubectl::columns::DESCRIPTION;
use crate::kubectl::describe;
use crate::kubectl::kinds;
use crate::kubectl::output::{Fault, Stream};
use crate::kubectl::running::Context;
use crate::object::{Kind, Object, Resource, annotation, owner};

/// The annotation that says why a revision was made.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
/// Annotations that a Deployment keeps when it is rolled back (`annotationsToSkip`).
const KEPT: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
];

/// Prints the revisions, or one of them.
pub(super) fn show(object: &Object, wanted: i64, cx: &mut Context<'_>) -> Result<(), Fault> {
    let sets = sets(object, cx)?;
    let label = kinds::label(&object.reference());
    if wanted > 0 {
        let set = find(&sets, wanted).ok_or_else(|| Fault::said("unable to find the specified revision"))?;
        let template = set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
        cx.out.line(format!("{label} with revision #{wanted}"));
        // kubectl prints this text with its tabs.
        cx.out.print(Stream::Out, &describe::pod_template(&template));
        cx.out.line("");
        return Ok(());
    }
    cx.out.line(format!("{label} "));
    let mut text = "REVISION\tCHANGE-CAUSE\n".to_owned();
    for set in &sets {
        let cause = annotation(&set.metadata, CHANGE_CAUSE).unwrap_or("<none>");
        text.push_str(&format!("{}\t{cause}\n", revision(set)));
    }
    cx.out.print(Stream::Out, &DESCRIPTION.align(&text));
    cx.out.line("");
    Ok(())
}

/// Goes back to a revision; 0 is the one before this.
pub(super) fn undo(object: &Object, wanted: i64, cx: &mut Context<'_>) -> Result<(), Fault> {
    let Some(deployment) = Deployment::of(object) else {
        return Err(Fault::said(format!("{} cannot be rolled back here", object.kind().name())));
    };
    let label = kinds::label(&object.reference());
    let name = deployment.metadata.name.as_deref().unwrap_or("");
    let spec = deployment.spec.clone().unwrap_or_default();
    let sets = sets(object, cx)?;
    let set = match wanted {
        0 => sets
            .iter()
            .rev()
            .nth(1)
            .ok_or_else(|| Fault::said(format!("no rollout history found for deployment \"{name}\"")))?,
        wanted => find(&sets, wanted)
            .ok_or_else(|| Fault::said(format!("unable to find specified revision {wanted} in history")))?,
    };
    if spec.paused == Some(true) {
        return Err(Fault::said(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        ));
    }
    let mut template = set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
    without_hash(&mut template);
    if template == spec.template {
        cx.out.line(format!("{label} skipped rollback (current template already matches revision {wanted})"));
        return Ok(());
    }
    let of = |meta: &crate::object::ObjectMeta, kept: bool| {
        let all = meta.annotations.clone().unwrap_or_default().into_iter();
        all.filter(move |(key, _)| KEPT.contains(&key.as_str()) == kept).collect::<Vec<_>>()
    };
    let mut annotations = serde_json::Map::new();
    for (key, value) in of(&deployment.metadata, true).into_iter().chain(of(&set.metadata, false)) {
        annotations.insert(key, Value::from(value));
    }
    let patch = json!([
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": annotations},
    ]);
    cx.patch(&object.reference(), Patch::Json(patch), false)?;
    cx.out.line(format!("{label} rolled back"));
    Ok(())
}

fn without_hash(template: &mut PodTemplateSpec) {
    if let Some(labels) = template.metadata.as_mut().and_then(|meta| meta.labels.as_mut()) {
        labels.remove(HASH_LABEL);
    }
}

fn find(sets: &[ReplicaSet], wanted: i64) -> Option<&ReplicaSet> {
    sets.iter().find(|set| revision(set) == wanted)
}

/// The sets of a Deployment by revision.
fn sets(object: &Object, cx: &Context<'_>) -> Result<Vec<ReplicaSet>, Fault> {
    let meta = object.meta();
    let all = cx.cluster.list_in(Kind::ReplicaSet, meta.namespace.as_deref())?;
    let uid = meta.uid.as_deref().unwrap_or("");
    let mut own: Vec<ReplicaSet> = all
        .iter()
        .filter_map(ReplicaSet::of)
        .filter(|set| owner::is_controlled_by(&set.metadata, uid))
        .cloned()
        .collect();
    own.sort_by_key(revision);
    Ok(own)
}
