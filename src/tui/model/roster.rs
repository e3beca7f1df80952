//! The pods by owner and by node, each with its state: what nearly every panel asks for.
//!
//! Thousands of pods are not gone through for every frame. The roster follows what was written: only pods that
//! changed are looked at again.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::pods::state_on_record;
use crate::engine::World;
use crate::object::{Key, Kind, Pod, Resource, is_terminating, owner};
use crate::trace::Verb;
use crate::tui::glyphs::PodState;

/// A pod as its owner sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// How it is doing.
    pub state: PodState,
    /// Whether its deletion was asked for.
    pub ending: bool,
}

/// Pods by their keys.
pub type Family = BTreeMap<Key, Member>;

/// Where a pod stands.
#[derive(Clone, Debug)]
struct Place {
    owner: SmolStr,
    node: SmolStr,
    /// Whether it should have a node and has none.
    homeless: bool,
}

/// All pods of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// The revision of etcd that it knows; none before the first look.
    seen: Option<u64>,
    /// The nodes of which nothing was heard for too long.
    silent: BTreeSet<SmolStr>,
    places: BTreeMap<Key, Place>,
    families: BTreeMap<SmolStr, Family>,
    nodes: BTreeMap<SmolStr, BTreeSet<Key>>,
    homeless: usize,
}

impl Roster {
    /// Takes in what was written since the last look at this run.
    pub fn follow(&mut self, world: &World) {
        let silent: BTreeSet<SmolStr> = world.census().silent_nodes().cloned().collect();
        // Which pods are lost depends on all of them; and history does not reach back for ever.
        let fresh = self.seen.filter(|_| silent == self.silent);
        match fresh.and_then(|seen| world.writes_since(Kind::Pod, seen).ok()) {
            Some(records) => {
                for record in records {
                    let Some(pod) = Pod::of(&record.object) else { continue };
                    self.remove(&pod.key());
                    if record.verb != Verb::Deleted {
                        self.add(pod);
                    }
                }
            }
            None => {
                *self = Self { silent, ..Self::default() };
                world.list_as::<Pod>(None).for_each(|pod| self.add(pod));
            }
        }
        self.seen = Some(world.revision());
    }

    /// The pods with an owner of this uid; the empty uid has those without one.
    pub fn owned(&self, uid: &str) -> impl ExactSizeIterator<Item = (&Key, Member)> {
        static NONE: Family = Family::new();
        self.families.get(uid).unwrap_or(&NONE).iter().map(|(key, member)| (key, *member))
    }

    /// The uids of all owners.
    pub fn owners(&self) -> impl Iterator<Item = &SmolStr> {
        self.families.keys()
    }

    /// The pods that the API says are on a node; those that are on none under the empty name.
    pub fn on<'a>(&'a self, world: &'a World, node: &str) -> impl Iterator<Item = &'a Pod> {
        let keys = self.nodes.get(node).into_iter().flatten();
        keys.filter_map(|key| world.get::<Pod>(&key.namespace, &key.name))
    }

    /// How many pods wait for a node.
    pub fn homeless(&self) -> usize {
        self.homeless
    }

    fn add(&mut self, pod: &Pod) {
        let lost = pod.node_name().is_some_and(|node| self.silent.contains(node));
        let state = if lost { PodState::Lost } else { state_on_record(pod) };
        let place = Place {
            owner: owner::controller(&pod.metadata).map_or("", |owner| owner.uid.as_str()).into(),
            node: pod.node_name().unwrap_or("").into(),
            homeless: pod.is_active() && pod.node_name().is_none(),
        };
        let (key, member) = (pod.key(), Member { state, ending: is_terminating(&pod.metadata) });
        self.homeless += usize::from(place.homeless);
        self.families.entry(place.owner.clone()).or_default().insert(key.clone(), member);
        self.nodes.entry(place.node.clone()).or_default().insert(key.clone());
        self.places.insert(key, place);
    }

    fn remove(&mut self, key: &Key) {
        let Some(place) = self.places.remove(key) else { return };
        self.homeless -= usize::from(place.homeless);
        if let Some(family) = self.families.get_mut(&place.owner) {
            family.remove(key);
            if family.is_empty() {
                self.families.remove(&place.owner);
            }
        }
        if let Some(node) = self.nodes.get_mut(&place.node) {
            node.remove(key);
            if node.is_empty() {
                self.nodes.remove(&place.node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::driver::Inline;
    use crate::engine::{Act, ClusterConfig, Engine, Fault, Input, NodePower};
    use crate::manifests::{parse, pizza, send};
    use crate::time::Span;

    /// Everything that a roster tells.
    fn told(roster: &Roster, world: &World) -> String {
        let owned: Vec<_> = roster.owners().map(|uid| (uid, roster.owned(uid).collect::<Vec<_>>())).collect();
        let names = |node: &str| roster.on(world, node).map(Resource::key).collect::<Vec<_>>();
        let nodes: Vec<_> = world.node_names().iter().map(|node| names(node)).collect();
        format!("{owned:?} {nodes:?} {}", roster.homeless())
    }

    #[test]
    fn what_it_followed_is_what_a_fresh_look_finds() {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(Span::secs(60), crate::script::is_up));
        for (file, text) in pizza() {
            for document in parse(&file, &text).unwrap() {
                send::send(&mut engine, &document, "file", "applied", &mut None).unwrap();
            }
        }
        let mut roster = Roster::default();
        let power = |power| Fault::Power { node: "node-1".into(), power };
        let mut states = BTreeSet::new();
        for moment in 0..160 {
            match moment {
                60 => drop(engine.apply(Input::new("t", "off", Act::Fault(power(NodePower::Off))))),
                140 => drop(engine.apply(Input::new("t", "on", Act::Fault(power(NodePower::On))))),
                _ => {}
            }
            let further = match moment {
                0..40 => Span::millis(2),
                40..60 => Span::millis(300),
                _ => Span::secs(5),
            };
            engine.run_until(engine.now() + further);
            roster.follow(engine.world());
            let mut fresh = Roster::default();
            fresh.follow(engine.world());
            assert_eq!(told(&roster, engine.world()), told(&fresh, engine.world()), "at {}", engine.now());
            let all = roster.families.values().flat_map(BTreeMap::values);
            states.extend(all.map(|member| member.state.word()));
        }
        for state in ["waiting", "starting", "ready", "lost"] {
            assert!(states.contains(state), "{state} never came: {states:?}");
        }
    }
}
