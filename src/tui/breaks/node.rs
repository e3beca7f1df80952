//! What can go wrong with a node.

use smol_str::{SmolStr, format_smolstr};

use super::{BreakEntry, Deed, NOBODY_ANSWERS, Row, entries_of};
use crate::engine::{Fault, NodePower, Way, World};
use crate::node::NodeCommand;
use crate::object::{Key, Kind, Object, ObjectRef};

const NO_POWER: &str = "the node has no power";

/// What has to be known of a node.
struct Facts {
    node: SmolStr,
    powered: bool,
    kubelet: bool,
    cut: bool,
    cordoned: bool,
    api_server: bool,
}

impl Facts {
    fn of(world: &World, node: &SmolStr) -> Self {
        let state = world.node(node);
        let cordoned = match world.object(&ObjectRef::new(Kind::Node, Key::cluster(node.clone()))) {
            Some(Object::Node(node)) => node.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true),
            _ => false,
        };
        Self {
            node: node.clone(),
            powered: state.is_some_and(|state| state.powered()),
            kubelet: state.is_some_and(|state| state.kubelet),
            cut: state.is_some_and(|state| state.cut_off),
            cordoned,
            api_server: world.api_server_runs(),
        }
    }

    fn power(&self, title: impl FnOnce(&str) -> SmolStr, power: NodePower) -> Result<Deed, &'static str> {
        Ok(Deed::fault(title(&self.node), Fault::Power { node: self.node.clone(), power }))
    }

    fn command(&self, verb: &str, command: NodeCommand) -> Result<Deed, &'static str> {
        let title = format_smolstr!("the kubelet of {} {verb}", self.node);
        match self.powered {
            true => Ok(Deed::fault(title, Fault::OnNode { node: self.node.clone(), command })),
            false => Err(NO_POWER),
        }
    }

    fn link(&self, verb: &str, fault: fn(SmolStr, SmolStr) -> Fault) -> Result<Deed, &'static str> {
        let title = format_smolstr!("the network between {} and the API server {verb}", self.node);
        Ok(Deed::fault(title, fault(self.node.clone(), "apiserver".into())))
    }

    fn kubectl(&self, line: String) -> Result<Deed, &'static str> {
        if self.api_server { Ok(Deed::Kubectl(line)) } else { Err(NOBODY_ANSWERS) }
    }
}

const ROWS: &[Row<Facts>] = &[
    Row {
        key: 'n',
        name: "power off",
        short: "nobody is told",
        follows: "Its containers are gone, but the cluster only hears silence: after about 50 s the node is Unknown; 300 s later its pods are replaced elsewhere.",
        real: "a power supply, a hypervisor, a spot instance taken.",
        offered: |node| node.powered,
        deed: |node| node.power(|name| format_smolstr!("{name} lost power"), NodePower::Off),
    },
    Row {
        key: 'n',
        name: "power on",
        short: "starts empty",
        follows: "The kubelet starts, renews its lease, and finishes what was to be deleted meanwhile. Pods do not move back.",
        real: "somebody finds the cable.",
        offered: |node| !node.powered,
        deed: |node| node.power(|name| format_smolstr!("{name} has power again"), NodePower::On),
    },
    Row {
        key: 'd',
        name: "drain",
        short: "polite",
        follows: "The node takes no new pods, and those on it are evicted one by one: each is asked to end, and made anew elsewhere if something owns it.",
        real: "how a node is emptied before it is serviced.",
        offered: |node| !node.cordoned,
        deed: |node| node.kubectl(format!("drain {} --ignore-daemonsets --delete-emptydir-data", node.node)),
    },
    Row {
        key: 'd',
        name: "uncordon",
        short: "takes pods",
        follows: "New pods may be placed on the node again. Those that went do not come back: nobody moves a pod that runs.",
        real: "what is forgotten most easily after the service.",
        offered: |node| node.cordoned,
        deed: |node| node.kubectl(format!("uncordon {}", node.node)),
    },
    Row {
        key: 't',
        name: "stop kubelet",
        short: "pods keep going",
        follows: "Containers go on without anybody to look after them; the lease is not renewed, so the node looks dead.",
        real: "a full disk, or an update of the kubelet that failed.",
        offered: |node| node.kubelet || !node.powered,
        deed: |node| node.command("stopped", NodeCommand::StopKubelet),
    },
    Row {
        key: 't',
        name: "start kubelet",
        short: "catches up",
        follows: "It lists its pods, looks at what really runs, and closes the difference.",
        real: "systemctl start kubelet.",
        offered: |node| node.powered && !node.kubelet,
        deed: |node| node.command("started", NodeCommand::StartKubelet),
    },
    Row {
        key: 'g',
        name: "cut the network",
        short: "partition",
        follows: "The node and the API server do not hear each other; from outside it looks exactly like a dead node.",
        real: "a firewall rule, a switch, a data centre cut in two.",
        offered: |node| !node.cut,
        deed: |node| node.link("was cut", |a, b| Fault::Cut { a, b, way: Way::Both }),
    },
    Row {
        key: 'g',
        name: "heal the network",
        short: "catches up",
        follows: "Both sides see what they missed and close the difference.",
        real: "the rule is taken back.",
        offered: |node| node.cut,
        deed: |node| node.link("is whole again", |a, b| Fault::Heal { a, b }),
    },
    Row {
        key: 'b',
        name: "reboot",
        short: "20 s silent",
        follows: "It is silent for 20 s: too short for anybody to notice. Then it comes back empty, and the kubelet starts its pods again.",
        real: "a kernel update.",
        offered: |_| true,
        deed: |node| match node.powered {
            true => node.power(|name| format_smolstr!("{name} reboots"), NodePower::Reboot),
            false => Err(NO_POWER),
        },
    },
];

pub(super) fn entries(world: &World, node: &SmolStr) -> Vec<BreakEntry> {
    entries_of(&format_smolstr!("NODE {node}"), ROWS, &Facts::of(world, node))
}
