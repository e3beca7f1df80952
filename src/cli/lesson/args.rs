//! The arguments of `kubeloop lesson`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use crate::cli::args::Output;

/// Lessons without a screen.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop lesson list
  kubeloop lesson check lessons/12-bad-release --seeds 20
  kubeloop lesson doc 01 > handout.md")]
pub struct LessonArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: LessonCommand,
}

/// What to do with lessons.
#[derive(Debug, Subcommand)]
pub enum LessonCommand {
    /// List the lessons, in the order in which they are best taken.
    List(ListArgs),
    /// Prove that lessons can be solved and grade what they say.
    Check(CheckArgs),
    /// Write the skeleton of a lesson, which passes all proofs.
    New(NewArgs),
    /// Play one of a lesson's solutions without a screen, and show how the goals fare.
    Play(PlayArgs),
    /// Print a lesson's handout, or the key for instructors, as Markdown; or what the course covers.
    Doc(DocArgs),
    /// Propose goals and a solution from a session that was recorded.
    Record(RecordArgs),
    /// Show what you have learnt and what is due; merge files, or start over.
    Progress(ProgressArgs),
    /// Show what the lessons that you passed leave you with, and what your answers show of your beliefs.
    Cards(CardsArgs),
    /// Show where a class stalls, and which wrong answers it gave.
    Stats(StatsArgs),
}

/// List the lessons.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  kubeloop lesson list\n  kubeloop lesson list --lessons ./mine -o json\n  kubeloop lesson list --search rollback"
)]
pub struct ListArgs {
    /// A folder of lessons, in addition to the course.
    #[arg(long, value_name = "DIR")]
    pub lessons: Option<PathBuf>,
    /// Only lessons whose cards have these words.
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,
    /// The language of the titles: de.
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Option<String>,
    /// How it is printed.
    #[arg(short, long, value_enum, default_value = "text")]
    pub output: Output,
}

/// Prove lessons.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop lesson check                            the course
  kubeloop lesson check lessons/12-bad-release     one lesson of a folder
  kubeloop lesson check ./mine --seeds 20 -o json

Exit code 0 if nothing is wrong, 1 if a proof fails, 2 if a lesson cannot be read.")]
pub struct CheckArgs {
    /// Folders of lessons, lessons, or lesson files; the course if none.
    pub paths: Vec<PathBuf>,
    /// How many seeds are tried.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub seeds: u64,
    /// How many proofs run side by side; as many as there are processors if not said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=256))]
    pub jobs: Option<u64>,
    /// How it is printed.
    #[arg(short, long, value_enum, default_value = "text")]
    pub output: Output,
}

/// Write the skeleton of a lesson.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  kubeloop lesson new lessons/25-my-lesson && kubeloop lesson check lessons/25-my-lesson"
)]
pub struct NewArgs {
    /// The folder of the lesson; its name is the lesson's id and begins with a number.
    pub folder: PathBuf,
    /// The title.
    #[arg(long, default_value = "A new lesson")]
    pub title: String,
}

/// Play a solution.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop lesson play 12
  kubeloop lesson play 12 --solution undo --seed 40
  kubeloop lesson play lessons/12-bad-release --near-miss 1
  kubeloop lesson play lessons/25-my-lesson --watch")]
pub struct PlayArgs {
    /// The lesson: its number, its id, or its folder.
    pub lesson: String,
    /// The solution; the first one if none.
    #[arg(long, value_name = "ID")]
    pub solution: Option<String>,
    /// A near-miss in its stead, counted from 1.
    #[arg(long, value_name = "N", conflicts_with = "solution")]
    pub near_miss: Option<usize>,
    /// Take it yourself, in the dashboard; whenever its file is saved, it begins again at the same step.
    #[arg(long, conflicts_with_all = ["solution", "near_miss"])]
    pub watch: bool,
    /// The seed; the lesson's own if none.
    #[arg(long)]
    pub seed: Option<u64>,
    /// How it is printed.
    #[arg(short, long, value_enum, default_value = "text")]
    pub output: Output,
}

/// Print a lesson.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop lesson doc 12 > handout.md
  kubeloop lesson doc 12 --key
  kubeloop lesson doc 01 --language de
  kubeloop lesson doc --coverage")]
pub struct DocArgs {
    /// The lessons: numbers, ids or folders.
    #[arg(required_unless_present = "coverage")]
    pub lessons: Vec<String>,
    /// The key for instructors, found out by playing the first solution.
    #[arg(long)]
    pub key: bool,
    /// The language of the handout: de.
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Option<String>,
    /// For each line of what a learner must come away with: which lesson teaches and grades it.
    #[arg(long)]
    pub coverage: bool,
    /// A folder of lessons, in addition to the course.
    #[arg(long = "lessons-dir", value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// How the coverage is printed.
    #[arg(short, long, value_enum, default_value = "text")]
    pub output: Output,
}

/// Propose goals from a session.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  kubeloop lesson record ~/.local/share/kubeloop/sessions/20260105-080000-1.journal --from 30s"
)]
pub struct RecordArgs {
    /// The journal of the session.
    pub journal: PathBuf,
    /// The virtual time since boot at which the lesson would begin; before the first thing you did if none.
    #[arg(long, value_name = "TIME", value_parser = crate::time::Span::parse)]
    pub from: Option<crate::time::Span>,
}

/// Show progress.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop lesson progress
  kubeloop lesson progress --merge other-laptop.json
  kubeloop lesson progress --reset 12")]
pub struct ProgressArgs {
    /// The progress file; the one in your state folder if none.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Put the attempts of this file to yours.
    #[arg(long, value_name = "FILE")]
    pub merge: Option<PathBuf>,
    /// Forget a lesson, or everything.
    #[arg(long, value_name = "LESSON", num_args = 0..=1, default_missing_value = "")]
    pub reset: Option<String>,
    /// How it is printed.
    #[arg(short, long, value_enum, default_value = "text")]
    pub output: Output,
}

/// Show the cards.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kubeloop lesson cards
  kubeloop lesson cards rollback")]
pub struct CardsArgs {
    /// Only cards that have these words, of lessons that you have not passed, too.
    pub words: Vec<String>,
    /// The progress file; the one in your state folder if none.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Show where a class stalls.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  kubeloop lesson stats progress/*.json")]
pub struct StatsArgs {
    /// Progress files, one a person.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// How it is printed.
    #[arg(short, long, value_enum, default_value = "text")]
    pub output: Output,
}
