//! Lessons in the dashboard: each has a cluster, a folder and a screen of its own, and the ordinary session waits.
//!
//! Whatever is on the desk (engine, folder, screen, commands that run) is put aside as a whole and comes back as it
//! was. A lesson that is left waits in the same way.

use std::sync::Arc;
use std::time::Duration;

use super::super::classroom::Begun;
use super::super::session::Session;
use super::{Dashboard, Desk};
use crate::lessons::Lesson;
use crate::lessons::session::Told;
use crate::time::Span;
use crate::tui::LessonAct;
use crate::tui::pace::{Mode, Pace};
use crate::tui::screen::Screen;

/// Whoever did nothing for so long may be stuck, although the clock stands still.
const IDLE: Duration = Duration::from_secs(60);
/// Lines of docker's answer that are said for a moment; a table stays until it was read.
const SAID_MAX: usize = 1;

impl Dashboard {
    /// Opens the course at the start, if that was asked for, and a lesson.
    pub(super) fn open_course(&mut self, learn: Option<Option<String>>) {
        let Some(lesson) = learn else { return };
        (self.app.screen, self.app.home) = (Screen::Learn, Screen::Learn);
        if self.author.is_some() {
            self.classroom.writes();
        }
        match lesson {
            Some(lesson) => self.learn(LessonAct::Open(lesson)),
            None => {
                // Nobody asked for the shop, so what its manifests came to is no news here.
                self.app.toasts.retain(|toast| toast.error);
                self.classroom.left_last().into_iter().for_each(|id| self.app.select_lesson(&id));
            }
        }
    }

    /// The lesson's file was saved: the lesson begins again with the new text, at the same step.
    pub(super) fn read_again(&mut self) {
        let Some(read) = self.author.as_mut().and_then(|author| author()) else { return };
        self.dirty = true;
        match read {
            Err(problem) => self.app.complain(problem),
            Ok(lesson) => {
                let taken = self.session.lesson.as_ref();
                let (seed, step, page) =
                    taken.map_or((None, 0, 0), |taken| (Some(taken.seed()), taken.step(), taken.page()));
                self.leave_lesson();
                self.classroom.forget(&lesson.id);
                self.begin_lesson(&lesson, seed);
                if let Session { lesson: Some(course), engine, .. } = &mut self.session {
                    while course.step() < step && course.skip_step(engine) {}
                    if page > step {
                        course.next_page(engine.world());
                    }
                }
                self.see_lesson();
                self.app.say("The lesson was saved, and begins again.");
            }
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
            LessonAct::Cards(words) => {
                self.app.show_text("What you learnt", &self.classroom.cards(&words).join("\n"));
            }
            LessonAct::Ask(ask) => match self.session.ask_lesson(ask, &self.folder) {
                Told::Nothing => {}
                Told::Word(text) => self.app.say(text),
                Told::Hint(hint) => self.app.say(self.app.keymap.told(hint.in_face(false)).replace('`', "")),
                Told::Text(title, text) if text.lines().count() > SAID_MAX => {
                    self.app.show_answer(title, &text, false)
                }
                Told::Text(_, text) => self.app.say(text),
                Told::Wrong(reason) => self.app.complain(reason),
                Told::WentBack => {
                    self.app.lesson_went_back(self.session.engine.view());
                    if let Some(course) = &self.session.lesson {
                        self.app.manifests(course.files().texts().clone());
                    }
                }
            },
        }
        self.see_lesson();
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
    pub(super) fn begin_lesson(&mut self, lesson: &Arc<Lesson>, seed: Option<u64>) {
        match self.classroom.begin(lesson, seed) {
            Ok(begun) => {
                let desk = self.lesson_desk(lesson, begun);
                let home = self.put(desk);
                self.classroom.home = Some(Box::new(home));
            }
            Err(reason) => self.app.complain(format!("{reason:#}")),
        }
    }

    fn lesson_desk(&self, lesson: &Lesson, begun: Begun) -> Desk {
        let Begun { session, folder, goes_on, said, problem } = begun;
        let mut desk = Desk::new(session, folder, &self.app);
        let app = &mut desk.app;
        app.screen = Screen::Learn;
        app.pace.mode = pace(lesson, self.app.pace.mode);
        if let Some(course) = &desk.session.lesson {
            app.manifests(course.files().texts().clone());
        }
        if goes_on {
            app.pace.paused = true;
            app.say(
                app.keymap.told(
                    "You go on where you were. <pause> lets the clock run; <once-more> can begin again.",
                ),
            );
        }
        said.into_iter().for_each(|word| app.say(word));
        problem.into_iter().for_each(|problem| app.complain(problem));
        desk
    }

    /// Puts the lesson aside; the ordinary session comes back.
    fn leave_lesson(&mut self) {
        let Some(home) = self.classroom.home.take() else { return };
        let taken = self.session.lesson.as_ref();
        let id = taken.map(|taken| taken.lesson().id.clone()).unwrap_or_default();
        let waits = taken.is_some_and(|taken| !taken.is_over());
        let left = self.put(*home);
        // What was said when it was left is no news any more.
        self.app.toasts.retain(|toast| toast.error);
        self.app.look_like(&left.app);
        self.classroom.keep(left);
        self.app.screen = Screen::Learn;
        self.app.course(self.classroom.course());
        self.app.select_lesson(&id);
        if waits {
            self.app.say("The lesson waits as it is; enter takes it up again.");
        }
        self.files();
    }

    /// Shows the lesson as it is, and notes how the attempt stands.
    pub(super) fn see_lesson(&mut self) {
        for deed in self.app.take_deeds() {
            self.session.tell_lesson(&deed);
        }
        let Some((view, start)) = self.session.lesson_view() else { return };
        if let Err(error) = self.classroom.note(&view) {
            self.app.complain(format!("{error:#}"));
        }
        self.app.see_lesson(view, start);
    }

    /// Whoever pressed a key not long ago is not stuck, however fast the clock runs; whoever did not may be, even if
    /// it stands still.
    pub(super) fn wait_for_learner(&mut self) {
        let Session { lesson: Some(course), engine, .. } = &mut self.session else { return };
        let idle = self.active.elapsed();
        if idle < IDLE {
            course.busy(engine.now());
        } else if self.app.pace.paused {
            course.waited(Span::secs(idle.as_secs()));
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
