//! A tree of files: the root of a container, or a volume.

use std::sync::{Arc, LazyLock};

use imbl::OrdMap;
use smol_str::SmolStr;

/// How much text one tree holds; writing more fails as on a full disk.
const TREE_LIMIT_BYTES: usize = 8 << 20;

/// Folders that every image has.
const ROOT_FOLDERS: [&str; 22] = [
    "bin",
    "dev",
    "etc",
    "home",
    "lib",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
    "usr/share",
    "var",
    "var/cache",
    "var/lib",
    "var/log",
    "var/run",
];

/// The root of an image, shared by all containers until they write.
static ROOT: LazyLock<Tree> = LazyLock::new(|| {
    let mut tree = Tree::default();
    for folder in ROOT_FOLDERS {
        tree.entries.insert(SmolStr::new_static(folder), Entry::Folder);
    }
    tree.entries.insert(SmolStr::new_static("dev/null"), Entry::File(Arc::default()));
    tree
});

/// Why a file operation failed, worded as the C library words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// `ENOENT`
    #[error("No such file or directory")]
    NotFound,
    /// `ENOTDIR`
    #[error("Not a directory")]
    NotFolder,
    /// `EISDIR`
    #[error("Is a directory")]
    IsFolder,
    /// `EEXIST`
    #[error("File exists")]
    Exists,
    /// `ENOTEMPTY`
    #[error("Directory not empty")]
    NotEmpty,
    /// `EROFS`
    #[error("Read-only file system")]
    ReadOnly,
    /// `EBUSY`: a mount point cannot be removed.
    #[error("Resource busy")]
    Busy,
    /// `ENOSPC`
    #[error("No space left on device")]
    NoSpace,
}

/// A file or a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    File(Arc<String>),
    Folder,
}

/// A tree of files. Cloning it is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// By path, without a leading slash: `usr/share`.
    entries: OrdMap<SmolStr, Entry>,
    bytes: usize,
}

impl Tree {
    /// The root of an image, as it comes.
    pub fn root() -> Self {
        ROOT.clone()
    }

    /// A tree of these files, with the folders that they need.
    pub fn from_files<P: AsRef<str>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            let path = path.as_ref().trim_matches('/');
            tree.make_folders_above(path);
            // A tree that the kubelet makes is small (1 MiB per ConfigMap); what does not fit is left out.
            let _full = tree.write(path, &text.into(), false);
        }
        tree
    }

    /// What a file contains.
    ///
    /// # Errors
    /// There is no such file, or it is a folder.
    pub fn read(&self, path: &str) -> Result<&str, FileError> {
        match self.entries.get(path) {
            Some(Entry::File(text)) => Ok(text),
            Some(Entry::Folder) => Err(FileError::IsFolder),
            None if path.is_empty() => Err(FileError::IsFolder),
            None => Err(self.missing(path)),
        }
    }

    /// Writes a file or appends to it.
    ///
    /// # Errors
    /// Its folder does not exist, it is a folder, or the tree is full.
    pub fn write(&mut self, path: &str, text: &str, append: bool) -> Result<(), FileError> {
        if path.is_empty() || self.is_folder(path) {
            return Err(FileError::IsFolder);
        }
        self.check_parent(path)?;
        let old = self.read(path).map_or(0, str::len);
        let freed = if append { 0 } else { old };
        if self.bytes - freed + text.len() > TREE_LIMIT_BYTES {
            return Err(FileError::NoSpace);
        }
        self.bytes = self.bytes - freed + text.len();
        match self.entries.get_mut(path) {
            Some(Entry::File(content)) if append => Arc::make_mut(content).push_str(text),
            _ => {
                self.entries.insert(SmolStr::new(path), Entry::File(Arc::new(text.to_owned())));
            }
        }
        Ok(())
    }

    /// Makes a folder, and those above it if told so.
    ///
    /// # Errors
    /// It exists (unless `parents`), or the one above it does not.
    pub fn make_folder(&mut self, path: &str, parents: bool) -> Result<(), FileError> {
        match self.entries.get(path) {
            Some(Entry::Folder) if parents => return Ok(()),
            None if path.is_empty() && parents => return Ok(()),
            None if !path.is_empty() => {}
            _ => return Err(FileError::Exists),
        }
        if parents {
            self.make_folders_above(path);
        }
        self.check_parent(path)?;
        self.entries.insert(SmolStr::new(path), Entry::Folder);
        Ok(())
    }

    /// Removes a file or an empty folder; with `recursive` also what is in the folder.
    ///
    /// # Errors
    /// It does not exist, or it is not empty.
    pub fn remove(&mut self, path: &str, recursive: bool) -> Result<(), FileError> {
        if !self.exists(path) {
            return Err(self.missing(path));
        }
        let inside: Vec<SmolStr> = self.below(path).map(|(path, _)| path.clone()).collect();
        if !inside.is_empty() && !recursive {
            return Err(FileError::NotEmpty);
        }
        for gone in inside.iter().map(SmolStr::as_str).chain([path]) {
            if let Some(Entry::File(text)) = self.entries.remove(gone) {
                self.bytes = self.bytes.saturating_sub(text.len());
            }
        }
        Ok(())
    }

    /// The names in a folder, in order.
    ///
    /// # Errors
    /// It does not exist or is no folder.
    pub fn list(&self, path: &str) -> Result<Vec<SmolStr>, FileError> {
        if !self.is_folder(path) {
            return Err(if self.exists(path) { FileError::NotFolder } else { FileError::NotFound });
        }
        let cut = if path.is_empty() { 0 } else { path.len() + 1 };
        let names = self.below(path).filter_map(|(inside, _)| inside.get(cut..));
        Ok(names.filter(|name| !name.contains('/')).map(SmolStr::new).collect())
    }

    /// Whether there is a file or folder of this path.
    pub fn exists(&self, path: &str) -> bool {
        path.is_empty() || self.entries.contains_key(path)
    }

    /// Whether there is a folder of this path.
    pub fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || matches!(self.entries.get(path), Some(Entry::Folder))
    }

    /// How much text it holds, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// All files with their contents, in order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().filter_map(|(path, entry)| match entry {
            Entry::File(text) => Some((path.as_str(), text.as_str())),
            Entry::Folder => None,
        })
    }

    fn below<'t>(&'t self, folder: &'t str) -> impl Iterator<Item = (&'t SmolStr, &'t Entry)> {
        let first = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let within = first.clone();
        self.entries.range(SmolStr::new(first)..).take_while(move |(path, _)| path.starts_with(&within))
    }

    pub(super) fn make_folders_above(&mut self, path: &str) {
        for (end, _) in path.match_indices('/') {
            if !self.entries.contains_key(&path[..end]) {
                self.entries.insert(SmolStr::new(&path[..end]), Entry::Folder);
            }
        }
    }

    fn check_parent(&self, path: &str) -> Result<(), FileError> {
        match path.rsplit_once('/') {
            Some((parent, _)) if !self.is_folder(parent) => {
                Err(if self.exists(parent) { FileError::NotFolder } else { FileError::NotFound })
            }
            _ => Ok(()),
        }
    }

    /// Whether a missing path is missing, or lies below a file.
    fn missing(&self, path: &str) -> FileError {
        let below_file = path
            .match_indices('/')
            .any(|(end, _)| matches!(self.entries.get(&path[..end]), Some(Entry::File(_))));
        if below_file { FileError::NotFolder } else { FileError::NotFound }
    }
}
