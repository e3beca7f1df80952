//! `kubectl scale`: sets a number of replicas.

use serde_json::json;

use super::common::{DryRun, Writing};
use super::delete::timed_out;
use super::{Look, Verb};
use crate::apiserver::{Call, Patch, Reply, Sub};
use crate::kubectl::cluster::Ask;
use crate::kubectl::grammar::duration;
use crate::kubectl::kinds;
use crate::kubectl::output::Fault;
use crate::kubectl::running::{Context, Step, Task};
use crate::kubectl::targets::Picks;
use crate::object::{Object, ObjectRef};
use crate::time::{Span, VirtualTime};

/// Set a new size for a deployment, replica set, or stateful set
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  scale deploy/web --replicas=6
  scale deploy/web --replicas=6 --current-replicas=4    only if it is 4 now")]
pub struct Scale {
    /// TYPE NAME... or TYPE/NAME...
    #[arg(value_name = "TYPE NAME")]
    words: Vec<String>,
    #[command(flatten)]
    picks: Picks,
    /// The new desired number of replicas. Required
    #[arg(long, allow_negative_numbers = true)]
    replicas: Option<i32>,
    /// Precondition for current size; requires that the current size match this value in order to scale
    #[arg(long, value_name = "REPLICAS")]
    current_replicas: Option<i32>,
    /// Precondition for resource version
    #[arg(long, value_name = "VERSION")]
    resource_version: Option<String>,
    /// The length of time to wait before giving up on a scale operation, zero means don't wait
    #[arg(long, value_parser = duration, default_value = "0s")]
    timeout: Span,
    #[command(flatten)]
    writing: Writing,
}

impl Verb for Scale {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let replicas = match self.replicas {
            Some(replicas) if replicas >= 0 => replicas,
            _ => {
                return Err(Fault::said(
                    "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
                ));
            }
        };
        let targets = self.picks.resolve(cx.scope, &self.words)?;
        let (objects, faults) = targets.read(cx.cluster);
        if objects.is_empty() {
            let why: Vec<String> = faults.iter().map(no_server).collect();
            return Err(match faults.iter().all(Fault::is_not_found) {
                true => Fault::said(format!("no objects passed to scale {}", why.join("")).trim_end()),
                false => Fault::Several(faults),
            });
        }
        let (mut waiting, mut failed) = (Vec::new(), faults);
        for object in &objects {
            match self.scale(object, replicas, cx) {
                Ok(()) => waiting.push(object.reference()),
                Err(fault) => failed.push(fault),
            }
        }
        Fault::all(failed)?;
        if self.timeout == Span::ZERO || self.writing.is_dry() {
            return Ok(Step::Done);
        }
        Box::new(Scaled { waiting, replicas, until: cx.cluster.now() + self.timeout }).poll(cx)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        let Some(replicas) = self.replicas else { return "say how many: --replicas=3".to_owned() };
        let objects = match look.picked(&self.words, &self.picks) {
            Ok(objects) => objects,
            Err(why) => return why,
        };
        let each = objects.iter().map(|object| {
            let label = kinds::label(&object.reference());
            match wanted(object) {
                None => format!("{label} has no number of replicas"),
                Some(now) if i64::from(replicas) > now => {
                    format!("will add {} to {label}", pods(i64::from(replicas) - now))
                }
                Some(now) if i64::from(replicas) < now => {
                    format!("will take {} away from {label}", pods(now - i64::from(replicas)))
                }
                Some(_) => format!("{label} wants {} already: nothing happens", pods(i64::from(replicas))),
            }
        });
        let all: Vec<String> = each.collect();
        if all.is_empty() { "say what to scale, such as deploy/web".to_owned() } else { all.join("; ") }
    }
}

/// A refusal without the words in front.
fn no_server(fault: &Fault) -> String {
    match fault {
        Fault::Refused(status) => status.message.clone(),
        other => other.entry(),
    }
}

fn pods(count: i64) -> String {
    if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") }
}

/// How many replicas an object wants.
fn wanted(object: &Object) -> Option<i64> {
    let value = object.to_value();
    value.pointer("/spec/template")?;
    Some(value.pointer("/spec/replicas").and_then(serde_json::Value::as_i64).unwrap_or(1))
}

impl Scale {
    fn scale(&self, object: &Object, replicas: i32, cx: &mut Context<'_>) -> Result<(), Fault> {
        let target = object.reference();
        if let Some(expected) = self.current_replicas
            && let Reply::Value(scale) =
                cx.cluster.read(&Call::Get { target: target.clone(), sub: Sub::Scale })?
        {
            let now = scale.pointer("/spec/replicas").and_then(serde_json::Value::as_i64).unwrap_or(0);
            if now != i64::from(expected) {
                return Err(Fault::said(format!("Expected replicas to be {expected}, was {now}")));
            }
        }
        if let Some(expected) = &self.resource_version {
            let now = object.meta().resource_version.clone().unwrap_or_default();
            if now != *expected {
                return Err(Fault::said(format!("Expected resource version to be {expected}, was {now}")));
            }
        }
        if self.writing.dry_run != DryRun::Client {
            let patch = Patch::Merge(json!({"spec": {"replicas": replicas}}));
            let dry_run = self.writing.dry_run == DryRun::Server;
            cx.write_unless(dry_run, Call::Patch { target, patch, sub: Sub::Scale, dry_run })?;
        }
        self.writing.report(object, "scaled", cx)
    }
}

/// Waits until the objects have as many replicas as they want.
struct Scaled {
    waiting: Vec<ObjectRef>,
    replicas: i32,
    until: VirtualTime,
}

impl Task for Scaled {
    fn poll(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        for target in &self.waiting {
            let value = cx.cluster.get(target)?.to_value();
            let number = |path: &str| value.pointer(path).and_then(serde_json::Value::as_i64).unwrap_or(0);
            let seen = number("/status/observedGeneration") >= number("/metadata/generation");
            let there = number("/status/replicas") == i64::from(self.replicas);
            if !(seen && there) {
                if cx.cluster.now() >= self.until {
                    return Err(timed_out(target));
                }
                let until = self.until;
                return Ok(Step::Wait(self, Some(until)));
            }
        }
        Ok(Step::Done)
    }
}
