//! `kubeloop lesson`: lessons without a screen.

mod args;
mod check;
mod list;
mod texts;

use anyhow::Result;

pub(super) use args::{LessonArgs, LessonCommand};

use super::Exit;

/// Does what was asked.
pub(super) fn lesson(args: &LessonArgs) -> Result<Exit> {
    match &args.command {
        LessonCommand::List(list) => list::list(list),
        LessonCommand::Check(check) => check::check(check),
    }
}
