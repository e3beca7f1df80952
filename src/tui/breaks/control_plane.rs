//! What can go wrong with the control plane.

use smol_str::format_smolstr;

use super::{BreakEntry, Deed, Row, entries_of};
use crate::engine::{EtcdAct, Fault, World};

const GROUP: &str = "CONTROL PLANE";
const ONE_LEADS: &str = "several stand by; one takes over within about 15 s.";

const STARTS: &str =
    "It starts with an empty memory, lists everything, and compares: it need not know what it missed.";

/// A component that can be stopped.
struct Component {
    key: char,
    name: &'static str,
    words: &'static str,
    follows: &'static str,
    real: &'static str,
}

const COMPONENTS: &[Component] = &[
    Component {
        key: 'A',
        name: "apiserver",
        words: "API server",
        follows: "Nobody can read or write objects: nothing is replaced or placed. Containers and traffic go on.",
        real: "there are several, behind a load balancer.",
    },
    Component {
        key: 'E',
        name: "etcd",
        words: "etcd",
        follows: "The API server cannot answer: as if it were stopped. Containers and traffic go on.",
        real: "three or five members; most of them must be there.",
    },
    Component {
        key: 'S',
        name: "scheduler",
        words: "scheduler",
        follows: "New pods stay Pending: nobody gives them a node. All else goes on.",
        real: ONE_LEADS,
    },
    Component {
        key: 'M',
        name: "controller-manager",
        words: "all controllers",
        follows: "Wishes are stored, but nobody acts on them; deleted pods are not replaced.",
        real: ONE_LEADS,
    },
    Component {
        key: 'D',
        name: "controller/deployment",
        words: "Deployment controller",
        follows: "A changed Deployment changes no ReplicaSet.",
        real: "all controllers are one process: they stop together.",
    },
    Component {
        key: 'R',
        name: "controller/replicaset",
        words: "ReplicaSet controller",
        follows: "Pods that go are not replaced.",
        real: "all controllers are one process: they stop together.",
    },
];

/// What has to be known of etcd.
struct Etcd {
    has_snapshot: bool,
}

fn etcd(title: &str, act: EtcdAct) -> Result<Deed, &'static str> {
    Ok(Deed::fault(title.into(), Fault::Etcd(act)))
}

const ETCD: &[Row<Etcd>] = &[
    Row {
        key: 'B',
        name: "back up etcd",
        short: "a snapshot",
        follows: "All objects are kept as they are now. Nobody notices; it is of use only if the data is lost.",
        real: "etcdctl snapshot save, by a job, every few hours.",
        offered: |etcd| !etcd.has_snapshot,
        deed: |_| etcd("etcd was backed up", EtcdAct::Snapshot),
    },
    Row {
        key: 'B',
        name: "restore etcd",
        short: "the snapshot",
        follows: "All objects are as they were at the backup. What was made since is not known any more: it is found and removed, or made anew.",
        real: "etcdutl snapshot restore, with every API server stopped.",
        offered: |etcd| etcd.has_snapshot,
        deed: |_| etcd("etcd was restored from its backup", EtcdAct::Restore),
    },
    Row {
        key: 'X',
        name: "lose etcd's data",
        short: "all gone",
        follows: "The API server answers as in a new cluster: no object is known. The kubelets stop what nobody wants any more.",
        real: "most members lost their disks: rare, and the worst of all.",
        offered: |_| true,
        deed: |_| etcd("etcd lost its data", EtcdAct::LoseData),
    },
];

pub(super) fn entries(world: &World) -> Vec<BreakEntry> {
    let mut entries: Vec<BreakEntry> =
        COMPONENTS.iter().map(|component| entry(component, runs(world, component.name))).collect();
    entries.extend(entries_of(&GROUP.into(), ETCD, &Etcd { has_snapshot: world.has_snapshot() }));
    entries
}

fn runs(world: &World, name: &str) -> bool {
    let is_meant = |found: &str| match name {
        "controller-manager" => found.starts_with("controller/"),
        name => found == name,
    };
    world.components().iter().any(|state| is_meant(&state.name) && state.running)
}

/// A component is stopped, or started if it does not run.
fn entry(component: &Component, runs: bool) -> BreakEntry {
    let Component { key, name, words, follows, real } = *component;
    let (verb, done) = if runs { ("stop", "stopped") } else { ("start", "started") };
    let fault = Fault::Component { name: name.into(), start: !runs };
    BreakEntry {
        key,
        group: GROUP.into(),
        name: format_smolstr!("{verb} {words}"),
        short: "",
        follows: if runs { follows } else { STARTS }.into(),
        real,
        deed: Ok(Deed::fault(format_smolstr!("{words} {done}"), fault)),
    }
}
