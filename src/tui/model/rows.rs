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
mod workloads;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smol_str::SmolStr;

pub use fold::{filtered, fold};

use super::gap::Gap;
use super::pods::PodStates;
use crate::client::LoopLook;
use crate::engine::World;
use crate::object::{Kind, Object, ObjectMeta, ObjectRef, owner};
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
    /// Pods in these states; the number is those that are ready.
    Pods(Vec<PodState>, i64),
    /// One pod.
    Pod(PodState, Option<Span>),
    /// A word.
    Word(SmolStr),
}

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

/// The rows; `toggled` holds the uids of rows that somebody folded, or unfolded where they are folded at first.
pub fn rows(world: &World, toggled: &BTreeSet<String>) -> Vec<Row> {
    let table = Table::new(world, toggled);
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
    toggled: &'a BTreeSet<String>,
    loops: BTreeMap<SmolStr, Arc<LoopLook>>,
    stopped: BTreeSet<SmolStr>,
    children: BTreeMap<&'a str, Vec<&'a Object>>,
    states: PodStates<'a>,
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
    fn new(world: &'a World, toggled: &'a BTreeSet<String>) -> Self {
        // A kubelet has several loops; the one for pods is the first.
        let loops = world.loops().into_iter().rev().map(|look| (look.component.clone(), look)).collect();
        let stopped = world
            .components()
            .into_iter()
            .filter(|component| !component.running)
            .map(|component| component.name);
        let mut children: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
        for object in world.list(Kind::ReplicaSet, None).chain(world.list(Kind::Pod, None)) {
            let owner = owner::controller(object.meta()).map_or("", |owner| owner.uid.as_str());
            children.entry(owner).or_default().push(object);
        }
        Self { world, toggled, loops, stopped: stopped.collect(), children, states: PodStates::new(world) }
    }

    fn below(&self, uid: &str) -> &[&'a Object] {
        self.children.get(uid).map_or(&[], Vec::as_slice)
    }

    /// What a component does about an object right now.
    fn phase(&self, component: &str, item: &ObjectRef) -> LoopCell {
        self.cell(component, |look| match () {
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
        let look = self.loops.get(component).filter(|_| !self.stopped.contains(component));
        LoopCell { name: name.into(), phase: look.map(|look| phase(look)) }
    }

    fn note(&self, component: &str, item: &ObjectRef) -> SmolStr {
        self.loops
            .get(component)
            .and_then(|look| look.verdicts.get(item))
            .map(|verdict| verdict.why.clone())
            .unwrap_or_default()
    }
}
