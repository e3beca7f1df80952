//! The laws: what must hold whatever happens, and what must come true once all is mended.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Node, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kubeloop::engine::World;
use kubeloop::expression::facts::is_settled;
use kubeloop::object::quantity::milli_of;
use kubeloop::object::{
    Kind, Object, ObjectMeta, Pod, Resource, conditions, disruption, is_terminating, labels, owner, revision,
};
use kubeloop::time::{Span, VirtualTime};
use kubeloop::trace::EventId;
use smol_str::SmolStr;

/// For how long a loop may be behind while nothing keeps it from its work: a broken connection is tried again
/// after 30 s at the latest, a silent one is noticed later.
const BEHIND: Span = Span::secs(120);
/// More events than this within [`STORM_WITHIN`] are a storm: loops that wake each other for nothing. A quiet
/// cluster of this size has some 400 in that time, and the busiest moments of mending a few thousand.
const STORM: u64 = 20_000;
const STORM_WITHIN: Span = Span::secs(10);
/// Kinds whose revisions and generations are followed.
const FOLLOWED: [Kind; 7] = [
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::DaemonSet,
    Kind::Pod,
    Kind::Service,
    Kind::EndpointSlice,
    Kind::PodDisruptionBudget,
];

/// What was seen of the cluster so far.
#[derive(Default)]
pub(crate) struct Laws {
    revision: u64,
    /// Of each object, by uid: its resourceVersion and its generation.
    versions: BTreeMap<String, (u64, i64)>,
    /// Things that should not stay, and since when they are there.
    odd: BTreeMap<String, VirtualTime>,
    calm_since: VirtualTime,
    /// How many events there had been at some instants of the last ten seconds, oldest first.
    counts: VecDeque<(VirtualTime, u64)>,
}

impl Laws {
    /// Something was done to a component or a link.
    pub(crate) fn disturbed(&mut self, now: VirtualTime) {
        self.calm_since = now;
    }

    /// etcd's data went back: objects are again as they were. The revision never goes back.
    pub(crate) fn rewound(&mut self) {
        self.versions.clear();
    }

    /// Looks at the cluster after an instant.
    pub(crate) fn check(&mut self, world: &World) -> Result<(), String> {
        self.no_storms(world)?;
        if world.revision() == self.revision {
            return Ok(());
        }
        self.versions_rise(world)?;
        nodes_are_not_overcommitted(world)?;
        addresses_are_unique(world)?;
        self.nothing_odd_stays(world)
    }

    /// Loops never keep each other awake for nothing, however often they do it.
    fn no_storms(&mut self, world: &World) -> Result<(), String> {
        let (now, total) = (world.now(), world.log().total());
        while self.counts.front().is_some_and(|(at, _)| now.since(*at) > STORM_WITHIN) {
            self.counts.pop_front();
        }
        let since = self.counts.front().map_or(total, |(_, count)| *count);
        if total - since > STORM {
            return Err(format!("a storm: {} events within {STORM_WITHIN}{}", total - since, talkers(world)));
        }
        // A few instants a second are enough.
        if self.counts.back().is_none_or(|(at, _)| now.since(*at) > Span::millis(250)) {
            self.counts.push_back((now, total));
        }
        Ok(())
    }

    fn versions_rise(&mut self, world: &World) -> Result<(), String> {
        let before = std::mem::replace(&mut self.revision, world.revision());
        if world.revision() < before {
            return Err(format!("the revision went from {before} back to {}", world.revision()));
        }
        for object in FOLLOWED.iter().flat_map(|kind| world.list(*kind, None)) {
            let meta = object.meta();
            let (version, generation) = (revision(meta), meta.generation.unwrap_or(0));
            if version > world.revision() {
                return Err(format!("{} has a version of the future: {version}", object.reference()));
            }
            // Nearly all are as they were.
            if version <= before {
                continue;
            }
            let uid = meta.uid.clone().unwrap_or_default();
            if let Some((old, older)) = self.versions.insert(uid, (version, generation))
                && (version < old || generation < older)
            {
                return Err(format!(
                    "{}: version {old} -> {version}, generation {older} -> {generation}",
                    object.reference()
                ));
            }
        }
        Ok(())
    }

    /// What a loop must put right is put right in time, as long as nobody keeps it from that.
    fn nothing_odd_stays(&mut self, world: &World) -> Result<(), String> {
        let odd: BTreeSet<String> = orphans(world).chain(wrong_endpoints(world)).collect();
        self.odd.retain(|what, _| odd.contains(what));
        let (now, calm_since) = (world.now(), self.calm_since);
        for what in odd {
            self.odd.entry(what).or_insert(now);
        }
        let stays = |(_, since): &(&String, &VirtualTime)| now.since((**since).max(calm_since)) > BEHIND;
        let works = control_plane_works(world);
        match self.odd.iter().find(stays) {
            Some((what, since)) if works => Err(format!("{what}, since {since}")),
            _ => Ok(()),
        }
    }
}

/// Who caused most of the latest events.
fn talkers(world: &World) -> String {
    let mut counts: BTreeMap<(SmolStr, &str, &str), usize> = BTreeMap::new();
    for event in world.log().since(EventId(world.log().total().saturating_sub(5_000))) {
        let kind = event.object.as_ref().map_or("", |object| object.kind.name());
        *counts.entry((event.component.clone(), event.data.kind(), kind)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let words =
        counts.iter().take(12).map(|((who, what, kind), count)| format!("\n    {count} {who} {what} {kind}"));
    words.collect()
}

fn control_plane_works(world: &World) -> bool {
    let hindered = |state: &kubeloop::engine::ComponentState| {
        !state.running || state.cut_off || state.extra_latency != Span::ZERO
    };
    !world.components().iter().any(hindered) && !world.nodes().any(|node| node.cut_off)
}

fn uid(meta: &ObjectMeta) -> &str {
    meta.uid.as_deref().unwrap_or("")
}

fn name(meta: &ObjectMeta) -> &str {
    meta.name.as_deref().unwrap_or("")
}

/// The scheduler never gives away more than a node has.
fn nodes_are_not_overcommitted(world: &World) -> Result<(), String> {
    let mut requested: BTreeMap<SmolStr, (i128, i128, usize)> = BTreeMap::new();
    for pod in world.list_as::<Pod>(None).filter(|pod| !pod.is_finished()) {
        let Some(node) = pod.node.clone() else { continue };
        let entry = requested.entry(node).or_default();
        for container in &pod.spec.containers {
            let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
            entry.0 += milli_of(requests, "cpu");
            entry.1 += milli_of(requests, "memory");
        }
        entry.2 += 1;
    }
    for (node, (cpu, memory, pods)) in requested {
        let Some(object) = world.get::<Node>("", &node) else { continue };
        let has = object.status.as_ref().and_then(|status| status.allocatable.as_ref());
        if cpu > milli_of(has, "cpu") || memory > milli_of(has, "memory") {
            return Err(format!("{node} is overcommitted: {pods} pods want {cpu}m CPU, {memory}m memory"));
        }
    }
    Ok(())
}

/// No two pods that really run have the same address.
fn addresses_are_unique(world: &World) -> Result<(), String> {
    let mut owners: BTreeMap<SmolStr, String> = BTreeMap::new();
    for machine in world.nodes().filter_map(|node| node.machine()) {
        for (key, pod) in machine.pods.iter().filter(|(_, pod)| !pod.ip.is_empty()) {
            if let Some(other) = owners.insert(pod.ip.clone(), format!("{key} on {}", machine.node)) {
                return Err(format!("{key} on {} has the address {} of {other}", machine.node, pod.ip));
            }
        }
    }
    Ok(())
}

/// Objects whose owner is gone.
fn orphans(world: &World) -> impl Iterator<Item = String> {
    let owned = [Kind::ReplicaSet, Kind::Pod, Kind::EndpointSlice, Kind::ControllerRevision];
    owned.into_iter().flat_map(|kind| world.list(kind, None)).filter_map(|object| {
        let owner = owner::controller(object.meta())?;
        // A pod of a node that does not answer stays for ever, as in the real thing.
        if is_terminating(object.meta()) {
            return None;
        }
        let kind = Kind::from_name(&owner.kind)?;
        let namespace = object.meta().namespace.as_deref();
        let lives = world.list(kind, namespace).any(|other| uid(other.meta()) == owner.uid);
        (!lives).then(|| format!("{} outlives its owner {} {}", object.reference(), owner.kind, owner.name))
    })
}

/// Addresses that are listed as ready though their pod is not, or is gone.
fn wrong_endpoints(world: &World) -> impl Iterator<Item = String> {
    let endpoints = world
        .list_as::<EndpointSlice>(None)
        .flat_map(|slice| slice.endpoints.iter().flatten().map(move |endpoint| (slice, endpoint)));
    endpoints.filter_map(|(slice, endpoint)| {
        let conditions = endpoint.conditions.as_ref();
        if conditions.and_then(|conditions| conditions.ready) != Some(true) {
            return None;
        }
        let target = endpoint.target_ref.as_ref()?;
        let (namespace, pod) = (target.namespace.as_deref()?, target.name.as_deref()?);
        let fits = world.get::<Pod>(namespace, pod).is_some_and(|pod| {
            pod.is_ready()
                && pod.metadata.uid == target.uid
                && pod.status.pod_ip == endpoint.addresses.first().cloned()
        });
        (!fits).then(|| format!("{} lists {pod} as ready", slice.metadata.name.as_deref().unwrap_or("")))
    })
}

/// What is not yet as it should be; none if the cluster is whole.
pub(crate) fn unhealed(world: &World) -> Option<String> {
    if !is_settled(world) {
        return Some("it is not settled".to_owned());
    }
    deployments(world)
        .or_else(|| replica_sets(world))
        .or_else(|| daemon_sets(world))
        .or_else(|| budgets(world))
        .or_else(|| nodes(world))
        .or_else(|| pods(world))
        .or_else(|| endpoints(world))
        .or_else(|| agents(world))
        .or_else(|| orphans(world).next())
        .or_else(|| wrong_endpoints(world).next())
}

fn deployments(world: &World) -> Option<String> {
    world.list_as::<Deployment>(None).find_map(|deployment| {
        let want = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        let status = deployment.status.clone().unwrap_or_default();
        let have =
            [status.replicas, status.updated_replicas, status.ready_replicas, status.available_replicas]
                .map(|count| count.unwrap_or(0));
        (have != [want; 4])
            .then(|| format!("deployment {} wants {want}, has {have:?}", name(&deployment.metadata)))
    })
}

/// Each set has exactly its pods.
fn replica_sets(world: &World) -> Option<String> {
    world.list_as::<ReplicaSet>(None).find_map(|set| {
        let want = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1) as usize;
        let mine = |pod: &&Pod| owner::is_controlled_by(&pod.metadata, uid(&set.metadata));
        let have = world.list_as::<Pod>(None).filter(mine).filter(|pod| pod.is_active()).count();
        (have != want).then(|| format!("replicaset {} wants {want}, has {have}", name(&set.metadata)))
    })
}

/// Each node has exactly one pod of each DaemonSet, of its newest template.
fn daemon_sets(world: &World) -> Option<String> {
    world.list_as::<DaemonSet>(None).find_map(|set| {
        let mine = |pod: &&Pod| owner::is_controlled_by(&pod.metadata, uid(&set.metadata));
        let mut have: Vec<&str> =
            world.list_as::<Pod>(None).filter(mine).filter_map(|pod| pod.node_name()).collect();
        have.sort_unstable();
        let want: Vec<SmolStr> = world.node_names();
        let status = set.status.clone().unwrap_or_default();
        let told = [
            Some(status.desired_number_scheduled),
            Some(status.number_ready),
            status.updated_number_scheduled,
            status.number_available,
        ];
        let all = i32::try_from(want.len()).ok();
        (have != want || told != [all; 4])
            .then(|| format!("daemonset {} is on {have:?} and tells {told:?}", name(&set.metadata)))
    })
}

/// Each budget has counted right.
fn budgets(world: &World) -> Option<String> {
    world.list_as::<PodDisruptionBudget>(None).find_map(|budget| {
        let pods = world.list_as::<Pod>(None).filter(|pod| disruption::covers(budget, pod));
        let healthy = pods.filter(|pod| pod.is_ready() && !is_terminating(&pod.metadata)).count();
        let status = budget.status.clone().unwrap_or_default();
        let told = status.current_healthy.unwrap_or(-1);
        let room = (told - status.desired_healthy.unwrap_or(0)).max(0);
        let is_right = i32::try_from(healthy) == Ok(told)
            && disruption::allowed(&status) == room
            && status.disrupted_pods.as_ref().is_none_or(|pods| pods.is_empty())
            && status.observed_generation == budget.metadata.generation;
        (!is_right)
            .then(|| format!("budget {} tells {status:?}, {healthy} are healthy", name(&budget.metadata)))
    })
}

fn nodes(world: &World) -> Option<String> {
    world.node_names().iter().find_map(|name| {
        let Some(node) = world.get::<Node>("", name) else {
            return Some(format!("{name} is not registered"));
        };
        let all = node.status.as_ref().and_then(|status| status.conditions.as_ref());
        let taints =
            node.spec.as_ref().and_then(|spec| spec.taints.as_ref()).is_some_and(|list| !list.is_empty());
        (!conditions::is_true(all, "Ready") || taints).then(|| format!("{name} is not ready, or tainted"))
    })
}

/// Each pod has a node, and the node runs exactly the pods that the API says it does.
fn pods(world: &World) -> Option<String> {
    let mut real: BTreeMap<SmolStr, (SmolStr, SmolStr)> = BTreeMap::new();
    for machine in world.nodes().filter_map(|node| node.machine()) {
        for (key, pod) in &machine.pods {
            let runs = pod.containers.iter().any(|container| container.state == "running");
            if runs && real.insert(pod.uid.clone(), (machine.node.clone(), pod.ip.clone())).is_some() {
                return Some(format!("{key} runs twice"));
            }
        }
    }
    for pod in world.list_as::<Pod>(None).filter(|pod| !pod.is_finished()) {
        let pod_name = name(&pod.metadata);
        let Some(node) = pod.node.clone() else { return Some(format!("{pod_name} has no node")) };
        match real.remove(uid(&pod.metadata)) {
            Some((there, ip)) if there == node && Some(ip.as_str()) == pod.status.pod_ip.as_deref() => {}
            other => {
                return Some(format!(
                    "{pod_name} is on {node} with {:?}, but really {other:?}",
                    pod.status.pod_ip
                ));
            }
        }
    }
    real.into_iter().next().map(|(uid, (node, _))| format!("{node} runs a pod {uid} that is not in the API"))
}

/// Whoever asks the Service by its name is answered by one of its pods.
fn agents(world: &World) -> Option<String> {
    world.nodes().filter_map(|node| node.machine()).find_map(|machine| {
        let mut agents = machine.pods.iter().filter(|(key, _)| key.name.starts_with("agent-"));
        agents.find_map(|(key, pod)| {
            let line =
                pod.containers.first().and_then(|container| container.log.last()).map(|(_, line)| line);
            let answered = line.is_some_and(|line| line.contains(" on login-"));
            (!answered).then(|| format!("{key} asks login and hears {line:?}"))
        })
    })
}

/// Each Service lists exactly the ready pods that it selects.
fn endpoints(world: &World) -> Option<String> {
    world.list_as::<Service>(None).find_map(|service| {
        let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref())?;
        let selected =
            |pod: &&Pod| selector.iter().all(|(key, value)| labels(&pod.metadata).get(key) == Some(value));
        let ready =
            world.list_as::<Pod>(None).filter(selected).filter(|pod| pod.is_active() && pod.is_ready());
        let want: BTreeSet<&str> = ready.filter_map(|pod| pod.status.pod_ip.as_deref()).collect();
        let mine = |slice: &&EndpointSlice| {
            labels(&slice.metadata).get("kubernetes.io/service-name").map(String::as_str)
                == service.metadata.name.as_deref()
        };
        let listed = world
            .list_as::<EndpointSlice>(None)
            .filter(mine)
            .flat_map(|slice| slice.endpoints.iter().flatten());
        let is_ready = |endpoint: &&k8s_openapi::api::discovery::v1::Endpoint| {
            endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) == Some(true)
        };
        let have: BTreeSet<&str> =
            listed.filter(is_ready).flat_map(|endpoint| &endpoint.addresses).map(String::as_str).collect();
        (want != have)
            .then(|| format!("service {} lists {have:?}, ready are {want:?}", name(&service.metadata)))
    })
}

/// The cluster in a few lines, for a failure.
pub(crate) fn picture(world: &World) -> String {
    let mut text = String::from("the cluster:\n");
    let meta = |object: &Object| object.meta().clone();
    for pod in world.list_as::<Pod>(None) {
        let ended = if is_terminating(&pod.metadata) { ", terminating" } else { "" };
        let _ = writeln!(
            text,
            "  {} on {:?}: {}, ready {}, {:?}{ended}",
            name(&pod.metadata),
            pod.node,
            pod.phase(),
            pod.is_ready(),
            pod.status.pod_ip,
        );
    }
    for object in world.list(Kind::Deployment, None).chain(world.list(Kind::ReplicaSet, None)) {
        let value = object.to_value();
        let _ = writeln!(
            text,
            "  {} generation {:?} replicas {} status {}",
            object.reference(),
            meta(object).generation,
            value["spec"]["replicas"],
            value["status"]
        );
    }
    for node in world.list(Node::KIND, None) {
        let value = node.to_value();
        let _ = writeln!(text, "  {} taints {}", node.reference(), value["spec"]["taints"]);
    }
    let hindered = world.components().into_iter().filter(|state| !state.running || state.cut_off);
    for state in hindered {
        let _ = writeln!(text, "  {} runs {}, cut off {}", state.name, state.running, state.cut_off);
    }
    for node in world.nodes() {
        let machine =
            node.machine().map(|machine| (machine.kubelet, machine.pods.keys().collect::<Vec<_>>()));
        let _ =
            writeln!(text, "  {} power {}, cut off {}, {machine:?}", node.name, node.powered(), node.cut_off);
    }
    text
}
