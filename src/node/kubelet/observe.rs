//! What the kubelet gathers about a pod before it compares.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{PodSpec, PodStatus};
use smol_str::{SmolStr, format_smolstr};

use super::probes::{ProbeKind, ProbeState};
use super::worker::{Reason, Stage, Worker, grace_of, uid_of};
use super::{Kubelet, admission, plan, status};
use crate::apiserver::{Call, Sub};
use crate::client::{Cache, Write};
use crate::object::{Key, Object, ObjectMeta, ObjectRef, Pod, Resource, revision};
use crate::time::{Span, VirtualTime};

/// What the kubelet has seen of a pod.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What it remembers of the pod, with what the runtime said last.
    pub worker: Arc<Worker>,
    /// The pod for events.
    pub object: Object,
    /// Whether the API has no such pod any more.
    pub gone: bool,
    /// Containers that are kept back after failures.
    pub holds: Vec<(SmolStr, Reason)>,
    /// Containers that it knows to run, as of now.
    pub running: BTreeSet<SmolStr>,
    /// Whether its deletion was asked for again with a shorter grace.
    pub grace_shortened: bool,
    /// Whether a sync begins.
    pub begins: bool,
    /// When its time is over, if it has a limit.
    pub deadline: Option<VirtualTime>,
    /// When to try again if something fails now.
    pub retry_at: VirtualTime,
    /// The report to be sent, if what was reported last is not true any more.
    pub report: Option<Write>,
}

impl Kubelet {
    /// Gathers what is known of a pod. A pod that is seen for the first time gets a worker.
    pub(super) fn gather(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        let key = &item.key;
        let pod = cache.get_as::<Pod>(key);
        if !self.workers.contains_key(key) {
            let worker = self.new_worker(key, pod, now)?;
            self.workers.insert(key.clone(), Arc::new(worker));
        }
        let retry_at = self.next_retry(now);
        let mut worker = self.workers.remove(key)?;
        let pod = pod.filter(|pod| uid_of(pod) == worker.uid);
        let gone = pod.is_none();
        let host_ip = self.config.address();
        {
            let worker = Arc::make_mut(&mut worker);
            if let Some(pod) = pod {
                worker.pod = pod.clone();
            }
            worker.overdue |= self.deadline(worker).is_some_and(|at| at <= now);
            self.follow_probes(key, worker, now);
        }
        let begins = worker.begins(now);
        if begins {
            let worker = Arc::make_mut(&mut worker);
            worker.shown.clone_from(&worker.reasons);
            (worker.fresh, worker.retry_at) = (false, None);
        }
        let report = if gone { None } else { report(&mut worker, &host_ip, now) };
        self.workers.insert(key.clone(), worker.clone());
        let sandbox = self.runtime.sandbox(&worker.uid);
        let running = sandbox.into_iter().flat_map(|sandbox| sandbox.containers.iter());
        let running = running.filter(|(_, container)| container.is_running()).map(|(name, _)| name.clone());
        Some(Seen {
            object: Object::Pod(worker.pod.clone()),
            gone,
            holds: self.holds(&worker, now),
            running: running.collect(),
            grace_shortened: worker.grace.is_some_and(|grace| grace_of(&worker.pod) < grace),
            deadline: self.deadline(&worker),
            retry_at,
            begins,
            report,
            worker,
        })
    }

    /// The worker for a pod that has none: one that was just bound, or one that the runtime has from before.
    fn new_worker(&self, key: &Key, pod: Option<&Arc<Pod>>, now: VirtualTime) -> Option<Worker> {
        let there = self.runtime.named(key);
        match pod {
            Some(pod) if there.as_ref().is_none_or(|uid| *uid == uid_of(pod)) => {
                let view = self.runtime.view(&uid_of(pod));
                let fresh = !view.is_up && pod.status.start_time.is_none();
                let mut worker = Worker::new(pod.clone(), view, now);
                if fresh && !pod.is_finished() {
                    worker.rejected = self.refuse(key, &pod.spec);
                }
                if (pod.is_finished() && !worker.has_sandbox) || worker.rejected.is_some() {
                    worker.stage = Stage::Done;
                }
                Some(worker)
            }
            _ => {
                // Containers of a pod that the API does not know (any more): they have to go.
                let uid = there?;
                let metadata = ObjectMeta {
                    name: Some(key.name.to_string()),
                    namespace: Some(key.namespace.to_string()),
                    uid: Some(uid.to_string()),
                    ..ObjectMeta::default()
                };
                let pod = Pod { metadata: Arc::new(metadata), ..Pod::default() };
                Some(Worker::new(Arc::new(pod), self.runtime.view(&uid), now))
            }
        }
    }

    fn refuse(&self, key: &Key, spec: &PodSpec) -> Option<(&'static str, String)> {
        // Pods whose containers have all ended need no room any more, although they may still be cleaned up.
        let others = self.workers.iter().filter(|(other, worker)| {
            let ended = matches!(worker.stage, Stage::Stopped(_) | Stage::Done);
            *other != key && !ended && worker.rejected.is_none()
        });
        admission::refuse(spec, others.map(|(_, worker)| &**worker), &self.capacity)
    }

    /// Starts and ends probes with their containers; makes readiness probes of unready containers due at once,
    /// because a status is being made.
    fn follow_probes(&mut self, key: &Key, worker: &mut Worker, now: VirtualTime) {
        let (pod, view) = (worker.pod.clone(), worker.view.clone());
        let leaving = crate::object::is_terminating(&pod.metadata);
        let begins = worker.begins(now);
        worker.probes.retain(|(name, _), state| {
            view.containers.get(name).is_some_and(|view| view.exit.is_none() && view.id == state.container)
        });
        let containers = pod.spec.init_containers.iter().flatten().chain(&pod.spec.containers);
        for container in containers {
            let name = SmolStr::from(container.name.as_str());
            let Some(seen) = view.containers.get(&name).filter(|seen| seen.exit.is_none()) else { continue };
            for kind in ProbeKind::ALL {
                let Some(probe) = kind.of(container) else { continue };
                if leaving && kind != ProbeKind::Readiness {
                    continue;
                }
                let at = (name.clone(), kind);
                let state = worker.probes.entry(at).or_insert_with(|| {
                    let mut state = ProbeState::new(kind, probe, seen.id.clone(), seen.started);
                    if state.due < now {
                        state.due = now;
                    }
                    state
                });
                let delay = Span::api_secs(probe.initial_delay_seconds.unwrap_or(0));
                let triggered = begins && kind == ProbeKind::Readiness && !state.passed;
                if triggered && seen.started + delay <= now {
                    state.due = now;
                }
                self.probe_timers.insert((state.due, key.clone(), name.clone(), kind));
            }
        }
    }

    fn holds(&self, worker: &Worker, now: VirtualTime) -> Vec<(SmolStr, Reason)> {
        let spec = &worker.pod.spec;
        let inits = spec.init_containers.iter().flatten().map(|container| (container, true));
        let all = inits.chain(spec.containers.iter().map(|container| (container, false)));
        all.filter_map(|(container, init)| {
            let exit = worker.view.exit(&container.name)?;
            if !plan::is_to_restart(worker, container, init) {
                return None;
            }
            self.hold(worker, &container.name, exit.finished, now)
        })
        .collect()
    }

    /// Why this container is kept back, if it is, after it ended at `since`.
    pub(super) fn hold(
        &self,
        worker: &Worker,
        name: &str,
        since: VirtualTime,
        now: VirtualTime,
    ) -> Option<(SmolStr, Reason)> {
        let subject = (worker.uid.clone(), SmolStr::from(name));
        let (until, delay) = self.back_off.until(&subject, since, now)?;
        let message = format!(
            "back-off {} restarting failed container={name} pod={}",
            go_duration(delay),
            worker.full_name()
        );
        Some((name.into(), Reason { reason: "CrashLoopBackOff", message, until: Some(until) }))
    }
}

/// The report to be sent. While one is on its way, the next one waits for its answer.
fn report(worker: &mut Arc<Worker>, host_ip: &str, now: VirtualTime) -> Option<Write> {
    let cached = revision(&worker.pod.metadata);
    let (latest, base): (u64, Arc<PodStatus>) = match &worker.stored {
        Some((stored, status)) if *stored > cached => (*stored, status.clone()),
        _ => (cached, worker.pod.status.clone()),
    };
    if worker.deleted {
        return None;
    }
    let base = worker.sending.clone().unwrap_or(base);
    let status = status::of(worker, &base, host_ip, now);
    let same = status == *base;
    let worker = Arc::make_mut(worker);
    if worker.sending.is_some() {
        worker.report_again = !same;
        return None;
    }
    if same {
        return None;
    }
    let did = describe(&status);
    let mut pod = (*worker.pod).clone();
    pod.status = Arc::new(status);
    (worker.sending, worker.report_again) = (Some(pod.status.clone()), false);
    if latest > cached {
        Arc::make_mut(&mut pod.metadata).resource_version = Some(latest.to_string());
    }
    Some(Write::new(Call::Update { object: pod.into_object(), sub: Sub::Status, dry_run: false }, did))
}

/// A status in a few words: `report Running, ready`.
fn describe(status: &PodStatus) -> SmolStr {
    let phase = status.phase.as_deref().unwrap_or("Pending");
    let ready = status
        .conditions
        .iter()
        .flatten()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True");
    let reasons: Vec<&str> = status
        .container_statuses
        .iter()
        .flatten()
        .filter_map(|container| {
            let state = container.state.as_ref()?;
            let waiting = state.waiting.as_ref().and_then(|waiting| waiting.reason.as_deref());
            waiting.or_else(|| state.terminated.as_ref().and_then(|end| end.reason.as_deref()))
        })
        .collect();
    match (ready, reasons.is_empty()) {
        (true, _) => format_smolstr!("report {phase}, ready"),
        (false, true) => format_smolstr!("report {phase}, not ready"),
        (false, false) => format_smolstr!("report {phase}, not ready: {}", reasons.join(", ")),
    }
}

/// A duration as Go prints it: `10s`, `1m20s`, `5m0s`.
fn go_duration(span: Span) -> String {
    match span.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds => format!("{}m{}s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_offs_read_as_in_kubectl() {
        let texts: Vec<String> =
            [10, 80, 300].into_iter().map(|secs| go_duration(Span::secs(secs))).collect();
        assert_eq!(texts, ["10s", "1m20s", "5m0s"]);
    }
}
