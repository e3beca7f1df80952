//! `kubectl label` and `kubectl annotate`.

use serde_json::{Map, Value, json};

use super::common::{DryRun, Writing};
use super::{Look, Verb};
use crate::apiserver::Patch;
use crate::kubectl::output::Fault;
use crate::kubectl::preview::{listed, references};
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::Picks;
use crate::object::{Object, StringMap};

/// Update the labels on a resource
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  label pod web-1 tier=front                a new label
  label pod web-1 tier=back --overwrite     another value
  label pod web-1 tier-                     without the label")]
pub struct Label {
    #[command(flatten)]
    marks: Marks,
}

/// Update the annotations on a resource
#[derive(Clone, Debug, clap::Args)]
pub struct Annotate {
    #[command(flatten)]
    marks: Marks,
}

#[derive(Clone, Debug, clap::Args)]
struct Marks {
    /// TYPE NAME KEY=VALUE... ; KEY- takes one away
    #[arg(value_name = "TYPE NAME KEY=VALUE")]
    words: Vec<String>,
    #[command(flatten)]
    picks: Picks,
    /// If true, allow to be overwritten
    #[arg(long)]
    overwrite: bool,
    /// If true, display the labels or annotations
    #[arg(long)]
    list: bool,
    /// If non-empty, it will only succeed if this is the current resource-version for the object
    #[arg(long, value_name = "VERSION")]
    resource_version: Option<String>,
    #[command(flatten)]
    writing: Writing,
}

/// What differs between the two verbs.
struct Which {
    verb: &'static str,
    field: &'static str,
    one: &'static str,
}

const LABELS: Which = Which { verb: "label", field: "labels", one: "label" };
const ANNOTATIONS: Which = Which { verb: "annotate", field: "annotations", one: "annotation" };

impl Verb for Label {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        self.marks.run(&LABELS, cx)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        self.marks.preview(&LABELS, look)
    }
}

impl Verb for Annotate {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        self.marks.run(&ANNOTATIONS, cx)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        self.marks.preview(&ANNOTATIONS, look)
    }
}

/// What is put on, and what is taken away.
#[derive(Debug, Default, PartialEq)]
struct Change {
    set: StringMap,
    removed: Vec<String>,
}

impl Marks {
    /// The words that name objects, and those that name marks: the latter hold an `=` or end with `-`.
    fn split(&self) -> (&[String], &[String]) {
        let is_mark = |word: &String| word.contains('=') || (word.ends_with('-') && word.len() > 1);
        // The first word is a kind, whatever it looks like, unless files say what is meant.
        let kinds = usize::from(self.picks.files.filename.is_empty());
        let at = self.words.iter().skip(kinds).position(is_mark);
        let at = at.map_or(self.words.len(), |at| at + kinds);
        self.words.split_at(at)
    }

    fn change(words: &[String], which: &Which) -> Result<Change, Fault> {
        let mut change = Change::default();
        for word in words {
            match word.split_once('=') {
                Some((key, value)) if !key.is_empty() => {
                    change.set.insert(key.to_owned(), value.to_owned());
                }
                None if word.ends_with('-') => change.removed.push(word.trim_end_matches('-').to_owned()),
                _ => {
                    return Err(Fault::said(format!("invalid {} spec: {word}", which.one)));
                }
            }
        }
        match change.removed.iter().find(|key| change.set.contains_key(*key)) {
            Some(key) => Err(Fault::said(format!(
                "can not both modify and remove {} \"{key}\" in the same command",
                match which.one {
                    "label" => "a label",
                    _ => "an annotation",
                }
            ))),
            None => Ok(change),
        }
    }

    fn run(&self, which: &Which, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let (words, marks) = self.split();
        let change = Self::change(marks, which)?;
        let targets = self.picks.resolve(cx.scope, words)?;
        if targets.is_nothing() {
            return Err(Fault::usage(
                which.verb,
                "one or more resources must be specified as <resource> <name> or <resource>/<name>",
            ));
        }
        if marks.is_empty() && !self.list {
            return Err(Fault::said(format!("at least one {} update is required", which.one)));
        }
        let (objects, mut faults) = targets.read(cx.cluster);
        for object in &objects {
            if self.list {
                let map = marks_of(object, which);
                map.iter().for_each(|(key, value)| cx.out.line(format!("{key}={value}")));
            } else if let Err(fault) = self.mark(object, &change, which, cx) {
                faults.push(fault);
            }
        }
        Fault::all(faults)?;
        Ok(Step::Done)
    }

    fn mark(
        &self,
        object: &Object,
        change: &Change,
        which: &Which,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let there = marks_of(object, which);
        if !self.overwrite {
            let taken = change.set.iter().filter_map(|(key, value)| {
                let old = there.get(key).filter(|old| *old != value)?;
                Some(format!("'{key}' already has a value ({old})"))
            });
            let taken: Vec<String> = taken.collect();
            match (taken.is_empty(), which.one) {
                (true, _) => {}
                (false, "label") => {
                    return Err(Fault::said(format!("{}, and --overwrite is false", taken.join(", "))));
                }
                (false, _) => {
                    return Err(Fault::said(format!(
                        "--overwrite is false but found the following declared annotation(s): {}",
                        taken.join("; ")
                    )));
                }
            }
        }
        for key in change.removed.iter().filter(|key| !there.contains_key(*key)) {
            cx.out.line(format!("{} \"{key}\" not found.", which.one));
        }
        let mut after = there.clone();
        after.extend(change.set.clone());
        change.removed.iter().for_each(|key| {
            after.remove(key);
        });
        let did = match (which.one, after == there) {
            ("label", true) => "not labeled",
            ("label", false) if change.set.is_empty() => "unlabeled",
            ("label", false) => "labeled",
            _ => "annotated",
        };
        if after == there || self.writing.dry_run == DryRun::Client {
            return self.writing.report(object, did, cx);
        }
        let patch = self.patch(change, which);
        let dry_run = self.writing.dry_run == DryRun::Server;
        let marked = cx.patch(&object.reference(), Patch::Merge(patch), dry_run)?;
        self.writing.report(&marked, did, cx)
    }

    fn patch(&self, change: &Change, which: &Which) -> Value {
        let mut marks: Map<String, Value> =
            change.set.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        marks.extend(change.removed.iter().map(|key| (key.clone(), Value::Null)));
        let mut metadata = json!({which.field: marks});
        if let Some(version) = &self.resource_version {
            metadata["resourceVersion"] = version.as_str().into();
        }
        json!({"metadata": metadata})
    }

    fn preview(&self, which: &Which, look: &Look<'_>) -> String {
        let (words, marks) = self.split();
        match (look.picked(words, &self.picks), Self::change(marks, which)) {
            (Err(why), _) => why,
            (_, Err(fault)) => fault.text(),
            (Ok(objects), Ok(_)) if objects.is_empty() => "say what, such as pod web-1 tier=front".to_owned(),
            (Ok(objects), Ok(change)) => {
                let set = change.set.iter().map(|(key, value)| format!("put {key}={value} on"));
                let removed = change.removed.iter().map(|key| format!("take {key} off"));
                let does: Vec<String> = set.chain(removed).collect();
                match does.is_empty() {
                    true => format!("say which {}, such as tier=front", which.one),
                    false => format!("will {} {}", does.join(" and "), listed(&references(&objects))),
                }
            }
        }
    }
}

fn marks_of(object: &Object, which: &Which) -> StringMap {
    let meta = object.meta();
    match which.one {
        "label" => meta.labels.clone(),
        _ => meta.annotations.clone(),
    }
    .unwrap_or_default()
}
