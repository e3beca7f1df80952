//! How the cluster stands as a whole: whether all that is wanted is there, whether somebody is at work, and which
//! parts are out of order.

use smol_str::SmolStr;

use super::pods::pod_state;
use crate::client::Deafness;
use crate::engine::World;
use crate::expression::facts::is_settled;
use crate::object::{Kind, Object, Pod, owner};
use crate::time::{Span, VirtualTime};
use crate::tui::glyphs::PodState;

/// So long after the last step of a story nothing is news any more.
const NEWS: Span = Span::secs(3);
/// Older stories than these have ended.
const LAST: usize = 20;

/// How the cluster stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// All that is wanted is there, and every part works.
    Well,
    /// All that is wanted is there, but a part is out of order: nobody may be there for the next change.
    Fragile,
    /// Something is missing or too much, and somebody is at work.
    Healing,
    /// Something is missing or too much, and nobody is at work.
    Waiting,
}

/// How the cluster stands.
pub fn health(world: &World) -> Health {
    let outages = outages(world);
    match (is_whole(world), world.is_quiet()) {
        (true, _) if outages.is_empty() && !is_forsaken(world) => Health::Well,
        (true, _) => Health::Fragile,
        // All are busy dialling: that heals nothing.
        (false, _) if is_out_of_reach(&outages) && are_all_ready(world) => Health::Fragile,
        (false, false) => Health::Healing,
        (false, true) => Health::Waiting,
    }
}

/// Whether all is as wanted: the pods are there and ready, none is ending, and every loop has seen the last wish.
pub fn is_whole(world: &World) -> bool {
    are_all_ready(world) && (is_settled(world) || is_calm(world))
}

fn are_all_ready(world: &World) -> bool {
    let (wanted, ready) = pods_wanted_and_ready(world);
    ready == wanted
}

/// Whether nobody gets an answer, because the API server or etcd is away.
fn is_out_of_reach(outages: &[Outage]) -> bool {
    matches!(outages.first(), Some(Outage::ApiServer | Outage::Etcd))
}

/// Whether nothing is wanted any more although clients still ask: etcd may have lost what it held.
pub(super) fn is_forsaken(world: &World) -> bool {
    wanted_pods(world) == 0 && world.census().all().active == 0 && world.traffic().is_some()
}

/// Whether no story goes on, and all pods are as they should be: what is under way then is a node's report and the like.
pub(super) fn is_calm(world: &World) -> bool {
    world.census().all().restless == 0 && stories_rest(world)
}

/// Whether nothing has happened in any story for a while.
pub(super) fn stories_rest(world: &World) -> bool {
    is_old(world.stories().rev().take(LAST).map(|(_, info)| info.last_at).max(), world)
}

/// Whether what was then is no news any more.
pub(super) fn is_old(then: Option<VirtualTime>, world: &World) -> bool {
    then.is_none_or(|then| world.now() - then > NEWS)
}

/// A part that is out of order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outage {
    /// The API server is stopped.
    ApiServer,
    /// etcd does not answer.
    Etcd,
    /// A controller or the scheduler is stopped.
    Stopped(SmolStr),
    /// A component or a node has no way to the API server.
    CutOff(SmolStr),
    /// A component or a node does not hear of changes although its link is whole.
    Deaf(SmolStr, Deafness),
    /// A node has no power, or its kubelet is stopped.
    Dead(SmolStr),
    /// A component's or a node's messages take so much longer than usual.
    Slow(SmolStr, Span),
    /// So many of the next messages of a component or a node will get lost.
    Lossy(SmolStr, u32),
}

/// The parts that are out of order, the gravest first.
pub fn outages(world: &World) -> Vec<Outage> {
    let mut found = Vec::new();
    for state in world.components() {
        match (state.name.as_str(), state.running) {
            ("apiserver", false) => found.push(Outage::ApiServer),
            ("etcd", false) => found.push(Outage::Etcd),
            (_, false) => found.push(Outage::Stopped(state.name)),
            (_, true) if state.cut_off => found.push(Outage::CutOff(state.name)),
            (_, true) => {
                found.extend(strain(state.name, state.deaf, state.extra_latency, state.to_be_lost));
            }
        }
    }
    for node in world.hindered_nodes() {
        let name = node.name.clone();
        if !node.kubelet {
            found.push(Outage::Dead(name));
        } else if node.cut_off {
            found.push(Outage::CutOff(name));
        } else {
            found.extend(strain(name, node.deaf, node.extra_latency, node.to_be_lost));
        }
    }
    found
}

/// What is wrong with somebody who runs and is not cut off.
fn strain(name: SmolStr, deaf: Option<Deafness>, slower: Span, to_be_lost: u32) -> Option<Outage> {
    match deaf {
        Some(deaf) => Some(Outage::Deaf(name, deaf)),
        None if slower > Span::ZERO => Some(Outage::Slow(name, slower)),
        None => (to_be_lost > 0).then_some(Outage::Lossy(name, to_be_lost)),
    }
}

/// How many pods all wishes together ask for, and how many are ready. There may be more pods than wishes.
pub fn pods_wanted_and_ready(world: &World) -> (usize, usize) {
    let ready = match world.census().silent_nodes().next().is_none() {
        true => world.census().all().ready,
        // What is ready on a node that is not heard of is not known.
        false => {
            let pods = world.list_as::<Pod>(None).filter(|pod| !pod.is_finished());
            pods.filter(|pod| pod_state(world, pod).0 == PodState::Ready).count()
        }
    };
    (wanted_pods(world).max(ready), ready)
}

fn wanted_pods(world: &World) -> usize {
    let deployments = world.list(Kind::Deployment, None).filter_map(|object| match object {
        Object::Deployment(deployment) => deployment.spec.as_ref().map(|spec| spec.replicas.unwrap_or(1)),
        _ => None,
    });
    let sets = world.list(Kind::ReplicaSet, None).filter_map(|object| match object {
        Object::ReplicaSet(set) if owner::controller(&set.metadata).is_none() => {
            set.spec.as_ref().map(|spec| spec.replicas.unwrap_or(1))
        }
        _ => None,
    });
    let daemons = world.list(Kind::DaemonSet, None).filter_map(|object| match object {
        Object::DaemonSet(set) => set.status.as_ref().map(|status| status.desired_number_scheduled),
        _ => None,
    });
    let owned: i32 = deployments.chain(sets).chain(daemons).sum();
    usize::try_from(owned).unwrap_or(0) + world.census().bare()
}
