//! The dashboard: what the flags, the config file and the environment say about it.

use std::fs::File;
use std::io::IsTerminal;

use clap::Parser;

use super::args::{Args, DashboardArgs, LearnArgs, LooksArgs};
use super::lesson::course_and;
use super::{BadInput, Exit, config};
use crate::engine::ClusterConfig;
use crate::lessons::Catalog;
use crate::live::{Author, Options, Playbill, Replay, dashboard, plain};
use crate::record::export;

/// Requests per second to the shop's front door.
const LOGIN_RATE: u32 = 10;

/// Opens the course, or one of its lessons.
pub(super) fn learn(args: &LearnArgs) -> anyhow::Result<Exit> {
    let catalog = course_and(args.lessons.as_deref())?;
    if let Some(Err(problem)) = args.lesson.as_ref().map(|lesson| catalog.find(lesson)) {
        // The lesson may be there, but unreadable.
        catalog.problems().iter().for_each(|problem| eprintln!("{problem}"));
        eprintln!("kubeloop: {problem}");
        return Ok(Exit::BadInput);
    }
    let catalog = match &args.language {
        Some(language) => catalog.in_language(language),
        None => catalog,
    };
    open(&args.dashboard, catalog, Some(args.lesson.clone()), None)
}

/// Opens a lesson that is being written, in a cluster with the usual settings.
pub(super) fn write(catalog: Catalog, lesson: String, author: Author) -> anyhow::Result<Exit> {
    let Args { dashboard, .. } = Args::parse_from(["kubeloop"]);
    open(&dashboard, catalog, Some(Some(lesson)), Some(author))
}

/// Opens the dashboard; with `learn` its course, or a lesson of it.
pub(super) fn open(
    args: &DashboardArgs,
    course: Catalog,
    learn: Option<Option<String>>,
    author: Option<Author>,
) -> anyhow::Result<Exit> {
    let Some(settings) = config::load(&config::flags(&args.looks))? else { return Ok(Exit::BadInput) };
    let plain_wanted = args.plain || !has_screen();
    if plain_wanted && args.looks.record.is_some() {
        eprintln!(
            "kubeloop: --record writes what is painted, and plain mode paints nothing; > FILE keeps its lines"
        );
        return Ok(Exit::BadInput);
    }
    if let Some(folder) = args.manifests.as_ref().filter(|folder| !folder.exists()) {
        return Err(BadInput(format!("{}: there is no such folder", folder.display())).into());
    }
    let Some(record) = tape(&args.looks) else { return Ok(Exit::BadInput) };
    let config = ClusterConfig::with_nodes(args.nodes, args.seed);
    let options = Options {
        manifests: args.manifests.clone(),
        traffic: vec![("default/login".into(), LOGIN_RATE)],
        course,
        learn,
        author,
        ..Options::new(config, settings, record)
    };
    match plain_wanted {
        true => plain(options)?,
        false => dashboard(options)?,
    }
    Ok(Exit::Done)
}

/// Opens the dashboard with a scene on its stage; for a projector, unless other looks are asked for.
pub(super) fn play(looks: &LooksArgs, bill: Playbill) -> anyhow::Result<Exit> {
    let mut flags = config::flags(looks);
    let colourless = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty());
    if !colourless && !flags.iter().any(|(name, ..)| *name == "theme") {
        flags.push(("theme", "present".to_owned(), "a demo"));
    }
    let Some(settings) = config::load(&flags)? else { return Ok(Exit::BadInput) };
    let Some(record) = tape(looks) else { return Ok(Exit::BadInput) };
    dashboard(Options { scene: Some(bill), ..Options::new(ClusterConfig::default(), settings, record) })?;
    Ok(Exit::Done)
}

/// Opens the dashboard on a session that was recorded.
pub(super) fn replay(looks: &LooksArgs, replay: Replay) -> anyhow::Result<Exit> {
    let Some(settings) = config::load(&config::flags(looks))? else { return Ok(Exit::BadInput) };
    let Some(record) = tape(looks) else { return Ok(Exit::BadInput) };
    let config = replay.journal.config.clone();
    dashboard(Options { replay: Some(replay), ..Options::new(config, settings, record) })?;
    Ok(Exit::Done)
}

/// The new file for the frames, if one is wanted; says what is wrong with it.
fn tape(looks: &LooksArgs) -> Option<Option<File>> {
    match looks.record.as_deref().map(export::create).transpose() {
        Ok(record) => Some(record),
        Err(problem) => {
            eprintln!("kubeloop: {problem}");
            None
        }
    }
}

/// Whether there is a terminal that can be painted.
pub(super) fn has_screen() -> bool {
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !is_dumb
}
