use k8s_openapi::api::apps::v1::DeploymentStatus;
use serde_json::json;

use super::*;
use crate::apiserver::Status;
use crate::client::{Effect, Loop as _};
use crate::controllers::testing::{World, deployment, replica_set, with};
use crate::object::annotation;
use crate::time::Span;

const V2: &str = "web:2";

fn item() -> ObjectRef {
    ObjectRef::new(Kind::Deployment, Key::new("default", "web"))
}

fn image(image: &str) -> serde_json::Value {
    json!({ "spec": { "template": { "spec": { "containers": [{ "name": "web", "image": image }] } } } })
}

fn world(replicas: i32, change: serde_json::Value) -> World {
    let mut world = World::new();
    world.put(with(deployment("web", replicas), change).into_object());
    world
}

/// A world in which the first version is out.
fn rolled_out(replicas: i32, change: serde_json::Value) -> World {
    let mut world = world(replicas, change);
    world.settle("web");
    world.ready("web", usize::MAX);
    world.settle("web");
    world.said();
    world
}

fn name_of(world: &World) -> String {
    revision::set_name(&world.get::<Deployment>("web").unwrap())
}

fn status(world: &World) -> DeploymentStatus {
    world.get::<Deployment>("web").unwrap().status.unwrap()
}

fn progressing(world: &World) -> (String, String) {
    let condition = super::status::progressing(&status(world)).unwrap().clone();
    (condition.status, condition.reason.unwrap())
}

/// The log of scalings with the sets' names replaced: `old 4>3`.
fn scaled(world: &mut World, names: &[(&str, &str)]) -> Vec<String> {
    let lines = world.scaled();
    let rename = |line: String| names.iter().fold(line, |line, (from, to)| line.replace(from, to));
    lines.into_iter().map(rename).collect()
}

#[test]
fn the_first_look_creates_the_set_and_the_second_reports() {
    let mut world = world(3, json!({}));
    let name = name_of(&world);
    let why = world.look(DeploymentController, &item());
    assert_eq!(why, format!("there is no ReplicaSet yet: {name} is needed"));
    assert_eq!(world.said(), [format!("Scaled up replica set {name} from 0 to 3")]);
    assert_eq!(progressing(&world), ("True".into(), "NewReplicaSetCreated".into()));
    assert_eq!(status(&world).observed_generation, None);
    let web = world.get::<Deployment>("web").unwrap();
    assert_eq!(annotation(&web.metadata, revision::REVISION), Some("1"));

    world.look(DeploymentController, &item());
    let reported = status(&world);
    assert_eq!((reported.observed_generation, reported.unavailable_replicas), (Some(1), Some(3)));
    assert_eq!((reported.replicas, reported.terminating_replicas), (None, Some(0)));
    let reasons: Vec<_> = reported.conditions.unwrap().into_iter().filter_map(|c| c.reason).collect();
    assert_eq!(reasons, ["NewReplicaSetCreated", "MinimumReplicasUnavailable"]);

    world.settle("web");
    assert_eq!(progressing(&world).1, "ReplicaSetUpdated");
    world.ready("web", 3);
    let why = world.settle("web");
    assert_eq!(why, format!("all 3 pods are of {name} and available: nothing to do"));
    assert_eq!(progressing(&world), ("True".into(), "NewReplicaSetAvailable".into()));
}

#[test]
fn ten_replicas_roll_as_recorded_from_a_real_cluster() {
    let rolling = json!({ "maxSurge": "30%", "maxUnavailable": "20%" });
    let mut world = rolled_out(10, json!({ "spec": { "strategy": { "rollingUpdate": rolling } } }));
    let old = name_of(&world);
    world.edit::<Deployment>("web", image(V2));
    let new = name_of(&world);
    let names = [(old.as_str(), "old"), (new.as_str(), "new")];
    let why = world.settle("web");
    assert!(why.starts_with(&format!("waits for {new}'s pods to become available")), "{why}");
    assert_eq!(scaled(&mut world, &names), ["new 0>3", "old 10>8", "new 3>5"]);
    for (ready, steps) in [
        (1, vec!["old 8>7", "new 5>6"]),
        (3, vec!["old 7>4", "new 6>9"]),
        (1, vec!["old 4>3", "new 9>10"]),
        (3, vec!["old 3>0"]),
        (2, vec![]),
    ] {
        world.ready(&new, ready);
        world.settle("web");
        assert_eq!(scaled(&mut world, &names), steps);
    }
    assert_eq!(progressing(&world).1, "NewReplicaSetAvailable");
}

#[test]
fn a_bad_version_stops_within_the_budget_and_the_deadline_only_says_so() {
    let mut world = rolled_out(4, json!({ "spec": { "progressDeadlineSeconds": 20 } }));
    let old = name_of(&world);
    world.edit::<Deployment>("web", image("web:none"));
    let new = name_of(&world);
    world.settle("web");
    let names = [(old.as_str(), "old"), (new.as_str(), "new")];
    assert_eq!(scaled(&mut world, &names), ["new 0>1", "old 4>3", "new 1>2"]);
    let seen = DeploymentController.observe(&item(), &world.cache, world.now).unwrap();
    let plan = DeploymentController.compare(&item(), &seen, world.now);
    assert_eq!(plan.again, Some(Span::secs(21)));

    world.now += Span::millis(20_500);
    let why = world.settle("web");
    assert!(why.ends_with("the deadline of 20s passed: only the condition says so"), "{why}");
    assert_eq!(progressing(&world), ("False".into(), "ProgressDeadlineExceeded".into()));
    assert!(world.said().is_empty());

    // Undone, the old set is the new one again, and the bad pods go at once.
    world.edit::<Deployment>("web", image("web:1"));
    world.settle("web");
    assert_eq!(scaled(&mut world, &names), ["new 2>0", "old 3>4"]);
}

#[test]
fn an_undone_rollout_returns_to_the_old_set_under_a_new_revision() {
    let mut world = rolled_out(2, json!({}));
    let first = name_of(&world);
    world.edit::<Deployment>("web", image(V2));
    for _ in 0..4 {
        world.ready("web", 9);
        world.settle("web");
    }
    assert_eq!(status(&world).updated_replicas, Some(2));
    world.edit::<Deployment>("web", image("web:1"));
    assert_eq!(name_of(&world), first);
    let why = world.look(DeploymentController, &item());
    assert_eq!(why, format!("{first} is the set for the template again: it becomes revision 3"));
    for _ in 0..4 {
        world.ready("web", 9);
        world.settle("web");
    }
    let set = world.get::<ReplicaSet>(&first).unwrap();
    assert_eq!(annotation(&set.metadata, revision::REVISION), Some("3"));
    assert_eq!(annotation(&set.metadata, revision::HISTORY), Some("1"));
    let web = world.get::<Deployment>("web").unwrap();
    assert_eq!(annotation(&web.metadata, revision::REVISION), Some("3"));
    assert_eq!(world.cache.count(Kind::ReplicaSet), 2);
    assert_eq!(seen::size(&set), 2);
}

#[test]
fn recreate_waits_until_the_last_old_pod_has_ended() {
    let mut world =
        rolled_out(3, json!({ "spec": { "strategy": { "type": "Recreate", "rollingUpdate": null } } }));
    let old = name_of(&world);
    world.edit::<Deployment>("web", image(V2));
    let new = name_of(&world);
    let names = [(old.as_str(), "old"), (new.as_str(), "new")];
    let why = world.settle("web");
    assert_eq!(why, "Recreate: waits until 3 old pods have ended; no new pod is made before");
    assert_eq!(scaled(&mut world, &names), ["old 3>0"]);
    let pods: Vec<Key> = world.cache.all_as::<Pod>().map(|pod| pod.key()).collect();
    for pod in pods {
        world.cache.remove(Kind::Pod, &pod);
    }
    world.settle("web");
    assert_eq!(scaled(&mut world, &names), ["new 0>3"]);
}

#[test]
fn scaling_in_the_middle_of_a_rollout_is_shared_out() {
    let rolling = json!({ "maxSurge": 3, "maxUnavailable": 2 });
    let mut world = rolled_out(10, json!({ "spec": { "strategy": { "rollingUpdate": rolling } } }));
    let old = name_of(&world);
    world.edit::<Deployment>("web", image("web:none"));
    let new = name_of(&world);
    world.settle("web");
    world.said();
    let names = [(old.as_str(), "old"), (new.as_str(), "new")];
    // 8 old and 5 new pods; 15 + 3 may exist now, 5 more: the documentation's own example.
    world.edit::<Deployment>("web", json!({ "spec": { "replicas": 15 } }));
    let why = world.look(DeploymentController, &item());
    assert!(why.starts_with("scaled to 15 in the middle of a rollout"), "{why}");
    assert_eq!(scaled(&mut world, &names), ["old 8>11", "new 5>7"]);
    // Nothing else moves: the bad version is still not available.
    world.settle("web");
    assert_eq!(scaled(&mut world, &names), Vec::<String>::new());
    world.edit::<Deployment>("web", json!({ "spec": { "replicas": 0 } }));
    world.settle("web");
    assert_eq!(scaled(&mut world, &names), ["old 11>0", "new 7>0"]);
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll_out() {
    let mut world = rolled_out(3, json!({}));
    let name = name_of(&world);
    world.edit::<Deployment>("web", json!({ "spec": { "paused": true } }));
    world.edit::<Deployment>("web", image(V2));
    world.edit::<Deployment>("web", json!({ "spec": { "replicas": 5 } }));
    world.settle("web");
    assert_eq!(world.scaled(), [format!("{name} 3>5")]);
    assert_eq!(progressing(&world), ("Unknown".into(), "DeploymentPaused".into()));
    assert_eq!(status(&world).updated_replicas, None);
    assert_eq!(world.cache.count(Kind::ReplicaSet), 1);

    world.edit::<Deployment>("web", json!({ "spec": { "paused": false } }));
    world.look(DeploymentController, &item());
    assert_eq!(world.cache.count(Kind::ReplicaSet), 2);
    assert_eq!(progressing(&world).1, "DeploymentResumed");
    world.settle("web");
    let web = world.get::<Deployment>("web").unwrap();
    assert_eq!(annotation(&web.metadata, revision::REVISION), Some("2"));
}

#[test]
fn only_so_many_old_revisions_are_kept() {
    let mut world = rolled_out(1, json!({ "spec": { "revisionHistoryLimit": 1 } }));
    for version in 2..5 {
        world.edit::<Deployment>("web", image(&format!("web:{version}")));
        for _ in 0..4 {
            world.ready("web", 9);
            world.settle("web");
        }
    }
    let revisions: Vec<i64> = world.cache.all_as::<ReplicaSet>().map(|set| revision::revision(set)).collect();
    assert_eq!(revisions.iter().sum::<i64>(), 3 + 4, "{revisions:?}");
}

#[test]
fn a_set_of_another_template_in_the_way_counts_as_a_collision() {
    let mut world = world(1, json!({}));
    let name = name_of(&world);
    let other = with(replica_set("other", 0), json!({ "metadata": { "name": name } }));
    world.put(other.into_object());
    world.look(DeploymentController, &item());
    assert_eq!(status(&world).collision_count, Some(1));
    assert_ne!(name_of(&world), name);
    world.settle("web");
    assert_eq!(world.cache.count(Kind::ReplicaSet), 2);
}

#[test]
fn a_refused_set_becomes_a_condition_and_an_event() {
    let world = world(1, json!({}));
    let seen = DeploymentController.observe(&item(), &world.cache, world.now).unwrap();
    let target = ObjectRef::new(Kind::ReplicaSet, Key::new("default", "web-x"));
    let outcomes = [Outcome::Refused(Box::new(Status::forbidden(&target, "quota"))), Outcome::Skipped];
    let steps = DeploymentController.conclude(&item(), &seen, &outcomes, world.now);
    let [Effect::Note(note), Effect::Write(_)] = &steps[0].effects[..] else { panic!("{steps:?}") };
    assert_eq!(note.reason, "ReplicaSetCreateError");
    assert!(note.message.starts_with("Failed to create new replica set \"web-"), "{}", note.message);
}

#[test]
fn an_orphaned_set_with_matching_labels_is_adopted_and_numbered() {
    let mut world = rolled_out(1, json!({}));
    let name = name_of(&world);
    world.edit::<ReplicaSet>(&name, json!({ "metadata": { "ownerReferences": null } }));
    let web = with(deployment("web", 1), json!({ "metadata": { "uid": "uid-second" } }));
    world.put(web.into_object());
    let why = world.look(DeploymentController, &item());
    assert_eq!(why, format!("adopts {name} (its labels match and nobody owns it)"));
    world.look(DeploymentController, &item());
    assert_eq!(progressing(&world).1, "FoundNewReplicaSet");
    world.settle("web");
    assert_eq!(world.cache.count(Kind::ReplicaSet), 1);
}
