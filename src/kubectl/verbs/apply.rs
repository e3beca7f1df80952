//! `kubectl apply`: brings objects to what files say, and remembers what they said.

use super::common::{DryRun, Writing};
use super::{Look, Verb};
use crate::apiserver::patch::go_text;
use crate::apiserver::{self, Call, Patch, Reply, Sub};
use crate::kubectl::cluster::Ask;
use crate::kubectl::output::Fault;
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::{self, FromFiles};
use crate::manifests::Document;
use crate::manifests::apply::{ApplyAction, nameless, request_for, warning};
use crate::object::{Kind, Object};

/// Apply a configuration to a resource by file name
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  apply -f web.yaml
  apply -f manifests/                       all files of a folder
  apply -f web.yaml --dry-run=server        only look what would be said")]
pub struct Apply {
    #[command(flatten)]
    files: FromFiles,
    #[command(flatten)]
    writing: Writing,
    /// Whether unknown fields are refused; here they always are
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "strict", hide = true)]
    validate: Option<String>,
    /// If true, apply runs in the server instead of the client
    #[arg(long)]
    server_side: bool,
    /// Automatically delete resource objects that do not appear in the configs
    #[arg(long)]
    prune: bool,
}

impl Verb for Apply {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        if self.files.filename.is_empty() {
            return Err(Fault::said("must specify one of -f and -k"));
        }
        if self.server_side || self.prune {
            return Err(Fault::said(
                "--server-side and --prune are not there; apply plainly, and delete what is to go",
            ));
        }
        let (documents, mut faults) = targets::documents(cx.scope, &self.files)?;
        for document in ordered(documents) {
            if let Err(fault) = self.apply(&document, cx) {
                faults.push(fault);
            }
        }
        Fault::all(faults)?;
        Ok(Step::Done)
    }

    fn preview(&self, _look: &Look<'_>) -> String {
        match self.files.filename.as_slice() {
            [] => "say which file: -f web.yaml".to_owned(),
            files => format!("will make the cluster as {} says", files.join(" and ")),
        }
    }
}

/// Namespaces first, then what pods need, then the rest, as they stand.
pub(super) fn ordered(mut documents: Vec<Document>) -> Vec<Document> {
    documents.sort_by_key(|document| match document.kind {
        Kind::Namespace => 0,
        Kind::ServiceAccount | Kind::ConfigMap | Kind::Secret => 1,
        _ => 2,
    });
    documents
}

impl Apply {
    fn apply(&self, document: &Document, cx: &mut Context<'_>) -> Result<(), Fault> {
        if let Some(why) = nameless(document) {
            return Err(Fault::Said(why));
        }
        let target = document.object_ref();
        let live = cx.cluster.find(&target)?;
        let value = live.as_ref().map(Object::to_value);
        let action =
            request_for(document, value.as_ref()).map_err(|problem| Fault::Plain(problem.render(false)))?;
        if let Some(warning) = value.as_ref().and_then(|live| warning(document, live)) {
            cx.out.error(warning);
        }
        let dry_run = self.writing.dry_run == DryRun::Server;
        let client = self.writing.dry_run == DryRun::Client;
        match (action, live) {
            (ApplyAction::Create(value), live) => {
                let made = decode(document, &value).and_then(|object| match client {
                    true => Ok(live.unwrap_or(object)),
                    false => create(object, dry_run, cx),
                });
                let made = made.map_err(|fault| from_file(fault, "creating", document))?;
                self.writing.report(&made, "created", cx)
            }
            (ApplyAction::Patch(patch), Some(live)) => {
                if client {
                    return self.writing.report(&live, "configured", cx);
                }
                let call =
                    Call::Patch { target, patch: Patch::Strategic(patch.clone()), sub: Sub::Main, dry_run };
                match cx.write_unless(dry_run, call) {
                    Ok(Reply::Object(object)) => {
                        let same = object.meta().resource_version == live.meta().resource_version && !dry_run;
                        self.writing.report(&object, if same { "unchanged" } else { "configured" }, cx)
                    }
                    Ok(_) => Ok(()),
                    Err(fault) => Err(patch_failed(fault, &patch, document)),
                }
            }
            (_, Some(live)) => self.writing.report(&live, "unchanged", cx),
            (_, None) => Ok(()),
        }
    }
}

/// The object that a document describes, as the API server reads it.
pub(super) fn decode(document: &Document, value: &serde_json::Value) -> Result<Object, Fault> {
    apiserver::decode::strict(document.kind, value).map_err(|status| Fault::Refused(Box::new(status)))
}

/// Stores a new object, or only asks what would come of it.
pub(super) fn create(object: Object, dry_run: bool, cx: &mut Context<'_>) -> Result<Object, Fault> {
    match cx.write_unless(dry_run, Call::Create { object: object.clone(), dry_run })? {
        Reply::Object(made) => Ok(made),
        _ => Ok(object),
    }
}

/// Says which file a refusal is about (`AddSourceToErr`).
pub(super) fn from_file(fault: Fault, doing: &str, document: &Document) -> Fault {
    match fault {
        Fault::Refused(mut status) if status.code != 0 => {
            status.message = format!("error when {doing} \"{}\": {}", document.source.file, status.message);
            Fault::Refused(status)
        }
        other => other,
    }
}

/// What kubectl says when the API server refuses the patch.
fn patch_failed(fault: Fault, patch: &serde_json::Value, document: &Document) -> Fault {
    let info = document.kind.info();
    let version = info.api_version();
    let doing = format!(
        "applying patch:\n{}\nto:\nResource: \"{version}, Resource={}\", GroupVersionKind: \"{version}, Kind={}\"\n\
         Name: \"{}\", Namespace: \"{}\"\nfor:",
        go_text::encode(patch),
        info.plural,
        info.name,
        document.name,
        document.namespace
    );
    from_file(from_file(fault, "patching", document), &doing, document)
}
