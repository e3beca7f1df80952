//! From a decision to what is written: a binding, or the reason why there is none.

use std::sync::Arc;

use k8s_openapi::api::core::v1::PodCondition;
use serde_json::{Value, json};
use smol_str::{SmolStr, format_smolstr};

use super::cycle::{Decision, Failure, Outcome as Chosen};
use super::message;
use super::plugins::{Incoming, Plugin};
use super::preemption::Preemption;
use super::queue::Written;
use crate::apiserver::{Call, DeleteOptions, Patch, Sub};
use crate::client::{Effect, Explanation, Note, Outcome, Plan, Step, Verdict, Write};
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource};
use crate::time::VirtualTime;

/// What the scheduler does in its own memory.
#[derive(Clone, Debug)]
pub enum Op {
    /// Count a pod on a node although the API server has not agreed yet.
    Assume {
        /// The node.
        node: SmolStr,
        /// The pod.
        incoming: Arc<Incoming>,
        /// How many nodes were looked at.
        evaluated: usize,
        /// How the choice was made.
        explanation: Arc<Explanation>,
    },
    /// Let a pod wait until something happens that could help.
    Park {
        /// The pod.
        incoming: Arc<Incoming>,
        /// Which filters rejected it.
        rejectors: Vec<Plugin>,
        /// How many nodes were looked at.
        evaluated: usize,
        /// How the choice was made.
        explanation: Arc<Explanation>,
        /// What its status says from now on.
        written: Written,
    },
}

/// The plan that a decision means. `written` is what the pod's status was last given.
pub fn plan(
    incoming: &Arc<Incoming>,
    decision: Decision,
    written: Option<&Written>,
    now: VirtualTime,
) -> Plan<Op> {
    let Decision { explanation, evaluated, outcome } = decision;
    let want = format_smolstr!("a node for pod {}", incoming.key.name);
    let verdict = Verdict::new(want, "no node", "-1", explanation.message.clone());
    match outcome {
        Chosen::Bind(node) => {
            let assume = format_smolstr!("assume that it is on {node}, so that the next pod counts it");
            let bind = bind(incoming, &node);
            let incoming = Arc::clone(incoming);
            Plan::idle(verdict)
                .locally(Op::Assume { node, incoming, evaluated, explanation }, assume)
                .then(bind)
                .waiting_for("for pods without a node")
        }
        Chosen::Fail(failure) => fail(incoming, failure, evaluated, explanation, written, now, verdict),
    }
}

fn object(pod: &Arc<Pod>) -> Object {
    Object::Pod(Arc::clone(pod))
}

fn bind(incoming: &Incoming, node: &SmolStr) -> Write {
    let uid = incoming.pod.metadata.uid.clone().unwrap_or_default();
    let call = Call::Bind { pod: incoming.key.clone(), uid, node: node.clone() };
    Write::new(call, format_smolstr!("bind it to {node}")).noting(object(&incoming.pod), bound)
}

/// The event about a binding that ended.
fn bound(about: &Object, call: &Call, outcome: &Outcome) -> Option<Note> {
    let Call::Bind { node, .. } = call else { return None };
    let note = match outcome {
        Outcome::Done(_) => {
            let text = message::scheduled(Pod::of(about)?, node);
            Note { action: "Binding", ..Note::normal(about.clone(), "Scheduled", text) }
        }
        Outcome::Refused(status) => {
            let text = format!("binding rejected: running Bind plugin \"DefaultBinder\": {status}");
            failed_scheduling(about.clone(), text)
        }
        Outcome::Listed(_) | Outcome::Skipped => return None,
    };
    Some(note)
}

fn failed_scheduling(about: Object, text: String) -> Note {
    Note { action: "Scheduling", ..Note::warning(about, "FailedScheduling", text) }
}

fn fail(
    incoming: &Arc<Incoming>,
    failure: Failure,
    evaluated: usize,
    explanation: Arc<Explanation>,
    written: Option<&Written>,
    now: VirtualTime,
    verdict: Verdict,
) -> Plan<Op> {
    let pod = &incoming.pod;
    let Failure { message, rejectors, preemption } = failure;
    let nominated_before =
        pod.status.nominated_node_name.as_deref().filter(|name| !name.is_empty()).map(SmolStr::from);
    let nominated = match &preemption {
        Preemption::Possible { node, .. } => Some(node.clone()),
        Preemption::NotAllowed(_) => nominated_before.clone(),
        Preemption::Hopeless(_) => None,
    };
    let now_written = Written { message: message.as_str().into(), nominated: nominated.clone() };
    let is_news = written != Some(&now_written)
        && (nominated != nominated_before || !says_unschedulable(pod, &message));

    let park =
        Op::Park { incoming: Arc::clone(incoming), rejectors, evaluated, explanation, written: now_written };
    let mut plan = Plan::idle(verdict).locally(park, "set it aside: no node will do now");
    let mut effects = vec![Effect::Note(failed_scheduling(object(pod), message.clone()))];
    if is_news {
        let change = (nominated != nominated_before).then_some(nominated);
        effects.push(Effect::Write(unschedulable(incoming, &message, change, now)));
    }
    plan.steps.push(Step { effects, must_succeed: true });
    match preemption {
        Preemption::Possible { node, victims } => preempt(plan, incoming, &node, &victims, now),
        _ => plan.waiting_for("until a node or another pod changes so that it could fit"),
    }
}

/// Whether the pod's condition says this already.
fn says_unschedulable(pod: &Pod, message: &str) -> bool {
    pod.condition("PodScheduled").is_some_and(|condition| {
        condition.status == "False"
            && condition.reason.as_deref() == Some("Unschedulable")
            && condition.message.as_deref() == Some(message)
            && condition.observed_generation == pod.metadata.generation
    })
}

fn unschedulable(
    incoming: &Incoming,
    message: &str,
    nominated: Option<Option<SmolStr>>,
    now: VirtualTime,
) -> Write {
    let condition = condition(&incoming.pod, "PodScheduled", "False", "Unschedulable", message, now);
    let mut status = json!({ "conditions": [condition] });
    if let Some(nominated) = nominated {
        status["nominatedNodeName"] = nominated.map_or(Value::Null, |node| node.as_str().into());
    }
    patch_status(&incoming.key, status, "say why in its status").tolerating(&["NotFound"])
}

fn patch_status(pod: &Key, status: Value, did: &'static str) -> Write {
    let target = ObjectRef::new(Kind::Pod, pod.clone());
    let patch = Patch::Strategic(json!({ "status": status }));
    Write::new(Call::Patch { target, patch, sub: Sub::Status, dry_run: false }, SmolStr::new_static(did))
}

/// A condition as `podutil.UpdatePodCondition` would leave it: the time moves only with the status.
fn condition(pod: &Pod, kind: &str, status: &str, reason: &str, message: &str, now: VirtualTime) -> Value {
    let unchanged = pod.condition(kind).filter(|old| old.status == status);
    let since = unchanged.and_then(|old| old.last_transition_time.clone()).unwrap_or_else(|| now.to_api());
    let condition = PodCondition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        observed_generation: pod.metadata.generation,
        last_transition_time: Some(since),
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        ..PodCondition::default()
    };
    serde_json::to_value(condition).unwrap_or_default()
}

/// Makes room: each victim is told why, then deleted.
fn preempt(
    mut plan: Plan<Op>,
    incoming: &Incoming,
    node: &SmolStr,
    victims: &[Arc<Pod>],
    now: VirtualTime,
) -> Plan<Op> {
    let uid = incoming.pod.metadata.uid.as_deref().unwrap_or("");
    let why = "default-scheduler: preempting to accommodate a higher priority pod";
    let (mut told, mut deleted, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for victim in victims.iter().filter(|victim| victim.metadata.deletion_timestamp.is_none()) {
        let key = victim.key();
        let condition = condition(victim, "DisruptionTarget", "True", "PreemptionByScheduler", why, now);
        let status = json!({ "conditions": [condition] });
        let tell = patch_status(&key, status, "tell a less important pod that it must go");
        told.push(tell.deciding().tolerating(&["NotFound"]));
        let options = DeleteOptions { uid: victim.metadata.uid.clone(), ..DeleteOptions::default() };
        let did = format_smolstr!("delete the less important pod {}", key.name);
        let call = Call::Delete { target: ObjectRef::new(Kind::Pod, key), options };
        deleted.push(Write::new(call, did).tolerating(&["NotFound"]));
        let text = format!("Preempted by pod {uid} on node {node}");
        let note = Note { action: "Preempting", ..Note::normal(object(victim), "Preempted", text) };
        notes.push(Effect::Note(note));
    }
    plan = plan.then_all(told).then_all(deleted);
    plan.steps.push(Step { effects: notes, must_succeed: true });
    plan.waiting_for(format_smolstr!("until the pods that it preempts have left {node}"))
}
