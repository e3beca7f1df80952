//! The file system that a container sees: its own root, and the volumes of its pod where they are mounted.
//!
//! A container's own files live and die with it: a restart starts from the image again. Volumes belong to the
//! pod, so its containers share them and they outlive restarts; those made from ConfigMaps, Secrets and the
//! like are read-only trees, which the kubelet replaces when their source changes.
//!
//! Left out: users, permissions, times, links and devices. A `subPath` mount looks into the volume's tree, so
//! unlike in a real node it follows when that tree is replaced.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use imbl::OrdMap;
use smol_str::{SmolStr, SmolStrBuilder, ToSmolStr};

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

    fn make_folders_above(&mut self, path: &str) {
        for (end, _) in path.match_indices('/') {
            let above = SmolStr::new(&path[..end]);
            self.entries.entry(above).or_insert(Entry::Folder);
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

/// A volume of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// What is in it.
    pub tree: Tree,
    /// Whether containers may only read it, whatever their mounts say (ConfigMap, Secret, projected, downward API).
    pub read_only: bool,
}

/// The volumes of a pod, by name. They live as long as the pod does on its node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodFiles {
    /// The volumes.
    pub volumes: BTreeMap<SmolStr, Volume>,
}

/// Where a container sees a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// `mountPath`: absolute.
    pub path: SmolStr,
    /// The volume's name.
    pub volume: SmolStr,
    /// `subPath`: which part of the volume; empty for all of it.
    pub sub_path: SmolStr,
    /// `readOnly`.
    pub read_only: bool,
}

/// A container's own files and its mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerFiles {
    /// What the image brought and the container wrote since it started.
    pub root: Tree,
    /// Its mounts.
    pub mounts: Vec<Mount>,
}

impl ContainerFiles {
    /// A fresh root with these mounts: a container that has just been created.
    pub fn new(mounts: Vec<Mount>) -> Self {
        let mut root = ROOT.clone();
        for mount in &mounts {
            // The runtime makes the folders that lead to a mount point.
            root.make_folders_above(mount.path.trim_matches('/'));
        }
        Self { root, mounts }
    }
}

impl Default for ContainerFiles {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

/// The file system as a container's processes see it.
pub struct ContainerFs<'a> {
    own: &'a mut ContainerFiles,
    pod: &'a mut PodFiles,
}

/// Where a path really lies.
struct Place<'a> {
    volume: Option<&'a SmolStr>,
    /// Within the tree.
    path: SmolStr,
    read_only: bool,
    is_mount: bool,
}

impl<'a> ContainerFs<'a> {
    /// The view of one container.
    pub fn new(own: &'a mut ContainerFiles, pod: &'a mut PodFiles) -> Self {
        Self { own, pod }
    }

    /// What a file contains. Paths are absolute.
    ///
    /// # Errors
    /// There is no such file, or it is a folder.
    pub fn read(&self, path: &str) -> Result<&str, FileError> {
        let place = self.place(path);
        self.tree(&place).ok_or(FileError::NotFound)?.read(&place.path)
    }

    /// Writes a file or appends to it. What is written to `/dev/null` is gone.
    ///
    /// # Errors
    /// Its folder does not exist, it is a folder, the file system is read-only or full.
    pub fn write(&mut self, path: &str, text: &str, append: bool) -> Result<(), FileError> {
        if absolute("/", path) == "/dev/null" {
            return Ok(());
        }
        self.change(path, |tree, path| tree.write(path, text, append))
    }

    /// Makes an empty file if there is nothing of this path, as `touch` does.
    ///
    /// # Errors
    /// As [`Self::write`]; a folder or file that exists is fine.
    pub fn touch(&mut self, path: &str) -> Result<(), FileError> {
        let read_only = self.place(path).read_only;
        match self.exists(path) {
            true if read_only => Err(FileError::ReadOnly),
            true => Ok(()),
            false => self.write(path, "", true),
        }
    }

    /// Makes a folder, and those above it if told so.
    ///
    /// # Errors
    /// It exists (unless `parents`), the one above it does not, or the file system is read-only.
    pub fn make_folder(&mut self, path: &str, parents: bool) -> Result<(), FileError> {
        match self.is_folder(path) {
            true if parents => Ok(()),
            _ => self.change(path, |tree, path| tree.make_folder(path, parents)),
        }
    }

    /// Removes a file or an empty folder; with `recursive` also what is in the folder.
    ///
    /// # Errors
    /// It does not exist, it is not empty, it is a mount point, or the file system is read-only.
    pub fn remove(&mut self, path: &str, recursive: bool) -> Result<(), FileError> {
        if self.place(path).is_mount {
            return Err(FileError::Busy);
        }
        self.change(path, |tree, path| tree.remove(path, recursive))
    }

    /// The names in a folder, in order, with the mount points in it.
    ///
    /// # Errors
    /// It does not exist or is no folder.
    pub fn list(&self, path: &str) -> Result<Vec<SmolStr>, FileError> {
        let place = self.place(path);
        let found = self.tree(&place).map_or(Err(FileError::NotFound), |tree| tree.list(&place.path));
        let mounted = self.mount_points_in(path);
        if mounted.is_empty() {
            return found;
        }
        let mut names = found.unwrap_or_default();
        names.extend(mounted);
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Whether there is a file or folder of this path.
    pub fn exists(&self, path: &str) -> bool {
        let place = self.place(path);
        self.tree(&place).is_some_and(|tree| tree.exists(&place.path))
            || !self.mount_points_in(path).is_empty()
    }

    /// Whether there is a folder of this path.
    pub fn is_folder(&self, path: &str) -> bool {
        let place = self.place(path);
        self.tree(&place).is_some_and(|tree| tree.is_folder(&place.path))
            || !self.mount_points_in(path).is_empty()
    }

    /// Whether this path can be written to, as far as mounts go.
    pub fn is_writable(&self, path: &str) -> bool {
        !self.place(path).read_only
    }

    fn change(
        &mut self,
        path: &str,
        act: impl FnOnce(&mut Tree, &str) -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        let place = self.place(path);
        if place.read_only {
            return Err(FileError::ReadOnly);
        }
        let (volume, path) = (place.volume.cloned(), place.path);
        let tree = match volume {
            Some(name) => &mut self.pod.volumes.get_mut(&name).ok_or(FileError::NotFound)?.tree,
            None => &mut self.own.root,
        };
        act(tree, &path)
    }

    fn tree(&self, place: &Place<'_>) -> Option<&Tree> {
        match place.volume {
            Some(name) => self.pod.volumes.get(name).map(|volume| &volume.tree),
            None => Some(&self.own.root),
        }
    }

    /// Follows the longest mount that the path lies in.
    fn place(&self, path: &str) -> Place<'_> {
        let path = absolute("/", path);
        let within = self.own.mounts.iter().filter_map(|mount| {
            let rest = path.strip_prefix(mount.path.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then_some((mount, rest))
        });
        let Some((mount, rest)) = within.max_by_key(|(mount, _)| mount.path.trim_end_matches('/').len())
        else {
            return Place { volume: None, path: path[1..].to_smolstr(), read_only: false, is_mount: false };
        };
        let volume = self.pod.volumes.get(&mount.volume);
        let inside = format!("{}{rest}", mount.sub_path.trim_matches('/'));
        Place {
            volume: Some(&mount.volume),
            path: inside.trim_matches('/').to_smolstr(),
            read_only: mount.read_only || volume.is_some_and(|volume| volume.read_only),
            is_mount: rest.is_empty(),
        }
    }

    /// The next part of each mount point's path that lies below this folder.
    fn mount_points_in(&self, path: &str) -> Vec<SmolStr> {
        let folder = absolute("/", path);
        let folder = folder.trim_end_matches('/');
        let below =
            self.own.mounts.iter().filter_map(|mount| mount.path.strip_prefix(folder)?.strip_prefix('/'));
        below
            .filter_map(|rest| rest.split('/').next())
            .filter(|name| !name.is_empty())
            .map(SmolStr::new)
            .collect()
    }
}

/// The absolute form of a path, without `.`, `..` and doubled slashes: what `cd` and `open` make of it.
pub fn absolute(folder: &str, path: &str) -> SmolStr {
    let start = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    let mut text = SmolStrBuilder::new();
    for part in &parts {
        text.push('/');
        text.push_str(part);
    }
    if parts.is_empty() {
        text.push('/');
    }
    text.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(path: &str, volume: &str, sub_path: &str) -> Mount {
        Mount { path: path.into(), volume: volume.into(), sub_path: sub_path.into(), read_only: false }
    }

    #[test]
    fn containers_share_volumes_but_not_their_roots() {
        let mut pod = PodFiles::default();
        pod.volumes.insert("data".into(), Volume::default());
        let mut one = ContainerFiles::new(vec![mount("/data", "data", "")]);
        let mut two = ContainerFiles::new(vec![mount("/mnt/shared", "data", "")]);
        let mut fs = ContainerFs::new(&mut one, &mut pod);
        fs.write("/data/x", "hi", false).unwrap();
        fs.write("/tmp/own", "1", false).unwrap();
        fs.write("/data/x", " there", true).unwrap();
        let fs = ContainerFs::new(&mut two, &mut pod);
        assert_eq!(fs.read("/mnt/shared/x"), Ok("hi there"));
        assert!(!fs.exists("/tmp/own"));
        assert_eq!(fs.list("/mnt").unwrap(), ["shared"]);
    }

    #[test]
    fn configuration_is_read_only_and_follows_its_source() {
        let mut pod = PodFiles::default();
        let tree = |text: &str| Tree::from_files([("a/colour", text), ("b", "2")]);
        pod.volumes.insert("config".into(), Volume { tree: tree("red"), read_only: true });
        let mut own =
            ContainerFiles::new(vec![mount("/etc/config", "config", ""), mount("/etc/b", "config", "b")]);
        let mut fs = ContainerFs::new(&mut own, &mut pod);
        assert_eq!(fs.read("/etc/config/a/colour"), Ok("red"));
        assert_eq!(fs.read("/etc/b"), Ok("2"));
        assert_eq!(fs.write("/etc/config/a/colour", "x", false), Err(FileError::ReadOnly));
        assert_eq!(fs.remove("/etc/config", true), Err(FileError::Busy));
        assert_eq!(fs.list("/etc/config").unwrap(), ["a", "b"]);
        pod.volumes.insert("config".into(), Volume { tree: tree("blue"), read_only: true });
        assert_eq!(ContainerFs::new(&mut own, &mut pod).read("/etc/config/a/colour"), Ok("blue"));
    }

    #[test]
    fn errors_are_those_of_a_real_file_system() {
        let (mut own, mut pod) = (ContainerFiles::default(), PodFiles::default());
        let mut fs = ContainerFs::new(&mut own, &mut pod);
        assert_eq!(fs.read("/tmp/none"), Err(FileError::NotFound));
        assert_eq!(fs.read("/tmp"), Err(FileError::IsFolder));
        assert_eq!(fs.write("/none/x", "", false), Err(FileError::NotFound));
        fs.write("/tmp/f", "", false).unwrap();
        assert_eq!(fs.write("/tmp/f/x", "", false), Err(FileError::NotFolder));
        assert_eq!(fs.remove("/var", false), Err(FileError::NotEmpty));
        assert_eq!(fs.make_folder("/tmp", false), Err(FileError::Exists));
        fs.make_folder("/tmp/a/b", true).unwrap();
        fs.remove("/tmp/a", true).unwrap();
        assert!(!fs.exists("/tmp/a/b"));
        let full = "x".repeat(TREE_LIMIT_BYTES + 1);
        assert_eq!(fs.write("/tmp/big", &full, false), Err(FileError::NoSpace));
        fs.write("/dev/null", "gone", false).unwrap();
        assert_eq!(fs.read("/dev/null"), Ok(""));
    }

    #[test]
    fn paths_are_made_plain() {
        assert_eq!(absolute("/a/b", "../c/./d//e"), "/a/c/d/e");
        assert_eq!(absolute("/a", "/x/"), "/x");
        assert_eq!(absolute("/", "../.."), "/");
    }
}
