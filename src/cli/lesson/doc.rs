//! `kubeloop lesson doc`.

use anyhow::Result;

use super::args::DocArgs;
use super::texts;
use crate::cli::Exit;
use crate::cli::args::Output;
use crate::lessons::print;
use crate::tui::keymap::Keymap;

/// Prints handouts, keys, or what the course covers.
pub(super) fn doc(args: &DocArgs) -> Result<Exit> {
    if args.coverage {
        return coverage(args);
    }
    for name in &args.lessons {
        let (catalog, lesson) = match texts::one(name) {
            Ok(found) => found,
            Err(error) => {
                eprintln!("{error:#}");
                return Ok(Exit::BadInput);
            }
        };
        let lesson = match &args.language {
            Some(language) => catalog.translated(&lesson, language),
            None => lesson,
        };
        match args.key {
            // On paper stand the keys that everybody has at first.
            false => print!("{}", Keymap::default().told(&print::handout(&lesson))),
            true => match print::key(&catalog, &lesson) {
                Ok(key) => print!("{}", Keymap::default().told(&key)),
                Err(error) => {
                    eprintln!("{error}");
                    return Ok(Exit::Failed);
                }
            },
        }
    }
    Ok(Exit::Done)
}

/// Which lesson teaches and grades each line; a line that nobody teaches is a failure.
fn coverage(args: &DocArgs) -> Result<Exit> {
    let catalog = texts::course_and(args.folder.as_deref())?;
    let covered = print::coverage(&catalog);
    let missing = covered.iter().filter(|goal| !goal.is_good()).count();
    match args.output {
        Output::Json => println!("{}", serde_json::to_string_pretty(&covered)?),
        Output::Text => {
            let mut line = "";
            for goal in &covered {
                if goal.line != line {
                    line = &goal.line;
                    println!("{line}");
                }
                let (goals, questions) = goal.graded;
                let where_ = match goal.lessons.as_slice() {
                    [] if goal.planned => "planned".to_owned(),
                    [] => "NOT TAUGHT".to_owned(),
                    lessons => format!("{} ({goals} goals, {questions} questions)", lessons.join(", ")),
                };
                println!("  {:<30} {where_}", goal.id);
            }
            println!("\n{} learning goals, {missing} not taught", covered.len());
        }
    }
    Ok(if missing == 0 { Exit::Done } else { Exit::Failed })
}
