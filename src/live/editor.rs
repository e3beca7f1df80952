//! The user's editor on a manifest.

use std::path::Path;
use std::process::Command;

/// Runs `$VISUAL`, `$EDITOR` or `vi` on a file, and waits for it.
///
/// # Errors
/// When it cannot be started or fails.
pub(super) fn edit(path: &Path) -> Result<(), String> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let mut words = shlex::split(&editor).unwrap_or_default().into_iter();
    let program = words.next().ok_or("$EDITOR is empty")?;
    let status = Command::new(&program).args(words).arg(path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}")),
        Err(error) => Err(format!("cannot start {program}: {error}; set $EDITOR to your editor")),
    }
}

/// Lets the user edit a text under this file name; returns it as it was saved.
///
/// # Errors
/// When the file or the editor cannot be opened.
pub(super) fn edit_text(file: &str, text: &str) -> Result<String, String> {
    let folder = std::env::temp_dir().join(format!("kubeloop-{}", std::process::id()));
    let path = folder.join(file);
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))?;
    let edited = edit(&path).and_then(|()| {
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    });
    // What is left in the folder of temporary files does no harm.
    let _removed = std::fs::remove_dir_all(&folder);
    edited
}
