//! Saved manifests: a folder and all below it, watched by the system, and looked at now and then in case the
//! system says nothing (network drives, containers).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::record::manifests;

/// Saving a file is several steps (write, rename); they are waited for.
pub(super) const SETTLE: Duration = Duration::from_millis(60);
/// How often the folder is looked at even if the system says nothing.
pub(super) const POLL: Duration = Duration::from_secs(2);

/// A watched folder.
pub(super) struct Watch {
    folder: PathBuf,
    /// Something may have changed.
    pub(super) changes: UnboundedReceiver<()>,
    /// Kept, because it ends when it is dropped.
    _watcher: Option<RecommendedWatcher>,
    _sender: UnboundedSender<()>,
}

impl Watch {
    /// Watches a folder. Where the system cannot, polling alone must do.
    pub(super) fn new(folder: &Path) -> Self {
        let (sender, changes) = unbounded_channel();
        let tell = sender.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                // Nobody listens any more: the dashboard has ended.
                let _told = tell.send(());
            }
        });
        let watcher = watcher.ok().and_then(|mut watcher| {
            watcher.watch(folder, RecursiveMode::Recursive).ok()?;
            Some(watcher)
        });
        Self { folder: folder.to_owned(), changes, _watcher: watcher, _sender: sender }
    }

    /// The texts of all manifests by path below the folder.
    pub(super) fn read(&self) -> std::io::Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        manifests::collect(&self.folder, &mut found)?;
        let prefix = format!("{}/", self.folder.display());
        let short = |path: String| path.strip_prefix(&prefix).map_or(path.clone(), str::to_owned);
        Ok(found.into_iter().map(|(path, text)| (short(path), text)).collect())
    }
}
