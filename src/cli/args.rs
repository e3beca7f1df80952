//! The arguments of every command.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::script::NODES_MAX;
use crate::time::{Span, VirtualTime};
use crate::tui::pace::Pace;
use crate::tui::theme::Theme;

/// A whole Kubernetes cluster in your terminal, to be seen, broken and understood.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    max_term_width = 100,
    after_help = "\
Examples:
  kubeloop                               open the dashboard with the pizza shop
  kubeloop --plain                       the same session as sentences, without a screen
  kubeloop demo 2                        play a scene to a room
  kubeloop run steps.yaml                play a script without a screen
  kubeloop run steps.yaml --trace t.jsonl --seed 11
  kubeloop fidelity                      what is as in Kubernetes, and what is not"
)]
pub struct Args {
    /// How the dashboard is opened.
    #[command(flatten)]
    pub dashboard: DashboardArgs,
    /// What to do; without a command the dashboard opens.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How the dashboard is opened.
#[derive(Debug, ClapArgs)]
pub struct DashboardArgs {
    /// The folder of manifests that is watched; ./manifests/pizza if it exists, else the pizza shop.
    #[arg(long, value_name = "DIR")]
    pub manifests: Option<PathBuf>,
    /// The number of worker nodes.
    #[arg(long, default_value_t = 3, value_parser = nodes())]
    pub nodes: u32,
    /// The seed of all randomness: the same seed, the same run.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Sentences and typed lines instead of a screen: for screen readers, pipes and plain terminals.
    #[arg(long)]
    pub plain: bool,
    /// How it looks and moves.
    #[command(flatten)]
    pub looks: LooksArgs,
}

/// How the screen looks and moves.
#[derive(Debug, ClapArgs)]
pub struct LooksArgs {
    /// How fast time goes by at first: follow, 1x, 20x, 1/4x, max. [default: follow]
    #[arg(long, value_parser = speed)]
    pub speed: Option<String>,
    /// The looks: dark, light, dark16, light16, plain16, mono, present. [default: what suits the terminal]
    #[arg(long, value_parser = theme)]
    pub theme: Option<String>,
    /// The theme for a projector.
    #[arg(long)]
    pub present: bool,
    /// ASCII signs only.
    #[arg(long)]
    pub ascii: bool,
    /// Less motion: messages do not travel, they are numbered.
    #[arg(long)]
    pub calm: bool,
    /// Write every frame of the session into this new file, an asciicast.
    #[arg(long, value_name = "FILE.cast")]
    pub record: Option<PathBuf>,
}

fn nodes() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(NODES_MAX))
}

fn speed(name: &str) -> Result<String, String> {
    Pace::parse(name).map(|_| name.to_owned())
}

fn theme(name: &str) -> Result<String, String> {
    Theme::named(name).map(|_| name.to_owned()).ok_or_else(|| {
        format!("there is no theme \"{name}\"; there are {}", Theme::names().collect::<Vec<_>>().join(", "))
    })
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the course: lessons that are taken in a cluster of their own.
    Learn(LearnArgs),
    /// Play a scene to a room, beat by beat.
    Demo(DemoArgs),
    /// Play a script without a screen; exit 0 only if every expectation held.
    Run(RunArgs),
    /// Play a recorded session again and show where it ends, or how it was at some time.
    Replay(ReplayArgs),
    /// List lessons, prove them, and more, without a screen.
    Lesson(super::lesson::LessonArgs),
    /// What is as in Kubernetes, what is simplified, and what is absent.
    #[command(after_help = "Examples:\n  kubeloop fidelity\n  kubeloop fidelity -o json")]
    Fidelity {
        /// How it is printed.
        #[arg(short, long, value_enum, default_value = "text")]
        output: Output,
    },
    /// What can be set, what is set now and by what, and a file to begin with.
    Config(ConfigArgs),
    /// Print a manual page.
    Man(ManArgs),
    /// Print completions for a shell.
    #[command(after_help = "\
Examples:
  kubeloop completions bash > ~/.local/share/bash-completion/completions/kubeloop
  kubeloop completions zsh > ~/.zfunc/_kubeloop")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Open the course.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop learn                         the course; Enter takes the selected lesson
  kubeloop learn 1                       lesson 1
  kubeloop learn 25 --lessons ./mine     a lesson of your own")]
pub struct LearnArgs {
    /// The lesson: its number or its id; the list of lessons if none.
    pub lesson: Option<String>,
    /// A folder of lessons, in addition to the course.
    #[arg(long, value_name = "DIR")]
    pub lessons: Option<PathBuf>,
    /// The language of the lessons, as far as they are translated: de.
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Option<String>,
    /// How the dashboard is opened.
    #[command(flatten)]
    pub dashboard: DashboardArgs,
}

/// Play a scene to a room.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop demo --list                   the scenes; -o json for programs
  kubeloop demo 2                        a node dies at peak traffic; n plays the next beat
  kubeloop demo --notes                  the notes, in a second terminal
  kubeloop demo ./mine.yaml --theme mono a scene of your own")]
pub struct DemoArgs {
    /// The scene: its number, its id, or a file; the first one if none.
    pub scene: Option<String>,
    /// Follow a demo in another terminal and print the presenter's notes.
    #[arg(long)]
    pub notes: bool,
    /// Print the notes as they are now, and end.
    #[arg(long, requires = "notes")]
    pub once: bool,
    /// List the scenes.
    #[arg(long)]
    pub list: bool,
    /// How the list is printed.
    #[arg(short, long, value_enum, default_value = "text", requires = "list")]
    pub output: Output,
    /// How it looks and moves; for a projector if nothing is said.
    #[command(flatten)]
    pub looks: LooksArgs,
}

/// Who runs the actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DriverKind {
    /// One thread for all.
    Inline,
    /// A real thread for each worker node.
    Threads,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Play a script.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop run tests/heal.yaml
  kubeloop run tests/*.yaml --quiet
  kubeloop run heal.yaml --until \"pods('app=login').ready == 3\" --max-time 5m
  kubeloop run heal.yaml --driver threads --trace heal.jsonl -o json")]
pub struct RunArgs {
    /// The scripts.
    #[arg(required = true)]
    pub scripts: Vec<PathBuf>,
    /// The seed of all randomness; beats the script's.
    #[arg(long)]
    pub seed: Option<u64>,
    /// The number of worker nodes; beats the script's.
    #[arg(long, value_parser = nodes())]
    pub nodes: Option<u32>,
    /// Who runs the actors; the result is the same.
    #[arg(long, value_enum, default_value = "inline")]
    pub driver: DriverKind,
    /// After the steps, go on until this expression holds.
    #[arg(long, value_name = "EXPR")]
    pub until: Option<String>,
    /// Give up when this much virtual time has passed since boot.
    #[arg(long, value_name = "TIME", value_parser = Span::parse)]
    pub max_time: Option<Span>,
    /// Write every event of the one script to this file, one JSON value a line.
    #[arg(long, value_name = "FILE.jsonl")]
    pub trace: Option<PathBuf>,
    /// Write the journal of the one script to this file; `kubeloop replay` opens it.
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// How results are printed.
    #[arg(short, long, value_enum, default_value = "text")]
    pub output: Output,
    /// Print only what did not hold.
    #[arg(short, long)]
    pub quiet: bool,
}

/// What can be set.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop config
  kubeloop config --init
  kubeloop config -o json")]
pub struct ConfigArgs {
    /// Write a file in which every setting stands as a comment; a file that is there stays.
    #[arg(long)]
    pub init: bool,
    /// How it is printed.
    #[arg(short, long, value_enum, default_value = "text")]
    pub output: Output,
}

/// Print a manual page.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop man | man -l -
  kubeloop man run | man -l -
  kubeloop man --all ~/.local/share/man/man1")]
pub struct ManArgs {
    /// The command whose page is printed; the whole program's if none is named.
    pub command: Vec<String>,
    /// Write the pages of all commands into this folder instead.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub all: Option<PathBuf>,
}

/// Play a recorded session again.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop replay session.journal
  kubeloop replay session.journal --at 1m30s
  kubeloop replay session.journal --at 4:37.3 -o json")]
pub struct ReplayArgs {
    /// The journal.
    pub file: PathBuf,
    /// Show this virtual time since boot instead of the end.
    #[arg(long, value_name = "TIME", value_parser = VirtualTime::parse)]
    pub at: Option<VirtualTime>,
    /// Print what there is at that time; without this, a terminal shows it, and a pipe gets text.
    #[arg(short, long, value_enum)]
    pub output: Option<Output>,
    /// How it looks.
    #[command(flatten)]
    pub looks: LooksArgs,
}
