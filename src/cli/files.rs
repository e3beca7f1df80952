//! Files that the user names.

use std::path::Path;

/// The text of a file; says why it cannot be read.
pub(super) fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).map_err(|error| eprintln!("{}: {error}", path.display())).ok()
}
