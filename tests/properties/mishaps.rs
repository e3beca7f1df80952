//! What can go wrong, drawn at random, and how it is mended.

use std::collections::BTreeSet;

use kubeloop::apiserver::{Call, DeleteOptions, Patch, Sub};
use kubeloop::engine::{Act, EtcdAct, Fault, NodePower, Way};
use kubeloop::node::{ImageFault, NodeCommand};
use kubeloop::object::{Key, Kind, ObjectRef, Pod};
use kubeloop::random::Stream;
use kubeloop::time::Span;
use serde_json::json;
use smol_str::SmolStr;

use super::Run;

const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];
const APPS: [&str; 3] = ["login", "payment", "delivery"];
const COMPONENTS: [&str; 14] = [
    "scheduler",
    "controller-manager",
    "controller/deployment",
    "controller/replicaset",
    "controller/daemonset",
    "controller/disruption",
    "controller/endpointslice",
    "controller/endpoints",
    "controller/node-lifecycle",
    "controller/taint-eviction",
    "controller/garbage-collector",
    "controller/pod-gc",
    "apiserver",
    "etcd",
];
/// Who has a link to the API server.
const CLIENTS: [&str; 13] = [
    "node-1",
    "node-2",
    "node-3",
    "scheduler",
    "controller/deployment",
    "controller/replicaset",
    "controller/daemonset",
    "controller/disruption",
    "controller/endpointslice",
    "controller/node-lifecycle",
    "controller/taint-eviction",
    "controller/garbage-collector",
    "controller/pod-gc",
];
const PROBES: [&str; 2] = ["readiness", "liveness"];

/// A source of mishaps.
pub(crate) struct Mishaps {
    random: Stream,
    images: BTreeSet<SmolStr>,
}

impl Mishaps {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Stream::new(seed, "mishaps"), images: BTreeSet::new() }
    }

    /// How long this seed's trouble lasts.
    pub(crate) fn span_secs(&mut self, max: u64) -> u64 {
        self.random.between(30, max)
    }

    /// One mishap, or a repair, and some time after it.
    pub(crate) fn next(&mut self, run: &mut Run) {
        match self.random.below(16) {
            0..3 => self.delete_pod(run),
            3..5 => self.container(run),
            5 => self.probe(run),
            6..8 => self.wish(run),
            8..10 => self.power(run),
            10 => self.kubelet(run),
            11..13 => self.component(run),
            13..15 => self.link(run),
            _ => self.etcd(run),
        }
        // Often at once, often while the answer is under way, sometimes after all is done.
        let pause = match self.random.below(4) {
            0 => Span::millis(self.random.between(0, 20)),
            1 => Span::millis(self.random.between(20, 2_000)),
            2 => Span::secs(self.random.between(2, 15)),
            _ => Span::secs(self.random.between(15, 70)),
        };
        run.pass(pause);
    }

    fn of<'a>(&mut self, names: &[&'a str]) -> &'a str {
        names[self.random.below(names.len() as u64) as usize]
    }

    /// A pod of the shop with its node.
    fn pod(&mut self, run: &Run) -> Option<(Key, Option<SmolStr>)> {
        let pods: Vec<&Pod> = run.engine.world().list_as::<Pod>(Some("default")).collect();
        let pod = pods.get(self.random.below(pods.len() as u64) as usize)?;
        let name = pod.metadata.name.clone().unwrap_or_default();
        Some((Key::new("default", name), pod.node.clone()))
    }

    fn delete_pod(&mut self, run: &mut Run) {
        let Some((key, _)) = self.pod(run) else { return };
        if self.random.chance(1, 3) {
            let call = Call::Evict { pod: key.clone(), options: DeleteOptions::default() };
            run.act(format!("evict pod {}", key.name), Act::Api(call));
            return;
        }
        let grace_period_secs = self.random.chance(1, 4).then_some(0);
        let title = format!("delete pod {} with grace {grace_period_secs:?}", key.name);
        let target = ObjectRef::new(Kind::Pod, key);
        let options = DeleteOptions { grace_period_secs, ..DeleteOptions::default() };
        run.act(title, Act::Api(Call::Delete { target, options }));
    }

    fn on_pod(&mut self, run: &mut Run, what: &str, command: impl Fn(Key) -> NodeCommand) {
        let Some((pod, Some(node))) = self.pod(run) else { return };
        let title = format!("{what} of pod {} on {node}", pod.name);
        run.act(title, Act::Fault(Fault::OnNode { node, command: command(pod) }));
    }

    fn container(&mut self, run: &mut Run) {
        match self.random.below(4) {
            0 => self.on_pod(run, "OOM", |pod| NodeCommand::OomKill { pod, container: None }),
            1 => self.on_pod(run, "slow start", |pod| NodeCommand::SlowStart { pod, by: Span::secs(15) }),
            _ => {
                let code = self.random.below(3) as i32;
                let what = format!("exit {code}");
                self.on_pod(run, &what, |pod| NodeCommand::ExitContainer { pod, container: None, code });
            }
        }
    }

    fn probe(&mut self, run: &mut Run) {
        let (kind, fail) = (self.of(&PROBES), self.random.chance(2, 3));
        let what = format!("{kind} probe {}", if fail { "fails" } else { "passes" });
        self.on_pod(run, &what, |pod| NodeCommand::Probe { pod, kind: kind.into(), fail });
    }

    /// Somebody wants something else.
    fn wish(&mut self, run: &mut Run) {
        let app = self.of(&APPS);
        let target = ObjectRef::new(Kind::Deployment, Key::new("default", app));
        match self.random.below(4) {
            0 => {
                let version = self.random.between(3, 6);
                let image = format!("pizza/{app}:1.2.{version}");
                let found = self.random.chance(1, 2);
                let fault = if found { ImageFault::Found } else { ImageFault::NotFound };
                run.act(
                    format!("image {image} {fault:?}"),
                    Act::Fault(Fault::Image { image: image.as_str().into(), fault }),
                );
                self.images.insert(image.into());
            }
            1 => {
                let image = format!("pizza/{app}:1.2.{}", self.random.between(3, 6));
                let patch =
                    json!({"spec": {"template": {"spec": {"containers": [{"name": app, "image": image}]}}}});
                let call =
                    Call::Patch { target, patch: Patch::Strategic(patch), sub: Sub::Main, dry_run: false };
                run.act(format!("set image {image}"), Act::Api(call));
            }
            _ => {
                let replicas = self.random.below(10) as i32;
                run.act(format!("scale {app} to {replicas}"), Act::Api(Call::Scale { target, replicas }));
            }
        }
    }

    fn power(&mut self, run: &mut Run) {
        let node: SmolStr = self.of(&NODES).into();
        let power = match self.random.below(4) {
            0 => NodePower::Off,
            1 => NodePower::Reboot,
            _ => NodePower::On,
        };
        run.act(format!("{node} {power:?}"), Act::Fault(Fault::Power { node, power }));
    }

    fn kubelet(&mut self, run: &mut Run) {
        let node: SmolStr = self.of(&NODES).into();
        let command = match self.random.below(6) {
            0 | 1 => NodeCommand::StopKubelet,
            2..5 => NodeCommand::StartKubelet,
            _ => NodeCommand::StopKubeProxy,
        };
        run.act(format!("{node} {command:?}"), Act::Fault(Fault::OnNode { node, command }));
    }

    fn component(&mut self, run: &mut Run) {
        let (name, start) = (self.of(&COMPONENTS), self.random.chance(1, 2));
        run.disturbed();
        run.act(
            format!("{name} {}", if start { "starts" } else { "stops" }),
            Act::Fault(Fault::Component { name: name.into(), start }),
        );
    }

    fn link(&mut self, run: &mut Run) {
        let (name, b) = (self.of(&CLIENTS), SmolStr::new_static("apiserver"));
        let a = SmolStr::from(name);
        let fault = match self.random.below(6) {
            0 => Fault::Cut { a, b, way: [Way::Both, Way::To, Way::From][self.random.below(3) as usize] },
            1 => Fault::Latency { a, b, of: Span::millis(self.random.between(1, 3_000)) },
            2 => Fault::Drop { a, b, next: self.random.between(1, 5) as u32 },
            _ => Fault::Heal { a, b },
        };
        run.disturbed();
        run.act(format!("{fault:?}"), Act::Fault(fault));
    }

    fn etcd(&mut self, run: &mut Run) {
        let act = match self.random.below(5) {
            0 | 1 => EtcdAct::Snapshot,
            2 => EtcdAct::Restore,
            3 => EtcdAct::Compact,
            _ => EtcdAct::LoseData,
        };
        run.disturbed();
        if matches!(act, EtcdAct::Restore | EtcdAct::LoseData) {
            run.rewound();
        }
        run.act(format!("etcd {act:?}"), Act::Fault(Fault::Etcd(act)));
    }

    /// Everything is put right from outside; the cluster has to do the rest.
    pub(crate) fn mend(&self, run: &mut Run) {
        run.note("all is mended".to_owned());
        let fault = |fault: Fault| Act::Fault(fault);
        run.disturbed();
        for name in ["etcd", "apiserver"].iter().chain(&COMPONENTS) {
            let start = Fault::Component { name: (*name).into(), start: true };
            run.act(format!("mend {name}"), fault(start));
        }
        for name in CLIENTS {
            let heal = Fault::Heal { a: name.into(), b: "apiserver".into() };
            run.act(format!("mend the link of {name}"), fault(heal));
        }
        for image in &self.images {
            let found = Fault::Image { image: image.clone(), fault: ImageFault::Found };
            run.act(format!("mend {image}"), fault(found));
        }
        // A machine that is just rebooting must be up before its kubelet can be started.
        run.pass(Span::secs(25));
        for node in NODES {
            run.act(format!("mend {node}"), fault(Fault::Power { node: node.into(), power: NodePower::On }));
            for command in [NodeCommand::StartKubelet, NodeCommand::StartKubeProxy] {
                run.act(format!("mend {node}"), fault(Fault::OnNode { node: node.into(), command }));
            }
        }
        self.pass_probes(run);
        for app in APPS {
            let target = ObjectRef::new(Kind::Deployment, Key::new("default", app));
            run.act(format!("scale {app} back"), Act::Api(Call::Scale { target, replicas: 4 }));
        }
    }

    /// Probes pass again, for every pod that really runs somewhere or is to run there.
    fn pass_probes(&self, run: &mut Run) {
        let mut there: BTreeSet<(SmolStr, Key)> = BTreeSet::new();
        for node in run.engine.world().nodes() {
            let pods = node.machine().into_iter().flat_map(|machine| machine.pods.keys().cloned());
            there.extend(pods.map(|pod| (node.name.clone(), pod)));
        }
        for pod in run.engine.world().list_as::<Pod>(Some("default")) {
            let name = pod.metadata.name.clone().unwrap_or_default();
            there.extend(pod.node.clone().map(|node| (node, Key::new("default", name))));
        }
        for (node, pod) in there {
            for kind in PROBES {
                let command = NodeCommand::Probe { pod: pod.clone(), kind: kind.into(), fail: false };
                run.act(
                    format!("mend {kind} of {}", pod.name),
                    Act::Fault(Fault::OnNode { node: node.clone(), command }),
                );
            }
        }
    }
}
