//! The progress file: read, and written whole and at once, so that a killed program leaves the old or the new one.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use etcetera::{BaseStrategy, choose_base_strategy};

/// Where progress is kept: `kubeloop/progress.json` in the user's state folder, or `$KUBELOOP_PROGRESS`.
///
/// # Errors
/// When there is no home folder.
pub fn file() -> Result<PathBuf> {
    if let Ok(file) = std::env::var("KUBELOOP_PROGRESS")
        && !file.is_empty()
    {
        return Ok(PathBuf::from(file));
    }
    let strategy =
        choose_base_strategy().context("there is no home folder; set KUBELOOP_PROGRESS to a file")?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Ok(folder.join("kubeloop/progress.json"))
}

/// The text of a progress file; nothing if it is not there yet.
///
/// # Errors
/// When it cannot be read.
pub fn read(file: &Path) -> Result<String> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// Writes a progress file: into a new file beside it, which then takes its place.
///
/// # Errors
/// When it cannot be written; the old file is still there then.
pub fn write(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let new = folder.join(format!(".{name}.{}", std::process::id()));
    let written = write_through(&new, text).and_then(|()| std::fs::rename(&new, file));
    if written.is_err() {
        // What is left of it is of no use; the old file is still there.
        let _removed = std::fs::remove_file(&new);
    }
    written.with_context(|| format!("cannot write {}", file.display()))?;
    // The new name must outlive a power cut, too. Not every system can do that to a folder.
    let _synced = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn write_through(file: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/progress.json");
        assert_eq!(read(&file).unwrap(), "");
        write(&file, "one").unwrap();
        write(&file, "two").unwrap();
        assert_eq!(read(&file).unwrap(), "two");
        // A write that fails leaves the old file and nothing else.
        let blocked = folder.path().join("state/progress.json/below");
        assert!(write(&blocked, "three").is_err());
        assert_eq!(read(&file).unwrap(), "two");
        assert_eq!(std::fs::read_dir(folder.path().join("state")).unwrap().count(), 1);
    }
}
