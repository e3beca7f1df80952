//! What happens in the kubelet by the clock: probes, and asking the runtime.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::Kubelet;
use super::probes::{self, Change, ProbeKind};
use super::worker::{Stage, Worker};
use crate::client::{Context, Note};
use crate::node::MachineLook;
use crate::object::{Key, Kind, Object, ObjectRef};
use crate::time::VirtualTime;
use crate::trace::{Cause, Data, Parent, text};

impl Kubelet {
    /// When something is due by the clock.
    pub fn next_due(&self) -> Option<VirtualTime> {
        let probe = self.probe_timers.first().map(|(at, ..)| *at);
        let hook = self.hooks.first_key_value().map(|((at, ..), _)| *at);
        let relist = Some(self.relist_at);
        [probe, hook, relist].into_iter().flatten().min().filter(|at| *at != VirtualTime::NEVER)
    }

    /// Whether something happened that it would hear of now.
    pub fn has_news(&self, now: VirtualTime) -> bool {
        self.runtime.has_changed()
            || self.runtime.images.next_due().is_some_and(|due| due <= now)
            || self.next_due().is_some_and(|due| due <= now)
    }

    /// Adds what the kubelet does about each pod to what really runs.
    pub fn annotate(&self, look: &mut MachineLook) {
        for (key, worker) in self.workers.iter() {
            let Some(pod) = look.pods.get_mut(key).filter(|pod| pod.uid == worker.uid) else {
                continue;
            };
            pod.doing = worker.doing();
            pod.probe = worker.open_probe();
            pod.failing_probes = self.runtime.probe_faults.kinds(key).cloned().collect();
            for container in &mut pod.containers {
                let reason = worker.reasons.get(&container.name);
                container.back_off_until = reason.and_then(|reason| reason.until);
            }
            let names = worker.pod.spec.init_containers.iter().flatten().chain(&worker.pod.spec.containers);
            let place = |name: &str| names.clone().position(|container| container.name == name);
            pod.containers.sort_by_key(|container| place(&container.name));
        }
    }

    /// Takes what became of containers and pulls by now.
    pub fn hear(&mut self, cx: &mut Context<'_>) {
        for pulled in self.runtime.images.advance(cx.now) {
            self.pulled(pulled, cx);
        }
        for (uid, cause) in self.runtime.take_changed() {
            let worker = self.worker_of(&uid);
            let stops = worker.is_some_and(|worker| worker.stage == Stage::Stopping);
            let kills = worker.is_some_and(|worker| matches!(worker.stage, Stage::Killing(_)));
            if let Some(worker) = worker.filter(|_| stops || kills) {
                // It is waiting for just that, so it need not ask before it goes on.
                let item = ObjectRef::new(Kind::Pod, worker.key());
                cx.cause = cause;
                cx.wake(item, "a container that was told to end has ended");
            }
            if !stops {
                // What is reported comes from asking, also when nothing takes the place of what was killed.
                self.unseen.insert(uid, cause);
                self.relist_soon(cx.now);
            }
        }
    }

    /// The worker of the pod with this uid.
    pub(super) fn worker_of(&self, uid: &str) -> Option<&Worker> {
        let sandbox = self.runtime.sandbox(uid);
        let named = sandbox.and_then(|sandbox| self.workers.get(&sandbox.key));
        let named = named.filter(|worker| worker.uid == uid);
        named.or_else(|| self.workers.values().find(|worker| worker.uid == uid)).map(|worker| &**worker)
    }

    /// Does what is due by the clock.
    pub fn tick(&mut self, cx: &mut Context<'_>) {
        self.end_hooks(cx);
        if self.relist_at <= cx.now {
            self.relist(cx);
        }
        while let Some((at, key, name, kind)) = self.probe_timers.first().cloned() {
            if at > cx.now {
                break;
            }
            self.probe_timers.pop_first();
            self.probe(at, &key, &name, kind, cx);
        }
    }

    /// The runtime has news: it is asked at the next tick.
    pub(super) fn relist_soon(&mut self, now: VirtualTime) {
        self.relist_at = self.relist_at.min(self.next_tick(now));
    }

    /// Asks the runtime what there is (the PLEG's relist).
    fn relist(&mut self, cx: &mut Context<'_>) {
        self.relist_at = VirtualTime::NEVER;
        for (uid, cause) in std::mem::take(&mut self.unseen) {
            let view = self.runtime.view(&uid);
            let Some(key) = self.worker_of(&uid).map(Worker::key) else { continue };
            let Some(worker) = self.workers.get_mut(&key).filter(|worker| *worker.view != view) else {
                continue;
            };
            if worker.is_busy() || worker.todo.is_some() {
                worker.news = true;
                continue;
            }
            let ended: Vec<SmolStr> = ended(worker, &view);
            worker.view = Arc::new(view);
            worker.fresh = true;
            let why = match ended.as_slice() {
                [] => SmolStr::new_static("the runtime has news of it"),
                names => format_smolstr!("it asked the runtime: container {} has ended", names.join(", ")),
            };
            cx.cause = cause;
            cx.wake(ObjectRef::new(Kind::Pod, worker.key()), why);
        }
    }

    fn probe(&mut self, at: VirtualTime, key: &Key, name: &SmolStr, kind: ProbeKind, cx: &mut Context<'_>) {
        let Some(worker) = self.workers.get(key) else { return };
        let worker = worker.clone();
        let Some((container, _)) = worker.container(name) else { return };
        let Some(probe) = kind.of(container) else { return };
        let Some(state) = worker.probes.get(&(name.clone(), kind)).filter(|state| state.due == at) else {
            return;
        };
        let mut state = state.clone();
        let running = self.runtime.sandbox(&worker.uid).and_then(|sandbox| sandbox.containers.get(name));
        let Some(running) = running.filter(|running| running.is_running()) else { return };
        let started_by = running.cause;
        let has_started = kind == ProbeKind::Startup || worker.has_started(name);
        if !has_started {
            state.due = cx.now + probes::period(probe);
            self.keep(key, name, kind, state);
            return;
        }
        let fault = self.runtime.probe_faults.of(key, kind.name());
        let ip = self.runtime.sandbox(&worker.uid).map(|sandbox| sandbox.ip.clone()).unwrap_or_default();
        let (passed, output) = match fault {
            Some(_) => (false, "HTTP probe failed with statuscode: 503".to_owned()),
            None => probes::ask(&mut self.runtime, &worker.uid, &ip, container, probe, cx.now),
        };
        let change = state.answer(kind, probe, passed, cx.now);
        self.keep(key, name, kind, state);
        let item = ObjectRef::new(Kind::Pod, key.clone());
        let data = Data::Probe {
            container: name.clone(),
            kind: kind.name(),
            passed,
            changed: change == Change::Verdict,
            output: output.trim_end().into(),
        };
        cx.cause = match (change, passed, fault) {
            (Change::None, ..) => {
                cx.out.record(&self.component, Some(item.clone()), [Parent::Known(Cause::NONE)], data)
            }
            (Change::Verdict, false, None) => {
                let words = text::object_words(&item);
                let title = format_smolstr!("container {name} of {words} fails its {} probe", kind.name());
                cx.out.start_story(&self.component, Some(item.clone()), title, [], data)
            }
            (Change::Verdict, _, fault) => {
                cx.out.record(&self.component, Some(item.clone()), [fault.unwrap_or(started_by)], data)
            }
        };
        if !passed {
            let text = format!("{} probe failed: {output}", kind.title());
            let note = Note::warning(Object::Pod(worker.pod.clone()), "Unhealthy", text);
            cx.note(note.at(super::plan::field_path(&worker, name)));
        }
        if change == Change::Verdict {
            self.refreshed(key);
            let verdict = if passed { "passes" } else { "fails" };
            cx.wake(item, format_smolstr!("container {name} {verdict} its {} probe", kind.name()));
        }
    }

    fn keep(&mut self, key: &Key, name: &SmolStr, kind: ProbeKind, state: probes::ProbeState) {
        if state.due != VirtualTime::NEVER {
            self.probe_timers.insert((state.due, key.clone(), name.clone(), kind));
        }
        if let Some(worker) = self.workers.get_mut(key) {
            worker.probes.insert((name.clone(), kind), state);
        }
    }
}

/// The containers that have ended since the runtime was asked last.
fn ended(worker: &Worker, view: &crate::node::runtime::View) -> Vec<SmolStr> {
    let ran = worker.view.running();
    ran.filter(|name| !view.is_running(name)).cloned().collect()
}
