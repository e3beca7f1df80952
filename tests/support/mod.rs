//! What tests of scripts share: the scripts, and files from the disk.
#![allow(clippy::disallowed_methods, reason = "tests read the repository's scripts")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kubeloop::script::{Files, Script};

/// The YAML files of a folder, in the order of their names.
pub fn scripts_in(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&root).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no scripts in {folder}");
    found
}

/// Every script whose expectations hold.
#[allow(dead_code, reason = "each test uses what it needs of this module")]
pub fn good_scripts() -> Vec<PathBuf> {
    [scripts_in("assets/scripts"), scripts_in("tests/scripts")].concat()
}

/// Reads a script.
#[allow(dead_code, reason = "each test uses what it needs of this module")]
pub fn read(path: &Path) -> Script {
    let text = std::fs::read_to_string(path).expect("a script");
    Script::parse(&text).unwrap_or_else(|error| panic!("{}:{error}", path.display()))
}

/// The files that a script names.
#[allow(dead_code, reason = "each test uses what it needs of this module")]
pub struct Disk(pub PathBuf);

impl Files for Disk {
    fn read(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        let mut found = BTreeMap::new();
        kubeloop::cli::collect_manifests(&self.0.join(path), &mut found)
            .map_err(|error| error.to_string())?;
        Ok(found)
    }
}
