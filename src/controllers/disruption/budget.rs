//! One budget: what it covers, how many of that may go, and what its status says.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use smol_str::{SmolStr, format_smolstr};

use super::BELIEVED;
use super::scale::{self, Scale};
use crate::apiserver::{Call, Sub};
use crate::client::{Cache, Effect, Note, Plan, Step, Verdict, Write};
use crate::object::quantity::scaled;
use crate::object::{Object, Pod, Resource, conditions, disruption, is_terminating};
use crate::time::{Span, VirtualTime};

/// What the controller has seen of a budget.
#[derive(Clone, Debug)]
pub struct Seen {
    budget: Arc<PodDisruptionBudget>,
    /// The pods that it covers.
    pods: Vec<Arc<Pod>>,
    /// What the owners of the pods want, or why that is not known.
    scale: Result<Scale, String>,
}

impl Seen {
    /// Gathers it from the cache.
    pub(super) fn of(budget: &Arc<PodDisruptionBudget>, cache: &Cache) -> Self {
        let namespace = budget.key().namespace;
        let pods = cache.in_namespace::<Pod>(&namespace);
        let pods: Vec<Arc<Pod>> = pods.filter(|pod| disruption::covers(budget, pod)).cloned().collect();
        let scale = scale::of(&pods, cache);
        Self { budget: budget.clone(), pods, scale }
    }

    /// What was seen, in words.
    pub(super) fn words(&self) -> SmolStr {
        let ready = self.pods.iter().filter(|pod| pod.is_ready()).count();
        format_smolstr!("{} pods, {ready} ready", self.pods.len())
    }
}

/// The numbers of a budget.
struct Numbers {
    /// All pods that count: those that are wanted, or those that there are.
    expected: i32,
    /// How many must stay healthy.
    needed: i32,
    /// How many are healthy.
    healthy: i32,
    /// Pods that were evicted and are not seen to go yet, with when that was.
    announced: BTreeMap<String, Time>,
    /// Pods that were announced long ago and are still there.
    overdue: Vec<Arc<Pod>>,
    /// When the next announcement is no longer believed.
    recheck: Option<VirtualTime>,
}

/// Brings the status up to date.
pub(super) fn plan(seen: &Seen, now: VirtualTime) -> Plan {
    let mut notes = Vec::new();
    let mut note = |kind: fn(Object, &'static str, String) -> Note, reason: &'static str, text: String| {
        notes.push(Effect::Note(kind(Object::PodDisruptionBudget(seen.budget.clone()), reason, text)));
    };
    if seen.pods.is_empty() {
        note(Note::normal, "NoPods", "No matching pods found".to_owned());
    }
    let (mut plan, status) = match numbers(seen, now) {
        Ok((numbers, unowned)) => {
            if unowned > 0 {
                note(Note::warning, "UnmanagedPods", unmanaged(&seen.budget));
            }
            for pod in &numbers.overdue {
                let text = format!(
                    "Pod was expected by PDB {0}/{0} to be deleted but it wasn't",
                    seen.budget.key().namespace
                );
                notes.push(Effect::Note(Note::warning(Object::Pod(pod.clone()), "NotDeleted", text)));
            }
            let status = status(seen, &numbers, now);
            let mut plan = Plan::idle(verdict(&numbers, disruption::allowed(&status)));
            if let Some(at) = numbers.recheck {
                plan = plan.again_after(at.since(now) + Span::TICK);
                plan.waits_for = "for the deletion of a pod that was evicted".into();
            }
            (plan, status)
        }
        Err(why) => {
            let text = format!("Failed to calculate the number of expected pods: {why}");
            note(Note::warning, "CalculateExpectedPodCountFailed", text);
            let verdict =
                Verdict::new("a number of pods", "unknown", "?", format!("{why}: nothing may be evicted"));
            (Plan::idle(verdict), fail_safe(&seen.budget, &why, now))
        }
    };
    if !notes.is_empty() {
        plan.steps.push(Step { effects: notes, must_succeed: true });
    }
    match write(&seen.budget, status) {
        Some(write) => plan.then(write),
        None => plan,
    }
}

/// Works out the numbers (`getExpectedPodCount`, `countHealthyPods`); with how many pods nobody owns, if that
/// matters.
fn numbers(seen: &Seen, now: VirtualTime) -> Result<(Numbers, usize), String> {
    let (mut announced, mut overdue, mut recheck) = (BTreeMap::new(), Vec::new(), None);
    let known = seen.budget.status.as_ref().and_then(|status| status.disrupted_pods.as_ref());
    let mut healthy = 0;
    for pod in seen.pods.iter().filter(|pod| !is_terminating(&pod.metadata)) {
        let name = pod.key().name;
        let since = known.and_then(|known| known.get(name.as_str()));
        let until = since.map(|since| VirtualTime::from_api(since) + BELIEVED);
        match (since, until) {
            (Some(since), Some(until)) if now <= until => {
                announced.insert(name.to_string(), since.clone());
                recheck = Some(recheck.map_or(until, |other: VirtualTime| other.min(until)));
                if now < until {
                    continue;
                }
            }
            (Some(_), _) => overdue.push(pod.clone()),
            (None, _) => {}
        }
        healthy += i32::from(pod.is_ready());
    }
    let (expected, needed, unowned) = needed(seen)?;
    Ok((Numbers { expected, needed, healthy, announced, overdue, recheck }, unowned))
}

/// How many pods there should be, how many of them must stay, and how many are nobody's.
fn needed(seen: &Seen) -> Result<(i32, i32, usize), String> {
    let spec = seen.budget.spec.clone().unwrap_or_default();
    let share = |of: &IntOrString| -> Result<(i32, i32, usize), String> {
        let Scale { wanted, unowned } = seen.scale.clone()?;
        Ok((wanted, scaled(of, wanted, true), unowned))
    };
    match (&spec.max_unavailable, &spec.min_available) {
        (Some(most), _) => {
            let (wanted, may_go, unowned) = share(most)?;
            Ok((wanted, (wanted - may_go).max(0), unowned))
        }
        (None, Some(IntOrString::Int(least))) => {
            Ok((i32::try_from(seen.pods.len()).unwrap_or(i32::MAX), *least, 0))
        }
        (None, Some(least)) => share(least),
        (None, None) => Ok((0, 0, 0)),
    }
}

fn verdict(numbers: &Numbers, allowed: i32) -> Verdict {
    let Numbers { needed, healthy, expected, .. } = numbers;
    let may_go = match allowed {
        0 if *expected == 0 => "nothing counts yet: none may be evicted".to_owned(),
        0 => format!("{healthy} healthy, {needed} must stay: none may be evicted"),
        n => format!("{healthy} healthy, {needed} must stay: {n} may be evicted"),
    };
    Verdict {
        want: format_smolstr!("{needed} healthy"),
        have: format_smolstr!("{healthy} healthy"),
        ..Verdict::count(i64::from(*needed), i64::from(*healthy), may_go)
    }
}

/// The status as the numbers make it (`updatePdbStatus`).
fn status(seen: &Seen, numbers: &Numbers, now: VirtualTime) -> PodDisruptionBudgetStatus {
    let old = seen.budget.status.clone().unwrap_or_default();
    // A budget without pods allows nothing: its first pods must not be evicted before they were counted.
    let room = if numbers.expected > 0 { (numbers.healthy - numbers.needed).max(0) } else { 0 };
    let mut status = PodDisruptionBudgetStatus {
        current_healthy: Some(numbers.healthy),
        desired_healthy: Some(numbers.needed),
        expected_pods: Some(numbers.expected),
        disruptions_allowed: Some(room),
        disrupted_pods: (!numbers.announced.is_empty()).then(|| numbers.announced.clone()),
        observed_generation: seen.budget.metadata.generation,
        conditions: old.conditions.clone(),
    };
    let told = conditions::get(status.conditions.as_ref(), disruption::ALLOWED);
    let is_told = told.is_some_and(|told| (told.status == "True") == (room > 0));
    // With nothing new to be said the condition stays as it is, whatever its reason.
    if !is_told || status != old {
        disruption::set_condition(&mut status, now.to_api());
    }
    status
}

/// What is written when the numbers are not known: nothing may go.
fn fail_safe(budget: &PodDisruptionBudget, why: &str, now: VirtualTime) -> PodDisruptionBudgetStatus {
    let mut status = budget.status.clone().unwrap_or_default();
    status.disruptions_allowed = Some(0);
    let condition = Condition {
        type_: disruption::ALLOWED.to_owned(),
        status: "False".to_owned(),
        reason: disruption::SYNC_FAILED.to_owned(),
        message: why.to_owned(),
        observed_generation: status.observed_generation,
        last_transition_time: now.to_api(),
    };
    conditions::set(status.conditions.get_or_insert_default(), condition);
    status
}

/// The request that writes the status, if it says something new.
fn write(budget: &Arc<PodDisruptionBudget>, status: PodDisruptionBudgetStatus) -> Option<Write> {
    if budget.status.as_ref() == Some(&status) {
        return None;
    }
    let did = format_smolstr!(
        "report {} healthy, {} needed, {} may be evicted",
        status.current_healthy.unwrap_or(0),
        status.desired_healthy.unwrap_or(0),
        disruption::allowed(&status)
    );
    let object = PodDisruptionBudget { status: Some(status), ..(**budget).clone() }.into_object();
    Some(Write::new(Call::Update { object, sub: Sub::Status, dry_run: false }, did).tolerating(&["NotFound"]))
}

/// The selector as Go prints it, in a sentence that says what to do.
fn unmanaged(budget: &PodDisruptionBudget) -> String {
    let selector = budget.spec.as_ref().and_then(|spec| spec.selector.clone()).unwrap_or_default();
    let labels: Vec<String> =
        selector.match_labels.iter().flatten().map(|(key, value)| format!("{key}: {value},")).collect();
    let expressions: Vec<String> = selector
        .match_expressions
        .iter()
        .flatten()
        .map(|one| {
            let values = one.values.clone().unwrap_or_default().join(" ");
            format!(
                "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{values}],}},",
                one.key, one.operator
            )
        })
        .collect();
    format!(
        "Pods selected by this PodDisruptionBudget (selector: &LabelSelector{{MatchLabels:map[string]string{{{}}},\
         MatchExpressions:[]LabelSelectorRequirement{{{}}},}}) were found to be unmanaged. As a result, the status of \
         the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods \
         please set \".spec.minAvailable\" field of the PDB to an integer value.",
        labels.join(""),
        expressions.join(""),
    )
}
