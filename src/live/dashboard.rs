//! The dashboard's loop: keys, files, signals, and time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures::StreamExt;
use k8s_openapi::api::core::v1::Service;
use smol_str::{SmolStr, format_smolstr};

use super::guard::Guard;
use super::session::Session;
use super::watcher::{POLL, SETTLE, Watch};
use super::{editor, home};
use crate::engine::driver::Threads;
use crate::engine::{Act, ClusterConfig, Engine, Input};
use crate::expression::facts::is_settled;
use crate::object::ObjectRef;
use crate::tui::glyphs::Glyphs;
use crate::tui::pace::Mode;
use crate::tui::theme::Theme;
use crate::tui::{App, Effect, Overlay, draw};

/// The screen is painted at most this often.
const FRAME: Duration = Duration::from_millis(66);

/// How the dashboard is opened.
pub struct Options {
    /// The folder of manifests, if one was named.
    pub manifests: Option<PathBuf>,
    /// Requests per second of synthetic clients, by Service; they begin when the cluster has first settled.
    pub traffic: Vec<(SmolStr, u32)>,
    /// What the cluster is made of.
    pub config: ClusterConfig,
    /// How fast time goes by.
    pub speed: Mode,
    /// The looks.
    pub theme: Theme,
    /// The signs.
    pub glyphs: Glyphs,
}

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
        let session = Session::new(Engine::new(options.config, driver), journal);
        let mut app =
            App::new(session.engine.view(), options.theme, options.glyphs, folder.display().to_string());
        app.pace.set(options.speed);
        Dashboard {
            guard: Guard::new()?,
            session,
            app,
            watch: Watch::new(&folder),
            folder,
            dirty: true,
            quit: false,
            traffic: options.traffic,
        }
        .run()
        .await
    })
}

struct Dashboard {
    guard: Guard,
    session: Session,
    app: App,
    watch: Watch,
    folder: PathBuf,
    dirty: bool,
    quit: bool,
    /// Services to which synthetic clients go as soon as they have somebody to answer.
    traffic: Vec<(SmolStr, u32)>,
}

/// What woke the loop.
enum Woken {
    Key(KeyEvent),
    Resized,
    Files,
    Signal(&'static str),
    Time,
    Closed,
}

impl Dashboard {
    async fn run(mut self) -> anyhow::Result<()> {
        // The cluster comes up before anybody looks; then the manifests are applied.
        self.session.engine.run_while(crate::time::Span::secs(60), crate::script::is_up);
        self.files();
        let mut keys = EventStream::new();
        let mut signals = Signals::new()?;
        let mut last = Instant::now();
        let mut poll = Instant::now() + POLL;
        while !self.quit {
            let elapsed = last.elapsed();
            last = Instant::now();
            let handled = self.session.advance(&mut self.app.pace, elapsed);
            self.dirty |= handled;
            self.start_traffic();
            if self.dirty {
                if let Ok(size) = self.guard.terminal.size() {
                    self.app.resize(size);
                }
                self.app.see(self.session.engine.view());
                self.guard
                    .terminal
                    .draw(|frame| draw(frame, &self.app))
                    .context("cannot paint the screen")?;
                self.dirty = false;
            }
            if poll <= Instant::now() {
                poll = Instant::now() + POLL;
                self.files();
            }
            match self.wake(&mut keys, &mut signals, poll).await {
                Woken::Key(key) => self.key(key)?,
                Woken::Resized => self.dirty = true,
                Woken::Files => {
                    tokio::time::sleep(SETTLE).await;
                    while self.watch.changes.try_recv().is_ok() {}
                    self.files();
                }
                Woken::Signal("SIGTSTP") => self.suspend()?,
                Woken::Signal(_) | Woken::Closed => self.quit = true,
                Woken::Time => {
                    self.dirty |=
                        self.app.tick() || (!self.app.pace.paused && last_second(&self.session, &self.app))
                }
            }
        }
        Ok(())
    }

    /// The first clients come when the shop is open: requests before that would only fail.
    fn start_traffic(&mut self) {
        if self.traffic.is_empty() || !is_settled(self.session.engine.world()) {
            return;
        }
        for (service, per_second) in std::mem::take(&mut self.traffic) {
            let (namespace, name) = service.split_once('/').unwrap_or(("default", &service));
            if self.session.engine.world().get::<Service>(namespace, name).is_some() {
                let title = format_smolstr!("clients began to use {name}");
                let begun = self.session.apply(Input::new(
                    "timer",
                    title,
                    Act::Traffic { service: service.clone(), per_second },
                ));
                self.dirty |= begun.is_ok();
            }
        }
    }

    async fn wake(&mut self, keys: &mut EventStream, signals: &mut Signals, poll: Instant) -> Woken {
        let nap = self.app.pace.nap(self.session.engine.world());
        let nap = if self.app.is_animating() { Some(nap.unwrap_or(FRAME).min(FRAME)) } else { nap };
        let wake = nap.map_or(poll, |nap| (Instant::now() + nap).min(poll));
        tokio::select! {
            event = keys.next() => match event {
                Some(Ok(Event::Key(key))) if key.kind != KeyEventKind::Release => Woken::Key(key),
                Some(Ok(Event::Resize(..))) => Woken::Resized,
                Some(Ok(_)) => Woken::Time,
                Some(Err(_)) | None => Woken::Closed,
            },
            Some(()) = self.watch.changes.recv() => Woken::Files,
            name = signals.next() => Woken::Signal(name),
            () = tokio::time::sleep_until(wake.into()) => Woken::Time,
        }
    }

    fn key(&mut self, key: KeyEvent) -> anyhow::Result<()> {
        self.dirty = true;
        match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Char('c'), true) => {
                self.quit = true;
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

    fn perform(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::Input(input) => {
                if let Err(reason) = self.session.apply(*input) {
                    self.app.complain(reason);
                }
            }
            Effect::StepEvent => {
                self.session.engine.step_event();
            }
            Effect::Skip => self.session.skip(),
            Effect::Seek(at) => self.app.see_past(self.session.engine.at(at)),
            Effect::Fork(at) => {
                self.session.fork(at);
                self.app.see_live();
            }
            Effect::Prune(object) => {
                if let Err(reason) = self.session.prune(object) {
                    self.app.complain(reason);
                }
            }
            Effect::Edit(object) => self.edit(&object)?,
            Effect::Quit => self.quit = true,
        }
        Ok(())
    }

    /// The manifests may have changed: applies what did.
    fn files(&mut self) {
        let texts = match self.watch.read() {
            Ok(texts) => texts,
            Err(error) => return self.app.complain(format!("{}: {error}", self.folder.display())),
        };
        let saved = self.session.saved(&texts);
        if saved.problem != self.app.banner || !saved.said.is_empty() {
            self.dirty = true;
        }
        self.app.banner = saved.problem;
        for said in saved.said {
            self.app.say(said);
        }
        if let Some((object, file)) = saved.gone.into_iter().next() {
            self.app.overlay = Some(Overlay::Prune(object, file));
            self.dirty = true;
        }
    }

    fn edit(&mut self, object: &ObjectRef) -> anyhow::Result<()> {
        let Some(path) = self.file_of(object) else {
            self.app.complain(format!("no manifest in {} describes {object}", self.folder.display()));
            return Ok(());
        };
        if let Err(error) = self.guard.lend(|| editor::edit(&path))? {
            self.app.complain(error);
        }
        self.files();
        Ok(())
    }

    /// The file that describes an object, or the object that owns it.
    fn file_of(&self, object: &ObjectRef) -> Option<PathBuf> {
        let documents = self.session.documents();
        let mut object = object.clone();
        for _ in 0..4 {
            if let Some(document) = documents.get(&object) {
                return Some(self.folder.join(&*document.source.file));
            }
            let found = self.session.engine.world().object(&object)?;
            let owner = crate::object::owner::controller(found.meta())?;
            let kind = crate::object::Kind::from_name(&owner.kind)?;
            object = ObjectRef::new(kind, crate::object::Key::new(object.key.namespace, owner.name.as_str()));
        }
        None
    }

    #[cfg(unix)]
    fn suspend(&mut self) -> anyhow::Result<()> {
        let stopped = self.guard.lend(|| {
            // The shell takes over until `fg`.
            std::process::Command::new("kill").args(["-STOP", &std::process::id().to_string()]).status()
        })?;
        if stopped.is_err() {
            self.app.complain("cannot suspend: there is no kill command");
        }
        self.dirty = true;
        Ok(())
    }

    #[cfg(not(unix))]
    fn suspend(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Whether the clock on the screen shows another second than the cluster has.
fn last_second(session: &Session, app: &App) -> bool {
    session.engine.now().micros() / 1_000_000 != app.view.now().micros() / 1_000_000
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    stop: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(20))?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hangup.recv() => "SIGHUP",
            _ = self.stop.recv() => "SIGTSTP",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        std::future::pending().await
    }
}
