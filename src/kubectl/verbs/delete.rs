//! `kubectl delete`: asks for the deletion of objects and waits until they are gone.

use super::common::DryRun;
use super::{Look, Verb};
use crate::apiserver::{Call, DeleteOptions, Propagation};
use crate::kubectl::cluster::Ask;
use crate::kubectl::grammar::duration;
use crate::kubectl::kinds;
use crate::kubectl::output::Fault;
use crate::kubectl::preview::{listed, references};
use crate::kubectl::running::{Context, Step, Task};
use crate::kubectl::targets::{Picks, Targets, nothing_named};
use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};

/// Delete resources by file names, resources and names, or by resources and label selector
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  delete pod web-1                          and wait until it is gone
  delete pods -l app=web --wait=false       all that match, without waiting
  delete deploy/web --cascade=orphan        the Deployment alone; its ReplicaSets stay
  delete pod web-1 --now                    with one second to end")]
pub struct Delete {
    /// TYPE NAME..., TYPE/NAME... or TYPE with -l or --all
    #[arg(value_name = "TYPE NAME")]
    words: Vec<String>,
    #[command(flatten)]
    picks: Picks,
    /// What becomes of dependents (e.g. the pods of a ReplicaSet)
    #[arg(long, value_enum, require_equals = true, num_args = 0..=1, default_value = "background",
          default_missing_value = "background")]
    cascade: Cascade,
    /// Period of time in seconds given to the resource to terminate gracefully; -1 is its own period
    #[arg(long, default_value_t = -1, allow_negative_numbers = true, value_name = "SECONDS")]
    grace_period: i64,
    /// Immediately remove resources from API and bypass graceful deletion
    #[arg(long)]
    force: bool,
    /// Resources are signaled for immediate shutdown (same as --grace-period=1)
    #[arg(long)]
    now: bool,
    /// Wait for resources to be gone before returning
    #[arg(long, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_value = "true", default_missing_value = "true", value_name = "BOOL")]
    wait: bool,
    /// The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object
    #[arg(long, value_parser = duration, default_value = "0s")]
    timeout: Span,
    /// Treat "resource not found" as a successful delete
    #[arg(long)]
    ignore_not_found: bool,
    /// Must be "none", "server", or "client"
    #[arg(long, value_name = "STRATEGY", require_equals = true, num_args = 0..=1,
          default_value = "none", default_missing_value = "client", hide_default_value = true)]
    dry_run: DryRun,
    /// Output mode; use "-o name" for shorter output (resource/name)
    #[arg(short, long)]
    output: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Cascade {
    #[value(alias = "true")]
    Background,
    #[value(alias = "false")]
    Orphan,
    Foreground,
}

impl Cascade {
    fn propagation(self) -> Propagation {
        match self {
            Self::Background => Propagation::Background,
            Self::Orphan => Propagation::Orphan,
            Self::Foreground => Propagation::Foreground,
        }
    }
}

/// How long a deletion is waited for if nothing is said (`kubectl` takes a week for "for ever").
const FOR_EVER: Span = Span::secs(168 * 3600);

impl Verb for Delete {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let options = self.options()?;
        let (targets, mut faults) = self.targets(cx)?;
        if self.force && options.grace_period_secs == Some(0) {
            cx.out.error(
                "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
                 terminated. The resource may continue to run on the cluster indefinitely.",
            );
        }
        let (mut waiting, mut found) = (Vec::new(), 0);
        for target in targets {
            match self.delete(&target, &options, cx) {
                Ok(uid) => {
                    found += 1;
                    waiting.extend(uid.map(|uid| (target, uid)));
                }
                Err(fault) if fault.is_not_found() && self.ignore_not_found => {}
                Err(fault) => faults.push(fault),
            }
        }
        if found == 0 && faults.is_empty() {
            cx.out.line("No resources found");
        }
        if !self.wait || self.force || self.dry_run != DryRun::None {
            waiting.clear();
        }
        let timeout = if self.timeout == Span::ZERO { FOR_EVER } else { self.timeout };
        let gone = Gone { waiting, until: cx.cluster.now() + timeout, faults };
        Box::new(gone).poll(cx)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        let objects = match look.picked(&self.words, &self.picks) {
            Ok(objects) if objects.is_empty() => {
                return "nothing matches: nothing will be deleted".to_owned();
            }
            Ok(objects) => objects,
            Err(why) => return why,
        };
        let mut follows: Vec<String> = match self.cascade {
            Cascade::Orphan => vec!["what it owns stays".to_owned()],
            _ => objects.iter().filter_map(|object| look.after_deletion(object)).collect(),
        };
        follows.dedup();
        let what = format!("will delete {}", listed(&references(&objects)));
        match follows.first() {
            Some(first) => format!("{what}; {first}"),
            None => what,
        }
    }
}

impl Delete {
    fn options(&self) -> Result<DeleteOptions, Fault> {
        let grace = match (self.grace_period, self.now, self.force) {
            (0.., true, _) => {
                return Err(Fault::said("--now and --grace-period cannot be specified together"));
            }
            (1.., _, true) => {
                return Err(Fault::said(
                    "--force and --grace-period greater than 0 cannot be specified together",
                ));
            }
            (_, true, _) => Some(1),
            (_, _, true) => Some(0),
            // Without --force nothing is removed at once, lest somebody loses data by accident.
            (0, _, false) => Some(1),
            (..0, ..) => None,
            (seconds, ..) => Some(seconds),
        };
        Ok(DeleteOptions {
            grace_period_secs: grace,
            propagation: Some(self.cascade.propagation()),
            ..DeleteOptions::default()
        })
    }

    fn targets(&self, cx: &Context<'_>) -> Result<(Vec<ObjectRef>, Vec<Fault>), Fault> {
        match self.picks.resolve(cx.scope, &self.words)? {
            Targets::Named(names) => Ok((names, Vec::new())),
            targets if targets.is_nothing() => Err(nothing_named()),
            targets => {
                let (objects, faults) = targets.read(cx.cluster);
                Ok((references(&objects), faults))
            }
        }
    }

    /// Asks for a deletion; the uid of the object, if there is something to wait for.
    fn delete(
        &self,
        target: &ObjectRef,
        options: &DeleteOptions,
        cx: &mut Context<'_>,
    ) -> Result<Option<String>, Fault> {
        let object = cx.cluster.get(target)?;
        let call = Call::Delete { target: target.clone(), options: options.clone() };
        match self.dry_run {
            DryRun::Client => {}
            dry => {
                cx.write_unless(dry == DryRun::Server, call)?;
            }
        }
        let suffix = match self.dry_run {
            DryRun::None => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        };
        match self.output.as_deref() {
            Some("name") => cx.out.line(kinds::label(target)),
            Some(other) => {
                return Err(Fault::said(format!(
                    "unexpected -o output mode: {other}. We only support '-o name'"
                )));
            }
            None => {
                let did = if self.force { "force deleted" } else { "deleted" };
                cx.out.line(format!("{} \"{}\" {did}{suffix}", kinds::word(target.kind), target.key.name));
            }
        }
        Ok(object.meta().uid.clone())
    }
}

/// Waits until objects are gone.
struct Gone {
    waiting: Vec<(ObjectRef, String)>,
    until: VirtualTime,
    faults: Vec<Fault>,
}

impl Task for Gone {
    fn poll(mut self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let mut left = Vec::new();
        for (target, uid) in std::mem::take(&mut self.waiting) {
            match cx.cluster.find(&target) {
                Ok(Some(object)) if object.meta().uid.as_ref() == Some(&uid) => left.push((target, uid)),
                Ok(_) => {}
                Err(status) => self.faults.push(status.into()),
            }
        }
        if cx.cluster.now() >= self.until {
            self.faults.extend(left.drain(..).map(|(target, _)| timed_out(&target)));
        }
        if left.is_empty() {
            return Fault::all(std::mem::take(&mut self.faults)).map(|()| Step::Done);
        }
        self.waiting = left;
        let until = self.until;
        Ok(Step::Wait(self, Some(until)))
    }
}

/// What kubectl says when it waited in vain.
pub(super) fn timed_out(target: &ObjectRef) -> Fault {
    let plural = target.kind.info().plural;
    Fault::said(format!("timed out waiting for the condition on {plural}/{}", target.key.name))
}
