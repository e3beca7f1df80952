//! How a session begins: with a cluster that is switched on, or with one that was recorded.

use std::fs::File;

use super::super::narrator::Narrator;
use super::super::session::Session;
use super::Dashboard;
use crate::engine::driver::Driver;
use crate::engine::{ClusterConfig, Engine, Journal};
use crate::time::{Span, VirtualTime};
use crate::tui::Effect;

/// A recorded session.
pub struct Replay {
    /// Its journal.
    pub journal: Journal,
    /// The moment that is shown; none is its end.
    pub at: Option<VirtualTime>,
}

/// The session that was recorded, as far as it went, or a new one.
pub(super) fn session(
    replay: Option<&Replay>,
    config: ClusterConfig,
    driver: Box<dyn Driver>,
    journal: Option<File>,
) -> Session {
    match replay {
        Some(replay) => Session::again(Engine::replay(&replay.journal, driver), journal),
        None => Session::new(Engine::new(config, driver), journal),
    }
}

impl Dashboard {
    /// A new cluster comes up before anybody looks; then the manifests are applied. A recorded session has happened
    /// already: it is shown at its moment, and what the files say now is not applied to it.
    pub(super) fn begin(&mut self, replay: Option<&Replay>) {
        match replay {
            Some(replay) => self.open_replay(replay),
            None => {
                self.session.engine.run_while(Span::secs(60), crate::script::is_up);
                self.files();
            }
        }
        // How the cluster came up is no deed of the one who looks on.
        self.session.narrator = Some(Narrator::from_now(self.session.engine.world()));
    }

    fn open_replay(&mut self, replay: &Replay) {
        match self.watch.read() {
            Ok(texts) => self.session.know(&texts),
            Err(error) => self.app.complain(format!("{}: {error}", self.folder.display())),
        }
        self.app.pace.paused = true;
        if let Some(at) = replay.at
            && let Err(error) = self.perform(Effect::Seek(at))
        {
            self.app.complain(format!("{error:#}"));
        }
    }
}
