//! Which folder of manifests is watched, and where journals go.

use std::path::{Path, PathBuf};

use anyhow::Context;
use etcetera::{BaseStrategy, choose_base_strategy};

use crate::manifests;

/// The folder: the one that was named, else `./manifests/pizza`, else a copy of the embedded pizza shop in the
/// user's data folder, made once.
pub(super) fn manifests_folder(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let here = PathBuf::from("manifests/pizza");
    if here.is_dir() {
        return Ok(here);
    }
    let folder = data_folder()?.join("manifests/pizza");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (file, text) in manifests::pizza() {
        let path = folder.join(file);
        if !path.exists() {
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(folder)
}

/// Where sessions are journalled: one file per start, the last few kept.
pub(super) fn journal_file() -> anyhow::Result<PathBuf> {
    let folder = data_folder()?.join("sessions");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut old: Vec<PathBuf> =
        std::fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    old.sort();
    let extra = old.len().saturating_sub(SESSIONS_KEPT - 1);
    for path in old.iter().take(extra) {
        // An old journal that cannot be removed is no reason not to start.
        let _removed = std::fs::remove_file(path);
    }
    let stamp = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
    Ok(folder.join(format!("{stamp}-{}.journal", std::process::id())))
}

/// Journals kept.
const SESSIONS_KEPT: usize = 20;

/// The user's data folder of this program.
pub(super) fn data_folder() -> anyhow::Result<PathBuf> {
    Ok(choose_base_strategy().context("there is no home folder")?.data_dir().join("kubeloop"))
}
