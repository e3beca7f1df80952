//! Daemons on a few nodes, by hand.

use serde_json::{Value, json};

use super::*;
use crate::client::Effect;
use crate::controllers::rig::{Rig, object};
use crate::controllers::testing::{World, with};
use crate::object::{Key, Pod, is_terminating, labels};
use crate::time::Span;
use k8s_openapi::api::apps::v1::DaemonSetStatus;

fn item() -> ObjectRef {
    ObjectRef::new(Kind::DaemonSet, Key::new("default", "agent"))
}

fn node(name: &str, change: Value) -> Object {
    let mut value =
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"name": name}}});
    json_patch::merge(&mut value, &change);
    object(value)
}

fn daemon(change: Value) -> Object {
    let mut value = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "default", "uid": "d", "resourceVersion": "1", "generation": 1,
            "annotations": {"deprecated.daemonset.template.generation": "1"}},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}}, "revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
            "template": {
                "metadata": {"labels": {"app": "agent"}},
                "spec": {"containers": [{"name": "c", "image": "agent:1"}]},
            },
        },
    });
    json_patch::merge(&mut value, &change);
    object(value)
}

/// A new template, which the API server counts.
fn update(world: &mut World, image: &str) {
    let set = world.get::<DaemonSet>("agent").unwrap();
    let key = "deprecated.daemonset.template.generation";
    let number: i64 = crate::object::annotation(&set.metadata, key).unwrap().parse().unwrap();
    world.edit::<DaemonSet>(
        "agent",
        json!({
            "metadata": {"annotations": {key: (number + 1).to_string()}},
            "spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}},
        }),
    );
}

/// A set that is new on three nodes.
fn world(change: Value) -> World {
    let mut world = World::new();
    for name in ["n1", "n2", "n3"] {
        world.put(node(name, json!({})));
    }
    world.put(daemon(change));
    world
}

/// One look; says what was recorded.
fn look(world: &mut World) -> Vec<String> {
    world.look(DaemonSetController::default(), &item());
    world.said()
}

/// The pods, by the node for which they are, with their versions: `n1 agent:1`.
fn pods(world: &World) -> Vec<String> {
    let mut all: Vec<String> = world
        .cache
        .all_as::<Pod>()
        .map(|pod| {
            let image = pod.spec.containers[0].image.clone().unwrap_or_default();
            let going = if is_terminating(&pod.metadata) { " going" } else { "" };
            format!("{} {image}{going}", template::target(pod).unwrap_or("?"))
        })
        .collect();
    all.sort();
    all
}

/// What happens outside: pods are bound and become ready, and those that were deleted are gone.
fn pass(world: &mut World) {
    let all: Vec<Pod> = world.cache.all_as::<Pod>().map(|pod| (**pod).clone()).collect();
    for pod in all {
        if is_terminating(&pod.metadata) {
            world.cache.remove(Kind::Pod, &pod.key());
        } else if !pod.is_ready() {
            let since = world.now.to_api();
            let ready = json!({"type": "Ready", "status": "True", "lastTransitionTime": since});
            let node = template::target(&pod).unwrap().to_owned();
            let change =
                json!({"spec": {"nodeName": node}, "status": {"phase": "Running", "conditions": [ready]}});
            world.put(with(pod, change).into_object());
        }
    }
}

fn status(world: &World) -> DaemonSetStatus {
    world.get::<DaemonSet>("agent").unwrap().status.unwrap_or_default()
}

/// A set whose pods all run.
fn rolled_out(change: Value) -> World {
    let mut world = world(change);
    look(&mut world);
    pass(&mut world);
    look(&mut world);
    assert_eq!(pods(&world), ["n1 agent:1", "n2 agent:1", "n3 agent:1"]);
    world
}

#[test]
fn every_node_gets_a_pod_that_is_pinned_to_it() {
    let mut world = world(json!({}));
    assert_eq!(look(&mut world).len(), 3);
    assert_eq!(pods(&world), ["n1 agent:1", "n2 agent:1", "n3 agent:1"]);
    let pod = world.cache.all_as::<Pod>().next().unwrap();
    let keys: Vec<String> =
        pod.spec.tolerations.iter().flatten().map(|one| one.key.clone().unwrap()).collect();
    let keys: Vec<&str> = keys.iter().map(|key| key.rsplit('/').next().unwrap()).collect();
    assert_eq!(
        keys,
        ["not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"]
    );
    let hash = revision::hash(&world.get::<DaemonSet>("agent").unwrap());
    assert_eq!(labels(&pod.metadata)["controller-revision-hash"], hash);
    assert_eq!(labels(&pod.metadata)["pod-template-generation"], "1");
    let kept = world.get::<ControllerRevision>(&format!("agent-{hash}")).unwrap();
    assert_eq!((kept.revision, hash_label(&kept)), (1, hash.as_str()));
    // What was created counts in the first report.
    let told = status(&world);
    assert_eq!(
        (told.desired_number_scheduled, told.current_number_scheduled, told.number_unavailable),
        (3, 3, Some(3))
    );
    assert_eq!((told.updated_number_scheduled, told.observed_generation), (Some(3), Some(1)));
    pass(&mut world);
    assert!(look(&mut world).is_empty());
    assert_eq!((status(&world).number_available, status(&world).number_unavailable), (Some(3), None));
}

fn hash_label(revision: &ControllerRevision) -> &str {
    revision::hash_of(revision).unwrap()
}

#[test]
fn nodes_come_and_go_by_labels_and_taints() {
    let mut world = rolled_out(json!({}));
    world.put(node("n4", json!({})));
    assert_eq!(look(&mut world).len(), 1);
    pass(&mut world);
    // A taint that only keeps pods away lets stay what is there, and it counts as astray; a cordon is tolerated.
    let taint = |key: &str, effect: &str| json!({"spec": {"taints": [{"key": key, "effect": effect}]}});
    world.put(node("n1", taint("pool", "NoSchedule")));
    world.put(node("n2", taint("node.kubernetes.io/unschedulable", "NoSchedule")));
    world.put(node("n3", taint("pool", "NoExecute")));
    world.put(node("n5", taint("pool", "NoSchedule")));
    assert_eq!(look(&mut world).len(), 1);
    assert_eq!(pods(&world), ["n1 agent:1", "n2 agent:1", "n3 agent:1 going", "n4 agent:1"]);
    assert_eq!((status(&world).desired_number_scheduled, status(&world).number_misscheduled), (2, 2));
    world.edit::<DaemonSet>(
        "agent",
        json!({"spec": {"template": {"spec": {"nodeSelector": {"name": "n4"}}}}}),
    );
    pass(&mut world);
    look(&mut world);
    assert_eq!(pods(&world), ["n1 agent:1 going", "n2 agent:1 going", "n4 agent:1"]);
}

#[test]
fn an_update_takes_one_node_after_the_other() {
    let mut world = rolled_out(json!({}));
    update(&mut world, "agent:2");
    look(&mut world);
    assert_eq!(pods(&world), ["n1 agent:1 going", "n2 agent:1", "n3 agent:1"]);
    // While the old one goes, nothing else does.
    look(&mut world);
    assert_eq!(pods(&world), ["n1 agent:1 going", "n2 agent:1", "n3 agent:1"]);
    pass(&mut world);
    look(&mut world);
    assert_eq!(pods(&world), ["n1 agent:2", "n2 agent:1", "n3 agent:1"]);
    // The new one is not available yet.
    look(&mut world);
    assert_eq!(pods(&world), ["n1 agent:2", "n2 agent:1", "n3 agent:1"]);
    for _ in 0..6 {
        pass(&mut world);
        look(&mut world);
    }
    assert_eq!(pods(&world), ["n1 agent:2", "n2 agent:2", "n3 agent:2"]);
    assert_eq!(
        (status(&world).updated_number_scheduled, status(&world).number_available),
        (Some(3), Some(3))
    );
}

#[test]
fn an_old_pod_that_is_not_available_goes_at_once() {
    let mut world = rolled_out(json!({}));
    let mut pod =
        world.cache.all_as::<Pod>().find(|pod| pod.node_name() == Some("n3")).unwrap().as_ref().clone();
    pod = with(pod, json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}));
    world.put(pod.into_object());
    update(&mut world, "agent:2");
    look(&mut world);
    assert_eq!(pods(&world), ["n1 agent:1", "n2 agent:1", "n3 agent:1 going"]);
}

#[test]
fn with_a_surge_the_new_pod_comes_first() {
    let strategy = json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}});
    let mut world = rolled_out(json!({"spec": {"updateStrategy": strategy}}));
    update(&mut world, "agent:2");
    look(&mut world);
    assert_eq!(pods(&world), ["n1 agent:1", "n1 agent:2", "n2 agent:1", "n3 agent:1"]);
    look(&mut world);
    assert_eq!(pods(&world).len(), 4, "one at a time");
    pass(&mut world);
    look(&mut world);
    assert_eq!(pods(&world), ["n1 agent:1 going", "n1 agent:2", "n2 agent:1", "n3 agent:1"]);
    for _ in 0..8 {
        pass(&mut world);
        look(&mut world);
    }
    assert_eq!(pods(&world), ["n1 agent:2", "n2 agent:2", "n3 agent:2"]);
}

#[test]
fn on_delete_waits_for_somebody_to_delete() {
    let mut world =
        rolled_out(json!({"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}}));
    update(&mut world, "agent:2");
    assert!(look(&mut world).is_empty());
    assert_eq!(pods(&world), ["n1 agent:1", "n2 agent:1", "n3 agent:1"]);
    let key = world.cache.all_as::<Pod>().find(|pod| pod.node_name() == Some("n2")).unwrap().key();
    world.cache.remove(Kind::Pod, &key);
    look(&mut world);
    assert_eq!(pods(&world), ["n1 agent:1", "n2 agent:2", "n3 agent:1"]);
}

#[test]
fn going_back_gives_the_old_revision_a_new_number_and_old_ones_are_forgotten() {
    let mut world = rolled_out(json!({"spec": {"revisionHistoryLimit": 1}}));
    let numbers = |world: &World| {
        let mut all: Vec<(i64, String)> = world
            .cache
            .all_as::<ControllerRevision>()
            .map(|one| {
                let image =
                    one.data.as_ref().unwrap().0["spec"]["template"]["spec"]["containers"][0]["image"]
                        .clone();
                (one.revision, image.as_str().unwrap_or("").to_owned())
            })
            .collect();
        all.sort();
        all.into_iter().map(|(number, image)| format!("{number} {image}")).collect::<Vec<_>>()
    };
    for version in ["agent:2", "agent:1"] {
        update(&mut world, version);
        for _ in 0..10 {
            look(&mut world);
            pass(&mut world);
        }
    }
    assert_eq!(numbers(&world), ["2 agent:2", "3 agent:1"]);
    update(&mut world, "agent:3");
    look(&mut world);
    // Revision 2 has no pods any more; that of the running pods stays although there is one too many.
    assert_eq!(numbers(&world), ["3 agent:1", "4 agent:3"]);
}

#[test]
fn a_taken_name_is_avoided() {
    let mut world = world(json!({}));
    let name = revision::name(&world.get::<DaemonSet>("agent").unwrap());
    world.put(object(json!({"apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {"name": name, "namespace": "default", "uid": "x"}, "revision": 1, "data": {"other": 1}})));
    look(&mut world);
    assert_eq!((status(&world).collision_count, pods(&world).len()), (Some(1), 0));
    look(&mut world);
    assert_ne!(revision::name(&world.get::<DaemonSet>("agent").unwrap()), name);
    assert_eq!(pods(&world).len(), 3);
}

#[test]
fn failed_pods_are_deleted_ever_later() {
    let failed = |name: &str| {
        object(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "uid": name,
                "labels": {"app": "agent", "pod-template-generation": "1"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "d",
                    "controller": true}]},
            "spec": {"nodeName": "n1", "containers": []}, "status": {"phase": "Failed"}}))
    };
    let mut rig =
        Rig::new(DaemonSetController::default(), vec![node("n1", json!({})), daemon(json!({})), failed("a")]);
    let deleted = |rig: &mut Rig<DaemonSetController>, span: Span| {
        rig.run_for(span);
        let calls = rig.take_calls();
        calls.iter().any(|call| matches!(call, Call::Delete { target, .. } if target.kind == Kind::Pod))
    };
    assert!(deleted(&mut rig, Span::millis(100)));
    assert_eq!(
        rig.take_events(),
        ["Found failed daemon pod default/a on node n1, will try to kill it"],
        "the rig's answer shows no pod"
    );
    // Its successor fails as well: now it has to wait a second, and the next one two.
    for (name, before, wait) in [("b", "a", 1), ("c", "b", 2)] {
        rig.remove(&failed(before));
        rig.put(failed(name));
        assert!(!deleted(&mut rig, Span::millis(wait * 1_000 - 200)), "{name} is too early");
        assert!(deleted(&mut rig, Span::millis(200)), "{name} is too late");
    }
}

#[test]
fn what_was_asked_for_is_awaited() {
    let mut rig = Rig::new(DaemonSetController::default(), vec![node("n1", json!({})), daemon(json!({}))]);
    rig.run_for(Span::secs(1));
    let created = |rig: &mut Rig<DaemonSetController>| {
        let calls = rig.take_calls();
        calls.iter().filter(|call| matches!(call, Call::Create { object: Object::Pod(_), .. })).count()
    };
    assert_eq!(created(&mut rig), 1);
    // The pod is not seen; a second look must not make another.
    rig.put(daemon(json!({"metadata": {"annotations": {"x": "y"}}})));
    rig.run_for(Span::secs(1));
    assert_eq!(created(&mut rig), 0);
    rig.run_for(Span::secs(301));
    assert_eq!(created(&mut rig), 1, "after five minutes it is not believed any more");
}

#[test]
fn a_set_that_is_being_deleted_is_left_alone() {
    let mut world = world(json!({"metadata": {"deletionTimestamp": "2026-01-05T08:00:00Z"}}));
    assert!(look(&mut world).is_empty());
    assert!(pods(&world).is_empty());
    let seen = DaemonSetController::default().observe(&item(), &world.cache, world.now).unwrap();
    let plan = plan::plan(&seen, world.now);
    assert!(
        !plan.steps.iter().flat_map(|step| &step.effects).any(|effect| matches!(effect, Effect::Write(_)))
    );
}
