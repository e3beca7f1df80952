//! Budgets and their pods, by hand.

use serde_json::{Value, json};

use super::DisruptionController;
use crate::apiserver::{Call, Patch};
use crate::controllers::rig::{Rig, object};
use crate::object::Object;
use crate::time::Span;

fn pod(name: &str, ready: bool, owner: Value) -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "uid": name, "labels": {"app": "web"},
            "ownerReferences": if owner.is_null() { json!([]) } else { json!([owner]) }},
        "spec": {"containers": []},
        "status": {"phase": "Running", "conditions": [
            {"type": "Ready", "status": if ready { "True" } else { "False" }}]},
    }))
}

fn owner(kind: &str, name: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": true})
}

fn workload(kind: &str, name: &str, replicas: i32, owner: Value) -> Object {
    object(json!({
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": {"name": name, "namespace": "default", "uid": name,
            "ownerReferences": if owner.is_null() { json!([]) } else { json!([owner]) }},
        "spec": {"replicas": replicas, "selector": {}, "template": {}},
    }))
}

fn budget(spec: Value, status: Value) -> Object {
    let mut spec = spec;
    spec["selector"] = json!({"matchLabels": {"app": "web"}});
    object(json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "default", "uid": "b", "generation": 1, "resourceVersion": "1"},
        "spec": spec, "status": status,
    }))
}

/// A Deployment of three with its set and pods, of which so many are ready.
fn shop(ready: usize) -> Vec<Object> {
    let mut objects = vec![
        workload("Deployment", "web", 3, Value::Null),
        workload("ReplicaSet", "web-5", 3, owner("Deployment", "web")),
    ];
    objects.extend((0..3).map(|n| pod(&format!("web-5-{n}"), n < ready, owner("ReplicaSet", "web-5"))));
    objects
}

/// What the controller writes at its first look, if it writes.
fn written(mut objects: Vec<Object>, spec: Value, status: Value) -> Option<Value> {
    objects.push(budget(spec, status));
    let mut rig = Rig::new(DisruptionController, objects);
    rig.run_for(Span::secs(1));
    match rig.calls() {
        [] => None,
        [Call::Update { object, .. }] => Some(object.to_value()["status"].clone()),
        calls => panic!("{calls:?}"),
    }
}

/// Healthy, needed, expected, allowed.
fn numbers(spec: Value, ready: usize) -> [i64; 4] {
    let status = written(shop(ready), spec, json!({})).expect("a status");
    let number = |field: &str| status[field].as_i64().unwrap_or(-1);
    let reason = if number("disruptionsAllowed") > 0 { "SufficientPods" } else { "InsufficientPods" };
    assert_eq!(status["conditions"][0]["reason"], reason);
    assert_eq!(status["observedGeneration"], 1);
    ["currentHealthy", "desiredHealthy", "expectedPods", "disruptionsAllowed"].map(number)
}

#[test]
fn numbers_and_shares_are_worked_out_as_documented() {
    assert_eq!(numbers(json!({"minAvailable": 2}), 3), [3, 2, 3, 1]);
    assert_eq!(numbers(json!({"minAvailable": 2}), 1), [1, 2, 3, 0]);
    assert_eq!(numbers(json!({"maxUnavailable": 1}), 3), [3, 2, 3, 1]);
    assert_eq!(numbers(json!({"maxUnavailable": 0}), 3), [3, 3, 3, 0]);
    // Both kinds of share are rounded up: of three, 50% are two.
    assert_eq!(numbers(json!({"minAvailable": "50%"}), 3), [3, 2, 3, 1]);
    assert_eq!(numbers(json!({"maxUnavailable": "50%"}), 3), [3, 1, 3, 2]);
    assert_eq!(numbers(json!({"maxUnavailable": 9}), 3), [3, 0, 3, 3]);
}

#[test]
fn the_whole_is_what_the_owners_want_and_not_what_there_is() {
    let mut objects = shop(3);
    objects.pop();
    let status = written(objects, json!({"maxUnavailable": 1}), json!({})).unwrap();
    assert_eq!((&status["expectedPods"], &status["disruptionsAllowed"]), (&json!(3), &json!(0)));
    // A set whose Deployment is gone counts for itself.
    let mut objects = shop(3);
    objects.remove(0);
    let status = written(objects, json!({"maxUnavailable": 1}), json!({})).unwrap();
    assert_eq!((&status["expectedPods"], &status["disruptionsAllowed"]), (&json!(3), &json!(1)));
}

#[test]
fn an_evicted_pod_is_not_counted_until_it_is_seen_to_go_or_two_minutes_have_passed() {
    // Evicted now, as the API server notes it; the deletion is not seen.
    let status = json!({"disruptedPods": {"web-5-0": crate::time::VirtualTime::ZERO.to_api()}});
    let mut objects = shop(3);
    objects.push(budget(json!({"minAvailable": 1}), status));
    let mut rig = Rig::new(DisruptionController, objects);
    let told = |rig: &mut Rig<DisruptionController>, span: Span| {
        rig.run_for(span);
        let calls = rig.take_calls();
        let Some(Call::Update { object, .. }) = calls.last() else { panic!("{calls:?}") };
        rig.put(object.clone());
        let status = object.to_value()["status"].clone();
        (status["currentHealthy"].clone(), status["disruptedPods"].clone())
    };
    let (healthy, pods) = told(&mut rig, Span::secs(1));
    assert_eq!(healthy, 2);
    assert!(pods["web-5-0"].is_string());
    assert_eq!(told(&mut rig, Span::secs(121)), (json!(3), Value::Null));
    assert_eq!(rig.take_events(), ["Pod was expected by PDB default/default to be deleted but it wasn't"]);
}

#[test]
fn what_has_no_scale_makes_the_budget_refuse_everything() {
    let mut objects = shop(3);
    objects[2] = pod(
        "web-5-0",
        true,
        json!({"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "n", "controller": true}),
    );
    let status =
        written(objects.clone(), json!({"maxUnavailable": 1}), json!({"disruptionsAllowed": 1})).unwrap();
    let condition = &status["conditions"][0];
    assert_eq!((&status["disruptionsAllowed"], &condition["reason"]), (&json!(0), &json!("SyncFailed")));
    assert_eq!(condition["message"], "nodes does not implement the scale subresource");
    // A plain number needs no owners.
    assert_eq!(written(objects, json!({"minAvailable": 2}), json!({})).unwrap()["disruptionsAllowed"], 1);
}

#[test]
fn pods_without_an_owner_and_budgets_without_pods_are_told_of() {
    let events = |objects: Vec<Object>, spec: Value| {
        let mut objects = objects;
        objects.push(budget(spec, json!({})));
        let mut rig = Rig::new(DisruptionController, objects);
        rig.run_for(Span::secs(1));
        rig.take_events()
    };
    assert_eq!(events(Vec::new(), json!({"minAvailable": 1})), ["No matching pods found"]);
    let bare = vec![pod("bare", true, Value::Null)];
    assert_eq!(events(bare.clone(), json!({"minAvailable": 1})), Vec::<String>::new());
    let told = events(bare, json!({"maxUnavailable": 1}));
    assert!(
        told[0].contains(
            "(selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},})"
        ),
        "{told:?}"
    );
}

#[test]
fn nothing_is_written_when_nothing_is_new() {
    let first = written(shop(3), json!({"minAvailable": 2}), json!({})).unwrap();
    assert_eq!(written(shop(3), json!({"minAvailable": 2}), first), None);
}

#[test]
fn a_mark_without_a_deletion_is_taken_back_after_two_minutes() {
    let mut value = pod("web-1", true, Value::Null).to_value();
    value["status"]["conditions"] = json!([{"type": "DisruptionTarget", "status": "True", "reason": "x",
        "lastTransitionTime": crate::time::VirtualTime::ZERO.to_api()}]);
    let mut rig = Rig::new(DisruptionController, vec![object(value)]);
    rig.run_for(Span::secs(119));
    assert!(rig.calls().is_empty());
    rig.run_for(Span::secs(2));
    let calls = rig.take_calls();
    let [Call::Patch { patch: Patch::Strategic(patch), .. }] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(patch["status"]["conditions"][0]["status"], "False");
}
