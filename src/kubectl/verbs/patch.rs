//! `kubectl patch`: changes fields by a patch that is written down.

use serde_json::Value;

use super::common::{DryRun, Writing};
use super::{Look, Verb};
use crate::apiserver::{Call, Patch, Reply, Sub};
use crate::kubectl::cluster::Ask;
use crate::kubectl::output::Fault;
use crate::kubectl::preview::{listed, references};
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::{FromFiles, Picks, Targets, nothing_named};
use crate::object::ObjectRef;

/// Update fields of a resource
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  patch deploy web -p '{\"spec\":{\"replicas\":5}}'
  patch deploy web --type=json -p '[{\"op\":\"remove\",\"path\":\"/spec/paused\"}]'")]
pub struct PatchVerb {
    /// TYPE NAME or TYPE/NAME
    #[arg(value_name = "TYPE NAME")]
    words: Vec<String>,
    #[command(flatten)]
    files: FromFiles,
    /// The patch to be applied to the resource JSON or YAML file
    #[arg(short, long)]
    patch: Option<String>,
    /// The type of patch being provided; one of [json merge strategic]
    #[arg(long = "type", default_value = "strategic", value_enum)]
    kind: PatchKind,
    /// If specified, patch will operate on the subresource of the requested object: status or scale
    #[arg(long, value_enum)]
    subresource: Option<Subresource>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum PatchKind {
    Json,
    Merge,
    Strategic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Subresource {
    Status,
    Scale,
}

impl Verb for PatchVerb {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let patch = self.read()?;
        let picks = Picks { files: self.files.clone(), ..Picks::default() };
        let Targets::Named(names) = picks.resolve(cx.scope, &self.words)? else {
            return Err(nothing_named());
        };
        let mut faults = Vec::new();
        for target in &names {
            faults.extend(self.patch(target, &patch, cx).err());
        }
        Fault::all(faults)?;
        Ok(Step::Done)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        match (look.picked(&self.words, &Picks::default()), self.read()) {
            (Err(why), _) => why,
            (Ok(objects), _) if objects.is_empty() => "say what, such as deploy web".to_owned(),
            (_, Err(fault)) => fault.text(),
            (Ok(objects), Ok(_)) => format!("will change fields of {}", listed(&references(&objects))),
        }
    }
}

impl PatchVerb {
    fn read(&self) -> Result<Patch, Fault> {
        let Some(text) = self.patch.as_deref().filter(|text| !text.is_empty()) else {
            return Err(Fault::said(
                "must specify --patch or --patch-file containing the contents of the patch",
            ));
        };
        // A patch may be YAML, of which JSON is a part.
        let value: Value = serde_yaml::from_str(text)
            .map_err(|error| Fault::said(format!("unable to parse \"{text}\": {error}")))?;
        Ok(match self.kind {
            PatchKind::Json => Patch::Json(value),
            PatchKind::Merge => Patch::Merge(value),
            PatchKind::Strategic => Patch::Strategic(value),
        })
    }

    fn patch(&self, target: &ObjectRef, patch: &Patch, cx: &mut Context<'_>) -> Result<(), Fault> {
        let before = cx.cluster.get(target)?;
        let sub = match self.subresource {
            None => Sub::Main,
            Some(Subresource::Status) => Sub::Status,
            Some(Subresource::Scale) => Sub::Scale,
        };
        if self.writing.dry_run == DryRun::Client {
            return self.writing.report(&before, "patched", cx);
        }
        let dry_run = self.writing.dry_run == DryRun::Server;
        let call = Call::Patch { target: target.clone(), patch: patch.clone(), sub, dry_run };
        match cx.write_unless(dry_run, call)? {
            Reply::Object(after) => {
                let same = before == after;
                self.writing.report(&after, if same { "patched (no change)" } else { "patched" }, cx)
            }
            _ => {
                cx.out.line(format!(
                    "scale.autoscaling/{} patched{}",
                    target.key.name,
                    self.writing.suffix()
                ));
                Ok(())
            }
        }
    }
}
