//! One worker node: machine, kubelet, container runtime, kube-proxy.
//!
//! A node is where things really run. The control plane only writes wishes; the [`kubelet`] reads them and has
//! the container runtime fulfil them, and `kube_proxy` makes Services reachable. Everything here dies with
//! the power, nothing else dies with the kubelet.
//!
//! [`Node`] is the actor; [`NodeCommand`]s are what can happen to it; [`MachineLook`] is what really runs.

mod actor;
mod command;
mod config;
pub mod kube_proxy;
pub mod kubelet;
mod node_notes;
mod node_status;
mod requests;
mod runtime;
mod traffic;

pub use actor::Node;
pub use config::{NodeConfig, Timings};

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::object::Key;
use crate::time::{Span, VirtualTime};

/// Pods that a node takes at most (`--max-pods`).
const MAX_PODS: u32 = 110;

/// Something that happens to a node's machine or to what runs on it: faults, all of them inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum NodeCommand {
    /// The process of a container exits with this code.
    ExitContainer {
        /// The pod.
        pod: Key,
        /// The container; the first one if none.
        container: Option<SmolStr>,
        /// The exit code.
        code: i32,
    },
    /// A container is killed for using more memory than its limit (exit code 137, OOMKilled).
    OomKill {
        /// The pod.
        pod: Key,
        /// The container; the first one if none.
        container: Option<SmolStr>,
    },
    /// A probe of the pod's containers fails (or passes again) whatever the container does.
    Probe {
        /// The pod.
        pod: Key,
        /// `readiness`, `liveness` or `startup`.
        kind: SmolStr,
        /// Whether it fails.
        fail: bool,
    },
    /// The pod's containers take this much longer to be ready to serve from their next start (and now, if
    /// they are still starting).
    SlowStart {
        /// The pod.
        pod: Key,
        /// How much longer.
        by: Span,
    },
    /// An image cannot be pulled, or can be again, or takes longer to start up.
    Image {
        /// The image.
        image: SmolStr,
        /// What is changed about it.
        fault: ImageFault,
    },
    /// The kubelet stops; containers go on.
    StopKubelet,
    /// The kubelet starts again.
    StartKubelet,
    /// kube-proxy stops; its routes stay as they are.
    StopKubeProxy,
    /// kube-proxy starts again.
    StartKubeProxy,
}

/// What is changed about an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ImageFault {
    /// Pulling it fails.
    NotFound,
    /// Pulling it works.
    Found,
    /// Its containers take this much longer to be ready to serve.
    Slow(Span),
}

/// How a kubelet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KubeletState {
    /// It does not run.
    Stopped,
    /// It runs, and not all of its watches are open.
    Deaf,
    /// It hears of changes.
    Hears,
}

/// What really runs on a node: the truth that nobody in the control plane sees.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineLook {
    /// The node's name.
    pub node: SmolStr,
    /// Whether the kubelet runs.
    pub kubelet: bool,
    /// Whether kube-proxy runs.
    pub kube_proxy: bool,
    /// The pods that have containers here.
    pub pods: BTreeMap<Key, PodLook>,
    /// Images in the node's store.
    pub images: Vec<SmolStr>,
    /// When the lease was last renewed.
    pub lease_renewed: VirtualTime,
    /// Whether its kubelet does something about a pod that takes time.
    pub is_busy: bool,
}

/// What really runs of a pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodLook {
    /// The pod's uid.
    pub uid: SmolStr,
    /// Its address, while it has a sandbox.
    pub ip: SmolStr,
    /// Its containers, init containers first.
    pub containers: Vec<ContainerLook>,
    /// What the kubelet does about it, in words: `pulling image nginx:1.27`.
    pub doing: SmolStr,
    /// The next probe that may change something: its kind, and when it runs. None while all have passed.
    pub probe: Option<(&'static str, VirtualTime)>,
    /// The kinds of its probes that fail whatever its containers do (faults).
    pub failing_probes: Vec<SmolStr>,
    /// How much longer its containers take to start (a fault).
    pub slow_start: Span,
}

/// What a container printed, with the time of each line; a clone shares it.
pub type Log = imbl::Vector<(VirtualTime, SmolStr)>;

/// What really runs of a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerLook {
    /// Its name.
    pub name: SmolStr,
    /// Its image.
    pub image: SmolStr,
    /// `waiting`, `running` or `exited`.
    pub state: SmolStr,
    /// The exit code of the last exit.
    pub exit_code: Option<i32>,
    /// How often it was restarted.
    pub restarts: i32,
    /// Since when it is in this state.
    pub since: VirtualTime,
    /// Until when it is kept back after failures.
    pub back_off_until: Option<VirtualTime>,
    /// Memory used, in bytes.
    pub memory_bytes: u64,
    /// CPU used, in thousandths of a core.
    pub cpu_milli: u64,
    /// What the running container printed.
    pub log: Log,
    /// What the one before it printed.
    pub previous_log: Log,
    /// The environment it was started with.
    pub env: Arc<BTreeMap<SmolStr, SmolStr>>,
}

#[cfg(test)]
mod tests;
