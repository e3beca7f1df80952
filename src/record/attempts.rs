//! The tapes of attempts that are under way, beside the progress file: one file per lesson.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where the tapes lie that belong to a progress file.
fn folder(progress: &Path) -> PathBuf {
    progress.with_file_name("attempts")
}

fn path(progress: &Path, lesson: &str) -> PathBuf {
    folder(progress).join(format!("{lesson}.jsonl"))
}

/// Opens the tape of a lesson, ready to be written on, with what is on it. A last line that is not whole is cut off.
///
/// # Errors
/// When it cannot be opened, or another kubeloop writes on it.
pub fn open(progress: &Path, lesson: &str) -> Result<(File, String)> {
    let path = path(progress, lesson);
    let cannot = || format!("cannot open {}", path.display());
    std::fs::create_dir_all(folder(progress)).with_context(cannot)?;
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = options.with_context(cannot)?;
    file.try_lock().with_context(|| format!("another kubeloop has this lesson open: {}", path.display()))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).with_context(cannot)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    bytes.truncate(whole);
    file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0))).with_context(cannot)?;
    Ok((file, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether something is on the tape of a lesson.
pub fn is_there(progress: &Path, lesson: &str) -> bool {
    std::fs::metadata(path(progress, lesson)).is_ok_and(|file| file.len() > 0)
}

/// Removes the tape of a lesson, or all of them.
///
/// # Errors
/// When one is there and cannot be removed.
pub fn forget(progress: &Path, lesson: Option<&str>) -> Result<()> {
    let removed = match lesson {
        Some(lesson) => std::fs::remove_file(path(progress, lesson)),
        None => std::fs::remove_dir_all(folder(progress)),
    };
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.with_context(|| format!("cannot remove tapes in {}", folder(progress).display())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_tape_goes_on_after_its_last_whole_line_and_has_one_writer() {
        let home = tempfile::tempdir().unwrap();
        let progress = home.path().join("progress.json");
        let (mut file, text) = open(&progress, "01-x").unwrap();
        assert_eq!(text, "");
        file.write_all(b"one\ntwo\nthr").unwrap();
        assert!(open(&progress, "01-x").unwrap_err().to_string().contains("another kubeloop"));
        drop(file);
        let (mut file, text) = open(&progress, "01-x").unwrap();
        assert_eq!(text, "one\ntwo\n");
        file.write_all(b"three\n").unwrap();
        drop(file);
        assert_eq!(open(&progress, "01-x").unwrap().1, "one\ntwo\nthree\n");
        assert!(is_there(&progress, "01-x") && !is_there(&progress, "02-x"));
        forget(&progress, Some("01-x")).unwrap();
        forget(&progress, Some("01-x")).unwrap();
        assert!(!is_there(&progress, "01-x"));
        forget(&progress, None).unwrap();
    }
}
