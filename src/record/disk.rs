//! Files from the disk, for scripts and commands.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::manifests;
use crate::manifests::Files;

/// Files below a folder.
pub struct Disk {
    /// The folder that paths are relative to.
    pub folder: PathBuf,
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        let mut found = BTreeMap::new();
        manifests::collect(&self.folder.join(path), &mut found).map_err(|error| error.to_string())?;
        match found.is_empty() {
            true => Err(format!("{path}: there is no .yaml, .yml or .json file")),
            false => Ok(found),
        }
    }
}
