//! The verbs: one file for each, with its flags, what it does, and what it would do.

mod apply;
mod common;
mod cordon;
mod create;
mod delete;
mod describe;
mod drain;
mod edit;
mod explain;
mod expose;
mod generated;
mod get;
mod info;
mod label;
mod logs;
mod patch;
mod replace;
mod rollout;
mod rollout_history;
mod rollout_status;
mod run;
mod scale;
mod set;
mod taint;
mod wait;

use std::fmt::Debug;

pub(super) use apply::Apply;
pub(super) use cordon::{Cordon, Uncordon};
pub(super) use create::Create;
pub(super) use delete::Delete;
pub(super) use describe::Describe;
pub(super) use drain::Drain;
pub(super) use edit::Edit;
pub(super) use explain::Explain;
pub(super) use expose::Expose;
pub(super) use get::Get;
pub(super) use info::{ApiResources, ClusterInfo, Events, Version};
pub(super) use label::{Annotate, Label};
pub(super) use logs::Logs;
pub(super) use patch::PatchVerb;
pub(super) use replace::Replace;
pub(super) use rollout::Rollout;
pub(super) use run::Run;
pub(super) use scale::Scale;
pub(super) use set::Set;
pub(super) use taint::TaintVerb;
pub(super) use wait::Wait;

use super::output::Fault;
use super::preview::Look;
use super::running::{Context, Step};

/// A command with its flags.
pub(super) trait Verb: Debug + Send {
    /// Does it, as far as it can be done at once.
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault>;

    /// One plain sentence of what it would do.
    fn preview(&self, look: &Look<'_>) -> String;
}
