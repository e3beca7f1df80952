//! The prompt book: the small file through which `kubeloop demo --notes` follows a scene in a second terminal.
//!
//! The demo writes it as a whole whenever the scene moves; whoever reads it sees the old or the new one.

use std::path::PathBuf;

use anyhow::{Context, Result};
use etcetera::{BaseStrategy, choose_base_strategy};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::progress;

/// Where it lies: `kubeloop/demo.json` in the user's state folder.
///
/// # Errors
/// When there is no home folder.
pub fn file() -> Result<PathBuf> {
    let strategy = choose_base_strategy().context("there is no home folder")?;
    Ok(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("kubeloop/demo.json"))
}

/// Writes it.
///
/// # Errors
/// When it cannot be written.
pub fn write(page: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(page).context("cannot write down the notes")?;
    progress::write(&file()?, &text)
}

/// Takes it away: the demo is over.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn close() -> Result<()> {
    let file = file()?;
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Reads it; none if no demo has written one, or one of another version.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read<T: DeserializeOwned>() -> Result<Option<T>> {
    Ok(serde_json::from_str(&progress::read(&file()?)?).ok())
}
