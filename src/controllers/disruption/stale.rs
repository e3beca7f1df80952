//! Marks that were not followed by a deletion.
//!
//! Whoever is about to delete a pod marks it `DisruptionTarget` first. If the deletion never comes, because
//! whoever it was stopped in between, the pod would look doomed for ever.

use std::sync::Arc;

use serde_json::json;

use super::BELIEVED;
use crate::apiserver::{Call, Patch, Sub};
use crate::client::{Plan, Verdict, Write};
use crate::object::{Kind, ObjectRef, Pod, Resource, is_terminating};
use crate::time::{Span, VirtualTime};

const MARK: &str = "DisruptionTarget";
/// The reason of marks that the kubelet sets; it may take its time.
const BY_KUBELET: &str = "TerminationByKubelet";

/// How much longer the pod's mark is believed; none if it has none that could become stale.
pub(super) fn believed_for(pod: &Pod, now: VirtualTime) -> Option<Span> {
    let mark = pod.condition(MARK).filter(|mark| mark.status == "True")?;
    if is_terminating(&pod.metadata) || pod.is_finished() || mark.reason.as_deref() == Some(BY_KUBELET) {
        return None;
    }
    let since = mark.last_transition_time.as_ref().map_or(VirtualTime::ZERO, VirtualTime::from_api);
    Some((since + BELIEVED).since(now))
}

/// The pod, if it carries a mark that may be taken back now or later.
pub(super) fn seen(pod: &Arc<Pod>, now: VirtualTime) -> Option<Arc<Pod>> {
    believed_for(pod, now).is_some().then(|| pod.clone())
}

/// Takes the mark back once it is not believed any more.
pub(super) fn plan(pod: &Pod, now: VirtualTime) -> Plan {
    let left = believed_for(pod, now).unwrap_or_default();
    if left > Span::ZERO {
        let verdict = Verdict::new("deleted", "there", "=", "whoever marked it may still delete it");
        return Plan::idle(verdict).again_after(left).waiting_for("for its deletion");
    }
    let patch = json!({
        "metadata": {"uid": pod.metadata.uid},
        "status": {"conditions": [{
            "type": MARK, "status": "False", "lastTransitionTime": now.to_api(), "reason": null, "message": null,
        }]},
    });
    let target = ObjectRef::new(Kind::Pod, pod.key());
    let call = Call::Patch { target, patch: Patch::Strategic(patch), sub: Sub::Status, dry_run: false };
    let why = "it was marked as about to go two minutes ago, and nobody deleted it";
    Plan::idle(Verdict::new("no mark", "marked", "overdue", why))
        .then(Write::new(call, "take the mark back").tolerating(&["NotFound"]))
}
