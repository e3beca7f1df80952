//! One loop under the glass: a component and an object, the trips it made, what it knows, and its algorithm.
//!
//! A *trip* is one way through the loop: something woke it, it observed, compared, acted or not, and waits again.
//! Trips are put together from recorded phases; nothing here knows what a controller is about to do.

mod algorithm;
mod knows;
mod tables;
mod trips;

pub use algorithm::{Line, LineState, algorithm, knows_component, lines_of_act};
pub use knows::{Knows, SIGNS, knows};
pub use trips::{Diary, Trip, Waits};

use std::collections::BTreeSet;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::client::LoopLook;
use crate::engine::World;
use crate::object::ObjectRef;
use crate::time::VirtualTime;
use crate::trace::{EventId, Phase};
use crate::tui::model::hearing::deaf_clause;

/// Trips that are looked for.
const TRIPS: usize = 24;

/// An item of the work queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The item.
    pub item: ObjectRef,
    /// When it is looked at; none: now.
    pub until: Option<VirtualTime>,
    /// Whether requests about it are unanswered.
    pub working: bool,
    /// Why it waits.
    pub why: SmolStr,
}

/// Everything about one component and one object.
#[derive(Clone, Debug, Default)]
pub struct Lens {
    /// The component: `controller/replicaset`.
    pub component: SmolStr,
    /// The object.
    pub item: Option<ObjectRef>,
    /// Whether the component runs.
    pub running: bool,
    /// Why it hears nothing; empty if its watches are open.
    pub deaf: String,
    /// How many loops it has run in all.
    pub loops: u64,
    /// The last trips about this object, newest first.
    pub trips: Vec<Trip>,
    /// Which of them is shown.
    pub shown: usize,
    /// The phase that is shown.
    pub phase: Option<Phase>,
    /// The event that is shown; none is the last one.
    pub at: Option<EventId>,
    /// The work queue: what is worked on, what is ready, what waits.
    pub queue: Vec<Queued>,
    /// Who knows what about the object.
    pub knows: Vec<Knows>,
}

impl Lens {
    /// The loop of a component on an object; `at` is the phase that is to be shown, the last one if none. Who knows
    /// what about the object is left open.
    pub fn new(
        world: &World,
        diary: &mut Diary,
        component: &str,
        item: Option<&ObjectRef>,
        at: Option<EventId>,
    ) -> Self {
        let looks = looks(world, component);
        let mut lens = Self {
            component: component.into(),
            item: item.cloned(),
            running: !looks.is_empty(),
            deaf: deaf(world, component),
            loops: looks.iter().map(|look| look.loops).sum(),
            at,
            queue: looks.iter().flat_map(|look| queue(look)).collect(),
            ..Self::default()
        };
        let Some(item) = item else { return lens };
        diary.follow(world, component, item);
        lens.trips = diary.trips(world, at, TRIPS);
        let chosen = at.and_then(|at| lens.trips.iter().position(|trip| trip.phase_of(at).is_some()));
        lens.shown = chosen.unwrap_or(0);
        lens.phase = match (chosen, at, lens.trips.first()) {
            (Some(index), Some(at), _) => lens.trips[index].phase_of(at),
            (.., Some(trip)) if trip.waits.is_none() => Some(Phase::Act),
            (.., Some(_)) => Some(Phase::Wait),
            (.., None) => None,
        };
        lens
    }

    /// The same with who knows what about the object.
    pub fn with_knowledge(mut self, world: &World, veil: Option<&str>) -> Self {
        let Some(item) = &self.item else { return self };
        let looks = looks(world, &self.component);
        let look = looks.iter().find(|look| has(look, item)).or(looks.first());
        self.knows = knows(world, item, look.map(AsRef::as_ref), veil);
        self
    }

    /// The trip that is shown.
    pub fn trip(&self) -> Option<&Trip> {
        self.trips.get(self.shown)
    }

    /// The algorithm with the line that the shown phase is at.
    pub fn algorithm(&self) -> Vec<Line> {
        let acts = self.trip().map_or(0, |trip| trip.acts_until(self.at));
        algorithm(&self.component, self.trip(), self.phase.map(|phase| (phase, acts)))
    }
}

/// Why a component hears nothing; empty if it does.
fn deaf(world: &World, component: &str) -> String {
    let is_cut_off = world.components().iter().any(|state| state.name == component && state.cut_off);
    match world.deafness(component) {
        _ if is_cut_off => "cannot reach the API server".to_owned(),
        Some(deaf) => deaf_clause(deaf, world.now()),
        None => String::new(),
    }
}

/// The loops of a component. A kubelet has several: for pods, for its node's status, for its lease.
fn looks(world: &World, component: &str) -> Vec<Arc<LoopLook>> {
    world.loops_of(component).cloned().collect()
}

fn has(look: &LoopLook, item: &ObjectRef) -> bool {
    look.verdicts.contains_key(item)
        || look.ready.contains(item)
        || look.working.contains(item)
        || look.waiting.iter().any(|waiting| waiting.item == *item)
}

fn queue(look: &LoopLook) -> Vec<Queued> {
    let now = |item: &ObjectRef, working| Queued {
        item: item.clone(),
        until: None,
        working,
        why: SmolStr::default(),
    };
    let working = look.working.iter().map(|item| now(item, true));
    let ready = look.ready.iter().map(|item| now(item, false));
    let waiting = look.waiting.iter().map(|waiting| Queued {
        item: waiting.item.clone(),
        until: Some(waiting.until),
        working: false,
        why: waiting.why.clone(),
    });
    working.chain(ready).chain(waiting).collect()
}

/// The components that have a loop, in the order in which they are gone through: those that run, and controllers
/// that are stopped.
pub fn components(world: &World) -> Vec<SmolStr> {
    let mut all: Vec<SmolStr> = world.components().into_iter().map(|component| component.name).collect();
    all.retain(|name| name != "apiserver" && name != "etcd");
    let mut known: BTreeSet<SmolStr> = all.iter().cloned().collect();
    all.extend(world.loops().map(|look| look.component.clone()).filter(|name| known.insert(name.clone())));
    all
}

/// The objects that a component has looked at or is about to, in order.
pub fn items(world: &World, component: &str) -> Vec<ObjectRef> {
    let mut items = Vec::new();
    for look in looks(world, component) {
        items.extend(look.verdicts.keys().cloned());
        items.extend(look.ready.iter().chain(&look.working).cloned());
        items.extend(look.waiting.iter().map(|waiting| waiting.item.clone()));
    }
    items.sort();
    items.dedup();
    items
}

/// The component that looks after an object first of all.
pub fn caretaker(world: &World, object: &ObjectRef) -> Option<SmolStr> {
    use crate::object::{Kind, Pod};
    let controller = |name: &str| Some(smol_str::format_smolstr!("controller/{name}"));
    match object.kind {
        Kind::Pod => {
            let pod = world.get::<Pod>(&object.key.namespace, &object.key.name);
            match pod.and_then(Pod::node_name) {
                Some(node) => Some(smol_str::format_smolstr!("kubelet/{node}")),
                None => Some("scheduler".into()),
            }
        }
        Kind::Service => controller("endpointslice"),
        Kind::Node => controller("node-lifecycle"),
        Kind::Namespace => controller("namespace"),
        kind => {
            let name = smol_str::format_smolstr!("controller/{}", kind.name().to_lowercase());
            world.components().into_iter().find(|component| component.name == name).map(|found| found.name)
        }
    }
}
