//! Addresses of pods.
//!
//! A pod's address comes from the range of its node (`spec.podCIDR`) and is gone with the pod's sandbox. The
//! node itself hands it out, without asking anybody: the ranges do not overlap.

use core::net::Ipv4Addr;

use smol_str::{SmolStr, format_smolstr};

/// Pod ranges are /24 parts from here on (`--cluster-cidr 10.244.0.0/16`, `--node-cidr-mask-size 24`). Above 256
/// nodes the range goes on behind, which a real cluster would have to be set up for.
const POD_RANGES: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 0);
/// How many pod ranges there are: up to `10.255.255.0/24`.
const POD_RANGE_COUNT: u32 = 12 * 256;
/// The first and the last address of a pod: in a node's range 0 is the network, 1 the node's bridge, 255 the broadcast.
pub const FIRST_POD: u32 = 2;
/// See [`FIRST_POD`].
pub const LAST_POD: u32 = 254;

/// The pod range of the node with this number: `10.244.3.0/24`.
pub fn pod_cidr(range: u32) -> SmolStr {
    format_smolstr!("{}/24", pod_ip(range, 0))
}

/// The address number `host` in the pod range number `range`.
pub fn pod_ip(range: u32, host: u32) -> SmolStr {
    let ip = u32::from(POD_RANGES) + (range % POD_RANGE_COUNT) * 256 + host % 256;
    format_smolstr!("{}", Ipv4Addr::from(ip))
}

/// The number of the pod range in which an address lies.
pub fn range_of(ip: &str) -> Option<u32> {
    let ip: Ipv4Addr = ip.parse().ok()?;
    let offset = u32::from(ip).checked_sub(u32::from(POD_RANGES))?;
    Some(offset / 256).filter(|range| *range < POD_RANGE_COUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_go_on_behind_the_first_256_nodes() {
        assert_eq!(pod_cidr(300), "10.245.44.0/24");
        assert_eq!(range_of("10.245.44.7"), Some(300));
        assert_eq!(range_of("10.96.0.1"), None);
    }
}
