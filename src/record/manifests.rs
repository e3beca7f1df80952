//! Manifests on the disk: a file, or a folder with all below it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads a file, or all manifests in a folder and below; hidden ones are left out.
///
/// # Errors
/// When a file or folder cannot be read.
pub fn collect(path: &Path, found: &mut BTreeMap<String, String>) -> std::io::Result<()> {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        entries.sort();
        return entries
            .iter()
            .filter(|entry| entry.is_dir() || is_manifest(entry))
            .try_for_each(|entry| collect(entry, found));
    }
    found.insert(path.display().to_string(), std::fs::read_to_string(path)?);
    Ok(())
}

fn is_manifest(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let known = path
        .extension()
        .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known));
    known && !hidden
}
