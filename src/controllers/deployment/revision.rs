//! Revisions: how a Deployment knows its versions apart.
//!
//! Each pod template has a *hash*, which is part of the name of its ReplicaSet and a label of its pods, so that
//! two versions never share a selector. It is opaque: the same template always gives the same letters, and that is
//! all one may rely on. If two templates should give the same, `status.collisionCount` goes up and is hashed too.
//!
//! Each set carries the number of the *revision* in which it was last the new one. Going back to an old template
//! does not make a new set: the old one gets the next number, and its former number is kept in a second
//! annotation (`SetNewReplicaSetAnnotations` in `pkg/controller/deployment/util/deployment_util.go`).

use std::sync::LazyLock;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, ReplicaSetSpec};

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
    template.spec == deployment.template.spec
        && same_meta(template.metadata.as_ref(), deployment.template.metadata.as_ref())
}

/// Whether two templates' metadata mean the same: the hash label, the time of creation, and empty annotations make no
/// difference.
fn same_meta(a: Option<&ObjectMeta>, b: Option<&ObjectMeta>) -> bool {
    static NONE: LazyLock<ObjectMeta> = LazyLock::new(ObjectMeta::default);
    let (a, b) = (a.unwrap_or(&NONE), b.unwrap_or(&NONE));
    pairs(&a.labels).eq(pairs(&b.labels))
        && pairs(&a.annotations).eq(pairs(&b.annotations))
        && rest(a) == rest(b)
}

/// Labels or annotations, apart from the hash label.
fn pairs(map: &Option<StringMap>) -> impl Iterator<Item = (&String, &String)> {
    map.iter().flatten().filter(|(key, _)| *key != HASH_LABEL)
}

/// All of the metadata but labels, annotations and the time of creation.
fn rest(meta: &ObjectMeta) -> impl PartialEq {
    (
        (
            &meta.name,
            &meta.namespace,
            &meta.generate_name,
            &meta.uid,
            &meta.resource_version,
            meta.generation,
        ),
        (&meta.finalizers, &meta.owner_references, &meta.managed_fields, &meta.self_link),
        (&meta.deletion_timestamp, meta.deletion_grace_period_seconds),
    )
}

/// The revision that a set's annotation names; 0 if it names none.
pub fn revision(set: &ReplicaSet) -> i64 {
    annotation(&set.metadata, REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The next revision: one more than that of any of these sets.
pub fn next<'a>(old: impl Iterator<Item = &'a ReplicaSet>) -> i64 {
    old.map(revision).max().unwrap_or(0) + 1
}

/// A set's annotations with those of the Deployment and the revision `number`, if its own is lower; none if it has
/// them all.
pub fn annotations(set: &ReplicaSet, deployment: &Deployment, number: i64) -> Option<StringMap> {
    static NONE: StringMap = StringMap::new();
    let before = set.metadata.annotations.as_ref().unwrap_or(&NONE);
    let mut annotations = before.clone();
    for (key, value) in deployment.metadata.annotations.iter().flatten() {
        if !NOT_COPIED.contains(&key.as_str()) {
            annotations.insert(key.clone(), value.clone());
        }
    }
    raise(&mut annotations, number);
    (annotations != *before).then_some(annotations)
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

/// For how large a Deployment its sets are scaled, as annotations say it.
fn size(deployment: &Deployment) -> [(&'static str, String); 2] {
    let desired = replicas(deployment);
    let maximum = desired + Budget::of(deployment).surge;
    [(DESIRED, desired.to_string()), (MAXIMUM, maximum.to_string())]
}

/// Whether a set's annotations say that it was scaled for a Deployment of this size.
pub fn has_size(set: &ReplicaSet, deployment: &Deployment) -> bool {
    size(deployment).iter().all(|(key, value)| annotation(&set.metadata, key) == Some(value))
}

/// Notes on a set for how large a Deployment it was scaled.
pub fn annotate_size(set: &mut ReplicaSet, deployment: &Deployment) {
    let annotations = set.metadata.annotations.get_or_insert_default();
    annotations.extend(size(deployment).map(|(key, value)| (key.to_owned(), value)));
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
    set.metadata.annotations = annotations(&set, deployment, number);
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
        assert_eq!(annotations(&set, &web, 1), None);
        for number in [3, 5] {
            set.metadata.annotations = annotations(&set, &web, number);
        }
        assert_eq!(of(&set, REVISION).as_deref(), Some("5"));
        assert_eq!(of(&set, HISTORY).as_deref(), Some("1,3"));
    }
}
