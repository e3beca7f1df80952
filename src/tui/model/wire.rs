//! The wire: who talks to the API server, and what is on its way right now.
//!
//! Every component is a [`Station`] under one bus; nobody talks to anybody else. What travels is taken from the
//! trace and played through a [`Comets`] queue, because real messages take milliseconds.

mod comets;

pub use comets::{Comets, Hop, few, in_the_air};

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use super::rows::{Row, Spot, loop_phase};
use crate::client::{Deafness, LoopLook};
use crate::engine::{NodeState, World};
use crate::time::Span;
use crate::trace::Phase;

/// Controllers with a place of their own, in the order in which a change usually travels.
const FIRST: [&str; 5] = [
    "controller/deployment",
    "controller/replicaset",
    "scheduler",
    "controller/node-lifecycle",
    "controller/endpointslice",
];

/// A component on the wire, or several that share a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// The components: `controller/replicaset`; of a node its name.
    pub components: Vec<SmolStr>,
    /// What it does right now; none if it is stopped or has no power.
    pub phase: Option<Phase>,
    /// Whether nothing gets through to the API server or back.
    pub cut_off: bool,
    /// Why it does not hear of changes; none if it does.
    pub deaf: Option<Deafness>,
    /// How much slower than usual its link is.
    pub slower: Span,
    /// The gap that it looks after, or its queue: `gap -1~`, `queue 0`.
    pub gap: SmolStr,
    /// Whether that gap is open.
    pub open: bool,
    /// Whether it is a node.
    pub is_node: bool,
}

/// The stations from left to right, at most `most`: what has no place of its own shares one. `spot` is where the loop
/// stands that is being told of.
pub fn stations(world: &World, rows: &[Row], spot: Option<&Spot>, most: usize) -> Vec<Station> {
    let states = world.components();
    let control: Vec<Station> = states
        .iter()
        .filter(|state| !matches!(state.name.as_str(), "apiserver" | "etcd"))
        .map(|state| {
            let look = world.loop_of(&state.name).map(AsRef::as_ref);
            let told = spot.and_then(|spot| spot.of_component(&state.name));
            let phase = look.filter(|_| state.running).map(|look| told.unwrap_or(loop_phase(look)));
            Station {
                components: vec![state.name.clone()],
                phase,
                cut_off: state.cut_off,
                deaf: state.deaf,
                slower: state.extra_latency,
                gap: gap_of(&state.name, rows, look),
                open: is_open(&state.name, rows),
                is_node: false,
            }
        })
        .collect();
    let (mut shown, others): (Vec<Station>, Vec<Station>) =
        control.into_iter().partition(|station| FIRST.contains(&station.components[0].as_str()));
    shown.sort_by_key(|station| FIRST.iter().position(|name| *name == station.components[0]));
    shown.extend(together(others));
    let mut gaps: BTreeMap<&str, i64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.gap.is_open()) {
        *gaps.entry(row.node.as_str()).or_default() += row.gap.difference.abs();
    }
    let gap = |node: &str| gaps.get(node).copied().unwrap_or(0);
    let mut nodes: Vec<Station> = world.nodes().map(|state| node(gap(state.name), spot, state)).collect();
    let room = most.saturating_sub(shown.len()).max(1);
    let rest = if nodes.len() > room { nodes.split_off(room - 1) } else { Vec::new() };
    shown.extend(nodes);
    shown.extend(together(rest));
    shown
}

fn node(gap: i64, spot: Option<&Spot>, state: NodeState<'_>) -> Station {
    let told = spot.and_then(|spot| spot.of_kubelet(state.name));
    let phase = || match state.loops().first().map_or(Phase::Wait, |look| loop_phase(look)) {
        // What takes time, such as pulling an image, goes on while its loop waits for it.
        Phase::Wait if state.machine().is_some_and(|machine| machine.is_busy) => Phase::Act,
        phase => phase,
    };
    // There may be a thousand nodes: those in which nothing goes on are not looked into.
    let known = told.or(state.idle.then_some(Phase::Wait));
    Station {
        phase: state.kubelet.then(|| known.unwrap_or_else(phase)),
        cut_off: state.cut_off,
        deaf: state.deaf,
        slower: state.extra_latency,
        gap: match gap {
            0 => "=".into(),
            gap => format_smolstr!("{gap} to do"),
        },
        open: gap > 0,
        is_node: true,
        components: vec![state.name.clone()],
    }
}

/// Several in one place: it acts if one of them does, and is troubled if one of them is.
fn together(stations: Vec<Station>) -> Option<Station> {
    let count = stations.len();
    let open = stations.iter().any(|station| station.open);
    let busy =
        stations.iter().filter(|station| station.phase.is_some_and(|phase| phase != Phase::Wait)).count();
    let stopped = stations.iter().filter(|station| station.phase.is_none()).count();
    let first = stations.first()?;
    let phase = stations.iter().filter_map(|station| station.phase).min_by_key(|phase| *phase == Phase::Wait);
    Some(Station {
        phase,
        cut_off: stations.iter().all(|station| station.cut_off),
        deaf: stations.iter().find_map(|station| station.deaf),
        slower: stations.iter().map(|station| station.slower).max().unwrap_or(Span::ZERO),
        gap: match (stopped, busy) {
            (0, 0) => "all wait".into(),
            (0, busy) => format_smolstr!("{busy} of {count} act"),
            (stopped, _) => format_smolstr!("{stopped} stopped"),
        },
        open: open || stopped > 0,
        is_node: first.is_node,
        components: stations.iter().flat_map(|station| station.components.clone()).collect(),
    })
}

/// The gaps of all rows that a component looks after, or what waits in its queue.
fn gap_of(component: &str, rows: &[Row], look: Option<&LoopLook>) -> SmolStr {
    let short = component.split('/').next_back().unwrap_or(component);
    if component == "scheduler" {
        return format_smolstr!("queue {}", look.map_or(0, |look| look.ready.len() + look.working.len()));
    }
    let mine = rows.iter().filter(|row| row.looked_after.name == short);
    let (difference, closing) = mine.fold((0, true), |(sum, closing), row| {
        (sum + row.gap.difference, closing && (row.gap.closing || !row.gap.is_open()))
    });
    match difference {
        0 => "gap =".into(),
        difference => format_smolstr!("gap {difference:+}{}", if closing { "~" } else { "" }),
    }
}

fn is_open(component: &str, rows: &[Row]) -> bool {
    let short = component.split('/').next_back().unwrap_or(component);
    rows.iter().any(|row| row.looked_after.name == short && row.gap.is_open())
}
