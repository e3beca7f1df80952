//! Claims: which objects belong to a controller's object, by their labels and by their owner references.
//!
//! A selector says what an owner wants; the owner reference says what it has. The two can differ: somebody
//! creates a pod with matching labels and no owner (it is *adopted*), or takes the label off an owned pod (it is
//! *released*: it lives on, and its owner makes a replacement). An object that somebody else owns is never
//! touched, matching or not (`ControllerRefManager` in `pkg/controller/controller_ref_manager.go`).

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet};
use serde_json::json;
use smol_str::format_smolstr;

use crate::apiserver::{Call, Patch, Sub};
use crate::client::{Cache, Context, Write};
use crate::object::selector::Selector;
use crate::object::{Key, Kind, ObjectMeta, ObjectRef, Resource, is_terminating, labels, owner};

/// A kind whose objects own others, which a selector picks.
pub trait Owner: Resource + 'static {
    /// The selector; none if the object has no specification.
    fn selector(&self) -> Option<Selector>;

    /// Whether an object with these labels is one of those that it wants.
    fn wants(&self, meta: &ObjectMeta) -> bool {
        self.selector().is_some_and(|selector| selector.matches(labels(meta)))
    }
}

impl Owner for Deployment {
    fn selector(&self) -> Option<Selector> {
        self.spec.as_ref().map(|spec| Selector::from_api(&spec.selector))
    }
}

impl Owner for ReplicaSet {
    fn selector(&self) -> Option<Selector> {
        self.spec.as_ref().map(|spec| Selector::from_api(&spec.selector))
    }
}

impl Owner for DaemonSet {
    fn selector(&self) -> Option<Selector> {
        self.spec.as_ref().map(|spec| Selector::from_api(&spec.selector))
    }
}

/// An object without an owner appeared, or has other labels now, or lost its owner: whoever's selector picks it may
/// want it.
pub fn wake_for_orphan<R: Owner>(
    what: &str,
    old: Option<&ObjectMeta>,
    new: &ObjectMeta,
    cx: &mut Context<'_>,
) {
    let same = old.is_some_and(|old| labels(old) == labels(new) && owner::controller(old).is_none());
    if owner::controller(new).is_some() || is_terminating(new) || same {
        return;
    }
    let key = Key::of(new);
    let owners = cx.cache.in_namespace::<R>(&key.namespace).filter(|owner| owner.wants(new));
    for owner in owners.map(|owner| Key::of(owner.meta())).collect::<Vec<_>>() {
        let why = format_smolstr!("{what} {} has matching labels and no owner", key.name);
        cx.wake(ObjectRef::new(R::KIND, owner), why);
    }
}

/// The objects that an owner has, those that it should take, and those that it should let go.
#[derive(Clone, Debug)]
pub struct Claims<R> {
    /// Owned, and the selector matches.
    pub owned: Vec<Arc<R>>,
    /// Without an owner, and the selector matches.
    pub orphans: Vec<Arc<R>>,
    /// Owned, but the selector no longer matches.
    pub strays: Vec<Arc<R>>,
}

impl<R> Default for Claims<R> {
    fn default() -> Self {
        Self { owned: Vec::new(), orphans: Vec::new(), strays: Vec::new() }
    }
}

/// Sorts `candidates` by what they are to the object `owner`. An owner that is being deleted takes and releases
/// nothing; an object that is being deleted is not adopted.
pub fn claim<R: Resource>(
    owner: &ObjectMeta,
    selector: &Selector,
    candidates: impl Iterator<Item = Arc<R>>,
) -> Claims<R> {
    let uid = owner.uid.as_deref().unwrap_or("");
    let mut claims = Claims::default();
    for candidate in candidates {
        let meta = candidate.meta();
        let matches = selector.matches(labels(meta));
        match owner::controller(meta) {
            Some(other) if other.uid != uid => {}
            Some(_) if matches => claims.owned.push(candidate),
            Some(_) if !is_terminating(owner) => claims.strays.push(candidate),
            None if matches && !is_terminating(owner) && !is_terminating(meta) => {
                claims.orphans.push(candidate);
            }
            _ => {}
        }
    }
    claims
}

/// The managing owner of an object, if it is of this kind and the cache has it under the same uid.
pub fn owner_of<R: Resource + 'static>(dependent: &ObjectMeta, cache: &Cache) -> Option<Key> {
    let owner = owner::controller(dependent).filter(|owner| owner.kind == R::KIND.name())?;
    let key = Key::new(dependent.namespace.as_deref().unwrap_or(""), owner.name.as_str());
    (cache.get_as::<R>(&key)?.meta().uid.as_deref() == Some(owner.uid.as_str())).then_some(key)
}

impl<R: Resource> Claims<R> {
    /// The requests that make the owner references agree with the selector.
    pub fn writes(&self, kind: Kind, owner: &ObjectMeta) -> Vec<Write> {
        let adoptions = self.orphans.iter().map(|orphan| adoption(kind, owner, R::KIND, orphan.meta()));
        let releases = self.strays.iter().map(|stray| release(owner, R::KIND, stray.meta()));
        adoptions.chain(releases).collect()
    }

    /// What that does, for a sentence: `adopts stray`, `releases web-1`; nothing if nothing is to be done.
    pub fn words(&self) -> Option<String> {
        let names = |list: &[Arc<R>]| {
            let names: Vec<&str> = list.iter().filter_map(|item| item.meta().name.as_deref()).collect();
            names.join(", ")
        };
        let mut words = Vec::new();
        if !self.orphans.is_empty() {
            words.push(format!("adopts {} (its labels match and nobody owns it)", names(&self.orphans)));
        }
        if !self.strays.is_empty() {
            words.push(format!("lets {} go (its labels no longer match)", names(&self.strays)));
        }
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// Makes `owner` the managing owner of an orphan. The uid in the patch is a precondition: another object of the
/// same name is not adopted.
fn adoption(kind: Kind, owner: &ObjectMeta, dependent_kind: Kind, dependent: &ObjectMeta) -> Write {
    let reference = json!({
        "apiVersion": kind.info().api_version(), "kind": kind.name(),
        "name": owner.name, "uid": owner.uid, "controller": true, "blockOwnerDeletion": true,
    });
    let patch = json!({ "metadata": { "ownerReferences": [reference], "uid": dependent.uid } });
    let target = ObjectRef::new(dependent_kind, Key::of(dependent));
    let did = format!("adopt {}", target.key.name);
    Write::new(Call::Patch { target, patch: Patch::Strategic(patch), sub: Sub::Main, dry_run: false }, did)
}

/// Takes `owner` out of an object's owner references. If the object is gone or another one has its name
/// (`Invalid`: the uid differs), there is nothing left to release.
fn release(owner: &ObjectMeta, dependent_kind: Kind, dependent: &ObjectMeta) -> Write {
    let patch = json!({ "metadata": {
        "ownerReferences": [{ "$patch": "delete", "uid": owner.uid }], "uid": dependent.uid,
    }});
    let target = ObjectRef::new(dependent_kind, Key::of(dependent));
    let did = format!("release {}", target.key.name);
    Write::new(Call::Patch { target, patch: Patch::Strategic(patch), sub: Sub::Main, dry_run: false }, did)
        .tolerating(&["NotFound", "Invalid"])
}
