//! `kubeloop lesson check`: the proofs, side by side.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use super::args::CheckArgs;
use super::texts::{self, Chosen};
use crate::cli::Exit;
use crate::cli::args::Output;
use crate::lessons::prove::{Runs, judge, statics};
use crate::lessons::{Catalog, Finding, Lesson};
use crate::tui::keymap::told_names;

/// Proves what was asked for.
pub(super) fn check(args: &CheckArgs) -> Result<Exit> {
    let began = Instant::now();
    let chosen = match args.paths.as_slice() {
        [] => vec![Chosen { catalog: Catalog::embedded(), root: PathBuf::from("lessons"), only: Vec::new() }],
        paths => match paths.iter().map(|path| texts::chosen(path)).collect::<Result<Vec<_>>>() {
            Ok(chosen) => chosen,
            Err(error) => {
                eprintln!("{error:#}");
                return Ok(Exit::BadInput);
            }
        },
    };
    let jobs = args.jobs.map_or_else(processors, |jobs| usize::try_from(jobs).unwrap_or(1));
    let (mut findings, mut lessons, mut unread) = (Vec::new(), 0, false);
    for chosen in &chosen {
        let (count, mut found) = prove(chosen, args.seeds, jobs);
        lessons += count;
        unread |= found.iter().any(|finding| finding.rule == "format");
        for finding in &mut found {
            finding.file = in_folder(&chosen.root, &finding.file);
        }
        findings.extend(found);
    }
    findings.sort();
    findings.dedup();
    report(args, &findings, lessons, began)?;
    Ok(match () {
        () if unread => Exit::BadInput,
        () if !findings.is_empty() => Exit::Failed,
        () => Exit::Done,
    })
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

fn in_folder(root: &Path, file: &str) -> String {
    match root == Path::new(".") {
        true => file.to_owned(),
        false => root.join(file).display().to_string(),
    }
}

/// Everything that is wrong with the lessons that were chosen, and how many there are.
fn prove(chosen: &Chosen, seeds: u64, jobs: usize) -> (usize, Vec<Finding>) {
    let catalog = &chosen.catalog;
    let wanted = |id: &str| chosen.only.is_empty() || chosen.only.iter().any(|only| only == id);
    let lessons: Vec<&Arc<Lesson>> = catalog.lessons().iter().filter(|lesson| wanted(&lesson.id)).collect();
    let of = |file: &str| file.rsplit('/').nth(1).unwrap_or("").to_owned();
    let problems = catalog
        .problems()
        .iter()
        .filter(|finding| of(&finding.file).is_empty() || wanted(&of(&finding.file)));
    let mut findings: Vec<Finding> = problems.cloned().collect();
    let work: Vec<(&Arc<Lesson>, u64)> =
        lessons.iter().flat_map(|lesson| (0..seeds).map(move |seed| (*lesson, seed))).collect();
    let runs = side_by_side(&work, jobs);
    let named = told_names();
    for lesson in &lessons {
        findings.extend(statics(catalog, lesson, &named));
        findings.extend(runs.get(&lesson.id).map(|runs| judge(lesson, runs)).unwrap_or_default());
    }
    let unreadable = findings.iter().filter(|finding| finding.rule == "format").count();
    (lessons.len() + unreadable, findings)
}

/// Plays all lessons on all seeds, on several threads; the runs of each lesson come out in the order of the seeds.
fn side_by_side(work: &[(&Arc<Lesson>, u64)], jobs: usize) -> BTreeMap<String, Vec<Runs>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, Runs>> = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(work.len()) {
            scope.spawn(|| {
                while let Some((index, (lesson, seed))) = take(&next, work) {
                    let runs = Runs::of(lesson, *seed);
                    // A poisoned lock means that another proof panicked; the panic comes out at the end of the scope.
                    if let Ok(mut done) = done.lock() {
                        done.insert(index, runs);
                    }
                }
            });
        }
    });
    let mut by_lesson: BTreeMap<String, Vec<Runs>> = BTreeMap::new();
    let done = done.into_inner().unwrap_or_default();
    for (index, runs) in done {
        if let Some((lesson, _)) = work.get(index) {
            by_lesson.entry(lesson.id.clone()).or_default().push(runs);
        }
    }
    by_lesson
}

fn take<'a, T>(next: &AtomicUsize, work: &'a [T]) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, work.get(index)?))
}

fn report(args: &CheckArgs, findings: &[Finding], lessons: usize, began: Instant) -> Result<()> {
    let real = began.elapsed().as_secs_f64();
    match args.output {
        Output::Text => {
            for finding in findings {
                println!("{finding}");
            }
            let what = if findings.is_empty() {
                "nothing is wrong".to_owned()
            } else {
                count(findings.len(), "finding")
            };
            let seeds = count(usize::try_from(args.seeds).unwrap_or(usize::MAX), "seed");
            println!("{}, {seeds}: {what}; {real:.1} s", count(lessons, "lesson"));
        }
        Output::Json => {
            let value =
                json!({ "lessons": lessons, "seeds": args.seeds, "findings": findings, "realSecs": real });
            println!("{}", serde_json::to_string_pretty(&value)?);
        }
    }
    Ok(())
}

/// `1 lesson`, `2 lessons`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
