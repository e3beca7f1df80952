//! `kubeloop config`: what can be set, what is set now, and a file to begin with.

use std::path::Path;

use super::Exit;
use super::args::{ConfigArgs, LooksArgs, Output};
use crate::record::{config_file, export};
use crate::tui::keymap::{Bound, names};
use crate::tui::settings::{ConfigFile, FlagValue, SETTINGS, Settings, sample};

/// Prints the settings, or writes a file with all of them as comments.
pub(super) fn config(args: &ConfigArgs) -> anyhow::Result<Exit> {
    let path = config_file::path()?;
    if args.init {
        return Ok(init(&path));
    }
    let Some(settings) = load(&[])? else { return Ok(Exit::BadInput) };
    match args.output {
        Output::Text => print!("{}", listing(&path, &settings)),
        Output::Json => println!("{}", serde_json::to_string_pretty(&json(&path, &settings))?),
    }
    Ok(Exit::Done)
}

/// What flags, file and environment say; none if one of them is wrong, which is told.
pub(super) fn load(flags: &[FlagValue]) -> anyhow::Result<Option<Settings>> {
    let path = config_file::path()?;
    let text = config_file::read(&path)?.unwrap_or_default();
    let file = match ConfigFile::parse(&path.display().to_string(), &text) {
        Ok(file) => file,
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{}", problem.render(false)));
            eprintln!("kubeloop: the config file is not used before this is put right");
            return Ok(None);
        }
    };
    match Settings::resolve(flags, &file, &|name| std::env::var(name).ok()) {
        Ok(settings) => Ok(Some(settings)),
        Err(problem) => {
            eprintln!("kubeloop: {problem}");
            Ok(None)
        }
    }
}

/// What the flags of the dashboard set.
pub(super) fn flags(args: &LooksArgs) -> Vec<FlagValue> {
    let theme = args.theme.as_ref().map(|theme| ("theme", theme.clone(), "--theme"));
    let present = || args.present.then(|| ("theme", "present".to_owned(), "--present"));
    let ascii = args.ascii.then(|| ("ascii", "true".to_owned(), "--ascii"));
    let calm = args.calm.then(|| ("motion", "reduced".to_owned(), "--calm"));
    let speed = args.speed.as_ref().map(|speed| ("speed", speed.clone(), "--speed"));
    theme.or_else(present).into_iter().chain(ascii).chain(calm).chain(speed).collect()
}

fn init(path: &Path) -> Exit {
    let folder = path.parent().map(std::fs::create_dir_all);
    if let Some(Err(error)) = folder {
        eprintln!("kubeloop: cannot make the folder of {}: {error}", path.display());
        return Exit::BadInput;
    }
    match export::write(path, &sample()) {
        Ok(()) => {
            println!(
                "{} is written; every line in it is a comment that says what is so anyway",
                path.display()
            );
            Exit::Done
        }
        Err(problem) => {
            eprintln!("kubeloop: {problem}");
            Exit::BadInput
        }
    }
}

fn listing(path: &Path, settings: &Settings) -> String {
    let there = match path.exists() {
        true => String::new(),
        false => " (not there; kubeloop config --init writes one)".to_owned(),
    };
    let mut text = format!("file  {}{there}\n", path.display());
    text.push_str("A flag beats the file, the file beats the environment.\n\n");
    text.push_str(&format!("{:<12}{:<12}{:<18}{:<12}meaning\n", "setting", "now", "from", "default"));
    for setting in SETTINGS {
        let (value, origin) = settings.chosen(setting.name);
        let origin = origin.to_string();
        text.push_str(&format!("{:<12}{value:<12}{origin:<18}{:<12}", setting.name, setting.default));
        text.push_str(&format!("{}\n", setting.meaning));
        text.push_str(&format!("{:<54}{}", "", setting.values().join(", ")));
        let sources = setting.variables().map(|variable| format!("${variable}"));
        let sources: Vec<String> =
            sources.chain((!setting.flag.is_empty()).then(|| setting.flag.to_owned())).collect();
        let also = if sources.is_empty() { String::new() } else { format!("; also {}", sources.join(", ")) };
        text.push_str(&format!("{also}\n"));
    }
    text.push_str("\nkeys: each action can have another key, `keys: {break: X}` in the file\n\n");
    text.push_str(&format!("{:<14}{:<10}{:<30}meaning\n", "action", "key", "screens"));
    settings.keymap.all().iter().for_each(|bound| text.push_str(&action(bound)));
    text
}

fn action(bound: &Bound) -> String {
    let keys: Vec<String> = bound.keys.iter().map(|key| names::label(*key)).collect();
    let name = names::action(bound.binding);
    format!("{name:<14}{:<10}{:<30}{}\n", keys.join(" "), screens(bound), bound.binding.help)
}

fn screens(bound: &Bound) -> String {
    match bound.binding.screens {
        [] => "all".to_owned(),
        screens => screens.iter().map(|screen| screen.name(false)).collect::<Vec<_>>().join(" "),
    }
}

fn json(path: &Path, settings: &Settings) -> serde_json::Value {
    let rows = SETTINGS.iter().map(|setting| {
        let (value, origin) = settings.chosen(setting.name);
        serde_json::json!({
            "name": setting.name, "value": value, "from": origin.to_string(), "default": setting.default,
            "values": setting.values(), "flag": setting.flag, "meaning": setting.meaning,
            "environment": setting.variables().collect::<Vec<_>>(),
        })
    });
    let keys = settings.keymap.all().iter().map(|bound| {
        let keys: Vec<String> = bound.keys.iter().map(|key| names::label(*key)).collect();
        serde_json::json!({
            "action": names::action(bound.binding), "keys": keys, "screens": screens(bound),
            "meaning": bound.binding.help,
        })
    });
    serde_json::json!({
        "file": path.display().to_string(), "exists": path.exists(),
        "settings": rows.collect::<Vec<_>>(), "keys": keys.collect::<Vec<_>>(),
    })
}
