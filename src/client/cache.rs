//! What one component has seen: its own copy of the objects that it watches.

use std::borrow::Cow;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use smol_str::SmolStr;

use crate::object::{Census, Key, Kind, Object, Resource, owner};

/// A component's copy of the objects that it watches. A clone shares everything, so a snapshot is free.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    shelves: OrdMap<Kind, Shelf>,
    /// Its pods, if they are to be counted.
    census: Option<Census>,
}

/// The objects of one kind, by name and by owner.
#[derive(Clone, Debug, Default)]
struct Shelf {
    objects: OrdMap<Key, Object>,
    /// Keys by the uid of the managing owner; objects without one stand under the empty uid.
    by_owner: OrdMap<SmolStr, OrdSet<Key>>,
}

fn owner_uid(object: &Object) -> &str {
    owner::controller(object.meta()).map_or("", |owner| owner.uid.as_str())
}

impl Cache {
    /// An empty one that counts its pods.
    pub fn counting() -> Self {
        Self { census: Some(Census::default()), ..Self::default() }
    }

    /// Puts an object in; returns what stood there.
    pub fn insert(&mut self, object: Object) -> Option<Object> {
        let key = object.key();
        let shelf = self.shelves.entry(object.kind()).or_default();
        let old = shelf.objects.insert(key.clone(), object.clone());
        if let Some(census) = &mut self.census {
            census.changed(old.as_ref(), Some(&object));
        }
        let owner = owner_uid(&object);
        let old_owner = old.as_ref().map(owner_uid);
        if old_owner != Some(owner) {
            if let Some(old_owner) = old_owner {
                shelf.disown(old_owner, &key);
            }
            shelf.by_owner.entry(owner.into()).or_default().insert(key);
        }
        old
    }

    /// Takes an object out; returns it.
    pub fn remove(&mut self, kind: Kind, key: &Key) -> Option<Object> {
        let shelf = self.shelves.get_mut(&kind)?;
        let old = shelf.objects.remove(key)?;
        if let Some(census) = &mut self.census {
            census.changed(Some(&old), None);
        }
        shelf.disown(owner_uid(&old), key);
        Some(old)
    }

    /// One object.
    pub fn get(&self, kind: Kind, key: &Key) -> Option<&Object> {
        self.shelves.get(&kind)?.objects.get(key)
    }

    /// One object by its type.
    pub fn get_as<R: Resource>(&self, key: &Key) -> Option<&Arc<R>> {
        R::shared(self.get(R::KIND, key)?)
    }

    /// All objects of a kind in key order.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.shelves.get(&kind).into_iter().flat_map(|shelf| shelf.objects.values())
    }

    /// All objects of a type in key order.
    pub fn all_as<R: Resource + 'static>(&self) -> impl Iterator<Item = &Arc<R>> {
        self.all(R::KIND).filter_map(R::shared)
    }

    /// The objects of a type in a namespace, in key order.
    pub fn in_namespace<R: Resource + 'static>(&self, namespace: &str) -> impl Iterator<Item = &Arc<R>> {
        let namespace = SmolStr::from(namespace);
        let start = Key::new(namespace.clone(), "");
        self.shelves
            .get(&R::KIND)
            .into_iter()
            .flat_map(move |shelf| shelf.objects.range(start.clone()..))
            .take_while(move |(key, _)| key.namespace == namespace)
            .filter_map(|(_, object)| R::shared(object))
    }

    /// The objects of a type whose managing owner has this uid; the empty uid gives those without one.
    pub fn owned_by<R: Resource + 'static>(&self, uid: &str) -> impl Iterator<Item = &Arc<R>> {
        let shelf = self.shelves.get(&R::KIND);
        shelf
            .and_then(|shelf| shelf.by_owner.get(uid))
            .into_iter()
            .flatten()
            .filter_map(move |key| shelf.and_then(|shelf| shelf.objects.get(key)).and_then(R::shared))
    }

    /// Its pods, counted; a cache that does not keep count counts them now.
    pub fn census(&self) -> Cow<'_, Census> {
        match &self.census {
            Some(census) => Cow::Borrowed(census),
            None => Cow::Owned(Census::of(self.all(Kind::Pod))),
        }
    }

    /// How many objects of a kind it holds.
    pub fn count(&self, kind: Kind) -> usize {
        self.shelves.get(&kind).map_or(0, |shelf| shelf.objects.len())
    }
}

impl Shelf {
    fn disown(&mut self, owner: &str, key: &Key) {
        if let Some(keys) = self.by_owner.get_mut(owner) {
            keys.remove(key);
            if keys.is_empty() {
                self.by_owner.remove(owner);
            }
        }
    }
}
