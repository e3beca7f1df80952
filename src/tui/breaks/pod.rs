//! What can go wrong with a pod.

use smol_str::{SmolStr, format_smolstr};

use super::{BreakEntry, Deed, NOBODY_ANSWERS, Row, entries_of};
use crate::apiserver::{Call, DeleteOptions};
use crate::engine::{Act, Fault, World};
use crate::node::NodeCommand;
use crate::node::kubelet::probes::ProbeKind;
use crate::object::{Key, ObjectRef, Pod, Resource};
use crate::time::Span;
use crate::tui::command::by_key;

/// How much longer a slow start takes.
const SLOW: Span = Span::secs(30);

/// What has to be known of a pod.
pub(super) struct Facts {
    key: Key,
    pub(super) node: Option<SmolStr>,
    /// Whether its node has power.
    powered: bool,
    /// Whether one of its containers runs.
    runs: bool,
    /// Kinds of probes that its containers have.
    probes: Vec<ProbeKind>,
    /// Kinds of probes that fail whatever its containers do.
    failing: Vec<SmolStr>,
    /// Whether its containers take longer to start.
    slow: bool,
    api_server: bool,
}

impl Facts {
    pub(super) fn of(world: &World, object: &ObjectRef) -> Option<Self> {
        let pod = world.object(object).and_then(Pod::of)?;
        let machine = pod.node.as_ref().and_then(|node| world.machine(node));
        let look = machine.as_ref().and_then(|machine| machine.pods.get(&object.key));
        let has = |kind: &ProbeKind| pod.spec.containers.iter().any(|spec| kind.of(spec).is_some());
        Some(Self {
            key: object.key.clone(),
            node: pod.node.clone(),
            powered: machine.is_some(),
            runs: look.is_some_and(|pod| pod.containers.iter().any(|container| container.state == "running")),
            probes: [ProbeKind::Readiness, ProbeKind::Liveness].into_iter().filter(has).collect(),
            failing: look.map(|pod| pod.failing_probes.clone()).unwrap_or_default(),
            slow: look.is_some_and(|pod| pod.slow_start > Span::ZERO),
            api_server: world.api_server_runs(),
        })
    }

    fn fails(&self, kind: ProbeKind) -> bool {
        self.failing.iter().any(|failing| failing == kind.name())
    }

    fn on_node(
        &self,
        title: impl FnOnce(&str) -> SmolStr,
        command: NodeCommand,
    ) -> Result<Deed, &'static str> {
        let node = self.node.clone().ok_or("it is on no node yet")?;
        match self.powered {
            true => Ok(Deed::fault(title(&self.key.name), Fault::OnNode { node, command })),
            false => Err("its node has no power: nothing of it runs"),
        }
    }

    fn on_container(
        &self,
        title: impl FnOnce(&str) -> SmolStr,
        command: NodeCommand,
    ) -> Result<Deed, &'static str> {
        let deed = self.on_node(title, command)?;
        if self.runs { Ok(deed) } else { Err("none of its containers runs now") }
    }

    fn exit(&self, title: impl FnOnce(&str) -> SmolStr, code: i32) -> Result<Deed, &'static str> {
        self.on_container(title, NodeCommand::ExitContainer { pod: self.key.clone(), container: None, code })
    }

    fn probe(&self, kind: ProbeKind, fail: bool) -> Result<Deed, &'static str> {
        if !self.probes.contains(&kind) {
            return Err("no container of it has such a probe: nothing would happen");
        }
        let kind = SmolStr::from(kind.name());
        let verb = if fail { "fail" } else { "pass again" };
        let title = |pod: &str| format_smolstr!("you made the {kind} probe of pod {pod} {verb}");
        self.on_node(title, NodeCommand::Probe { pod: self.key.clone(), kind: kind.clone(), fail })
    }

    fn slow_start(&self, by: Span) -> Result<Deed, &'static str> {
        let title = |pod: &str| match by {
            Span::ZERO => format_smolstr!("pod {pod} starts as quickly as before"),
            by => format_smolstr!("pod {pod} starts {by} slower"),
        };
        self.on_node(title, NodeCommand::SlowStart { pod: self.key.clone(), by })
    }

    fn delete(&self) -> Result<Deed, &'static str> {
        if !self.api_server {
            return Err(NOBODY_ANSWERS);
        }
        let target = ObjectRef::new(Pod::KIND, self.key.clone());
        let call = Call::Delete { target, options: DeleteOptions::default() };
        let title = format_smolstr!("you deleted pod {}", self.key.name);
        Ok(Deed::Input(Box::new(by_key(title, Act::Api(call)))))
    }
}

const ROWS: &[Row<Facts>] = &[
    Row {
        key: 'p',
        name: "delete pod",
        short: "polite",
        follows: "The kubelet asks its containers to end. If something owns the pod, that makes another one at once: with a new name, maybe on another node.",
        real: "kubectl delete pod; nobody asks what for.",
        offered: |_| true,
        deed: Facts::delete,
    },
    Row {
        key: 'c',
        name: "kill container",
        short: "exit 137",
        follows: "The kubelet restarts it on the same node; the pod keeps its name and IP. No controller replaces it: the ReplicaSet still counts it.",
        real: "this is what a crash looks like.",
        offered: |_| true,
        deed: |pod| pod.exit(|name| format_smolstr!("you killed the container of pod {name}"), 137),
    },
    Row {
        key: 'x',
        name: "crash container",
        short: "exit 1",
        follows: "As when a program fails. Do it again while it is new, and the kubelet waits longer each time: CrashLoopBackOff.",
        real: "a bug, a missing setting, a database that is away.",
        offered: |_| true,
        deed: |pod| pod.exit(|name| format_smolstr!("the container of pod {name} crashed"), 1),
    },
    Row {
        key: 'o',
        name: "out of memory",
        short: "OOMKilled",
        follows: "The kernel kills the container; the kubelet restarts it. The reason stands in the pod's status.",
        real: "a leak, or a limit that is too low.",
        offered: |_| true,
        deed: |pod| {
            let command = NodeCommand::OomKill { pod: pod.key.clone(), container: None };
            pod.on_container(|name| format_smolstr!("pod {name} ran out of memory"), command)
        },
    },
    Row {
        key: 'r',
        name: "fail readiness",
        short: "stays up",
        follows: "After some failed probes the pod is not ready: it gets no traffic, but nobody restarts or replaces it.",
        real: "something hangs that the program needs for its answers.",
        offered: |pod| !pod.fails(ProbeKind::Readiness),
        deed: |pod| pod.probe(ProbeKind::Readiness, true),
    },
    Row {
        key: 'r',
        name: "pass readiness",
        short: "as before",
        follows: "The next probe passes: the pod is ready again, and its address goes back into the endpoints.",
        real: "what it waited for is back.",
        offered: |pod| pod.fails(ProbeKind::Readiness),
        deed: |pod| pod.probe(ProbeKind::Readiness, false),
    },
    Row {
        key: 'l',
        name: "fail liveness",
        short: "restarts",
        follows: "After some failed probes the kubelet kills the container and starts it anew, again and again.",
        real: "a deadlock, or a probe that is too strict.",
        offered: |pod| !pod.fails(ProbeKind::Liveness),
        deed: |pod| pod.probe(ProbeKind::Liveness, true),
    },
    Row {
        key: 'l',
        name: "pass liveness",
        short: "as before",
        follows: "The kubelet lets the container run; after some minutes without a failure its back-off is forgotten.",
        real: "the probe was given more time.",
        offered: |pod| pod.fails(ProbeKind::Liveness),
        deed: |pod| pod.probe(ProbeKind::Liveness, false),
    },
    Row {
        key: 's',
        name: "slow start",
        short: "30s, next time",
        follows: "From its next start on the container needs 30 s more before it serves: crash it (x) and see who waits for it. Until it is ready it gets no traffic.",
        real: "a cold cache, or a CPU limit that is too low.",
        offered: |pod| !pod.slow,
        deed: |pod| pod.slow_start(SLOW),
    },
    Row {
        key: 's',
        name: "quick start",
        short: "as before",
        follows: "From its next start on the container serves as soon as it did before.",
        real: "the limit was raised.",
        offered: |pod| pod.slow,
        deed: |pod| pod.slow_start(Span::ZERO),
    },
];

pub(super) fn entries(group: &SmolStr, facts: &Facts) -> Vec<BreakEntry> {
    entries_of(group, ROWS, facts)
}
