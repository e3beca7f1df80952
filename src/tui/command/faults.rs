//! `break ...`: the faults of scripts, under the same names.

use clap::Subcommand;
use smol_str::SmolStr;

use crate::engine::{Act, Way, World};
use crate::script::{FaultStep, PodFault};
use crate::time::Span;
use crate::trace::text::component;

/// What breaks, or is mended.
#[derive(Clone, Debug, Subcommand)]
pub enum BreakCommand {
    /// A container exits; the kubelet starts it again.
    ContainerExit {
        /// A pod's name or a selector.
        pod: String,
        /// The exit code.
        #[arg(default_value_t = 1)]
        code: i32,
    },
    /// The kernel kills a container for its memory.
    OomKill {
        /// A pod's name or a selector.
        pod: String,
    },
    /// A probe fails, or passes again.
    Probe {
        /// A pod's name or a selector.
        pod: String,
        /// Which probe.
        #[arg(value_parser = ["readiness", "liveness", "startup"])]
        kind: String,
        /// What it does.
        #[arg(value_parser = ["fail", "pass"], default_value = "fail")]
        verb: String,
    },
    /// Containers take longer to start.
    SlowStart {
        /// A pod's name or a selector.
        pod: String,
        /// How much longer: 30s.
        by: String,
    },
    /// An image cannot be pulled, or can be again.
    Image {
        /// The image.
        image: String,
        /// Which of both.
        #[arg(value_parser = ["not-found", "found"])]
        verb: String,
    },
    /// A node's power or its kubelet.
    Node {
        /// The node.
        node: String,
        /// What is done.
        #[arg(value_parser = ["power-off", "power-on", "reboot", "stop-kubelet", "start-kubelet"])]
        verb: String,
    },
    /// A component stops or starts: scheduler, apiserver, etcd, controller/replicaset.
    Component {
        /// Which.
        name: String,
        /// What is done.
        #[arg(value_parser = ["stop", "start", "snapshot", "lose-data", "restore", "compact"])]
        verb: String,
    },
    /// Nothing gets through between two components any more.
    Cut {
        /// One end: node-2.
        a: String,
        /// The other end.
        #[arg(default_value = "apiserver")]
        b: String,
    },
    /// A link is whole again.
    Heal {
        /// One end: node-2.
        a: String,
        /// The other end.
        #[arg(default_value = "apiserver")]
        b: String,
    },
    /// Messages on a link take longer.
    Latency {
        /// One end: node-2.
        a: String,
        /// The other end.
        b: String,
        /// How much: 200ms.
        of: String,
    },
    /// Random faults with a budget: so many, each mended before the next; 0 ends it.
    Random {
        /// How many.
        budget: u32,
        /// How long from one to the next: 20s.
        #[arg(default_value = "20s", value_parser = Span::parse)]
        every: Span,
    },
    /// The next messages on a link are lost.
    Drop {
        /// From whom.
        a: String,
        /// To whom.
        b: String,
        /// How many.
        #[arg(default_value_t = 1)]
        next: u32,
    },
}

impl BreakCommand {
    /// What it does, in a few words.
    pub fn words(&self) -> String {
        match self {
            Self::ContainerExit { pod, code } => format!("a container of {pod} exits with {code}"),
            Self::OomKill { pod } => format!("a container of {pod} is killed for its memory"),
            Self::Probe { pod, kind, verb } => format!("the {kind} probe of {pod} will {verb}"),
            Self::SlowStart { pod, by } => format!("{pod} takes {by} longer to start"),
            Self::Image { image, verb } => format!("{image} is {verb}"),
            Self::Node { node, verb } => format!("{verb} {node}"),
            Self::Component { name, verb } => format!("{verb} {}", component(name)),
            Self::Random { budget: 0, .. } => "no more random faults".to_owned(),
            Self::Random { budget, every } => format!("{budget} random faults, one every {every}"),
            Self::Cut { a, b } => format!("cut the link between {} and {}", component(a), component(b)),
            Self::Heal { a, b } => format!("mend the link between {} and {}", component(a), component(b)),
            Self::Latency { a, b, of } => {
                format!("messages between {} and {} take {of} longer", component(a), component(b))
            }
            Self::Drop { a, b, next } => {
                format!("the next {next} messages from {} to {} are lost", component(a), component(b))
            }
        }
    }

    /// What is done to the cluster, each with its title.
    ///
    /// # Errors
    /// What is wrong: nothing matches, or the fault does not apply.
    pub fn acts(&self, world: &World) -> Result<Vec<(SmolStr, Act)>, String> {
        self.step().acts(world)
    }

    fn step(&self) -> FaultStep {
        let none = FaultStep::default();
        let pod = |pod: &String| PodFault { pod: pod.clone(), ..PodFault::default() };
        let link = |a: &String, b: &String| Some([a.clone(), b.clone()]);
        match self {
            Self::ContainerExit { pod: of, code } => {
                FaultStep { container_exit: Some(PodFault { code: Some(*code), ..pod(of) }), ..none }
            }
            Self::OomKill { pod: of } => FaultStep { oom_kill: Some(pod(of)), ..none },
            Self::Probe { pod: of, kind, verb } => FaultStep {
                probe: Some(PodFault { kind: Some(kind.clone()), ..pod(of) }),
                verb: Some(verb.clone()),
                ..none
            },
            Self::SlowStart { pod: of, by } => {
                FaultStep { slow_start: Some(PodFault { by: Some(by.clone()), ..pod(of) }), ..none }
            }
            Self::Image { image, verb } => {
                FaultStep { image: Some(image.clone()), verb: Some(verb.clone()), ..none }
            }
            Self::Node { node, verb } => {
                FaultStep { node: Some(node.clone()), verb: Some(verb.clone()), ..none }
            }
            Self::Component { name, verb } => {
                FaultStep { component: Some(name.clone()), verb: Some(verb.clone()), ..none }
            }
            // It is no step of its own: it is asked for steps as time goes on.
            Self::Random { .. } => none,
            Self::Cut { a, b } => FaultStep { cut: link(a, b), way: Some(Way::Both), ..none },
            Self::Heal { a, b } => FaultStep { heal: link(a, b), ..none },
            Self::Latency { a, b, of } => FaultStep { latency: link(a, b), of: Some(of.clone()), ..none },
            Self::Drop { a, b, next } => FaultStep { drop: link(a, b), next: Some(*next), ..none },
        }
    }
}
