//! A reflector: what a component wants to hear of, and how far it has come in hearing of it.

use std::collections::BTreeSet;

use super::Cache;
use crate::apiserver::Filter;
use crate::object::{Key, Kind, Object};
use crate::time::VirtualTime;
use crate::trace::{Cause, Parent};

/// Objects that a component wants to hear of.
#[derive(Clone, Debug, PartialEq)]
pub struct Interest {
    /// Which kind.
    pub kind: Kind,
    /// Which of them.
    pub filter: Filter,
}

impl Interest {
    /// All objects of a kind.
    pub fn all(kind: Kind) -> Self {
        Self { kind, filter: Filter::default() }
    }
}

/// What changed in the cache.
#[derive(Clone, Debug)]
pub struct Change {
    /// The object before; none if it is new.
    pub old: Option<Object>,
    /// The object now; none if it is gone.
    pub new: Option<Object>,
}

impl Change {
    /// What happened to the object, in words.
    pub fn news(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "is new",
            (_, None) => "is gone",
            _ => "changed",
        }
    }

    /// The object as it was last seen.
    pub fn object(&self) -> Option<&Object> {
        self.new.as_ref().or(self.old.as_ref())
    }
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing is under way; try at this time.
    Idle(VirtualTime),
    /// A list is asked for.
    Listing,
    /// A watch is asked for.
    Opening,
    /// The watch is open.
    Watching,
}

/// What is heard of on a watch.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Each change of these objects.
    Each(Interest),
    /// Pictures of everything, when something of these kinds has changed.
    Pictures(Vec<Kind>),
}

/// One interest with its watch.
#[derive(Clone, Debug)]
pub(super) struct Reflector {
    /// What is heard of.
    pub(super) source: Source,
    /// How far it has come.
    pub(super) stage: Stage,
    /// The revision up to which everything was seen; none before the first list.
    pub(super) seen: Option<u64>,
    /// The number of the watch as the server knows it; a new one for each attempt.
    pub(super) watch: u32,
    /// Notices received on this watch.
    pub(super) received: u64,
    /// Attempts in a row that failed.
    pub(super) attempts: u32,
    /// Why it is to be listed or watched: the component started, or the connection broke.
    pub(super) cause: Parent,
}

impl Reflector {
    /// One that has heard of nothing yet.
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            stage: Stage::Idle(VirtualTime::ZERO),
            seen: None,
            watch: 0,
            received: 0,
            attempts: 0,
            cause: Parent::Known(Cause::NONE),
        }
    }
}

/// Makes the cache equal to a fresh list and tells what changed by that.
pub(super) fn replace(interest: &Interest, items: Vec<Object>, cache: &mut Cache) -> Vec<Change> {
    let listed: BTreeSet<Key> = items.iter().map(Object::key).collect();
    let in_scope = |object: &&Object| {
        interest.filter.namespace.as_ref().is_none_or(|namespace| *namespace == object.key().namespace)
    };
    let gone: Vec<Key> = cache
        .all(interest.kind)
        .filter(in_scope)
        .map(Object::key)
        .filter(|key| !listed.contains(key))
        .collect();
    let removed = gone.iter().filter_map(|key| cache.remove(interest.kind, key)).collect::<Vec<_>>();
    let mut changes: Vec<Change> =
        removed.into_iter().map(|old| Change { old: Some(old), new: None }).collect();
    for object in items {
        let old = cache.insert(object.clone());
        let same =
            old.as_ref().is_some_and(|old| old.meta().resource_version == object.meta().resource_version);
        if !same {
            changes.push(Change { old, new: Some(object) });
        }
    }
    changes
}
