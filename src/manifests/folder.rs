//! The watched folder: what every file says now, and what to do when files change.
//!
//! Saving is the learner's way to act, so a slip must not cost anything: a file that does not parse changes
//! nothing, the objects of its last good version stay in force. A file that is suddenly empty is most often
//! one that an editor is just writing, so it counts only when it is still empty the next time somebody looks.
//! What left the files is never deleted without being asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::Diagnostic;
use super::diff::{self, FieldChange};
use super::document::{Document, parse};
use crate::object::{Kind, ObjectRef};

/// The files of a folder as they were last understood.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    files: BTreeMap<String, File>,
    started: bool,
}

#[derive(Clone, Debug, Default)]
struct File {
    /// The text that was last looked at.
    text: String,
    /// The objects of the last good version.
    good: Vec<Document>,
    /// What is wrong with the text, if anything.
    problems: Vec<Diagnostic>,
    /// The text was empty when last looked at and may be half-saved.
    half_saved: bool,
}

/// One thing to do or to say after files changed.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanStep {
    /// Apply this object.
    Apply {
        /// The object.
        document: Box<Document>,
        /// What changed in the file; none if the object is new in the folder.
        changes: Option<Vec<FieldChange>>,
        /// The story that this starts: `you saved login.yaml`.
        title: String,
    },
    /// The file cannot be used.
    Broken {
        /// Its name.
        file: String,
        /// What is wrong.
        problems: Vec<Diagnostic>,
        /// How many objects of its last good version stay in force.
        kept: usize,
    },
    /// The file is good again.
    Repaired {
        /// Its name.
        file: String,
    },
    /// The file is empty and may be half-saved: look again soon.
    Waiting {
        /// Its name.
        file: String,
    },
    /// No file describes this object any more. It is deleted only if somebody confirms.
    Prune {
        /// The object.
        object: ObjectRef,
        /// The file it was in.
        file: String,
        /// The story that a confirmation starts: `you deleted login.yaml`.
        title: String,
    },
}

impl Folder {
    /// A folder of which nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what the folder holds now, all files by name, and says what follows: problems first, then
    /// objects in the order in which they must be applied, then what may be pruned.
    pub fn update(&mut self, now: &BTreeMap<String, String>) -> Vec<PlanStep> {
        let before = self.objects();
        let mut steps = Vec::new();
        let gone: Vec<String> = self.files.keys().filter(|file| !now.contains_key(*file)).cloned().collect();
        for file in &gone {
            self.files.remove(file);
        }
        let is_changed = |file: &str, text: &String| {
            self.files.get(file).is_none_or(|known| known.half_saved || known.text != *text)
        };
        let changed: Vec<&String> =
            now.iter().filter(|(file, text)| is_changed(file, text)).map(|(file, _)| file).collect();
        for file in &changed {
            let text = now.get(*file).map_or("", String::as_str);
            steps.extend(self.read(file, text));
        }
        let after = self.objects();
        let mut applies = self.applies(&before, &after);
        applies.sort_by_key(|document| {
            (rank(document.0.kind), document.0.source.file.clone(), document.0.index)
        });
        steps.extend(applies.into_iter().map(|(document, changes)| PlanStep::Apply {
            title: self.title(&document.source.file),
            document: Box::new(document),
            changes,
        }));
        let mut pruned: Vec<_> = before.iter().filter(|(object, _)| !after.contains_key(*object)).collect();
        pruned.sort_by_key(|(object, document)| std::cmp::Reverse((rank(object.kind), document.index)));
        steps.extend(pruned.into_iter().map(|(object, document)| {
            let file = document.source.file.to_string();
            let verb = if gone.contains(&file) { "deleted" } else { "saved" };
            PlanStep::Prune { object: object.clone(), title: format!("you {verb} {file}"), file }
        }));
        self.started = true;
        steps
    }

    /// The objects in force, with the document that describes each.
    pub fn objects(&self) -> BTreeMap<ObjectRef, Document> {
        let documents = self.files.values().flat_map(|file| &file.good);
        documents.map(|document| (document.object_ref(), document.clone())).collect()
    }

    /// What is wrong with the files now.
    pub fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        self.files.values().flat_map(|file| &file.problems)
    }

    /// Looks at one file's new text.
    fn read(&mut self, name: &str, text: &str) -> Option<PlanStep> {
        let claimed = self.claimed_by_others(name);
        let file = self.files.entry(name.to_owned()).or_default();
        let is_blank = text.trim().is_empty();
        if is_blank && !file.good.is_empty() && !file.half_saved {
            file.half_saved = true;
            return Some(PlanStep::Waiting { file: name.to_owned() });
        }
        file.half_saved = false;
        text.clone_into(&mut file.text);
        let was_broken = !file.problems.is_empty();
        match parse(name, text).and_then(|documents| unclaimed(documents, &claimed)) {
            Ok(documents) => {
                file.good = documents;
                file.problems.clear();
                was_broken.then(|| PlanStep::Repaired { file: name.to_owned() })
            }
            Err(problems) => {
                file.problems.clone_from(&problems);
                Some(PlanStep::Broken { file: name.to_owned(), problems, kept: file.good.len() })
            }
        }
    }

    /// Objects that other files describe, with the place where they do.
    fn claimed_by_others(&self, name: &str) -> BTreeMap<ObjectRef, String> {
        let others = self.files.iter().filter(|(file, _)| *file != name);
        let documents = others.flat_map(|(_, file)| &file.good);
        documents.map(|document| (document.object_ref(), place(document))).collect()
    }

    fn applies(
        &self,
        before: &BTreeMap<ObjectRef, Document>,
        after: &BTreeMap<ObjectRef, Document>,
    ) -> Vec<(Document, Option<Vec<FieldChange>>)> {
        let changed = after.iter().filter_map(|(object, document)| {
            let Some(old) = before.get(object) else { return Some((document.clone(), None)) };
            let changes = diff::diff(document.kind, &old.value, &document.value);
            (!changes.is_empty()).then(|| (document.clone(), Some(changes)))
        });
        changed.collect()
    }

    fn title(&self, file: &str) -> String {
        match self.started {
            true => format!("you saved {file}"),
            false => format!("{file} is applied at the start"),
        }
    }
}

/// Refuses documents that describe an object twice: two files that disagree would undo each other for ever.
fn unclaimed(
    documents: Vec<Document>,
    claimed: &BTreeMap<ObjectRef, String>,
) -> Result<Vec<Document>, Vec<Diagnostic>> {
    let mut seen: BTreeSet<ObjectRef> = BTreeSet::new();
    let mut problems = Vec::new();
    for document in &documents {
        let object = document.object_ref();
        let elsewhere = claimed.get(&object).cloned();
        let earlier = seen.contains(&object).then(|| "this file above".to_owned());
        if let Some(other) = elsewhere.or(earlier) {
            let message = format!("{object} is described twice: also in {other}");
            problems
                .push(document.problem("metadata.name", message).help("keep one of the two, or rename one"));
        }
        seen.insert(object);
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

fn place(document: &Document) -> String {
    let (line, column) = document.locate("metadata.name");
    format!("{}:{line}:{column}", document.source.file)
}

/// Who needs whom: namespaces hold the rest, pods mount configuration, and a Service should be there before
/// the pods that other pods reach through it.
fn rank(kind: Kind) -> u8 {
    match kind.name() {
        "Namespace" => 0,
        "ConfigMap"
        | "Secret"
        | "ServiceAccount"
        | "ResourceQuota"
        | "LimitRange"
        | "PersistentVolume"
        | "PersistentVolumeClaim"
        | "StorageClass"
        | "PriorityClass" => 1,
        "Service" => 2,
        _ => 3,
    }
}
