//! The machine that runs the cluster: one inbox, virtual time, and a memory of everything.
//!
//! A [`World`] is the whole cluster at one instant: actors, messages in flight, the trace. It moves from instant
//! to instant: everything that is due is handed to its actor, in a fixed order; what they send is queued for
//! later. Everything from outside is an [`Input`]; [`Engine`] journals it before it is handled. So the same
//! seed and the same inputs give the same run, to the byte, and any moment can be had again: the nearest
//! checkpoint and the inputs since then.
//!
//! - [`ClusterConfig`]: what the cluster is made of.
//! - [`World`]: state, stepping, and everything that a face may read.
//! - [`Input`], [`Fault`]: what can be done to it.
//! - [`driver`]: on one thread, or on a real thread for each worker node.
//! - [`Engine`]: world, driver, journal and checkpoints; seek, fork, run ahead.

mod boot;
mod branch;
mod cluster;
mod config;
pub mod driver;
mod fault;
mod hearing;
mod input;
mod journal;
mod links;
mod log;
mod nodes;
mod parts;
mod quiet;
mod read;
mod run;
mod slot;
mod stories;
mod timeline;
mod view;
mod why;
mod world;

pub use boot::VIA_BOOT;
pub use branch::Branch;
pub use config::{ClusterConfig, NodeSpec};
pub use input::{Act, Applied, EtcdAct, Fault, Input, NodePower, Way};
pub use journal::{Journal, JournalEntry, JournalError, Turn};
pub use log::TraceLog;
pub use nodes::NodeState;
pub use parts::{ComponentState, InFlight};
pub use run::Engine;
pub use stories::StoryInfo;
pub use view::View;
pub use world::World;
