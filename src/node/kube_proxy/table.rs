//! The rules for all Services at once: what the kube-proxies of a large cluster share.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use smol_str::SmolStr;

use super::{HEADLESS, SERVICE_NAME, ServiceRules, wanted};
use crate::apiserver::Picture;
use crate::object::{Key, Resource, labels};

/// The rules that follow from one picture of the cluster.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The revision of the picture.
    pub revision: u64,
    /// The rules by Service.
    pub services: OrdMap<Key, Arc<ServiceRules>>,
    /// The Services by their addresses.
    pub by_address: OrdMap<SmolStr, Key>,
    /// Services that send to pods of the same node only, with their slices: each node has its own rules for these.
    pub local: BTreeMap<Key, (Arc<Service>, Vec<Arc<EndpointSlice>>)>,
}

impl Table {
    /// Works the rules out. Those that are as they were in `before` stay the same in memory.
    pub fn of(picture: &Picture, before: Option<&Self>) -> Self {
        let mut slices: BTreeMap<(&str, &str), Vec<Arc<EndpointSlice>>> = BTreeMap::new();
        for slice in picture.all_as::<EndpointSlice>() {
            let labels = labels(&slice.metadata);
            if let (Some(name), None) = (labels.get(SERVICE_NAME), labels.get(HEADLESS)) {
                let namespace = slice.metadata.namespace.as_deref().unwrap_or("");
                slices.entry((namespace, name)).or_default().push(slice.clone());
            }
        }
        let mut table = Self { revision: picture.revision, ..Self::default() };
        for service in picture.all_as::<Service>() {
            if labels(&service.metadata).contains_key(HEADLESS) {
                continue;
            }
            let key = service.key();
            let namespace = service.metadata.namespace.as_deref().unwrap_or("");
            let name = service.metadata.name.as_deref().unwrap_or("");
            let slices = slices.remove(&(namespace, name)).unwrap_or_default();
            let policy = service.spec.as_ref().and_then(|spec| spec.internal_traffic_policy.as_deref());
            match policy {
                Some("Local") => _ = table.local.insert(key, (service.clone(), slices)),
                _ => table.extend(wanted(service, &slices, "").map(|rules| (key, rules)), before),
            }
        }
        table
    }

    /// The rules of one node: those of all, and its own for the Services that stay on the node.
    pub fn for_node(&self, node: &str, before: &Self) -> Self {
        let mut own = self.clone();
        let local = self.local.iter();
        let local =
            local.filter_map(|(key, (service, slices))| Some((key.clone(), wanted(service, slices, node)?)));
        own.extend(local, Some(before));
        own
    }

    fn extend(&mut self, rules: impl IntoIterator<Item = (Key, ServiceRules)>, before: Option<&Self>) {
        for (key, rules) in rules {
            if !rules.cluster_ip.is_empty() {
                self.by_address.insert(rules.cluster_ip.clone(), key.clone());
            }
            let same = before.and_then(|before| before.services.get(&key)).filter(|old| ***old == rules);
            let rules = same.cloned().unwrap_or_else(|| Arc::new(rules));
            self.services.insert(key, rules);
        }
    }

    /// The Services whose rules differ from those in another table.
    pub fn differing<'t>(&'t self, other: &'t Self) -> impl Iterator<Item = &'t Key> {
        let same = |key: &Key, rules: &Arc<ServiceRules>, there: &Self| {
            there.services.get(key).is_some_and(|other| Arc::ptr_eq(other, rules) || other == rules)
        };
        let changed = self.services.iter().filter(move |(key, rules)| !same(key, rules, other));
        let gone = other.services.keys().filter(|key| !self.services.contains_key(*key));
        changed.map(|(key, _)| key).chain(gone)
    }
}
