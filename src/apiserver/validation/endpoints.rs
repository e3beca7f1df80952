//! Endpoints and EndpointSlices: the addresses behind a Service.

use core::net::IpAddr;

use k8s_openapi::api::core::v1::{EndpointAddress, Endpoints};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointPort, EndpointSlice};

use super::field::{Findings, Path, list, text};
use super::{container, metadata, names, service};

/// Limits of one slice (`pkg/apis/discovery/validation`).
const MOST_ENDPOINTS: usize = 1000;
const MOST_ADDRESSES: usize = 100;
const MOST_PORTS: usize = 20_000;
const MOST_ZONES: usize = 8;

/// The old single object.
pub fn endpoints(endpoints: &Endpoints, found: &mut Findings) {
    metadata::create(&endpoints.metadata, true, names::dns_subdomain, found);
    let at = Path::new("subsets");
    for (index, subset) in list(&endpoints.subsets).iter().enumerate() {
        let at = at.index(index);
        let (ready, unready) = (list(&subset.addresses), list(&subset.not_ready_addresses));
        if ready.is_empty() && unready.is_empty() {
            found.required(&at, "must specify `addresses` or `notReadyAddresses`");
        }
        for (field, addresses) in [("addresses", ready), ("notReadyAddresses", unready)] {
            let at = at.child(field);
            for (index, one) in addresses.iter().enumerate() {
                address(one, &at.index(index), found);
            }
        }
        let (at_ports, ports) = (at.child("ports"), list(&subset.ports));
        for (index, port) in ports.iter().enumerate() {
            let at = at_ports.index(index);
            match text(&port.name) {
                "" if ports.len() > 1 => found.required(&at.child("name"), ""),
                "" => {}
                name => found.invalid_each(&at.child("name"), name, names::dns_label(name)),
            }
            if let Some(fault) = names::port_number(i64::from(port.port)) {
                found.invalid(&at.child("port"), port.port, fault);
            }
            container::protocol(text(&port.protocol), &at.child("protocol"), found);
            if let Some(protocol) = &port.app_protocol {
                found.invalid_each(&at.child("appProtocol"), protocol, names::qualified_name(protocol));
            }
        }
    }
}

fn address(address: &EndpointAddress, at: &Path<'_>, found: &mut Findings) {
    service::ip(&address.ip, &at.child("ip"), found);
    if !text(&address.hostname).is_empty() {
        let name = text(&address.hostname);
        found.invalid_each(&at.child("hostname"), name, names::dns_label(name));
    }
    if let Some(name) = &address.node_name {
        found.invalid_each(&at.child("nodeName"), name, names::dns_subdomain(name));
    }
    service::ordinary_ip(&address.ip, &at.child("ip"), found);
}

/// A slice.
pub fn slice(slice: &EndpointSlice, found: &mut Findings) {
    metadata::create(&slice.metadata, true, names::dns_subdomain, found);
    let known = ["FQDN", "IPv4", "IPv6"];
    match slice.address_type.as_str() {
        "" => found.required(&Path::new("addressType"), ""),
        kind if known.contains(&kind) => {}
        other => found.not_supported(&Path::new("addressType"), other, &known),
    }
    let (at, endpoints) = (Path::new("endpoints"), list(&slice.endpoints));
    match endpoints.len() > MOST_ENDPOINTS {
        true => found.too_many(&at, endpoints.len(), MOST_ENDPOINTS),
        false => {
            for (index, one) in endpoints.iter().enumerate() {
                endpoint(one, &slice.address_type, &at.index(index), found);
            }
        }
    }
    slice_ports(list(&slice.ports), &Path::new("ports"), found);
}

fn endpoint(endpoint: &Endpoint, kind: &str, at: &Path<'_>, found: &mut Findings) {
    let (at_addresses, count) = (at.child("addresses"), endpoint.addresses.len());
    match count {
        0 => found.required(&at_addresses, "must contain at least 1 address"),
        1..=MOST_ADDRESSES => {}
        _ => found.too_many(&at_addresses, count, MOST_ADDRESSES),
    }
    for (index, address) in endpoint.addresses.iter().enumerate() {
        let at = at_addresses.index(index);
        match (kind, address.parse::<IpAddr>()) {
            ("IPv4" | "IPv6", parsed) => {
                let fits = parsed.is_ok_and(|address| address.is_ipv4() == (kind == "IPv4"));
                if !fits {
                    found.invalid(&at, address, &format!("must be a valid {kind} address"));
                }
                service::ordinary_ip(address, &at, found);
            }
            ("FQDN", _) => domain(address, &at, found),
            _ => {}
        }
    }
    if let Some(name) = &endpoint.node_name {
        found.invalid_each(&at.child("nodeName"), name, names::dns_subdomain(name));
    }
    let topology = endpoint.deprecated_topology.as_ref();
    metadata::labels(topology, &at.child("deprecatedTopology"), found);
    if let Some(name) = &endpoint.hostname {
        found.invalid_each(&at.child("hostname"), name, names::dns_label(name));
    }
    let zones = endpoint.hints.as_ref().map_or(&[][..], |hints| list(&hints.for_zones));
    let at = at.child("hints");
    let at = at.child("forZones");
    if zones.len() > MOST_ZONES {
        return found.too_many(&at, zones.len(), MOST_ZONES);
    }
    for (index, zone) in zones.iter().enumerate() {
        let at = at.index(index);
        if zones.iter().take(index).any(|earlier| earlier.name == zone.name) {
            found.duplicate(&at.child("name"), &zone.name);
        }
        found.invalid_each(&at.child("name"), &zone.name, names::label_value(&zone.name));
    }
}

fn domain(name: &str, at: &Path<'_>, found: &mut Findings) {
    let name = name.strip_suffix('.').unwrap_or(name);
    let faults = names::dns_subdomain(name);
    if name.is_empty() {
        found.required(at, "");
    } else if !faults.is_empty() {
        found.invalid(at, name, &faults.join(","));
    } else if !name.contains('.') {
        found.invalid(at, name, "should be a domain with at least two segments separated by dots");
    }
}

fn slice_ports(ports: &[EndpointPort], at: &Path<'_>, found: &mut Findings) {
    if ports.len() > MOST_PORTS {
        return found.too_many(at, ports.len(), MOST_PORTS);
    }
    for (index, port) in ports.iter().enumerate() {
        let (at, name) = (at.index(index), text(&port.name));
        if !name.is_empty() {
            found.invalid_each(&at.child("name"), name, names::dns_label(name));
        }
        if ports.iter().take(index).any(|earlier| text(&earlier.name) == name) {
            found.duplicate(&at.child("name"), name);
        }
        match port.protocol.as_deref() {
            None => found.required(&at.child("protocol"), ""),
            Some(protocol) if container::PROTOCOLS.contains(&protocol) => {}
            Some(other) => found.not_supported(&at.child("protocol"), other, container::PROTOCOLS),
        }
        if let Some(protocol) = &port.app_protocol {
            found.invalid_each(&at.child("appProtocol"), protocol, names::qualified_name(protocol));
        }
    }
}
