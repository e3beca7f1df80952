//! `kubeloop replay`: a recorded session again.

use super::args::{Output, ReplayArgs};
use super::{Exit, dashboard, files, table};
use crate::engine::driver::Inline;
use crate::engine::{Engine, Journal};
use crate::live::Replay;

/// Plays a journal and shows the cluster as it was at the end, or at a time: a terminal opens on it.
pub(super) fn replay(args: &ReplayArgs) -> anyhow::Result<Exit> {
    let name = args.file.display();
    let Some(text) = files::read(&args.file) else { return Ok(Exit::BadInput) };
    let journal = match Journal::parse(&text) {
        Ok(journal) => journal,
        Err(error) => {
            eprintln!("{name}: {error}");
            return Ok(Exit::BadInput);
        }
    };
    if args.output.is_none() && dashboard::has_screen() {
        return dashboard::replay(&args.looks, Replay { journal, at: args.at });
    }
    let mut engine = Engine::replay(&journal, Box::new(Inline));
    let view = match args.at {
        Some(at) => {
            engine.run_until(at);
            engine.at(at)
        }
        None => engine.view(),
    };
    match args.output.unwrap_or(Output::Text) {
        Output::Text => {
            print!("{}", table::objects(&view));
            println!();
            println!(
                "at {}: {} inputs, {} events, hash {:016x}",
                view.now(),
                journal.entries.len(),
                view.log().total(),
                view.log().hash()
            );
        }
        Output::Json => {
            let objects: Vec<serde_json::Value> =
                table::shown(&view).map(|object| object.to_value()).collect();
            let value = serde_json::json!({
                "t": view.now().as_secs_f64(), "events": view.log().total(),
                "hash": format!("{:016x}", view.log().hash()), "objects": objects,
            });
            println!("{}", serde_json::to_string_pretty(&value)?);
        }
    }
    Ok(Exit::Done)
}
