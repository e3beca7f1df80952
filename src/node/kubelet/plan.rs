//! What to do about a pod: the comparison at the heart of the kubelet.
//!
//! The pod's specification says which containers should run; the runtime said which do. The difference is a
//! list of containers to be stopped, to be started, and to be kept back for a while
//! (`computePodActions` in `pkg/kubelet/kuberuntime/kuberuntime_manager.go`).

use k8s_openapi::api::core::v1::Container;
use smol_str::{SmolStr, format_smolstr};

use super::observe::Seen;
use super::probes::ProbeKind;
use super::worker::{Reason, Stage, Worker};
use super::{Op, termination};
use crate::client::{Effect, Note, Plan, Step, Verdict};
use crate::node::runtime::with_tag;
use crate::object::{Object, is_sidecar};
use crate::time::{Span, VirtualTime};

/// What a sync has to do with the containers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Actions {
    /// Containers to be stopped, with the text of the event.
    pub kill: Vec<(SmolStr, String)>,
    /// Containers to be started, in order.
    pub start: Vec<SmolStr>,
    /// Containers to be kept back, and why.
    pub hold: Vec<(SmolStr, Reason)>,
    /// Whether all containers have ended and stay ended.
    pub finished: bool,
}

/// The plan for a pod as it was seen.
pub fn compare(seen: &Seen, now: VirtualTime) -> Plan<Op> {
    let worker = &seen.worker;
    let mut plan = match termination::plan(seen, now) {
        Some(plan) => plan,
        None => match &worker.stage {
            _ if seen.begins => begin(seen, now),
            Stage::Idle if worker.todo.is_none() => wait(seen, now),
            stage => go_on(seen, stage, now),
        },
    };
    if let Some(write) = &seen.report {
        let effects = vec![Effect::Send(write.clone())];
        plan.steps.insert(0, Step { effects, must_succeed: false });
    }
    match seen.deadline {
        Some(at) => plan.again_after(at.since(now)),
        None => plan,
    }
}

/// A new sync.
fn begin(seen: &Seen, now: VirtualTime) -> Plan<Op> {
    let actions = actions(&seen.worker, &seen.holds);
    let verdict = verdict(&seen.worker, &actions, now);
    let mut plan = Plan::idle(verdict);
    if seen.worker.stale_volumes {
        plan = plan.locally(Op::Refresh, "write the new contents into its volumes");
    }
    if !actions.hold.is_empty() {
        for (name, reason) in &actions.hold {
            plan = plan.noting(back_off_note(&seen.worker, &seen.object, name, reason));
        }
        let wait = seen.retry_at.since(now);
        plan = plan.again_after(wait).waiting_for(format_smolstr!("try again in {wait}"));
    }
    if actions.finished {
        return plan.locally(Op::Stop, "all containers have ended: clean up");
    }
    if actions.kill.is_empty() && actions.start.is_empty() && actions.hold.is_empty() {
        return plan;
    }
    let words = words(&actions);
    let next = match (actions.start.is_empty() && actions.kill.is_empty(), seen.worker.has_sandbox) {
        (true, _) => plan.waits_for.clone(),
        (_, false) => "for the next step: its volumes".into(),
        (_, true) => "for the next step".into(),
    };
    plan.locally(Op::Sync(actions, seen.retry_at), words).waiting_for(next)
}

/// What failed is tried again later, and nothing is new.
fn wait(seen: &Seen, now: VirtualTime) -> Plan<Op> {
    let worker = &seen.worker;
    let until = worker.retry_at.unwrap_or(now).since(now).max(Span::TICK);
    let reasons: Vec<String> =
        worker.reasons.iter().map(|(name, reason)| format!("{name}: {}", reason.reason)).collect();
    let why = format_smolstr!("it is tried again in {until} ({})", reasons.join(", "));
    Plan::idle(Verdict { why, ..step_verdict(worker, "") })
        .again_after(until)
        .waiting_for("to try again what failed")
}

/// A sync that is under way: the next step of it, if its time has come.
fn go_on(seen: &Seen, stage: &Stage, now: VirtualTime) -> Plan<Op> {
    let worker = &seen.worker;
    let step = |op: Op, why: &str, did: SmolStr, then: &'static str| {
        Plan::idle(step_verdict(worker, why)).locally(op, did).waiting_for(then)
    };
    let not_yet = |until: Option<VirtualTime>| {
        let plan = Plan::idle(step_verdict(worker, "one thing after the other")).waiting_for(worker.doing());
        match until {
            Some(until) => plan.again_after(until.since(now)),
            None => plan,
        }
    };
    match stage {
        Stage::Mounting(at) | Stage::Preparing(at) | Stage::Starting(_, at) if *at > now => {
            not_yet(Some(*at))
        }
        Stage::Mounting(_) => {
            step(Op::Mount, "volumes come first", "mount the volumes".into(), "for the volumes")
        }
        Stage::Preparing(_) => {
            let did = "make the sandbox: an address and a network".into();
            step(Op::AddSandbox, "the volumes are there, so now the sandbox", did, "for the next step")
        }
        Stage::Starting(name, _) => {
            let did = format_smolstr!("run container {name}");
            step(Op::Run, "the container is created, so now it can run", did, "for news of its containers")
        }
        Stage::Killing(names) if names.iter().all(|name| !seen.running.contains(name)) => {
            let why = "the containers to be replaced have ended";
            step(Op::Continue, why, "go on and start them anew".into(), "for the next step")
        }
        Stage::Idle => {
            let next = worker.todo.as_ref().and_then(|todo| todo.front());
            let did = match next {
                Some(name) => format_smolstr!("go on with container {name}"),
                None => "end this round".into(),
            };
            step(Op::Continue, "the step before is done", did, "for the next step")
        }
        _ => not_yet(None),
    }
}

fn step_verdict(worker: &Worker, why: &str) -> Verdict {
    let (have, gap) = running(worker);
    Verdict { want: wanted(worker), have, gap, why: why.into() }
}

/// How many of the pod's containers run, as the runtime said last.
fn running(worker: &Worker) -> (SmolStr, SmolStr) {
    let spec = &worker.pod.spec;
    let running = spec.containers.iter().filter(|container| worker.view.is_running(&container.name)).count();
    let all = spec.containers.len();
    let gap = match all - running {
        0 => SmolStr::new_static("="),
        missing => format_smolstr!("-{missing}"),
    };
    (format_smolstr!("{running} of {all}"), gap)
}

/// What should run and does not, and the reverse.
pub fn actions(worker: &Worker, holds: &[(SmolStr, Reason)]) -> Actions {
    let mut actions = Actions::default();
    let spec = &worker.pod.spec;
    let begun =
        spec.containers.iter().any(|container| worker.view.containers.contains_key(container.name.as_str()));
    for container in spec.init_containers.iter().flatten() {
        let name = container.name.as_str();
        let exit = worker.view.exit(name);
        if is_sidecar(container) {
            keep_running(worker, container, true, holds, &mut actions);
            if !begun && !worker.has_started(name) {
                return actions;
            }
        } else if !begun && exit.is_none_or(|exit| exit.code != 0) {
            if exit.is_some() && !is_to_restart(worker, container, true) {
                // An init container failed and the pod never restarts.
                actions = Actions { finished: true, ..Actions::default() };
            } else if !worker.view.is_running(name) {
                start_or_hold(name, holds, &mut actions);
            }
            return actions;
        }
    }
    for container in &spec.containers {
        keep_running(worker, container, false, holds, &mut actions);
    }
    let stays_ended = |container: &Container| {
        worker.view.exit(&container.name).is_some() && !is_to_restart(worker, container, false)
    };
    if spec.containers.iter().all(stays_ended) && !spec.containers.is_empty() {
        actions = Actions { finished: true, ..Actions::default() };
    }
    actions
}

fn keep_running(
    worker: &Worker,
    container: &Container,
    init: bool,
    holds: &[(SmolStr, Reason)],
    actions: &mut Actions,
) {
    let name = SmolStr::from(container.name.as_str());
    if worker.view.is_running(&name) {
        if let Some((why, restarts)) = condemned(worker, container, init) {
            let then = if restarts { ", will be restarted" } else { "" };
            actions.kill.push((name.clone(), format!("Container {name} {why}{then}")));
            actions.start.extend(restarts.then_some(name));
        }
    } else if worker.view.exit(&name).is_none() || is_to_restart(worker, container, init) {
        start_or_hold(&name, holds, actions);
    }
}

/// Why a container that runs may not go on, if so, and whether another takes its place.
fn condemned(worker: &Worker, container: &Container, init: bool) -> Option<(String, bool)> {
    let name = SmolStr::from(container.name.as_str());
    let image = &worker.view.containers.get(&name)?.image_name;
    if *image != with_tag(container.image.as_deref().unwrap_or("")) {
        // Whatever the restart policy says: it is not the one that is wanted.
        return Some(("definition changed".to_owned(), true));
    }
    let fatal = [ProbeKind::Startup, ProbeKind::Liveness].into_iter().find(|kind| {
        let probe = worker.probes.get(&(name.clone(), *kind));
        probe.is_some_and(|probe| probe.is_fatal(*kind))
    })?;
    Some((format!("failed {} probe", fatal.name()), restarts_after(worker, container, init, 137)))
}

fn start_or_hold(name: &str, holds: &[(SmolStr, Reason)], actions: &mut Actions) {
    match holds.iter().find(|(held, _)| held == name) {
        Some(hold) => actions.hold.push(hold.clone()),
        None => actions.start.push(name.into()),
    }
}

/// Whether a container that does not run is to be started (`ShouldContainerBeRestarted`).
pub fn is_to_restart(worker: &Worker, container: &Container, init: bool) -> bool {
    if crate::object::is_terminating(&worker.pod.metadata) {
        return false;
    }
    match (worker.view.exit(&container.name), worker.view.is_running(&container.name)) {
        (_, true) => false,
        (None, false) => true,
        (Some(exit), false) => restarts_after(worker, container, init, exit.code),
    }
}

/// Whether the restart policy starts a container anew after this exit code.
fn restarts_after(worker: &Worker, container: &Container, init: bool, code: i32) -> bool {
    if init && is_sidecar(container) {
        return true;
    }
    let own = container.restart_policy.as_deref();
    match own.or(worker.pod.spec.restart_policy.as_deref()).unwrap_or("Always") {
        "Never" => false,
        "OnFailure" => code != 0,
        _ if init => code != 0,
        _ => true,
    }
}

fn back_off_note(worker: &Worker, object: &Object, name: &str, reason: &Reason) -> Note {
    let text = match reason.reason {
        "CrashLoopBackOff" => {
            format!("Back-off restarting failed container {name} in pod {}", worker.full_name())
        }
        _ => reason.message.clone(),
    };
    Note::warning(object.clone(), "BackOff", text).at(field_path(worker, name))
}

/// The part of the pod that an event is about: `spec.containers{web}`.
pub fn field_path(worker: &Worker, name: &str) -> String {
    let init = worker.container(name).is_some_and(|(_, init)| init);
    format!("spec.{}{{{name}}}", if init { "initContainers" } else { "containers" })
}

/// What is wanted of a pod, in words.
pub fn wanted(worker: &Worker) -> SmolStr {
    match worker.pod.spec.containers.len() {
        1 => "1 running container".into(),
        number => format_smolstr!("{number} running containers"),
    }
}

fn verdict(worker: &Worker, actions: &Actions, now: VirtualTime) -> Verdict {
    let (have, gap) = running(worker);
    let exits = worker.view.containers.iter().filter_map(|(name, container)| {
        let exit = container.exit.as_ref()?;
        Some(format!("container {name} ended with exit code {} ({})", exit.code, exit.reason))
    });
    let mut why: Vec<String> = exits.collect();
    why.extend(actions.kill.iter().map(|(_, text)| text.clone()));
    why.extend(actions.hold.iter().map(|(name, reason)| {
        let until = reason.until.map(|until| until.since(now)).unwrap_or(Span::ZERO);
        format!("{name} is kept back for another {until} ({})", reason.reason)
    }));
    if actions.finished {
        why.push("nothing is to be started again: the pod is finished".to_owned());
    } else if actions.start.is_empty() && why.is_empty() {
        why.push("nothing to do".to_owned());
    }
    let ran = |name: &&SmolStr| worker.view.containers.contains_key(name.as_str());
    let (again, first): (Vec<&SmolStr>, Vec<&SmolStr>) = actions.start.iter().partition(ran);
    for (names, words) in [(first, ""), (again, " again")] {
        if !names.is_empty() {
            let names: Vec<&str> = names.into_iter().map(SmolStr::as_str).collect();
            why.push(format!("start {}{words}", names.join(", ")));
        }
    }
    Verdict { want: wanted(worker), have, gap, why: why.join("; ").into() }
}

fn words(actions: &Actions) -> SmolStr {
    let list = |names: Vec<&str>| names.join(", ");
    let kill = list(actions.kill.iter().map(|(name, _)| name.as_str()).collect());
    let start = list(actions.start.iter().map(SmolStr::as_str).collect());
    let hold = list(actions.hold.iter().map(|(name, _)| name.as_str()).collect());
    let parts = [("stop ", kill), ("start ", start), ("keep back ", hold)];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(verb, names)| verb.to_owned() + &names)
        .collect();
    parts.join("; ").into()
}
