//! Open watches: who hears of which writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;
use smol_str::SmolStr;

use super::Filter;
use crate::actor::{ActorId, Notice, WatchTag};
use crate::etcd::Record;
use crate::object::{Kind, Object};
use crate::trace::Verb;

/// One open watch.
#[derive(Clone, Debug)]
struct Watch {
    filter: Arc<Filter>,
    sent: u64,
}

/// Who watches: its actor and that actor's own tag.
type Watcher = (ActorId, WatchTag);

/// Watches by who watches. Only the groups that hear of something are copied after a clone.
type Group = BTreeMap<Watcher, Watch>;

/// A notice for one watcher.
pub struct Notification {
    /// Who hears it.
    pub to: ActorId,
    /// On which of its watches.
    pub tag: WatchTag,
    /// The how manieth it is on this watch.
    pub sequence: u64,
    /// What it says.
    pub notice: Notice,
}

/// The open watches. Those of kubelets, of which there are many, are found by node name.
#[derive(Clone, Debug, Default)]
pub struct Watches {
    by_kind: BTreeMap<Kind, Arc<Group>>,
    by_node: OrdMap<SmolStr, Arc<Group>>,
    followers: BTreeMap<Watcher, Follower>,
}

/// Who is given pictures.
#[derive(Clone, Debug)]
struct Follower {
    kinds: Vec<Kind>,
    sent: u64,
}

impl Watches {
    /// Begins to follow these kinds.
    pub fn follow(&mut self, to: ActorId, tag: WatchTag, kinds: Vec<Kind>) {
        self.followers.insert((to, tag), Follower { kinds, sent: 0 });
    }

    /// Whether somebody follows a kind.
    pub fn is_followed(&self, kind: Kind) -> bool {
        // They all follow the same.
        self.followers.values().next().is_some_and(|follower| follower.kinds.contains(&kind))
    }

    /// The next picture's number for this follower; none if it does not follow any more.
    pub fn next_picture(&mut self, to: ActorId, tag: WatchTag) -> Option<u64> {
        let follower = self.followers.get_mut(&(to, tag))?;
        follower.sent += 1;
        Some(follower.sent)
    }

    /// All followers.
    pub fn followers(&self) -> Vec<(ActorId, WatchTag)> {
        self.followers.keys().copied().collect()
    }

    /// Opens a watch. Returns the notices of what its watcher has missed, with which it catches up.
    pub fn open(
        &mut self,
        to: ActorId,
        tag: WatchTag,
        kind: Kind,
        filter: Filter,
        missed: &[Record],
    ) -> Vec<Notification> {
        let node = filter.node_name().filter(|_| kind == Kind::Pod).map(SmolStr::from);
        let group = match node {
            Some(node) => self.by_node.entry(node).or_default(),
            None => self.by_kind.entry(kind).or_default(),
        };
        let mut watch = Watch { filter: Arc::new(filter), sent: 0 };
        let notices = missed.iter().filter_map(|record| watch.notification((to, tag), record)).collect();
        Arc::make_mut(group).insert((to, tag), watch);
        notices
    }

    /// Closes all watches of an actor.
    pub fn close(&mut self, who: ActorId) {
        self.retain(|(actor, _)| *actor != who);
    }

    /// Closes the watches of one client of an actor.
    pub fn close_client(&mut self, who: ActorId, client: u8) {
        self.retain(|(actor, tag)| *actor != who || tag.client != client);
    }

    fn retain(&mut self, stays: impl Fn(&Watcher) -> bool) {
        let touched = |group: &Group| !group.keys().all(&stays);
        for group in self.by_kind.values_mut().filter(|group| touched(group)) {
            Arc::make_mut(group).retain(|watcher, _| stays(watcher));
        }
        let nodes = self.by_node.iter().filter(|(_, group)| touched(group));
        for node in nodes.map(|(node, _)| node.clone()).collect::<Vec<_>>() {
            let Some(group) = self.by_node.get_mut(&node).map(Arc::make_mut) else { continue };
            group.retain(|watcher, _| stays(watcher));
            if group.is_empty() {
                self.by_node.remove(&node);
            }
        }
        self.followers.retain(|watcher, _| stays(watcher));
    }

    /// Closes all watches; returns who had one.
    pub fn close_all(&mut self) -> Vec<ActorId> {
        let who = self.sent().into_keys().collect();
        *self = Self::default();
        who
    }

    /// How many notices each watch was sent, by actor.
    pub fn sent(&self) -> BTreeMap<ActorId, Vec<(WatchTag, u64)>> {
        let mut sent: BTreeMap<ActorId, Vec<(WatchTag, u64)>> = BTreeMap::new();
        let groups = self.by_kind.values().chain(self.by_node.values());
        for ((actor, tag), watch) in groups.flat_map(|group| group.iter()) {
            sent.entry(*actor).or_default().push((*tag, watch.sent));
        }
        for ((actor, tag), follower) in &self.followers {
            sent.entry(*actor).or_default().push((*tag, follower.sent));
        }
        sent
    }

    /// The same of one actor.
    pub fn sent_to(&self, who: ActorId) -> Vec<(WatchTag, u64)> {
        let groups = self.by_kind.values().chain(self.by_node.values());
        let watches = groups.flat_map(|group| group.iter());
        let followers = self.followers.iter().map(|(watcher, follower)| (watcher, follower.sent));
        let all = watches.map(|(watcher, watch)| (watcher, watch.sent)).chain(followers);
        all.filter(|((actor, _), _)| *actor == who).map(|((_, tag), sent)| (*tag, sent)).collect()
    }

    /// The notices that a write causes.
    pub fn notify(&mut self, record: &Record) -> Vec<Notification> {
        let mut out = Vec::new();
        if let Some(watches) = self.by_kind.get_mut(&record.object.kind()) {
            notify_each(watches, record, &mut out);
        }
        if let Object::Pod(pod) = &record.object {
            let before = match &record.previous {
                Some(Object::Pod(pod)) => pod.node.clone(),
                _ => None,
            };
            let moved = before != pod.node;
            for node in pod.node.iter().chain(before.iter().filter(|_| moved)) {
                if let Some(watches) = self.by_node.get_mut(node) {
                    notify_each(watches, record, &mut out);
                }
            }
        }
        out
    }
}

fn notify_each(group: &mut Arc<Group>, record: &Record, out: &mut Vec<Notification>) {
    out.extend(
        Arc::make_mut(group).iter_mut().filter_map(|(watcher, watch)| watch.notification(*watcher, record)),
    );
}

impl Watch {
    /// What the write is for this watch: an object that begins or ceases to match appears or vanishes.
    fn notification(&mut self, (to, tag): Watcher, record: &Record) -> Option<Notification> {
        let matches = self.filter.matches(&record.object);
        let matched = record.previous.as_ref().is_some_and(|previous| self.filter.matches(previous));
        let verb = match (record.verb, matched, matches) {
            (Verb::Deleted, true, _) => Verb::Deleted,
            (Verb::Deleted, false, _) | (_, false, false) => return None,
            (_, false, true) => Verb::Added,
            (_, true, true) => Verb::Modified,
            (_, true, false) => Verb::Deleted,
        };
        self.sent += 1;
        let notice = Notice { verb, object: record.object.clone(), revision: record.revision };
        Some(Notification { to, tag, sequence: self.sent, notice })
    }
}
