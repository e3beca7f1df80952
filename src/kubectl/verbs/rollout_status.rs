//! `kubectl rollout status`: how far a rollout is, said again at every change of the object.

use serde_json::Value;

use crate::kubectl::cluster::Ask;
use crate::kubectl::output::Fault;
use crate::kubectl::running::{Context, Step, Task};
use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};

/// Objects whose rollouts are watched, one after the other.
struct Watch {
    targets: Vec<ObjectRef>,
    /// Whether it waits until the rollout is done.
    wait: bool,
    until: Option<VirtualTime>,
    /// 0 for whatever revision is rolled out.
    revision: i64,
    /// The version of the object that was last spoken of.
    seen: Option<Value>,
}

/// Begins to watch.
pub(super) fn begin(
    targets: Vec<ObjectRef>,
    wait: bool,
    timeout: Span,
    revision: i64,
    cx: &mut Context<'_>,
) -> Result<Step, Fault> {
    let until = (timeout != Span::ZERO).then(|| cx.cluster.now() + timeout);
    Box::new(Watch { targets, wait, until, revision, seen: None }).poll(cx)
}

impl Task for Watch {
    fn poll(mut self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        while let Some(target) = self.targets.first() {
            let object = cx.cluster.find(target)?.ok_or_else(|| Fault::said("object has been deleted"))?;
            let value = object.to_value();
            let version = value.pointer("/metadata/resourceVersion").cloned();
            if self.seen != version {
                self.seen = version;
                let status = status(target.kind.name(), &value, self.revision)?;
                cx.out.line(&status.text);
                if status.done || !self.wait {
                    self.targets.remove(0);
                    self.seen = None;
                    continue;
                }
            }
            if self.until.is_some_and(|until| cx.cluster.now() >= until) {
                return Err(Fault::said("timed out waiting for the condition"));
            }
            let until = self.until;
            return Ok(Step::Wait(self, until));
        }
        Ok(Step::Done)
    }
}

/// How far a rollout is.
#[derive(Debug, PartialEq)]
pub(super) struct Status {
    pub(super) text: String,
    pub(super) done: bool,
}

/// What the status of an object says (`kubectl/pkg/polymorphichelpers/rollout_status.go`).
pub(super) fn status(kind: &str, value: &Value, revision: i64) -> Result<Status, Fault> {
    match kind {
        "DaemonSet" => Ok(daemon_set(value)),
        _ => deployment(value, revision),
    }
}

fn number(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or(0)
}

fn name(value: &Value) -> &str {
    value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("")
}

fn going_on(text: String) -> Status {
    Status { text, done: false }
}

fn deployment(value: &Value, revision: i64) -> Result<Status, Fault> {
    let name = name(value);
    if revision > 0 {
        let annotation = "/metadata/annotations/deployment.kubernetes.io~1revision";
        let running = value.pointer(annotation).and_then(Value::as_str).and_then(|text| text.parse().ok());
        let running: i64 = running.unwrap_or(0);
        if running != revision {
            return Err(Fault::said(format!(
                "desired revision ({revision}) is different from the running revision ({running})"
            )));
        }
    }
    if number(value, "/metadata/generation") > number(value, "/status/observedGeneration") {
        return Ok(going_on("Waiting for deployment spec update to be observed...".to_owned()));
    }
    let conditions = value.pointer("/status/conditions").and_then(Value::as_array);
    let is =
        |condition: &Value, key: &str, value: &str| condition.get(key).and_then(Value::as_str) == Some(value);
    let timed_out = conditions.into_iter().flatten().any(|condition| {
        is(condition, "type", "Progressing") && is(condition, "reason", "ProgressDeadlineExceeded")
    });
    if timed_out {
        return Err(Fault::said(format!("deployment \"{name}\" exceeded its progress deadline")));
    }
    let want = value.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let [all, updated, available] = ["replicas", "updatedReplicas", "availableReplicas"]
        .map(|key| number(value, &format!("/status/{key}")));
    let waiting = format!("Waiting for deployment \"{name}\" rollout to finish: ");
    Ok(match () {
        () if updated < want => {
            going_on(format!("{waiting}{updated} out of {want} new replicas have been updated..."))
        }
        () if all > updated => {
            going_on(format!("{waiting}{} old replicas are pending termination...", all - updated))
        }
        () if available < updated => {
            going_on(format!("{waiting}{available} of {updated} updated replicas are available..."))
        }
        () => Status { text: format!("deployment \"{name}\" successfully rolled out"), done: true },
    })
}

fn daemon_set(value: &Value) -> Status {
    let name = name(value);
    if number(value, "/metadata/generation") > number(value, "/status/observedGeneration") {
        return going_on("Waiting for daemon set spec update to be observed...".to_owned());
    }
    let [want, updated, available] = ["desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable"]
        .map(|key| number(value, &format!("/status/{key}")));
    let waiting = format!("Waiting for daemon set \"{name}\" rollout to finish: ");
    match () {
        () if updated < want => {
            going_on(format!("{waiting}{updated} out of {want} new pods have been updated..."))
        }
        () if available < want => {
            going_on(format!("{waiting}{available} of {want} updated pods are available..."))
        }
        () => Status { text: format!("daemon set \"{name}\" successfully rolled out"), done: true },
    }
}
