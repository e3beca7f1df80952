//! What goes wrong on a node, and with it.

use serde_json::json;

use super::{Bench, NGINX, shell};
use crate::apiserver::{Call, DeleteOptions};
use crate::node::{ImageFault, NodeCommand};
use crate::object::{Key, Kind, ObjectRef};
use crate::time::Span;

#[test]
fn a_missing_config_map_is_named_and_found_later() {
    let mut bench = Bench::new();
    let image = "image: 'nginx:1.27'";
    bench.pod(
        "env",
        &format!("containers: [{{name: c, {image}, envFrom: [{{configMapRef: {{name: cfg}}}}]}}]"),
    );
    bench.pod(
        "vol",
        &format!(
            "volumes: [{{name: v, configMap: {{name: cfg}}}}], \
             containers: [{{name: c, {image}, volumeMounts: [{{name: v, mountPath: /v}}]}}]"
        ),
    );
    bench.run(Span::secs(8));
    assert_eq!(bench.states("env").last().unwrap(), "Pending c=CreateContainerConfigError");
    let waiting = &bench.status("env")["containerStatuses"][0]["state"]["waiting"];
    assert_eq!(waiting["message"], "configmap \"cfg\" not found");
    assert!(bench.events_of("env").contains(&"Failed: Error: configmap \"cfg\" not found (x2)".to_owned()));
    assert_eq!(bench.states("vol").last().unwrap(), "Pending c=ContainerCreating");
    let text = "FailedMount: MountVolume.SetUp failed for volume \"v\" : configmap \"cfg\" not found (x5)";
    assert_eq!(bench.events_of("vol"), [text], "after 0.1, 0.6, 1.6, 3.6 and 7.6 s");
    bench.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: cfg}, data: {a: b}}");
    bench.run(Span::secs(20));
    for pod in ["env", "vol"] {
        assert_eq!(bench.states(pod).last().unwrap(), "Running ready c=running");
    }
}

#[test]
fn an_image_that_does_not_exist_is_tried_ever_later() {
    let mut bench = Bench::new();
    bench.command(NodeCommand::Image { image: "shop/web:v2".into(), fault: ImageFault::NotFound });
    bench.pod("web", "containers: [{name: web, image: 'shop/web:v2'}]");
    bench.run(Span::secs(45));
    let states = bench.states("web");
    assert_eq!(
        states[1..5],
        [
            "Pending web=ContainerCreating",
            "Pending web=ErrImagePull",
            "Pending web=ImagePullBackOff",
            "Pending web=ErrImagePull"
        ],
        "{:#?}",
        bench.history("web")
    );
    let events = bench.events_of("web");
    for text in [
        "Failed: Failed to pull image \"shop/web:v2\": rpc error: code = NotFound desc = failed to pull and unpack",
        "Failed: Error: ErrImagePull",
        "BackOff: Back-off pulling image \"shop/web:v2\"",
        "Failed: Error: ImagePullBackOff",
    ] {
        assert!(events.iter().any(|event| event.starts_with(text)), "{text} in {events:#?}");
    }
    bench.command(NodeCommand::Image { image: "shop/web:v2".into(), fault: ImageFault::Found });
    bench.run(Span::secs(80));
    assert_eq!(bench.states("web").last().unwrap(), "Running ready web=running");
}

#[test]
fn containers_outlive_the_kubelet_and_are_stopped_by_the_next_one_if_nobody_wants_them() {
    let mut bench = Bench::new();
    for name in ["stays", "goes"] {
        bench.pod(name, NGINX);
    }
    bench.run(Span::secs(5));
    let running = |bench: &Bench| {
        let look = bench.node.as_ref().unwrap().look();
        let all = look.pods.iter().filter(|(_, pod)| pod.containers.iter().any(|c| c.state == "running"));
        all.map(|(key, _)| key.name.to_string()).collect::<Vec<_>>()
    };
    bench.command(NodeCommand::StopKubelet);
    bench.run(Span::secs(5));
    bench.delete(Kind::Pod, "goes", Some(0));
    bench.run(Span::secs(60));
    assert_eq!(running(&bench), ["goes", "stays"], "nobody looks");
    let before = bench.states("stays").len();
    bench.command(NodeCommand::StartKubelet);
    bench.run(Span::secs(10));
    assert_eq!(running(&bench), ["stays"]);
    assert_eq!(bench.states("stays").len(), before, "nothing changed for it");
}

#[test]
fn after_a_loss_of_power_pods_start_again_and_those_that_were_to_go_are_finished() {
    let mut bench = Bench::new();
    for name in ["stays", "goes"] {
        bench.pod(name, NGINX);
    }
    bench.run(Span::secs(5));
    bench.power_off();
    bench.run(Span::secs(10));
    bench.delete(Kind::Pod, "goes", None);
    bench.run(Span::secs(60));
    assert_eq!(
        bench.states("goes").last().unwrap(),
        "Running ready terminating web=running",
        "nobody reports"
    );
    bench.power_on();
    bench.run(Span::secs(10));
    assert_eq!(bench.states("goes").last().unwrap(), "gone");
    assert!(
        bench
            .states("goes")
            .iter()
            .any(|state| state == "Failed terminating web=ContainerStatusUnknown(137)")
    );
    assert_eq!(bench.states("stays").last().unwrap(), "Running ready web=running#1");
    let last = &bench.status("stays")["containerStatuses"][0]["lastState"]["terminated"];
    let text =
        "The container could not be located when the pod was deleted.  The container used to be Running";
    assert_eq!((&last["reason"], &last["message"]), (&json!("ContainerStatusUnknown"), &json!(text)));
}

#[test]
fn a_forced_deletion_frees_the_name_at_once_and_the_containers_follow() {
    let mut bench = Bench::new();
    bench.pod("web", &shell("trap \"\" TERM; while true; do sleep 1; done"));
    bench.run(Span::secs(5));
    bench.delete(Kind::Pod, "web", Some(0));
    bench.pod("web", NGINX);
    bench.run(Span::secs(10));
    assert_eq!(bench.states("web").last().unwrap(), "Running ready web=running");
    let look = bench.node.as_ref().unwrap().look();
    assert_eq!(look.pods.len(), 1, "the old pod's containers are gone");
}

#[test]
fn a_pod_that_does_not_fit_is_refused() {
    let mut bench = Bench::new();
    let big = "containers: [{name: c, image: 'nginx:1.27', resources: {requests: {cpu: '3'}}}]";
    bench.pod("first", big);
    bench.run(Span::secs(3));
    bench.pod("second", big);
    bench.run(Span::secs(3));
    let status = bench.status("second");
    let text = "Node didn't have enough resource: cpu, requested: 3000, used: 3000, capacity: 4000";
    assert_eq!((&status["phase"], &status["reason"]), (&json!("Failed"), &json!("OutOfcpu")));
    assert_eq!(status["message"], format!("Pod was rejected: {text}"));
    assert_eq!(bench.events_of("second"), [format!("OutOfcpu: {text} (x1)")]);
}

#[test]
fn the_node_registers_and_renews_its_lease() {
    let mut bench = Bench::new();
    bench.run(Span::secs(60));
    let node = bench.list(Kind::Node).remove(0).to_value();
    assert_eq!(node["metadata"]["labels"]["kubernetes.io/hostname"], "node-1");
    assert_eq!(node["spec"]["podCIDR"], "10.244.0.0/24");
    assert_eq!(node["status"]["allocatable"]["pods"], "110");
    let ready = node["status"]["conditions"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&ready["type"], &ready["status"], &ready["reason"]),
        (&json!("Ready"), &json!("True"), &json!("KubeletReady"))
    );
    let lease = bench.list(Kind::Lease).remove(0).to_value();
    assert_eq!(
        (&lease["spec"]["holderIdentity"], &lease["spec"]["leaseDurationSeconds"]),
        (&json!("node-1"), &json!(40))
    );
    assert_eq!(lease["metadata"]["ownerReferences"][0]["uid"], node["metadata"]["uid"]);
    let renewed = bench.trace.iter().filter(
        |(_, _, data, _)| matches!(data, crate::trace::Data::Act { did, .. } if did.starts_with("renew")),
    );
    assert!((5..=7).contains(&renewed.count()));
    let heartbeats_only = bench.trace.iter().all(|(_, _, _, story)| story.0 == 0);
    assert!(heartbeats_only, "an idle node's trace has no stories");
}

#[test]
fn containers_that_the_api_lost_are_stopped_once_an_empty_list_was_answered() {
    let mut bench = Bench::new();
    bench.pod("web", NGINX);
    bench.run(Span::secs(5));
    let options = DeleteOptions { grace_period_secs: Some(0), ..DeleteOptions::default() };
    let target = ObjectRef::new(Kind::Pod, Key::new("default", "web"));
    bench.ask(Call::Delete { target, options }).unwrap();
    bench.run(Span::secs(35));
    let look = bench.node.as_ref().unwrap().look();
    assert!(look.pods.is_empty(), "{:?}", look.pods);
}
