//! Who belongs to whom: the graph of owner references.

use std::collections::VecDeque;

use imbl::{OrdMap, OrdSet};
use smol_str::{SmolStr, ToSmolStr};

use crate::apiserver::{FOREGROUND, ORPHAN};
use crate::client::Cache;
use crate::object::{Key, Kind, Object, ObjectMeta, ObjectRef, OwnerReference, is_terminating};

/// Owners known to be gone that are remembered (`absentOwnerCacheSize`).
const GONE_REMEMBERED: usize = 500;

/// What is known of an owner that an object names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It exists.
    There,
    /// It exists and waits for its dependents to go first.
    WaitsForDependents,
    /// It was seen to go.
    Gone,
    /// It was never seen: ask the API server.
    NeverSeen,
    /// It is of a kind that this cluster does not know, so nothing can be said about it.
    UnknownKind,
}

/// Dependents by their owners' uids, and owners that were seen to go.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    dependents: OrdMap<SmolStr, OrdSet<ObjectRef>>,
    gone: VecDeque<SmolStr>,
}

/// The owners that an object names.
pub fn owners(meta: &ObjectMeta) -> &[OwnerReference] {
    meta.owner_references.as_deref().unwrap_or_default()
}

/// Where the owner of an object in `namespace` is to be found; none if its kind is unknown.
pub fn place_of(owner: &OwnerReference, namespace: &str) -> Option<ObjectRef> {
    let kind = Kind::from_type(&owner.api_version, &owner.kind)?;
    let key = match kind.is_namespaced() {
        true => Key::new(namespace, owner.name.as_str()),
        false => Key::cluster(owner.name.as_str()),
    };
    Some(ObjectRef::new(kind, key))
}

/// Whether the object waits until its dependents are gone.
pub fn waits_for_dependents(meta: &ObjectMeta) -> bool {
    is_terminating(meta) && has_finalizer(meta, FOREGROUND)
}

/// Whether the object waits until its dependents have lost it as their owner.
pub fn waits_for_orphans(meta: &ObjectMeta) -> bool {
    is_terminating(meta) && has_finalizer(meta, ORPHAN)
}

/// Whether the object has this finalizer.
pub fn has_finalizer(meta: &ObjectMeta, name: &str) -> bool {
    meta.finalizers.iter().flatten().any(|finalizer| finalizer == name)
}

/// Whether a dependent keeps the owner of this uid from going (`blockOwnerDeletion`).
pub fn blocks(dependent: &ObjectMeta, owner_uid: &str) -> bool {
    owners(dependent).iter().any(|owner| owner.uid == owner_uid && owner.block_owner_deletion == Some(true))
}

/// What is known of an owner by its live metadata; none if there is no object of that name.
pub fn standing_of(owner: &OwnerReference, live: Option<&ObjectMeta>) -> Standing {
    match live {
        Some(meta) if meta.uid.as_deref() != Some(owner.uid.as_str()) => Standing::Gone,
        Some(meta) if waits_for_dependents(meta) => Standing::WaitsForDependents,
        Some(_) => Standing::There,
        None => Standing::Gone,
    }
}

impl Graph {
    /// Follows a change of the references of one object.
    pub fn follow(&mut self, object: &ObjectRef, old: &[OwnerReference], new: &[OwnerReference]) {
        for owner in old {
            let uid = owner.uid.as_str();
            if let Some(dependents) = self.dependents.get_mut(uid) {
                dependents.remove(object);
                if dependents.is_empty() {
                    self.dependents.remove(uid);
                }
            }
        }
        for owner in new {
            self.dependents.entry(owner.uid.to_smolstr()).or_default().insert(object.clone());
        }
    }

    /// The objects that name this uid as an owner.
    pub fn dependents(&self, uid: &str) -> impl Iterator<Item = &ObjectRef> {
        self.dependents.get(uid).into_iter().flatten()
    }

    /// Remembers that an object went, if anything depends on it.
    pub fn went(&mut self, uid: &str) {
        if self.dependents.contains_key(uid) {
            if self.gone.len() >= GONE_REMEMBERED {
                self.gone.pop_front();
            }
            self.gone.push_back(uid.to_smolstr());
        }
    }

    /// What is known of an owner without asking.
    pub fn standing(&self, owner: &OwnerReference, namespace: &str, cache: &Cache) -> Standing {
        let Some(place) = place_of(owner, namespace) else { return Standing::UnknownKind };
        match cache.get(place.kind, &place.key).map(Object::meta) {
            // What is there is not gone, whatever is remembered: a restored etcd brings objects back.
            Some(meta) if meta.uid.as_deref() == Some(owner.uid.as_str()) => standing_of(owner, Some(meta)),
            _ if self.gone.iter().any(|uid| *uid == owner.uid) => Standing::Gone,
            _ => Standing::NeverSeen,
        }
    }
}
