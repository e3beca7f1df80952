//! The pods behind a Service: what both endpoint controllers must know.
//!
//! A Service names no pods. It has a selector, and whatever pod carries those labels stands behind it, wherever
//! it runs and whoever made it.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{ContainerPort, ObjectReference, Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use smol_str::{SmolStr, format_smolstr};

use crate::client::{Cache, Change, Context};
use crate::object::selector::Selector;
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, StringMap, labels, revision};
use crate::time::{Span, VirtualTime};

/// When the oldest change happened that an endpoints object shows; for measuring how long the network lags.
pub(super) const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";
/// Marks the endpoints of a Service without an address of its own.
pub(super) const HEADLESS: &str = "service.kubernetes.io/headless";
/// A write that has not come back by a watch for this long is taken for lost (its object may be gone).
const WRITTEN_MAX: Span = Span::secs(30);

/// The selector by which a Service finds its pods; none if it finds them otherwise, or has none at all.
pub(super) fn selector(service: &Service) -> Option<&StringMap> {
    let spec = service.spec.as_ref().filter(|spec| spec.type_.as_deref() != Some("ExternalName"))?;
    spec.selector.as_ref().filter(|selector| !selector.is_empty())
}

/// `app=login,tier=front`, for people.
pub(super) fn selector_words(service: &Service) -> SmolStr {
    let pairs = selector(service).into_iter().flatten().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(",").into()
}

/// The pods with the labels that a Service selects, in the order of their names.
pub(super) fn selected(service: &Service, cache: &Cache) -> Vec<Arc<Pod>> {
    let Some(wanted) = selector(service).map(Selector::from_map) else { return Vec::new() };
    let namespace = service.metadata.namespace.as_deref().unwrap_or("");
    let pods = cache.in_namespace::<Pod>(namespace);
    pods.filter(|pod| wanted.matches(labels(&pod.metadata))).cloned().collect()
}

/// Whether a Service has no address of its own (`clusterIP: None`).
pub(super) fn is_headless(service: &Service) -> bool {
    let ip = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref());
    matches!(ip, None | Some("" | "None"))
}

/// Whether pods count as ready although they are not (`spec.publishNotReadyAddresses`).
pub(super) fn publishes_unready(service: &Service) -> bool {
    service.spec.as_ref().and_then(|spec| spec.publish_not_ready_addresses) == Some(true)
}

/// The ports of a Service.
pub(super) fn ports(service: &Service) -> &[ServicePort] {
    let spec: Option<&ServiceSpec> = service.spec.as_ref();
    spec.and_then(|spec| spec.ports.as_deref()).unwrap_or_default()
}

/// The pod's address while it can get traffic: not yet ended, with an address.
pub(super) fn address(pod: &Pod) -> Option<&str> {
    let ip = pod.status.pod_ip.as_deref().filter(|ip| !ip.is_empty());
    ip.filter(|_| !pod.is_finished())
}

/// The name under which the pod is found below a headless Service (`spec.hostname` with `spec.subdomain`).
pub(super) fn hostname(pod: &Pod, service: &Service) -> Option<String> {
    let subdomain = pod.spec.subdomain.as_ref();
    let name = pod.spec.hostname.clone().filter(|name| !name.is_empty());
    name.filter(|_| subdomain.is_some() && subdomain == service.metadata.name.as_ref())
}

/// How endpoints name the pod that they mean.
pub(super) fn target_ref(pod: &Pod) -> ObjectReference {
    ObjectReference {
        kind: Some("Pod".to_owned()),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        ..ObjectReference::default()
    }
}

/// The port in this pod that a port of the Service leads to. A `targetPort` by name is looked up in the pod's
/// own containers, so that two versions of a program may listen on different ports.
pub(super) fn target_port(pod: &Pod, port: &ServicePort) -> Option<i32> {
    let name = match &port.target_port {
        None => return Some(port.port),
        Some(IntOrString::Int(0)) => return Some(port.port),
        Some(IntOrString::Int(number)) => return Some(*number),
        Some(IntOrString::String(name)) => name,
    };
    let protocol = |protocol: &Option<String>| protocol.clone().unwrap_or_else(|| "TCP".to_owned());
    let fits = |found: &&ContainerPort| {
        found.name.as_ref() == Some(name) && protocol(&found.protocol) == protocol(&port.protocol)
    };
    let sidecars = pod.spec.init_containers.iter().flatten();
    let sidecars = sidecars.filter(|container| container.restart_policy.as_deref() == Some("Always"));
    let containers = pod.spec.containers.iter().chain(sidecars);
    containers
        .flat_map(|container| container.ports.iter().flatten())
        .find(fits)
        .map(|port| port.container_port)
}

/// A time as annotations hold it.
pub(super) fn rfc3339(time: &Time) -> String {
    time.0.to_string()
}

/// Wakes the Services that a change of a pod concerns: those that select it, or did before.
pub(super) fn wake_for_pod(change: &Change, cx: &mut Context<'_>) {
    let (old, new) = (pod_of(change.old.as_ref()), pod_of(change.new.as_ref()));
    let Some(pod) = new.or(old) else { return };
    let Some(why) = what_changed(old, new) else { return };
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("");
    let selects = |service: &Service| {
        let Some(selector) = selector(service).map(Selector::from_map) else { return false };
        old.into_iter().chain(new).any(|pod| selector.matches(labels(&pod.metadata)))
    };
    let services = cx.cache.in_namespace::<Service>(namespace).filter(|service| selects(service));
    let services: Vec<Key> = services.map(|service| service.key()).collect();
    for service in services {
        cx.wake(ObjectRef::new(Kind::Service, service), why.clone());
    }
}

fn pod_of(object: Option<&Object>) -> Option<&Pod> {
    object.and_then(Pod::of)
}

/// What about a pod changed that its Services should know; none if it is nothing to them.
fn what_changed(old: Option<&Pod>, new: Option<&Pod>) -> Option<SmolStr> {
    let name = new.or(old)?.metadata.name.as_deref().unwrap_or("");
    let (Some(old), Some(new)) = (old, new) else {
        let what = if new.is_some() { "is new" } else { "is gone" };
        return Some(format_smolstr!("pod {name} {what}"));
    };
    let ending = |pod: &Pod| pod.metadata.deletion_timestamp.is_some();
    let place = |pod: &Pod| (pod.node.clone(), pod.spec.hostname.clone(), pod.spec.subdomain.clone());
    let what = if labels(&old.metadata) != labels(&new.metadata) {
        "has other labels"
    } else if !ending(old) && ending(new) {
        "is ending"
    } else if old.is_finished() != new.is_finished() {
        "has ended"
    } else if old.is_ready() != new.is_ready() {
        if new.is_ready() { "is ready now" } else { "is not ready any more" }
    } else if old.status.pod_ip != new.status.pod_ip {
        "has another address"
    } else if place(old) != place(new) {
        "has its place"
    } else {
        return None;
    };
    Some(format_smolstr!("pod {name} {what}"))
}

/// Remembers which changes were shown already, to tell the time of the oldest one that was not
/// (`TriggerTimeTracker` in `k8s.io/endpointslice`).
#[derive(Clone, Debug, Default)]
pub(super) struct TriggerTimes {
    services: BTreeMap<Key, Shown>,
}

#[derive(Clone, Debug, Default)]
struct Shown {
    pods: BTreeMap<String, Time>,
    service: Option<Time>,
}

impl TriggerTimes {
    /// The oldest change of the Service or its pods since the last call; none if nothing changed. On the first
    /// call it is the Service's creation.
    pub(super) fn next(&mut self, service: &Service, pods: &[Arc<Pod>]) -> Option<Time> {
        let created = service.metadata.creation_timestamp.clone();
        let mut times = BTreeMap::new();
        for pod in pods {
            let changed = pod.condition("Ready").and_then(|ready| ready.last_transition_time.clone());
            if let (Some(name), Some(changed)) = (pod.metadata.name.clone(), changed) {
                times.insert(name, changed);
            }
        }
        let next = Shown { pods: times, service: created.clone() };
        let Some(shown) = self.services.insert(service.key(), next.clone()) else { return created };
        let pods =
            next.pods.iter().filter(|(name, time)| shown.pods.get(*name).is_none_or(|old| old < *time));
        let pods = pods.map(|(_, time)| time.clone());
        pods.chain(created.filter(|created| shown.service.as_ref().is_none_or(|old| old < created))).min()
    }

    /// The Service is gone.
    pub(super) fn forget(&mut self, service: &Key) {
        self.services.remove(service);
    }
}

/// What a controller wrote and has not yet heard of by its watch. While its own cache is behind its own writes,
/// it must not compare: it would do the same again.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    services: BTreeMap<Key, BTreeMap<String, (Wrote, VirtualTime)>>,
}

#[derive(Clone, Copy, Debug)]
enum Wrote {
    Revision(u64),
    Deletion,
}

impl Written {
    /// An object was created or updated; this is what came of it.
    pub(super) fn stored(&mut self, service: &Key, object: &Object, now: VirtualTime) {
        self.note(service, object, Wrote::Revision(revision(object.meta())), now);
    }

    /// An object was deleted.
    pub(super) fn deleted(&mut self, service: &Key, object: &Object, now: VirtualTime) {
        self.note(service, object, Wrote::Deletion, now);
    }

    fn note(&mut self, service: &Key, object: &Object, wrote: Wrote, now: VirtualTime) {
        if let Some(uid) = object.meta().uid.clone() {
            self.services.entry(service.clone()).or_default().insert(uid, (wrote, now));
        }
    }

    /// The watch says that an object is gone.
    pub(super) fn gone(&mut self, service: &Key, object: &Object) {
        let (Some(writes), Some(uid)) = (self.services.get_mut(service), &object.meta().uid) else { return };
        writes.remove(uid);
    }

    /// Whether this state of an object is what was written last: nothing new.
    pub(super) fn is_own(&self, service: &Key, object: &Object) -> bool {
        let uid = object.meta().uid.as_deref().unwrap_or("");
        let wrote = self.services.get(service).and_then(|writes| writes.get(uid));
        matches!(wrote, Some((Wrote::Revision(wrote), _)) if *wrote == revision(object.meta()))
    }

    /// Whether these objects of a Service are older than what was written.
    pub(super) fn is_ahead_of(&self, service: &Key, seen: &[Object], now: VirtualTime) -> bool {
        let writes = self.services.get(service).into_iter().flatten();
        writes.filter(|(_, (_, at))| now - *at < WRITTEN_MAX).any(|(uid, (wrote, _))| {
            let seen = seen.iter().find(|object| object.meta().uid.as_ref() == Some(uid));
            match (wrote, seen) {
                (Wrote::Deletion, seen) => seen.is_some(),
                (Wrote::Revision(_), None) => true,
                (Wrote::Revision(wrote), Some(seen)) => revision(seen.meta()) < *wrote,
            }
        })
    }

    /// The Service is gone.
    pub(super) fn forget(&mut self, service: &Key) {
        self.services.remove(service);
    }
}
