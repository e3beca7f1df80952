//! The history of a DaemonSet's template.
//!
//! A Deployment keeps its old templates in ReplicaSets. A DaemonSet has no such thing between itself and its pods,
//! so it keeps each template in a ControllerRevision, as a patch that would bring it back: that is what
//! `kubectl rollout undo daemonset` applies. The revision's hash is a label of its pods.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ControllerRevision, DaemonSet};
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use serde_json::{Map, Value, json};
use smol_str::format_smolstr;

use super::seen::Seen;
use super::template::HASH;
use crate::apiserver::{Call, DeleteOptions, Sub};
use crate::client::Write;
use crate::controllers::pod_control::template_hash;
use crate::object::{Kind, ObjectMeta, ObjectRef, Resource, labels, owner};

/// The hash of the set's template of today.
pub(super) fn hash(set: &DaemonSet) -> String {
    let collisions = set.status.as_ref().and_then(|status| status.collision_count);
    let template = set.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
    template_hash(&template, collisions)
}

/// The name of the revision for the template of today.
pub(super) fn name(set: &DaemonSet) -> String {
    format!("{}-{}", set.metadata.name.as_deref().unwrap_or(""), hash(set))
}

/// The patch that would bring today's template back (`getPatch`).
fn data(set: &DaemonSet) -> Value {
    let template = set.spec.as_ref().and_then(|spec| serde_json::to_value(&spec.template).ok());
    let mut fields = Map::from_iter([("$patch".to_owned(), json!("replace"))]);
    fields.extend(template.and_then(|template| template.as_object().cloned()).unwrap_or_default());
    json!({"spec": {"template": fields}})
}

/// Whether a revision holds today's template.
pub(super) fn holds(revision: &ControllerRevision, set: &DaemonSet) -> bool {
    revision.data.as_ref().is_some_and(|held| held.0 == data(set))
}

/// The label by which pods of a revision are known.
pub(super) fn hash_of(revision: &ControllerRevision) -> Option<&str> {
    labels(&revision.metadata).get(HASH).map(String::as_str)
}

/// What has to be written so that there is a revision for today's template, with the highest number.
pub(super) fn writes(seen: &Seen) -> Vec<Write> {
    let number = seen.old_revisions().map(|old| old.revision).max().unwrap_or(0) + 1;
    match seen.revision() {
        None => vec![create(&seen.set, number)],
        Some(current) if current.revision < number => vec![renumber(current, number)],
        Some(_) => Vec::new(),
    }
}

fn create(set: &DaemonSet, number: i64) -> Write {
    let template = set.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref());
    let mut labels = template.and_then(|meta| meta.labels.clone()).unwrap_or_default();
    labels.insert(HASH.to_owned(), hash(set));
    let revision = ControllerRevision {
        metadata: ObjectMeta {
            name: Some(name(set)),
            namespace: set.metadata.namespace.clone(),
            labels: Some(labels),
            annotations: set.metadata.annotations.clone(),
            owner_references: Some(vec![owner::controller_reference(Kind::DaemonSet, &set.metadata)]),
            ..ObjectMeta::default()
        },
        data: Some(RawExtension(data(set))),
        revision: number,
    };
    let did = format_smolstr!("keep the template as revision {number}");
    // One that was made before and is not seen yet is as good; if it is another one, the next look finds that out.
    Write::new(Call::Create { object: revision.into_object(), dry_run: false }, did)
        .tolerating(&["AlreadyExists"])
}

/// A template that was there before is today's again: its revision gets the next number.
fn renumber(current: &ControllerRevision, number: i64) -> Write {
    let object = ControllerRevision { revision: number, ..current.clone() }.into_object();
    let did = format_smolstr!("make the template's revision number {number}");
    Write::new(Call::Update { object, sub: Sub::Main, dry_run: false }, did)
}

/// Deletes the oldest revisions beyond `revisionHistoryLimit`, but none whose pods are still there.
pub(super) fn clean_up(seen: &Seen) -> Vec<Write> {
    let limit = seen.set.spec.as_ref().and_then(|spec| spec.revision_history_limit).unwrap_or(10);
    let mut old: Vec<&Arc<ControllerRevision>> = seen.old_revisions().collect();
    let surplus = old.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
    let live: BTreeSet<&str> = {
        let pods = seen.pods.owned.iter().chain(&seen.pods.orphans);
        pods.filter_map(|pod| labels(&pod.metadata).get(HASH).map(String::as_str)).collect()
    };
    old.sort_by_key(|revision| revision.revision);
    old.retain(|revision| hash_of(revision).is_none_or(|hash| !live.contains(hash)));
    old.into_iter().take(surplus).map(|revision| delete(revision)).collect()
}

fn delete(revision: &ControllerRevision) -> Write {
    let target = ObjectRef::new(Kind::ControllerRevision, revision.key());
    let did = format_smolstr!("forget the template of revision {}", revision.revision);
    Write::new(Call::Delete { target, options: DeleteOptions::default() }, did).tolerating(&["NotFound"])
}
