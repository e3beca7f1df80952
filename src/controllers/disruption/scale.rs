//! How many pods are wanted: the sum of what the owners of these pods ask for.
//!
//! A share needs a whole. Counting the pods that exist would make a budget weaker with each pod that is missing,
//! so the whole is what the owners want: of a pod of a Deployment, the Deployment's `spec.replicas`.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use smol_str::SmolStr;

use crate::client::Cache;
use crate::object::{Key, Kind, OwnerReference, Pod, Resource, owner};

/// What the owners of some pods want.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scale {
    /// Pods wanted by all owners together.
    pub wanted: i32,
    /// Pods that nobody owns: they count for nothing.
    pub unowned: usize,
}

/// Adds up what the owners of these pods want.
///
/// # Errors
/// An owner that has no number of replicas, or that does not exist: then no share can be worked out.
pub(super) fn of(pods: &[Arc<Pod>], cache: &Cache) -> Result<Scale, String> {
    let mut by_owner: BTreeMap<SmolStr, i32> = BTreeMap::new();
    let mut unowned = 0;
    for pod in pods {
        let Some(reference) = owner::controller(&pod.metadata) else {
            unowned += 1;
            continue;
        };
        if by_owner.contains_key(reference.uid.as_str()) {
            continue;
        }
        let key = pod.key();
        let (uid, wanted) = wanted(reference, &key.namespace, cache)?
            .ok_or_else(|| format!("found no controllers for pod {:?}", key.name))?;
        by_owner.insert(uid, wanted);
    }
    Ok(Scale { wanted: by_owner.into_values().sum(), unowned })
}

/// What a pod's owner, or the owner of that one, wants; none if it does not exist.
fn wanted(owner: &OwnerReference, namespace: &str, cache: &Cache) -> Result<Option<(SmolStr, i32)>, String> {
    let (api_version, name) = (&owner.api_version, &owner.kind);
    let Some(kind) = Kind::from_type(api_version, name) else {
        return Err(format!("no matches for kind {name:?} in version {api_version:?}"));
    };
    match kind {
        Kind::ReplicaSet => {
            let set = find::<ReplicaSet>(owner, namespace, cache);
            let above = set.and_then(|set| owner::controller(&set.metadata));
            let above = above.and_then(|above| find::<Deployment>(above, namespace, cache));
            Ok(above.map(|deployment| of_deployment(deployment)).or(set.map(|set| of_set(set))))
        }
        Kind::Deployment => Ok(find::<Deployment>(owner, namespace, cache).map(|found| of_deployment(found))),
        other => Err(format!("{} does not implement the scale subresource", other.info().resource())),
    }
}

fn find<'a, R: Resource + 'static>(
    owner: &OwnerReference,
    namespace: &str,
    cache: &'a Cache,
) -> Option<&'a Arc<R>> {
    let found = cache
        .get_as::<R>(&Key::new(namespace, owner.name.as_str()))
        .filter(|_| owner.kind == R::KIND.name())?;
    (found.meta().uid.as_deref() == Some(owner.uid.as_str())).then_some(found)
}

fn of_deployment(deployment: &Deployment) -> (SmolStr, i32) {
    (uid(deployment), deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1))
}

fn of_set(set: &ReplicaSet) -> (SmolStr, i32) {
    (uid(set), set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1))
}

fn uid(object: &impl Resource) -> SmolStr {
    object.meta().uid.as_deref().unwrap_or("").into()
}
