//! The course at the rim: the catalogue, the progress file, and the lessons that were left and wait.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::dashboard::Desk;
use super::home;
use super::session::Session;
use super::tape::Tape;
use crate::lessons::progress::{Attempt, Progress, cards, day, due, fresh_seed};
use crate::lessons::tape::Header;
use crate::lessons::{Catalog, Lesson, LessonView};
use crate::record::{attempts, progress as file};
use crate::tui::model::{CourseRow, course};

/// Lessons that were left and can be taken up again; the oldest goes.
const KEPT: usize = 4;
/// Said when a lesson is taken again because it is time for it.
const REVIEW: &str = "It is time for this one again: other names, addresses and times, the same ideas.";

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

/// A lesson that begins, or goes on.
pub(super) struct Begun {
    pub(super) session: Session,
    pub(super) folder: PathBuf,
    /// Whether it goes on where it was.
    pub(super) goes_on: bool,
    /// What is to be said about it.
    pub(super) said: Option<&'static str>,
    /// Why it does not go on, or is not written down.
    pub(super) problem: Option<String>,
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
            let progress = Progress::parse(&text);
            let progress = progress.map_err(|error| anyhow::anyhow!("{}:{error}", path.display()))?;
            Ok((progress, path))
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
        let mut rows = course(&self.catalog, &self.progress, day(&now()));
        for (row, lesson) in rows.iter_mut().zip(self.catalog.lessons()) {
            row.goes_on = self.goes_on(lesson);
        }
        rows
    }

    /// What was learnt, and what was believed.
    pub(super) fn cards(&self, words: &str) -> Vec<String> {
        cards(&self.catalog, &self.progress, words)
    }

    pub(super) fn find(&self, name: &str) -> Result<Arc<Lesson>, String> {
        self.catalog.find(name)
    }

    /// A seed with which the lesson was not taken yet.
    pub(super) fn fresh_seed(&self, lesson: &str) -> u64 {
        fresh_seed(&self.progress, lesson)
    }

    /// A lesson begins, or goes on where its tape ends. With a seed, it begins in any case; when it is due for review,
    /// it begins with a seed of its own.
    ///
    /// # Errors
    /// When the lesson cannot begin.
    pub(super) fn begin(&mut self, lesson: &Arc<Lesson>, seed: Option<u64>) -> anyhow::Result<Begun> {
        let folder = Self::folder(&lesson.id)?;
        let tape = self.file.as_ref().map(|path| attempts::open(path, &lesson.id)).transpose();
        let (mut file, mut problem) = match tape {
            Ok(tape) => (tape, None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        if let Some((tape, text)) = file.take_if(|(_, text)| seed.is_none() && !text.is_empty()) {
            match Session::taken_up(lesson, &text, &folder) {
                Ok((mut session, header)) if session.lesson.as_ref().is_some_and(|it| !it.is_over()) => {
                    self.noted = Some(self.attempt(lesson, &header.began));
                    session.tape = Some(Tape::behind(tape, header, &session.engine));
                    return Ok(Begun { session, folder, goes_on: true, said: None, problem });
                }
                Ok(_) => {}
                Err(reason) => {
                    problem = Some(format!("You cannot go on where you were ({reason}): it begins again."));
                }
            }
            file = Some((tape, text));
        }
        let review = self.review(lesson).filter(|_| seed.is_none());
        let mut session = Session::for_lesson(lesson, seed.or(review), &folder)?;
        let attempt = Attempt { began: now(), ..Attempt::default() };
        let header = Header::new(&lesson.id, session.engine.world().seed(), &attempt.began);
        session.tape = file.map(|(tape, _)| Tape::new(tape, header, &session.engine));
        self.noted = Some(attempt);
        Ok(Begun { session, folder, goes_on: false, said: review.map(|_| REVIEW), problem })
    }

    /// The seed with which a lesson is taken that is due for review.
    fn review(&self, lesson: &Lesson) -> Option<u64> {
        self.file.as_ref()?;
        let found = due(&self.progress, day(&now())).into_iter().find(|due| due.lesson == lesson.id);
        found.map(|due| due.seed)
    }

    /// An attempt that was noted, or would have been.
    fn attempt(&self, lesson: &Lesson, began: &str) -> Attempt {
        let known = self.progress.attempts().find(|known| known.lesson == lesson.id && known.began == began);
        known.cloned().unwrap_or_else(|| Attempt { began: began.to_owned(), ..Attempt::default() })
    }

    /// Whether a lesson was left in the middle.
    fn goes_on(&self, lesson: &Lesson) -> bool {
        let last = self.progress.attempts().rfind(|attempt| attempt.lesson == lesson.id);
        last.is_some_and(|last| !last.passed && last.page <= lesson.steps.len())
            && self.file.as_ref().is_some_and(|path| attempts::is_there(path, &lesson.id))
    }

    /// The lesson that was left last, if one was left in the middle.
    pub(super) fn left_last(&self) -> Option<String> {
        let lessons = self.progress.attempts().rev().filter_map(|attempt| self.find(&attempt.lesson).ok());
        lessons.into_iter().find(|lesson| self.goes_on(lesson)).map(|lesson| lesson.id.clone())
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

    /// Writes those manifests of a lesson that are not in its folder.
    pub(super) fn complete(folder: &Path, texts: &BTreeMap<String, String>) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for (name, text) in texts {
            let path = folder.join(name);
            if !path.exists() {
                std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(())
    }
}

/// The time of day as the progress file has it: so exactly that no two attempts begin at once.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
