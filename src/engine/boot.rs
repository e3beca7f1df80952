//! Switching the cluster on: the first story of every run.
//!
//! Everything that a component does at first (it lists what there is, a node registers itself) follows from this,
//! as what it does after a later start follows from that start. So the very first act has a cause too.

use smol_str::SmolStr;

use super::cluster;
use super::world::World;
use crate::trace::{Cause, Data, Draft, Few, NodeChange, Parent, Story};

/// By which way the first input of all comes: nobody gives it.
pub const VIA_BOOT: &str = "boot";

impl World {
    /// Switches everything on. That is a story too: what the components do at first has a cause.
    pub(super) fn boot(&mut self) {
        let cause = self.switched_on();
        self.with_server(Parent::Known(cause), |server, out, cause| server.start(cause, out));
        for (name, role) in cluster::control_plane(&self.config) {
            self.add_slot(name, role, cause);
        }
        for spec in self.config.nodes.clone() {
            let cause = self.record_power(&spec.name, NodeChange::PowerOn, cause);
            let id = self.add_node_slot(&spec, cause);
            self.tell_images(id, cause);
        }
        self.tell_directory(cause);
        for (service, per_second) in self.config.traffic.clone() {
            self.tell_traffic(&service, per_second, cause);
        }
        self.quiet.assess(&self.slots);
    }

    fn switched_on(&mut self) -> Cause {
        let what = SmolStr::new_static("the cluster was switched on");
        let story = Story::Start(what.clone());
        let data = Data::Input { via: VIA_BOOT.into(), what, typed: SmolStr::default() };
        self.record(Draft { component: "you".into(), object: None, parents: Few::None, story, data }, &[])
    }
}
