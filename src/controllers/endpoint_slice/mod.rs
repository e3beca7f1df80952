//! The EndpointSlice controller: lists the pods behind each Service.
//!
//! A Service has a selector; kube-proxy needs addresses. This controller finds the pods that the selector
//! matches and writes their addresses, with the state of each, into EndpointSlices that belong to the Service.
//! A pod whose readiness probe fails stays listed but is not `ready`; one that is ending is not `ready` either,
//! but may be `serving` still. A Service whose selector matches nothing gets one empty slice: the most common
//! reason why "the Service does not work".
//!
//! Services without a selector are left to whoever writes their slices. Left out: IPv6, topology hints,
//! traffic distribution, and mirroring of hand-written Endpoints.

mod desired;
mod packing;

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use smol_str::{SmolStr, format_smolstr};

use super::service_pods::{self as pods_of, TRIGGER_TIME, TriggerTimes, Written};
use crate::apiserver::{Call, DeleteOptions, Sub};
use crate::client::{Cache, Change, Context, Interest, Loop, Note, Outcome, Plan, Verdict, Write};
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, labels};
use crate::time::{Span, VirtualTime};
use desired::Zones;
use packing::Changes;

/// The label by which a slice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// The label by which a slice names who keeps it.
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
/// The value for this controller.
const MANAGER: &str = "endpointslice-controller.k8s.io";
/// The node label that becomes an endpoint's zone.
const ZONE: &str = "topology.kubernetes.io/zone";
/// How long it waits when its cache is behind its own writes (`defaultSyncBackOff`).
const STALE_RETRY: Span = Span::secs(1);

/// The EndpointSlice controller.
#[derive(Clone, Debug, Default)]
pub struct EndpointSliceController {
    triggers: TriggerTimes,
    written: Written,
}

/// What it has seen of a Service.
#[derive(Clone, Debug)]
pub struct Seen {
    service: Arc<Service>,
    /// Those that the selector matches.
    pods: Vec<Arc<Pod>>,
    slices: Vec<Arc<EndpointSlice>>,
    zones: Zones,
    /// Whether the slices are older than what this controller wrote.
    stale: bool,
    trigger: Option<Time>,
}

impl Loop for EndpointSliceController {
    type Seen = Seen;
    type Op = crate::client::Never;

    fn component(&self) -> SmolStr {
        SmolStr::new_static("controller/endpointslice")
    }

    fn interests(&self) -> Vec<Interest> {
        [Kind::Service, Kind::Pod, Kind::EndpointSlice, Kind::Node].map(Interest::all).into()
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        let Some(object) = change.object() else { return };
        match object.kind() {
            Kind::Service => {
                let why = format_smolstr!("service {} changed", object.key().name);
                cx.wake(object.reference(), why);
            }
            Kind::Pod => pods_of::wake_for_pod(change, cx),
            Kind::EndpointSlice => self.slice_changed(object, change.new.is_none(), cx),
            _ => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        let Some(service) = cache.get_as::<Service>(&item.key).cloned() else {
            // Its slices belong to it: the garbage collector removes them.
            self.triggers.forget(&item.key);
            self.written.forget(&item.key);
            return None;
        };
        pods_of::selector(&service)?;
        let pods = pods_of::selected(&service, cache);
        let slices = cache.in_namespace::<EndpointSlice>(&item.key.namespace);
        let slices = slices.filter(|slice| {
            is_managed(slice)
                && slice.metadata.deletion_timestamp.is_none()
                && service_of(slice) == Some(item.key.name.as_str())
        });
        let slices: Vec<Arc<EndpointSlice>> = slices.cloned().collect();
        let objects: Vec<Object> = slices.iter().cloned().map(Object::EndpointSlice).collect();
        let stale = self.written.is_ahead_of(&item.key, &objects, now);
        let trigger = if stale { None } else { self.triggers.next(&service, &pods) };
        let mut zones = Zones::new();
        for name in pods.iter().filter_map(|pod| pod.node.clone()) {
            if let Some(node) = cache.get_as::<Node>(&Key::cluster(name.clone())) {
                zones.entry(name).or_insert_with(|| labels(&node.metadata).get(ZONE).cloned());
            }
        }
        Some(Seen { service, pods, slices, zones, stale, trigger })
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        let ready = seen.pods.iter().filter(|pod| is_usable(pod)).count();
        let selector = pods_of::selector_words(&seen.service);
        match seen.pods.len() {
            0 => format_smolstr!("no pod matches {selector}"),
            all => format_smolstr!("{all} pods match {selector}, {ready} of them ready"),
        }
    }

    fn compare(&self, _item: &ObjectRef, seen: &Seen, _now: VirtualTime) -> Plan {
        if seen.stale {
            let why = "its cache is behind its own last write: it would do it twice";
            return Plan::idle(Verdict::new("the slices it wrote", "older ones", "?", why))
                .again_after(STALE_RETRY);
        }
        let (groups, wrong) = desired::groups(&seen.service, &seen.pods, &seen.zones);
        let wanted: Vec<&Endpoint> = groups.iter().flat_map(|group| &group.endpoints).collect();
        let verdict = verdict(seen, &wanted);
        let changes = packing::changes(&seen.service, &seen.slices, groups.clone());
        let mut plan = writes(seen, &verdict, changes);
        if !wrong.is_empty() {
            plan.failed = Some(wrong.join(", ").into());
            plan = plan.noting(failure(&seen.service, &wrong.join(", ")));
        }
        plan
    }

    fn ended(&mut self, item: &ObjectRef, call: &Call, outcome: &Outcome, cx: &mut Context<'_>) {
        match (call, outcome) {
            (Call::Delete { target, .. }, Outcome::Done(_)) => {
                if let Some(slice) = cx.cache.get(Kind::EndpointSlice, &target.key) {
                    self.written.deleted(&item.key, slice, cx.now);
                }
            }
            (_, Outcome::Done(Some(slice))) => self.written.stored(&item.key, slice, cx.now),
            _ => {}
        }
    }
}

impl EndpointSliceController {
    /// Somebody touched a slice: its Service is looked at again, unless it was this controller's own write.
    fn slice_changed(&mut self, object: &Object, gone: bool, cx: &mut Context<'_>) {
        let Some(slice) = EndpointSlice::of(object).filter(|slice| is_managed(slice)) else { return };
        let Some(name) = service_of(slice) else { return };
        let service = Key::new(object.key().namespace, name);
        let own = self.written.is_own(&service, object);
        if gone {
            self.written.gone(&service, object);
        } else if own {
            return;
        }
        let what = if gone { "is gone" } else { "changed" };
        let why = format_smolstr!("endpoint slice {} {what}", object.key().name);
        cx.wake(ObjectRef::new(Kind::Service, service), why);
    }
}

fn is_managed(slice: &EndpointSlice) -> bool {
    labels(&slice.metadata).get(MANAGED_BY).is_some_and(|manager| manager == MANAGER)
}

fn service_of(slice: &EndpointSlice) -> Option<&str> {
    labels(&slice.metadata).get(SERVICE_NAME).map(String::as_str)
}

fn is_usable(pod: &Pod) -> bool {
    pods_of::address(pod).is_some() && pod.is_ready() && pod.metadata.deletion_timestamp.is_none()
}

/// Compares the endpoints with what the slices list, in words.
fn verdict(seen: &Seen, wanted: &[&Endpoint]) -> Verdict {
    let listed = by_address(seen.slices.iter().flat_map(|slice| slice.endpoints.iter().flatten()));
    let wanted = by_address(wanted.iter().copied());
    let mut todo = Vec::new();
    for (ip, endpoint) in &wanted {
        match listed.get(ip) {
            None => todo.push(format!("add {ip}{}", state(endpoint, " (", ")"))),
            Some(old) if old != endpoint => todo.push(format!("mark {ip}{}", state(endpoint, " ", ""))),
            Some(_) => {}
        }
    }
    todo.extend(listed.keys().filter(|ip| !wanted.contains_key(*ip)).map(|ip| format!("remove {ip}")));
    let selector = pods_of::selector_words(&seen.service);
    let ready = seen.pods.iter().filter(|pod| is_usable(pod)).count();
    let slices = match seen.slices.len() {
        0 => "there is no slice".to_owned(),
        1 => format!("the slice lists {}", listed.len()),
        many => format!("{many} slices list {}", listed.len()),
    };
    let matching = match (ready, seen.pods.len()) {
        (_, 0) => format!("no pod matches {selector}"),
        (1, _) => format!("1 ready pod matches {selector}"),
        (ready, _) => format!("{ready} ready pods match {selector}"),
    };
    let why = match (todo.is_empty(), seen.slices.is_empty()) {
        (true, true) => format!("{matching}; {slices}: make an empty one"),
        (true, false) => format!("{matching}; {slices}"),
        (false, _) => format!("{matching}; {slices}: {}", todo.join(", ")),
    };
    let gap = match (wanted.len(), listed.len()) {
        (want, have) if want == have && todo.is_empty() && !seen.slices.is_empty() => "=".to_owned(),
        (want, have) if want == have => "changed".to_owned(),
        (want, have) if have < want => format!("-{}", want - have),
        (want, have) => format!("+{}", have - want),
    };
    // Where the numbers agree, the states differ.
    let (want, have) = match gap.as_str() {
        "changed" => {
            (format!(", {} ready", count_ready(&wanted)), format!(", {} ready", count_ready(&listed)))
        }
        _ => (String::new(), String::new()),
    };
    let (want, have) =
        (format!("{} endpoints{want}", wanted.len()), format!("{} listed{have}", listed.len()));
    Verdict::new(want, have, gap, why)
}

fn count_ready(endpoints: &BTreeMap<&str, &Endpoint>) -> usize {
    let is_ready = |endpoint: &&&Endpoint| {
        endpoint.conditions.as_ref().is_some_and(|conditions| conditions.ready == Some(true))
    };
    endpoints.values().filter(is_ready).count()
}

fn by_address<'a>(endpoints: impl Iterator<Item = &'a Endpoint>) -> BTreeMap<&'a str, &'a Endpoint> {
    endpoints.filter_map(|endpoint| Some((endpoint.addresses.first()?.as_str(), endpoint))).collect()
}

/// What is not as it should be with an endpoint: `ending`, `not ready`.
fn state(endpoint: &Endpoint, before: &str, after: &str) -> String {
    let conditions = endpoint.conditions.clone().unwrap_or_default();
    let word = match (conditions.ready, conditions.terminating) {
        (_, Some(true)) => "ending",
        (Some(false), _) => "not ready",
        _ if before == " " => "ready",
        _ => return String::new(),
    };
    format!("{before}{word}{after}")
}

/// The requests for these changes: first what is new, then what changes, then what goes.
fn writes(seen: &Seen, verdict: &Verdict, changes: Changes) -> Plan {
    let about = Object::Service(seen.service.clone());
    let annotated = |mut slice: EndpointSlice| {
        annotate(&mut slice, seen.trigger.as_ref());
        slice.into_object()
    };
    let noting = |write: Write| write.noting(about.clone(), note);
    let create = changes.create.into_iter().map(|slice| {
        let count = slice.endpoints.as_ref().map_or(0, Vec::len);
        let did = format_smolstr!("create an endpoint slice with {count} endpoints");
        // In a namespace that is being removed nothing can be made, and nothing needs to be.
        noting(Write::new(Call::Create { object: annotated(slice), dry_run: false }, did))
            .tolerating(&["Forbidden"])
    });
    let update = changes.update.into_iter().map(|slice| {
        let name = slice.metadata.name.clone().unwrap_or_default();
        let did = format_smolstr!("update endpoint slice {name}: {}", verdict.why);
        noting(Write::new(Call::Update { object: annotated(slice), sub: Sub::Main, dry_run: false }, did))
    });
    let delete = changes.delete.into_iter().map(|slice| {
        let target = Object::EndpointSlice(slice).reference();
        let did = format_smolstr!("delete endpoint slice {}", target.key.name);
        noting(Write::new(Call::Delete { target, options: DeleteOptions::default() }, did))
            .tolerating(&["NotFound"])
    });
    Plan::idle(verdict.clone())
        .then_all(create.collect())
        .then_all(update.collect())
        .then_all(delete.collect())
}

/// Says when the oldest change happened that is shown now; unknown if it was none of a pod's readiness.
fn annotate(slice: &mut EndpointSlice, trigger: Option<&Time>) {
    let annotations = slice.metadata.annotations.get_or_insert_default();
    match trigger {
        Some(time) => annotations.insert(TRIGGER_TIME.to_owned(), pods_of::rfc3339(time)),
        None => annotations.remove(TRIGGER_TIME),
    };
    if annotations.is_empty() {
        slice.metadata.annotations = None;
    }
}

/// The Event about a refused write.
fn note(about: &Object, call: &Call, outcome: &Outcome) -> Option<Note> {
    let refusal = outcome.refusal().filter(|status| status.code != 0)?;
    let Object::Service(service) = about else { return None };
    let of = about.key();
    let what = match (call, call.target()) {
        (Call::Update { .. }, Some(target)) => format!("update {} EndpointSlice", target.key.name),
        (Call::Delete { .. }, Some(target)) => format!("delete {} EndpointSlice", target.key.name),
        _ => "create EndpointSlice".to_owned(),
    };
    Some(failure(service, &format!("failed to {what} for Service {of}: {}", refusal.message)))
}

fn failure(service: &Arc<Service>, why: &str) -> Note {
    let about = Object::Service(service.clone());
    let text = format!("Error updating Endpoint Slices for Service {}: {why}", about.key());
    Note::warning(about, "FailedToUpdateEndpointSlices", text)
}

#[cfg(test)]
mod tests;
