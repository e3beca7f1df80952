//! Which program a container starts: the image's own, or what `command` and `args` say.
//!
//! The rules are Docker's: `command` replaces the image's entry point and its arguments, `args` only the
//! arguments. Many entry points are scripts that run other programs given as arguments, others are servers
//! that take flags.

use super::catalogue::ImageSpec;
use super::files::{ContainerFs, absolute};
use super::image_entry::Behaviour;
use super::launch::{Launch, StartError};
use super::shell::programs;

/// Scripts and init programs that run what they are given.
const ENTRY_SCRIPTS: [&str; 6] =
    ["docker-entrypoint.sh", "entrypoint.sh", "docker-php-entrypoint", "tini", "dumb-init", "catatonit"];

/// What a container starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Program {
    /// The image's server, with these arguments.
    Server(Vec<String>),
    /// A command that is interpreted.
    Command(Vec<String>),
    /// A command that is not interpreted, of an image about which nothing is known: taken for its server.
    Assumed(Vec<String>),
    /// The image prints its log and ends.
    Once,
}

/// Chooses the program.
pub(super) fn choose(launch: &Launch, files: &ContainerFs<'_>) -> Result<Program, StartError> {
    let given = |words: &Option<Vec<String>>| words.clone().unwrap_or_default();
    let (command, args) = (given(&launch.command), given(&launch.args));
    if !command.is_empty() {
        return by_name(launch, [command, args].concat(), files);
    }
    let entry = &launch.image.entry;
    let names_a_program = args.first().is_some_and(|first| {
        let tool = programs::plain_name(first).is_some_and(programs::is_interpreted);
        let passed_on = entry.passes_on || (!launch.image.known && tool);
        passed_on && !first.starts_with('-') && (tool || entry.entrypoint.is_empty())
    });
    if names_a_program {
        return by_name(launch, args, files);
    }
    if !entry.entrypoint.is_empty() && !args.is_empty() {
        return by_name(launch, [entry.entrypoint.clone(), args].concat(), files);
    }
    Ok(match entry.run {
        Behaviour::Server => Program::Server(args),
        Behaviour::Shell => Program::Command(vec!["sh".to_owned()]),
        Behaviour::Once => Program::Once,
    })
}

/// A program by its name.
fn by_name(launch: &Launch, mut argv: Vec<String>, files: &ContainerFs<'_>) -> Result<Program, StartError> {
    while argv.first().is_some_and(|first| is_entry_script(launch, first, files)) {
        argv.remove(0);
        let flags = argv.iter().take_while(|word| word.starts_with('-')).count();
        argv.drain(..flags);
    }
    match argv.first() {
        None => Ok(Program::Server(Vec::new())),
        // Nothing is known about an image that is not in the catalogue: a program that is not one of the
        // usual tools is taken for its server.
        Some(first) if !launch.image.known && !can_run(launch, first, files) => Ok(Program::Assumed(argv)),
        Some(_) => match missing(launch, &argv, files) {
            None => Ok(Program::Command(argv)),
            Some(what) => Err(StartError {
                message: format!(
                    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc \
                     create failed: unable to start container process: error during container init: {what}: unknown"
                ),
                exit_code: 128,
            }),
        },
    }
}

fn is_entry_script(launch: &Launch, path: &str, files: &ContainerFs<'_>) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ENTRY_SCRIPTS.contains(&name) && !files.exists(&place(launch, path))
}

/// runc's words if the first of these arguments is no program of the container.
pub(super) fn missing(launch: &Launch, argv: &[String], files: &ContainerFs<'_>) -> Option<String> {
    let name = argv.first().map_or("", String::as_str);
    if can_run(launch, name, files) {
        return None;
    }
    Some(match name.contains('/') {
        true => format!("exec: \"{name}\": stat {name}: no such file or directory"),
        false => format!("exec: \"{name}\": executable file not found in $PATH"),
    })
}

/// Whether the container has this program: a server or tool of the image, or a file.
fn can_run(launch: &Launch, path: &str, files: &ContainerFs<'_>) -> bool {
    let image: &ImageSpec = &launch.image;
    let tool = programs::plain_name(path).is_some_and(|name| image.has_tool(name));
    let place = place(launch, path);
    image.runs(path) || tool || (path.contains('/') && files.exists(&place) && !files.is_folder(&place))
}

fn place(launch: &Launch, path: &str) -> smol_str::SmolStr {
    absolute(launch.working_dir.as_deref().unwrap_or(&launch.image.entry.working_dir), path)
}
