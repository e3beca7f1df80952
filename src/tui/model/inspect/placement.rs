//! The scheduler's table for a pod, node by plugin, and what would make it fit.
//!
//! ```text
//! NODE       Unsched Name  Taint Affin Ports Room  Spread Company
//! node-1     ok      ok    ok    ok    ok    NO    ok     ok      Insufficient cpu
//! node-2     NO      ok    ok    ok    ok    ok    ok     ok      node(s) were unschedulable
//! ```
//!
//! The scheduler stops at a node's first objection, and its message names only that one. Here every filter is
//! asked, because who wants to help has to know them all.

use std::sync::Arc;

use super::Line;
use crate::engine::World;
use crate::object::{Kind, ObjectRef, Pod, Resource};
use crate::scheduler::{Cluster, FILTERS, Remedy, objections, remedies};
use crate::tui::model::placement::placement;
use crate::tui::theme::Role;

/// What the filters are called where room is short, in their order.
const SHORT: [&str; FILTERS.len()] =
    ["Cordon", "Name", "Taint", "Affin", "Ports", "Room", "Spread", "Company"];
/// Nodes that are listed.
const NODES: usize = 30;

pub(super) fn lines(world: &World, object: &ObjectRef) -> Vec<Line> {
    let Some(pod) = world.object(object).and_then(Pod::shared) else { return Vec::new() };
    let of = |kind| world.list(kind, None);
    // Where it is now, it may stay: its own place does not count against it.
    let others = of(Kind::Pod).filter(|other| other.key() != object.key);
    let cluster = Cluster::of(of(Kind::Node).chain(of(Kind::Namespace)).chain(others));
    let free = unbound(world, object, pod);
    let mut lines = vec![Line::head(match &pod.node {
        Some(node) => format!("It is on {node}. If it had to be placed now:"),
        None => "It has no node. If the scheduler looked at it now:".to_owned(),
    })];
    lines.extend(table(&cluster, &free));
    lines.extend(help(&remedies(&cluster, &free)));
    // Why it is where it is, as it was decided then.
    lines.extend(placement(world, object).into_iter().map(Line::text));
    lines
}

/// The pod as it was before the scheduler chose: the node that it was given is no wish. A node that was named when
/// the pod was made is one; then the scheduler was never asked.
fn unbound(world: &World, object: &ObjectRef, pod: &Arc<Pod>) -> Arc<Pod> {
    let look = world.loop_of("scheduler");
    let was_placed = look.is_some_and(|look| look.verdicts.contains_key(object));
    if was_placed { Arc::new(Pod { node: None, ..Pod::clone(pod) }) } else { pod.clone() }
}

fn table(cluster: &Cluster, pod: &Arc<Pod>) -> Vec<Line> {
    let head: String = SHORT.iter().map(|name| format!("{name:<8}")).collect();
    let mut lines = vec![Line::muted(format!("  {:<12}{head}", "NODE"))];
    let all = objections(cluster, pod);
    for (node, no) in all.iter().take(NODES) {
        let says_no = |filter: &str| no.iter().any(|objection| objection.plugin == filter);
        let cells: String = FILTERS
            .iter()
            .map(|filter| format!("{:<8}", if says_no(filter) { "NO" } else { "ok" }))
            .collect();
        let (role, verdict) = match no.is_empty() {
            true => (Role::Ok, "fits".to_owned()),
            false => {
                let reasons: Vec<&str> =
                    no.iter().flat_map(|objection| &objection.reasons).map(|it| it.as_str()).collect();
                (Role::Bad, reasons.join("; "))
            }
        };
        lines.push(Line::new(role, format!("  {node:<12}{cells}{verdict}")));
    }
    if all.len() > NODES {
        lines.push(Line::muted(format!("  and {} nodes more", all.len() - NODES)));
    }
    lines
}

fn help(remedies: &[Remedy]) -> Vec<Line> {
    if remedies.is_empty() {
        return Vec::new();
    }
    let mut lines =
        vec![Line::gap(), Line::head("What would make it fit, tried with the scheduler's own filters")];
    for remedy in remedies {
        let changes: Vec<String> = remedy.changes.iter().map(ToString::to_string).collect();
        let text = format!("  {}   -> {}", changes.join(", and "), remedy.nodes.join(" "));
        lines.push(Line::new(Role::Want, text));
    }
    lines
}
