//! `kubeloop lesson new`.

use anyhow::{Context, Result};

use super::args::NewArgs;
use crate::cli::Exit;

/// A lesson that passes all proofs; NUMBER-NAME and TITLE are filled in.
const SKELETON: &str = include_str!("skeleton.md");

/// Writes the skeleton of a lesson.
pub(super) fn new(args: &NewArgs) -> Result<Exit> {
    let id = args.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let numbered = id.split('-').next().is_some_and(|number| number.contains(|c: char| c.is_ascii_digit()));
    if !numbered || !id.contains('-') {
        eprintln!("{id}: a lesson's folder is called NUMBER-NAME, such as 25-my-lesson");
        return Ok(Exit::BadInput);
    }
    let file = args.folder.join("lesson.md");
    if file.exists() {
        eprintln!("{} is there already", file.display());
        return Ok(Exit::BadInput);
    }
    let title = serde_json::Value::from(args.title.as_str()).to_string();
    let text = SKELETON.replace("NUMBER-NAME", &id).replace("TITLE", &title);
    std::fs::create_dir_all(&args.folder)
        .with_context(|| format!("cannot make {}", args.folder.display()))?;
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    println!(
        "{}: now change it; `kubeloop lesson check {}` proves it",
        file.display(),
        args.folder.display()
    );
    Ok(Exit::Done)
}
