//! `kubeloop demo`: scenes for a room, and the presenter's notes in a second terminal.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::args::{DemoArgs, Output};
use super::{Exit, dashboard, files};
use crate::live::Playbill;
use crate::record::prompt_book;
use crate::scenes::{self, Scene};
use crate::tui::PromptBook;
use crate::tui::wrap::wrap;

/// How often the notes are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// Cells of a line of notes.
const WIDTH: usize = 76;

/// Plays a scene, lists them, or follows one with its notes.
pub(super) fn demo(args: &DemoArgs) -> anyhow::Result<Exit> {
    if args.list {
        return list(args.output);
    }
    if args.notes {
        return notes(args.once);
    }
    let Some(bill) = playbill(args.scene.as_deref().unwrap_or("1")) else { return Ok(Exit::BadInput) };
    if !dashboard::has_screen() {
        eprintln!(
            "kubeloop: a demo needs a terminal. A scene is a script: `kubeloop run FILE` plays it without one; \
             `kubeloop demo --list` lists them"
        );
        return Ok(Exit::BadInput);
    }
    dashboard::play(&args.looks, bill)
}

fn list(output: Output) -> anyhow::Result<Exit> {
    let scenes = scenes::all().iter().enumerate();
    match output {
        Output::Text => {
            scenes.for_each(|(index, scene)| println!("{}  {:<20} {}", index + 1, scene.id, scene.title));
        }
        Output::Json => {
            let one = |(index, scene): (usize, &Scene)| serde_json::json!({"number": index + 1, "id": scene.id, "title": scene.title});
            println!("{}", serde_json::to_string_pretty(&scenes.map(one).collect::<Vec<_>>())?);
        }
    }
    Ok(Exit::Done)
}

/// The scene of a number, an id or a path; says what is wrong if there is none.
fn playbill(name: &str) -> Option<Playbill> {
    if let Some((index, scene)) = scenes::find(name) {
        return Some(Playbill { scene, number: Some(index + 1), folder: None });
    }
    let path = Path::new(name);
    if !path.exists() {
        let known: Vec<&str> = scenes::all().iter().map(|scene| scene.id.as_str()).collect();
        eprintln!("kubeloop: there is no scene and no file \"{name}\"; there are {}", known.join(", "));
        return None;
    }
    let text = files::read(path)?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    match Scene::read(&stem, &text) {
        Ok(scene) => {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            Some(Playbill { scene, number: None, folder: Some(folder) })
        }
        Err(error) => {
            eprintln!("{name}:{error}");
            None
        }
    }
}

/// Prints the notes of the beat that the room reads, whenever that changes.
fn notes(once: bool) -> anyhow::Result<Exit> {
    let mut shown: Option<PromptBook> = None;
    if prompt_book::read::<PromptBook>()?.is_none() {
        println!("No demo has begun. Start one in another terminal: kubeloop demo 2");
        if once {
            return Ok(Exit::Failed);
        }
    }
    loop {
        let page: Option<PromptBook> = prompt_book::read()?;
        if page != shown {
            match &page {
                Some(page) => print!("{}", told(page)),
                None => println!("\nThe demo is over."),
            }
            std::io::stdout().flush()?;
            shown = page;
        }
        if once {
            return Ok(Exit::Done);
        }
        std::thread::sleep(LOOK);
    }
}

fn told(page: &PromptBook) -> String {
    let state = match page.state.as_str() {
        "plays" => "plays; n gets to its end at once",
        "left" => "you took over; n or b bring the scene back",
        "over" => "the scene is over",
        _ => "waits for n",
    };
    let mut text = format!("\n== {}   beat {} of {}   {state}\n", page.title, page.beat, page.beats);
    let mut part = |label: &str, words: &str| {
        if !words.is_empty() {
            text.push_str(&format!("{label}\n"));
            let lines = wrap(words, WIDTH);
            lines.iter().for_each(|line| text.push_str(&format!("   {line}\n")));
        }
    };
    part("What really happened:", &page.happened);
    part("The room reads:", &page.caption);
    part("Ask:", &page.question);
    page.notes.iter().for_each(|note| part("Notes:", note));
    part("Then comes:", &page.next);
    text
}
