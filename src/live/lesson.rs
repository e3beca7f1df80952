//! A lesson in a session: what the learner asks of it is done, and the lesson hears of everything.
//!
//! The dashboard and plain mode share this; they differ only in how they show what is said.

use std::path::Path;
use std::sync::Arc;

use super::classroom::Classroom;
use super::session::Session;
use crate::engine::Engine;
use crate::engine::driver::Threads;
use crate::lessons::{Lesson, LessonView, Session as Course};
use crate::time::VirtualTime;
use crate::tui::LessonAct;

/// What comes of something that a learner asked of a lesson.
pub(super) enum Told {
    /// Nothing is to be said.
    Nothing,
    /// A word.
    Word(String),
    /// A longer text, with its title.
    Text(String, String),
    /// It cannot be done, and why.
    Wrong(String),
    /// Time went back, and the files with it.
    WentBack,
}

impl Session {
    /// Sets the scene of a lesson: its cluster, and its folder with its manifests.
    ///
    /// # Errors
    /// When the lesson cannot begin, or the folder cannot be written.
    pub(super) fn for_lesson(lesson: &Arc<Lesson>, seed: Option<u64>, folder: &Path) -> anyhow::Result<Self> {
        let nodes = lesson.world.config(&lesson.images, seed).nodes.len();
        let (course, engine) = Course::open(lesson.clone(), seed, Box::new(Threads::new(nodes)))?;
        Classroom::lay_out(folder, course.files().texts())?;
        let mut session = Self::new(engine, None);
        session.know(course.files().texts());
        session.lesson = Some(Box::new(course));
        Ok(session)
    }

    /// Lets the lesson and the scene look at the cluster: after every instant, and after every input.
    pub(super) fn observe(&mut self) {
        self.watch.observe(self.engine.world());
        if let Some(lesson) = &mut self.lesson {
            lesson.observe(&mut self.engine);
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
    pub(super) fn ask_lesson(&mut self, act: LessonAct, folder: &Path) -> Told {
        let Self { lesson, engine, .. } = self;
        let Some(course) = lesson else {
            return Told::Word("No lesson is open: 5 shows the course.".to_owned());
        };
        let told = match act {
            LessonAct::Restart => {
                return self.go_back(folder, |course, engine| {
                    course.restart(engine);
                });
            }
            LessonAct::RestartStep => {
                return self.go_back(folder, |course, engine| {
                    course.restart_step(engine);
                });
            }
            LessonAct::Sandbox if course.in_sandbox() => {
                return self.go_back(folder, |course, engine| {
                    course.leave_sandbox(engine);
                });
            }
            LessonAct::Sandbox => {
                course.enter_sandbox(engine);
                Told::Word("Nothing is graded now. The same key comes back to this moment.".to_owned())
            }
            LessonAct::NextPage if course.next_page(engine.world()) => Told::Nothing,
            LessonAct::NextPage => Told::Word(
                "This step is not passed yet: the open lines of the checklist say what is missing."
                    .to_owned(),
            ),
            LessonAct::Skip => match course.skip_step(engine) {
                true => Told::Word("Skipped. What it asks for counts as not reached.".to_owned()),
                false => Told::Word("There is nothing to skip.".to_owned()),
            },
            LessonAct::LastPage => {
                course.previous_page();
                Told::Nothing
            }
            LessonAct::Answer(question, reply, sure) => course
                .answer(&question, reply, sure, engine.world())
                .map_or_else(Told::Wrong, |()| Told::Nothing),
            LessonAct::Hint => {
                let nothing = "There is nothing more to say about this step.".to_owned();
                Told::Word(course.hint(engine.world()).map_or(nothing, |hint| hint.replace('`', "")))
            }
            LessonAct::Docker(line) => match course.docker(&line, engine.now()) {
                Ok(text) if text.trim().is_empty() => Told::Word(format!("docker {line}: done")),
                Ok(text) => Told::Text(format!("docker {line}"), text.trim_end().to_owned()),
                Err(reason) => Told::Wrong(reason),
            },
            LessonAct::Open(_) | LessonAct::Fresh | LessonAct::Leave => Told::Nothing,
        };
        self.observe();
        told
    }

    fn go_back(&mut self, folder: &Path, back: impl FnOnce(&mut Course, &mut Engine)) -> Told {
        let Self { lesson, engine, .. } = self;
        let Some(course) = lesson else { return Told::Nothing };
        back(course, engine);
        let texts = course.files().texts().clone();
        self.know(&texts);
        match Classroom::lay_out(folder, &texts) {
            Ok(()) => Told::WentBack,
            Err(error) => Told::Wrong(format!("{error:#}")),
        }
    }

    /// The learner did something that no trace shows.
    pub(super) fn tell_lesson(&mut self, deed: &str) {
        if let Some(course) = &mut self.lesson {
            course.acted(deed, self.engine.now());
            self.observe();
        }
    }

    /// A kubectl command is about to run: what the cluster's trace does not show of it is told to the lesson.
    pub(super) fn tell_command(&mut self, line: &str) {
        let line = line.trim().trim_start_matches("kubectl ");
        self.tell_lesson(&format!("kubectl {line}"));
        if let Some(course) = self.lesson.as_mut().filter(|_| line.starts_with("apply")) {
            for word in line.split_whitespace() {
                course.applied(word.rsplit('/').next().unwrap_or(word));
            }
        }
    }
}
