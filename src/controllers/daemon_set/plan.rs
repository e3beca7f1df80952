//! What the controller does about one DaemonSet: its revision first, then its pods, then its status.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::manage::{Doomed, Work, manage};
use super::seen::Seen;
use super::{Op, revision, rolling, status, template};
use crate::apiserver::Call;
use crate::client::{Effect, Note, Outcome, Plan, Step, Verdict, Write};
use crate::controllers::pod_control;
use crate::object::{Kind, Object, Pod, Resource, is_terminating};
use crate::time::VirtualTime;

/// The most pods that one look creates, and the most that it deletes (`BurstReplicas`).
const BURST: usize = 250;

/// Compares nodes and pods.
pub(super) fn plan(seen: &Seen, now: VirtualTime) -> Plan<Op> {
    if is_terminating(&seen.set.metadata) {
        // Its revisions may be gone already, and with them the difference between old and new.
        return Plan::idle(verdict(
            seen,
            "the set is being deleted: nothing is done or reported any more".into(),
        ));
    }
    let claims = claims(seen);
    if seen.in_the_way.is_some() {
        let why = "another revision has the name that this template's would get: take another name";
        return Plan::idle(verdict(seen, why.into())).then_all(claims).then(status::collision(seen));
    }
    let mut plan = Plan::idle(Verdict::default()).then_all(claims).then_all(revision::writes(seen));
    let why = match seen.unseen {
        Some(unseen) => {
            plan = plan.again_after(unseen.until.since(now)).waiting_for("to see what it asked for");
            let (creations, deletions) = (unseen.creations, unseen.deletions);
            format_smolstr!(
                "waits for {creations} creates and {deletions} deletes it already asked for: until they are seen, \
                 its count is not to be trusted"
            )
        }
        None => {
            let work = work(seen, now);
            let why = words(seen, &work);
            if let Some(retry) = work.retry {
                plan = plan.again_after(retry).waiting_for("until a failed pod may be deleted");
            }
            plan.steps.extend(steps(seen, work));
            plan = plan.then_all(revision::clean_up(seen));
            why
        }
    };
    plan.verdict = verdict(seen, why);
    if let Some(due) = status::next_available(seen, now) {
        plan = plan.again_after(due).waiting_for("until a ready pod has been ready for minReadySeconds");
    }
    match plan.is_idle() {
        // With nothing else to be done, the report is all there is to write.
        true => match status::write(seen, now) {
            Some(write) => plan.then(write),
            None => plan,
        },
        false => plan,
    }
}

fn verdict(seen: &Seen, why: SmolStr) -> Verdict {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let with = seen.wanted().filter(|node| !seen.on(node).is_empty()).count();
    Verdict::count(count(seen.wanted().count()), count(with), why)
}

/// What is missing or too much comes first; when nothing is, the rolling update may go on.
fn work(seen: &Seen, now: VirtualTime) -> Work {
    let work = manage(seen, now);
    match work.is_none() {
        true => Work { retry: work.retry, ..rolling::roll(seen, now) },
        false => work,
    }
}

fn claims(seen: &Seen) -> Vec<Write> {
    let mut writes = seen.pods.writes(Kind::DaemonSet, &seen.set.metadata);
    writes.extend(seen.revisions.writes(Kind::DaemonSet, &seen.set.metadata));
    writes
}

fn words(seen: &Seen, work: &Work) -> SmolStr {
    let some = |names: Vec<String>| match names.len() {
        0..=3 => names.join(", "),
        n => format!("{} and {} more", names[..2].join(", "), n - 2),
    };
    let mut parts = Vec::new();
    if !work.delete.is_empty() {
        let doomed = work.delete.iter().map(|one| format!("{} ({})", one.pod.key().name, one.why));
        parts.push(format!("delete {}", some(doomed.collect())));
    }
    if !work.create.is_empty() {
        parts.push(format!(
            "create a pod for {}",
            some(work.create.iter().map(ToString::to_string).collect())
        ));
    }
    match (parts.is_empty(), work.retry) {
        (true, Some(wait)) => format_smolstr!("a pod failed again: it is deleted in {wait}"),
        (true, None) => format_smolstr!("{}: nothing to do", seen.words()),
        (false, _) => format_smolstr!("{}: {}", seen.words(), parts.join("; ")),
    }
}

/// Deletions, which do not wait for each other, then creations in growing batches.
fn steps(seen: &Seen, work: Work) -> Vec<Step<Op>> {
    let about = Object::DaemonSet(seen.set.clone());
    let mut steps = Vec::new();
    let mut effects = Vec::new();
    for Doomed { pod, why, ended_on } in work.delete.into_iter().take(BURST) {
        if let Some(node) = ended_on {
            effects.extend(ended(&about, &pod, node));
        }
        effects.push(Effect::Write(pod_control::delete(pod.key(), &about, &why)));
    }
    if !effects.is_empty() {
        steps.push(Step { effects, must_succeed: false });
    }
    let hash = seen.hash();
    let nodes = work.create.iter().take(BURST);
    let pods = nodes.map(|node| template::pod_for(&seen.set, node, &hash));
    steps.extend(pod_control::slow_start(pods.map(|pod| pod_control::create(&pod, &about)).collect()));
    steps
}

/// Tells that a pod ended that should run for ever.
fn ended(about: &Object, pod: &Pod, node: SmolStr) -> Vec<Effect<Op>> {
    let key = pod.key();
    if pod.phase() == "Succeeded" {
        let text = format!("Found succeeded daemon pod {key} on node {node}, will try to delete it");
        return vec![Effect::Note(Note::normal(about.clone(), "SucceededDaemonPod", text))];
    }
    let text = format!("Found failed daemon pod {key} on node {node}, will try to kill it");
    let did = format_smolstr!("let the next failed pod of {node} wait longer");
    vec![
        Effect::Note(Note::warning(about.clone(), "FailedDaemonPod", text)),
        Effect::Local { op: Op::BackOff(node), did },
    ]
}

/// When all of it has ended, the status counts what was seen at the start and what was created since.
pub(super) fn conclude(seen: &Seen, outcomes: &[Outcome], now: VirtualTime) -> Vec<Step<Op>> {
    let effects: Vec<Effect<Op>> = plan(seen, now).steps.into_iter().flat_map(|step| step.effects).collect();
    let is_status = |effect: &Effect<Op>| {
        matches!(
            effect,
            Effect::Write(Write { call: Call::Update { sub: crate::apiserver::Sub::Status, .. }, .. })
        )
    };
    if effects.iter().any(is_status) {
        return Vec::new();
    }
    let first = claims(seen).len() + revision::writes(seen).len();
    if outcomes.iter().take(first).any(|outcome| outcome.refusal().is_some()) {
        // What belongs to the set, or its revision, is not settled: count again before anything is said about it.
        return Vec::new();
    }
    let created: Vec<&Arc<Pod>> = outcomes
        .iter()
        .filter_map(Outcome::object)
        .filter_map(Pod::shared)
        .filter(|pod| is_own(seen, pod))
        .collect();
    let seen = seen.with(created.into_iter());
    let write = status::write(&seen, now);
    write.map(|write| Step { effects: vec![Effect::Write(write)], must_succeed: true }).into_iter().collect()
}

/// Whether an answer shows a pod that is new, and not one that was adopted or deleted.
fn is_own(seen: &Seen, pod: &Pod) -> bool {
    let known = |other: &Arc<Pod>| other.key() == pod.key();
    !seen.pods.owned.iter().chain(&seen.pods.orphans).chain(&seen.pods.strays).any(known)
}
