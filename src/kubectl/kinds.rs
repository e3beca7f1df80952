//! Kinds as people call them on the command line.

use super::output::Fault;
use crate::manifests::nearest;
use crate::object::{Kind, KindInfo, ObjectRef};

/// What `all` means, in the order in which kubectl prints it.
const ALL: [&str; 9] = [
    "Pod",
    "ReplicationController",
    "Service",
    "DaemonSet",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "CronJob",
    "Job",
];

/// The kinds that a word means: `pods`, `deploy`, `rs,svc`, `deployments.apps`, `all`.
///
/// # Errors
/// When the cluster has no such kind.
pub(super) fn of_word(word: &str) -> Result<Vec<Kind>, Fault> {
    let mut found = Vec::new();
    for part in word.split(',').filter(|part| !part.is_empty()) {
        match part {
            "all" => found.extend(ALL.iter().filter_map(|name| Kind::from_name(name))),
            part => found.push(one(part)?),
        }
    }
    Ok(found)
}

/// The one kind that a word means.
///
/// # Errors
/// When the cluster has no such kind; the nearest one is named.
pub(super) fn one(word: &str) -> Result<Kind, Fault> {
    find(word).ok_or_else(|| {
        let text = format!("the server doesn't have a resource type \"{word}\"");
        Fault::said(match nearest(word, names()) {
            Some(near) => format!("{text}\n\nDid you mean this?\n\t{near}"),
            None => text,
        })
    })
}

/// `deployment`, `deployments`, `deploy`, `Deployment`, `deployment.apps`, `deployments.v1.apps`.
pub(super) fn find(word: &str) -> Option<Kind> {
    if let Some(kind) = Kind::from_resource(word) {
        return Some(kind);
    }
    let (name, rest) = word.split_once('.')?;
    let kind = Kind::from_resource(name)?;
    let KindInfo { group, version, .. } = kind.info();
    let fits = rest == *group || rest == *version || rest == format!("{version}.{group}");
    fits.then_some(kind)
}

/// Every name of every kind.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    // Short names come last: of two that are as near, the one that says more is meant.
    let full = Kind::ALL.iter().flat_map(|kind| [kind.info().plural, kind.info().singular]);
    full.chain(Kind::ALL.iter().flat_map(|kind| kind.info().short_names.iter().copied()))
}

/// `deployment.apps/web`, `pod/web`: how kubectl names an object.
pub(super) fn label(target: &ObjectRef) -> String {
    format!("{}/{}", word(target.kind), target.key.name)
}

/// `deployment.apps`, `pod`.
pub(super) fn word(kind: Kind) -> String {
    let info = kind.info();
    match info.group {
        "" => info.singular.to_owned(),
        group => format!("{}.{group}", info.singular),
    }
}
