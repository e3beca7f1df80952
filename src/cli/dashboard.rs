//! The dashboard: what the flags and the environment say about it.

use std::io::IsTerminal;

use clap::Parser;

use super::Exit;
use super::args::{Args, DashboardArgs, LearnArgs};
use super::lesson::course_and;
use crate::engine::ClusterConfig;
use crate::lessons::Catalog;
use crate::live::{Author, Options, dashboard, plain};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Theme;

/// Requests per second to the shop's front door.
const LOGIN_RATE: u32 = 10;

/// Opens the course, or one of its lessons.
pub(super) fn learn(args: &LearnArgs) -> anyhow::Result<Exit> {
    let catalog = match course_and(args.lessons.as_deref()) {
        Ok(catalog) => catalog,
        Err(error) => {
            eprintln!("kubeloop: {error:#}");
            return Ok(Exit::BadInput);
        }
    };
    if let Some(Err(problem)) = args.lesson.as_ref().map(|lesson| catalog.find(lesson)) {
        // The lesson may be there, but unreadable.
        catalog.problems().iter().for_each(|problem| eprintln!("{problem}"));
        eprintln!("kubeloop: {problem}");
        return Ok(Exit::BadInput);
    }
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
    let glyphs = if args.ascii { Glyphs::Ascii } else { Glyphs::Unicode };
    let options = Options {
        manifests: args.manifests.clone(),
        config: ClusterConfig::with_nodes(args.nodes, args.seed),
        traffic: vec![("default/login".into(), LOGIN_RATE)],
        speed: args.speed,
        theme: args.theme.clone().unwrap_or_else(|| usual_theme(args.present)),
        glyphs,
        course,
        learn,
        author,
    };
    match args.plain || !has_screen() {
        true => plain(options)?,
        false => dashboard(options)?,
    }
    Ok(Exit::Done)
}

/// Whether there is a terminal that can be painted.
fn has_screen() -> bool {
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !is_dumb
}

/// Without colours if the user wants none, with sixteen if the terminal has no more.
fn usual_theme(present: bool) -> Theme {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let name = match () {
        () if set("NO_COLOR").is_some() => "mono",
        () if present => "present",
        () if set("COLORTERM").is_some_and(|depth| depth == "truecolor" || depth == "24bit") => "dark",
        () if set("TERM").is_some_and(|term| term.contains("256color")) => "dark",
        () => "dark16",
    };
    Theme::named(name).unwrap_or_default()
}
