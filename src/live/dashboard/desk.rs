//! What lies on the desk: a cluster with its folder and its screen. A lesson or a scene has a desk of its own; the one
//! that it takes the place of is put aside as a whole and comes back as it was.

use std::path::PathBuf;

use super::super::commands::Commands;
use super::super::scene::SceneRun;
use super::super::session::Session;
use super::super::traffic;
use super::super::watcher::Watch;
use super::Dashboard;
use crate::tui::App;

/// What lies on the desk.
pub(in crate::live) struct Desk {
    pub(in crate::live) session: Session,
    pub(super) app: App,
    watch: Watch,
    folder: PathBuf,
    commands: Commands,
    traffic: traffic::Wanted,
    pub(super) scene: Option<SceneRun>,
}

impl Desk {
    /// A desk for `session`, whose manifests lie in `folder`. Its screen looks as the one before it.
    pub(super) fn new(session: Session, folder: PathBuf, before: &App) -> Desk {
        let mut app = App::new(
            session.engine.view(),
            before.theme.clone(),
            before.glyphs,
            folder.display().to_string(),
        );
        app.look_like(before);
        Desk {
            session,
            app,
            watch: Watch::new(&folder),
            commands: Commands::on_screen().in_folder(folder.clone()),
            folder,
            traffic: Vec::new(),
            scene: None,
        }
    }
}

impl Dashboard {
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
}
