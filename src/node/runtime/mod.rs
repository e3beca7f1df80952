//! The container runtime: what really runs on the machine.
//!
//! The kubelet *asks* for containers; the runtime (containerd, CRI-O) *has* them. It knows nothing of the API
//! server: it pulls images, gives a pod a sandbox with an address, starts processes, sends them signals, and
//! keeps their logs. It goes on when the kubelet stops, and it forgets everything when the power goes.
//!
//! Nobody is told when a container ends. The kubelet asks every second what there is (see
//! [`super::kubelet`]), so an exit is *seen* up to a second after it *happened*; the trace shows both.
//!
//! Left out: cgroups, namespaces, layers, garbage collection of images and dead containers (one exited
//! container per name is remembered).

mod container;
mod images;
mod probe_faults;
mod sandbox;
mod sandboxes;

pub use container::{Container, Exit};
pub use images::{Image, ImageStore, Pulled};
pub use probe_faults::ProbeFaults;
pub use sandbox::{ContainerView, Sandbox, Setup, View, with_tag};

use std::collections::BTreeMap;

use sandboxes::Sandboxes;
use smol_str::{SmolStr, format_smolstr};

use crate::actor::Outbox;
use crate::network::{FIRST_POD, LAST_POD, pod_ip};
use crate::object::{Key, Kind, ObjectRef};
use crate::random::Stream;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, ContainerChange, Data, Parent, text};
use crate::workload::{
    Ask, ContainerFs, ExitReason, Happening, PodFiles, Process, Signal, StartError, Volume,
};

/// How often a process may be advanced within one instant before the rest is left for the next one.
const ADVANCES_PER_INSTANT: usize = 64;

/// The container runtime of one node.
#[derive(Clone, Debug)]
pub struct Runtime {
    component: SmolStr,
    /// The images of the machine.
    pub images: ImageStore,
    sandboxes: Sandboxes,
    /// Whose an address was that nobody has now.
    freed: BTreeMap<SmolStr, SmolStr>,
    range: u32,
    next_address: u32,
    random: Stream,
    /// Pods of which something changed since the kubelet was last told, with what changed.
    changed: BTreeMap<SmolStr, Parent>,
    asked: Vec<Asked>,
    /// Probes that fail whatever the containers do.
    pub probe_faults: ProbeFaults,
}

/// A request to the network from inside a container.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The pod's uid.
    pub uid: SmolStr,
    /// The container.
    pub container: SmolStr,
    /// Which of the containers of this name, one after the other, it is.
    pub id: SmolStr,
    /// What is asked.
    pub ask: Ask,
    /// Why the container runs.
    pub cause: Parent,
}

impl Runtime {
    /// The runtime of a machine on which nothing runs; its pods get addresses from `10.244.RANGE.0/24`.
    pub fn new(node: &str, range: u32, seed: u64) -> Self {
        let component = format_smolstr!("runtime/{node}");
        let random = Stream::new(seed, &component);
        Self {
            component,
            images: ImageStore::default(),
            sandboxes: Sandboxes::default(),
            freed: BTreeMap::new(),
            range,
            next_address: FIRST_POD,
            random,
            changed: BTreeMap::new(),
            asked: Vec::new(),
            probe_faults: ProbeFaults::default(),
        }
    }

    /// All sandboxes, in the order of their uids.
    pub fn sandboxes(&self) -> impl Iterator<Item = &Sandbox> {
        self.sandboxes.iter()
    }

    /// The sandbox of a pod.
    pub fn sandbox(&self, uid: &str) -> Option<&Sandbox> {
        self.sandboxes.get(uid)
    }

    /// The sandbox of the pod of this name that was made last.
    pub fn named(&self, pod: &Key) -> Option<SmolStr> {
        self.sandboxes().filter(|sandbox| sandbox.key == *pod).last().map(|sandbox| sandbox.uid.clone())
    }

    /// The sandbox that has this address.
    pub fn at_address(&self, ip: &str) -> Option<&Sandbox> {
        self.sandboxes().find(|sandbox| sandbox.is_up && sandbox.ip == ip)
    }

    /// The pod that had an address last, if it is gone.
    pub fn was_at(&self, ip: &str) -> Option<&SmolStr> {
        self.freed.get(ip)
    }

    /// What the kubelet gets to know of a pod.
    pub fn view(&self, uid: &str) -> View {
        self.sandbox(uid).map(Sandbox::view).unwrap_or_default()
    }

    /// Makes the sandbox of a pod, with an address and these volumes.
    pub fn add_sandbox(&mut self, uid: SmolStr, key: Key, files: PodFiles) {
        let taken = |host: &u32| {
            let address = self.address(*host);
            self.sandboxes().any(|other| other.ip == address)
        };
        let mut hosts = (self.next_address..=LAST_POD).chain(FIRST_POD..self.next_address);
        let host = hosts.find(|host| !taken(host)).unwrap_or(LAST_POD);
        self.next_address = if host >= LAST_POD { FIRST_POD } else { host + 1 };
        let ip = self.address(host);
        self.sandboxes.insert(Sandbox::new(uid, key, ip, files));
    }

    fn address(&self, host: u32) -> SmolStr {
        pod_ip(self.range, host)
    }

    /// Stops a sandbox; its address is free again.
    pub fn stop_sandbox(&mut self, uid: &str) {
        let freed = self.sandboxes.change(uid, |sandbox| {
            sandbox.is_up = false;
            (std::mem::take(&mut sandbox.ip), sandbox.key.name.clone())
        });
        self.freed.extend(freed);
    }

    /// Removes what is left of a pod.
    pub fn remove(&mut self, uid: &str) {
        self.images.forget(uid);
        self.sandboxes.remove(uid);
        self.changed.remove(uid);
    }

    /// Puts fresh contents into volumes.
    pub fn refresh(&mut self, uid: &str, volumes: BTreeMap<SmolStr, Volume>) {
        self.sandboxes.change(uid, |sandbox| sandbox.files.volumes.extend(volumes));
    }

    /// Creates and starts a container.
    ///
    /// # Errors
    /// Its program cannot be started; the container is there all the same, exited.
    pub fn start(
        &mut self,
        uid: &str,
        mut setup: Setup,
        cause: Parent,
        out: &mut Outbox,
    ) -> Result<Parent, StartError> {
        let Self { sandboxes, random, component, .. } = self;
        let started = sandboxes.change(uid, |sandbox| {
            setup.launch.slow_start = setup.launch.slow_start + sandbox.slow_start;
            let (pod, name) = (reference(sandbox), setup.name.clone());
            sandbox.put(setup, random, out.now, cause)?;
            let started = Data::Container { container: name.clone(), change: ContainerChange::Started };
            let event = out.record(component, Some(pod), [cause], started);
            if let Some(container) = sandbox.containers.get_mut(&name) {
                container.cause = event;
            }
            Ok(event)
        });
        started.unwrap_or_else(|| {
            Err(StartError { message: "sandbox is not running".to_owned(), exit_code: 128 })
        })
    }

    /// Tells a container to end: SIGTERM now, SIGKILL after the grace.
    pub fn stop(&mut self, uid: &str, name: &str, grace: Span, cause: Parent, out: &mut Outbox) {
        let kill_at = out.now + grace;
        let component = self.component.clone();
        self.with_container(uid, name, |pod, container, _| {
            if container.process.is_none() {
                return;
            }
            let first = container.kill_at.is_none();
            container.kill_at = Some(container.kill_at.map_or(kill_at, |at| at.min(kill_at)));
            if first {
                let change = ContainerChange::Signalled("SIGTERM");
                let data = Data::Container { container: name.into(), change };
                container.cause = out.record(&component, Some(pod), [cause], data);
                container.end_explained = true;
                if let Some(process) = &mut container.process {
                    process.signal(Signal::Term, out.now);
                }
            }
        });
    }

    /// Ends a container's process whatever it does (a fault).
    pub fn force_exit(
        &mut self,
        uid: &str,
        name: &str,
        code: i32,
        reason: ExitReason,
        by: Parent,
        now: VirtualTime,
    ) {
        self.with_container(uid, name, |_, container, _| {
            (container.cause, container.end_explained) = (by, true);
            if let Some(process) = &mut container.process {
                process.force_exit(code, reason, now);
            }
        });
    }

    /// A pod's containers take longer to be ready to serve, from the next start on and if they are starting.
    pub fn slow_start(&mut self, uid: &str, by: Span, now: VirtualTime) {
        self.sandboxes.change(uid, |sandbox| {
            sandbox.slow_start = by;
            let containers = sandbox.containers.values_mut();
            containers
                .filter_map(|container| container.process.as_mut())
                .for_each(|process| process.delay_start(by, now));
        });
    }

    /// Runs something with a container's process and the files that it sees.
    pub fn with_process<R>(
        &mut self,
        uid: &str,
        name: &str,
        act: impl FnOnce(&mut Process, &mut ContainerFs<'_>) -> R,
    ) -> Option<R> {
        self.with_container(uid, name, |_, container, files| {
            let process = container.process.as_mut()?;
            Some(act(process, &mut ContainerFs::new(&mut container.files, files)))
        })?
    }

    fn with_container<R>(
        &mut self,
        uid: &str,
        name: &str,
        act: impl FnOnce(ObjectRef, &mut Container, &mut PodFiles) -> R,
    ) -> Option<R> {
        self.sandboxes.change(uid, |sandbox| {
            let pod = reference(sandbox);
            let Sandbox { containers, files, .. } = sandbox;
            containers.get_mut(name).map(|container| act(pod, container, files))
        })?
    }

    /// When something happens by itself next.
    pub fn next_due(&self) -> Option<VirtualTime> {
        self.sandboxes.next_due().into_iter().chain(self.images.next_due()).min()
    }

    /// Lets processes run up to now; records what became of them.
    pub fn advance(&mut self, out: &mut Outbox) {
        let Self { sandboxes, component, asked, changed, .. } = self;
        for uid in sandboxes.due(out.now) {
            sandboxes.change(&uid, |sandbox| {
                let pod = reference(sandbox);
                let Sandbox { containers, files, .. } = sandbox;
                for (name, container) in containers {
                    for happening in advance(container, files, out.now) {
                        match happening {
                            Happening::Log(line) => container.print(out.now, line),
                            Happening::Ask(ask) => asked.push(Asked {
                                uid: uid.clone(),
                                container: name.clone(),
                                id: container.id.clone(),
                                ask,
                                cause: container.cause,
                            }),
                            Happening::Exited { code, reason } => {
                                let event = end(component, &pod, name, container, code, reason, out);
                                changed.insert(uid.clone(), event);
                            }
                        }
                    }
                }
            });
        }
    }

    /// Pods of which something changed since this was last asked.
    pub fn take_changed(&mut self) -> BTreeMap<SmolStr, Parent> {
        std::mem::take(&mut self.changed)
    }

    /// Whether something changed since [`Runtime::take_changed`].
    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// What containers ask of the network.
    pub fn take_asked(&mut self) -> Vec<Asked> {
        std::mem::take(&mut self.asked)
    }

    /// Replaces drafts by the events that they became.
    pub fn numbered(&mut self, events: &[Cause]) {
        self.images.numbered(events);
        self.changed.values_mut().for_each(|cause| cause.settle(events));
        self.probe_faults.settle(events);
        self.asked.iter_mut().for_each(|asked| asked.cause.settle(events));
        self.sandboxes.numbered(events);
    }
}

fn reference(sandbox: &Sandbox) -> ObjectRef {
    ObjectRef::new(Kind::Pod, sandbox.key.clone())
}

/// Lets one process run up to `now`.
fn advance(container: &mut Container, files: &mut PodFiles, now: VirtualTime) -> Vec<Happening> {
    let mut happened = Vec::new();
    if container.kill_at.is_some_and(|at| at <= now)
        && let Some(process) = &mut container.process
    {
        container.kill_at = None;
        process.signal(Signal::Kill, now);
    }
    for _ in 0..ADVANCES_PER_INSTANT {
        let Some(process) = &mut container.process else { break };
        if process.next_due().is_none_or(|due| due > now) {
            break;
        }
        happened.extend(process.advance(now, &mut ContainerFs::new(&mut container.files, files)));
        if matches!(happened.last(), Some(Happening::Exited { .. })) {
            break;
        }
    }
    happened
}

/// Notes the end of a container. An end that nobody asked for starts a story.
fn end(
    component: &SmolStr,
    pod: &ObjectRef,
    name: &SmolStr,
    container: &mut Container,
    code: i32,
    reason: ExitReason,
    out: &mut Outbox,
) -> Parent {
    container.process = None;
    container.kill_at = None;
    container.exit = Some(Exit {
        id: container.id.clone(),
        code,
        reason: reason.as_str(),
        message: None,
        started: container.started,
        finished: out.now,
    });
    let change = ContainerChange::Exited { code, reason: reason.as_str() };
    let data = Data::Container { container: name.clone(), change };
    let explained = container.end_explained || (container.is_to_end && code == 0);
    let event = match explained {
        false => {
            let pod_words = text::object_words(pod);
            let title = match reason {
                ExitReason::OomKilled => format_smolstr!("container {name} of {pod_words} ran out of memory"),
                _ => format_smolstr!("container {name} of {pod_words} exited with code {code}"),
            };
            out.start_story(component, Some(pod.clone()), title, [], data)
        }
        true => out.record(component, Some(pod.clone()), [container.cause], data),
    };
    container.cause = event;
    event
}
