//! What is to be done about a node, or about a pod on a silent node, given what was seen.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Node;
use smol_str::{SmolStr, ToSmolStr, format_smolstr};

use super::{NodeSeen, Turn, health, taints};
use crate::apiserver::{Call, Sub};
use crate::client::{Note, Outcome, Plan, Verdict, Write};
use crate::object::{Object, ObjectMeta, Pod, Resource};
use crate::time::VirtualTime;

/// What is to be done about a node.
pub(super) fn node(seen: &NodeSeen, now: VirtualTime) -> Plan {
    let node = &*seen.node;
    let name = node.metadata.name.as_deref().unwrap_or("");
    if seen.cut_off {
        let why = "my own watches are broken: I cannot tell who is silent";
        return Plan::idle(Verdict::new("news of the nodes", "none", "?", why));
    }
    // Once told, it is tried again without waiting for the next check.
    if (seen.is_check || seen.told)
        && seen.quiet_for >= health::grace(node)
        && let Some(unknown) = health::silenced(node, now)
    {
        return mark_unknown(seen, name, unknown);
    }
    if let Some((taints, words)) = taints::corrected_no_schedule(node, now) {
        let why = match words.starts_with('+') {
            true => format_smolstr!("new pods must keep away from {name}"),
            false => format_smolstr!("what kept new pods away from {name} is over"),
        };
        let verdict =
            Verdict::new("taints that match its conditions", taint_words(node), words.as_str(), why);
        return Plan::idle(verdict)
            .then(Write::new(taints::patch(node, &taints), format!("set taints {words}")));
    }
    compare_no_execute(seen, name, now)
}

fn mark_unknown(seen: &NodeSeen, name: &str, unknown: Node) -> Plan {
    let grace = health::grace(&seen.node);
    let (quiet, what) = match health::condition(&seen.node, "Ready") {
        Some(_) => (seen.quiet_for, "no lease renewal"),
        None => (seen.quiet_for, "no report since it was registered"),
    };
    let verdict = Verdict::new(
        format_smolstr!("a sign of life within {grace}"),
        format_smolstr!("none for {quiet}"),
        "overdue",
        format_smolstr!("{name}: {what} for {grace}: I mark it Unknown; I cannot know whether it is dead"),
    );
    let mut write = Write::new(
        Call::Update { object: unknown.into_object(), sub: Sub::Status, dry_run: false },
        "mark all its conditions Unknown",
    )
    .deciding();
    if health::ready(&seen.node) == "True" {
        // Told only once, and only of a node that was ready before.
        write = write.noting(bare(&seen.node), |about, _, outcome| {
            let name = about.key().name;
            let text = format!("Node {name} status is now: NodeNotReady");
            matches!(outcome, Outcome::Done(_)).then(|| Note::normal(about.clone(), "NodeNotReady", text))
        });
    }
    let mut plan = Plan::idle(verdict).then(write);
    plan.story = (!seen.told).then(|| format_smolstr!("{name} fell silent"));
    plan
}

/// What remains when conditions and `NoSchedule` are in order: may its pods stay?
fn compare_no_execute(seen: &NodeSeen, name: &str, now: VirtualTime) -> Plan {
    let node = &*seen.node;
    let ready = health::ready(node);
    let key = match ready {
        "True" => None,
        "False" => Some(taints::NOT_READY),
        _ => Some(taints::UNREACHABLE),
    };
    let is_tainted = taints::drives_out(node);
    let life = format_smolstr!("a sign of life within {}", health::grace(node));
    let last = format_smolstr!("the last one {} ago", seen.quiet_for);
    let wrong = taints::of(node) != taints::with_no_execute(node, key, now);
    let change = |key: Option<&'static str>, did: &str, why: SmolStr| {
        let verdict = Verdict::new("the right NoExecute taint", taint_words(node), "differs", why);
        let call = taints::patch(node, &taints::with_no_execute(node, key, now));
        Plan::idle(verdict).then(Write::new(call, did))
    };
    if health::condition(node, "Ready").is_none() {
        let why = format_smolstr!("{name} has not reported yet");
        return Plan::idle(Verdict::new("a first report", "none", "=", why));
    }
    match (key, seen.turn) {
        (None, _) if is_tainted && seen.is_check => {
            change(None, "remove its NoExecute taint", format_smolstr!("{name} is back: its pods may stay"))
        }
        (None, _) => Plan::idle(Verdict::new(life, last, "=", format_smolstr!("{name} is alive"))),
        (Some(_), _) if is_tainted && seen.all_silent => change(
            None,
            "remove its NoExecute taint",
            "no node answers: I am more likely cut off than all of them dead; nobody is driven out".into(),
        ),
        (Some(key), None) if wrong && !seen.all_silent => {
            change(Some(key), "change its NoExecute taint", format_smolstr!("{name} is Ready={ready} now"))
        }
        (Some(key), Some(Turn::Now)) => change(
            Some(key),
            "taint it NoExecute",
            format_smolstr!("{name} is Ready={ready}: its pods leave when their patience ends"),
        ),
        (Some(_), turn) => {
            let verdict =
                Verdict::new(life, last, "overdue", waiting_words(name, ready, turn, seen.all_silent));
            match turn {
                Some(Turn::In(span, _)) => Plan::idle(verdict).again_after(span).waiting_for("for its turn"),
                _ => Plan::idle(verdict),
            }
        }
    }
}

fn waiting_words(name: &str, ready: &str, turn: Option<Turn>, all_silent: bool) -> SmolStr {
    match turn {
        _ if all_silent => {
            "no node answers: I am more likely cut off than all of them dead; nobody is driven out".into()
        }
        Some(Turn::In(span, 0)) => {
            format_smolstr!("{name} is Ready={ready}: its pods are driven out, from {span} on")
        }
        Some(Turn::In(span, ahead)) => format_smolstr!(
            "one node per 10s and zone is emptied: {ahead} before {name}, whose turn is in {span}"
        ),
        Some(Turn::ZoneDisrupted(bad, all)) => format_smolstr!(
            "{bad} of {all} nodes of its zone are not ready: the network may be broken, so nobody is driven out"
        ),
        _ => format_smolstr!("{name} is Ready={ready} and tainted: I wait for its kubelet"),
    }
}

fn taint_words(node: &Node) -> SmolStr {
    let taints: Vec<String> =
        taints::of(node).iter().map(|taint| format!("{}:{}", taint.key, taint.effect)).collect();
    match taints.is_empty() {
        true => "no taints".into(),
        false => taints.join(" ").to_smolstr(),
    }
}

/// A pod that says it is ready, on a silent node: it loses that condition and nothing else
/// (`controller.MarkPodsNotReady`).
pub(super) fn pod(pod: &Pod, now: VirtualTime) -> Plan {
    let node = pod.node_name().unwrap_or("");
    let verdict = Verdict::new(
        "not ready while its node is silent",
        "Ready=True",
        "differs",
        format_smolstr!(
            "{node} does not answer: nobody should send requests to this pod; it may well be running"
        ),
    );
    let mut marked = pod.clone();
    let status = Arc::make_mut(&mut marked.status);
    for ready in status.conditions.iter_mut().flatten().filter(|condition| condition.type_ == "Ready") {
        ready.status = "False".to_owned();
        ready.last_transition_time = Some(now.to_api());
    }
    let about = Object::Pod(Arc::new(pod.clone()));
    let call = Call::Update { object: marked.into_object(), sub: Sub::Status, dry_run: false };
    let write = Write::new(call, "mark it not ready").deciding().tolerating(&["NotFound"]).noting(
        about,
        |about, _, outcome| {
            let note = Note::warning(about.clone(), "NodeNotReady", "Node is not ready");
            matches!(outcome, Outcome::Done(Some(_))).then_some(note)
        },
    );
    Plan::idle(verdict).then(write)
}

/// The node as its events name it: without a revision.
fn bare(node: &Node) -> Object {
    let metadata = ObjectMeta {
        name: node.metadata.name.clone(),
        uid: node.metadata.uid.clone(),
        ..ObjectMeta::default()
    };
    Node { metadata, ..Node::default() }.into_object()
}

/// The Event about a node that is new to this controller.
pub(super) fn introduction(node: &Node) -> Note {
    let name = node.metadata.name.as_deref().unwrap_or("");
    let text = format!("Node {name} event: Registered Node {name} in Controller");
    Note::normal(bare(node), "RegisteredNode", text)
}

/// The Event about a node that was deleted.
pub(super) fn farewell(name: &str, node: Option<&Node>) -> Note {
    let text = format!("Node {name} event: Removing Node {name} from Controller");
    Note::normal(bare(node.unwrap_or(&Node::default())), "RemovingNode", text)
}
