//! The learner's folder: its texts, and where the cluster is not as they say.

use std::collections::BTreeMap;

use crate::engine::World;
use crate::lessons::lesson::Lesson;
use crate::manifests::{self, Document, apply};
use crate::script::{Action, ApplySource, Files, Step};

/// The learner's manifests as they are on the disk.
#[derive(Clone, Debug, Default)]
pub struct LearnerFiles {
    texts: BTreeMap<String, String>,
    /// What each file that can be read describes.
    documents: BTreeMap<String, Vec<Document>>,
    /// Whether the file was applied: one that only lies there differs from nothing.
    applied: BTreeMap<String, bool>,
    /// Counts the changes.
    version: u64,
}

impl LearnerFiles {
    /// The files with which a lesson begins.
    pub(super) fn of(lesson: &Lesson) -> Self {
        let mut files = Self::default();
        for file in &lesson.files {
            files.put(&file.name, &file.text);
            files.applied.insert(file.name.clone(), file.applied);
        }
        files
    }

    /// The texts by file name.
    pub fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// Counts the changes of the texts.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The files are now these. One that changed was applied by being saved.
    pub(super) fn update(&mut self, texts: &BTreeMap<String, String>) {
        for (name, text) in texts {
            if self.texts.get(name) != Some(text) {
                self.put(name, text);
                self.applied.insert(name.clone(), true);
            }
        }
        let gone: Vec<String> =
            self.texts.keys().filter(|name| !texts.contains_key(*name)).cloned().collect();
        for name in gone {
            self.texts.remove(&name);
            self.documents.remove(&name);
            self.version += 1;
        }
    }

    /// The learner applied a file as it lies there.
    pub(super) fn apply(&mut self, name: &str) {
        self.applied.insert(name.to_owned(), true);
    }

    /// A step of a script may apply a file as it lies there.
    pub(super) fn note_applied(&mut self, step: &Step) {
        if let Action::Apply { source: ApplySource::Path(path), .. } = &step.action {
            self.apply(path.rsplit('/').next().unwrap_or(path));
        }
    }

    fn put(&mut self, name: &str, text: &str) {
        self.texts.insert(name.to_owned(), text.to_owned());
        // A text that cannot be read says nothing; the face shows what is wrong with it.
        if let Ok(documents) = manifests::parse(name, text) {
            self.documents.insert(name.to_owned(), documents);
        }
        self.version += 1;
    }

    /// Where the cluster is not as a file says: `spec.replicas is 5, the file says 3 (Deployment web)`.
    pub(super) fn differs(&self, name: &str, world: &World) -> Vec<String> {
        let documents = self.documents.get(name).into_iter().flatten();
        documents.flat_map(|document| differences(document, world)).collect()
    }

    /// The files from which the cluster differs, with the first difference of each.
    pub(super) fn banners(&self, world: &World) -> Vec<String> {
        let applied = self.applied.iter().filter(|(_, applied)| **applied);
        let banner = |name: &String| {
            let first = self.differs(name, world).into_iter().next()?;
            Some(format!("live differs from {name}: {first}"))
        };
        applied.filter_map(|(name, _)| banner(name)).collect()
    }
}

fn differences(document: &Document, world: &World) -> Vec<String> {
    let target = document.object_ref();
    let Some(live) = world.object(&target) else {
        return vec![format!("{} {} is not there", document.kind.name(), document.name)];
    };
    let drift = apply::drift(document, &live.to_value());
    let words = |value: &serde_json::Value| crate::expression::shown(value);
    drift
        .iter()
        .map(|drift| {
            let live = drift.live.as_ref().map_or_else(|| "not there".to_owned(), words);
            // Where room is short, the end is cut: which object it is can be guessed best.
            format!(
                "{} is {live}, the file says {} ({} {})",
                drift.path,
                words(&drift.file),
                document.kind.name(),
                document.name
            )
        })
        .collect()
}

impl Files for LearnerFiles {
    fn read(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        let name = path.rsplit('/').next().unwrap_or(path);
        match self.texts.get(name) {
            Some(text) => Ok(BTreeMap::from([(name.to_owned(), text.clone())])),
            None if matches!(path, "." | "./") => Ok(self.texts.clone()),
            None => Err(format!("{path}: this lesson has no such file; it has {}", self.names())),
        }
    }
}

impl LearnerFiles {
    fn names(&self) -> String {
        match self.texts.is_empty() {
            true => "none".to_owned(),
            false => self.texts.keys().cloned().collect::<Vec<_>>().join(", "),
        }
    }
}
