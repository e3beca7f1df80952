//! `kubeloop lesson play`: a solution, played without a screen.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::args::PlayArgs;
use super::texts;
use crate::cli::Exit;
use crate::cli::args::Output;
use crate::lessons::session::GoalState;
use crate::lessons::{Lesson, LessonView, play_way};
use crate::live::Author;

/// Plays a solution, or a near-miss.
pub(super) fn play(args: &PlayArgs) -> Result<Exit> {
    let (catalog, lesson) = match texts::one(&args.lesson) {
        Ok(found) => found,
        Err(error) => {
            eprintln!("{error:#}");
            return Ok(Exit::BadInput);
        }
    };
    if args.watch {
        let name = args.lesson.clone();
        return crate::cli::dashboard::write(catalog, lesson.id.clone(), author(name));
    }
    let Some(way) = way(&lesson, args) else { return Ok(Exit::BadInput) };
    let (view, failure) = match play_way(&lesson, way, args.seed) {
        Ok(played) => played,
        Err(trouble) => {
            eprintln!("{trouble}");
            return Ok(Exit::BadInput);
        }
    };
    match args.output {
        Output::Text => print_text(&view),
        Output::Json => {
            println!("{}", serde_json::to_string_pretty(&json!({ "way": way.id, "lesson": view }))?)
        }
    }
    if let Some(failure) = failure {
        eprintln!("{}:{failure}", lesson.file);
        return Ok(Exit::Failed);
    }
    Ok(if view.passed { Exit::Done } else { Exit::Failed })
}

/// Looks whether the lesson's file was saved. A lesson of the course itself does not change.
fn author(name: String) -> Author {
    let path = match Path::new(&name) {
        path if path.is_dir() => path.join("lesson.md"),
        path => path.to_owned(),
    };
    let mut known = std::fs::read_to_string(&path).ok();
    Box::new(move || {
        let text = std::fs::read_to_string(&path).ok().filter(|text| !text.trim().is_empty())?;
        if known.as_ref() == Some(&text) {
            return None;
        }
        known = Some(text);
        Some(texts::one(&name).map(|(_, lesson)| lesson).map_err(|error| format!("{error:#}")))
    })
}

fn way<'a>(lesson: &'a Lesson, args: &PlayArgs) -> Option<&'a crate::lessons::lesson::Way> {
    let ids: Vec<&str> = lesson.solutions.iter().map(|way| way.id.as_str()).collect();
    let found = match (&args.solution, args.near_miss) {
        (_, Some(number)) => {
            number.checked_sub(1).and_then(|index| lesson.near_misses.get(index)).map(|(way, _)| way)
        }
        (Some(id), None) => lesson.solutions.iter().find(|way| way.id == *id),
        (None, None) => lesson.solutions.first(),
    };
    if found.is_none() {
        eprintln!(
            "{} has the solutions {} and {} near-misses",
            lesson.id,
            ids.join(", "),
            lesson.near_misses.len()
        );
    }
    found
}

fn print_text(view: &LessonView) {
    for moment in &view.timeline {
        let mark = if moment.cause { "*" } else { " " };
        println!(
            "{:>9.3} s {mark} {:<8} {}",
            moment.t,
            format!("{:?}", moment.about).to_lowercase(),
            moment.text
        );
    }
    println!();
    for goal in &view.goals {
        let sign = match goal.state {
            GoalState::Done | GoalState::Kept => "ok    ",
            GoalState::Missed => "MISSED",
            GoalState::Open | GoalState::Holding => "open  ",
        };
        println!("{sign}  {}", goal.goal);
        if let Some(missed) = &goal.missed {
            println!("          at {:.3} s: {}", missed.t, missed.text);
            missed.why.iter().for_each(|why| println!("          because {why}"));
        } else if !sign.starts_with("ok") {
            println!("          {}", goal.current);
        }
    }
    let end = if view.passed { "passed" } else { "not passed" };
    println!("\n{end}: {} of {} goals; seed {}", view.score.reached, view.score.goals, view.seed);
}
