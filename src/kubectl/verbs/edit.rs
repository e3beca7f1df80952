//! `kubectl edit`: an object in an editor; what was changed is sent.

use super::common::difference;
use super::{Look, Verb};
use crate::apiserver::Patch;
use crate::kubectl::kinds;
use crate::kubectl::output::Fault;
use crate::kubectl::preview::{listed, references};
use crate::kubectl::print::{shown, yaml};
use crate::kubectl::running::{Context, Edited, Editing, Step};
use crate::kubectl::targets::{self, FromFiles, Picking};
use crate::manifests;
use crate::object::Object;

/// Edit a resource on the server
#[derive(Clone, Debug, clap::Args)]
pub struct Edit {
    /// TYPE NAME or TYPE/NAME
    #[arg(value_name = "TYPE NAME")]
    words: Vec<String>,
}

/// What stands above the object.
const HEADER: &str = "\
# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
";

impl Verb for Edit {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let targets = targets::resolve(cx.scope, &self.words, &Picking::default(), &FromFiles::default())?;
        let (objects, faults) = targets.read(cx.cluster);
        Fault::all(faults)?;
        let [object] = objects.as_slice() else {
            return Err(Fault::said("edit one object at a time, such as deploy/web"));
        };
        Ok(open(object.clone(), &yaml(&shown(object)), ""))
    }

    fn preview(&self, look: &Look<'_>) -> String {
        match look.objects(&self.words, &Picking::default()) {
            Err(why) => why,
            Ok(objects) if objects.is_empty() => "say what, such as deploy/web".to_owned(),
            Ok(objects) => format!("will open {} in your editor", listed(&references(&objects))),
        }
    }
}

/// Opens an editor on a text, with what was wrong with it before.
fn open(object: Object, text: &str, wrong: &str) -> Step {
    let reference = object.reference();
    let file = format!("{}-{}.yaml", reference.kind.info().singular, reference.key.name);
    let remarks: String = wrong.lines().map(|line| format!("# {line}\n")).collect();
    let remarks = if remarks.is_empty() { remarks } else { format!("{remarks}#\n") };
    let text = format!("{HEADER}{remarks}{text}");
    Step::Edit(Editing { file, text: text.clone() }, Box::new(Opened { object, text }))
}

/// An object in the editor.
struct Opened {
    object: Object,
    /// What the editor was given.
    text: String,
}

impl Edited for Opened {
    fn saved(self: Box<Self>, text: &str, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let plain = without_remarks(text);
        if plain.trim().is_empty() {
            cx.out.error("Edit cancelled, saved file was empty.");
            return Ok(Step::Done);
        }
        if plain == without_remarks(&self.text) {
            cx.out.error("Edit cancelled, no changes made.");
            return Ok(Step::Done);
        }
        let reference = self.object.reference();
        let document = match manifests::parse(&reference.key.name, &plain) {
            Ok(documents) => match documents.into_iter().next() {
                Some(document) if document.object_ref() == reference => document,
                _ => {
                    return Ok(open(
                        self.object,
                        &plain,
                        "the name, namespace and kind of an object cannot be changed",
                    ));
                }
            },
            Err(problems) => {
                let wrong: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
                return Ok(open(self.object, &plain, &wrong.join("\n")));
            }
        };
        let before = manifests::parse(&reference.key.name, &without_remarks(&yaml(&shown(&self.object))));
        let old =
            before.ok().and_then(|documents| documents.into_iter().next().map(|document| document.value));
        let old = old.unwrap_or_else(|| self.object.to_value());
        let Some(patch) = difference(reference.kind, &old, &document.value)? else {
            cx.out.error("Edit cancelled, no changes made.");
            return Ok(Step::Done);
        };
        match cx.patch(&reference, Patch::Strategic(patch), false) {
            Ok(_) => {
                cx.out.line(format!("{} edited", kinds::label(&reference)));
                Ok(Step::Done)
            }
            Err(Fault::Refused(status)) if status.reason == "Invalid" || status.code == 400 => {
                let wrong = Fault::Refused(status).text();
                cx.out.error(&wrong);
                Ok(open(self.object, &plain, &wrong))
            }
            Err(fault) => Err(fault),
        }
    }
}

fn without_remarks(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}
