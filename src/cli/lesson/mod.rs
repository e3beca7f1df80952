//! `kubeloop lesson`: lessons without a screen.

mod args;
mod check;
mod doc;
mod list;
mod new;
mod play;
mod progress;
mod record;
mod texts;

pub(super) use texts::course_and;

use anyhow::Result;

pub(super) use args::{LessonArgs, LessonCommand};

use super::Exit;

/// Does what was asked.
pub(super) fn lesson(args: &LessonArgs) -> Result<Exit> {
    match &args.command {
        LessonCommand::List(list) => list::list(list),
        LessonCommand::Check(check) => check::check(check),
        LessonCommand::New(new) => new::new(new),
        LessonCommand::Play(play) => play::play(play),
        LessonCommand::Doc(doc) => doc::doc(doc),
        LessonCommand::Record(record) => record::record(record),
        LessonCommand::Progress(progress) => progress::progress(progress),
        LessonCommand::Cards(cards) => progress::cards(cards),
        LessonCommand::Stats(stats) => progress::stats(stats),
    }
}
