//! What the controller does about the number of pods.

use std::sync::Arc;

use k8s_openapi::api::core::v1::PodSpec;
use smol_str::format_smolstr;

use super::rank::Rank;
use super::seen::Seen;
use super::status;
use crate::apiserver::{Call, DeleteOptions, Status};
use crate::client::{Effect, Never, Note, Outcome, Plan, Step, Verdict, Write};
use crate::object::{Kind, Object, ObjectMeta, ObjectRef, Pod, Resource, is_terminating, owner};
use crate::time::VirtualTime;

/// The most pods that one look creates or deletes (`BurstReplicas`).
const BURST: usize = 500;
/// The first batch of creations; each further one is twice as large (`SlowStartInitialBatchSize`), so that a
/// quota or a broken admission step costs a few refusals and not hundreds.
const FIRST_BATCH: usize = 1;

/// Compares the pods that exist with those that are wanted.
pub(super) fn plan(seen: &Seen, now: VirtualTime) -> Plan {
    let (exist, wanted) = (seen.exist(), seen.wanted());
    let claims = seen.pods.writes(Kind::ReplicaSet, &seen.set.metadata);
    let mut plan = Plan::idle(Verdict::default()).then_all(claims);
    let why = if is_terminating(&seen.set.metadata) {
        "the set is being deleted: its pods are no longer counted up or down".to_owned()
    } else if let Some(unseen) = seen.unseen {
        plan = plan.again_after(unseen.until.since(now));
        plan.waits_for = format_smolstr!("to see what it asked for");
        waits(unseen.creations, unseen.deletions)
    } else if exist < wanted {
        let missing = wanted - exist;
        let count = missing.min(BURST);
        plan.steps.extend(creations(seen, count));
        let limit = if count < missing { format!(" (at most {BURST} at once)") } else { String::new() };
        format!("{exist} exist, {wanted} wanted: create {count} more{limit}")
    } else if exist > wanted {
        let victims = victims(seen, (exist - wanted).min(BURST), now);
        let why = format!("{exist} exist, {wanted} wanted: {}", deletion_words(&victims));
        plan = plan.then_all(victims.into_iter().map(|victim| deletion(seen, victim)).collect());
        why
    } else {
        format!("{exist} exist, {wanted} wanted: nothing to do")
    };
    let why = match seen.pods.words() {
        Some(claims) => format!("{claims}; {why}"),
        None => why,
    };
    plan.verdict = Verdict::count(count(wanted), count(exist), why);
    if let Some(due) = status::next_available(seen, now) {
        plan = plan.again_after(due);
        plan.waits_for = "until a ready pod has been ready for minReadySeconds".into();
    }
    match plan.is_idle() {
        // With nothing else to be done, the report is all there is to write.
        true => match status::write(seen, None, now) {
            Some(write) => plan.then(write),
            None => plan,
        },
        false => plan,
    }
}

/// When all of it has ended, the status says what was seen at the start: the pods that were created just now are
/// counted when the watch reports them.
pub(super) fn conclude(seen: &Seen, outcomes: &[Outcome], now: VirtualTime) -> Vec<Step<Never>> {
    if plan(seen, now).steps.iter().flat_map(|step| &step.effects).all(is_status_write) {
        return Vec::new();
    }
    let claims = seen.pods.orphans.len() + seen.pods.strays.len();
    if outcomes.iter().take(claims).any(|outcome| outcome.refusal().is_some()) {
        // Who belongs to the set is not settled: count again before anything is said about it.
        return Vec::new();
    }
    let refusals = outcomes.iter().filter_map(Outcome::refusal);
    let refusal: Option<&Status> = { refusals }.find(|status| !is_namespace_ending(status));
    let write = status::write(seen, refusal.map(|status| status.message.as_str()), now);
    write.map(|write| Step { effects: vec![Effect::Write(write)], must_succeed: true }).into_iter().collect()
}

fn is_status_write(effect: &Effect<Never>) -> bool {
    matches!(effect, Effect::Write(Write { call: Call::Update { .. }, .. }))
}

fn waits(creations: usize, deletions: usize) -> String {
    let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let what = match (creations, deletions) {
        (n, 0) => plural(n, "create"),
        (0, n) => plural(n, "delete"),
        (n, m) => format!("{} and {}", plural(n, "create"), plural(m, "delete")),
    };
    format!("waits for {what} it already asked for: until they are seen, its count is not to be trusted")
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Steps of 1, 2, 4, 8, ... creations.
fn creations(seen: &Seen, count: usize) -> Vec<Step<Never>> {
    let pod = new_pod(seen);
    let about = Object::ReplicaSet(seen.set.clone());
    let (mut left, mut size, mut steps) = (count, FIRST_BATCH, Vec::new());
    while left > 0 {
        let batch = size.min(left);
        let create = || {
            let object = Object::Pod(pod.clone());
            let write = Write::new(Call::Create { object, dry_run: false }, "create a pod");
            Effect::Write(write.noting(about.clone(), creation_note))
        };
        let effects = std::iter::repeat_with(create).take(batch).collect();
        steps.push(Step { effects, must_succeed: true });
        left -= batch;
        size = batch * 2;
    }
    steps
}

/// The pod that the template describes. Its pods share one specification.
fn new_pod(seen: &Seen) -> Arc<Pod> {
    let template = seen.set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
    let meta = template.metadata.unwrap_or_default();
    let mut spec: PodSpec = template.spec.unwrap_or_default();
    let node = spec.node_name.take().filter(|name| !name.is_empty());
    let metadata = ObjectMeta {
        generate_name: Some(format!("{}-", seen.set.key().name)),
        namespace: seen.set.metadata.namespace.clone(),
        labels: meta.labels,
        annotations: meta.annotations,
        finalizers: meta.finalizers,
        owner_references: Some(vec![owner::controller_reference(Kind::ReplicaSet, &seen.set.metadata)]),
        ..ObjectMeta::default()
    };
    Arc::new(Pod {
        metadata: Arc::new(metadata),
        spec: Arc::new(spec),
        node: node.map(Into::into),
        status: Arc::default(),
    })
}

fn creation_note(about: &Object, _call: &Call, outcome: &Outcome) -> Option<Note> {
    match outcome {
        Outcome::Done(object) => {
            let name = object.as_ref().and_then(|pod| pod.meta().name.clone()).unwrap_or_default();
            Some(Note::normal(about.clone(), "SuccessfulCreate", format!("Created pod: {name}")))
        }
        Outcome::Refused(status) if is_namespace_ending(status) => None,
        Outcome::Refused(status) => {
            let message = format!("Error creating: {}", status.message);
            Some(Note::warning(about.clone(), "FailedCreate", message))
        }
        Outcome::Listed(_) | Outcome::Skipped => None,
    }
}

/// A namespace that is being deleted takes nothing new; upstream does not complain about that.
fn is_namespace_ending(status: &Status) -> bool {
    status.causes.iter().any(|cause| cause.reason == "NamespaceTerminating")
}

/// A pod that goes, and why it rather than the first one that stays.
struct Victim {
    pod: Arc<Pod>,
    why: smol_str::SmolStr,
}

/// The first `count` pods in the order of [`Rank`], which is worked out once for all of them.
fn victims(seen: &Seen, count: usize, now: VirtualTime) -> Vec<Victim> {
    let mut ranked: Vec<(Rank, &Arc<Pod>)> =
        seen.active().map(|pod| (Rank::of(pod, &seen.siblings, now), pod)).collect();
    ranked.sort_by(|(a, _), (b, _)| a.cmp(b));
    let survivor = ranked.get(count).map(|(rank, _)| rank.clone());
    let why = |rank: &Rank| match &survivor {
        Some(survivor) => rank.before(survivor),
        None => "none are wanted".into(),
    };
    ranked.into_iter().take(count).map(|(rank, pod)| Victim { why: why(&rank), pod: pod.clone() }).collect()
}

fn deletion_words(victims: &[Victim]) -> String {
    match victims {
        [one] => format!("delete {}, because {}", one.pod.key().name, one.why),
        many => {
            let all: Vec<String> =
                many.iter().map(|one| format!("{} ({})", one.pod.key().name, one.why)).collect();
            match all.len() {
                0..=4 => format!("delete {}", all.join(", ")),
                n => format!("delete {n}: {} and {} more", all[..3].join(", "), n - 3),
            }
        }
    }
}

fn deletion(seen: &Seen, victim: Victim) -> Write {
    let target = ObjectRef::new(Kind::Pod, victim.pod.key());
    let did = format_smolstr!("delete pod {}: {}", target.key.name, victim.why);
    let call = Call::Delete { target, options: DeleteOptions::default() };
    Write::new(call, did)
        .noting(Object::ReplicaSet(seen.set.clone()), deletion_note)
        .tolerating(&["NotFound"])
}

fn deletion_note(about: &Object, call: &Call, outcome: &Outcome) -> Option<Note> {
    let name = call.target().map(|target| target.key.name).unwrap_or_default();
    match outcome {
        // Done without an object: it was gone already.
        Outcome::Done(None) => None,
        Outcome::Done(Some(_)) => {
            Some(Note::normal(about.clone(), "SuccessfulDelete", format!("Deleted pod: {name}")))
        }
        Outcome::Refused(status) => {
            let message = format!("Error deleting: {}", status.message);
            Some(Note::warning(about.clone(), "FailedDelete", message))
        }
        Outcome::Listed(_) | Outcome::Skipped => None,
    }
}
