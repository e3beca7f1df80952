//! How endpoints are packed into slices.
//!
//! A slice holds at most 100 endpoints, so that one pod's change is a small write even in a Service of a
//! thousand pods. An endpoint stays in its slice as long as it exists; a new one goes into a slice that is
//! written anyway, else into the fullest one with room for all that are left, else into a new slice. Slices are
//! not balanced (`reconciler.reconcileByPortMapping` in `k8s.io/endpointslice`).

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointPort, EndpointSlice};

use super::desired::{Group, same_ports};
use super::{MANAGED_BY, MANAGER, SERVICE_NAME};
use crate::controllers::service_pods::{self as pods_of, HEADLESS};
use crate::object::{Kind, ObjectMeta, StringMap, labels, owner};

/// `--max-endpoints-per-slice`.
const ENDPOINTS_MAX: usize = 100;

/// What must be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// New slices.
    pub(super) create: Vec<EndpointSlice>,
    /// Slices with other content.
    pub(super) update: Vec<EndpointSlice>,
    /// Slices that nothing needs.
    pub(super) delete: Vec<Arc<EndpointSlice>>,
}

/// A slice as it is now and as it becomes.
struct Draft {
    old: Arc<EndpointSlice>,
    new: EndpointSlice,
    touched: bool,
}

/// Endpoints that are in no slice yet, in order.
struct Wanted {
    endpoints: BTreeMap<usize, Endpoint>,
    by_address: BTreeMap<Vec<String>, usize>,
}

impl Wanted {
    fn new(endpoints: Vec<Endpoint>) -> Self {
        let by_address = endpoints.iter().enumerate().map(|(at, endpoint)| (endpoint.addresses.clone(), at));
        Self { by_address: by_address.collect(), endpoints: endpoints.into_iter().enumerate().collect() }
    }

    /// Takes out the endpoint that means the same pod as this one, as it should be now.
    fn take(&mut self, listed: &Endpoint) -> Option<Endpoint> {
        let at = self.by_address.get(&listed.addresses)?;
        self.endpoints.get(at).filter(|wanted| same_pod(wanted, listed))?;
        self.endpoints.remove(at)
    }
}

impl Draft {
    fn len(&self) -> usize {
        self.new.endpoints.as_ref().map_or(0, Vec::len)
    }
}

/// What must be written so that the slices of a Service list these endpoints.
pub(super) fn changes(service: &Service, existing: &[Arc<EndpointSlice>], groups: Vec<Group>) -> Changes {
    let uid = service.metadata.uid.as_deref().unwrap_or("");
    let (mut own, foreign): (Vec<_>, Vec<_>) =
        existing.iter().cloned().partition(|slice| owner::is_controlled_by(&slice.metadata, uid));
    let mut changes = Changes { delete: foreign, ..Changes::default() };
    for group in groups {
        let (of_group, rest): (Vec<_>, Vec<_>) = own
            .into_iter()
            .partition(|slice| same_ports(slice.ports.as_deref().unwrap_or_default(), &group.ports));
        own = rest;
        pack(service, of_group, group, &mut changes);
    }
    changes.delete.extend(own);
    keep_placeholder(service, existing, &mut changes);
    reuse(uid, &mut changes);
    if service.metadata.deletion_timestamp.is_some() {
        // The garbage collector is removing the slices; new ones would only be in its way.
        changes.create.clear();
    }
    changes
}

/// Packs the endpoints of one group into the slices that have its ports.
fn pack(service: &Service, existing: Vec<Arc<EndpointSlice>>, group: Group, changes: &mut Changes) {
    let mut wanted = Wanted::new(group.endpoints);
    let mut drafts = Vec::new();
    for old in existing {
        let draft = keep(service, old, &mut wanted);
        match draft.touched && draft.len() == 0 {
            true => changes.delete.push(draft.old),
            false => drafts.push(draft),
        }
    }
    let mut touched: Vec<&mut Draft> = drafts.iter_mut().filter(|draft| draft.touched).collect();
    touched.sort_by_key(|draft| std::cmp::Reverse(draft.len()));
    for draft in touched {
        fill(&mut draft.new, &mut wanted);
    }
    while !wanted.endpoints.is_empty() {
        let roomy = drafts.iter_mut().filter(|draft| !draft.touched);
        let fullest = roomy
            .filter(|draft| draft.len() + wanted.endpoints.len() <= ENDPOINTS_MAX)
            .max_by_key(|draft| draft.len());
        match fullest {
            Some(draft) => {
                draft.touched = true;
                fill(&mut draft.new, &mut wanted);
            }
            None => {
                let mut slice = new_slice(service, &group.ports);
                fill(&mut slice, &mut wanted);
                changes.create.push(slice);
            }
        }
    }
    changes.update.extend(drafts.into_iter().filter(|draft| draft.touched).map(|draft| draft.new));
}

/// A slice with those of its endpoints that are still wanted, as they are now; takes them out of `wanted`.
fn keep(service: &Service, old: Arc<EndpointSlice>, wanted: &mut Wanted) -> Draft {
    let mut kept = Vec::new();
    for endpoint in old.endpoints.iter().flatten() {
        kept.extend(wanted.take(endpoint));
    }
    let labels_now = slice_labels(service);
    let touched =
        old.endpoints.as_deref().unwrap_or_default() != kept || *labels(&old.metadata) != labels_now;
    let mut new = (*old).clone();
    new.metadata.labels = Some(labels_now);
    new.endpoints = Some(kept);
    Draft { old, new, touched }
}

/// Whether two endpoints mean the same pod at the same address.
fn same_pod(a: &Endpoint, b: &Endpoint) -> bool {
    let uid = |endpoint: &Endpoint| endpoint.target_ref.as_ref().and_then(|pod| pod.uid.clone());
    a.addresses == b.addresses && a.hostname == b.hostname && uid(a) == uid(b)
}

fn fill(slice: &mut EndpointSlice, wanted: &mut Wanted) {
    let endpoints = slice.endpoints.get_or_insert_default();
    while endpoints.len() < ENDPOINTS_MAX
        && let Some((_, endpoint)) = wanted.endpoints.pop_first()
    {
        endpoints.push(endpoint);
    }
}

/// A Service without endpoints has one empty slice, so that readers can tell "nobody" from "not looked yet".
fn keep_placeholder(service: &Service, existing: &[Arc<EndpointSlice>], changes: &mut Changes) {
    if existing.len() != changes.delete.len() || !changes.create.is_empty() {
        return;
    }
    let placeholder = new_slice(service, &[]);
    let is_placeholder = |slice: &EndpointSlice| {
        let empty = slice.endpoints.as_ref().is_none_or(Vec::is_empty)
            && slice.ports.as_ref().is_none_or(Vec::is_empty);
        empty
            && slice.metadata.labels == placeholder.metadata.labels
            && slice.metadata.owner_references == placeholder.metadata.owner_references
    };
    match changes.delete.as_slice() {
        [one] if is_placeholder(one) => changes.delete.clear(),
        _ => changes.create.push(placeholder),
    }
}

/// A slice that would be deleted becomes one that would be created.
fn reuse(uid: &str, changes: &mut Changes) {
    let mut kept = Vec::new();
    for old in std::mem::take(&mut changes.delete) {
        if changes.create.is_empty() || !owner::is_controlled_by(&old.metadata, uid) {
            kept.push(old);
        } else if let Some(new) = changes.create.pop() {
            let mut slice = (*old).clone();
            slice.metadata.labels = new.metadata.labels;
            (slice.endpoints, slice.ports) = (new.endpoints, new.ports);
            changes.update.push(slice);
        }
    }
    changes.delete = kept;
}

fn new_slice(service: &Service, ports: &[EndpointPort]) -> EndpointSlice {
    EndpointSlice {
        address_type: "IPv4".to_owned(),
        endpoints: None,
        metadata: ObjectMeta {
            generate_name: service.metadata.name.as_ref().map(|name| format!("{name}-")),
            namespace: service.metadata.namespace.clone(),
            labels: Some(slice_labels(service)),
            owner_references: Some(vec![owner::controller_reference(Kind::Service, &service.metadata)]),
            ..ObjectMeta::default()
        },
        ports: (!ports.is_empty()).then(|| ports.to_vec()),
    }
}

/// The labels of the Service with those that say whose slice it is.
fn slice_labels(service: &Service) -> StringMap {
    let mut all = labels(&service.metadata).clone();
    all.remove(HEADLESS);
    if pods_of::is_headless(service) {
        all.insert(HEADLESS.to_owned(), String::new());
    }
    all.insert(SERVICE_NAME.to_owned(), service.metadata.name.clone().unwrap_or_default());
    all.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
    all
}
