//! The whole node against a real API server: pods as the recorded clusters ran them.

mod bench;
mod failures;
mod sharing;

use serde_json::{Value, json};

use self::bench::Bench;
use crate::node::NodeCommand;
use crate::object::{Key, Kind};
use crate::time::Span;
use crate::trace::{ContainerChange, Data};

const NGINX: &str = "containers: [{name: web, image: 'nginx:1.27', ports: [{containerPort: 80}]}]";

fn shell(script: &str) -> String {
    format!("containers: [{{name: c, image: 'busybox:1.36', command: [sh, -c, '{script}']}}]")
}

fn condition<'v>(status: &'v Value, kind: &str) -> &'v Value {
    let conditions = status["conditions"].as_array().unwrap();
    conditions.iter().find(|condition| condition["type"] == kind).unwrap()
}

#[test]
fn a_pod_starts_in_the_recorded_steps() {
    let mut bench = Bench::new();
    bench.pod("web", NGINX);
    bench.run(Span::secs(10));
    assert_eq!(
        bench.states("web"),
        ["Pending", "Pending web=ContainerCreating", "Running ready web=running"]
    );
    assert!((0.4..1.0).contains(&bench.when("web", "running")), "{:?}", bench.history("web"));
    let events = bench.events_of("web");
    assert_eq!(events[0], "Pulling: Pulling image \"nginx:1.27\" (x1)");
    assert!(events[1].starts_with("Pulled: Successfully pulled image \"nginx:1.27\" in "), "{events:?}");
    assert_eq!(events[2..], ["Created: Container created (x1)", "Started: Container started (x1)"]);
    let status = bench.status("web");
    let web = &status["containerStatuses"][0];
    assert_eq!(
        (&web["imageID"], &web["started"], &web["lastState"]),
        (&json!("nginx:1.27"), &json!(true), &json!({}))
    );
    assert_eq!(status["podIP"], "10.244.0.2");
    assert_eq!((&status["hostIP"], &status["observedGeneration"]), (&json!("172.18.0.2"), &json!(1)));
    let kinds: Vec<&str> = status["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|condition| condition["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
    );
}

#[test]
fn an_image_that_is_there_is_not_pulled_again() {
    let mut bench = Bench::new();
    bench.pod("one", NGINX);
    bench.run(Span::secs(5));
    bench.pod("two", NGINX);
    bench.run(Span::secs(5));
    let text = "Pulled: Container image \"nginx:1.27\" already present on machine and can be accessed by the pod (x1)";
    assert_eq!(bench.events_of("two")[0], text);
}

#[test]
fn a_deleted_pod_ends_gracefully_and_is_then_deleted_for_good() {
    let mut bench = Bench::new();
    bench.pod("web", NGINX);
    bench.run(Span::secs(5));
    bench.delete(Kind::Pod, "web", None);
    let asked = bench.history("web").last().unwrap().0;
    bench.run(Span::secs(31));
    let states = bench.states("web");
    assert_eq!(
        states[2..],
        [
            "Running ready web=running",
            "Running ready terminating web=running",
            "Succeeded terminating web=Completed(0)",
            "gone"
        ]
    );
    assert!(bench.when("web", "gone") - asked < 1.5);
    assert!(bench.events_of("web").contains(&"Killing: Stopping container web (x1)".to_owned()));
}

#[test]
fn a_container_that_ignores_sigterm_is_killed_when_its_grace_is_over() {
    let mut bench = Bench::new();
    bench.pod("stubborn", &shell("trap \"\" TERM; while true; do sleep 1; done"));
    bench.run(Span::secs(5));
    bench.delete(Kind::Pod, "stubborn", None);
    bench.run(Span::secs(40));
    let killed =
        bench.when("stubborn", "Failed terminating c=Error(137)") - bench.when("stubborn", "terminating");
    assert!((30.0..30.2).contains(&killed), "{killed}");
    assert!(bench.when("stubborn", "gone") > 0.0);
}

#[test]
fn a_crash_loop_follows_the_recorded_timeline() {
    let mut bench = Bench::new();
    bench.pod("crash", &shell("echo boom; sleep 2; exit 1"));
    bench.run(Span::secs(70));
    let states = bench.states("crash");
    assert_eq!(
        states[2..8],
        [
            "Running ready c=running",
            "Running c=Error(1)",
            "Running ready c=running#1",
            "Running c=Error(1)#1",
            "Running c=CrashLoopBackOff#1",
            "Running ready c=running#2"
        ],
        "{:#?}",
        bench.history("crash")
    );
    let first = bench.when("crash", "running#1") - bench.when("crash", "ready c=running");
    assert!((2.0..3.2).contains(&first), "the first restart is at once: {first}");
    let second = bench.when("crash", "running#2") - bench.when("crash", "running#1");
    assert!((12.0..19.0).contains(&second), "10 s after the end, at the next try: {second}");
    let key = "back-off 20s restarting failed container=c pod=crash_default(";
    let status = bench.status("crash");
    let state = &status["containerStatuses"][0];
    assert!(
        state["state"]["waiting"]["message"].as_str().is_none_or(|text| text.contains("back-off")),
        "{key} {state}"
    );
    assert_eq!(state["lastState"]["terminated"]["exitCode"], 1);
    let events = bench.events_of("crash");
    assert!(events.iter().any(|event| {
        event.starts_with("BackOff: Back-off restarting failed container c in pod crash_default(")
    }));
}

#[test]
fn a_pod_that_never_restarts_succeeds_or_fails() {
    let mut bench = Bench::new();
    bench.pod("good", &format!("restartPolicy: Never, {}", shell("sleep 2")));
    bench.pod("bad", &format!("restartPolicy: Never, {}", shell("sleep 1; exit 3")));
    bench.run(Span::secs(20));
    assert_eq!(bench.states("good")[3..], ["Running c=Completed(0)", "Succeeded c=Completed(0)"]);
    assert_eq!(bench.states("bad")[3..], ["Running c=Error(3)", "Failed c=Error(3)"]);
    assert_eq!(condition(&bench.status("good"), "Ready")["reason"], "PodCompleted");
    assert_eq!(condition(&bench.status("bad"), "Ready")["reason"], "PodFailed");
    bench.delete(Kind::Pod, "good", None);
    bench.run(Span::secs(3));
    assert_eq!(bench.get("good"), None);
}

#[test]
fn init_containers_run_one_after_the_other() {
    let mut bench = Bench::new();
    let inits = "initContainers: [{name: a, image: 'busybox:1.36', command: [sleep, '1']}, \
                 {name: b, image: 'busybox:1.36', command: [sleep, '1']}]";
    bench.pod("web", &format!("{inits}, {NGINX}"));
    bench.run(Span::secs(15));
    let states = bench.states("web");
    let order = [
        "Pending a=PodInitializing b=PodInitializing web=PodInitializing",
        "Pending a=running b=PodInitializing web=PodInitializing",
        "Pending a=Completed(0) b=PodInitializing web=PodInitializing",
        "Pending a=Completed(0) b=running web=PodInitializing",
        "Pending a=Completed(0) b=Completed(0) web=PodInitializing",
        "Running ready a=Completed(0) b=Completed(0) web=running",
    ];
    assert_eq!(states[1..], order);
}

#[test]
fn the_canonical_liveness_manifest_behaves_as_documented() {
    let mut bench = Bench::new();
    bench.pod(
        "liveness",
        "containers: [{name: liveness, image: 'busybox:1.36', \
         args: [/bin/sh, -c, 'touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600'], \
         livenessProbe: {exec: {command: [cat, /tmp/healthy]}, initialDelaySeconds: 5, periodSeconds: 5}}]",
    );
    bench.run(Span::secs(60));
    let events = bench.events_of("liveness");
    let text =
        "Unhealthy: Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory\n (x3)";
    assert!(events.iter().any(|event| event.starts_with(text)), "{events:#?}");
    let killing = "Killing: Container liveness failed liveness probe, will be restarted (x1)";
    assert!(events.contains(&killing.to_owned()), "{events:#?}");
    let restarted = bench.when("liveness", "running#1") - bench.when("liveness", "ready");
    assert!((40.0..50.0).contains(&restarted), "30 s and three failures: {restarted}");
}

#[test]
fn a_readiness_probe_takes_a_pod_out_and_in_again() {
    let mut bench = Bench::new();
    bench.pod(
        "web",
        "containers: [{name: c, image: 'busybox:1.36', command: [sh, -c, 'sleep 3; touch /tmp/ok; sleep 600'], \
         readinessProbe: {exec: {command: [cat, /tmp/ok]}, periodSeconds: 2}}]",
    );
    bench.run(Span::secs(10));
    assert_eq!(bench.states("web")[2..], ["Running c=running", "Running ready c=running"]);
    let fail = |fail| NodeCommand::Probe { pod: Key::new("default", "web"), kind: "readiness".into(), fail };
    bench.command(fail(true));
    bench.run(Span::secs(10));
    bench.command(fail(false));
    bench.run(Span::secs(10));
    assert_eq!(bench.states("web")[4..], ["Running c=running", "Running ready c=running"]);
}

#[test]
fn an_exit_that_nobody_asked_for_starts_a_story_and_one_by_a_fault_does_not() {
    let mut bench = Bench::new();
    bench.pod("web", NGINX);
    bench.pod("crash", &shell("sleep 3; exit 1"));
    bench.run(Span::millis(2500));
    bench.command(NodeCommand::ExitContainer { pod: Key::new("default", "web"), container: None, code: 1 });
    bench.run(Span::secs(4));
    let exits: Vec<u64> = bench
        .trace
        .iter()
        .filter(|(_, _, data, _)| {
            matches!(data, Data::Container { change: ContainerChange::Exited { .. }, .. })
        })
        .map(|(_, _, _, story)| story.0)
        .collect();
    assert_eq!(exits[0], 7, "it belongs to the fault's story");
    assert!(exits[1] > 1000, "{exits:?}");
    assert!(bench.states("web").contains(&"Running ready web=running#1".to_owned()));
}
