//! Namespaces and Nodes.

use core::net::IpAddr;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Namespace, Node, NodeSpec, NodeStatus};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde_json::json;

use super::field::{Findings, Path, list, text};
use super::{metadata, names, resources, scheduling};

/// A new Namespace.
pub fn namespace(namespace: &Namespace, found: &mut Findings) {
    metadata::create(&namespace.metadata, false, names::dns_label, found);
    let at = Path::new("spec");
    let at = at.child("finalizers");
    for name in namespace.spec.as_ref().map_or(&[][..], |spec| list(&spec.finalizers)) {
        found.invalid_each(&at, name, names::qualified_name(name));
        metadata::standard_finalizer(name, &at, found);
    }
}

/// A Namespace's phase says whether it is being deleted.
pub fn namespace_status(namespace: &Namespace, found: &mut Findings) {
    let phase = namespace.status.as_ref().map_or("", |status| text(&status.phase));
    let (wanted, when) = match namespace.metadata.deletion_timestamp {
        None => ("Active", "empty"),
        Some(_) => ("Terminating", "not empty"),
    };
    if phase != wanted {
        let fault = format!("may only be '{wanted}' if `deletionTimestamp` is {when}");
        found.invalid(&Path::new("status").child("Phase"), phase, &fault);
    }
}

/// A new Node.
pub fn node(node: &Node, found: &mut Findings) {
    metadata::create(&node.metadata, false, names::dns_subdomain, found);
    let none = NodeSpec::default();
    let spec = node.spec.as_ref().unwrap_or(&none);
    // The real server reports taints below `metadata`.
    scheduling::taints(list(&spec.taints), &Path::new("metadata").child("taints"), found);
    amounts(node, found);
    let at = Path::new("spec");
    let (at, ranges) = (at.child("podCIDRs"), list(&spec.pod_cidrs));
    for (index, range) in ranges.iter().enumerate() {
        cidr(range, &at.index(index), found);
    }
    let v6 = ranges.iter().filter(|range| range.contains(':')).count();
    if ranges.len() > 1 && (ranges.len() > 2 || v6 != 1) {
        found.invalid(&at, json!(ranges), "may specify no more than one CIDR for each IP family");
    }
    for (index, range) in ranges.iter().enumerate() {
        if ranges.iter().take(index).any(|earlier| earlier == range) {
            found.duplicate(&at.index(index), range);
        }
    }
}

/// A range of addresses: `10.244.0.0/24`.
pub fn cidr(text: &str, at: &Path<'_>, found: &mut Findings) {
    let well_formed = text.split_once('/').is_some_and(|(address, bits)| {
        let most = match address.parse() {
            Ok(IpAddr::V4(_)) => 32,
            Ok(IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        bits.bytes().all(|b| b.is_ascii_digit()) && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    });
    if !well_formed {
        found.invalid(at, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
}

fn amounts(node: &Node, found: &mut Findings) {
    let none = NodeStatus::default();
    let status = node.status.as_ref().unwrap_or(&none);
    let at = Path::new("status");
    let mut each = |field: &str, amounts: &Option<BTreeMap<String, Quantity>>| {
        let at = at.child(field);
        for (name, amount) in amounts.iter().flatten() {
            resources::quantity_of(name, amount, &at.child(name), found);
        }
    };
    each("capacity", &status.capacity);
    each("allocatable", &status.allocatable);
}

/// A changed Node, or its changed status.
pub fn node_update(new: &Node, old: &Node, found: &mut Findings) {
    amounts(new, found);
    let at_status = Path::new("status");
    let at = at_status.child("addresses");
    let addresses = new.status.as_ref().map_or(&[][..], |status| list(&status.addresses));
    for (index, address) in addresses.iter().enumerate() {
        if addresses.iter().take(index).any(|earlier| earlier == address) {
            found.duplicate(&at.index(index), json!({"Type": address.type_, "Address": address.address}));
        }
    }
    let none = NodeSpec::default();
    let (spec, before) = (new.spec.as_ref().unwrap_or(&none), old.spec.as_ref().unwrap_or(&none));
    let at = Path::new("spec");
    let (ranges, earlier) = (list(&spec.pod_cidrs), list(&before.pod_cidrs));
    let changed = match earlier.len() == ranges.len() {
        true => earlier.iter().zip(ranges).filter(|(a, b)| a != b).count(),
        false => usize::from(!earlier.is_empty()),
    };
    for _ in 0..changed {
        let fault = "node updates may not change podCIDR except from \"\" to valid";
        found.forbidden(&at.child("podCIDRs"), fault);
    }
    let (provider, earlier) = (text(&spec.provider_id), text(&before.provider_id));
    if !earlier.is_empty() && provider != earlier {
        let fault = "node updates may not change providerID except from \"\" to valid";
        found.forbidden(&at.child("providerID"), fault);
    }
    scheduling::taints(list(&spec.taints), &Path::new("metadata").child("taints"), found);
}
