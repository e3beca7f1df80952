//! A lesson in a session: what the learner asks of it is done, and the lesson hears of everything.
//!
//! The dashboard and plain mode share this; they differ only in how they show what is said.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::classroom::Classroom;
use super::session::Session;
use crate::engine::Engine;
use crate::engine::driver::Threads;
use crate::lessons::session::{Ask, Told};
use crate::lessons::tape::{self, Did, Header, TakenUp};
use crate::lessons::{Lesson, LessonView, Session as Course};
use crate::time::VirtualTime;

impl Session {
    /// A session for a lesson that begins: its manifests are laid out in its folder.
    ///
    /// # Errors
    /// When the lesson cannot begin, or the folder cannot be written.
    pub(super) fn for_lesson(lesson: &Arc<Lesson>, seed: Option<u64>, folder: &Path) -> anyhow::Result<Self> {
        let (course, engine) = Course::open(lesson.clone(), seed, threads(lesson, seed))?;
        Classroom::lay_out(folder, course.files().texts())?;
        Ok(Self::of_lesson(course, engine))
    }

    /// A session for a lesson that stands as its tape says. Files that were edited meanwhile count as saved now.
    ///
    /// # Errors
    /// In words, when it cannot be taken up, or the folder cannot be written.
    pub(super) fn taken_up(
        lesson: &Arc<Lesson>,
        tape: &str,
        folder: &Path,
    ) -> Result<(Self, Header), String> {
        let TakenUp { header, session, engine } = tape::take_up(lesson, tape, threads(lesson, None))?;
        Classroom::complete(folder, session.files().texts()).map_err(|error| format!("{error:#}"))?;
        Ok((Self::of_lesson(session, engine), header))
    }

    fn of_lesson(course: Course, engine: Engine) -> Self {
        let mut session = Self::new(engine, None);
        session.know(course.files().texts());
        session.lesson = Some(Box::new(course));
        session
    }

    /// Lets the lesson and the scene look at the cluster: after every instant, and after every input.
    pub(super) fn observe(&mut self) {
        self.watch.observe(self.engine.world());
        match (&mut self.lesson, &mut self.tape) {
            (Some(lesson), Some(tape)) => tape.look(lesson, &mut self.engine),
            (Some(lesson), None) => lesson.observe(&mut self.engine),
            (None, _) => {}
        }
    }

    /// What is done in the lesson is on its tape before it is done.
    fn note(&mut self, did: impl FnOnce() -> Did) {
        if let Some(tape) = &mut self.tape {
            tape.write(did(), &self.engine);
        }
    }

    /// Whether time stands still until the learner goes on or answers.
    pub(super) fn is_held(&self) -> bool {
        self.lesson.as_ref().is_some_and(|lesson| lesson.holds_clock())
    }

    /// The lesson as it is to be shown, and the instant at which it began.
    pub(super) fn lesson_view(&self) -> Option<(LessonView, VirtualTime)> {
        let lesson = self.lesson.as_ref()?;
        Some((lesson.view(self.engine.world()), lesson.start()))
    }

    /// Does what the learner asks of the lesson that is taken; its files lie in `folder`.
    pub(super) fn ask_lesson(&mut self, ask: Ask, folder: &Path) -> Told {
        self.note(|| Did::Ask(ask.clone()));
        let begins_again = ask == Ask::Restart;
        let Some(course) = &mut self.lesson else {
            return Told::Word("No lesson is open: 5 shows the course.".to_owned());
        };
        let told = course.ask(ask, &mut self.engine);
        match (&told, &mut self.tape) {
            (Told::WentBack, Some(tape)) if begins_again => tape.begin_again(&self.engine),
            (Told::WentBack, Some(tape)) => tape.went_back(&self.engine),
            _ => {}
        }
        match told {
            Told::WentBack => self.lay_out_again(folder),
            told => {
                self.observe();
                told
            }
        }
    }

    fn lay_out_again(&mut self, folder: &Path) -> Told {
        let Some(course) = &self.lesson else { return Told::Nothing };
        let texts = course.files().texts().clone();
        self.know(&texts);
        match Classroom::lay_out(folder, &texts) {
            Ok(()) => Told::WentBack,
            Err(error) => Told::Wrong(format!("{error:#}")),
        }
    }

    /// The manifests of the lesson are now these; whoever saved one had it applied.
    pub(super) fn tell_files(&mut self, texts: &BTreeMap<String, String>) {
        if self.lesson.as_ref().is_some_and(|course| course.files().texts() != texts) {
            self.note(|| Did::Files(texts.clone()));
        }
        if let Some(course) = &mut self.lesson {
            course.saved(texts);
        }
    }

    /// A file was applied as it lies there.
    pub(super) fn tell_applied(&mut self, file: &str) {
        self.note(|| Did::Applied(file.to_owned()));
        if let Some(course) = &mut self.lesson {
            course.applied(file);
        }
    }

    /// The learner did something that no trace shows.
    pub(super) fn tell_lesson(&mut self, deed: &str) {
        self.note(|| Did::Deed(deed.to_owned()));
        if let Some(course) = &mut self.lesson {
            course.acted(deed, self.engine.now());
            self.observe();
        }
    }

    /// A kubectl command is about to run: what the cluster's trace does not show of it is told to the lesson.
    pub(super) fn tell_command(&mut self, line: &str) {
        let line = line.trim().trim_start_matches("kubectl ");
        self.tell_lesson(&format!("kubectl {line}"));
        if line.starts_with("apply") {
            line.split_whitespace()
                .for_each(|word| self.tell_applied(word.rsplit('/').next().unwrap_or(word)));
        }
    }
}

/// A thread for each node of a lesson's cluster.
fn threads(lesson: &Lesson, seed: Option<u64>) -> Box<Threads> {
    Box::new(Threads::new(lesson.world.config(&lesson.images, seed).nodes.len()))
}
