//! The break menu: everything that can go wrong, with its name and what follows from it.

mod link;

use crossterm::event::KeyCode;
use smol_str::{SmolStr, format_smolstr};

use crate::apiserver::{Call, DeleteOptions};
use crate::engine::{Act, EtcdAct, Fault, Input, NodePower, Way, World};
use crate::node::NodeCommand;
use crate::node::kubelet::probes::ProbeKind;
use crate::object::{Key, Kind, ObjectRef, Pod, Resource};

pub use link::entries_for_link;

/// One thing that can be done.
#[derive(Clone, Debug)]
pub struct BreakEntry {
    /// Its key in the menu.
    pub key: char,
    /// Its heading: `POD login-x`, `NODE node-1`, `CONTROL PLANE`.
    pub group: SmolStr,
    /// What it is.
    pub name: SmolStr,
    /// In a word or two.
    pub short: &'static str,
    /// What will happen.
    pub follows: &'static str,
    /// The input, or why it cannot be done now.
    pub input: Result<Input, &'static str>,
}

fn fault(title: SmolStr, fault: Fault) -> Input {
    Input::new("key", title, Act::Fault(fault))
}

/// What can be broken about the selected object, its node, and the control plane.
pub fn entries(world: &World, selected: Option<&ObjectRef>) -> Vec<BreakEntry> {
    let pod = selected
        .filter(|object| object.kind == Kind::Pod)
        .and_then(|object| Some((object, world.object(object).and_then(Pod::of)?)));
    let node = match (selected, pod) {
        (Some(object), _) if object.kind == Kind::Node => Some(object.key.name.clone()),
        (_, Some((_, pod))) => pod.node.clone(),
        _ => None,
    };
    let mut entries = Vec::new();
    if let Some((object, pod)) = pod {
        entries.extend(pod_entries(&object.key, pod));
    }
    if let Some(node) = node {
        entries.extend(node_entries(world, &node));
    }
    entries.extend(control_plane_entries(world));
    entries
}

fn pod_entries(key: &Key, pod: &Pod) -> Vec<BreakEntry> {
    let group = format_smolstr!("POD {}", key.name);
    let node = pod.node.clone().ok_or("it is on no node yet");
    let on_node = |title: SmolStr, command: NodeCommand| {
        node.clone().map(|node| fault(title, Fault::OnNode { node, command }))
    };
    let name = &key.name;
    let delete =
        Call::Delete { target: ObjectRef::new(Kind::Pod, key.clone()), options: DeleteOptions::default() };
    let has_probe =
        |kind: ProbeKind| pod.spec.containers.iter().any(|container| kind.of(container).is_some());
    let probe = |kind: ProbeKind| {
        if !has_probe(kind) {
            return Err("no container of it has such a probe: nothing would happen");
        }
        let kind = kind.name();
        on_node(
            format_smolstr!("you made the {kind} probe of pod {name} fail"),
            NodeCommand::Probe { pod: key.clone(), kind: kind.into(), fail: true },
        )
    };
    vec![
        BreakEntry {
            key: 'p',
            group: group.clone(),
            name: "delete pod".into(),
            short: "polite",
            follows: "The kubelet asks its containers to end. If something owns the pod, that makes another one at once: with a new name, maybe on another node.",
            input: Ok(Input::new("key", format_smolstr!("you deleted pod {name}"), Act::Api(delete))),
        },
        BreakEntry {
            key: 'c',
            group: group.clone(),
            name: "kill container".into(),
            short: "exit 137",
            follows: "The kubelet restarts it on the same node; the pod keeps its name and IP. No controller replaces it: the ReplicaSet still counts it.",
            input: on_node(
                format_smolstr!("you killed the container of pod {name}"),
                NodeCommand::ExitContainer { pod: key.clone(), container: None, code: 137 },
            ),
        },
        BreakEntry {
            key: 'x',
            group: group.clone(),
            name: "crash container".into(),
            short: "exit 1",
            follows: "As when a program fails. Do it again while it is new, and the kubelet waits longer each time: CrashLoopBackOff.",
            input: on_node(
                format_smolstr!("the container of pod {name} crashed"),
                NodeCommand::ExitContainer { pod: key.clone(), container: None, code: 1 },
            ),
        },
        BreakEntry {
            key: 'o',
            group: group.clone(),
            name: "out of memory".into(),
            short: "OOMKilled",
            follows: "The kernel kills the container; the kubelet restarts it. The reason stands in the pod's status.",
            input: on_node(
                format_smolstr!("pod {name} ran out of memory"),
                NodeCommand::OomKill { pod: key.clone(), container: None },
            ),
        },
        BreakEntry {
            key: 'r',
            group: group.clone(),
            name: "fail readiness".into(),
            short: "stays up",
            follows: "After some failed probes the pod is not ready: it gets no traffic, but nobody restarts or replaces it.",
            input: probe(ProbeKind::Readiness),
        },
        BreakEntry {
            key: 'l',
            group,
            name: "fail liveness".into(),
            short: "restarts",
            follows: "If the container has a liveness probe, the kubelet kills and restarts it after some failures.",
            input: probe(ProbeKind::Liveness),
        },
    ]
}

fn node_entries(world: &World, node: &SmolStr) -> Vec<BreakEntry> {
    let group = format_smolstr!("NODE {node}");
    let state = world.nodes().into_iter().find(|state| state.name == *node);
    let powered = state.as_ref().is_some_and(|state| state.powered);
    let cut = state.as_ref().is_some_and(|state| state.cut_off);
    let kubelet =
        state.as_ref().and_then(|state| state.machine.as_ref()).is_some_and(|machine| machine.kubelet);
    let entry = |key, name: &str, short, follows, input| BreakEntry {
        key,
        group: group.clone(),
        name: name.into(),
        short,
        follows,
        input,
    };
    let power = |power, title: SmolStr| fault(title, Fault::Power { node: node.clone(), power });
    let command = |command, title: SmolStr| fault(title, Fault::OnNode { node: node.clone(), command });
    let link = (node.clone(), SmolStr::new_static("apiserver"));
    vec![
        match powered {
            true => entry(
                'n',
                "power off",
                "nobody is told",
                "Its containers are gone at once, but the cluster only hears silence: after about 50 s the node is Unknown, and 300 s later its pods are replaced elsewhere.",
                Ok(power(NodePower::Off, format_smolstr!("{node} lost power"))),
            ),
            false => entry(
                'n',
                "power on",
                "comes back empty",
                "The kubelet starts, renews its lease, and finishes what was to be deleted meanwhile. Pods do not move back.",
                Ok(power(NodePower::On, format_smolstr!("{node} has power again"))),
            ),
        },
        match kubelet || !powered {
            true => entry(
                't',
                "stop kubelet",
                "pods keep going",
                "Containers go on without anybody to look after them; the lease is not renewed, so the node looks dead.",
                if powered {
                    Ok(command(NodeCommand::StopKubelet, format_smolstr!("the kubelet of {node} stopped")))
                } else {
                    Err("the node has no power")
                },
            ),
            false => entry(
                't',
                "start kubelet",
                "catches up",
                "It lists its pods, looks at what really runs, and closes the difference.",
                Ok(command(NodeCommand::StartKubelet, format_smolstr!("the kubelet of {node} started"))),
            ),
        },
        match cut {
            false => entry(
                'g',
                "cut the network",
                "partition",
                "The node and the API server do not hear each other; from outside it looks exactly like a dead node.",
                Ok(fault(
                    format_smolstr!("the network between {node} and the API server was cut"),
                    Fault::Cut { a: link.0, b: link.1, way: Way::Both },
                )),
            ),
            true => entry(
                'g',
                "heal the network",
                "catches up",
                "Both sides see what they missed and close the difference.",
                Ok(fault(
                    format_smolstr!("the network between {node} and the API server is whole again"),
                    Fault::Heal { a: link.0, b: link.1 },
                )),
            ),
        },
        entry(
            'b',
            "reboot",
            "comes back empty",
            "It is silent for 20 s: too short for anybody to notice. Then the kubelet starts its pods again.",
            if powered {
                Ok(power(NodePower::Reboot, format_smolstr!("{node} reboots")))
            } else {
                Err("the node has no power")
            },
        ),
    ]
}

/// Components with their keys and what stopping them means.
const COMPONENTS: &[(char, &str, &str, &str)] = &[
    (
        'A',
        "apiserver",
        "API server",
        "Nobody can read or write objects: nothing is replaced or placed. Containers and traffic go on.",
    ),
    (
        'E',
        "etcd",
        "etcd",
        "The API server cannot answer: as if it were stopped. Containers and traffic go on.",
    ),
    ('S', "scheduler", "scheduler", "New pods stay Pending: nobody gives them a node. All else goes on."),
    (
        'M',
        "controller-manager",
        "all controllers",
        "Wishes are stored, but nobody acts on them; deleted pods are not replaced.",
    ),
    ('D', "controller/deployment", "Deployment controller", "A changed Deployment changes no ReplicaSet."),
    ('R', "controller/replicaset", "ReplicaSet controller", "Pods that go are not replaced."),
];

fn control_plane_entries(world: &World) -> Vec<BreakEntry> {
    let states = world.components();
    let running = |name: &str| match name {
        "controller-manager" => {
            states.iter().any(|state| state.name.starts_with("controller/") && state.running)
        }
        name => states.iter().any(|state| state.name == name && state.running),
    };
    let components = COMPONENTS.iter().map(|(key, name, words, follows)| {
        let runs = running(name);
        let (verb, short) = if runs { ("stop", "") } else { ("start", "catches up") };
        let title = format_smolstr!("{words} {}", if runs { "stopped" } else { "started" });
        BreakEntry {
            key: *key,
            group: "CONTROL PLANE".into(),
            name: format_smolstr!("{verb} {words}"),
            short,
            follows: if runs { follows } else { "It starts with an empty memory, lists everything, and compares: it need not know what it missed." },
            input: Ok(fault(title, Fault::Component { name: (*name).into(), start: !runs })),
        }
    });
    components.chain(etcd_entries(world)).collect()
}

/// What can become of the data of etcd.
fn etcd_entries(world: &World) -> [BreakEntry; 2] {
    let entry = |key, name: &str, short, follows, title: &str, act| BreakEntry {
        key,
        group: "CONTROL PLANE".into(),
        name: name.into(),
        short,
        follows,
        input: Ok(fault(title.into(), Fault::Etcd(act))),
    };
    let kept = match world.has_snapshot() {
        false => entry(
            'B',
            "back up etcd",
            "keeps a snapshot",
            "All objects are kept as they are now. Nobody notices; it is of use only if the data is lost.",
            "etcd was backed up",
            EtcdAct::Snapshot,
        ),
        true => entry(
            'B',
            "restore etcd",
            "back to the backup",
            "All objects are as they were at the backup. What was made since is not known any more: it is found and removed, or made anew.",
            "etcd was restored from its backup",
            EtcdAct::Restore,
        ),
    };
    let lost = entry(
        'X',
        "lose etcd's data",
        "all wishes gone",
        "The API server answers as in a new cluster: no object is known. The kubelets stop what nobody wants any more.",
        "etcd lost its data",
        EtcdAct::LoseData,
    );
    [kept, lost]
}

/// The entry of a key.
pub(super) fn of_key(entries: &[BreakEntry], key: KeyCode) -> Option<usize> {
    let KeyCode::Char(letter) = key else { return None };
    entries.iter().position(|entry| entry.key == letter)
}
