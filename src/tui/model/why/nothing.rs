//! Why nothing is happening: who looked last, what they found, and whose clock runs.

use super::{Evidence, Finding, readiness};
use crate::engine::World;
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, owner};
use crate::tui::model::lens::caretaker;

/// Parties that are named.
const NAMED: usize = 8;
/// Related objects that are asked about.
const RELATED: usize = 12;

/// Who waits for what about an object and those around it.
pub(super) fn nothing(world: &World, object: &ObjectRef) -> Evidence {
    let mut findings = Vec::new();
    if !world.api_server_runs() {
        findings.push(Finding::NoApiServer);
    } else if !world.etcd_answers() {
        findings.push(Finding::NoEtcd);
    }
    let around = around(world, object);
    let states = world.components();
    for item in &around {
        let Some(responsible) = caretaker(world, item) else { continue };
        let state = states.iter().find(|state| state.name == responsible);
        let stopped = match state {
            Some(state) => !state.running,
            None => world.loop_of(&responsible).is_none(),
        };
        if stopped && responsible.starts_with("kubelet/") {
            // Whether a kubelet runs can be known on its node only. Everybody else hears nothing.
            findings
                .extend(readiness::silence(world, &responsible).filter(|found| !findings.contains(found)));
        } else if stopped {
            push(&mut findings, Finding::Stopped(responsible));
        } else if state.is_some_and(|state| state.cut_off) {
            push(&mut findings, Finding::CutOff(responsible));
        } else if let Some(deaf) = world.deafness(&responsible) {
            push(&mut findings, Finding::Deaf { component: responsible, deaf });
        }
    }
    let mut verdicts = Vec::new();
    let mut event = None;
    for look in world.loops() {
        for (distance, item) in around.iter().enumerate() {
            let Some(verdict) = look.verdicts.get(item) else { continue };
            let until =
                look.waiting.iter().find(|waiting| waiting.item == *item).map(|waiting| waiting.until);
            let quiet = verdict.gap == "=" && until.is_none();
            // What the scheduler compared is over once the pod has its node, and what was done is missing no more.
            let is_over = (look.component == "scheduler" && is_placed(world, item))
                || (look.done.contains(item) && verdict.gap != "=" && until.is_none());
            if is_over || (distance > 0 && quiet && !responsible_for(world, item, &look.component)) {
                continue;
            }
            let (component, item, verdict) = (look.component.clone(), item.clone(), verdict.clone());
            // Clocks that run first, then open differences, then who has nothing to do; near ones first.
            let rank = (until.is_none() || distance > 2, verdict.gap == "=", distance);
            verdicts.push((rank, Finding::Verdict { component, item, verdict, until }));
        }
    }
    verdicts.sort_by_key(|(rank, _)| *rank);
    if let Some((_, Finding::Verdict { component, item, .. })) = verdicts.first() {
        let compared = world.log().newest_first(crate::trace::EventId(u64::MAX)).take(20_000).find(|event| {
            matches!(event.data, crate::trace::Data::Compare { .. })
                && event.component == *component
                && event.object.as_ref() == Some(item)
        });
        event = compared.map(|event| event.id);
    }
    findings.extend(verdicts.into_iter().map(|(_, finding)| finding));
    if findings.is_empty() {
        findings.push(Finding::Nobody(object.clone()));
    }
    findings.truncate(NAMED);
    Evidence { findings, event }
}

fn is_placed(world: &World, item: &ObjectRef) -> bool {
    world.object(item).and_then(Pod::of).is_some_and(|pod| pod.node_name().is_some())
}

fn push(findings: &mut Vec<Finding>, finding: Finding) {
    if !findings.contains(&finding) {
        findings.push(finding);
    }
}

fn responsible_for(world: &World, item: &ObjectRef, component: &str) -> bool {
    caretaker(world, item).is_some_and(|responsible| responsible == component)
}

/// The object, what owns it, its node, and what it owns; near ones first.
fn around(world: &World, object: &ObjectRef) -> Vec<ObjectRef> {
    let mut found = vec![object.clone()];
    let mut next = object.clone();
    while let Some(owner) = world.object(&next).and_then(|object| owner::controller(object.meta())) {
        let Some(kind) = Kind::from_name(&owner.kind) else { break };
        next = ObjectRef::new(kind, Key::new(next.key.namespace.clone(), owner.name.as_str()));
        if found.contains(&next) || found.len() > 4 {
            break;
        }
        found.push(next.clone());
    }
    if let Some(pod) = world.object(object).and_then(Pod::of) {
        found.extend(pod.node_name().map(|node| ObjectRef::new(Kind::Node, Key::cluster(node))));
    }
    let uid = world.object(object).and_then(|object| object.meta().uid.clone()).unwrap_or_default();
    let below = |object: &&Object| owner::controller(object.meta()).is_some_and(|owner| owner.uid == uid);
    let sets: Vec<&Object> = world.list(Kind::ReplicaSet, None).filter(below).collect();
    let set_uids: Vec<&str> = sets.iter().filter_map(|set| set.meta().uid.as_deref()).collect();
    found.extend(sets.iter().map(|set| set.reference()));
    for pod in world.list_as::<Pod>(None) {
        let of = owner::controller(&pod.metadata).map(|owner| owner.uid.as_str());
        let mine = of.is_some_and(|of| of == uid || set_uids.contains(&of));
        let on_it = object.kind == Kind::Node && pod.node_name() == Some(object.key.name.as_str());
        if (mine || on_it) && found.len() < RELATED {
            found.push(ObjectRef::new(Kind::Pod, Resource::key(pod)));
        }
    }
    found
}
