use serde_json::Value;

use super::*;

/// Cells that say how long ago something was; the recordings do not say when they were asked for.
const TIMINGS: [&str; 3] = ["Age", "Last Seen", "First Seen"];

/// Objects and their rows as a real API server gave them.
#[test]
fn rows_are_those_of_the_real_server() {
    let recorded: Vec<Value> =
        serde_json::from_str(include_str!("../../../tests/fixtures/kubectl/tables.json")).unwrap();
    let mut compared = Vec::new();
    for table in &recorded {
        // Kinds that this cluster does not have were recorded too.
        let Some(kind) = Kind::from_name(table["kind"].as_str().unwrap()) else { continue };
        let objects: Vec<Object> = table["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| Object::from_value(object.clone()).unwrap())
            .collect();
        let ours = render(kind, &objects, VirtualTime::ZERO);
        let columns: Vec<Value> =
            ours.columns.iter().map(|column| json!([column.name, column.kind, column.priority])).collect();
        assert_eq!(Value::from(columns), table["columns"], "{kind:?}");
        for (row, theirs) in ours.rows.iter().zip(table["rows"].as_array().unwrap()) {
            for (at, column) in ours.columns.iter().enumerate() {
                if !TIMINGS.contains(&column.name.as_str()) {
                    assert_eq!(row.cells[at], theirs[at], "{kind:?} {}", column.name);
                }
            }
        }
        compared.push(kind);
    }
    assert!(compared.len() >= 12, "{compared:?}");
}

fn pod(status: Value) -> Object {
    Object::from_value(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"containers": [{"name": "a"}, {"name": "b"}],
            "initContainers": [{"name": "first"}, {"name": "side", "restartPolicy": "Always"}]},
        "status": status,
    }))
    .unwrap()
}

#[test]
fn one_word_says_how_a_pod_is() {
    let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
    let ended = |code: i32, reason: &str| json!({"terminated": {"exitCode": code, "reason": reason}});
    let container = |name: &str, state: Value, ready: bool| json!({"name": name, "image": "", "imageID": "", "restartCount": 0, "ready": ready, "state": state});
    let running = json!({"running": {}});
    let done = container("first", ended(0, "Completed"), true);
    for (status, word, ready) in [
        (json!({"phase": "Pending"}), "Pending", 0),
        (json!({"phase": "Failed", "reason": "Evicted"}), "Evicted", 0),
        (
            json!({"phase": "Pending", "initContainerStatuses": [container("first", running.clone(), false)]}),
            "Init:0/2",
            0,
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [container("first", ended(3, ""), false)]}),
            "Init:ExitCode:3",
            0,
        ),
        (
            json!({"phase": "Pending", "initContainerStatuses": [container("first", waiting("CrashLoopBackOff"), false)]}),
            "Init:CrashLoopBackOff",
            0,
        ),
        (
            json!({"phase": "Running", "initContainerStatuses": [done.clone()], "containerStatuses": [
                container("a", running.clone(), true), container("b", waiting("CrashLoopBackOff"), false)]}),
            "CrashLoopBackOff",
            1,
        ),
        (
            json!({"phase": "Running", "initContainerStatuses": [done.clone()], "containerStatuses": [
                container("a", ended(0, "Completed"), false), container("b", running.clone(), true)],
                "conditions": [{"type": "Ready", "status": "True"}]}),
            "Running",
            1,
        ),
        (
            json!({"phase": "Running", "initContainerStatuses": [done], "containerStatuses": [
                container("a", ended(137, "OOMKilled"), false), container("b", running, true)]}),
            "OOMKilled",
            1,
        ),
    ] {
        let Object::Pod(pod) = pod(status.clone()) else { unreachable!() };
        let summary = pod::summary(&pod);
        assert_eq!((summary.status.as_str(), summary.ready, summary.total), (word, ready, 3), "{status}");
    }
}

#[test]
fn restarts_say_when_the_last_one_was() {
    let object = pod(json!({"phase": "Running", "containerStatuses": [
        {"name": "a", "image": "", "imageID": "", "restartCount": 2, "ready": true, "state": {"running": {}},
         "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2026-01-05T08:00:45Z"}}}]}));
    let table = render(Kind::Pod, &[object], VirtualTime::from_micros(60_000_000));
    assert_eq!(table.rows[0].cells[1..4], [json!("1/3"), json!("Running"), json!("2 (15s ago)")]);
}
