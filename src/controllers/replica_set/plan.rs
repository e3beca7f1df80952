//! What the controller does about the number of pods.

use std::sync::Arc;

use smol_str::format_smolstr;

use super::rank::Rank;
use super::seen::Seen;
use super::status;
use crate::apiserver::{Call, Status};
use crate::client::{Effect, Never, Outcome, Plan, Step, Verdict, Write};
use crate::controllers::pod_control;
use crate::object::{Kind, Object, Pod, Resource, is_terminating};
use crate::time::VirtualTime;

/// The most pods that one look creates or deletes (`BurstReplicas`).
const BURST: usize = 500;

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
    let refusal: Option<&Status> = { refusals }.find(|status| !pod_control::is_namespace_ending(status));
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

/// Steps of 1, 2, 4, 8, ... creations of what the template describes. The pods share one specification.
fn creations(seen: &Seen, count: usize) -> Vec<Step<Never>> {
    let template = seen.set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
    let pod = pod_control::new_pod(Kind::ReplicaSet, &seen.set.metadata, template);
    let about = Object::ReplicaSet(seen.set.clone());
    pod_control::slow_start(
        std::iter::repeat_with(|| pod_control::create(&pod, &about)).take(count).collect(),
    )
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
    let about = Object::ReplicaSet(seen.set.clone());
    pod_control::delete(victim.pod.key(), &about, &victim.why)
}
