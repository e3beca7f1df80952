//! What simulated containers do: images, commands, exit codes, memory, warm-up, answers to requests.
//!
//! In a real cluster a container is an ordinary process: the runtime pulls an image, mounts volumes, starts
//! the program and from then on only sees its output, its exit code and how it takes signals. This folder is
//! that process, in virtual time:
//!
//! - [`Catalogue`] knows images (`assets/images.yaml`) and which references cannot be pulled.
//! - [`files`] is the file system that a container sees: its own root and the volumes of its pod.
//! - [`Process`] is a running main process: a server of the catalogue, or a command or script that the
//!   [`shell`] interprets. It says when something happens next and is advanced to that instant.
//!
//! Left out: processors and memory are figures, not contents; there are no users, permissions, devices or
//! terminals; programs other than shell scripts and the catalogue's servers are not run. A command that
//! cannot be interpreted ends with exit code 127 and says so on its log; it is never ignored.
//!
//! The kubelet's side looks like this:
//!
//! ```
//! use kubeloop::random::Stream;
//! use kubeloop::time::{Span, VirtualTime};
//! use kubeloop::workload::{Catalogue, ContainerFiles, ContainerFs, Happening, Launch, PodFiles, Process};
//!
//! let image = Catalogue::embedded().resolve("busybox:1.36").unwrap();
//! let mut launch = Launch::of(image);
//! launch.command = Some(["sh", "-c", "echo boom; sleep 2; exit 1"].map(String::from).to_vec());
//! let (mut own, mut pod) = (ContainerFiles::default(), PodFiles::default());
//! let mut files = ContainerFs::new(&mut own, &mut pod);
//! let mut process =
//!     Process::start(launch, &mut files, VirtualTime::ZERO, &mut Stream::new(1, "kubelet/node-1")).unwrap();
//!
//! assert_eq!(process.advance(VirtualTime::ZERO, &mut files), [Happening::Log("boom".into())]);
//! let due = process.next_due().unwrap();
//! assert_eq!(due, VirtualTime::ZERO + Span::secs(2));
//! assert!(matches!(process.advance(due, &mut files)[..], [Happening::Exited { code: 1, .. }]));
//! ```

pub mod catalogue;
mod exec;
pub mod files;
pub mod image;
pub mod image_entry;
mod launch;
pub mod process;
mod program;
mod request;
mod server;
pub mod shell;
mod tools;
mod tree;

pub use catalogue::{Catalogue, ImageSpec, PullFailure};
pub use exec::Exec;
pub use files::{ContainerFiles, ContainerFs, Mount, PodFiles, Volume};
pub use image::ImageReference;
pub use image_entry::ImageEntry;
pub use launch::{Launch, StartError};
pub use process::{ExitReason, Happening, Process, Signal};
pub use request::{Answer, Ask, HttpAnswer, Named, Refused, Request};
pub use tree::{FileError, Tree};

#[cfg(test)]
mod tests;
