//! The Endpoints controller: the pods behind each Service in the older form.
//!
//! Before there were EndpointSlices, one object per Service held all addresses: those that are ready and those
//! that are not. kube-proxy no longer reads it (the API is deprecated since 1.33), but `kubectl get endpoints`
//! and older programs do, so the real control plane still writes it. A pod that is ending is left out at once:
//! this form has no word for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Service, ServicePort,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use smol_str::{SmolStr, format_smolstr};

use super::service_pods::{self as pods_of, HEADLESS, TRIGGER_TIME, TriggerTimes, Written};
use crate::apiserver::{Call, DeleteOptions, Sub};
use crate::client::{Cache, Change, Context, Interest, Loop, Note, Outcome, Plan, Verdict, Write};
use crate::object::{Kind, Object, ObjectMeta, ObjectRef, Pod, Resource, StringMap, labels};
use crate::time::VirtualTime;

/// The label by which the object names who keeps it (since 1.33).
const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
/// The value for this controller.
const MANAGER: &str = "endpoint-controller";
/// Addresses that one object can hold (`maxCapacity`); the rest is left out, ready ones last.
const ADDRESSES_MAX: usize = 1_000;
/// Marks an object from which addresses were left out.
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";

/// The Endpoints controller.
#[derive(Clone, Debug, Default)]
pub struct EndpointsController {
    triggers: TriggerTimes,
    written: Written,
}

/// What it has seen of a Service.
#[derive(Clone, Debug)]
pub struct Seen {
    /// None if it is gone.
    service: Option<Arc<Service>>,
    pods: Vec<Arc<Pod>>,
    endpoints: Option<Arc<Endpoints>>,
    stale: bool,
    trigger: Option<Time>,
}

impl Loop for EndpointsController {
    type Seen = Seen;
    type Op = crate::client::Never;

    fn component(&self) -> SmolStr {
        SmolStr::new_static("controller/endpoints")
    }

    fn interests(&self) -> Vec<Interest> {
        [Kind::Service, Kind::Pod, Kind::Endpoints].map(Interest::all).into()
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        let Some(object) = change.object() else { return };
        let item = ObjectRef::new(Kind::Service, object.key());
        match object.kind() {
            Kind::Pod => pods_of::wake_for_pod(change, cx),
            Kind::Service => cx.wake(item, format_smolstr!("service {} changed", object.key().name)),
            // Others may write Endpoints too; only a loss is made good.
            Kind::Endpoints if change.new.is_none() => {
                self.written.gone(&item.key, object);
                cx.wake(item, "its endpoints object is gone");
            }
            _ => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        let endpoints = cache.get_as::<Endpoints>(&item.key).cloned();
        let Some(service) = cache.get_as::<Service>(&item.key).cloned() else {
            self.triggers.forget(&item.key);
            self.written.forget(&item.key);
            let gone = Seen { service: None, pods: Vec::new(), endpoints, stale: false, trigger: None };
            return gone.endpoints.is_some().then_some(gone);
        };
        pods_of::selector(&service)?;
        let pods = pods_of::selected(&service, cache);
        let objects: Vec<Object> = endpoints.iter().cloned().map(Object::Endpoints).collect();
        let stale = self.written.is_ahead_of(&item.key, &objects, now);
        let trigger = if stale { None } else { self.triggers.next(&service, &pods) };
        Some(Seen { service: Some(service), pods, endpoints, stale, trigger })
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        let Some(service) = &seen.service else { return "the service is gone".into() };
        let (ready, unready) = count(&subsets(service, &seen.pods));
        format_smolstr!("{} pods match: {ready} ready, {unready} not", seen.pods.len())
    }

    fn compare(&self, item: &ObjectRef, seen: &Seen, _now: VirtualTime) -> Plan {
        let Some(service) = &seen.service else {
            let verdict = Verdict::count(0, 1, "the service is gone: its endpoints object must go");
            let target = ObjectRef::new(Kind::Endpoints, item.key.clone());
            let call = Call::Delete { target, options: DeleteOptions::default() };
            return Plan::idle(verdict)
                .then(Write::new(call, "delete the endpoints object").tolerating(&["NotFound"]));
        };
        if seen.stale {
            let why = "its cache is behind its own last write: it would do it twice";
            let mut plan = Plan::idle(Verdict::new("what it wrote", "an older one", "?", why));
            plan.failed = Some(why.into());
            return plan;
        }
        let mut wanted = subsets(service, &seen.pods);
        let full = truncate(&mut wanted);
        let verdict = verdict(&wanted, seen.endpoints.as_deref());
        match &seen.endpoints {
            Some(endpoints) if is_current(endpoints, service, &wanted, full) => Plan::idle(verdict),
            stored => Plan::idle(verdict).then(write(seen, service, stored.as_deref(), wanted, full)),
        }
    }

    fn ended(&mut self, item: &ObjectRef, _call: &Call, outcome: &Outcome, cx: &mut Context<'_>) {
        if let Outcome::Done(Some(endpoints @ Object::Endpoints(_))) = outcome {
            self.written.stored(&item.key, endpoints, cx.now);
        }
    }
}

/// The addresses of a Service's pods: ports that lead to the same pods stand together.
fn subsets(service: &Service, pods: &[Arc<Pod>]) -> Vec<EndpointSubset> {
    let unready_too = pods_of::publishes_unready(service);
    // By port: which address, and whether it is ready. The order by the address' text is upstream's.
    let mut ports: Vec<(Option<EndpointPort>, Addresses)> = Vec::new();
    for pod in pods {
        let Some(ip) = pods_of::address(pod) else { continue };
        if pod.metadata.deletion_timestamp.is_some() && !unready_too {
            continue;
        }
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let address = EndpointAddress {
            hostname: pods_of::hostname(pod, service),
            ip: ip.to_owned(),
            node_name: pod.node.as_ref().map(ToString::to_string),
            target_ref: Some(pods_of::target_ref(pod)),
        };
        let ready = unready_too || pod.is_ready();
        for port in pod_ports(service, pod) {
            let at = ports.iter().position(|(other, _)| *other == port).unwrap_or_else(|| {
                ports.push((port, BTreeMap::new()));
                ports.len() - 1
            });
            ports[at].1.insert((ip.to_owned(), uid.clone()), (ready, address.clone()));
        }
    }
    let mut groups: Vec<(Vec<EndpointPort>, Addresses)> = Vec::new();
    for (port, addresses) in ports {
        match groups.iter_mut().find(|(_, others)| *others == addresses) {
            Some((ports, _)) => ports.extend(port),
            None => groups.push((port.into_iter().collect(), addresses)),
        }
    }
    groups.into_iter().map(|(ports, addresses)| subset(ports, addresses)).collect()
}

/// By address and pod uid: whether it is ready, and how it is written.
type Addresses = BTreeMap<(String, String), (bool, EndpointAddress)>;

fn subset(mut ports: Vec<EndpointPort>, addresses: Addresses) -> EndpointSubset {
    let (ready, unready): (Vec<_>, Vec<_>) = addresses.into_values().partition(|(ready, _)| *ready);
    let list = |part: Vec<(bool, EndpointAddress)>| {
        (!part.is_empty()).then(|| part.into_iter().map(|(_, address)| address).collect())
    };
    ports.sort_by(|a, b| (a.port, &a.name).cmp(&(b.port, &b.name)));
    EndpointSubset {
        addresses: list(ready),
        not_ready_addresses: list(unready),
        ports: (!ports.is_empty()).then_some(ports),
    }
}

/// The ports of the Service in this pod; a headless Service may have none and still list its pods.
fn pod_ports(service: &Service, pod: &Pod) -> Vec<Option<EndpointPort>> {
    let ports = pods_of::ports(service);
    if ports.is_empty() {
        return if pods_of::is_headless(service) { vec![None] } else { Vec::new() };
    }
    let of = |port: &ServicePort| {
        Some(Some(EndpointPort {
            app_protocol: port.app_protocol.clone(),
            name: port.name.clone().filter(|name| !name.is_empty()),
            port: pods_of::target_port(pod, port)?,
            protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".to_owned())),
        }))
    };
    ports.iter().filter_map(of).collect()
}

fn count(subsets: &[EndpointSubset]) -> (usize, usize) {
    subsets.iter().fold((0, 0), |(ready, unready), subset| {
        let len = |list: &Option<Vec<EndpointAddress>>| list.as_ref().map_or(0, Vec::len);
        (ready + len(&subset.addresses), unready + len(&subset.not_ready_addresses))
    })
}

/// Leaves out what is above the limit, unready addresses first; tells whether something was left out.
fn truncate(subsets: &mut [EndpointSubset]) -> bool {
    let (ready, unready) = count(subsets);
    if ready + unready <= ADDRESSES_MAX {
        return false;
    }
    let mut room = ADDRESSES_MAX;
    let mut cut = |list: &mut Option<Vec<EndpointAddress>>| {
        if let Some(addresses) = list {
            addresses.truncate(room);
            room -= addresses.len();
        }
        if list.as_ref().is_some_and(Vec::is_empty) {
            *list = None;
        }
    };
    for subset in subsets.iter_mut() {
        cut(&mut subset.addresses);
    }
    for subset in subsets.iter_mut() {
        cut(&mut subset.not_ready_addresses);
    }
    true
}

fn is_current(endpoints: &Endpoints, service: &Service, wanted: &[EndpointSubset], full: bool) -> bool {
    let marked = endpoints.metadata.annotations.as_ref().is_some_and(|all| all.contains_key(OVER_CAPACITY));
    endpoints.subsets.as_deref().unwrap_or_default() == wanted
        && *labels(&endpoints.metadata) == wanted_labels(service)
        && marked == full
}

fn wanted_labels(service: &Service) -> StringMap {
    let mut all = labels(&service.metadata).clone();
    all.remove(HEADLESS);
    if pods_of::is_headless(service) {
        all.insert(HEADLESS.to_owned(), String::new());
    }
    all.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
    all
}

fn verdict(wanted: &[EndpointSubset], stored: Option<&Endpoints>) -> Verdict {
    let words = |(ready, unready): (usize, usize)| format!("{ready} ready, {unready} not ready");
    let want = count(wanted);
    let Some(stored) = stored else {
        return Verdict::new(
            words(want),
            "no endpoints object",
            "-1",
            "the service has no endpoints object yet",
        );
    };
    let have = count(stored.subsets.as_deref().unwrap_or_default());
    let same = stored.subsets.as_deref().unwrap_or_default() == wanted;
    let (gap, why) = match same {
        true => ("=".to_owned(), "the endpoints object lists the same addresses"),
        false if want == have => ("changed".to_owned(), "other addresses stand behind the service now"),
        false => {
            let (all, listed) = ((want.0 + want.1) as i64, (have.0 + have.1) as i64);
            (format!("{:+}", listed - all), "the endpoints object lists other addresses")
        }
    };
    Verdict::new(words(want), words(have), gap, why)
}

fn write(
    seen: &Seen,
    service: &Arc<Service>,
    stored: Option<&Endpoints>,
    wanted: Vec<EndpointSubset>,
    full: bool,
) -> Write {
    let mut object = stored.cloned().unwrap_or_else(|| Endpoints {
        metadata: ObjectMeta {
            name: service.metadata.name.clone(),
            namespace: service.metadata.namespace.clone(),
            ..ObjectMeta::default()
        },
        subsets: None,
    });
    let (ready, unready) = count(&wanted);
    object.subsets = (!wanted.is_empty()).then_some(wanted);
    object.metadata.labels = Some(wanted_labels(service));
    let annotations = object.metadata.annotations.get_or_insert_default();
    annotations.retain(|key, _| key != TRIGGER_TIME && key != OVER_CAPACITY);
    if let Some(time) = &seen.trigger {
        annotations.insert(TRIGGER_TIME.to_owned(), pods_of::rfc3339(time));
    }
    if full {
        annotations.insert(OVER_CAPACITY.to_owned(), "truncated".to_owned());
    }
    if annotations.is_empty() {
        object.metadata.annotations = None;
    }
    let object = object.into_object();
    let did = format_smolstr!("write the endpoints object: {ready} ready, {unready} not ready");
    let call = match stored {
        Some(_) => Call::Update { object, sub: Sub::Main, dry_run: false },
        None => Call::Create { object, dry_run: false },
    };
    Write::new(call, did).noting(Object::Service(service.clone()), note)
}

/// The Event about a refused write. Refusals as such (403, mostly a namespace on its way out) get none.
fn note(about: &Object, call: &Call, outcome: &Outcome) -> Option<Note> {
    let refusal = outcome.refusal().filter(|status| !matches!(status.code, 0 | 403))?;
    let (reason, what) = match call {
        Call::Create { .. } => ("FailedToCreateEndpoint", "create endpoint for service"),
        _ => ("FailedToUpdateEndpoint", "update endpoint"),
    };
    let text = format!("Failed to {what} {}: {}", about.key(), refusal.message);
    Some(Note::warning(about.clone(), reason, text))
}

#[cfg(test)]
mod tests;
