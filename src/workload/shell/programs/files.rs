//! Programs that work on files.

use smol_str::SmolStr;

use crate::workload::files::absolute;
use crate::workload::tree::FileError;

use super::super::simple::Flow;
use super::super::task::{Run, Task};
use super::not_simulated;

/// Splits the words after a program's name into flag letters and the rest.
pub(super) fn flags(argv: &[String]) -> (String, Vec<String>) {
    let (mut letters, mut rest, mut only_words) = (String::new(), Vec::new(), false);
    for word in argv.iter().skip(1) {
        match word.strip_prefix('-') {
            Some("-") if !only_words => only_words = true,
            Some(given) if !only_words && !given.is_empty() => match given.strip_prefix('-') {
                Some("recursive") => letters.push('r'),
                Some("force") => letters.push('f'),
                Some("parents") => letters.push('p'),
                Some(_) => {}
                None => letters.push_str(given),
            },
            _ => rest.push(word.clone()),
        }
    }
    (letters, rest)
}

/// Does something with each path and prints what went wrong.
fn each(
    task: &mut Task,
    run: &mut Run<'_, '_>,
    paths: &[String],
    describe: impl Fn(&str, FileError) -> String,
    act: impl Fn(&mut Run<'_, '_>, &SmolStr) -> Result<(), FileError>,
) -> Flow {
    let mut status = 0;
    for path in paths {
        let place = absolute(&task.scope.folder, path);
        if let Err(error) = act(run, &place) {
            task.complain(run, &describe(path, error));
            status = 1;
        }
    }
    Flow::Status(status)
}

pub(super) fn touch(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (_, paths) = flags(argv);
    each(
        task,
        run,
        &paths,
        |path, error| format!("touch: {path}: {error}"),
        |run, path| run.files.touch(path),
    )
}

pub(super) fn rm(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, paths) = flags(argv);
    let name = argv[0].rsplit('/').next().unwrap_or("rm").to_owned();
    let recursive = letters.contains(['r', 'R']);
    let forced = letters.contains('f');
    let folders_too = recursive || name == "rmdir";
    each(
        task,
        run,
        &paths,
        |path, error| format!("{name}: can't remove '{path}': {error}"),
        |run, path| {
            if run.files.is_folder(path) && !folders_too {
                return Err(FileError::IsFolder);
            }
            match run.files.remove(path, recursive) {
                Err(FileError::NotFound | FileError::NotFolder) if forced => Ok(()),
                result => result,
            }
        },
    )
}

pub(super) fn mkdir(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, paths) = flags(argv);
    let parents = letters.contains('p');
    let describe = |path: &str, error| format!("mkdir: can't create directory '{path}': {error}");
    each(task, run, &paths, describe, |run, path| run.files.make_folder(path, parents))
}

pub(super) fn ls(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, mut paths) = flags(argv);
    let all = letters.contains(['a', 'A']);
    let long = letters.contains('l');
    if paths.is_empty() {
        paths.push(".".to_owned());
    }
    let several = paths.len() > 1;
    let mut status = 0;
    for path in &paths {
        let place = absolute(&task.scope.folder, path);
        let names = match run.files.list(&place) {
            _ if letters.contains('d') && run.files.exists(&place) => vec![SmolStr::new(path)],
            Ok(names) => names,
            Err(FileError::NotFolder) => vec![SmolStr::new(path)],
            Err(error) => {
                task.complain(run, &format!("ls: {path}: {error}"));
                status = 1;
                continue;
            }
        };
        if several && run.files.is_folder(&place) {
            task.print(run, &format!("{path}:\n"));
        }
        for name in names.iter().filter(|name| all || !name.starts_with('.') || *name == path) {
            let inside = absolute(&place, name);
            let line = match long {
                true => long_line(run, if run.files.is_folder(&place) { &inside } else { &place }, name),
                false => format!("{name}\n"),
            };
            task.print(run, &line);
        }
    }
    Flow::Status(status)
}

/// A line of `ls -l`; there are no owners, modes and times, so these columns are constant.
fn long_line(run: &Run<'_, '_>, place: &str, name: &str) -> String {
    let mode = if run.files.is_folder(place) { "drwxr-xr-x" } else { "-rw-r--r--" };
    let size = run.files.read(place).map_or(4_096, str::len);
    format!("{mode}    1 root     root     {size:>9} {name}\n")
}

/// `cp FROM... TO`, with `-r` for folders.
pub(super) fn cp(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, paths) = flags(argv);
    let recursive = letters.contains(['r', 'R', 'a']);
    transfer(task, run, argv, &paths, recursive, false)
}

/// `mv FROM... TO`.
pub(super) fn mv(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (_, paths) = flags(argv);
    transfer(task, run, argv, &paths, true, true)
}

fn transfer(
    task: &mut Task,
    run: &mut Run<'_, '_>,
    argv: &[String],
    paths: &[String],
    recursive: bool,
    remove: bool,
) -> Flow {
    let Some((to, from)) = paths.split_last().filter(|(_, from)| !from.is_empty()) else {
        return not_simulated(task, run, argv);
    };
    let name = if remove { "mv" } else { "cp" };
    let target = absolute(&task.scope.folder, to);
    let into = run.files.is_folder(&target);
    each(
        task,
        run,
        from,
        |path, error| match error {
            FileError::NotFound => format!("{name}: can't stat '{path}': {error}"),
            error => format!("{name}: can't create '{to}': {error}"),
        },
        |run, path| {
            // `cp -r folder/. target` copies what is in the folder.
            let last = path.rsplit('/').next().unwrap_or(path);
            let place = if into { absolute(&target, last) } else { target.clone() };
            copy(run, path, &place, recursive)?;
            if remove { run.files.remove(path, true) } else { Ok(()) }
        },
    )
}

fn copy(run: &mut Run<'_, '_>, from: &str, to: &str, recursive: bool) -> Result<(), FileError> {
    // Copied into itself, a folder would grow for ever.
    if to == from || to.strip_prefix(from).is_some_and(|rest| rest.starts_with('/')) {
        return Err(FileError::Exists);
    }
    if !run.files.is_folder(from) {
        let text = run.files.read(from)?.to_owned();
        return run.files.write(to, &text, false);
    }
    if !recursive {
        return Err(FileError::IsFolder);
    }
    run.files.make_folder(to, true)?;
    for name in run.files.list(from)? {
        copy(run, &absolute(from, &name), &absolute(to, &name), true)?;
    }
    Ok(())
}

/// `chmod`, `chown`: there are no modes and owners, but the file has to exist.
pub(super) fn change_mode(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (_, words) = flags(argv);
    let name = argv[0].rsplit('/').next().unwrap_or("chmod").to_owned();
    // `chmod -x file` looks like a flag; then all words are files.
    let skipped = usize::from(words.len() > 1);
    each(
        task,
        run,
        words.get(skipped..).unwrap_or_default(),
        |path, error| format!("{name}: {path}: {error}"),
        |run, path| match (run.files.exists(path), run.files.is_writable(path)) {
            (false, _) => Err(FileError::NotFound),
            (true, false) => Err(FileError::ReadOnly),
            (true, true) => Ok(()),
        },
    )
}

/// `basename PATH SUFFIX`, `dirname PATH`.
pub(super) fn part(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let path = argv.get(1).map_or("", |path| path.trim_end_matches('/'));
    let (folder, name) = match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(parts) => parts,
        None => (".", path),
    };
    let text = match argv[0].ends_with("dirname") {
        true => folder,
        false => argv.get(2).and_then(|suffix| name.strip_suffix(suffix.as_str())).unwrap_or(name),
    };
    task.print(run, &format!("{text}\n"));
    Flow::Status(0)
}

pub(super) fn realpath(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (_, paths) = flags(argv);
    for path in &paths {
        let place = absolute(&task.scope.folder, path);
        task.print(run, &format!("{place}\n"));
    }
    Flow::Status(i32::from(paths.is_empty()))
}

pub(super) fn mktemp(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, words) = flags(argv);
    if !words.is_empty() {
        return not_simulated(task, run, argv);
    }
    let free = (0..10_000).map(|n| format!("/tmp/tmp.{n:06}")).find(|path| !run.files.exists(path));
    let Some(path) = free else { return Flow::Status(1) };
    let made = match letters.contains('d') {
        true => run.files.make_folder(&path, false),
        false => run.files.write(&path, "", false),
    };
    match made {
        Ok(()) => {
            task.print(run, &format!("{path}\n"));
            Flow::Status(0)
        }
        Err(error) => {
            task.complain(run, &format!("mktemp: {path}: {error}"));
            Flow::Status(1)
        }
    }
}
