//! The end of a pod.
//!
//! A pod that is asked to go (its `deletionTimestamp` is set) still has its containers and its address. The
//! kubelet runs the preStop hooks, has SIGTERM sent, waits up to the grace, has SIGKILL sent; then it reports
//! how the containers ended, cleans up, and deletes the object for good, with grace 0. The same way goes a pod
//! whose containers have all ended (but its object stays), and one that the API does not know any more (but
//! there is nothing left to report).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, LifecycleHandler};
use smol_str::{SmolStr, format_smolstr};

use super::observe::Seen;
use super::plan::field_path;
use super::probes::port_number;
use super::worker::{Stage, Worker, grace_of};
use super::{Kubelet, Op, deadline};
use crate::apiserver::{Call, DeleteOptions};
use crate::client::{Context, Effect, Note, Plan, Step, Verdict, Write};
use crate::object::{Kind, Object, ObjectRef, is_terminating};
use crate::time::{Span, VirtualTime};
use crate::trace::Parent;

/// Every container gets at least this long to end (`minimumGracePeriodInSeconds`).
const LEAST_GRACE: Span = Span::secs(2);

/// A container whose preStop hook runs: it is sent SIGTERM at that time.
pub type Hooks = BTreeMap<(VirtualTime, SmolStr, SmolStr), (Span, Parent)>;

/// The plan for a pod that is on its way out; none for one that is to run.
pub fn plan(seen: &Seen, now: VirtualTime) -> Option<Plan<Op>> {
    let worker = &seen.worker;
    let leaving = seen.gone || is_terminating(&worker.pod.metadata);
    let want = match (seen.gone, leaving) {
        (true, _) => "gone: the API has no such pod",
        (_, true) => "gone: its deletion was asked for",
        _ => "ended",
    };
    let running = seen.running.len();
    let verdict = |why: SmolStr| {
        let have = format_smolstr!("{running} running");
        let gap = if running == 0 { "=".into() } else { format_smolstr!("{running:+}") };
        Verdict { want: want.into(), have, gap, why }
    };
    Some(match &worker.stage {
        Stage::Stopping if running == 0 => Plan::idle(verdict("all containers have ended".into()))
            .locally(Op::CleanUp, "take the sandbox down"),
        Stage::Stopping => {
            let names: Vec<&str> = seen.running.iter().map(SmolStr::as_str).collect();
            let plan = Plan::idle(verdict(format_smolstr!("{} may still end gracefully", names.join(", "))))
                .waiting_for("for the containers to end, or their grace");
            // A second deletion may have shortened the grace.
            match seen.grace_shortened {
                true => plan.locally(Op::Stop, "the grace is shorter now"),
                false => plan,
            }
        }
        Stage::Stopped(at) if *at > now => {
            Plan::idle(verdict("volumes and sandbox are being cleaned up".into()))
                .again_after(at.since(now))
                .waiting_for("for the clean-up")
        }
        Stage::Stopped(_) | Stage::Done if seen.gone => {
            Plan::idle(verdict("nothing is left of it".into())).locally(Op::Forget, "forget the pod")
        }
        Stage::Stopped(_) | Stage::Done if leaving => delete(seen, verdict),
        Stage::Stopped(_) => Plan::idle(verdict("everything is cleaned up".into()))
            .locally(Op::Finish, "the pod has ended for good"),
        Stage::Done => done(seen, verdict),
        _ if worker.overdue => {
            let note = Note::normal(seen.object.clone(), deadline::REASON, deadline::MESSAGE);
            Plan::idle(verdict("it ran longer than its activeDeadlineSeconds".into()))
                .noting(note)
                .locally(Op::Stop, "stop all containers")
        }
        _ if leaving => Plan::idle(verdict("stop it".into())).locally(Op::Stop, "stop all containers"),
        _ => return None,
    })
}

fn done(seen: &Seen, verdict: impl Fn(SmolStr) -> Verdict) -> Plan<Op> {
    match &seen.worker.rejected {
        Some((reason, message)) if seen.report.is_some() => {
            let note = Note::warning(seen.object.clone(), *reason, message.clone());
            Plan::idle(verdict(format_smolstr!("it is not taken: {message}"))).noting(note)
        }
        Some(_) => Plan::idle(verdict("it was not taken".into())),
        None => Plan::idle(verdict("it has ended for good: nothing to do".into())),
    }
}

/// The object goes for good, once the last report was stored.
fn delete(seen: &Seen, verdict: impl Fn(SmolStr) -> Verdict) -> Plan<Op> {
    let worker = &seen.worker;
    if worker.sending.is_some() || seen.report.is_some() {
        return Plan::idle(verdict("report how it ended first".into()))
            .waiting_for("for the report to be stored");
    }
    if worker.deleted {
        return Plan::idle(verdict("the deletion of its object was asked for".into()));
    }
    let options = DeleteOptions {
        grace_period_secs: Some(0),
        uid: Some(worker.uid.to_string()),
        ..DeleteOptions::default()
    };
    let target = ObjectRef::new(Kind::Pod, worker.key());
    let write = Write::new(Call::Delete { target, options }, "delete the object for good (grace 0)");
    let mut plan = Plan::idle(verdict("nothing of it is left on the node".into()));
    let effects = vec![Effect::Send(write.tolerating(&["NotFound", "Conflict"]))];
    plan.steps.push(Step { effects, must_succeed: false });
    plan
}

impl Kubelet {
    /// Tells a container to end: its preStop hook first, then SIGTERM, and SIGKILL when the grace is over.
    pub(super) fn stop_container(
        &mut self,
        worker: &Worker,
        name: &str,
        text: &str,
        grace: Span,
        cx: &mut Context<'_>,
    ) {
        let object = Object::Pod(worker.pod.clone());
        cx.note(Note::normal(object.clone(), "Killing", text).at(field_path(worker, name)));
        let grace = grace.max(LEAST_GRACE);
        let container = worker.container(name).map(|(container, _)| container.clone());
        let hook = container.as_ref().and_then(|container| container.lifecycle.as_ref()?.pre_stop.clone());
        let took = match (container, hook) {
            (Some(container), Some(hook)) => match self.run_hook(worker, &container, &hook, cx.now) {
                Ok(took) => took.min(grace),
                Err(_) => {
                    let note = Note::warning(object, "FailedPreStopHook", "PreStopHook failed");
                    cx.note(note.at(field_path(worker, name)));
                    Span::ZERO
                }
            },
            _ => Span::ZERO,
        };
        if took == Span::ZERO {
            self.runtime.stop(&worker.uid, name, grace, cx.cause, cx.out);
            return;
        }
        let left = Span::micros(grace.as_micros().saturating_sub(took.as_micros())).max(LEAST_GRACE);
        self.hooks.insert((cx.now + took, worker.uid.clone(), name.into()), (left, cx.cause));
    }

    /// Runs a lifecycle hook; gives how long it takes.
    pub(super) fn run_hook(
        &mut self,
        worker: &Worker,
        container: &Container,
        hook: &LifecycleHandler,
        now: VirtualTime,
    ) -> Result<Span, String> {
        if let Some(sleep) = &hook.sleep {
            return Ok(Span::api_secs(sleep.seconds));
        }
        if let Some(exec) = &hook.exec {
            let argv = exec.command.clone().unwrap_or_default();
            let answer = self
                .runtime
                .with_process(&worker.uid, &container.name, |process, files| process.exec(&argv, files, now));
            return match answer {
                Some(answer) if answer.exit_code == 0 => Ok(answer.took),
                Some(answer) => Err(answer.error.unwrap_or(answer.output)),
                None => Ok(Span::ZERO),
            };
        }
        if let Some(http) = &hook.http_get {
            let port = port_number(container, &http.port);
            let path = http.path.as_deref().unwrap_or("/");
            let answer = self
                .runtime
                .with_process(&worker.uid, &container.name, |process, _| process.http(port, path, now));
            return match answer {
                Some(Ok(answer)) if answer.code < 400 => Ok(Span::ZERO),
                Some(_) => Err("the hook's request failed".to_owned()),
                None => Ok(Span::ZERO),
            };
        }
        Ok(Span::ZERO)
    }

    /// Sends SIGTERM where a preStop hook has ended.
    pub(super) fn end_hooks(&mut self, cx: &mut Context<'_>) {
        while let Some(entry) = self.hooks.first_entry() {
            if entry.key().0 > cx.now {
                break;
            }
            let ((_, uid, name), (grace, cause)) = entry.remove_entry();
            self.runtime.stop(&uid, &name, grace, cause, cx.out);
        }
    }

    /// Stops all containers of a pod that run.
    pub(super) fn stop_pod(&mut self, worker: &mut Worker, cx: &mut Context<'_>) {
        self.runtime.images.forget(&worker.uid);
        let again = worker.stage == Stage::Stopping;
        let grace = grace_of(&worker.pod);
        let running: Vec<SmolStr> = self.running(&worker.uid);
        for name in &running {
            match again {
                true => self.runtime.stop(&worker.uid, name, grace.max(LEAST_GRACE), cx.cause, cx.out),
                false => self.stop_container(worker, name, &format!("Stopping container {name}"), grace, cx),
            }
        }
        worker.grace = Some(grace);
        (worker.stage, worker.todo, worker.setup) = (Stage::Stopping, None, None);
        if running.is_empty() {
            cx.wake(ObjectRef::new(Kind::Pod, worker.key()), "nothing runs");
        }
    }

    /// The names of a pod's containers that really run.
    pub(super) fn running(&self, uid: &str) -> Vec<SmolStr> {
        let sandbox = self.runtime.sandbox(uid);
        let containers = sandbox.into_iter().flat_map(|sandbox| sandbox.containers.iter());
        containers.filter(|(_, container)| container.is_running()).map(|(name, _)| name.clone()).collect()
    }
}
