//! `kubectl rollout`: what became of a change of a Deployment, and going back.

use serde_json::{Value, json};

use super::{Look, Verb, rollout_history as history, rollout_status};
use crate::apiserver::Patch;
use crate::kubectl::grammar::duration;
use crate::kubectl::kinds;
use crate::kubectl::output::Fault;
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::{self, FromFiles, Picking};
use crate::object::{Kind, Object};
use crate::time::Span;

/// Manage the rollout of a resource
#[derive(Clone, Debug, clap::Args)]
pub struct Rollout {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Show the status of the rollout, and wait until it is done
    Status(Status),
    /// View rollout history
    History(History),
    /// Undo a previous rollout
    Undo(Undo),
    /// Restart a resource: its pods are replaced, as after a change
    Restart(Of),
    /// Mark the provided resource as paused: changes are not rolled out
    Pause(Of),
    /// Resume a paused resource
    Resume(Of),
}

#[derive(Clone, Debug, clap::Args)]
struct Of {
    /// TYPE NAME or TYPE/NAME
    #[arg(value_name = "TYPE NAME")]
    words: Vec<String>,
    /// Selector (label query) to filter on
    #[arg(short = 'l', long)]
    selector: Option<String>,
}

#[derive(Clone, Debug, clap::Args)]
struct Status {
    #[command(flatten)]
    of: Of,
    /// The length of time to wait before ending watch, zero means never
    #[arg(long, value_parser = duration, default_value = "0s")]
    timeout: Span,
    /// Watch the status of the rollout until it's done
    #[arg(short, long, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_value = "true", default_missing_value = "true", value_name = "BOOL")]
    watch: bool,
    /// Pin to a specific revision for showing its status
    #[arg(long, default_value_t = 0)]
    revision: i64,
}

#[derive(Clone, Debug, clap::Args)]
struct History {
    #[command(flatten)]
    of: Of,
    /// See the details, including podTemplate of the revision specified
    #[arg(long, default_value_t = 0)]
    revision: i64,
}

#[derive(Clone, Debug, clap::Args)]
struct Undo {
    #[command(flatten)]
    of: Of,
    /// The revision to rollback to. Default to 0 (last revision)
    #[arg(long, default_value_t = 0)]
    to_revision: i64,
}

impl Of {
    fn picking(&self) -> Picking {
        Picking { selector: self.selector.clone(), ..Picking::default() }
    }

    /// The objects; all must be of kinds that are rolled out.
    fn read(&self, does: &str, cx: &Context<'_>) -> Result<Vec<Object>, Fault> {
        let targets = targets::resolve(cx.scope, &self.words, &self.picking(), &FromFiles::default())?;
        if targets.is_nothing() {
            return Err(Fault::said("required resource not specified"));
        }
        let (objects, faults) = targets.read(cx.cluster);
        Fault::all(faults)?;
        match objects.iter().find(|object| !is_rolled_out(object.kind())) {
            Some(other) => Err(Fault::said(format!("{} {does}", plural(other)))),
            None => Ok(objects),
        }
    }
}

/// `deployments.apps "web"`.
fn plural(object: &Object) -> String {
    let name = object.meta().name.as_deref().unwrap_or("");
    format!("{} \"{name}\"", object.kind().info().resource())
}

fn is_rolled_out(kind: Kind) -> bool {
    matches!(kind.name(), "Deployment" | "DaemonSet" | "StatefulSet")
}

impl Verb for Rollout {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        match &self.what {
            What::Status(status) => {
                let objects = status.of.read("has no rollout status", cx)?;
                let targets = objects.iter().map(Object::reference).collect();
                rollout_status::begin(targets, status.watch, status.timeout, status.revision, cx)
            }
            What::History(args) => {
                for object in args.of.read("has no rollout history", cx)? {
                    history::show(&object, args.revision, cx)?;
                }
                Ok(Step::Done)
            }
            What::Undo(args) => {
                for object in args.of.read("cannot be rolled back", cx)? {
                    history::undo(&object, args.to_revision, cx)?;
                }
                Ok(Step::Done)
            }
            What::Restart(of) => each(of, "restarting is not supported", cx, restart),
            What::Pause(of) => each(of, "pausing is not supported", cx, pause),
            What::Resume(of) => each(of, "resuming is not supported", cx, resume),
        }
    }

    fn preview(&self, look: &Look<'_>) -> String {
        let (of, does) = match &self.what {
            What::Status(status) => {
                (&status.of, "will show how far the rollout is, and wait until it is done")
            }
            What::History(args) => (&args.of, "will show the revisions"),
            What::Undo(args) => (&args.of, "will give the pods the template of an earlier revision again"),
            What::Restart(of) => (of, "will replace all pods, a few at a time"),
            What::Pause(of) => (of, "will keep changes of the template from being rolled out"),
            What::Resume(of) => (of, "will roll out what was changed while it was paused"),
        };
        match look.objects(&of.words, &of.picking()) {
            Err(why) => why,
            Ok(objects) if objects.is_empty() => "say of what, such as deploy/web".to_owned(),
            Ok(objects) => {
                let names = crate::kubectl::preview::references(&objects);
                format!("{does}: {}", crate::kubectl::preview::listed(&names))
            }
        }
    }
}

fn each(
    of: &Of,
    refusal: &str,
    cx: &mut Context<'_>,
    act: fn(&Object, &mut Context<'_>) -> Result<&'static str, Fault>,
) -> Result<Step, Fault> {
    let mut faults = Vec::new();
    for object in of.read(refusal, cx)? {
        match act(&object, cx) {
            Ok(did) => cx.out.line(format!("{} {did}", kinds::label(&object.reference()))),
            Err(fault) => faults.push(fault),
        }
    }
    Fault::all(faults)?;
    Ok(Step::Done)
}

fn restart(object: &Object, cx: &mut Context<'_>) -> Result<&'static str, Fault> {
    if is_paused(object) {
        return Err(Fault::said(format!(
            "{} can't restart paused deployment (run rollout resume first)",
            plural(object)
        )));
    }
    let now = json!(cx.cluster.now().to_api());
    let annotations = json!({"kubectl.kubernetes.io/restartedAt": now});
    let patch = json!({"spec": {"template": {"metadata": {"annotations": annotations}}}});
    cx.patch(&object.reference(), Patch::Strategic(patch), false)?;
    Ok("restarted")
}

fn pause(object: &Object, cx: &mut Context<'_>) -> Result<&'static str, Fault> {
    if is_paused(object) {
        return Err(Fault::said(format!("{} is already paused", plural(object))));
    }
    cx.patch(&object.reference(), Patch::Strategic(json!({"spec": {"paused": true}})), false)?;
    Ok("paused")
}

fn resume(object: &Object, cx: &mut Context<'_>) -> Result<&'static str, Fault> {
    if !is_paused(object) {
        return Err(Fault::said(format!("{} is not paused", plural(object))));
    }
    cx.patch(&object.reference(), Patch::Strategic(json!({"spec": {"paused": null}})), false)?;
    Ok("resumed")
}

fn is_paused(object: &Object) -> bool {
    object.to_value().pointer("/spec/paused").and_then(Value::as_bool) == Some(true)
}
