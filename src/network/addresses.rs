//! Addresses of pods.
//!
//! A pod's address comes from the range of its node (`spec.podCIDR`) and is gone with the pod's sandbox. The
//! node itself hands it out, without asking anybody: the ranges do not overlap.

use core::net::Ipv4Addr;
use std::collections::BTreeSet;

use smol_str::{SmolStr, format_smolstr};

/// Pod ranges are /24 parts from here on (`--cluster-cidr 10.244.0.0/16`, `--node-cidr-mask-size 24`). Above 256
/// nodes the range goes on behind, which a real cluster would have to be set up for.
const POD_RANGES: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 0);
/// How many pod ranges there are: up to `10.255.255.0/24`.
const POD_RANGE_COUNT: u32 = 12 * 256;
/// In a node's range 0 is the network, 1 the node's bridge, 255 the broadcast.
const FIRST_POD: u32 = 2;
const LAST_POD: u32 = 254;

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

/// The pod addresses of one node.
///
/// Handed out upwards; one that was given back is used again only after all the others had their turn, so that
/// a stale route does not meet somebody else at once (the `host-local` network plugin does the same).
#[derive(Clone, Debug)]
pub struct PodIps {
    range: u32,
    next: u32,
    taken: BTreeSet<u32>,
}

impl PodIps {
    /// The addresses of the pod range number `range`.
    pub fn new(range: u32) -> Self {
        Self { range, next: FIRST_POD, taken: BTreeSet::new() }
    }

    /// The range as `spec.podCIDR` of the Node says it.
    pub fn cidr(&self) -> SmolStr {
        pod_cidr(self.range)
    }

    /// A free address; none if all 253 are taken.
    pub fn allocate(&mut self) -> Option<SmolStr> {
        let free = (self.next..=LAST_POD).chain(FIRST_POD..self.next).find(|ip| !self.taken.contains(ip))?;
        self.taken.insert(free);
        self.next = if free == LAST_POD { FIRST_POD } else { free + 1 };
        Some(pod_ip(self.range, free))
    }

    /// Gives an address back.
    pub fn release(&mut self, ip: &str) {
        if range_of(ip) == Some(self.range)
            && let Ok(ip) = ip.parse::<Ipv4Addr>()
        {
            self.taken.remove(&u32::from(ip.octets()[3]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pod_addresses_come_back_only_after_a_round() {
        let mut ips = PodIps::new(3);
        assert_eq!(ips.cidr(), "10.244.3.0/24");
        assert_eq!(ips.allocate().unwrap(), "10.244.3.2");
        ips.release("10.244.3.2");
        ips.release("10.244.9.3");
        assert_eq!(ips.allocate().unwrap(), "10.244.3.3");
        let rest: Vec<_> = std::iter::from_fn(|| ips.allocate()).collect();
        assert_eq!(rest.len(), 252);
        assert_eq!(rest.last().unwrap(), "10.244.3.2");
        ips.release("10.244.3.77");
        assert_eq!(ips.allocate().unwrap(), "10.244.3.77");
    }

    #[test]
    fn ranges_go_on_behind_the_first_256_nodes() {
        assert_eq!(pod_cidr(300), "10.245.44.0/24");
        assert_eq!(range_of("10.245.44.7"), Some(300));
        assert_eq!(range_of("10.96.0.1"), None);
    }
}
