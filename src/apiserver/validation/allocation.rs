//! What the Service allocators refuse: addresses and node ports outside their ranges or in use.
//!
//! The allocators themselves are part of the API server's storage; here are their words
//! (`pkg/registry/core/service/{ipallocator,portallocator}`).

use serde_json::json;

use super::field::{Findings, Path};
use crate::apiserver::Cause;

/// Node ports that Services may use (`--service-node-port-range`).
pub const NODE_PORTS: std::ops::RangeInclusive<i32> = 30000..=32767;

fn address(address: &str, why: &str) -> Vec<Cause> {
    let mut found = Findings::default();
    found.invalid(
        &Path::new("spec").child("clusterIPs"),
        json!([address]),
        &format!("failed to allocate IP {address}: {why}"),
    );
    found.into_causes()
}

/// The address is not in the range of Service addresses.
pub fn address_outside(text: &str) -> Vec<Cause> {
    address(text, "the provided network does not match the current range")
}

/// The address belongs to another Service.
pub fn address_taken(text: &str) -> Vec<Cause> {
    address(text, "provided IP is already allocated")
}

fn node_port(index: usize, port: i32, why: &str) -> Vec<Cause> {
    let mut found = Findings::default();
    found.invalid(&Path::new("spec").child("ports").index(index).child("nodePort"), port, why);
    found.into_causes()
}

/// The node port is outside [`NODE_PORTS`].
pub fn node_port_outside(index: usize, port: i32) -> Vec<Cause> {
    let why = format!(
        "provided port is not in the valid range. The range of valid ports is {}-{}",
        NODE_PORTS.start(),
        NODE_PORTS.end()
    );
    node_port(index, port, &why)
}

/// The node port belongs to another Service.
pub fn node_port_taken(index: usize, port: i32) -> Vec<Cause> {
    node_port(index, port, "provided port is already allocated")
}
