//! Who knows what: WANT, SEEN, API, REAL. They may differ, and a controller acts on what it has SEEN.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Node, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use crate::client::LoopLook;
use crate::engine::World;
use crate::object::{
    Census, Key, Kind, Object, ObjectRef, Pod, Resource, Tally, conditions, is_terminating, labels, owner,
};
use crate::tui::glyphs::PodState;
use crate::tui::model::pod_state;

/// Of so many pods the states are told and drawn one by one.
pub const SIGNS: usize = 8;

/// One party and what it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knows {
    /// `WANT`, `SEEN`, `API` or `REAL`.
    pub who: &'static str,
    /// Where that is kept.
    pub place: String,
    /// One state for each pod, of the first [`SIGNS`].
    pub pods: Vec<PodState>,
    /// In words.
    pub text: String,
}

impl Knows {
    fn new(
        who: &'static str,
        place: impl Into<String>,
        pods: Vec<PodState>,
        text: impl Into<String>,
    ) -> Self {
        Self { who, place: place.into(), pods, text: text.into() }
    }
}

/// What the spec wants, what the component has seen, what etcd holds, and what really is. With a veil, that stands in
/// the place of what really is: nobody in the cluster knows it, and on many machines it takes time to find out.
pub fn knows(world: &World, item: &ObjectRef, look: Option<&LoopLook>, veil: Option<&str>) -> Vec<Knows> {
    let mut rows = match item.kind {
        Kind::Pod => pod(world, item, look, veil),
        Kind::Node => node(world, item, look, veil),
        Kind::Service => service(world, item, look, veil),
        _ => pods_of(world, item, look, veil).unwrap_or_default(),
    };
    if rows.is_empty() {
        rows = revisions(world, item, look);
    }
    rows
}

/// A workload: the pods that it owns.
fn pods_of(
    world: &World,
    item: &ObjectRef,
    look: Option<&LoopLook>,
    veil: Option<&str>,
) -> Option<Vec<Knows>> {
    let object = world.object(item)?;
    let spec = object.to_value();
    let spec = spec.get("spec")?;
    let (field, want) = ["replicas", "parallelism"]
        .into_iter()
        .find_map(|field| Some((field, spec.get(field)?.as_i64()?)))?;
    let uid = object.meta().uid.clone().unwrap_or_default();
    let namespace = item.key.namespace.as_str();
    let family = family(world.list(Kind::ReplicaSet, None), &uid);
    let in_etcd = tally(world.census(), namespace, &family);
    let states = signs(world.list_as::<Pod>(Some(namespace)), &family, |pod| pod_state(world, pod).0);
    let slots = vec![PodState::Missing; usize::try_from(want).unwrap_or(0).min(SIGNS)];
    let mut rows = vec![Knows::new("WANT", format!("spec.{field}"), slots, want.to_string())];
    rows.push(match look {
        None => stopped(),
        Some(look) => {
            let family = self::family(look.cache.all(Kind::ReplicaSet), &uid);
            match look.cache.count(Kind::Pod) {
                0 if in_etcd.all > 0 => sets_seen(look, &uid),
                _ => {
                    let pods = look.cache.all_as::<Pod>().map(|pod| &**pod);
                    let states = signs(pods, &family, plain_state);
                    let active = tally(&look.cache.census(), namespace, &family).active;
                    Knows::new("SEEN", "its own cache", states, format!("{active} active"))
                }
            }
        }
    });
    let ending = in_etcd.terminating;
    let whole = in_etcd.all - ending;
    let text = if ending > 0 { format!("{whole} + {ending} ending") } else { whole.to_string() };
    rows.push(Knows::new("API", "what etcd holds", states, text));
    let is_of_it =
        |key: &Key| world.get::<Pod>(&key.namespace, &key.name).is_some_and(|pod| belongs(pod, &family));
    rows.push(veiled(veil, NODES).unwrap_or_else(|| really(world, is_of_it)));
    Some(rows)
}

/// How many pods a family has, and in which states.
fn tally(census: &Census, namespace: &str, family: &BTreeSet<&str>) -> Tally {
    let groups = family.iter().flat_map(|uid| census.owned(namespace, uid));
    groups.fold(Tally::default(), |sum, (_, tally)| sum.plus(tally))
}

/// The states of the first pods of a family.
fn signs<'a>(
    pods: impl Iterator<Item = &'a Pod>,
    family: &BTreeSet<&str>,
    state: impl Fn(&Pod) -> PodState,
) -> Vec<PodState> {
    pods.filter(|pod| belongs(pod, family)).take(SIGNS).map(state).collect()
}

/// A controller that watches no pods sees the sets below it.
fn sets_seen(look: &LoopLook, uid: &str) -> Knows {
    let sets = look.cache.all(Kind::ReplicaSet).filter(|set| owned_by(set.meta(), uid)).count();
    Knows::new("SEEN", "its own cache", Vec::new(), format!("{sets} ReplicaSets"))
}

fn owned_by(meta: &crate::object::ObjectMeta, uid: &str) -> bool {
    owner::controller(meta).is_some_and(|owner| owner.uid == uid)
}

/// An owner with the sets that it owns, by their uids.
fn family<'a>(sets: impl Iterator<Item = &'a Object>, uid: &'a str) -> BTreeSet<&'a str> {
    let below = sets.filter(|set| owned_by(set.meta(), uid)).filter_map(|set| set.meta().uid.as_deref());
    below.chain([uid]).collect()
}

fn belongs(pod: &Pod, family: &BTreeSet<&str>) -> bool {
    owner::controller(&pod.metadata).is_some_and(|owner| family.contains(owner.uid.as_str()))
}

/// A pod's state from the object alone, as a component sees it that knows nothing of nodes.
fn plain_state(pod: &Pod) -> PodState {
    match () {
        () if is_terminating(&pod.metadata) => PodState::Ending,
        () if pod.phase() == "Succeeded" => PodState::Done,
        () if pod.phase() == "Failed" => PodState::Failed,
        () if pod.node_name().is_none() => PodState::Waiting,
        () if pod.is_ready() => PodState::Ready,
        () if pod.phase() == "Running" => PodState::NotReady,
        () => PodState::Starting,
    }
}

/// Where what really runs is.
const NODES: &str = "on the nodes";
const MACHINE: &str = "the machine";

/// What stands in the place of what really is, if it is not to be shown.
fn veiled(veil: Option<&str>, place: &str) -> Option<Knows> {
    veil.map(|words| Knows::new("REAL", place, Vec::new(), words))
}

/// The processes that run on machines with power.
fn really(world: &World, wanted: impl Fn(&Key) -> bool) -> Knows {
    let mut states = Vec::new();
    for node in world.nodes() {
        let Some(machine) = node.machine() else { continue };
        for (_, pod) in machine.pods.iter().filter(|(key, _)| wanted(key)) {
            let runs = pod.containers.iter().any(|container| container.state == "running");
            states.push(if runs { PodState::Ready } else { PodState::Starting });
        }
    }
    let running = states.iter().filter(|state| **state == PodState::Ready).count();
    let text = if running == 1 { "1 runs".to_owned() } else { format!("{running} run") };
    Knows::new("REAL", NODES, states, text)
}

fn stopped() -> Knows {
    Knows::new("SEEN", "its own cache", Vec::new(), "stopped: its memory is gone")
}

fn pod(world: &World, item: &ObjectRef, look: Option<&LoopLook>, veil: Option<&str>) -> Vec<Knows> {
    let in_etcd = world.object(item).and_then(Pod::of);
    let want = match in_etcd {
        None => "nothing: the object is gone".to_owned(),
        Some(pod) if is_terminating(&pod.metadata) => "gone: deletion was asked for".to_owned(),
        Some(pod) => {
            let node = pod.node_name().map_or("a node".to_owned(), |node| format!("on {node}"));
            match pod.spec.containers.len() {
                1 => format!("1 container {node}"),
                more => format!("{more} containers {node}"),
            }
        }
    };
    let describe = |pod: &Pod| {
        let ready = if pod.is_ready() { "ready" } else { "not ready" };
        let node = pod.node_name().unwrap_or("no node");
        format!("{}, {ready}, {node}", pod.phase())
    };
    let seen = look.map(|look| look.cache.get_as::<Pod>(&item.key));
    let key = item.key.clone();
    vec![
        Knows::new("WANT", "spec", Vec::new(), want),
        match seen {
            None => stopped(),
            Some(None) => Knows::new("SEEN", "its own cache", Vec::new(), "no such pod"),
            Some(Some(pod)) => Knows::new("SEEN", "its own cache", vec![plain_state(pod)], describe(pod)),
        },
        match in_etcd {
            None => Knows::new("API", "what etcd holds", Vec::new(), "no such pod"),
            Some(pod) => Knows::new("API", "what etcd holds", vec![pod_state(world, pod).0], describe(pod)),
        },
        veiled(veil, NODES).unwrap_or_else(|| really(world, move |other| *other == key)),
    ]
}

fn node(world: &World, item: &ObjectRef, look: Option<&LoopLook>, veil: Option<&str>) -> Vec<Knows> {
    let ready = |node: &Node| {
        let list = node.status.as_ref().and_then(|status| status.conditions.as_ref());
        let found = conditions::get(list, "Ready");
        found.map_or("no Ready condition".to_owned(), |found| format!("Ready={}", found.status))
    };
    let seen = look.map(|look| look.cache.get_as::<Node>(&item.key).map(|node| ready(node)));
    let real = match world.node(&item.key.name) {
        None => "no such machine",
        Some(node) => match (node.powered(), node.cut_off, node.kubelet) {
            (false, ..) => "no power",
            (_, true, _) => "runs, cut off from the API server",
            (_, _, false) => "has power, kubelet stopped",
            (_, _, true) => "has power, kubelet runs",
        },
    };
    vec![
        Knows::new("WANT", "lease", Vec::new(), "a sign of life every 10s"),
        match seen {
            None => stopped(),
            Some(seen) => {
                Knows::new("SEEN", "its own cache", Vec::new(), seen.unwrap_or("no such node".to_owned()))
            }
        },
        Knows::new(
            "API",
            "what etcd holds",
            Vec::new(),
            world.object(item).and_then(Node::of).map_or("no such node".to_owned(), ready),
        ),
        veiled(veil, MACHINE).unwrap_or_else(|| Knows::new("REAL", MACHINE, Vec::new(), real)),
    ]
}

fn service(world: &World, item: &ObjectRef, look: Option<&LoopLook>, veil: Option<&str>) -> Vec<Knows> {
    let Some(service) = world.object(item).and_then(Service::of) else { return Vec::new() };
    let selector = service.spec.as_ref().and_then(|spec| spec.selector.clone()).unwrap_or_default();
    let namespace = item.key.namespace.as_str();
    let matches = |pod: &Pod| {
        !selector.is_empty()
            && pod.metadata.namespace.as_deref() == Some(namespace)
            && selector.iter().all(|(key, value)| labels(&pod.metadata).get(key) == Some(value))
    };
    let words: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let slices = world.list_as::<EndpointSlice>(Some(namespace));
    let (ready, other) = listed(slices.filter(|slice| is_slice_of(slice, item)));
    let seen = look.map(|look| {
        // Who watches no pods, such as a kube-proxy, knows of them by the slices.
        if look.cache.count(Kind::Pod) == 0 {
            let slices = look.cache.all_as::<EndpointSlice>().map(|slice| &**slice);
            let (ready, _) = listed(slices.filter(|slice| is_slice_of(slice, item)));
            return Knows::new("SEEN", "slices in its cache", Vec::new(), format!("{ready} ready"));
        }
        let pods: Vec<PodState> =
            look.cache.all_as::<Pod>().filter(|pod| matches(pod)).map(|pod| plain_state(pod)).collect();
        let ready = pods.iter().filter(|state| **state == PodState::Ready).count();
        let text = format!("{ready} ready pods");
        Knows::new("SEEN", "its own cache", pods, text)
    });
    let text = if other > 0 { format!("{ready} ready, {other} not") } else { format!("{ready} ready") };
    let real = || {
        let wanted: BTreeSet<Key> =
            world.list_as::<Pod>(None).filter(|pod| matches(pod)).map(Resource::key).collect();
        really(world, move |key| wanted.contains(key))
    };
    vec![
        Knows::new("WANT", "selector", Vec::new(), words.join(",")),
        seen.unwrap_or_else(stopped),
        Knows::new("API", "its slices", Vec::new(), text),
        veiled(veil, NODES).unwrap_or_else(real),
    ]
}

fn is_slice_of(slice: &EndpointSlice, service: &ObjectRef) -> bool {
    slice.metadata.namespace.as_deref() == Some(service.key.namespace.as_str())
        && labels(&slice.metadata)
            .get("kubernetes.io/service-name")
            .is_some_and(|name| *name == service.key.name)
}

/// How many addresses slices list as ready, and how many others.
fn listed<'a>(slices: impl Iterator<Item = &'a EndpointSlice>) -> (usize, usize) {
    let endpoints = slices.flat_map(|slice| slice.endpoints.iter().flatten());
    endpoints.fold((0, 0), |(ready, other), endpoint| {
        match endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true) {
            true => (ready + 1, other),
            false => (ready, other + 1),
        }
    })
}

/// What can be said of any object: which version the component has seen, and which is the newest.
fn revisions(world: &World, item: &ObjectRef, look: Option<&LoopLook>) -> Vec<Knows> {
    let version = |object: Option<&Object>| {
        object.map_or("nothing".to_owned(), |object| {
            format!("revision {}", object.meta().resource_version.as_deref().unwrap_or("?"))
        })
    };
    vec![
        match look {
            None => stopped(),
            Some(look) => {
                let seen = look.cache.get(item.kind, &item.key);
                Knows::new("SEEN", "its own cache", Vec::new(), version(seen))
            }
        },
        Knows::new("API", "what etcd holds", Vec::new(), version(world.object(item))),
    ]
}
