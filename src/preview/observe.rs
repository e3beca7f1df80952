//! Watching what follows from something: pods that come and go, the steps of each ReplicaSet, failed requests.
//!
//! The same watch is kept over a copy of the cluster that runs ahead and over the cluster itself, so what was
//! expected and what came true are told in the same words and can be laid side by side.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};

use crate::engine::World;
use crate::etcd::Record;
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, is_terminating, owner};
use crate::time::{Span, VirtualTime};
use crate::trace::Verb;

/// The kinds that are watched.
const WATCHED: [Kind; 2] = [Kind::ReplicaSet, Kind::Pod];
/// Owners of owners that are followed.
const DEPTH: usize = 4;

/// What is watched from some moment on.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Whose pods count; none: all.
    about: Option<BTreeSet<ObjectRef>>,
    began: VirtualTime,
    lasted: Span,
    revision: u64,
    requests: (u64, u64),
    pods: BTreeMap<String, PodSeen>,
    seen: Observed,
}

/// A pod that counts.
#[derive(Clone, Copy, Debug)]
struct PodSeen {
    active: bool,
    ready: bool,
    ending: bool,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Each ReplicaSet whose number of pods changed, in the order of their first change.
    pub sets: Vec<SetSteps>,
    /// Pods that were made.
    pub started: usize,
    /// Pods that went.
    pub stopped: usize,
    /// The most pods that existed at a time; those that are ending do not count.
    pub most: usize,
    /// The fewest pods that were ready at a time.
    pub fewest_ready: usize,
    /// Pods that were ready and then were not, without being deleted.
    pub became_unready: BTreeSet<SmolStr>,
    /// How many pods were ready at the beginning, and are at last.
    pub ready: (usize, usize),
    /// When as many were ready again as at the beginning, if fewer were meanwhile.
    pub ready_again: Option<Span>,
    /// Pods that were asked to end and at last are still there.
    pub ending: usize,
    /// How long after the beginning the last of these objects changed.
    pub took: Span,
    /// Requests of clients that were answered, and that failed.
    pub requests: (u64, u64),
}

/// The way of one ReplicaSet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetSteps {
    /// Its name.
    pub name: SmolStr,
    /// Whether it was made on the way.
    pub is_new: bool,
    /// How many pods it was to have before.
    pub from: i32,
    /// How many it was to have after each change.
    pub steps: Vec<i32>,
}

impl SetSteps {
    /// `0 -> 4, steps 1 2 3 4`.
    pub fn words(&self) -> String {
        let to = self.steps.last().copied().unwrap_or(self.from);
        let new = if self.is_new { "new, " } else { "" };
        let steps: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
        match steps.len() {
            0 | 1 => format!("{new}{} -> {to}", self.from),
            _ => format!("{new}{} -> {to}, steps {}", self.from, steps.join(" ")),
        }
    }
}

impl Watch {
    /// Begins to watch. `about` says whose pods count; none means all of them.
    pub fn begin(world: &World, about: Option<BTreeSet<ObjectRef>>) -> Self {
        let mut watch = Self {
            about,
            began: world.now(),
            lasted: Span::ZERO,
            revision: world.revision(),
            requests: requests(world),
            pods: BTreeMap::new(),
            seen: Observed::default(),
        };
        watch.count_afresh(world);
        (watch.seen.most, watch.seen.fewest_ready) = (watch.active(), watch.ready());
        watch.seen.ready = (watch.ready(), watch.ready());
        watch
    }

    /// When it began.
    pub fn began(&self) -> VirtualTime {
        self.began
    }

    /// How long it has lasted.
    pub fn lasted(&self) -> Span {
        self.lasted
    }

    /// What was seen so far.
    pub fn seen(&self) -> &Observed {
        &self.seen
    }

    /// Takes in what was written since the last time. Returns whether anything was.
    pub fn absorb(&mut self, world: &World) -> bool {
        let (ok, failed) = requests(world);
        self.seen.requests = (ok.saturating_sub(self.requests.0), failed.saturating_sub(self.requests.1));
        self.lasted = world.now().since(self.began);
        if world.revision() == self.revision {
            return false;
        }
        let mut records: Vec<Record> = Vec::new();
        for kind in WATCHED {
            match world.writes_since(kind, self.revision) {
                Ok(found) => records.extend(found),
                // The history does not reach back: what was between is not known, what is now is.
                Err(_) => self.catch_up(world),
            }
        }
        if world.revision() < self.revision {
            // etcd knows less than it did.
            self.catch_up(world);
        }
        records.sort_by_key(|record| record.revision);
        self.revision = world.revision();
        for record in &records {
            self.record(world, record);
        }
        true
    }

    fn record(&mut self, world: &World, record: &Record) {
        let counts = match &record.object {
            Object::Pod(pod) => self.pod(world, pod, record.verb),
            object => self.set(world, object, record),
        };
        if !counts {
            return;
        }
        self.note(record.at);
    }

    /// Takes in how many pods there are now.
    fn note(&mut self, at: VirtualTime) {
        let (ready, took) = (self.ready(), at.since(self.began));
        let seen = &mut self.seen;
        seen.took = took;
        seen.fewest_ready = seen.fewest_ready.min(ready);
        seen.ready.1 = ready;
        let fell = seen.fewest_ready < seen.ready.0;
        seen.ready_again = seen.ready_again.or(Some(took)).filter(|_| fell && ready >= seen.ready.0);
        seen.ending = self.pods.values().filter(|pod| pod.ending).count();
        self.seen.most = self.seen.most.max(self.active());
    }

    /// What was between is not known: what is there now is compared with what was.
    fn catch_up(&mut self, world: &World) {
        let before = std::mem::take(&mut self.pods);
        self.count_afresh(world);
        let is_in = |pods: &BTreeMap<String, PodSeen>, uid: &String| pods.contains_key(uid);
        self.seen.stopped += before.keys().filter(|uid| !is_in(&self.pods, uid)).count();
        self.seen.started += self.pods.keys().filter(|uid| !is_in(&before, uid)).count();
        self.note(world.now());
    }

    fn pod(&mut self, world: &World, pod: &Pod, verb: Verb) -> bool {
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let before = self.pods.get(&uid).copied();
        if before.is_none() && !self.counts(world, Kind::Pod, &Key::of(&pod.metadata), Some(pod)) {
            return false;
        }
        if verb == Verb::Deleted {
            self.pods.remove(&uid);
            self.seen.stopped += 1;
            return true;
        }
        let now = PodSeen::of(pod);
        if before.is_none() {
            self.seen.started += 1;
        }
        if before.is_some_and(|before| before.ready) && now.active && !now.ready {
            self.seen.became_unready.insert(Key::of(&pod.metadata).name);
        }
        self.pods.insert(uid, now);
        true
    }

    fn set(&mut self, world: &World, object: &Object, record: &Record) -> bool {
        let wanted = |object: &Object| match object {
            Object::ReplicaSet(set) => set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1),
            _ => 0,
        };
        let before = record.previous.as_ref().map_or(0, wanted);
        let now = if record.verb == Verb::Deleted { 0 } else { wanted(object) };
        if before == now || !self.counts(world, Kind::ReplicaSet, &object.key(), None) {
            return false;
        }
        let name = object.key().name;
        match self.seen.sets.iter_mut().find(|set| set.name == name) {
            Some(set) => set.steps.push(now),
            None => self.seen.sets.push(SetSteps {
                name,
                is_new: record.verb == Verb::Added,
                from: before,
                steps: vec![now],
            }),
        }
        true
    }

    /// Whether an object, or what owns it, is what this is about.
    fn counts(&self, world: &World, kind: Kind, key: &Key, pod: Option<&Pod>) -> bool {
        let Some(about) = &self.about else { return true };
        let mut here = ObjectRef::new(kind, key.clone());
        let mut meta = match pod {
            Some(pod) => Some(&*pod.metadata),
            None => world.object(&here).map(Object::meta),
        };
        for _ in 0..DEPTH {
            if about.contains(&here) {
                return true;
            }
            let Some(owner) = meta.and_then(owner::controller) else { return false };
            let Some(kind) = Kind::from_name(&owner.kind) else { return false };
            here = ObjectRef::new(kind, Key::new(key.namespace.clone(), owner.name.as_str()));
            meta = world.object(&here).map(Object::meta);
        }
        false
    }

    /// The pods that count now.
    pub(super) fn pods_of<'a>(&'a self, world: &'a World) -> impl Iterator<Item = &'a Pod> {
        world.list_as::<Pod>(None).filter(move |pod| self.counts(world, Kind::Pod, &pod.key(), Some(pod)))
    }

    fn count_afresh(&mut self, world: &World) {
        self.pods = self
            .pods_of(world)
            .map(|pod| (pod.metadata.uid.clone().unwrap_or_default(), PodSeen::of(pod)))
            .collect();
    }

    fn active(&self) -> usize {
        self.pods.values().filter(|pod| pod.active).count()
    }

    fn ready(&self) -> usize {
        self.pods.values().filter(|pod| pod.active && pod.ready).count()
    }
}

impl PodSeen {
    fn of(pod: &Pod) -> Self {
        let ending = is_terminating(&pod.metadata);
        Self { active: pod.is_active(), ready: pod.is_ready(), ending }
    }
}

impl Observed {
    /// What was seen in a time, line by line: what a line is about, and its value.
    pub fn rows(&self, lasted: Span) -> Vec<(SmolStr, String)> {
        let sets = self.sets.iter().map(|set| (format_smolstr!("rs/{}", set.name), set.words()));
        let numbers = [
            ("pods started", self.started.to_string()),
            ("pods stopped", self.stopped.to_string()),
            ("most pods at once", self.most.to_string()),
            ("fewest ready", self.fewest_ready.to_string()),
            ("failed requests", self.failed_words(lasted)),
        ];
        sets.chain(numbers.map(|(label, value)| (label.into(), value))).collect()
    }

    fn failed_words(&self, lasted: Span) -> String {
        match self.requests {
            (0, 0) => "no clients ask".to_owned(),
            (ok, failed) => format!("{failed} of {} in {}", ok + failed, lasted.whole()),
        }
    }
}

/// Requests of all clients that were answered, and that failed.
fn requests(world: &World) -> (u64, u64) {
    let look = world.traffic();
    let services = look.iter().flat_map(|look| look.services.values());
    services.fold((0, 0), |(ok, failed), service| (ok + service.ok, failed + service.failed))
}
