//! What a container is started with.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::catalogue::ImageSpec;
use super::files::ContainerFs;
use crate::network::dns;
use crate::time::Span;

/// What the runtime is told to start: the image and what the pod's spec says about the container.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The image, resolved.
    pub image: Arc<ImageSpec>,
    /// `command`: replaces the image's entry point, `$(VAR)` already expanded.
    pub command: Option<Vec<String>>,
    /// `args`: replaces the image's arguments, `$(VAR)` already expanded.
    pub args: Option<Vec<String>>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// `workingDir`; the image's if none.
    pub working_dir: Option<String>,
    /// `ports[].containerPort`.
    pub ports: Vec<i32>,
    /// How much longer than usual the server takes until it serves (a fault).
    pub slow_start: Span,
    /// `resources.limits.memory` in bytes.
    pub memory_limit: Option<u64>,
    /// The pod's host name.
    pub hostname: SmolStr,
    /// The pod's address.
    pub ip: SmolStr,
    /// The pod's namespace.
    pub namespace: SmolStr,
}

impl Launch {
    /// The image as it comes, with nothing said about it.
    pub fn of(image: Arc<ImageSpec>) -> Self {
        Self {
            image,
            command: None,
            args: None,
            env: BTreeMap::new(),
            working_dir: None,
            ports: Vec::new(),
            slow_start: Span::ZERO,
            memory_limit: None,
            hostname: SmolStr::default(),
            ip: SmolStr::default(),
            namespace: SmolStr::new_static("default"),
        }
    }
}

/// Why a container could not be started: the kubelet's `RunContainerError`, state `StartError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError {
    /// The runtime's text.
    pub message: String,
    /// The exit code that the status shows: 128.
    pub exit_code: i32,
}

impl Launch {
    /// Puts the image's files and the runtime's own into a fresh container.
    pub(super) fn unpack(&self, files: &mut ContainerFs<'_>) {
        let own = [
            ("/etc/hostname", format!("{}\n", self.hostname)),
            ("/etc/hosts", dns::hosts_file(&self.hostname, &self.ip)),
            ("/etc/resolv.conf", dns::resolver_file(&self.namespace)),
        ];
        let image = self.image.entry.files.iter().map(|(path, text)| (path.as_str(), text.clone()));
        let folders = [self.image.entry.working_dir.as_str(), self.working_dir.as_deref().unwrap_or("/")];
        for folder in folders {
            // A folder that exists, or lies in a read-only volume, is fine as it is.
            let _existing = files.make_folder(folder, true);
        }
        for (path, text) in image.chain(own) {
            if files.exists(path) {
                continue;
            }
            if let Some((folder, _)) = path.rsplit_once('/') {
                let _existing = files.make_folder(folder, true);
            }
            // Where a read-only volume hides the image's folder, the image's file is hidden, too.
            let _hidden = files.write(path, &text, false);
        }
    }
}
