//! Files for scripts, from the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::record::manifests;
use crate::script::Files;

/// Files below the folder of a script.
pub struct Disk {
    /// The folder that paths are relative to.
    pub folder: PathBuf,
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        let mut found = BTreeMap::new();
        manifests::collect(&self.folder.join(path), &mut found)
            .map_err(|error| format!("{path}: {error}"))?;
        match found.is_empty() {
            true => Err(format!("{path}: there is no .yaml, .yml or .json file")),
            false => Ok(found),
        }
    }
}

/// The text of a file that the user named; says why it cannot be read.
pub(super) fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).map_err(|error| eprintln!("{}: {error}", path.display())).ok()
}
