//! `kubeloop lesson progress` and `kubeloop lesson stats`.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::args::{CardsArgs, ProgressArgs, StatsArgs};
use crate::cli::args::Output;
use crate::cli::{BadInput, Exit};
use crate::lessons::Catalog;
use crate::lessons::progress::{Progress, cards as all_cards, day, due, profile, stats as class_stats};
use crate::record::{attempts, progress as file};

/// Shows, merges or resets progress.
pub(super) fn progress(args: &ProgressArgs) -> Result<Exit> {
    let path = args.file.clone().map_or_else(file::file, Ok)?;
    let Some(mut progress) = read(&path)? else { return Ok(Exit::BadInput) };
    if let Some(other) = &args.merge {
        if !other.exists() {
            return Err(BadInput(format!("{}: there is no such file", other.display())).into());
        }
        let Some(other) = read(other)? else { return Ok(Exit::BadInput) };
        progress.merge(other);
    }
    if let Some(lesson) = &args.reset {
        match (lesson.as_str(), Catalog::embedded().find(lesson)) {
            ("", _) => {
                progress.reset(None);
                attempts::forget(&path, None)?;
            }
            (_, Ok(found)) => {
                progress.reset(Some(&found.id));
                attempts::forget(&path, Some(&found.id))?;
            }
            (_, Err(error)) => {
                eprintln!("{error}");
                return Ok(Exit::BadInput);
            }
        }
    }
    if args.merge.is_some() || args.reset.is_some() {
        file::write(&path, &progress.to_text())?;
    }
    show(args, &path, &progress)?;
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<Option<Progress>> {
    match Progress::parse(&file::read(path)?) {
        Ok(progress) => Ok(Some(progress)),
        Err(error) => {
            eprintln!("{}:{error}", path.display());
            Ok(None)
        }
    }
}

fn show(args: &ProgressArgs, path: &Path, progress: &Progress) -> Result<()> {
    let catalog = Catalog::embedded();
    let today = day(&jiff::Timestamp::now().to_string());
    let (beliefs, due) = (profile(progress), due(progress, today));
    if args.output == Output::Json {
        let value = json!({ "file": path, "progress": progress, "beliefs": beliefs, "due": due });
        println!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    println!("{}", path.display());
    for lesson in catalog.lessons() {
        let state = match progress.best(&lesson.id) {
            None => "-".to_owned(),
            Some(best) => {
                let passed = if best.passed { "passed" } else { "begun" };
                format!("{passed}, {} of {} goals, {} hints", best.goals.0, best.goals.1, best.hints)
            }
        };
        println!("{:<4}{:<40}{state}", lesson.number(), lesson.title);
    }
    for held in catalog
        .misconceptions()
        .iter()
        .filter(|known| beliefs.get(&known.id).is_some_and(|belief| belief.holds))
    {
        println!("to be looked at again: {} {}", held.id, held.belief);
    }
    for due in due {
        println!("due for review: {} (seed {})", due.lesson, due.seed);
    }
    Ok(())
}

/// Shows what was learnt, and what was believed.
pub(super) fn cards(args: &CardsArgs) -> Result<Exit> {
    let path = args.file.clone().map_or_else(file::file, Ok)?;
    let Some(progress) = read(&path)? else { return Ok(Exit::BadInput) };
    let cards = all_cards(&Catalog::embedded(), &progress, &args.words.join(" "));
    cards.iter().for_each(|line| println!("{line}"));
    Ok(Exit::Done)
}

/// Shows where a class stalls.
pub(super) fn stats(args: &StatsArgs) -> Result<Exit> {
    let mut people = Vec::new();
    for path in &args.files {
        if !path.exists() {
            eprintln!("{}: there is no such file", path.display());
            return Ok(Exit::BadInput);
        }
        let Some(progress) = read(path)? else { return Ok(Exit::BadInput) };
        people.push(progress);
    }
    let lessons = class_stats(&people);
    if args.output == Output::Json {
        println!("{}", serde_json::to_string_pretty(&lessons)?);
        return Ok(Exit::Done);
    }
    println!("{} people", people.len());
    for (lesson, stats) in lessons {
        println!(
            "{lesson}: {} of {} people passed, {} attempts, {} hints",
            stats.passed, stats.people, stats.attempts, stats.hints
        );
        let mut lines: Vec<(u32, String)> = Vec::new();
        lines.extend(stats.stalls.into_iter().map(|(page, count)| (count, format!("stalled at \"{page}\""))));
        lines.extend(stats.missed.into_iter().map(|(goal, count)| (count, format!("missed \"{goal}\""))));
        lines.extend(stats.wrong.into_iter().map(|(answer, (count, certain))| {
            let certain = if certain > 0 { format!(", {certain} of them certain") } else { String::new() };
            (count, format!("answered {answer}{certain}"))
        }));
        lines.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        lines.iter().for_each(|(count, line)| println!("  {count:>3}  {line}"));
    }
    Ok(Exit::Done)
}
