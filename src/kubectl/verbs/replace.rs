//! `kubectl replace`: puts objects from files in the place of those that are there.

use super::apply::{create, decode, from_file};
use super::common::{DryRun, Writing};
use super::{Look, Verb};
use crate::apiserver::{Call, DeleteOptions, Propagation, Reply, Sub};
use crate::kubectl::cluster::Ask;
use crate::kubectl::kinds;
use crate::kubectl::output::Fault;
use crate::kubectl::running::{Context, Step, Task};
use crate::kubectl::targets::{self, FromFiles};
use crate::manifests::Document;
use crate::object::Object;

/// Replace a resource by file name
#[derive(Clone, Debug, clap::Args)]
pub struct Replace {
    #[command(flatten)]
    files: FromFiles,
    /// Delete the resource first, then create it again
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    writing: Writing,
}

impl Verb for Replace {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        if self.files.filename.is_empty() {
            return Err(Fault::said("must specify --filename (-f)"));
        }
        let (documents, mut faults) = targets::documents(cx.scope, &self.files)?;
        if self.force && self.writing.dry_run == DryRun::None {
            Fault::all(faults)?;
            return self.force(documents, cx);
        }
        for document in &documents {
            if let Err(fault) = self.replace(document, cx) {
                faults.push(from_file(fault, "replacing", document));
            }
        }
        Fault::all(faults)?;
        Ok(Step::Done)
    }

    fn preview(&self, _look: &Look<'_>) -> String {
        match (self.files.filename.as_slice(), self.force) {
            ([], _) => "say which file: -f web.yaml".to_owned(),
            (files, false) => {
                format!("will put what {} says in the place of what is there", files.join(" and "))
            }
            (files, true) => format!("will delete what {} names, and create it again", files.join(" and ")),
        }
    }
}

impl Replace {
    fn replace(&self, document: &Document, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut object = decode(document, &document.value)?;
        let live = cx.cluster.get(&document.object_ref())?;
        object.meta_mut().resource_version.clone_from(&live.meta().resource_version);
        let dry_run = self.writing.dry_run == DryRun::Server;
        let replaced = match self.writing.dry_run {
            DryRun::Client => object,
            _ => match cx.write_unless(dry_run, Call::Update { object, sub: Sub::Main, dry_run })? {
                Reply::Object(replaced) => replaced,
                _ => live,
            },
        };
        self.writing.report(&replaced, "replaced", cx)
    }

    fn force(self, documents: Vec<Document>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let mut waiting = Vec::new();
        for document in &documents {
            let target = document.object_ref();
            if let Some(live) = cx.cluster.find(&target)? {
                let propagation = Some(Propagation::Background);
                let options = DeleteOptions { propagation, ..DeleteOptions::default() };
                cx.write(Call::Delete { target: target.clone(), options })?;
                cx.out.line(format!("{} \"{}\" deleted", kinds::word(target.kind), target.key.name));
                waiting.push(live);
            }
        }
        Box::new(Again { replace: self, documents, waiting }).poll(cx)
    }
}

/// Creates the objects once those of the same names are gone.
struct Again {
    replace: Replace,
    documents: Vec<Document>,
    waiting: Vec<Object>,
}

impl Task for Again {
    fn poll(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        for old in &self.waiting {
            let there = cx.cluster.find(&old.reference())?;
            if there.is_some_and(|there| there.meta().uid == old.meta().uid) {
                return Ok(Step::Wait(self, None));
            }
        }
        for document in &self.documents {
            let made = decode(document, &document.value)
                .and_then(|object| create(object, false, cx))
                .map_err(|fault| from_file(fault, "creating", document))?;
            self.replace.writing.report(&made, "replaced", cx)?;
        }
        Ok(Step::Done)
    }
}
