//! A pod worker: what the kubelet remembers of one pod.
//!
//! The kubelet serves each pod by itself, one step at a time: mount volumes, make a sandbox, pull an image,
//! start a container. A *sync* is one round of that. At its beginning the pod's status is made from what the
//! runtime said last (`View`) and reported; so a report always shows the state before what the same sync
//! goes on to do. That is why `kubectl get pods` says `Error` first and `CrashLoopBackOff` ten seconds later.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, PodSpec, PodStatus};
use smol_str::{SmolStr, format_smolstr};

use super::probes::{ProbeKind, ProbeState};
use super::resources::{Requests, requested};
use crate::node::runtime::{Setup, View};
use crate::object::{Key, Pod};
use crate::time::{Span, VirtualTime};

/// What the worker is at.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Stage {
    /// Nothing is under way: the next look begins a sync.
    #[default]
    Idle,
    /// Volumes are mounted, or tried again, at this time.
    Mounting(VirtualTime),
    /// The sandbox is there at this time.
    Preparing(VirtualTime),
    /// The image of this container is being pulled.
    Pulling(SmolStr),
    /// This container was created and runs at this time.
    Starting(SmolStr, VirtualTime),
    /// These containers are being stopped to be replaced.
    Killing(BTreeSet<SmolStr>),
    /// All containers are being stopped.
    Stopping,
    /// Nothing runs any more; cleaned up at this time.
    Stopped(VirtualTime),
    /// Nothing runs and everything is reported.
    Done,
}

/// Why a container could not be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `CrashLoopBackOff`, `ErrImagePull`, `CreateContainerConfigError`, ...
    pub reason: &'static str,
    /// The text beside it.
    pub message: String,
    /// Until when it is kept back, if it is.
    pub until: Option<VirtualTime>,
}

/// What the kubelet remembers of one pod.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The pod's uid. A pod of the same name and another uid is another pod.
    pub uid: SmolStr,
    /// The pod as it was last seen.
    pub pod: Arc<Pod>,
    /// What it requests of the node.
    pub requests: Arc<Requests>,
    /// What it is at.
    pub stage: Stage,
    /// Containers still to be started in this sync; none between syncs.
    pub todo: Option<VecDeque<SmolStr>>,
    /// The container that was created and is about to run.
    pub setup: Option<Setup>,
    /// The grace with which its containers are being stopped.
    pub grace: Option<Span>,
    /// Whether something failed in this sync, so that it is tried again soon.
    pub failed: bool,
    /// Whether something was started in this sync.
    pub started: bool,
    /// Whether the runtime has news that wait for the end of this sync.
    pub news: bool,
    /// The container whose image was just pulled.
    pub pulled: Option<SmolStr>,
    /// What the registry said when the last pull failed.
    pub pull_error: Option<String>,
    /// Whether a volume shows something that has changed since.
    pub stale_volumes: bool,
    /// What the runtime said when it was last asked.
    pub view: Arc<View>,
    /// Whether the pod has a sandbox.
    pub has_sandbox: bool,
    /// Why containers could not be started, as found by the syncs so far.
    pub reasons: BTreeMap<SmolStr, Reason>,
    /// The same as of the beginning of this sync: what is reported.
    pub shown: BTreeMap<SmolStr, Reason>,
    /// How often mounting has failed in a row.
    pub mount_failures: u32,
    /// Probes by container and kind.
    pub probes: BTreeMap<(SmolStr, ProbeKind), ProbeState>,
    /// The revision and status of the last report that was stored.
    pub stored: Option<(u64, Arc<PodStatus>)>,
    /// The report that is on its way.
    pub sending: Option<Arc<PodStatus>>,
    /// Whether there is more to report than what is on its way.
    pub report_again: bool,
    /// Whether the deletion of its object was asked for, or is done.
    pub deleted: bool,
    /// When to try again what failed.
    pub retry_at: Option<VirtualTime>,
    /// Whether something is new, so that what failed is tried again before that.
    pub fresh: bool,
    /// Why the kubelet does not take the pod: reason and message.
    pub rejected: Option<(&'static str, String)>,
    /// Whether it ran longer than its `activeDeadlineSeconds`.
    pub overdue: bool,
    /// Since when the pod is on its way to run here.
    pub since: VirtualTime,
}

impl Worker {
    /// The worker of a pod that was just seen; `view` is what the runtime already has of it.
    pub fn new(pod: Arc<Pod>, view: View, now: VirtualTime) -> Self {
        Self {
            uid: uid_of(&pod),
            requests: Arc::new(requested(&pod.spec)),
            since: pod.status.start_time.as_ref().map_or(now, VirtualTime::from_api),
            pod,
            stage: Stage::Idle,
            todo: None,
            setup: None,
            grace: None,
            failed: false,
            started: false,
            news: false,
            pulled: None,
            pull_error: None,
            stale_volumes: false,
            has_sandbox: view.is_up,
            view: Arc::new(view),
            reasons: BTreeMap::new(),
            shown: BTreeMap::new(),
            mount_failures: 0,
            probes: BTreeMap::new(),
            stored: None,
            sending: None,
            report_again: false,
            deleted: false,
            retry_at: None,
            fresh: true,
            rejected: None,
            overdue: false,
        }
    }

    /// The pod's namespace and name.
    pub fn key(&self) -> Key {
        Key::of(&self.pod.metadata)
    }

    /// The container of this name, and whether it is an init container.
    pub fn container(&self, name: &str) -> Option<(&Container, bool)> {
        find(&self.pod.spec, name)
    }

    /// `pod_namespace(uid)`, as messages about back-off name a pod.
    pub fn full_name(&self) -> SmolStr {
        let Key { namespace, name } = self.key();
        format_smolstr!("{name}_{namespace}({})", self.uid)
    }

    /// Whether a sync is to begin now: nothing is under way, and what failed before need not wait any longer.
    pub fn begins(&self, now: VirtualTime) -> bool {
        let waits = self.retry_at.is_some_and(|at| at > now) && !self.fresh;
        self.stage == Stage::Idle && self.todo.is_none() && !waits
    }

    /// Whether a sync is under way.
    pub fn is_busy(&self) -> bool {
        self.stage != Stage::Idle && self.stage != Stage::Done
    }

    /// Whether the container has passed its startup probe, or has none, and runs.
    pub fn has_started(&self, name: &str) -> bool {
        let probe = self.probes.get(&(SmolStr::from(name), ProbeKind::Startup));
        self.view.is_running(name) && probe.is_none_or(|probe| probe.passed)
    }

    /// The next probe of a container for which its last answer, or the verdict, is not good.
    pub fn open_probe(&self) -> Option<(&'static str, VirtualTime)> {
        let open = self.probes.iter().filter(|(_, state)| {
            state.due != VirtualTime::NEVER && !(state.passed && state.last != Some(false))
        });
        open.map(|((_, kind), state)| (kind.name(), state.due)).min_by_key(|(_, due)| *due)
    }

    /// What it does, in words.
    pub fn doing(&self) -> SmolStr {
        match &self.stage {
            Stage::Idle | Stage::Done => SmolStr::default(),
            Stage::Mounting(_) if self.mount_failures > 0 => "waiting for volumes".into(),
            Stage::Mounting(_) => "mounting volumes".into(),
            Stage::Preparing(_) => "making the pod's sandbox".into(),
            Stage::Pulling(name) => {
                let image = self.container(name).and_then(|(container, _)| container.image.as_deref());
                format_smolstr!("pulling image {}", image.unwrap_or_default())
            }
            Stage::Starting(name, _) => format_smolstr!("starting container {name}"),
            Stage::Killing(names) => {
                let names: Vec<&str> = names.iter().map(SmolStr::as_str).collect();
                format_smolstr!("stopping container {} to start it anew", names.join(", "))
            }
            Stage::Stopping => "stopping all containers".into(),
            Stage::Stopped(_) => "cleaning up".into(),
        }
    }
}

/// The uid of a pod.
pub fn uid_of(pod: &Pod) -> SmolStr {
    pod.metadata.uid.as_deref().unwrap_or("").into()
}

/// The container of this name, and whether it is an init container.
pub fn find<'s>(spec: &'s PodSpec, name: &str) -> Option<(&'s Container, bool)> {
    let inits = spec.init_containers.iter().flatten().map(|container| (container, true));
    let mut all = inits.chain(spec.containers.iter().map(|container| (container, false)));
    all.find(|(container, _)| container.name == name)
}

/// The grace that a pod's containers get to end.
pub fn grace_of(pod: &Pod) -> Span {
    let asked = pod.metadata.deletion_grace_period_seconds;
    Span::api_secs(asked.or(pod.spec.termination_grace_period_seconds).unwrap_or(30))
}
