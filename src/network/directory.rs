//! Who owns which pod addresses.
//!
//! In a real cluster the routes between nodes are set up by a network plugin; each node knows to which machine
//! the pod range of every other one belongs. The directory is that knowledge in one table. It is data: whoever
//! runs the cluster makes a new one when nodes come, go or change power, and hands it out.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::addresses;
use crate::actor::ActorId;

/// A node as the network knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The node's name.
    pub name: SmolStr,
    /// Where its messages go.
    pub actor: ActorId,
    /// Whether it has power. Only clients look at this, as a load balancer in front of the nodes would; the
    /// nodes themselves find out by getting no answer.
    pub up: bool,
}

/// Which node owns which range of pod addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    places: BTreeMap<u32, Place>,
}

impl Directory {
    /// Enters a node that owns the pod range number `range` (`10.244.RANGE.0/24`).
    pub fn add(&mut self, range: u32, name: impl Into<SmolStr>, actor: ActorId) {
        self.places.insert(range, Place { name: name.into(), actor, up: true });
    }

    /// Removes a node.
    pub fn remove(&mut self, name: &str) {
        self.places.retain(|_, place| place.name != name);
    }

    /// Notes that a node has power or has not.
    pub fn set_up(&mut self, name: &str, up: bool) {
        for place in self.places.values_mut().filter(|place| place.name == name) {
            place.up = up;
        }
    }

    /// The node that owns a pod address; none if it lies in nobody's range.
    pub fn owner(&self, ip: &str) -> Option<&Place> {
        self.places.get(&addresses::range_of(ip)?)
    }

    /// The node of this name.
    pub fn named(&self, name: &str) -> Option<&Place> {
        self.places.values().find(|place| place.name == name)
    }

    /// The number of the pod range that the node of this name owns.
    pub fn range_of(&self, name: &str) -> Option<u32> {
        self.places.iter().find(|(_, place)| place.name == name).map(|(range, _)| *range)
    }

    /// All nodes in the order of their ranges.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.values()
    }

    /// The `nth` node (from 0, round and round) among those with power.
    pub fn nth_up(&self, nth: u64) -> Option<&Place> {
        let count = self.places().filter(|place| place.up).count() as u64;
        let nth = nth.checked_rem(count)?;
        self.places().filter(|place| place.up).nth(usize::try_from(nth).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_the_node_of_its_range() {
        let mut directory = Directory::default();
        directory.add(1, "node-1", ActorId(5));
        directory.add(2, "node-2", ActorId(6));
        assert_eq!(directory.owner("10.244.2.9").map(|place| place.actor), Some(ActorId(6)));
        assert_eq!(directory.owner("10.244.3.9"), None);
        assert_eq!(directory.owner("not an address"), None);
        directory.set_up("node-1", false);
        assert_eq!(directory.nth_up(7).map(|place| place.name.as_str()), Some("node-2"));
        directory.remove("node-2");
        assert_eq!(directory.nth_up(0), None);
        assert_eq!(directory.range_of("node-1"), Some(1));
    }
}
