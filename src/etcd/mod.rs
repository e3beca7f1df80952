//! etcd: the single source of truth.
//!
//! Every write gets the next *revision* of the whole store. The history of writes is kept for a while, so that
//! a watch can start from any recent revision; what is older is compacted, and a watch from there must list
//! anew. A snapshot is the whole content at one revision; restoring it forgets everything newer.
//!
//! Left out: members and quorum (one member here), leases, transactions other than "if the revision is still
//! the same", which the API server checks itself because nobody else writes.

use imbl::{OrdMap, Vector};

use crate::object::{Census, Key, Kind, Object, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::{Parts, Verb};

/// Writes older than this are compacted (the API server asks for it every 5 minutes).
const HISTORY_KEPT: Span = Span::secs(300);
/// Writes of one kind that are kept at most, so that a storm of one kind never grows without bound.
const HISTORY_MAX: usize = 20_000;

/// One write.
#[derive(Clone, Debug)]
pub struct Record {
    /// The revision that it made.
    pub revision: u64,
    /// When.
    pub at: VirtualTime,
    /// What happened.
    pub verb: Verb,
    /// The object afterwards; as it was last, if it was deleted.
    pub object: Object,
    /// The object before.
    pub previous: Option<Object>,
}

impl Record {
    /// Which parts of the object changed.
    pub fn changed(&self) -> Parts {
        let Some(previous) = &self.previous else {
            return Parts { meta: true, spec: true, status: false };
        };
        let (old, new) = (previous.meta(), self.object.meta());
        Parts {
            meta: old.labels != new.labels
                || old.annotations != new.annotations
                || old.owner_references != new.owner_references
                || old.finalizers != new.finalizers
                || old.deletion_timestamp != new.deletion_timestamp,
            spec: !self.object.same_spec(previous),
            status: !self.object.same_status(previous),
        }
    }
}

/// The content of the store at one revision.
#[derive(Clone, Debug)]
pub struct Snapshot {
    revision: u64,
    objects: OrdMap<ObjectRef, Object>,
    census: Census,
}

/// Why a watch cannot start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchError {
    /// The revision was compacted: list anew.
    Compacted {
        /// What was asked for.
        asked: u64,
        /// The oldest revision from which a watch can start.
        oldest: u64,
    },
    /// The store has never reached that revision.
    Future {
        /// What was asked for.
        asked: u64,
        /// The newest revision.
        newest: u64,
    },
}

#[derive(Clone, Debug, Default)]
struct History {
    records: Vector<Record>,
    /// The revision up to which records are gone.
    compacted: u64,
}

/// The store.
#[derive(Clone, Debug, Default)]
pub struct Etcd {
    revision: u64,
    objects: OrdMap<ObjectRef, Object>,
    census: Census,
    history: OrdMap<Kind, History>,
    /// Nothing before this revision can be watched, whatever the kind.
    floor: u64,
}

impl Etcd {
    /// The revision of the last write.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The revision of the last write of a kind. It may be told too high after history was forgotten, never too low.
    pub fn revision_of(&self, kind: Kind) -> u64 {
        let history = self.history.get(&kind);
        let last = history.and_then(|history| history.records.back()).map(|record| record.revision);
        last.unwrap_or(0).max(self.floor)
    }

    /// One object.
    pub fn get(&self, target: &ObjectRef) -> Option<&Object> {
        self.objects.get(target)
    }

    /// The objects of a kind in key order, in one namespace or all.
    pub fn list<'a>(
        &'a self,
        kind: Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Object> + 'a {
        let start = ObjectRef::new(kind, Key::new(namespace.unwrap_or(""), ""));
        self.objects
            .range(start..)
            .take_while(move |(reference, _)| {
                reference.kind == kind
                    && namespace.is_none_or(|namespace| reference.key.namespace == namespace)
            })
            .map(|(_, object)| object)
    }

    /// All objects; a clone shares them.
    pub fn objects(&self) -> &OrdMap<ObjectRef, Object> {
        &self.objects
    }

    /// The pods, counted.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// Stores an object at the next revision, which becomes its resource version.
    pub fn put(&mut self, mut object: Object, now: VirtualTime) -> Record {
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        let previous = self.objects.insert(object.reference(), object.clone());
        self.census.changed(previous.as_ref(), Some(&object));
        let verb = if previous.is_some() { Verb::Modified } else { Verb::Added };
        self.remember(Record { revision: self.revision, at: now, verb, object, previous })
    }

    /// Removes an object at the next revision; `last` is its state as the deletion shows it. Nothing happens if
    /// it is not there.
    pub fn remove(&mut self, mut last: Object, now: VirtualTime) -> Option<Record> {
        let previous = Some(self.objects.remove(&last.reference())?);
        self.census.changed(previous.as_ref(), None);
        self.revision += 1;
        last.meta_mut().resource_version = Some(self.revision.to_string());
        Some(self.remember(Record {
            revision: self.revision,
            at: now,
            verb: Verb::Deleted,
            object: last,
            previous,
        }))
    }

    fn remember(&mut self, record: Record) -> Record {
        let history = self.history.entry(record.object.kind()).or_default();
        history.records.push_back(record.clone());
        while let Some(oldest) = history.records.front() {
            if history.records.len() <= HISTORY_MAX && record.at - oldest.at <= HISTORY_KEPT {
                break;
            }
            history.compacted = oldest.revision;
            history.records.pop_front();
        }
        record
    }

    /// The writes of a kind after a revision, oldest first.
    ///
    /// # Errors
    /// When the history does not reach back that far, or the revision lies ahead.
    pub fn since(&self, kind: Kind, revision: u64) -> Result<Vec<Record>, WatchError> {
        if revision > self.revision {
            return Err(WatchError::Future { asked: revision, newest: self.revision });
        }
        let history = self.history.get(&kind);
        let oldest = history.map_or(0, |history| history.compacted).max(self.floor);
        if revision < oldest {
            return Err(WatchError::Compacted { asked: revision, oldest });
        }
        let Some(history) = history else { return Ok(Vec::new()) };
        let first = history.records.binary_search_by_key(&(revision + 1), |record| record.revision);
        let first = first.unwrap_or_else(|next| next);
        Ok(history.records.focus().narrow(first..).into_iter().cloned().collect())
    }

    /// The write of a kind that made this revision, if it is still remembered.
    pub fn write_at(&self, kind: Kind, revision: u64) -> Option<&Record> {
        let records = &self.history.get(&kind)?.records;
        let index = records.binary_search_by_key(&revision, |record| record.revision).ok()?;
        records.get(index)
    }

    /// Forgets all history: only watches from now on are possible.
    pub fn compact(&mut self) {
        self.history = OrdMap::new();
        self.floor = self.revision;
    }

    /// The content as it is now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { revision: self.revision, objects: self.objects.clone(), census: self.census.clone() }
    }

    /// Loses everything, as a new empty data directory does. A real one would count from 1 again, and a watch from a
    /// low revision would go on and never hear of the loss; here the revision never goes back.
    pub fn lose(&mut self) {
        self.restore(&Snapshot { revision: 0, objects: OrdMap::new(), census: Census::default() });
    }

    /// Goes back to a snapshot. The revision never goes back (`etcdutl --bump-revision --mark-compacted`), so that
    /// nobody mistakes new writes for old ones, and every watch must list anew.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        let revision = self.revision.max(snapshot.revision) + 1_000;
        *self = Self {
            revision,
            objects: snapshot.objects.clone(),
            census: snapshot.census.clone(),
            history: OrdMap::new(),
            floor: revision,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config_map(name: &str, value: &str) -> Object {
        Object::from_value(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "default"}, "data": {"v": value}
        }))
        .expect("a valid object")
    }

    #[test]
    fn a_watch_sees_what_was_written_after_its_revision() {
        let mut etcd = Etcd::default();
        etcd.put(config_map("a", "1"), VirtualTime::ZERO);
        let from = etcd.revision();
        etcd.put(config_map("a", "2"), VirtualTime::ZERO);
        etcd.remove(config_map("a", "2"), VirtualTime::ZERO);
        let seen: Vec<_> =
            etcd.since(Kind::ConfigMap, from).unwrap().iter().map(|r| (r.verb, r.revision)).collect();
        assert_eq!(seen, [(Verb::Modified, 2), (Verb::Deleted, 3)]);
        assert_eq!(etcd.since(Kind::Pod, from).unwrap().len(), 0);
    }

    #[test]
    fn old_revisions_are_compacted_and_lost_stores_are_noticed() {
        let mut etcd = Etcd::default();
        etcd.put(config_map("a", "1"), VirtualTime::ZERO);
        let snapshot = etcd.snapshot();
        etcd.put(config_map("a", "2"), VirtualTime::ZERO + Span::secs(301));
        assert_eq!(
            etcd.since(Kind::ConfigMap, 0).unwrap_err(),
            WatchError::Compacted { asked: 0, oldest: 1 }
        );
        etcd.restore(&snapshot);
        assert!(matches!(etcd.since(Kind::ConfigMap, 2), Err(WatchError::Compacted { .. })));
        assert_eq!(
            etcd.get(&config_map("a", "").reference()).unwrap().meta().resource_version.as_deref(),
            Some("1")
        );
        let newest = etcd.revision();
        etcd.lose();
        assert!(etcd.objects().is_empty());
        for asked in [1, 2, newest] {
            assert!(matches!(etcd.since(Kind::ConfigMap, asked), Err(WatchError::Compacted { .. })));
        }
        let ahead = etcd.revision() + 1;
        assert!(matches!(etcd.since(Kind::ConfigMap, ahead), Err(WatchError::Future { .. })));
    }
}
