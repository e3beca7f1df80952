//! Revisions: how a Deployment knows its versions apart.
//!
//! Each pod template has a *hash*, which is part of the name of its ReplicaSet and a label of its pods, so that
//! two versions never share a selector. It is opaque: the same template always gives the same letters, and that is
//! all one may rely on. If two templates should give the same, `status.collisionCount` goes up and is hashed too.
//!
//! Each set carries the number of the *revision* in which it was last the new one. Going back to an old template
//! does not make a new set: the old one gets the next number, and its former number is kept in a second
//! annotation (`SetNewReplicaSetAnnotations` in `pkg/controller/deployment/util/deployment_util.go`).

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, ReplicaSetSpec};
use k8s_openapi::api::core::v1::PodTemplateSpec;

use super::budget::{Budget, replicas};
use crate::controllers::pod_control::template_hash;
use crate::object::{Kind, ObjectMeta, Resource, StringMap, annotation, owner};

/// The label that holds the template's hash.
pub const HASH_LABEL: &str = "pod-template-hash";
/// The revision of a set, and of the Deployment's template of today.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// The revisions that a set had before, if it was returned to.
pub const HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// `spec.replicas` of the Deployment when the set was last scaled; if it differs, the Deployment was scaled.
pub const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
/// The same plus maxSurge: what proportional scaling refers to.
pub const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";

/// Annotations of the Deployment that its sets do not inherit.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
    REVISION,
    HISTORY,
    DESIRED,
    MAXIMUM,
];
/// The revision history of a set is not longer than this (`maxRevHistoryLengthInChars`).
const HISTORY_CHARS: usize = 2000;

/// The hash of the Deployment's template of today.
fn hash(deployment: &Deployment) -> String {
    let collisions = deployment.status.as_ref().and_then(|status| status.collision_count);
    let template = deployment.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
    template_hash(&template, collisions)
}

/// The name of the ReplicaSet for the template of today.
pub fn set_name(deployment: &Deployment) -> String {
    format!("{}-{}", deployment.metadata.name.as_deref().unwrap_or(""), hash(deployment))
}

/// Whether the set makes the pods that the Deployment wants: the templates are equal but for the hash label.
pub fn has_template(set: &ReplicaSet, deployment: &Deployment) -> bool {
    let (Some(set), Some(deployment)) = (&set.spec, &deployment.spec) else { return false };
    let Some(template) = &set.template else { return false };
    let meta = |template: &PodTemplateSpec| {
        let mut meta = template.metadata.clone().unwrap_or_default();
        let mut labels = meta.labels.take().unwrap_or_default();
        labels.remove(HASH_LABEL);
        meta.labels = Some(labels);
        meta.annotations = meta.annotations.filter(|annotations| !annotations.is_empty());
        meta.creation_timestamp = None;
        meta
    };
    template.spec == deployment.template.spec && meta(template) == meta(&deployment.template)
}

/// The revision that a set's annotation names; 0 if it names none.
pub fn revision(set: &ReplicaSet) -> i64 {
    annotation(&set.metadata, REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The next revision: one more than that of any of these sets.
pub fn next<'a>(old: impl Iterator<Item = &'a ReplicaSet>) -> i64 {
    old.map(revision).max().unwrap_or(0) + 1
}

/// Gives a set the Deployment's annotations and the revision `number`, if its own is lower. Returns whether
/// anything changed.
pub fn annotate(set: &mut ReplicaSet, deployment: &Deployment, number: i64) -> bool {
    let mut annotations = set.metadata.annotations.take().unwrap_or_default();
    let before = annotations.clone();
    for (key, value) in deployment.metadata.annotations.iter().flatten() {
        if !NOT_COPIED.contains(&key.as_str()) {
            annotations.insert(key.clone(), value.clone());
        }
    }
    raise(&mut annotations, number);
    let changed = annotations != before;
    set.metadata.annotations = Some(annotations);
    changed
}

/// Sets the revision to `number` unless it is as high already; the old number goes into the history.
fn raise(annotations: &mut StringMap, number: i64) {
    let old = annotations.get(REVISION).cloned();
    let old_number = match old.as_deref() {
        None | Some("") => 0,
        Some(text) => match text.parse::<i64>() {
            Ok(number) => number,
            // Somebody wrote something else there: it is left alone, as upstream does.
            Err(_) => return,
        },
    };
    if old_number >= number {
        return;
    }
    annotations.insert(REVISION.to_owned(), number.to_string());
    let Some(old) = old else { return };
    let mut history: Vec<&str> =
        annotations.get(HISTORY).map(|text| text.split(',').collect()).unwrap_or_default();
    history.retain(|entry| !entry.is_empty());
    history.push(&old);
    while history.len() > 1 && history.join(",").len() > HISTORY_CHARS {
        history.remove(0);
    }
    let history = history.join(",");
    annotations.insert(HISTORY.to_owned(), history);
}

/// Notes on a set for how large a Deployment it was scaled. Returns whether anything changed.
pub fn annotate_size(set: &mut ReplicaSet, deployment: &Deployment) -> bool {
    let desired = replicas(deployment);
    let maximum = desired + Budget::of(deployment).surge;
    let annotations = set.metadata.annotations.get_or_insert_default();
    let mut put = |key: &str, value: i32| {
        annotations.insert(key.to_owned(), value.to_string()).as_deref() != Some(&*value.to_string())
    };
    let (first, second) = (put(DESIRED, desired), put(MAXIMUM, maximum));
    first || second
}

/// The ReplicaSet for the template of today, with no replicas yet.
pub fn new_set(deployment: &Deployment, number: i64) -> ReplicaSet {
    let spec = deployment.spec.clone().unwrap_or_default();
    let hash = hash(deployment);
    let mut template = spec.template;
    let meta = template.metadata.get_or_insert_default();
    meta.labels.get_or_insert_default().insert(HASH_LABEL.to_owned(), hash.clone());
    let labels = meta.labels.clone();
    let mut selector = spec.selector;
    selector.match_labels.get_or_insert_default().insert(HASH_LABEL.to_owned(), hash);
    let mut set = ReplicaSet {
        metadata: ObjectMeta {
            name: Some(set_name(deployment)),
            namespace: deployment.metadata.namespace.clone(),
            labels,
            owner_references: Some(vec![owner::controller_reference(Kind::Deployment, deployment.meta())]),
            ..ObjectMeta::default()
        },
        spec: Some(ReplicaSetSpec {
            replicas: Some(0),
            min_ready_seconds: spec.min_ready_seconds,
            selector,
            template: Some(template),
        }),
        status: None,
    };
    annotate(&mut set, deployment, number);
    annotate_size(&mut set, deployment);
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::{deployment, with};
    use serde_json::json;

    #[test]
    fn the_hash_depends_on_the_template_and_the_collisions_alone() {
        let web = deployment("web", 4);
        let scaled = with(web.clone(), json!({ "spec": { "replicas": 9, "paused": true } }));
        assert_eq!(set_name(&web), set_name(&scaled));
        assert!(set_name(&web).starts_with("web-"));
        let collided = with(web.clone(), json!({ "status": { "collisionCount": 1 } }));
        assert_ne!(set_name(&web), set_name(&collided));
        let labelled = json!({ "spec": { "template": { "metadata": { "labels": { "v": "2" } } } } });
        let labelled = with(web.clone(), labelled);
        assert_ne!(set_name(&web), set_name(&labelled));
        let set = new_set(&web, 1);
        assert!(has_template(&set, &scaled));
        assert!(!has_template(&set, &labelled));
    }

    #[test]
    fn a_set_that_is_returned_to_keeps_its_old_numbers_in_its_history() {
        let web = with(
            deployment("web", 4),
            json!({ "metadata": { "annotations": { "team": "pizza", REVISION: "7" } } }),
        );
        let mut set = new_set(&web, 1);
        let of = |set: &ReplicaSet, key| annotation(&set.metadata, key).map(str::to_owned);
        assert_eq!(of(&set, "team").as_deref(), Some("pizza"));
        assert_eq!(of(&set, REVISION).as_deref(), Some("1"));
        assert_eq!((of(&set, DESIRED).as_deref(), of(&set, MAXIMUM).as_deref()), (Some("4"), Some("5")));
        assert!(!annotate(&mut set, &web, 1));
        assert!(annotate(&mut set, &web, 3));
        assert!(annotate(&mut set, &web, 5));
        assert_eq!(of(&set, REVISION).as_deref(), Some("5"));
        assert_eq!(of(&set, HISTORY).as_deref(), Some("1,3"));
    }
}
