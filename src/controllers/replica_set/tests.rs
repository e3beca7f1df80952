use serde_json::json;

use super::*;
use crate::apiserver::{Patch, Status};
use crate::client::{Effect, Verdict};
use crate::controllers::testing::{World, pod, replica_set, with};
use crate::object::{Key, Pod, owner};
use crate::time::Span;

fn item() -> ObjectRef {
    ObjectRef::new(Kind::ReplicaSet, Key::new("default", "web"))
}

fn world(replicas: i32) -> World {
    let mut world = World::new();
    world.put(replica_set("web", replicas).into_object());
    world
}

fn owned(name: &str) -> Pod {
    let owner = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "uid-web", "controller": true,
    });
    with(pod(name, "web"), json!({ "metadata": { "ownerReferences": [owner] } }))
}

fn compare(world: &World) -> (Seen, Plan) {
    let mut logic = ReplicaSetController::default();
    let seen = logic.observe(&item(), &world.cache, world.now).unwrap();
    let plan = logic.compare(&item(), &seen, world.now);
    (seen, plan)
}

/// The plan's requests per step: `create`, `delete web-1`, `patch stray`.
fn steps(plan: &[Step<Never>]) -> Vec<Vec<String>> {
    let words = |effect: &Effect<Never>| match effect {
        Effect::Write(write) => match write.call.target() {
            Some(target) if write.call.verb() != "create" => {
                format!("{} {}", write.call.verb(), target.key.name)
            }
            _ => write.call.verb().to_owned(),
        },
        other => format!("{other:?}"),
    };
    plan.iter().map(|step| step.effects.iter().map(words).collect()).collect()
}

fn status_of(step: &Step<Never>) -> ReplicaSet {
    match &step.effects[..] {
        [Effect::Write(write)] => match &write.call {
            Call::Update { object, .. } => ReplicaSet::of(object).unwrap().clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn missing_pods_are_created_in_growing_batches_and_reported_as_seen_before() {
    let world = world(7);
    let (seen, plan) = compare(&world);
    assert_eq!(plan.verdict, Verdict::count(7, 0, "0 exist, 7 wanted: create 7 more"));
    assert_eq!(steps(&plan.steps).iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 4]);
    let Effect::Write(write) = &plan.steps[0].effects[0] else { panic!() };
    let Call::Create { object, .. } = &write.call else { panic!() };
    let pod = Pod::of(object).unwrap();
    assert_eq!(pod.metadata.generate_name.as_deref(), Some("web-"));
    assert!(owner::is_controlled_by(&pod.metadata, "uid-web"));

    let done = vec![Outcome::Done(None); 7];
    let report = plan::conclude(&seen, &done, world.now);
    let status = status_of(&report[0]).status.unwrap();
    assert_eq!(
        (status.replicas, status.terminating_replicas, status.observed_generation),
        (0, Some(0), Some(1))
    );
}

#[test]
fn what_was_asked_for_is_awaited_before_more_is_asked() {
    let world = world(3);
    let mut logic = ReplicaSetController::default();
    let seen = logic.observe(&item(), &world.cache, world.now).unwrap();
    let plan = logic.compare(&item(), &seen, world.now);
    logic.intend(&item(), &plan, world.now);
    logic.expectations.created(&item().key);

    let seen = logic.observe(&item(), &world.cache, world.now).unwrap();
    let plan = logic.compare(&item(), &seen, world.now);
    assert!(plan.verdict.why.starts_with("waits for 2 creates it already asked for"), "{}", plan.verdict.why);
    assert_eq!(steps(&plan.steps), [["update web"]]);
    assert_eq!(plan.again, Some(Span::secs(300)));

    let later = world.now + Span::secs(300);
    let seen = logic.observe(&item(), &world.cache, later).unwrap();
    assert_eq!(logic.compare(&item(), &seen, later).verdict.why, "0 exist, 3 wanted: create 3 more");
}

#[test]
fn a_refusal_ends_the_batches_and_becomes_a_condition() {
    let world = world(3);
    let (seen, _) = compare(&world);
    let status =
        Status::forbidden(&ObjectRef::new(Kind::Pod, Key::new("default", "web-x")), "exceeded quota: q");
    let outcomes = [Outcome::Refused(Box::new(status)), Outcome::Skipped, Outcome::Skipped];
    let set = status_of(&plan::conclude(&seen, &outcomes, world.now)[0]);
    let condition = &set.status.as_ref().unwrap().conditions.as_ref().unwrap()[0];
    assert_eq!(condition.type_, "ReplicaFailure");
    assert_eq!(condition.reason.as_deref(), Some("FailedCreate"));
    assert_eq!(condition.message.as_deref(), Some("pods \"web-x\" is forbidden: exceeded quota: q"));

    // Once it works again, the condition goes.
    let mut world = world;
    world.put(set.into_object());
    let (seen, _) = compare(&world);
    let set = status_of(&plan::conclude(&seen, &vec![Outcome::Done(None); 3], world.now)[0]);
    assert_eq!(set.status.unwrap().conditions, None);
}

#[test]
fn orphans_are_adopted_and_strays_released() {
    let mut world = world(2);
    world.put(pod("stray", "web").into_object());
    world.put(with(owned("web-1"), json!({ "metadata": { "labels": { "app": "debug" } } })).into_object());
    world.put(owned("web-2").into_object());
    world.put(pod("other", "api").into_object());
    let (_, plan) = compare(&world);
    assert_eq!(
        plan.verdict.why,
        "adopts stray (its labels match and nobody owns it); lets web-1 go (its labels no longer match); \
         2 exist, 2 wanted: nothing to do"
    );
    assert_eq!(steps(&plan.steps), [["patch stray", "patch web-1"]]);
    let Effect::Write(write) = &plan.steps[0].effects[0] else { panic!() };
    let Call::Patch { patch: Patch::Strategic(patch), .. } = &write.call else { panic!() };
    assert_eq!(patch["metadata"]["uid"], "stray");

    world.look(ReplicaSetController::default(), &item());
    assert!(owner::is_controlled_by(&world.get::<Pod>("stray").unwrap().metadata, "uid-web"));
    assert!(world.get::<Pod>("web-1").unwrap().metadata.owner_references.is_none());
}

#[test]
fn the_least_useful_pods_go_and_terminating_ones_do_not_count() {
    let mut world = world(1);
    let ready = |name: &str| {
        with(
            owned(name),
            json!({
                "spec": { "nodeName": "node-1" },
                "status": { "phase": "Running", "conditions": [
                    { "type": "Ready", "status": "True", "lastTransitionTime": "2026-01-05T08:00:00Z" },
                ]},
            }),
        )
    };
    world.put(ready("web-1").into_object());
    world.put(owned("web-2").into_object());
    let gone = json!({ "metadata": { "deletionTimestamp": "2026-01-05T08:00:30Z" } });
    world.put(with(ready("web-3"), gone).into_object());
    let (seen, plan) = compare(&world);
    assert_eq!(seen.words(), "2 pods, 1 ready, 1 terminating");
    assert_eq!(plan.verdict.why, "2 exist, 1 wanted: delete web-2, because it has no node yet");
    assert_eq!(steps(&plan.steps), [["delete web-2"]]);
    world.look(ReplicaSetController::default(), &item());
    assert_eq!(world.said(), ["Deleted pod: web-2"]);
    // The report at the end counts what was seen at the start.
    let status = world.get::<ReplicaSet>("web").unwrap().status.unwrap();
    assert_eq!((status.replicas, status.ready_replicas, status.terminating_replicas), (2, Some(1), Some(1)));
}

#[test]
fn a_ready_pod_is_available_only_after_min_ready_seconds() {
    let mut world = world(1);
    world.edit::<ReplicaSet>("web", json!({ "spec": { "minReadySeconds": 3 } }));
    world.put(owned("web-1").into_object());
    world.now = VirtualTime::from_micros(10_500_000);
    world.ready("web-1", 1);
    let (_, plan) = compare(&world);
    // API times have whole seconds, so "ready since 10" counts.
    assert_eq!(plan.again, Some(Span::millis(2500)));
    let status = status_of(&plan.steps[0]).status.unwrap();
    assert_eq!((status.ready_replicas, status.available_replicas), (Some(1), None));
    world.now = VirtualTime::from_micros(13_000_000);
    let (_, plan) = compare(&world);
    assert_eq!(plan.again, None);
    assert_eq!(status_of(&plan.steps[0]).status.unwrap().available_replicas, Some(1));
}
