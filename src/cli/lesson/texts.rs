//! Lessons from the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};

use crate::cli::BadInput;
use crate::lessons::{Catalog, Lesson};

/// Lessons of the disk, and which of them were asked for.
pub struct Chosen {
    /// All lessons that may name each other.
    pub catalog: Catalog,
    /// The folder from which findings' paths count.
    pub root: PathBuf,
    /// The ids that were asked for; all if none.
    pub only: Vec<String>,
}

/// The course, and the lessons of a folder beside it or in its stead.
pub fn course_and(folder: Option<&Path>) -> Result<Catalog> {
    let course = Catalog::embedded();
    Ok(match folder {
        Some(folder) => course.with(read(folder)?),
        None => course,
    })
}

/// Reads the lessons of a folder.
pub fn read(folder: &Path) -> Result<Catalog> {
    if !folder.is_dir() {
        return Err(BadInput(format!("{}: there is no such folder", folder.display())).into());
    }
    let mut texts = BTreeMap::new();
    collect(folder, folder, &mut texts)?;
    Ok(Catalog::read(&texts))
}

/// The lessons that a path means: a folder of lessons, one lesson's folder, or its file.
pub fn chosen(path: &Path) -> Result<Chosen> {
    if !path.exists() {
        return Err(BadInput(format!("{}: there is no such file or folder", path.display())).into());
    }
    let folder = if path.is_file() { path.parent().unwrap_or(Path::new(".")) } else { path };
    let is_lesson = folder.join("lesson.md").is_file();
    let root = if is_lesson { parent(folder) } else { folder.to_owned() };
    let only = match is_lesson {
        true => vec![name(folder)?],
        false => Vec::new(),
    };
    let catalog = read(&root)?;
    // What a lesson beside the course names may be in the course.
    let catalog = if catalog.goals().is_empty() { Catalog::embedded().with(catalog) } else { catalog };
    let only = if is_lesson { only } else { ids_of(&root)? };
    Ok(Chosen { catalog, root, only })
}

/// A lesson by number, id or folder, with the catalogue that it belongs to.
///
/// # Errors
/// That there is none, or that it cannot be read.
pub fn one(name: &str) -> Result<(Catalog, Arc<Lesson>)> {
    let path = Path::new(name);
    if path.join("lesson.md").is_file() || path.is_file() {
        let chosen = chosen(path)?;
        let id = chosen.only.first().map_or("", String::as_str);
        let problem =
            chosen.catalog.problems().iter().find(|problem| problem.file.starts_with(&format!("{id}/")));
        if let Some(problem) = problem {
            anyhow::bail!("{problem}");
        }
        let lesson = chosen.catalog.find(id).map_err(anyhow::Error::msg)?;
        return Ok((chosen.catalog, lesson));
    }
    let catalog = Catalog::embedded();
    let lesson = catalog.find(name).map_err(anyhow::Error::msg)?;
    Ok((catalog, lesson))
}

fn parent(folder: &Path) -> PathBuf {
    match folder.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn name(folder: &Path) -> Result<String> {
    let whole = folder.canonicalize().with_context(|| format!("cannot find {}", folder.display()))?;
    Ok(whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}

/// The folders below that hold a lesson.
fn ids_of(root: &Path) -> Result<Vec<String>> {
    let mut texts = BTreeMap::new();
    collect(root, root, &mut texts)?;
    let lessons = texts.keys().filter_map(|path| path.strip_suffix("/lesson.md"));
    Ok(lessons.map(|id| id.rsplit('/').next().unwrap_or(id).to_owned()).collect())
}

/// Markdown and YAML files below a folder, by path within it.
fn collect(root: &Path, folder: &Path, texts: &mut BTreeMap<String, String>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(root, &path, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "md" || extension == "yaml") {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let short = path.strip_prefix(root).unwrap_or(&path);
            texts.insert(short.to_string_lossy().replace('\\', "/"), text);
        }
    }
    Ok(())
}
