//! The file system that a container sees: its own root, and the volumes of its pod where they are mounted.
//!
//! A container's own files live and die with it: a restart starts from the image again. Volumes belong to the
//! pod, so its containers share them and they outlive restarts; those made from ConfigMaps, Secrets and the
//! like are read-only trees, which the kubelet replaces when their source changes.
//!
//! Left out: users, permissions, times, links and devices. A `subPath` mount looks into the volume's tree, so
//! unlike in a real node it follows when that tree is replaced.

use std::collections::BTreeMap;

use smol_str::{SmolStr, SmolStrBuilder, ToSmolStr};

use super::tree::{FileError, Tree};

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
        let mut files = Self { root: Tree::root(), mounts };
        files.make_mount_points();
        files
    }

    /// The runtime makes the folders that lead to a mount point.
    fn make_mount_points(&mut self) {
        for mount in &self.mounts {
            self.root.make_folders_above(mount.path.trim_matches('/'));
        }
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

    /// Takes an image's root for the container's own.
    pub(super) fn unpack(&mut self, root: &Tree) {
        self.own.root = root.clone();
        self.own.make_mount_points();
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
        let full = "x".repeat((8 << 20) + 1);
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
