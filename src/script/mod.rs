//! Scripts: what is done to a cluster, and what is expected of it.
//!
//! A script is a YAML file with a `world` and `steps`; `kubeloop run` plays it without a screen, and lessons and
//! scenes are made of the same steps. It reads no files itself: whoever runs it hands in a [`Files`].
//!
//! - [`Script::parse`]: strict, with line and column of what is wrong.
//! - [`Step`]: one thing to do, to wait for, or to expect.
//! - [`Runner`]: plays a script on an [`crate::engine::Engine`] and keeps the [`Report`].

mod apply;
mod ask;
mod boot;
mod changes;
mod expect;
pub(crate) mod kubectl;
mod parse;
mod place;
mod raw;
mod report;
mod run;
mod short;
mod step;
mod targets;
mod watch;
mod world;

pub use crate::manifests::Files;
pub use ask::{Ask, AskOption};
pub use boot::is_up;
pub use parse::{Script, ScriptError};
pub use place::{Place, read_yaml};
pub(crate) use raw::RawStep;
pub use report::{Finding, Held, Report};
pub use run::Runner;
pub use step::{
    Action, AnswerStep, ApplySource, Beat, Cue, DeleteStep, EditStep, FaultStep, ImageStep, KubectlStep,
    PodFault, ScaleStep, Since, Step,
};
pub(crate) use watch::{Watch, last_write};
pub(crate) use world::RawWorld;
pub use world::{NODES_MAX, WorldSpec};
