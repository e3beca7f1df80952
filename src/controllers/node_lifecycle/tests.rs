use k8s_openapi::api::core::v1::Taint;
use serde_json::{Value, json};

use super::*;
use crate::apiserver::Status;
use crate::apiserver::Sub;
use crate::controllers::rig::{Rig, object};
use crate::trace::StoryId;

fn node(name: &str, ready: &str, taints: Value) -> Object {
    zoned(name, "a", ready, taints)
}

fn zoned(name: &str, zone: &str, ready: &str, taints: Value) -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "uid": name, "resourceVersion": "5", "creationTimestamp": "2026-01-05T08:00:00Z",
            "labels": {"topology.kubernetes.io/zone": zone}},
        "spec": {"taints": taints},
        "status": {"conditions": [
            {"type": "MemoryPressure", "status": "False", "lastHeartbeatTime": "2026-01-05T08:00:00Z"},
            {"type": "Ready", "status": ready, "lastHeartbeatTime": "2026-01-05T08:00:00Z",
                "lastTransitionTime": "2026-01-05T08:00:00Z"},
        ]},
    }))
}

fn lease(name: &str, second: u32) -> Object {
    object(json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": name, "namespace": "kube-node-lease"},
        "spec": {"renewTime": format!("2026-01-05T08:{:02}:{:02}.000000Z", second / 60, second % 60)},
    }))
}

fn pod(name: &str, node: &str) -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default", "uid": name},
        "spec": {"nodeName": node, "containers": []},
        "status": {"phase": "Running", "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-05T08:00:00Z"},
            {"type": "ContainersReady", "status": "True"},
        ]},
    }))
}

fn unreachable(effect: &str) -> Value {
    json!({"key": taints::UNREACHABLE, "effect": effect})
}

/// Nodes that are silent and marked so, up to `NoSchedule`.
fn silent(name: &str) -> Object {
    node(name, "Unknown", json!([unreachable("NoSchedule")]))
}

fn no_execute(calls: &[Call]) -> Vec<String> {
    calls.iter().filter_map(taints::driven_out_by).map(|key| key.name.to_string()).collect()
}

fn status_write(call: &Call) -> Option<&Node> {
    match call {
        Call::Update { object, sub: Sub::Status, .. } => Node::of(object),
        _ => None,
    }
}

#[test]
fn silence_is_noticed_at_the_first_check_after_fifty_seconds_and_not_before() {
    let mut rig =
        Rig::new(NodeLifecycle::default(), vec![node("node-3", "True", json!([])), lease("node-3", 0)]);
    rig.run_for(Span::millis(1_800));
    rig.put(lease("node-3", 1));
    rig.run_for(Span::millis(54_990 - 1_800));
    assert!(rig.calls().is_empty(), "last sign of life at 1.8 s, so 51.8 s is the limit and 55 s the check");
    rig.take_events();
    rig.run_for(Span::millis(20));
    let calls = rig.take_calls();
    let written = status_write(&calls[0]).expect("a status write");
    for condition in written.status.as_ref().unwrap().conditions.as_ref().unwrap() {
        assert_eq!(condition.status, "Unknown", "{}", condition.type_);
        assert_eq!(condition.last_transition_time, Some(VirtualTime::from_micros(55_000_000).to_api()));
    }
    let ready = health::condition(written, "Ready").unwrap();
    assert_eq!(ready.reason.as_deref(), Some("NodeStatusUnknown"));
    assert_eq!(ready.message.as_deref(), Some("Kubelet stopped posting node status."));
    assert_eq!(ready.last_heartbeat_time, Some(VirtualTime::ZERO.to_api()), "the last heartbeat is kept");
    let disk = health::condition(written, "DiskPressure").unwrap();
    assert_eq!(disk.message.as_deref(), Some("Kubelet never posted node status."));
    assert_eq!(rig.take_events(), ["Node node-3 status is now: NodeNotReady"]);
    assert_eq!(rig.stories.len(), 1);
    assert_eq!(rig.stories[0].1, "node-3 fell silent");
}

#[test]
fn a_node_that_renews_its_lease_is_left_alone_and_its_checks_belong_to_no_story() {
    let mut rig =
        Rig::new(NodeLifecycle::default(), vec![node("node-1", "True", json!([])), lease("node-1", 0)]);
    rig.put(node("node-1", "True", json!([])));
    for second in (10..=200).step_by(10) {
        rig.run_for(Span::secs(10));
        rig.put(lease("node-1", second));
    }
    assert!(rig.calls().is_empty());
    assert!(rig.woken.len() > 40, "it is looked at every 5 s");
    let tail = &rig.woken[rig.woken.len() - 40..];
    assert!(tail.iter().all(|story| *story == StoryId::default()), "routine checks are heartbeats: {tail:?}");
}

#[test]
fn a_refused_write_is_tried_again_at_once_and_told_once() {
    let mut rig = Rig::new(NodeLifecycle::default(), vec![node("node-3", "True", json!([]))]);
    rig.refusals.push_back(Status::stale(&ObjectRef::new(Kind::Node, Key::cluster("node-3"))));
    rig.run_for(Span::millis(55_100));
    assert_eq!(rig.calls().len(), 2);
    assert_eq!(rig.stories.len(), 1);
}

#[test]
fn a_node_that_never_reported_gets_sixty_seconds() {
    let mut value = node("node-3", "True", json!([])).to_value();
    value["status"] = json!({});
    let mut rig = Rig::new(NodeLifecycle::default(), vec![object(value)]);
    rig.run_for(Span::millis(59_900));
    let marked = |calls: &[Call]| calls.iter().any(|call| status_write(call).is_some());
    assert!(!marked(rig.calls()));
    rig.run_for(Span::millis(200));
    assert!(marked(rig.calls()));
    let events = rig.take_events();
    assert_eq!(events, ["Node node-3 event: Registered Node node-3 in Controller"], "it was never ready");
}

#[test]
fn pods_of_a_silent_node_lose_ready_and_nothing_else() {
    let mut rig =
        Rig::new(NodeLifecycle::default(), vec![node("node-3", "True", json!([])), pod("web", "node-3")]);
    rig.run_for(Span::millis(55_100));
    rig.take_calls();
    rig.take_events();
    rig.put(silent("node-3"));
    rig.run_for(Span::millis(20));
    let calls = rig.take_calls();
    let written = calls.iter().find_map(|call| match call {
        Call::Update { object, sub: Sub::Status, .. } => Pod::of(object),
        _ => None,
    });
    let written = written.expect("the pod is marked");
    assert_eq!(written.phase(), "Running");
    assert_eq!(written.condition("Ready").unwrap().status, "False");
    assert_eq!(written.condition("Ready").unwrap().reason, None);
    assert_eq!(written.condition("ContainersReady").unwrap().status, "True");
    assert_eq!(rig.take_events(), ["Node is not ready"]);
}

#[test]
fn no_schedule_taints_follow_conditions_and_cordons_and_leave_others_alone() {
    let mut value = node(
        "node-1",
        "True",
        json!([
            {"key": "pool", "value": "gpu", "effect": "NoSchedule"},
            {"key": taints::NOT_READY, "effect": "NoSchedule"},
        ]),
    )
    .to_value();
    value["spec"]["unschedulable"] = json!(true);
    value["status"]["conditions"][0]["status"] = json!("True");
    let cordoned = object(value);
    let at = VirtualTime::from_micros(3_000_000);
    let (taints, words) = taints::corrected_no_schedule(Node::of(&cordoned).unwrap(), at).unwrap();
    let keys: Vec<&str> = taints.iter().map(|taint| taint.key.as_str()).collect();
    assert_eq!(keys, ["pool", "node.kubernetes.io/memory-pressure", taints::UNSCHEDULABLE]);
    assert_eq!(taints[2].time_added, Some(at.to_api()));
    assert!(words.contains("-node.kubernetes.io/not-ready:NoSchedule"), "{words}");
}

#[test]
fn no_execute_comes_at_the_next_pass_and_goes_at_the_next_check() {
    let mut rig =
        Rig::new(NodeLifecycle::default(), vec![node("node-1", "True", json!([])), silent("node-3")]);
    rig.run_for(Span::millis(99));
    assert_eq!(no_execute(rig.calls()), [""; 0]);
    rig.run_for(Span::millis(10));
    assert_eq!(no_execute(&rig.take_calls()), ["node-3"]);
    rig.put(node("node-3", "True", json!([unreachable("NoExecute")])));
    rig.run_for(Span::millis(4_800));
    assert!(rig.calls().is_empty());
    rig.run_for(Span::millis(200));
    let [Call::Patch { patch: crate::apiserver::Patch::Strategic(patch), .. }] = rig.calls() else {
        panic!("{:?}", rig.calls())
    };
    assert_eq!(patch["spec"]["taints"], Value::Null);
}

#[test]
fn one_node_per_zone_and_ten_seconds_is_emptied() {
    let mut objects: Vec<Object> = (1..=6).map(|n| node(&format!("node-{n}"), "True", json!([]))).collect();
    objects.extend([
        silent("node-7"),
        silent("node-8"),
        zoned("node-9", "b", "Unknown", json!([unreachable("NoSchedule")])),
    ]);
    let mut rig = Rig::new(NodeLifecycle::default(), objects);
    rig.run_for(Span::millis(150));
    assert_eq!(no_execute(&rig.take_calls()), ["node-7", "node-9"], "each zone has its own queue");
    for name in ["node-7", "node-9"] {
        let zone = if name == "node-9" { "b" } else { "a" };
        rig.put(zoned(name, zone, "Unknown", json!([unreachable("NoSchedule"), unreachable("NoExecute")])));
    }
    rig.run_for(Span::millis(9_900));
    assert!(rig.calls().is_empty());
    rig.run_for(Span::millis(300));
    assert_eq!(no_execute(&rig.take_calls()), ["node-8"]);
}

#[test]
fn two_of_three_is_normal_and_three_of_four_is_a_disruption() {
    let state = |ready: usize, bad: usize| {
        let mut zones = zones::Zones::default();
        for number in 0..ready + bad {
            let status = if number < ready { "True" } else { "Unknown" };
            zones.follow(None, Node::of(&node(&format!("n{number}"), status, json!([]))));
        }
        zones.state(Node::of(&node("n0", "True", json!([]))).unwrap())
    };
    use zones::ZoneState::{Full, Normal, Partial};
    assert_eq!(state(1, 2), Normal, "fewer than three are never a disruption");
    assert_eq!(state(1, 3), Partial);
    assert_eq!(state(3, 3), Normal, "50 % is below the threshold");
    assert_eq!(state(9, 11), Partial, "55 % exactly");
    assert_eq!(state(0, 1), Full);
}

#[test]
fn a_disrupted_small_zone_is_not_emptied_and_a_large_one_slowly() {
    let bad = silent("n0");
    let bad = Node::of(&bad).unwrap();
    let turn = |ready: usize, silent_nodes: usize| {
        let mut zones = zones::Zones::default();
        for number in 0..ready + silent_nodes {
            let status = if number < silent_nodes { "Unknown" } else { "True" };
            zones.follow(None, Node::of(&node(&format!("n{number}"), status, json!([]))));
        }
        zones.queue(bad, false, VirtualTime::ZERO);
        let at = VirtualTime::from_micros(200_000);
        let first = zones.queue(bad, false, at);
        zones.tainted(bad, at);
        (first, zones.queue(bad, false, at + Span::millis(200)))
    };
    assert_eq!(turn(1, 3).0, Turn::ZoneDisrupted(3, 4));
    assert_eq!(turn(20, 31), (Turn::Now, Turn::In(Span::millis(99_800), 0)), "51 nodes: 0.01 per second");
    assert_eq!(turn(3, 2), (Turn::Now, Turn::In(Span::millis(9_800), 0)));
}

#[test]
fn if_all_are_silent_taints_go_and_afterwards_everybody_starts_afresh() {
    let both = json!([unreachable("NoSchedule"), unreachable("NoExecute")]);
    let objects = vec![node("node-1", "True", json!([])), node("node-2", "Unknown", both.clone())];
    let mut rig = Rig::new(NodeLifecycle::default(), objects);
    rig.run_for(Span::secs(60));
    assert!(status_write(&rig.take_calls()[0]).is_some(), "node-1 is silent too");
    rig.put(silent("node-1"));
    rig.run_for(Span::millis(20));
    let calls = rig.take_calls();
    let [Call::Patch { patch: crate::apiserver::Patch::Strategic(patch), .. }] = calls.as_slice() else {
        panic!("{calls:?}")
    };
    assert_eq!(patch["spec"]["taints"].as_array().unwrap().len(), 1, "NoSchedule stays: {patch}");
    rig.put(silent("node-2"));
    rig.run_for(Span::secs(60));
    assert!(rig.calls().is_empty(), "nobody is tainted while all are silent");
    let mut back = node("node-2", "True", json!([])).to_value();
    back["status"]["conditions"][1]["lastHeartbeatTime"] = json!("2026-01-05T08:02:00Z");
    rig.put(object(back));
    rig.run_for(Span::secs(4));
    assert!(
        rig.calls().is_empty(),
        "until the next routine check nothing is concluded from one node's return"
    );
    rig.run_for(Span::millis(1_300));
    assert_eq!(no_execute(&rig.take_calls()), ["node-1"]);
}

#[test]
fn not_ready_and_unreachable_are_swapped_without_waiting() {
    let taints = json!([
        {"key": taints::NOT_READY, "effect": "NoSchedule"}, unreachable("NoExecute"),
    ]);
    let speaks = node("node-3", "False", taints);
    let wanted =
        taints::with_no_execute(Node::of(&speaks).unwrap(), Some(taints::NOT_READY), VirtualTime::ZERO);
    let names: Vec<(&str, &str)> =
        wanted.iter().map(|Taint { key, effect, .. }| (key.as_str(), effect.as_str())).collect();
    assert_eq!(names, [(taints::NOT_READY, "NoSchedule"), (taints::NOT_READY, "NoExecute")]);
    let mut rig = Rig::new(NodeLifecycle::default(), vec![node("node-1", "True", json!([])), speaks]);
    rig.run_for(Span::millis(20));
    assert_eq!(no_execute(&rig.take_calls()), ["node-3"]);
}
