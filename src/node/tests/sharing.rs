//! What containers of a pod share, and what the kubelet does around them.

use serde_json::json;

use super::{Bench, shell};
use crate::apiserver::{Call, Patch, Sub};
use crate::object::{Key, Kind, ObjectRef};
use crate::time::Span;

/// The last line that the pod's container printed, and a variable of its environment.
fn last_line(bench: &Bench, pod: &str) -> (String, String) {
    let look = bench.node.as_ref().unwrap().look();
    let container = &look.pods[&Key::new("default", pod)].containers[0];
    let line = container.log.last().map(|(_, line)| line.to_string()).unwrap_or_default();
    (line, container.env.get("A").map(ToString::to_string).unwrap_or_default())
}

#[test]
fn mounted_files_follow_an_edit_and_the_environment_does_not() {
    let mut bench = Bench::new();
    bench.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: cfg}, data: {a: old}}");
    bench.pod(
        "web",
        "volumes: [{name: v, configMap: {name: cfg}}], \
         containers: [{name: c, image: 'busybox:1.36', command: [sh, -c, 'while true; do cat /v/a; echo; sleep 1; done'], \
         env: [{name: A, valueFrom: {configMapKeyRef: {name: cfg, key: a}}}], \
         volumeMounts: [{name: v, mountPath: /v}]}]",
    );
    bench.run(Span::secs(5));
    assert_eq!(last_line(&bench, "web"), ("old".into(), "old".into()));
    let target = ObjectRef::new(Kind::ConfigMap, Key::new("default", "cfg"));
    let patch = Patch::Merge(json!({"data": {"a": "new"}}));
    bench.ask(Call::Patch { target, patch, sub: Sub::Main, dry_run: false }).unwrap();
    bench.run(Span::secs(20));
    assert_eq!(last_line(&bench, "web"), ("new".into(), "old".into()));
}

#[test]
fn a_pre_stop_hook_runs_before_sigterm_and_counts_into_the_grace() {
    let mut bench = Bench::new();
    let stubborn = "command: [sh, -c, 'trap \"\" TERM; while true; do sleep 1; done']";
    bench.pod(
        "web",
        &format!(
            "terminationGracePeriodSeconds: 10, containers: [{{name: c, image: 'busybox:1.36', {stubborn}, \
             lifecycle: {{preStop: {{sleep: {{seconds: 4}}}}}}}}]"
        ),
    );
    bench.run(Span::secs(5));
    bench.delete(Kind::Pod, "web", None);
    bench.run(Span::secs(20));
    let killed = bench.when("web", "c=Error(137)") - bench.when("web", "terminating");
    assert!((10.0..10.2).contains(&killed), "{killed}");
}

#[test]
fn a_sidecar_starts_first_and_does_not_keep_a_finished_pod() {
    let mut bench = Bench::new();
    let sidecar = "initContainers: [{name: side, image: 'busybox:1.36', restartPolicy: Always, \
                   command: [sh, -c, 'while true; do sleep 1; done']}]";
    bench.pod("job", &format!("restartPolicy: Never, {sidecar}, {}", shell("sleep 3")));
    bench.run(Span::secs(20));
    let states = bench.states("job");
    assert!(states.contains(&"Pending side=running c=PodInitializing".to_owned()), "{states:#?}");
    assert!(states.contains(&"Running ready side=running c=running".to_owned()), "{states:#?}");
    assert!(states.last().unwrap().starts_with("Succeeded side="), "{states:#?}");
}

#[test]
fn a_container_asks_another_of_its_pod() {
    let mut bench = Bench::new();
    bench.pod(
        "pair",
        "containers: [{name: ask, image: 'busybox:1.36', \
         command: [sh, -c, 'sleep 3; wget -q -O - http://localhost:80/ > /dev/null && echo reached; sleep 600']}, \
         {name: web, image: 'nginx:1.27', ports: [{containerPort: 80}]}]",
    );
    bench.run(Span::secs(10));
    assert_eq!(last_line(&bench, "pair").0, "reached");
}
