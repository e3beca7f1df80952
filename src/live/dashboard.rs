//! The dashboard's loop: keys, files, signals, and time.

mod desk;
mod edits;
mod effects;
mod exports;
mod lessons;
mod replay;
mod scenes;
mod suspend;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent};
use futures::StreamExt;
use smol_str::SmolStr;

use super::background::{self, Late};
use super::classroom::Classroom;
use super::clock::Came;
use super::commands::Commands;
use super::guard::Guard;
use super::rhythm::{News, Rhythm};
use super::scene::SceneRun;
use super::session::Session;
use super::signals::Signals;
use super::watcher::{POLL, SETTLE, Watch};
use super::{editor, home, traffic};
use crate::engine::ClusterConfig;
use crate::engine::driver::Threads;
use crate::expression::facts::is_settled;
use crate::lessons::{Catalog, Lesson};
use crate::preview::{Preview, Trial};
use crate::record::cast::Tape;
use crate::tui::pace::Mode;
use crate::tui::settings::Settings;
use crate::tui::{App, draw, is_too_small, look};

pub(super) use desk::Desk;
pub use replay::Replay;
pub use scenes::Playbill;

/// How the dashboard is opened.
pub struct Options {
    /// The folder of manifests, if one was named.
    pub manifests: Option<PathBuf>,
    /// Requests per second of synthetic clients, by Service; they begin when the cluster has first settled.
    pub traffic: Vec<(SmolStr, u32)>,
    /// What the cluster is made of.
    pub config: ClusterConfig,
    /// How it looks and behaves.
    pub settings: Settings,
    /// A new file that gets every frame.
    pub record: Option<std::fs::File>,
    /// The course.
    pub course: Catalog,
    /// Whether the course is opened, and the lesson that is taken at once.
    pub learn: Option<Option<String>>,
    /// Gives the lesson that somebody writes whenever its file was saved, or what is wrong with it.
    pub author: Option<Author>,
    /// The scene that is played.
    pub scene: Option<Playbill>,
    /// The recorded session that is opened.
    pub replay: Option<Replay>,
}

impl Options {
    /// A cluster with nothing in it, the built-in course, and these looks.
    pub fn new(config: ClusterConfig, settings: Settings, record: Option<std::fs::File>) -> Self {
        Self {
            manifests: None,
            traffic: Vec::new(),
            config,
            settings,
            record,
            course: Catalog::embedded(),
            learn: None,
            author: None,
            scene: None,
            replay: None,
        }
    }
}

/// Looks at the file of a lesson: nothing if it was not saved since the last look.
pub type Author = Box<dyn FnMut() -> Option<Result<Arc<Lesson>, String>>>;

/// Opens the dashboard and runs until the user quits.
///
/// # Errors
/// When the terminal or the manifests cannot be opened.
pub fn dashboard(options: Options) -> anyhow::Result<()> {
    let folder = home::manifests_folder(options.manifests.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("rim")
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let journal = home::journal_file().ok().and_then(|path| std::fs::File::create(path).ok());
        let driver = Box::new(Threads::new(options.config.nodes.len()));
        let session = replay::session(options.replay.as_ref(), options.config, driver, journal);
        // Which colours are shown is the theme's business. Left to itself, crossterm answers NO_COLOR by taking away
        // bold and underlined, too.
        crossterm::style::force_color_output(true);
        let mut guard = Guard::new(Tape::into_file(options.record))?;
        let settings = &options.settings;
        let depth = look::depth(&|name| std::env::var(name).ok());
        let (theme, late) = match settings.theme.clone() {
            Some(theme) => (theme, Late::default()),
            None => {
                let (background, late) = background::find();
                (look::fitting(depth, background), late)
            }
        };
        let mut app = App::new(session.engine.view(), theme, settings.glyphs, folder.display().to_string());
        app.set_up(settings);
        app.depth = depth;
        if app.mouse {
            guard.mouse(true)?;
        }
        let (classroom, problem) = Classroom::open(options.course);
        app.course(classroom.course());
        problem.into_iter().for_each(|problem| app.complain(problem));
        Dashboard {
            guard,
            late,
            far: std::env::var_os("SSH_TTY").is_some(),
            session,
            app,
            watch: Watch::new(&folder),
            folder,
            dirty: true,
            moved: false,
            stale: true,
            quit: false,
            commands: Commands::on_screen(),
            preview: None,
            traffic: options.traffic,
            classroom,
            active: Instant::now(),
            author: options.author,
            scene: None,
            home: None,
            demo: false,
        }
        .run(options.learn, options.scene, options.replay)
        .await
    })
}

struct Dashboard {
    guard: Guard,
    /// An answer of the terminal that may come late.
    late: Late,
    /// Whether the terminal is at the other end of a network.
    far: bool,
    session: Session,
    app: App,
    watch: Watch,
    folder: PathBuf,
    /// Somebody did something: it is to be seen at once.
    dirty: bool,
    /// Something on the screen moved by itself.
    moved: bool,
    /// Time went on: it is to be seen with the next frame.
    stale: bool,
    quit: bool,
    /// kubectl commands that run.
    commands: Commands,
    /// A copy of the cluster that runs ahead.
    preview: Option<(Trial, Preview)>,
    /// Services to which synthetic clients go as soon as they have somebody to answer.
    traffic: traffic::Wanted,
    /// The course.
    classroom: Classroom,
    /// When a key was pressed last.
    active: Instant,
    author: Option<Author>,
    /// The scene that is played in this cluster, if one is.
    scene: Option<SceneRun>,
    /// The ordinary session, while a scene is played.
    home: Option<Box<Desk>>,
    /// Whether the program was started for a scene: it ends with it.
    demo: bool,
}

/// What woke the loop.
enum Woken {
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    Resized,
    Files,
    Signal(&'static str),
    Time,
    Closed,
}

impl Dashboard {
    async fn run(
        mut self,
        learn: Option<Option<String>>,
        scene: Option<Playbill>,
        replay: Option<Replay>,
    ) -> anyhow::Result<()> {
        self.begin(replay.as_ref());
        self.open_course(learn);
        self.open_playbill(scene);
        let mut keys = EventStream::new();
        let mut signals = Signals::new()?;
        let (mut last, mut painted, mut counted) = (Instant::now(), Instant::now(), Instant::now());
        let mut poll = Instant::now() + POLL;
        while !self.quit {
            let elapsed = last.elapsed();
            last = Instant::now();
            self.wait_for_learner();
            self.advance(elapsed);
            self.start_traffic();
            self.run_commands()?;
            self.run_ahead();
            if self.rhythm().is_due(painted.elapsed(), self.news()) {
                painted = Instant::now();
                // Whoever pressed a key sees everything as it is now.
                self.app.ribbon_rests = !self.dirty && !self.rhythm().is_ribbon_due(counted.elapsed());
                if !self.app.ribbon_rests {
                    counted = Instant::now();
                }
                if let Some(size) = self.guard.size() {
                    self.app.resize(size);
                }
                self.app.told = self.session.told().filter(|_| self.app.pace.mode == Mode::Follow);
                self.app.see(self.session.engine.view());
                self.see_lesson();
                self.guard.paint(|frame| draw(frame, &self.app))?;
                (self.dirty, self.moved, self.stale) = (false, false, false);
            }
            if poll <= Instant::now() {
                poll = Instant::now() + POLL;
                self.files();
                self.read_again();
            }
            match self.wake(&mut keys, &mut signals, poll).await {
                Woken::Key(key) => self.key(key)?,
                Woken::Resized => {
                    self.guard.forget()?;
                    self.dirty = true;
                }
                Woken::Paste(text) => {
                    self.dirty = true;
                    if let Some(effect) = self.app.paste(&text) {
                        self.perform(effect)?;
                    }
                }
                Woken::Mouse(mouse) => {
                    if let Some(effect) = self.app.mouse(mouse) {
                        self.perform(effect)?;
                    }
                    self.dirty = true;
                }
                Woken::Files => {
                    tokio::time::sleep(SETTLE).await;
                    while self.watch.changes.try_recv().is_ok() {}
                    self.files();
                }
                Woken::Signal("SIGTSTP") => self.suspend()?,
                Woken::Signal(_) | Woken::Closed => self.quit = true,
                Woken::Time => {
                    self.moved |= self.app.tick();
                    self.stale |= last_second(&self.session, &self.app);
                }
            }
        }
        Ok(())
    }

    /// How often the screen is painted.
    fn rhythm(&self) -> Rhythm {
        Rhythm { motion: self.app.motion, far: self.far }
    }

    /// What there is to be painted.
    fn news(&self) -> News {
        let settled = is_settled(self.session.engine.world());
        News { typed: self.dirty, moved: self.moved, stale: self.stale, settled }
    }

    /// Lets time go on, and says where the clock stopped.
    fn advance(&mut self, elapsed: Duration) {
        if is_too_small(self.app.size) || self.play_scene(elapsed) {
            return;
        }
        self.session.listen();
        let came = self.session.advance(&mut self.app.pace, elapsed, &mut self.app.breakpoints);
        self.stale |= came != Came::Nowhere;
        match came {
            Came::Break(hit) => self.app.stopped(&hit),
            Came::TooFar => self.app.say("Nothing like that happens within an hour."),
            Came::There => self.app.pace.rest(),
            Came::Nowhere | Came::On | Came::Halted => {}
        }
    }

    fn start_traffic(&mut self) {
        let before = self.traffic.len();
        self.traffic = traffic::start(std::mem::take(&mut self.traffic), &mut self.session);
        self.dirty |= self.traffic.len() != before;
    }

    async fn wake(&mut self, keys: &mut EventStream, signals: &mut Signals, poll: Instant) -> Woken {
        let errand = self.session.errand.as_ref().map(|_| Duration::ZERO);
        let ahead = self.preview.as_ref().map(|_| Duration::ZERO);
        let held = self.session.is_held() || is_too_small(self.app.size);
        let pace = self.app.pace.nap(self.session.is_busy()).filter(|_| !held);
        let hurried = self.scene.as_ref().filter(|scene| scene.is_hurried()).map(|_| Duration::ZERO);
        let nap = errand.or(ahead).or(hurried).or(pace);
        let moves = self.dirty || self.moved || self.app.is_animating();
        let nap = if moves { Some(nap.unwrap_or(Rhythm::nap()).min(Rhythm::nap())) } else { nap };
        let wake = nap.map_or(poll, |nap| (Instant::now() + nap).min(poll));
        tokio::select! {
            event = keys.next() => match event {
                Some(Ok(Event::Key(key))) if key.kind != KeyEventKind::Release => Woken::Key(key),
                Some(Ok(Event::Resize(..))) => Woken::Resized,
                Some(Ok(Event::Paste(text))) => Woken::Paste(text),
                Some(Ok(Event::Mouse(mouse))) => Woken::Mouse(mouse),
                Some(Ok(_)) => Woken::Time,
                Some(Err(_)) | None => Woken::Closed,
            },
            Some(()) = self.watch.changes.recv() => Woken::Files,
            name = signals.next() => Woken::Signal(name),
            () = tokio::time::sleep_until(wake.into()) => Woken::Time,
        }
    }

    /// Lets kubectl commands go on.
    fn run_commands(&mut self) -> anyhow::Result<()> {
        if self.commands.is_empty() {
            return Ok(());
        }
        self.dirty = true;
        let Some(wanted) = self.commands.poll(&mut self.session, &mut self.app) else { return Ok(()) };
        match self.guard.lend(|| editor::edit_text(&wanted.editing.file, &wanted.editing.text))? {
            Ok(text) => self.commands.edited(&wanted, &text, &mut self.session, &mut self.app),
            Err(error) => self.app.complain(error),
        }
        Ok(())
    }

    fn key(&mut self, key: KeyEvent) -> anyhow::Result<()> {
        if self.late.swallows(&key) {
            return Ok(());
        }
        (self.dirty, self.active) = (true, Instant::now());
        // Whatever is pressed ends an errand that takes long.
        self.session.errand = None;
        match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Char('c'), true) => {
                self.quit |= self.app.leave().is_some();
                Ok(())
            }
            (KeyCode::Char('z'), true) => self.suspend(),
            (_, true) => Ok(()),
            (code, false) => match self.app.key(code) {
                Some(effect) => self.perform(effect),
                None => Ok(()),
            },
        }
    }
}

/// Whether the clock on the screen shows another second than the cluster has.
fn last_second(session: &Session, app: &App) -> bool {
    session.engine.now().micros() / 1_000_000 != app.view.now().micros() / 1_000_000
}
