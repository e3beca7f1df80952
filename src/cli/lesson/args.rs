//! The arguments of `kubeloop lesson`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use crate::cli::args::Output;

/// Lessons without a screen.
#[derive(Debug, ClapArgs)]
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
