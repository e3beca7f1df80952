//! Lessons in the dashboard: each has a cluster, a folder and a screen of its own, and the ordinary session waits.
//!
//! Whatever is on the desk (engine, folder, screen, commands that run) is put aside as a whole and comes back as it
//! was. A lesson that is left waits in the same way.

use std::time::{Duration, Instant};

use super::super::classroom::Classroom;
use super::super::commands::Commands;
use super::super::session::Session;
use super::super::watcher::Watch;
use super::{Dashboard, Desk};
use crate::engine::driver::Threads;
use crate::lessons::{Lesson, Session as Course};
use crate::time::Span;
use crate::tui::pace::{Mode, Pace};
use crate::tui::screen::Screen;
use crate::tui::{App, LessonAct};

/// Whoever did nothing for so long may be stuck, although the clock stands still.
const IDLE: Duration = Duration::from_secs(60);
/// Lines of docker's answer that are said for a moment; more become a text to be scrolled.
const SAID_MAX: usize = 4;

impl Dashboard {
    /// Opens the course at the start, if that was asked for, and a lesson.
    pub(super) fn open_course(&mut self, learn: Option<Option<String>>) {
        let Some(lesson) = learn else { return };
        self.app.screen = Screen::Learn;
        if let Some(lesson) = lesson {
            self.learn(LessonAct::Open(lesson));
        }
    }

    /// Does what the learner asks of the course.
    pub(super) fn learn(&mut self, act: LessonAct) {
        self.dirty = true;
        // What is shown is noted before it changes.
        self.see_lesson();
        match act {
            LessonAct::Open(name) => self.open_lesson(&name),
            LessonAct::Fresh => self.fresh_lesson(),
            LessonAct::Leave => self.leave_lesson(),
            LessonAct::Restart => self.go_back(|course, engine| {
                course.restart(engine);
            }),
            LessonAct::RestartStep => self.go_back(|course, engine| {
                course.restart_step(engine);
            }),
            LessonAct::Sandbox if self.session.lesson.as_ref().is_some_and(|lesson| lesson.in_sandbox()) => {
                self.go_back(|course, engine| {
                    course.leave_sandbox(engine);
                });
            }
            act => self.in_lesson(act),
        }
        self.see_lesson();
    }

    /// What only changes the lesson.
    fn in_lesson(&mut self, act: LessonAct) {
        let Session { lesson, engine, .. } = &mut self.session;
        let Some(course) = lesson else {
            return self.app.say("No lesson is open: 5 shows the course.");
        };
        match act {
            LessonAct::NextPage => drop(course.next_page(engine.world())),
            LessonAct::LastPage => drop(course.previous_page()),
            LessonAct::Answer(question, reply, sure) => {
                if let Err(reason) = course.answer(&question, reply, sure, engine.world()) {
                    self.app.complain(reason);
                }
            }
            LessonAct::Hint => match course.hint(engine.world()) {
                Some(hint) => self.app.say(hint.replace('`', "")),
                None => self.app.say("There is nothing more to say about this step."),
            },
            LessonAct::Sandbox => course.enter_sandbox(engine),
            LessonAct::Docker(line) => match course.docker(&line, engine.now()) {
                Ok(text) if text.lines().count() > SAID_MAX => {
                    self.app.show_text(format!("docker {line}"), &text);
                }
                Ok(text) if text.trim().is_empty() => self.app.say(format!("docker {line}: done")),
                Ok(text) => self.app.say(text.trim_end().to_owned()),
                Err(reason) => self.app.complain(reason),
            },
            _ => {}
        }
        course.observe(engine);
    }

    fn open_lesson(&mut self, name: &str) {
        let lesson = match self.classroom.find(name) {
            Ok(lesson) => lesson,
            Err(reason) => return self.app.complain(reason),
        };
        if self.session.lesson.as_ref().is_some_and(|taken| taken.lesson().id == lesson.id) {
            return;
        }
        self.leave_lesson();
        match self.classroom.take_up(&lesson.id) {
            Some(desk) => {
                let home = self.put(desk);
                self.classroom.home = Some(Box::new(home));
            }
            None => self.begin_lesson(&lesson, None),
        }
    }

    fn fresh_lesson(&mut self) {
        let Some(lesson) = self.session.lesson.as_ref().map(|taken| taken.lesson().clone()) else { return };
        self.leave_lesson();
        self.classroom.forget(&lesson.id);
        let seed = self.classroom.fresh_seed(&lesson.id);
        self.begin_lesson(&lesson, Some(seed));
    }

    /// Sets the scene of a lesson and puts it on the desk.
    pub(super) fn begin_lesson(&mut self, lesson: &std::sync::Arc<Lesson>, seed: Option<u64>) {
        match self.lesson_desk(lesson, seed) {
            Ok(desk) => {
                let home = self.put(desk);
                self.classroom.home = Some(Box::new(home));
                self.classroom.begin();
            }
            Err(reason) => self.app.complain(format!("{reason:#}")),
        }
    }

    fn lesson_desk(&self, lesson: &std::sync::Arc<Lesson>, seed: Option<u64>) -> anyhow::Result<Desk> {
        let nodes = lesson.world.config(&lesson.images, seed).nodes.len();
        let (course, engine) = Course::open(lesson.clone(), seed, Box::new(Threads::new(nodes)))?;
        let folder = Classroom::folder(&lesson.id)?;
        Classroom::lay_out(&folder, course.files().texts())?;
        let mut app =
            App::new(engine.view(), self.app.theme.clone(), self.app.glyphs, folder.display().to_string());
        app.look_like(&self.app);
        app.screen = Screen::Learn;
        app.pace.mode = pace(lesson, self.app.pace.mode);
        app.manifests(course.files().texts().clone());
        let mut session = Session::new(engine, None);
        session.know(course.files().texts());
        session.lesson = Some(Box::new(course));
        Ok(Desk {
            session,
            app,
            watch: Watch::new(&folder),
            commands: Commands::in_folder(folder.clone()),
            folder,
            traffic: Vec::new(),
            scene: None,
        })
    }

    /// Puts the lesson aside; the ordinary session comes back.
    fn leave_lesson(&mut self) {
        let Some(home) = self.classroom.home.take() else { return };
        let left = self.put(*home);
        self.app.look_like(&left.app);
        self.classroom.keep(left);
        self.app.screen = Screen::Learn;
        self.app.course(self.classroom.course());
        self.files();
    }

    /// Puts something else on the desk; returns what lay there.
    pub(super) fn put(&mut self, desk: Desk) -> Desk {
        (self.dirty, self.preview) = (true, None);
        Desk {
            session: std::mem::replace(&mut self.session, desk.session),
            app: std::mem::replace(&mut self.app, desk.app),
            watch: std::mem::replace(&mut self.watch, desk.watch),
            folder: std::mem::replace(&mut self.folder, desk.folder),
            commands: std::mem::replace(&mut self.commands, desk.commands),
            traffic: std::mem::replace(&mut self.traffic, desk.traffic),
            scene: std::mem::replace(&mut self.scene, desk.scene),
        }
    }

    /// The lesson goes back in time, and its files with it.
    fn go_back(&mut self, back: impl FnOnce(&mut Course, &mut crate::engine::Engine)) {
        let Session { lesson, engine, .. } = &mut self.session;
        let Some(course) = lesson else { return };
        back(course, engine);
        let texts = course.files().texts().clone();
        if let Err(error) = Classroom::lay_out(&self.folder, &texts) {
            self.app.complain(format!("{error:#}"));
        }
        self.session.know(&texts);
        self.app.lesson_went_back(self.session.engine.view());
        self.app.manifests(texts);
    }

    /// Shows the lesson as it is, and notes how the attempt stands.
    pub(super) fn see_lesson(&mut self) {
        let Session { lesson, engine, .. } = &mut self.session;
        let Some(course) = lesson else { return };
        for deed in self.app.take_deeds() {
            course.acted(&deed, engine.now());
            course.observe(engine);
        }
        let view = course.view(engine.world());
        if let Err(error) = self.classroom.note(&view) {
            self.app.complain(format!("{error:#}"));
        }
        let start = course.start();
        self.app.see_lesson(view, start);
    }

    /// A command is about to run: what the cluster's trace does not show of it is told to the lesson.
    pub(super) fn tell_command(&mut self, line: &str) {
        let Session { lesson, engine, .. } = &mut self.session;
        let Some(course) = lesson else { return };
        let line = line.trim().trim_start_matches("kubectl ");
        course.acted(&format!("kubectl {line}"), engine.now());
        if line.starts_with("apply") {
            for word in line.split_whitespace() {
                course.applied(word.rsplit('/').next().unwrap_or(word));
            }
        }
    }

    /// Somebody who does nothing while the clock stands still may be stuck, too.
    pub(super) fn wait_for_learner(&mut self, idle: Instant) {
        if let Some(course) = self.session.lesson.as_mut()
            && idle.elapsed() >= IDLE
            && self.app.pace.paused
        {
            course.waited(Span::secs(idle.elapsed().as_secs()));
            self.stale = true;
        }
    }
}

/// The lesson's own pace, unless the user set another one than the usual.
fn pace(lesson: &Lesson, here: Mode) -> Mode {
    match (&lesson.speed, here) {
        (Some(speed), Mode::Follow) => Pace::parse(speed).unwrap_or(here),
        _ => here,
    }
}
