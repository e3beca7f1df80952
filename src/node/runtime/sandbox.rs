//! A pod on the machine: its sandbox, with what its containers share.

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use super::container::{Container, Exit};
use crate::node::PodLook;
use crate::object::Key;
use crate::time::{Span, VirtualTime};
use crate::trace::Parent;
use crate::workload::{ContainerFiles, ContainerFs, Launch, Mount, PodFiles, Process};

/// The scheme of container ids in the recorded clusters.
const RUNTIME_NAME: &str = "fakeRuntime";

/// The sandbox of a pod: an address and volumes, which its containers share, and the containers.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// The pod's uid.
    pub uid: SmolStr,
    /// The pod.
    pub key: Key,
    /// Its address; empty once the sandbox was stopped.
    pub ip: SmolStr,
    /// Its volumes.
    pub files: PodFiles,
    /// Its containers by name.
    pub containers: BTreeMap<SmolStr, Container>,
    /// How much longer its containers take to be ready to serve (a fault).
    pub slow_start: Span,
    /// Whether the sandbox runs. A stopped one keeps its exited containers for the kubelet's last look.
    pub is_up: bool,
}

/// What the runtime is told to start.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The container's name.
    pub name: SmolStr,
    /// The image as the pod names it.
    pub image: SmolStr,
    /// The program, its environment and limits.
    pub launch: Launch,
    /// Where it sees which volume.
    pub mounts: Vec<Mount>,
    /// How often it was started before.
    pub restarts: i32,
    /// Whether it is to end by itself with exit code 0 (an init container).
    pub is_to_end: bool,
}

/// What the kubelet gets to know of a container when it asks.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerView {
    /// Its id.
    pub id: SmolStr,
    /// The image with its tag.
    pub image_name: SmolStr,
    /// How often it was started before.
    pub restarts: i32,
    /// When it was started.
    pub started: VirtualTime,
    /// How it ended, if it did.
    pub exit: Option<Exit>,
    /// How the one before it ended.
    pub previous: Option<Exit>,
}

/// What the kubelet gets to know of a pod when it asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Whether its sandbox runs.
    pub is_up: bool,
    /// Its address; empty without a sandbox.
    pub ip: SmolStr,
    /// Its containers.
    pub containers: BTreeMap<SmolStr, ContainerView>,
}

impl View {
    /// Whether the container of this name runs.
    pub fn is_running(&self, name: &str) -> bool {
        self.containers.get(name).is_some_and(|container| container.exit.is_none())
    }

    /// How the container of this name ended, if it did.
    pub fn exit(&self, name: &str) -> Option<&Exit> {
        self.containers.get(name)?.exit.as_ref()
    }

    /// The names of the containers that run.
    pub fn running(&self) -> impl Iterator<Item = &SmolStr> {
        self.containers.iter().filter(|(_, container)| container.exit.is_none()).map(|(name, _)| name)
    }
}

impl Sandbox {
    /// A running sandbox without containers.
    pub fn new(uid: SmolStr, key: Key, ip: SmolStr, files: PodFiles) -> Self {
        Self { uid, key, ip, files, containers: BTreeMap::new(), slow_start: Span::ZERO, is_up: true }
    }

    /// Puts a container in, with a process or with the error that starting it gave.
    pub(super) fn put(
        &mut self,
        setup: Setup,
        random: &mut crate::random::Stream,
        now: VirtualTime,
        cause: Parent,
    ) -> Result<(), crate::workload::StartError> {
        let old = self.containers.remove(&setup.name);
        let attempt = old.as_ref().map_or(0, |old| attempt_of(&old.id) + 1);
        let id = format_smolstr!(
            "{RUNTIME_NAME}://{}_{}_{}_0_{}_{attempt}",
            self.key.name,
            self.key.namespace,
            self.uid,
            setup.name
        );
        let (previous, previous_log) = old.map(|old| (old.exit, old.log)).unwrap_or_default();
        let env = setup.launch.env.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let mut files = ContainerFiles::new(self.pinned(&setup.name, setup.mounts));
        let mut view = ContainerFs::new(&mut files, &mut self.files);
        let started = Process::start(setup.launch, &mut view, now, random);
        let exit = started.as_ref().err().map(|error| Exit {
            id: id.clone(),
            code: error.exit_code,
            reason: "StartError",
            message: Some(error.message.clone()),
            started: VirtualTime::ZERO,
            finished: now,
        });
        let (process, outcome) = match started {
            Ok(process) => (Some(process), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let container = Container {
            id,
            image_name: with_tag(&setup.image),
            image: setup.image,
            restarts: setup.restarts,
            started: now,
            process,
            files,
            exit,
            previous,
            env: std::sync::Arc::new(env),
            log: crate::node::Log::new(),
            previous_log,
            cause,
            end_explained: false,
            is_to_end: setup.is_to_end,
            kill_at: None,
        };
        self.containers.insert(setup.name, container);
        outcome
    }

    /// The mounts of a container that is being made. A part of a volume (`subPath`) is bound once: the container goes on
    /// seeing the files of now when those of a ConfigMap or Secret change.
    fn pinned(&mut self, container: &str, mut mounts: Vec<Mount>) -> Vec<Mount> {
        for mount in mounts.iter_mut().filter(|mount| !mount.sub_path.is_empty()) {
            let volume = self.files.volumes.get(&mount.volume).filter(|volume| volume.read_only);
            let Some(volume) = volume.cloned() else { continue };
            mount.volume = format_smolstr!("{} as {container} has it", mount.volume);
            self.files.volumes.insert(mount.volume.clone(), volume);
        }
        mounts
    }

    /// When something happens in it by itself.
    pub fn next_due(&self) -> Option<VirtualTime> {
        self.containers.values().filter_map(Container::next_due).min()
    }

    /// What the kubelet gets to know.
    pub fn view(&self) -> View {
        let containers = self.containers.iter().map(|(name, container)| {
            let view = ContainerView {
                id: container.id.clone(),
                image_name: container.image_name.clone(),
                restarts: container.restarts,
                started: container.started,
                exit: container.exit.clone(),
                previous: container.previous.clone(),
            };
            (name.clone(), view)
        });
        View { is_up: self.is_up, ip: self.ip.clone(), containers: containers.collect() }
    }

    /// What can be seen of it.
    pub fn look(&self, now: VirtualTime) -> PodLook {
        PodLook {
            uid: self.uid.clone(),
            ip: self.ip.clone(),
            containers: self.containers.iter().map(|(name, container)| container.look(name, now)).collect(),
            doing: SmolStr::default(),
            probe: None,
            failing_probes: Vec::new(),
            slow_start: self.slow_start,
        }
    }
}

/// The attempt's number, with which an id ends.
fn attempt_of(id: &str) -> u32 {
    id.rsplit('_').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// An image with its tag, as statuses show it: `nginx` is `nginx:latest`.
pub fn with_tag(image: &str) -> SmolStr {
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.contains([':', '@']) {
        true => image.into(),
        false => format_smolstr!("{image}:latest"),
    }
}
