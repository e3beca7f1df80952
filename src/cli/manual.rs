//! `kubeloop man`: manual pages, made from the same table of arguments as `--help`.

use std::path::Path;

use anyhow::Context;
use clap::{Command, CommandFactory};

use super::Exit;
use super::args::{Args, ManArgs};

/// Prints the page of a command, or writes all pages into a folder.
pub(super) fn man(args: &ManArgs) -> anyhow::Result<Exit> {
    let mut root = Args::command();
    // Gives every command its full name: `kubeloop-run`.
    root.build();
    if let Some(folder) = &args.all {
        write_all(&root, folder)?;
        return Ok(Exit::Done);
    }
    let mut command = &root;
    for word in &args.command {
        match command.find_subcommand(word) {
            Some(found) => command = found,
            None => {
                let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
                let whole = command.get_bin_name().unwrap_or_else(|| command.get_name());
                eprintln!("kubeloop man: {whole} has no command \"{word}\"; it has {}", known.join(", "));
                return Ok(Exit::BadInput);
            }
        }
    }
    print!("{}", page(command)?);
    Ok(Exit::Done)
}

fn write_all(command: &Command, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join(format!("{}.1", name(command)));
    std::fs::write(&file, page(command)?).with_context(|| format!("cannot write {}", file.display()))?;
    let commands = command.get_subcommands().filter(|command| command.get_name() != "help");
    commands.into_iter().try_for_each(|command| write_all(command, folder))
}

/// `kubeloop-lesson-list`, as manual pages are called.
fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: &Command) -> anyhow::Result<String> {
    let mut page = Vec::new();
    // Only the whole program has a version, and the page says of what it is one.
    let source = format!("kubeloop {}", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command.clone()).source(source).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
