//! What the user asks to be written: into a new file, never over an old one.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Makes a new file.
///
/// # Errors
/// In words: what is in the way, and what to do about it.
pub fn create(path: &Path) -> Result<File, String> {
    let name = path.display();
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(format!("there is no folder {}; make it first, or name another", folder.display()));
    }
    OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => format!("{name} is there already and stays as it is; name another file"),
        _ => format!("cannot write {name}: {error}"),
    })
}

/// Writes a text into a new file.
///
/// # Errors
/// In words, as [`create`].
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    let mut file = create(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_no_folder_is_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("screen.txt");
        assert_eq!(write(&path, "one"), Ok(()));
        assert!(write(&path, "two").is_err_and(|problem| problem.contains("there already")));
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), "one");
        let below = folder.path().join("no/such/screen.txt");
        assert!(write(&below, "x").is_err_and(|problem| problem.contains("there is no folder")));
        assert!(write(folder.path(), "x").is_err());
    }
}
