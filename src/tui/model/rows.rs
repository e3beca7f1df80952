//! The objects table: what is wanted, what there is, the gap, and the loop that closes it.
//!
//! ```text
//! ▾ deploy/login          3       ◉◉◔ 2    -1~ deployment [W]
//!   ▾ rs/login-6f9c       3       ◉◉◔ 2    -1~ replicaset [A]
//!       pod b3tqz node-2  run     ◔ start  -1~ kubelet    [A]
//! ```

mod fold;
mod leaves;
mod pods;
mod spot;
mod workloads;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::api::apps::v1::ReplicaSet;
use smol_str::{SmolStr, format_smolstr};

pub use fold::{filtered, fold};
pub use spot::{Spot, phase};

use super::gap::Gap;
use super::hearing::deaf_word;
use super::roster::Roster;
use crate::client::LoopLook;
use crate::engine::World;
use crate::object::{ObjectMeta, ObjectRef, owner};
use crate::time::Span;
use crate::trace::Phase;
use crate::tui::glyphs::PodState;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// So many pods.
    Pods(i64),
    /// A word: `run`, `gone`, `3 eps`.
    Word(SmolStr),
}

/// What there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Have {
    /// The pods of a workload.
    Pods(Pods),
    /// One pod.
    Pod(PodState, Option<Span>),
    /// A word.
    Word(SmolStr),
}

/// The pods of a workload that are not ending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    /// How many are ready.
    pub ready: i64,
    /// How many are not.
    pub others: i64,
    /// How those do, of the first [`SLOTS`].
    pub states: Vec<PodState>,
}

/// Of so many pods of a workload each has a sign of its own.
pub const SLOTS: usize = 5;

/// Whether a row is just wanted or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Neither.
    None,
    /// It is on the way.
    Coming,
    /// It is on the way out.
    Going,
}

/// The loop that looks after a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopCell {
    /// Its short name; empty if nobody looks after it.
    pub name: SmolStr,
    /// What it does right now; none if it is stopped.
    pub phase: Option<Phase>,
    /// Whether it has no way to the API server.
    pub cut_off: bool,
    /// Why it does not hear of changes: `dials 3s`; empty if it does.
    pub deaf: SmolStr,
}

impl LoopCell {
    /// What it does about what is missing; none if it runs but cannot know that something is.
    pub fn at_work(&self) -> Option<Phase> {
        self.phase.filter(|_| self.deaf.is_empty() && !self.cut_off)
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The object.
    pub object: ObjectRef,
    /// Its uid, by which the selection follows it.
    pub uid: String,
    /// How deep it stands.
    pub depth: usize,
    /// Whether it is unfolded; none if there is nothing below it.
    pub open: Option<bool>,
    /// Whether it comes or goes.
    pub mark: Mark,
    /// What it is called here: `deploy/login`, `pod b3tqz`.
    pub name: String,
    /// The node, of a pod.
    pub node: SmolStr,
    /// What is wanted.
    pub want: Want,
    /// What there is.
    pub have: Have,
    /// The difference.
    pub gap: Gap,
    /// Who closes it.
    pub looked_after: LoopCell,
    /// Why the loop does what it does, in its own words.
    pub note: SmolStr,
    /// The same in a word or two: `pulling`, `grace 27s`.
    pub brief: SmolStr,
}

/// The rows; `toggled` holds the uids of rows that somebody folded, or unfolded where they are folded at first; `spot` is
/// where the loop stands that is being told of.
pub fn rows(world: &World, roster: &Roster, toggled: &BTreeSet<String>, spot: Option<&Spot>) -> Vec<Row> {
    let table = Table::new(world, roster, toggled, spot);
    let mut rows = Vec::new();
    table.deployments(&mut rows);
    table.lone_sets(&mut rows);
    table.daemon_sets(&mut rows);
    table.lone_pods(&mut rows);
    table.services(&mut rows);
    table.budgets(&mut rows);
    table.config_maps(&mut rows);
    table.nodes(&mut rows);
    rows
}

/// The row below which the one at a place stands.
pub fn parent(rows: &[Row], place: usize) -> Option<&Row> {
    let depth = rows.get(place)?.depth;
    rows.get(..place)?.iter().rev().find(|row| row.depth < depth)
}

/// What a loop does right now about anything.
pub fn loop_phase(look: &LoopLook) -> Phase {
    match () {
        () if !look.working.is_empty() => Phase::Act,
        () if !look.ready.is_empty() => Phase::Observe,
        () => Phase::Wait,
    }
}

struct Table<'a> {
    world: &'a World,
    roster: &'a Roster,
    toggled: &'a BTreeSet<String>,
    spot: Option<&'a Spot>,
    stopped: BTreeSet<SmolStr>,
    cut_off: BTreeSet<SmolStr>,
    /// What is said of the components that do not hear of changes.
    deaf: BTreeMap<SmolStr, SmolStr>,
    /// The ReplicaSets by the uid of their owner; the empty uid has those without one.
    sets: BTreeMap<&'a str, Vec<&'a ReplicaSet>>,
    /// The loops that were asked for, by component: hundreds of rows ask for the same few.
    looks: RefCell<BTreeMap<SmolStr, Option<&'a Arc<LoopLook>>>>,
}

fn is_system(meta: &ObjectMeta) -> bool {
    meta.namespace.as_deref().is_some_and(|namespace| namespace.starts_with("kube-"))
}

fn uid(meta: &ObjectMeta) -> String {
    meta.uid.clone().unwrap_or_default()
}

/// `name`, with its namespace where that is not the default one.
fn in_namespace(meta: &ObjectMeta) -> String {
    let name = meta.name.as_deref().unwrap_or("");
    match meta.namespace.as_deref() {
        None | Some("" | "default") => name.to_owned(),
        Some(namespace) => format!("{namespace}:{name}"),
    }
}

impl<'a> Table<'a> {
    fn new(
        world: &'a World,
        roster: &'a Roster,
        toggled: &'a BTreeSet<String>,
        spot: Option<&'a Spot>,
    ) -> Self {
        let states = world.components();
        let stopped = states.iter().filter(|state| !state.running).map(|state| state.name.clone()).collect();
        let cut_off = states.iter().filter(|state| state.cut_off).map(|state| state.name.clone()).collect();
        let mut sets: BTreeMap<&str, Vec<&ReplicaSet>> = BTreeMap::new();
        for set in world.list_as::<ReplicaSet>(None) {
            let owner = owner::controller(&set.metadata).map_or("", |owner| owner.uid.as_str());
            sets.entry(owner).or_default().push(set);
        }
        let word = |deaf| deaf_word(deaf, world.now());
        let control = states.into_iter().filter_map(|state| Some((state.name, word(state.deaf?))));
        let kubelet = |name: &str| format_smolstr!("kubelet/{name}");
        let nodes = world.hindered_nodes().filter_map(|node| Some((kubelet(node.name), word(node.deaf?))));
        let deaf = control.chain(nodes).collect();
        let looks = RefCell::default();
        Self { world, roster, toggled, spot, stopped, cut_off, deaf, sets, looks }
    }

    fn sets_below(&self, uid: &str) -> &[&'a ReplicaSet] {
        self.sets.get(uid).map_or(&[], Vec::as_slice)
    }

    /// What a component does about an object right now.
    fn phase(&self, component: &str, item: &ObjectRef) -> LoopCell {
        let told = self.spot.and_then(|spot| spot.of_loop(component, item));
        self.cell(component, |look| match () {
            () if told.is_some() => told.unwrap_or(Phase::Wait),
            () if look.working.contains(item) => Phase::Act,
            () if look.ready.contains(item) => Phase::Observe,
            () => Phase::Wait,
        })
    }

    /// What a component does right now about anything.
    fn phase_of(&self, component: &str) -> LoopCell {
        self.cell(component, loop_phase)
    }

    fn cell(&self, component: &str, phase: impl FnOnce(&LoopLook) -> Phase) -> LoopCell {
        let short = component.split('/').next_back().unwrap_or(component);
        let name = if component.starts_with("kubelet/") { "kubelet" } else { short };
        let look = self.look(component).filter(|_| !self.stopped.contains(component));
        let cut_off = self.cut_off.contains(component);
        let deaf = self.deaf.get(component).cloned().unwrap_or_default();
        LoopCell { name: name.into(), phase: look.map(|look| phase(look)), cut_off, deaf }
    }

    fn look(&self, component: &str) -> Option<&'a Arc<LoopLook>> {
        let mut looks = self.looks.borrow_mut();
        if let Some(known) = looks.get(component) {
            return *known;
        }
        let look = self.world.loop_of(component);
        looks.insert(component.into(), look);
        look
    }

    fn note(&self, component: &str, item: &ObjectRef) -> SmolStr {
        let look = self.look(component);
        look.and_then(|look| Some(look.verdicts.get(item)?.why.clone())).unwrap_or_default()
    }
}
