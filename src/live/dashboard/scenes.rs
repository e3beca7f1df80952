//! Scenes in the dashboard: each plays in a fresh cluster, and the ordinary session waits meanwhile.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::super::classroom::Classroom;
use super::super::home;
use super::super::scene::{Progress, SceneRun};
use super::super::session::Session;
use super::{Dashboard, Desk};
use crate::engine::Engine;
use crate::engine::driver::Threads;
use crate::manifests::Files;
use crate::record::{Disk, prompt_book};
use crate::scenes::{self, Embedded, Scene};
use crate::tui::{SceneAct, Stance};

/// A scene that is to be played, with the files that it names.
pub struct Playbill {
    /// The scene.
    pub scene: Scene,
    /// Its place among those that come with the program, from 1.
    pub number: Option<usize>,
    /// The folder of a scene that lies on disk; its paths count from there.
    pub folder: Option<PathBuf>,
}

impl Dashboard {
    /// Opens the scene with which the program was started.
    pub(super) fn open_playbill(&mut self, bill: Option<Playbill>) {
        let Some(bill) = bill else { return };
        self.demo = true;
        self.open_scene(bill);
    }

    /// Does what the presenter asks.
    pub(super) fn scene_act(&mut self, act: SceneAct) {
        self.dirty = true;
        match act {
            SceneAct::Open(name) => match scenes::find(&name) {
                Some((index, scene)) => {
                    self.open_scene(Playbill { scene, number: Some(index + 1), folder: None });
                }
                None => {
                    let words = format!("there is no scene \"{name}\"; <break> lists them");
                    self.app.complain(self.app.keymap.told(&words));
                }
            },
            SceneAct::Next => self.next_beat(),
            SceneAct::Back => self.beat_back(),
            SceneAct::Leave => return self.leave_scene(),
        }
        self.tell_prompt_book();
    }

    fn open_scene(&mut self, bill: Playbill) {
        match self.scene_desk(bill) {
            Ok(desk) => {
                let left = self.put(desk);
                // Only the ordinary session is kept, not the scene before this one.
                if left.scene.is_none() {
                    self.home = Some(Box::new(left));
                }
            }
            Err(problem) => self.app.complain(format!("{problem:#}")),
        }
        self.tell_prompt_book();
    }

    fn scene_desk(&self, bill: Playbill) -> anyhow::Result<Desk> {
        let script = &bill.scene.script;
        let config = script.world.config(&script.images, None);
        let driver = Box::new(Threads::new(config.nodes.len()));
        let mut session = Session::new(Engine::new(config, driver), None);
        let files: Arc<dyn Files + Send + Sync> = match bill.folder {
            Some(folder) => Arc::new(Disk { folder }),
            None => Arc::new(Embedded),
        };
        let scene = Arc::new(bill.scene);
        let run = SceneRun::begin(scene.clone(), files, &mut session)?;
        let folder = home::data_folder()?.join("scenes").join(&scene.id);
        Classroom::lay_out(&folder, &run.texts())?;
        session.know(&run.texts());
        let mut desk = Desk::new(session, folder, &self.app);
        desk.app.pace.set(self.app.pace.mode);
        desk.app.manifests(run.texts());
        desk.app.open_scene(scene, bill.number.map(|number| (number, scenes::all().len())));
        desk.scene = Some(run);
        Ok(desk)
    }

    fn leave_scene(&mut self) {
        if let Err(error) = prompt_book::close() {
            self.app.complain(format!("{error:#}"));
        }
        if self.demo {
            self.quit = true;
            return;
        }
        let Some(home) = self.home.take() else { return };
        let (theme, glyphs) = (self.app.theme.clone(), self.app.glyphs);
        drop(self.put(*home));
        (self.app.theme, self.app.glyphs) = (theme, glyphs);
        self.app.pace.paused = true;
        let words = "This is your session again, as you left it. <pause> lets its clock run.";
        self.app.say(self.app.keymap.told(words));
        self.files();
    }

    /// On with the scene: from where it stands, after a takeover from where it stood.
    fn next_beat(&mut self) {
        let Some(run) = &mut self.scene else { return };
        let took_over = self.app.presenter.as_ref().is_some_and(|it| it.stance == Stance::Left);
        if took_over || run.is_left(&self.session) {
            self.rewind_scene(true);
        }
        let Some(run) = &mut self.scene else { return };
        run.play(&self.session);
        self.app.scene_plays();
    }

    fn beat_back(&mut self) {
        let Some(run) = &mut self.scene else { return };
        let keep = run.is_left(&self.session);
        self.rewind_scene(keep);
    }

    /// Goes back to a stop of the scene. What a presenter did of their own is kept as a branch.
    fn rewind_scene(&mut self, keep: bool) {
        let Some(mut run) = self.scene.take() else { return };
        let at = run.back(&self.session);
        match keep {
            true => {
                let left = self.session.fork(at, &self.app.branch_name());
                self.app.forked(left, self.session.engine.view());
            }
            false => drop(self.session.fork(at, "")),
        }
        run.went_back(&mut self.session);
        self.app.scene_went_back(run.beat(), self.session.engine.view());
        self.scene = Some(run);
        self.lay_out_scene();
    }

    /// The manifests of the scene are those that it saved last.
    fn lay_out_scene(&mut self) {
        let Some(run) = &self.scene else { return };
        let texts = run.texts();
        if let Err(error) = Classroom::lay_out(&self.folder, &texts) {
            self.app.complain(format!("{error:#}"));
        }
        self.session.know(&texts);
        self.app.manifests(texts);
    }

    /// Lets the scene go on. Returns whether a beat is played, so that the clock is the scene's.
    pub(super) fn play_scene(&mut self, elapsed: Duration) -> bool {
        let Some(run) = &mut self.scene else { return false };
        let progress = run.go_on(&mut self.session, &mut self.app.pace, elapsed);
        match progress {
            Progress::Still => {
                if run.is_left(&self.session) && self.app.scene_left() {
                    self.tell_prompt_book();
                }
                return false;
            }
            Progress::On(moved) => {
                self.stale |= moved;
                return true;
            }
            Progress::Arrived(outcome) => {
                self.app.scene_arrived(outcome);
                self.lay_out_scene();
            }
            Progress::Left => drop(self.app.scene_left()),
            Progress::Failed(problem) => {
                self.app.complain(problem);
                let _new = self.app.scene_left();
                self.app.pace.paused = true;
            }
        }
        self.dirty = true;
        self.tell_prompt_book();
        true
    }

    /// Tells the second terminal where the scene stands.
    fn tell_prompt_book(&mut self) {
        let Some(presenter) = &self.app.presenter else { return };
        if let Err(error) = prompt_book::write(&presenter.prompt_book()) {
            self.app.complain(format!("the notes cannot be written: {error:#}"));
        }
    }
}
