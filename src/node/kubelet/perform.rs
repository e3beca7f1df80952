//! What the kubelet does on its machine: the steps of a sync.

use std::collections::VecDeque;

use smol_str::SmolStr;

use super::env::{self, Sources};
use super::images::{Refusal, Supply};
use super::plan::{Actions, field_path};
use super::worker::{Stage, Worker};
use super::{Kubelet, Op, volumes};
use crate::client::{Context, Note};
use crate::node::runtime::Setup;
use crate::object::{Kind, Object, ObjectRef, is_sidecar, is_terminating, quantity};
use crate::time::{Span, VirtualTime};
use crate::trace::{ContainerChange, Data};
use crate::workload::{Launch, PodFiles};

impl Kubelet {
    /// Does one operation for a pod.
    pub(super) fn operate(&mut self, item: &ObjectRef, op: Op, cx: &mut Context<'_>) {
        let Some(mut worker) = self.workers.remove(&item.key) else { return };
        let keep = self.apply(std::sync::Arc::make_mut(&mut worker), op, cx);
        if keep {
            self.workers.insert(item.key.clone(), worker);
        } else {
            self.back_off.forget(&worker.uid);
            self.pull_back_off.forget(&worker.uid);
            cx.wake(item.clone(), "the pod of this name before it is gone");
        }
    }

    fn apply(&mut self, worker: &mut Worker, op: Op, cx: &mut Context<'_>) -> bool {
        match op {
            Op::Sync(actions, retry_at) => self.begin_sync(worker, actions, retry_at, cx),
            Op::Mount => self.mount(worker, cx),
            Op::AddSandbox => self.add_sandbox(worker, cx),
            Op::Run => self.run(worker, cx),
            Op::Continue => {
                worker.stage = Stage::Idle;
                self.step(worker, cx);
            }
            Op::Refresh => self.refresh(worker, cx),
            Op::Stop => self.stop_pod(worker, cx),
            Op::CleanUp => self.clean_up(worker, cx),
            Op::Finish => {
                worker.stage = Stage::Done;
                worker.has_sandbox = false;
                cx.wake(reference(worker), "report how it ended");
            }
            Op::Forget => {
                self.runtime.remove(&worker.uid);
                return false;
            }
        }
        true
    }

    fn begin_sync(
        &mut self,
        worker: &mut Worker,
        actions: Actions,
        retry_at: VirtualTime,
        cx: &mut Context<'_>,
    ) {
        (worker.failed, worker.started) = (!actions.hold.is_empty(), false);
        worker.retry_at = worker.failed.then_some(retry_at);
        for (name, reason) in actions.hold {
            let data = ContainerChange::BackOff(reason.until.map_or(Span::ZERO, |until| until.since(cx.now)));
            let data = Data::Container { container: name.clone(), change: data };
            cx.out.record(&self.component, Some(reference(worker)), [cx.cause], data);
            worker.reasons.insert(name, reason);
        }
        for (name, text) in &actions.kill {
            let own = worker.container(name).map(|(container, _)| super::kill_grace(worker, container));
            let grace = own.unwrap_or_else(|| super::worker::grace_of(&worker.pod));
            self.stop_container(worker, name, text, grace, cx);
        }
        if actions.start.is_empty() && actions.kill.is_empty() {
            return;
        }
        worker.todo = Some(actions.start.into());
        match actions.kill.is_empty() {
            true => self.step(worker, cx),
            false => worker.stage = Stage::Killing(actions.kill.into_iter().map(|(name, _)| name).collect()),
        }
    }

    /// Goes on with the containers that are to be started, as far as that goes without waiting.
    fn step(&mut self, worker: &mut Worker, cx: &mut Context<'_>) {
        if !worker.has_sandbox {
            worker.stage = Stage::Mounting(cx.now + self.config.timings.mount);
            self.wake_after(worker, self.config.timings.mount, "mount its volumes", cx);
            return;
        }
        while let Some(name) = worker.todo.as_mut().and_then(VecDeque::pop_front) {
            match self.prepare(worker, &name, cx) {
                Ok(true) => return,
                Ok(false) => {}
                Err(refusal) => self.refused(worker, &name, refusal, cx),
            }
        }
        self.end_sync(worker, cx);
    }

    /// Gets a container ready to run; true if that is under way.
    fn prepare(
        &mut self,
        worker: &mut Worker,
        name: &SmolStr,
        cx: &mut Context<'_>,
    ) -> Result<bool, Refusal> {
        let Some((container, init)) = worker.container(name) else { return Ok(false) };
        let (container, pod) = (container.clone(), worker.pod.clone());
        if worker.pulled.as_ref() != Some(name) {
            self.keep_back(worker, name, cx)?;
        }
        let image_name = SmolStr::from(container.image.as_deref().unwrap_or(""));
        let image = match self.supply(worker, &container, cx)? {
            Supply::There(image) => image,
            Supply::Pull => {
                let data = Data::Container { container: name.clone(), change: ContainerChange::Pulling };
                let event = cx.out.record(&self.component, Some(reference(worker)), [cx.cause], data);
                self.runtime.images.pull(worker.uid.clone(), name.clone(), image_name, cx.now, event);
                worker.stage = Stage::Pulling(name.clone());
                return Ok(true);
            }
        };
        let (pod_ip, host_ip) = (self.pod_ip(worker), self.config.address());
        let sources =
            Sources { cache: cx.cache, pod_ip: &pod_ip, host_ip: &host_ip, capacity: &self.capacity };
        let env = env::of(&pod, &container, &sources)
            .map_err(|message| Refusal::new("CreateContainerConfigError", message))?;
        let expand = |list: &Option<Vec<String>>| {
            list.as_ref().map(|list| list.iter().map(|text| env::expand(text, &env)).collect())
        };
        let limits = container.resources.as_ref().and_then(|resources| resources.limits.as_ref());
        let limit = quantity::units_of(limits, "memory");
        let hostname = pod.spec.hostname.as_deref().or(pod.metadata.name.as_deref()).unwrap_or("");
        let launch = Launch {
            image: image.spec,
            command: expand(&container.command),
            args: expand(&container.args),
            working_dir: container.working_dir.clone(),
            ports: container.ports.iter().flatten().map(|port| port.container_port).collect(),
            slow_start: image.slow_start,
            memory_limit: u64::try_from(limit).ok().filter(|limit| *limit > 0),
            hostname: hostname.into(),
            ip: pod_ip.clone(),
            namespace: pod.metadata.namespace.as_deref().unwrap_or("default").into(),
            env: env.clone(),
        };
        let restarts = restarts(worker, name);
        let mounts = volumes::mounts(&container, &env);
        let is_to_end = init && !is_sidecar(&container);
        worker.setup =
            Some(Setup { name: name.clone(), image: image_name, launch, mounts, restarts, is_to_end });
        let data = Data::Container { container: name.clone(), change: ContainerChange::Created };
        cx.out.record(&self.component, Some(reference(worker)), [cx.cause], data);
        self.note(worker, name, "Normal", "Created", "Container created", cx);
        let takes = self.config.timings.start;
        worker.stage = Stage::Starting(name.clone(), cx.now + takes);
        self.wake_after(worker, takes, "the container was created", cx);
        Ok(true)
    }

    /// The back-off of a container that ended before; those that ended by themselves were looked at when the
    /// sync began, so this is for those that were stopped by it.
    fn keep_back(&mut self, worker: &Worker, name: &SmolStr, cx: &Context<'_>) -> Result<(), Refusal> {
        let Some(view) = worker.view.containers.get(name) else { return Ok(()) };
        let Some(exit) = view.exit.as_ref().or(view.previous.as_ref()) else { return Ok(()) };
        if let Some((_, reason)) = self.hold(worker, name, exit.finished, cx.now) {
            let text = format!("Back-off restarting failed container {name} in pod {}", worker.full_name());
            return Err(Refusal {
                reason: reason.reason,
                message: reason.message,
                notes: vec![("Warning", "BackOff", text)],
            });
        }
        self.back_off.next((worker.uid.clone(), name.clone()), exit.finished, cx.now);
        Ok(())
    }

    fn mount(&mut self, worker: &mut Worker, cx: &mut Context<'_>) {
        let (pod, host_ip) = (worker.pod.clone(), self.config.address());
        let sources = Sources { cache: cx.cache, pod_ip: "", host_ip: &host_ip, capacity: &self.capacity };
        match volumes::of(&pod, &sources) {
            Ok(_) => {
                worker.mount_failures = 0;
                let wait = self.config.timings.sandbox;
                worker.stage = Stage::Preparing(cx.now + wait);
                self.wake_after(worker, wait, "its volumes are there", cx);
            }
            Err(failure) => {
                worker.mount_failures += 1;
                mount_failed(worker, failure, cx);
                let wait = volumes::retry_after(worker.mount_failures);
                worker.stage = Stage::Mounting(cx.now + wait);
                self.wake_after(worker, wait, "try to mount its volumes again", cx);
            }
        }
    }

    fn add_sandbox(&mut self, worker: &mut Worker, cx: &mut Context<'_>) {
        let host_ip = self.config.address();
        let sources = Sources { cache: cx.cache, pod_ip: "", host_ip: &host_ip, capacity: &self.capacity };
        let files = PodFiles { volumes: volumes::of(&worker.pod, &sources).unwrap_or_default() };
        self.runtime.add_sandbox(worker.uid.clone(), worker.key(), files);
        worker.has_sandbox = true;
        self.unseen.insert(worker.uid.clone(), cx.cause);
        self.relist_soon(cx.now);
        cx.wake(reference(worker), "its sandbox is there");
        worker.stage = Stage::Idle;
        self.step(worker, cx);
    }

    /// Makes the volumes that show API objects anew, so that mounted files follow edits. One that cannot be made keeps
    /// the files that it has.
    pub(super) fn refresh(&mut self, worker: &mut Worker, cx: &mut Context<'_>) {
        worker.stale_volumes = false;
        let (ip, host_ip) = (self.pod_ip(worker), self.config.address());
        let sources = Sources { cache: cx.cache, pod_ip: &ip, host_ip: &host_ip, capacity: &self.capacity };
        let (fresh, failed) = volumes::shown(&worker.pod, &sources);
        self.runtime.refresh(&worker.uid, fresh);
        for failure in failed {
            mount_failed(worker, failure, cx);
        }
    }

    /// The created container runs.
    fn run(&mut self, worker: &mut Worker, cx: &mut Context<'_>) {
        worker.stage = Stage::Idle;
        let Some(setup) = worker.setup.take() else { return self.step(worker, cx) };
        let name = setup.name.clone();
        match self.runtime.start(&worker.uid, setup, cx.cause, cx.out) {
            Ok(event) => {
                cx.cause = event;
                worker.started = true;
                worker.reasons.remove(&name);
                self.note(worker, &name, "Normal", "Started", "Container started", cx);
                self.post_start(worker, &name, cx);
            }
            Err(error) => {
                self.unseen.insert(worker.uid.clone(), cx.cause);
                self.relist_soon(cx.now);
                self.refused(worker, &name, Refusal::new("RunContainerError", error.message), cx);
            }
        }
        self.step(worker, cx);
    }

    fn post_start(&mut self, worker: &mut Worker, name: &SmolStr, cx: &mut Context<'_>) {
        let Some((container, _)) = worker.container(name) else { return };
        let container = container.clone();
        let hook = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.post_start.clone());
        let Some(hook) = hook else { return };
        if self.run_hook(worker, &container, &hook, cx.now).is_err() {
            self.note(worker, name, "Warning", "FailedPostStartHook", "PostStartHook failed", cx);
            let grace = super::worker::grace_of(&worker.pod);
            self.stop_container(worker, name, "FailedPostStartHook", grace, cx);
        }
    }

    fn end_sync(&mut self, worker: &mut Worker, cx: &mut Context<'_>) {
        (worker.stage, worker.todo) = (Stage::Idle, None);
        if worker.started || std::mem::take(&mut worker.news) {
            worker.view = std::sync::Arc::new(self.runtime.view(&worker.uid));
            worker.fresh = true;
            cx.wake(reference(worker), "containers were started");
        } else if worker.failed {
            let at = self.next_retry(cx.now);
            worker.retry_at = Some(at);
            self.wake_after(worker, at.since(cx.now), "try again what failed", cx);
        }
    }

    fn clean_up(&mut self, worker: &mut Worker, cx: &mut Context<'_>) {
        let ip = worker.view.ip.clone();
        self.runtime.stop_sandbox(&worker.uid);
        let mut view = self.runtime.view(&worker.uid);
        // The address stays in the status of a pod that has ended.
        view.ip = ip;
        worker.view = std::sync::Arc::new(view);
        let at = self.next_tick(cx.now);
        worker.stage = Stage::Stopped(at);
        if is_terminating(&worker.pod.metadata) {
            worker.has_sandbox = false;
        }
        cx.wake(reference(worker), "all its containers have ended");
    }

    fn pod_ip(&self, worker: &Worker) -> SmolStr {
        self.runtime.sandbox(&worker.uid).map(|sandbox| sandbox.ip.clone()).unwrap_or_default()
    }

    fn wake_after(&self, worker: &Worker, wait: Span, why: &'static str, cx: &mut Context<'_>) {
        cx.wake_after(reference(worker), wait, why);
    }

    /// Records a Kubernetes Event about a container.
    pub(super) fn note(
        &self,
        worker: &Worker,
        name: &str,
        kind: &'static str,
        reason: &str,
        text: &str,
        cx: &mut Context<'_>,
    ) {
        let note = Note { kind, ..Note::normal(Object::Pod(worker.pod.clone()), reason, text) };
        cx.note(note.at(field_path(worker, name)));
    }
}

fn mount_failed(worker: &Worker, (volume, error): (String, String), cx: &mut Context<'_>) {
    let text = format!("MountVolume.SetUp failed for volume \"{volume}\" : {error}");
    cx.note(Note::warning(Object::Pod(worker.pod.clone()), "FailedMount", text));
}

/// How often the container was started before: what the runtime or, after a loss of power, the API knows.
fn restarts(worker: &Worker, name: &str) -> i32 {
    if let Some(view) = worker.view.containers.get(name) {
        return view.restarts + 1;
    }
    let status = match &worker.stored {
        Some((_, status)) => status,
        None => &worker.pod.status,
    };
    let all =
        status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten());
    all.filter(|status| status.name == name).map(|status| status.restart_count).next().unwrap_or(0)
}

/// The pod as the item of the loop.
pub(super) fn reference(worker: &Worker) -> ObjectRef {
    ObjectRef::new(Kind::Pod, worker.key())
}
