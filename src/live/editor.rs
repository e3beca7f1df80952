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
