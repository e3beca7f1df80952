//! The user's config file: where it is, and its text.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use etcetera::{BaseStrategy, choose_base_strategy};

/// Where it is: `kubeloop/config.yaml` in the user's config folder, or `$KUBELOOP_CONFIG`.
///
/// # Errors
/// When there is no home folder.
pub fn path() -> Result<PathBuf> {
    if let Ok(file) = std::env::var("KUBELOOP_CONFIG")
        && !file.is_empty()
    {
        return Ok(PathBuf::from(file));
    }
    let strategy =
        choose_base_strategy().context("there is no home folder; set KUBELOOP_CONFIG to a file")?;
    Ok(strategy.config_dir().join("kubeloop/config.yaml"))
}

/// Its text; none if there is no such file.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
