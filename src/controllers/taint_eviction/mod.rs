//! Taint eviction: a `NoExecute` taint drives pods out, each as soon as its patience ends.
//!
//! A pod may *tolerate* a taint, for ever or for a number of seconds. The API server gives every pod 300 s for
//! `not-ready` and `unreachable`: that is why the pods of a dead node stay for five minutes before they are
//! replaced. A pod that tolerates the taint for ever (a DaemonSet's) stays; one that does not tolerate it goes at
//! once. If the taint goes first, so does the countdown.
//!
//! The countdown starts when this controller *sees* the taint, by its own clock, and starts anew if the
//! controller does (`pkg/controller/tainteviction`). Before the deletion the pod gets the condition
//! `DisruptionTarget`, so that others know that it did not fail by itself.
//!
//! - `patience`: how long a pod puts up with the taints of its node.

mod patience;

use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::Node;
use serde_json::json;
use smol_str::{SmolStr, format_smolstr};

use patience::{Patience, no_execute, patience};

use crate::apiserver::{Call, DeleteOptions, Patch, Sub};
use crate::client::{
    Cache, Change, Context, Effect, Interest, Loop, Never, Note, Plan, Step, Verdict, Write,
};
use crate::object::{Key, Kind, Object, ObjectMeta, ObjectRef, Pod, Resource, is_terminating};
use crate::time::{Span, VirtualTime};

/// The reason and text of the condition `DisruptionTarget`.
const CONDITION: (&str, &str) = ("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");

/// A pod's countdown. A taint that comes later does not change when it ends: only a pod that does not tolerate that
/// taint at all goes at once (`processPodOnNode`).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Countdown {
    uid: String,
    ends: VirtualTime,
    /// It has run out: the pod is being deleted.
    fired: bool,
}

/// The taint eviction controller.
#[derive(Clone, Debug, Default)]
pub struct TaintEviction {
    countdowns: OrdMap<Key, Countdown>,
}

/// What it saw of a pod.
#[derive(Clone, Debug)]
pub struct Seen {
    pod: Arc<Pod>,
    patience: Patience,
    /// When its countdown ends, and whether it has run out already.
    countdown: Option<(VirtualTime, bool)>,
}

impl Loop for TaintEviction {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        "controller/taint-eviction".into()
    }

    fn interests(&self) -> Vec<Interest> {
        vec![Interest::all(Kind::Node), Interest::all(Kind::Pod)]
    }

    /// `tainteviction.UpdateWorkerSize`.
    fn workers(&self) -> usize {
        8
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        match (&change.old, &change.new) {
            (old, Some(Object::Node(node))) => {
                let before = old.as_ref().and_then(Node::of).map(no_execute).unwrap_or_default();
                if before != no_execute(node) {
                    let name = node.metadata.name.as_deref();
                    let cache = cx.cache;
                    for pod in cache.all_as::<Pod>().filter(|pod| name.is_some() && pod.node_name() == name) {
                        cx.wake(of_pod(pod), "the taints of its node changed");
                    }
                }
            }
            (old, Some(Object::Pod(pod))) => {
                let same = old.as_ref().and_then(Pod::of).is_some_and(|old| {
                    old.node == pod.node
                        && old.spec.tolerations == pod.spec.tolerations
                        && is_terminating(&old.metadata) == is_terminating(&pod.metadata)
                });
                let tainted = node_of(pod, cx.cache).is_some_and(|node| !no_execute(node).is_empty());
                if !same && (tainted || self.countdowns.contains_key(&Key::of(&pod.metadata))) {
                    cx.wake(of_pod(pod), "it is on a tainted node");
                }
            }
            (Some(Object::Pod(pod)), None) => {
                let key = Key::of(&pod.metadata);
                if self.countdowns.remove(&key).is_some_and(|countdown| !countdown.fired) {
                    cx.note(cancelling(&key));
                }
            }
            _ => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        let pod = cache.get_as::<Pod>(&item.key)?;
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let patience = node_of(pod, cache).map_or(Patience::NoTaint, |node| patience(pod, &no_execute(node)));
        let is_over = matches!(patience, Patience::NoTaint | Patience::ForEver);
        let of_another = |countdown: &Countdown| countdown.uid != uid || (countdown.fired && is_over);
        if self.countdowns.get(&item.key).is_some_and(of_another) {
            self.countdowns.remove(&item.key);
        }
        if let Patience::For(span, _) = &patience {
            let fresh = Countdown { uid, ends: now + *span, fired: false };
            self.countdowns.entry(item.key.clone()).or_insert(fresh);
        }
        let countdown = self.countdowns.get(&item.key).map(|countdown| (countdown.ends, countdown.fired));
        // Without a taint there is something to say only if a countdown ends by that.
        let matters = countdown.is_some() || patience != Patience::NoTaint;
        matters.then(|| Seen { pod: pod.clone(), patience, countdown })
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        let node = seen.pod.node_name().unwrap_or("");
        match &seen.patience {
            Patience::NoTaint => format_smolstr!("nothing drives pods out of {node}"),
            Patience::ForEver => format_smolstr!("{node} is tainted NoExecute; it tolerates that for ever"),
            Patience::For(span, key) => {
                format_smolstr!("{node} is tainted {key}; it tolerates that for {span}")
            }
            Patience::None(key) => format_smolstr!("{node} is tainted {key}; it does not tolerate that"),
        }
    }

    fn compare(&self, item: &ObjectRef, seen: &Seen, now: VirtualTime) -> Plan {
        if is_terminating(&seen.pod.metadata) {
            return Plan::idle(Verdict::nothing("it is on its way out already"));
        }
        let cancel = |why: SmolStr| {
            let verdict = Verdict::new("may stay", "may stay", "=", why);
            match seen.countdown {
                Some(_) => Plan::idle(verdict).noting(cancelling(&item.key)),
                None => Plan::idle(verdict),
            }
        };
        match &seen.patience {
            Patience::NoTaint => cancel("the taint is gone: it may stay".into()),
            Patience::ForEver => cancel("it tolerates every taint of its node for ever".into()),
            Patience::None(key) => {
                evict(seen, format_smolstr!("it does not tolerate {key}: it has to go now"), now)
            }
            Patience::For(span, key) => {
                let ends = seen.countdown.map_or(now + *span, |(ends, _)| ends);
                let left = ends.since(now);
                if left == Span::ZERO {
                    let why = format_smolstr!("the time for which it tolerates {key} is over");
                    return evict(seen, why, now);
                }
                let why = format_smolstr!("tolerates {key} for {span}: evict in {left}");
                let verdict = Verdict::new("gone when its patience ends", "running there", "=", why);
                Plan::idle(verdict).again_after(left).waiting_for("for the taint to go, or the time to end")
            }
        }
    }

    fn intend(&mut self, item: &ObjectRef, plan: &Plan, _now: VirtualTime) {
        let evicts =
            plan.steps.iter().flat_map(|step| &step.effects).any(|effect| matches!(effect, Effect::Write(_)));
        match (evicts, plan.is_idle()) {
            (true, _) => {
                if let Some(countdown) = self.countdowns.get_mut(&item.key) {
                    countdown.fired = true;
                }
            }
            // It was cancelled.
            (false, false) => {
                self.countdowns.remove(&item.key);
            }
            (false, true) => {}
        }
    }
}

fn of_pod(pod: &Pod) -> ObjectRef {
    ObjectRef::new(Kind::Pod, Key::of(&pod.metadata))
}

fn node_of<'a>(pod: &Pod, cache: &'a Cache) -> Option<&'a Arc<Node>> {
    cache.get_as::<Node>(&Key::cluster(pod.node_name()?))
}

fn evict(seen: &Seen, why: SmolStr, now: VirtualTime) -> Plan {
    let meta = &seen.pod.metadata;
    let (key, target) = (Key::of(meta), of_pod(&seen.pod));
    let patch = json!({
        "metadata": {"uid": meta.uid},
        "status": {"conditions": [{
            "type": "DisruptionTarget", "status": "True", "reason": CONDITION.0, "message": CONDITION.1,
            "observedGeneration": meta.generation, "lastTransitionTime": now.to_api(),
        }]},
    });
    let mark = Call::Patch {
        target: target.clone(),
        patch: Patch::Strategic(patch),
        sub: Sub::Status,
        dry_run: false,
    };
    let options = DeleteOptions { uid: meta.uid.clone(), ..DeleteOptions::default() };
    let verdict = Verdict::new("gone from this node", "running there", "overdue", why);
    let mut plan = Plan::idle(verdict);
    let cut_short = matches!((seen.countdown, &seen.patience), (Some((_, false)), Patience::None(_)));
    if cut_short {
        plan = plan.noting(cancelling(&key));
    }
    let note = Note::normal(named(&key), "TaintManagerEviction", format!("Marking for deletion Pod {key}"));
    let marking = Write::new(mark, "mark it as disrupted").deciding().tolerating(&["NotFound"]);
    plan.steps.push(Step { effects: vec![Effect::Note(note), Effect::Write(marking)], must_succeed: true });
    plan.then(
        Write::new(Call::Delete { target, options }, "delete the pod").tolerating(&["NotFound", "Conflict"]),
    )
}

fn cancelling(key: &Key) -> Note {
    Note::normal(named(key), "TaintManagerEviction", format!("Cancelling deletion of Pod {key}"))
}

/// The pod as this controller's events name it: by name alone.
fn named(key: &Key) -> Object {
    let metadata = ObjectMeta {
        name: Some(key.name.to_string()),
        namespace: Some(key.namespace.to_string()),
        ..ObjectMeta::default()
    };
    Pod { metadata: Arc::new(metadata), ..Pod::default() }.into_object()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::controllers::rig::{Rig, object};

    const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

    fn node(taints: Value) -> Object {
        object(json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-3", "uid": "n3"}, "spec": {"taints": taints},
        }))
    }

    fn unreachable() -> Object {
        node(json!([{"key": UNREACHABLE, "effect": "NoExecute"}]))
    }

    fn pod(name: &str, tolerations: Value) -> Object {
        object(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "uid": name, "generation": 1},
            "spec": {"nodeName": "node-3", "containers": [], "tolerations": tolerations},
        }))
    }

    fn for_seconds(seconds: i64) -> Value {
        json!([{"key": UNREACHABLE, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}])
    }

    fn rig(pods: Vec<Object>) -> Rig<TaintEviction> {
        let mut objects = vec![node(json!([]))];
        objects.extend(pods);
        let mut rig = Rig::new(TaintEviction::default(), objects);
        rig.run_for(Span::secs(1));
        assert!(rig.calls().is_empty());
        rig
    }

    fn deleted(calls: &[Call]) -> Vec<SmolStr> {
        let name = |call: &Call| match call {
            Call::Delete { target, .. } => Some(target.key.name.clone()),
            _ => None,
        };
        calls.iter().filter_map(name).collect()
    }

    #[test]
    fn a_pod_goes_exactly_when_its_patience_ends() {
        let mut rig = rig(vec![pod("web", for_seconds(300)), pod("fast", for_seconds(20))]);
        rig.put(unreachable());
        rig.run_for(Span::millis(20_001));
        assert!(rig.calls().is_empty());
        rig.run_for(Span::millis(20));
        let calls = rig.take_calls();
        assert_eq!(deleted(&calls), ["fast"]);
        let Call::Patch { patch: Patch::Strategic(patch), sub: Sub::Status, .. } = &calls[0] else {
            panic!("{calls:?}")
        };
        let condition = &patch["status"]["conditions"][0];
        assert_eq!(condition["reason"], "DeletionByTaintManager");
        assert_eq!(condition["message"], "Taint manager: deleting due to NoExecute taint");
        assert_eq!(rig.take_events(), ["Marking for deletion Pod default/fast"]);
        rig.remove(&pod("fast", for_seconds(20)));
        rig.run_for(Span::millis(279_970));
        assert!(rig.calls().is_empty());
        rig.run_for(Span::millis(30));
        assert_eq!(deleted(rig.calls()), ["web"]);
        assert_eq!(
            rig.take_events(),
            ["Marking for deletion Pod default/web"],
            "no cancelling of what was done"
        );
    }

    #[test]
    fn without_a_toleration_it_goes_at_once_and_with_an_endless_one_never() {
        let endless = json!([{"operator": "Exists"}]);
        let mut rig = rig(vec![pod("plain", json!([])), pod("daemon", endless)]);
        rig.put(unreachable());
        rig.run_for(Span::millis(30));
        assert_eq!(deleted(&rig.take_calls()), ["plain"]);
        rig.run_for(Span::secs(600));
        assert!(rig.calls().is_empty());
    }

    #[test]
    fn the_countdown_ends_with_the_taint_and_starts_anew_with_it() {
        let mut rig = rig(vec![pod("web", for_seconds(20))]);
        rig.put(unreachable());
        rig.run_for(Span::secs(15));
        rig.put(node(json!([])));
        rig.run_for(Span::secs(1));
        assert_eq!(rig.take_events(), ["Cancelling deletion of Pod default/web"]);
        rig.put(unreachable());
        rig.run_for(Span::secs(15));
        assert!(rig.calls().is_empty());
        rig.run_for(Span::millis(5_100));
        assert_eq!(deleted(rig.calls()), ["web"]);
    }

    #[test]
    fn a_refused_deletion_is_tried_again_at_once() {
        let mut rig = rig(vec![pod("web", for_seconds(20))]);
        rig.put(unreachable());
        rig.run_for(Span::secs(19));
        rig.refusals.push_back(crate::apiserver::Status::internal("etcd does not answer"));
        rig.run_for(Span::millis(1_100));
        assert_eq!(deleted(rig.calls()), ["web"]);
    }
}
