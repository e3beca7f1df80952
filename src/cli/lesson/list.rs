//! `kubeloop lesson list`.

use anyhow::Result;
use serde_json::json;

use super::args::ListArgs;
use super::texts;
use crate::cli::Exit;
use crate::cli::args::Output;

/// Prints the lessons, the number first.
pub(super) fn list(args: &ListArgs) -> Result<Exit> {
    let catalog = texts::course_and(args.lessons.as_deref())?;
    let found = catalog.search(args.search.as_deref().unwrap_or(""));
    let lessons: Vec<_> = match &args.language {
        Some(language) => found.iter().map(|lesson| catalog.translated(lesson, language)).collect(),
        None => found,
    };
    match args.output {
        Output::Text => {
            for lesson in &lessons {
                println!(
                    "{:<4}{:<36}{:>3} min  {}",
                    lesson.number(),
                    lesson.title,
                    lesson.minutes,
                    lesson.part
                );
            }
        }
        Output::Json => {
            let one = |lesson: &std::sync::Arc<crate::lessons::Lesson>| {
                json!({
                    "number": lesson.number(), "id": lesson.id, "title": lesson.title, "part": lesson.part,
                    "minutes": lesson.minutes,
                    "needs": lesson.needs.iter().map(|need| &need.name).collect::<Vec<_>>(),
                    "teaches": lesson.teaches.iter().map(|goal| &goal.name).collect::<Vec<_>>(),
                    "languages": catalog.languages(lesson).collect::<Vec<_>>(),
                })
            };
            println!("{}", serde_json::to_string_pretty(&lessons.iter().map(one).collect::<Vec<_>>())?);
        }
    }
    for problem in catalog.problems() {
        eprintln!("{problem}");
    }
    Ok(if catalog.problems().is_empty() { Exit::Done } else { Exit::BadInput })
}
