//! The course at the rim: the catalogue, the progress file, and the lessons that were left and wait.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::dashboard::Desk;
use super::home;
use crate::lessons::progress::{Attempt, Progress, day, fresh_seed};
use crate::lessons::{Catalog, Lesson, LessonView};
use crate::record::progress as file;
use crate::tui::model::{CourseRow, course};

/// Lessons that were left and can be taken up again; the oldest goes.
const KEPT: usize = 4;

/// The course, and what somebody has learnt of it.
pub(super) struct Classroom {
    catalog: Catalog,
    progress: Progress,
    /// Where progress is written; nowhere if the file cannot be read, so that nothing is lost.
    file: Option<PathBuf>,
    /// What was noted last.
    noted: Option<Attempt>,
    left: Vec<Kept>,
    /// The ordinary session, while a lesson is taken.
    pub(super) home: Option<Box<Desk>>,
}

/// A lesson that was left.
struct Kept {
    id: String,
    desk: Desk,
    attempt: Option<Attempt>,
}

impl Classroom {
    /// The course with the progress of whoever sits here. What is wrong with the progress file is said.
    pub(super) fn open(catalog: Catalog) -> (Self, Option<String>) {
        let read = file::file().and_then(|path| {
            let text = file::read(&path)?;
            let progress = Progress::parse(&text).map_err(anyhow::Error::msg);
            progress.with_context(|| path.display().to_string()).map(|progress| (progress, path))
        });
        let (progress, path, problem) = match read {
            Ok((progress, path)) => (progress, Some(path), None),
            Err(error) => (
                Progress::default(),
                None,
                Some(format!("{error:#}\nWhat you do in lessons is not noted until this is repaired.")),
            ),
        };
        let room = Self { catalog, progress, file: path, noted: None, left: Vec::new(), home: None };
        (room, problem)
    }

    /// The lessons with what has become of them.
    pub(super) fn course(&self) -> Vec<CourseRow> {
        course(&self.catalog, &self.progress, day(&now()))
    }

    pub(super) fn find(&self, name: &str) -> Result<Arc<Lesson>, String> {
        self.catalog.find(name)
    }

    /// A seed with which the lesson was not taken yet.
    pub(super) fn fresh_seed(&self, lesson: &str) -> u64 {
        fresh_seed(&self.progress, lesson)
    }

    /// A lesson begins: what is noted from now on is another attempt.
    pub(super) fn begin(&mut self) {
        self.noted = Some(Attempt { began: now(), ..Attempt::default() });
    }

    /// A lesson was left.
    pub(super) fn keep(&mut self, desk: Desk) {
        let Some(id) = desk.session.lesson.as_ref().map(|lesson| lesson.lesson().id.clone()) else { return };
        let attempt = self.noted.take();
        self.left.push(Kept { id, desk, attempt });
        let extra = self.left.len().saturating_sub(KEPT);
        self.left.drain(..extra);
    }

    /// A lesson that was left is taken up where it was.
    pub(super) fn take_up(&mut self, id: &str) -> Option<Desk> {
        let index = self.left.iter().position(|kept| kept.id == id)?;
        let Kept { desk, attempt, .. } = self.left.remove(index);
        self.noted = attempt;
        Some(desk)
    }

    /// Somebody writes a lesson: nothing of that is progress.
    pub(super) fn writes(&mut self) {
        self.file = None;
    }

    /// A lesson that was left is not wanted any more.
    pub(super) fn forget(&mut self, id: &str) {
        self.left.retain(|kept| kept.id != id);
    }

    /// Notes how the attempt stands, if that is news.
    ///
    /// # Errors
    /// When the progress file cannot be written.
    pub(super) fn note(&mut self, view: &LessonView) -> anyhow::Result<()> {
        let Some(noted) = &self.noted else { return Ok(()) };
        let seen = noted.clone().seen(view);
        if *noted == seen {
            return Ok(());
        }
        self.noted = Some(seen.clone());
        let Some(path) = &self.file else { return Ok(()) };
        // Another window may have written meanwhile: its attempts are kept.
        let text = file::read(path)?;
        if let Ok(other) = Progress::parse(&text) {
            self.progress.merge(other);
        }
        self.progress.note(seen);
        file::write(path, &self.progress.to_text())
    }

    /// Where the manifests of a lesson lie.
    pub(super) fn folder(id: &str) -> anyhow::Result<PathBuf> {
        Ok(home::data_folder()?.join("lessons").join(id))
    }

    /// Writes the manifests of a lesson into its folder; what else lies there goes.
    pub(super) fn lay_out(folder: &Path, texts: &BTreeMap<String, String>) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let entries =
            std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()) {
            let known = path.file_name().is_some_and(|name| texts.contains_key(&*name.to_string_lossy()));
            if !known {
                std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        for (name, text) in texts {
            let path = folder.join(name);
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

/// The time of day as the progress file has it.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
