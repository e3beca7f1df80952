use serde_json::{Value, json};

use super::*;
use crate::controllers::rig::{Rig, object};
use crate::time::Span;

fn deployment(name: &str, uid: &str, meta: Value) -> Object {
    owned("apps/v1", "Deployment", name, uid, json!([]), meta)
}

fn owned(api: &str, kind: &str, name: &str, uid: &str, owners: Value, meta: Value) -> Object {
    let mut value = json!({
        "apiVersion": api, "kind": kind,
        "metadata": {"name": name, "namespace": "default", "uid": uid, "resourceVersion": "9",
            "ownerReferences": owners},
    });
    if kind == "Deployment" || kind == "ReplicaSet" {
        value["spec"] = json!({"selector": {}, "template": {}});
    }
    json_patch::merge(&mut value["metadata"], &meta);
    object(value)
}

fn by(kind: &str, name: &str, uid: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid,
        "controller": true, "blockOwnerDeletion": true})
}

fn replica_set(uid: &str, owners: Value) -> Object {
    owned("apps/v1", "ReplicaSet", "web-1", uid, owners, json!({}))
}

fn pod(name: &str, owners: Value) -> Object {
    let mut value = owned("v1", "ConfigMap", name, name, owners, json!({})).to_value();
    value["kind"] = json!("Pod");
    value["spec"] = json!({"containers": []});
    object(value)
}

fn going(finalizer: &str) -> Value {
    json!({"deletionTimestamp": "2026-01-05T08:00:00Z", "finalizers": [finalizer]})
}

fn deleted(calls: &[Call]) -> Vec<(String, Option<Propagation>)> {
    let of = |call: &Call| match call {
        Call::Delete { target, options } => {
            assert!(options.uid.is_some(), "every deletion names the uid");
            Some((target.to_string(), options.propagation))
        }
        _ => None,
    };
    calls.iter().filter_map(of).collect()
}

#[test]
fn dependents_follow_an_owner_that_was_deleted_in_the_background() {
    let owner = deployment("web", "d1", json!({}));
    let set = replica_set("r1", json!([by("Deployment", "web", "d1")]));
    let mut rig = Rig::new(
        GarbageCollector::default(),
        vec![owner.clone(), set, pod("p", json!([by("ReplicaSet", "web-1", "r1")]))],
    );
    rig.run_for(Span::secs(1));
    assert!(rig.calls().is_empty());
    rig.remove(&owner);
    rig.run_for(Span::millis(20));
    let calls = rig.take_calls();
    assert!(
        matches!(&calls[0], Call::Get { target, .. } if target.kind == Kind::ReplicaSet),
        "it asks first"
    );
    assert_eq!(deleted(&calls), [("ReplicaSet/default/web-1".to_owned(), Some(Propagation::Background))]);
}

#[test]
fn an_owner_never_seen_is_asked_for_and_a_living_one_saves_its_dependents() {
    let set = || replica_set("r1", json!([by("Deployment", "web", "d1")]));
    let mut rig = Rig::new(GarbageCollector::default(), vec![set()]);
    rig.run_for(Span::millis(20));
    assert_eq!(deleted(&rig.take_calls()).len(), 1, "no such Deployment");

    let another = deployment("web", "d2", json!({}));
    let mut rig = Rig::new(GarbageCollector::default(), vec![set(), another]);
    rig.run_for(Span::millis(20));
    assert_eq!(deleted(&rig.take_calls()).len(), 1, "a Deployment of that name, but not the same");

    let owner = deployment("web", "d1", json!({}));
    let mut logic = GarbageCollector::default();
    let item = set().reference();
    let mut cache = Cache::default();
    cache.insert(set());
    let seen = logic.observe(&item, &cache, VirtualTime::ZERO).unwrap();
    assert_eq!(logic.compare(&item, &seen, VirtualTime::ZERO).steps[0].effects.len(), 2, "it asks for both");
    let answers = [Outcome::Done(Some(set())), Outcome::Done(Some(owner))];
    assert!(logic.conclude(&item, &seen, &answers, VirtualTime::ZERO).is_empty());
}

#[test]
fn what_was_released_meanwhile_is_not_deleted() {
    let mut logic = GarbageCollector::default();
    let set = replica_set("r1", json!([by("Deployment", "web", "d1")]));
    let item = set.reference();
    let mut cache = Cache::default();
    cache.insert(set);
    let seen = logic.observe(&item, &cache, VirtualTime::ZERO).unwrap();
    let answers = [Outcome::Done(Some(replica_set("r1", json!([])))), Outcome::Done(None)];
    assert!(logic.conclude(&item, &seen, &answers, VirtualTime::ZERO).is_empty());
    let answers =
        [Outcome::Done(Some(replica_set("r2", json!([by("Deployment", "web", "d1")])))), Outcome::Done(None)];
    assert!(
        logic.conclude(&item, &seen, &answers, VirtualTime::ZERO).is_empty(),
        "another object of that name"
    );
}

#[test]
fn an_owner_that_is_gone_is_struck_off_while_another_lives() {
    let map = owned(
        "v1",
        "ConfigMap",
        "cm",
        "c1",
        json!([by("Deployment", "a", "d1"), by("Deployment", "b", "d2")]),
        json!({}),
    );
    let mut rig = Rig::new(GarbageCollector::default(), vec![deployment("a", "d1", json!({})), map]);
    rig.run_for(Span::millis(20));
    let calls = rig.take_calls();
    let Some(Call::Patch { patch: Patch::Strategic(patch), .. }) = calls.last() else { panic!("{calls:?}") };
    assert_eq!(patch["metadata"]["ownerReferences"], json!([{"$patch": "delete", "uid": "d2"}]));
    assert_eq!(patch["metadata"]["uid"], "c1");
    assert!(deleted(&calls).is_empty());
}

#[test]
fn in_the_foreground_the_owner_goes_last() {
    let set = replica_set("r1", json!([by("Deployment", "web", "d1")]));
    let one = pod("p", json!([by("ReplicaSet", "web-1", "r1")]));
    let mut rig =
        Rig::new(GarbageCollector::default(), vec![deployment("web", "d1", json!({})), set, one.clone()]);
    rig.run_for(Span::millis(20));
    rig.put(deployment("web", "d1", going(FOREGROUND)));
    rig.run_for(Span::millis(20));
    assert_eq!(
        deleted(&rig.take_calls()),
        [("ReplicaSet/default/web-1".to_owned(), Some(Propagation::Foreground))]
    );
    let mut set = replica_set("r1", json!([by("Deployment", "web", "d1")])).to_value();
    json_patch::merge(&mut set["metadata"], &going(FOREGROUND));
    rig.put(object(set.clone()));
    rig.run_for(Span::millis(20));
    assert_eq!(deleted(&rig.take_calls()), [("Pod/default/p".to_owned(), Some(Propagation::Background))]);
    rig.remove(&one);
    rig.run_for(Span::millis(20));
    let freed = |calls: &[Call]| match calls.last() {
        Some(Call::Patch { target, patch: Patch::Merge(patch), .. }) => {
            assert_eq!(patch["metadata"]["finalizers"], json!([]));
            assert!(patch["metadata"]["resourceVersion"].is_string(), "as it was just read");
            target.to_string()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(freed(&rig.take_calls()), "ReplicaSet/default/web-1");
    rig.remove(&object(set));
    rig.run_for(Span::millis(20));
    assert_eq!(freed(&rig.take_calls()), "Deployment/default/web");
}

#[test]
fn an_orphaning_owner_goes_only_after_its_dependents_forgot_it() {
    let set = replica_set("r1", json!([by("Deployment", "web", "d1")]));
    let mut rig = Rig::new(GarbageCollector::default(), vec![deployment("web", "d1", json!({})), set]);
    rig.run_for(Span::millis(20));
    rig.put(deployment("web", "d1", going(ORPHAN)));
    rig.run_for(Span::millis(20));
    let calls = rig.take_calls();
    let kinds: Vec<&str> = calls.iter().map(Call::verb).collect();
    assert_eq!(kinds, ["patch", "get", "patch"]);
    assert!(calls[0].target().is_some_and(|target| target.kind == Kind::ReplicaSet));
    assert!(calls[2].target().is_some_and(|target| target.kind == Kind::Deployment));
    assert!(deleted(&calls).is_empty());
}

#[test]
fn an_owner_of_an_unknown_kind_protects_what_it_owns() {
    let mut owner = by("Widget", "w", "x1");
    owner["apiVersion"] = json!("example.com/v1");
    let mut rig = Rig::new(GarbageCollector::default(), vec![pod("p", json!([owner]))]);
    rig.run_for(Span::secs(5));
    assert!(rig.calls().is_empty());
}

#[test]
fn an_owner_that_a_restore_brought_back_saves_its_dependents() {
    let (owner, set) =
        (deployment("web", "d1", json!({})), replica_set("r1", json!([by("Deployment", "web", "d1")])));
    let mut rig = Rig::new(GarbageCollector::default(), vec![owner.clone(), set]);
    rig.run_for(Span::secs(1));
    rig.remove(&owner);
    // It is back in the store before the collector asks, but the collector has not heard of that.
    rig.run_for(Span::millis(1));
    rig.put(owner);
    rig.run_for(Span::secs(1));
    assert!(deleted(rig.calls()).is_empty());
}
