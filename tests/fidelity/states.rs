//! One object as one line of text: what matters of it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::names::Names;

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or("")
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Whether it is being deleted, what holds it, and who owns it.
pub fn life(verb: &str, object: &Value, names: &Names) -> String {
    if verb == "DELETED" {
        return "gone".to_owned();
    }
    let meta = &object["metadata"];
    let mut line = vec!["there".to_owned()];
    if !meta["deletionTimestamp"].is_null() {
        line = vec!["being deleted".to_owned()];
    }
    for finalizer in items(&meta["finalizers"]) {
        line.push(format!("finalizer {}", finalizer.as_str().unwrap_or("")));
    }
    for owner in items(&meta["ownerReferences"]) {
        line.push(format!("owner {} {}", text(owner, "kind"), names.of_name(owner)));
    }
    if object["kind"] == "Namespace" || object["status"]["phase"] == "Terminating" {
        line.push(text(&object["status"], "phase").to_owned());
    }
    line.join(", ")
}

/// The conditions in the order of their types.
pub fn conditions(object: &Value, names: &Names) -> String {
    let mut lines: Vec<String> = items(&object["status"]["conditions"])
        .map(|condition| {
            let message = names.text(text(condition, "message"));
            let (kind, status) = (text(condition, "type"), text(condition, "status"));
            format!("{kind}={status} {}: {message}", text(condition, "reason"))
        })
        .collect();
    lines.sort();
    lines.join("; ")
}

/// A node's conditions, taints and whether it takes pods.
pub fn node(object: &Value) -> String {
    let mut parts: Vec<String> = items(&object["status"]["conditions"])
        .map(|condition| {
            format!("{}={}/{}", text(condition, "type"), text(condition, "status"), text(condition, "reason"))
        })
        .collect();
    parts.sort();
    if object["spec"]["unschedulable"] == true {
        parts.push("unschedulable".to_owned());
    }
    let mut taints: Vec<String> = items(&object["spec"]["taints"])
        .map(|taint| {
            format!("taint {}={}:{}", text(taint, "key"), text(taint, "value"), text(taint, "effect"))
        })
        .collect();
    taints.sort();
    parts.extend(taints);
    parts.join(" ")
}

/// A pod's phase, conditions, containers and deletion.
pub fn pod(object: &Value) -> String {
    let (meta, status) = (&object["metadata"], &object["status"]);
    let mut parts = vec![text(status, "phase").to_owned()];
    if !text(status, "reason").is_empty() {
        parts.push(format!("({})", text(status, "reason")));
    }
    if object["spec"]["nodeName"].is_string() {
        parts.push("bound".to_owned());
    }
    if !meta["deletionTimestamp"].is_null() {
        parts.push(format!("deleting:{}", meta["deletionGracePeriodSeconds"]));
    }
    let (generation, seen) = (meta["generation"].as_i64(), status["observedGeneration"].as_i64());
    if let Some(generation) =
        generation.filter(|generation| *generation > 1 || seen.is_some_and(|seen| seen > 1))
    {
        parts.push(format!("generation:{generation}/{}", seen.unwrap_or(0)));
    }
    let owners: Vec<&str> = items(&meta["ownerReferences"]).map(|owner| text(owner, "kind")).collect();
    if owners.is_empty() {
        parts.push("no owner".to_owned());
    }
    let mut conditions: Vec<String> = items(&status["conditions"])
        .map(|condition| {
            let reason = text(condition, "reason");
            let reason = if reason.is_empty() { String::new() } else { format!("/{reason}") };
            format!("{}={}{reason}", text(condition, "type"), text(condition, "status"))
        })
        .collect();
    conditions.sort();
    parts.extend(conditions);
    for container in items(&status["containerStatuses"]) {
        parts.push(self::container(container));
    }
    parts.join(" ")
}

fn container(status: &Value) -> String {
    let state = |state: &Value| {
        let Some((kind, of)) = state.as_object().and_then(|state| state.iter().next()) else {
            return String::new();
        };
        match (text(of, "reason"), of["exitCode"].as_i64()) {
            ("", None) => kind.clone(),
            (reason, None) => format!("{kind}:{reason}"),
            (reason, Some(code)) => format!("{kind}:{reason}:{code}"),
        }
    };
    let mut line = format!("{}[{}", text(status, "name"), state(&status["state"]));
    let last = state(&status["lastState"]);
    if !last.is_empty() {
        line += &format!(" last {last}");
    }
    if let Some(restarts) = status["restartCount"].as_i64().filter(|restarts| *restarts > 0) {
        line += &format!(" restarts:{restarts}");
    }
    for flag in ["ready", "started"] {
        if status[flag] == true {
            line += &format!(" {flag}");
        }
    }
    line + "]"
}

/// A pod in a few words.
pub fn pod_summary(object: &Value) -> String {
    let status = &object["status"];
    let ready = items(&status["conditions"])
        .find(|condition| condition["type"] == "Ready")
        .map_or("", |condition| text(condition, "status"));
    let mut line = text(status, "phase").to_owned();
    if ready == "True" {
        line += " ready";
    }
    if !object["metadata"]["deletionTimestamp"].is_null() {
        line += " terminating";
    }
    let restarts: i64 =
        items(&status["containerStatuses"]).filter_map(|status| status["restartCount"].as_i64()).sum();
    if restarts > 0 {
        line += &format!(" restarts:{restarts}");
    }
    line
}

/// The object that an event is about.
pub fn involved(event: &Value) -> &Value {
    if event["involvedObject"].is_object() { &event["involvedObject"] } else { &event["regarding"] }
}

/// Who told it.
pub fn reporter(event: &Value) -> String {
    let new = text(event, "reportingComponent");
    if new.is_empty() { text(&event["source"], "component").to_owned() } else { new.to_owned() }
}

/// How often it was told.
pub fn count(event: &Value) -> usize {
    let count = event["count"].as_u64().or(event["series"]["count"].as_u64()).unwrap_or(1);
    usize::try_from(count).unwrap_or(1).max(1)
}

/// Its type, reason, teller and text.
pub fn event(event: &Value, names: &Names) -> String {
    let message = if event["message"].is_string() { text(event, "message") } else { text(event, "note") };
    let field = text(involved(event), "fieldPath");
    let field = if field.is_empty() { String::new() } else { format!(" {field}") };
    let message = node_names(&names.text(message));
    format!("{} {}: {message} ({}{field})", text(event, "type"), text(event, "reason"), reporter(event))
}

/// The text without the names of nodes: which of several equal nodes a pod goes to is not compared.
fn node_names(message: &str) -> String {
    let words: Vec<String> = message
        .split(' ')
        .map(|word| match word.strip_prefix("node") {
            Some(number) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                "NODE".to_owned()
            }
            _ => word.to_owned(),
        })
        .collect();
    words.join(" ")
}

/// What a slice says about each of its pods.
pub fn endpoints(slice: &Value) -> BTreeMap<String, String> {
    items(&slice["endpoints"])
        .map(|endpoint| {
            let conditions = &endpoint["conditions"];
            let words: Vec<&str> = ["ready", "serving", "terminating"]
                .into_iter()
                .filter(|flag| conditions[*flag] == true)
                .collect();
            let words = if words.is_empty() { "not ready".to_owned() } else { words.join("+") };
            (text(&endpoint["targetRef"], "name").to_owned(), words)
        })
        .collect()
}

/// On how many nodes a DaemonSet's pods should be, are, and are of today's template. How many of them are ready
/// depends on which come up together.
pub fn scheduled(object: &Value) -> String {
    let status = &object["status"];
    let fields = [
        "observedGeneration",
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberMisscheduled",
        "updatedNumberScheduled",
    ];
    let numbers = fields.map(|field| format!("{field}:{}", status[field].as_i64().unwrap_or(0)));
    format!("generation:{} {}", object["metadata"]["generation"], numbers.join(" "))
}

/// The numbers of an object's spec and status.
pub fn numbers(kind: &str, object: &Value) -> Option<String> {
    let status = &object["status"];
    let number =
        |field: &str| status[field].as_i64().map(|number| format!(" {field}:{number}")).unwrap_or_default();
    match kind {
        "Deployment" => {
            let mut line = format!(
                "generation:{} replicas:{} of",
                object["metadata"]["generation"], object["spec"]["replicas"]
            );
            for field in [
                "observedGeneration",
                "replicas",
                "updatedReplicas",
                "readyReplicas",
                "availableReplicas",
                "unavailableReplicas",
                "terminatingReplicas",
            ] {
                line += &number(field);
            }
            Some(line)
        }
        "ReplicaSet" => {
            let mut line = format!("replicas:{} of", object["spec"]["replicas"]);
            for field in [
                "observedGeneration",
                "replicas",
                "fullyLabeledReplicas",
                "readyReplicas",
                "availableReplicas",
                "terminatingReplicas",
            ] {
                line += &number(field);
            }
            Some(line)
        }
        "DaemonSet" => Some(
            ["numberReady", "numberAvailable", "numberUnavailable"]
                .iter()
                .fold(scheduled(object), |line, field| line + &number(field)),
        ),
        "PodDisruptionBudget" => Some(
            ["observedGeneration", "expectedPods", "desiredHealthy", "currentHealthy", "disruptionsAllowed"]
                .iter()
                .fold(format!("generation:{}", object["metadata"]["generation"]), |line, field| {
                    line + &number(field)
                }),
        ),
        "Endpoints" => {
            let sum = |field: &str| -> usize {
                items(&object["subsets"]).map(|subset| subset[field].as_array().map_or(0, Vec::len)).sum()
            };
            Some(format!("addresses:{} notReady:{}", sum("addresses"), sum("notReadyAddresses")))
        }
        "EndpointSlice" => {
            let mut alike: BTreeMap<String, usize> = BTreeMap::new();
            for state in endpoints(object).into_values() {
                *alike.entry(state).or_default() += 1;
            }
            let ports: Vec<String> = items(&object["ports"])
                .map(|port| format!("{}:{}/{}", text(port, "name"), port["port"], text(port, "protocol")))
                .collect();
            let lines: Vec<String> =
                alike.into_iter().map(|(state, count)| format!("{count} {state}")).collect();
            Some(format!("{} on {}", lines.join(", "), ports.join(", ")))
        }
        _ => None,
    }
}
