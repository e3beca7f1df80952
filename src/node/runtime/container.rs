//! A container on the machine: its process, its log, and how it ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::node::{ContainerLook, Log};
use crate::time::VirtualTime;
use crate::trace::Parent;
use crate::workload::{ContainerFiles, Process};

/// Lines that are kept of a container's log. (The real kubelet keeps 10 MiB in up to 5 files.)
const LOG_LINES: usize = 1_000;

/// How a container ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// Its id.
    pub id: SmolStr,
    /// The exit code.
    pub code: i32,
    /// `Completed`, `Error`, `OOMKilled`, `StartError`.
    pub reason: &'static str,
    /// More about it, if the runtime says more.
    pub message: Option<String>,
    /// When it was started.
    pub started: VirtualTime,
    /// When it ended.
    pub finished: VirtualTime,
}

/// A container: at most one of a name in a pod; the exit of the one before it is remembered.
#[derive(Clone, Debug)]
pub struct Container {
    /// `fakeRuntime://POD_NAMESPACE_UID_0_NAME_ATTEMPT`, as the recorded clusters have it.
    pub id: SmolStr,
    /// The image as the pod names it.
    pub image: SmolStr,
    /// The image with its tag: `nginx:latest`.
    pub image_name: SmolStr,
    /// How often it was started before.
    pub restarts: i32,
    /// When it was started.
    pub started: VirtualTime,
    /// The running program; none once it has ended.
    pub process: Option<Process>,
    /// Its own files and its mounts.
    pub files: ContainerFiles,
    /// How it ended, if it did.
    pub exit: Option<Exit>,
    /// How the one before it ended.
    pub previous: Option<Exit>,
    /// The environment it was started with.
    pub env: Arc<BTreeMap<SmolStr, SmolStr>>,
    /// What it printed.
    pub log: Log,
    /// What the one before it printed.
    pub previous_log: Log,
    /// What started it; later what made it end or is about to.
    pub cause: Parent,
    /// Whether `cause` explains its end: somebody signalled it.
    pub end_explained: bool,
    /// Whether it is to end by itself with exit code 0 (an init container).
    pub is_to_end: bool,
    /// When it is sent SIGKILL, if it was told to end.
    pub kill_at: Option<VirtualTime>,
}

impl Container {
    /// Whether its process runs.
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Adds a line to the log; the oldest goes when it is full.
    pub fn print(&mut self, at: VirtualTime, line: SmolStr) {
        if self.log.len() >= LOG_LINES {
            self.log.pop_front();
        }
        self.log.push_back((at, line));
    }

    /// When something happens to it by itself.
    pub fn next_due(&self) -> Option<VirtualTime> {
        let process = self.process.as_ref()?;
        [process.next_due(), self.kill_at].into_iter().flatten().min()
    }

    /// What can be seen of it.
    pub fn look(&self, name: &SmolStr, now: VirtualTime) -> ContainerLook {
        ContainerLook {
            name: name.clone(),
            image: self.image.clone(),
            state: if self.is_running() { "running" } else { "exited" }.into(),
            exit_code: self.exit.as_ref().or(self.previous.as_ref()).map(|exit| exit.code),
            restarts: self.restarts,
            since: self.exit.as_ref().map_or(self.started, |exit| exit.finished),
            back_off_until: None,
            memory_bytes: self.process.as_ref().map_or(0, |process| process.memory_bytes(now)),
            cpu_milli: self.process.as_ref().map_or(0, |process| process.cpu_milli(now)),
            log: self.log.clone(),
            previous_log: self.previous_log.clone(),
            env: self.env.clone(),
        }
    }
}
