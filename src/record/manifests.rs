//! Manifests on the disk: a file, or a folder with all below it.

use std::collections::BTreeMap;
use std::io::Error;
use std::path::{Path, PathBuf};

/// Reads a file, or all manifests in a folder and below. Hidden ones are left out, and links to other folders are not
/// followed: they may lead back.
///
/// # Errors
/// When a file or folder cannot be read; it is named.
pub fn collect(path: &Path, found: &mut BTreeMap<String, String>) -> std::io::Result<()> {
    let named = |error: Error| Error::new(error.kind(), format!("{}: {error}", path.display()));
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(named)?;
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(named)?;
        paths.sort();
        return paths
            .iter()
            .filter(|path| if path.is_dir() { !path.is_symlink() } else { is_manifest(path) })
            .try_for_each(|path| collect(path, found));
    }
    found.insert(path.display().to_string(), std::fs::read_to_string(path).map_err(named)?);
    Ok(())
}

fn is_manifest(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let known = path
        .extension()
        .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known));
    known && !hidden
}
