//! Commands that the shell runs itself, because they change it.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::workload::files::absolute;

use super::arithmetic;
use super::block::Block;
use super::conditions;
use super::echo;
use super::frame::{Frame, Phase};
use super::programs;
use super::signals;
use super::simple::Flow;
use super::task::{Run, Task};

/// A command of the shell: it gets the words after its name.
pub(super) type Builtin = fn(&mut Task, &mut Run<'_, '_>, &[String]) -> Flow;

/// The command of this name.
pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        ":" | "true" => |_, _, _| Flow::Status(0),
        "false" => |_, _, _| Flow::Status(1),
        "echo" => |task, run, args| {
            task.print(run, &echo::echo(args));
            Flow::Status(0)
        },
        "printf" => printf,
        "test" => |task, run, args| test(task, run, args),
        "[" => bracket,
        "cd" => cd,
        "pwd" => |task, run, _| {
            let folder = format!("{}\n", task.scope.folder);
            task.print(run, &folder);
            Flow::Status(0)
        },
        "export" | "readonly" | "declare" | "typeset" => |task, run, args| declare(task, run, args, true),
        "local" => |task, run, args| declare(task, run, args, false),
        "unset" => unset,
        "set" => set,
        "shift" => shift,
        "read" => read,
        "exit" => exit,
        "return" => leave_function,
        "break" => |task, run, args| leave_loops(task, run, args, false),
        "continue" => |task, run, args| leave_loops(task, run, args, true),
        "eval" => |task, run, args| {
            task.begin_text(run, &args.join(" "));
            Flow::Went
        },
        "." | "source" => source,
        "command" => command,
        "builtin" => command,
        "type" | "which" | "hash" => |task, run, args| locate(task, run, args),
        "let" => let_,
        "trap" => signals::trap,
        "kill" => signals::kill,
        "wait" => wait,
        "umask" | "ulimit" | "jobs" | "disown" | "sync" => |_, _, _| Flow::Status(0),
        "times" | "getopts" | "alias" | "unalias" | "bg" | "fg" | "shopt" | "mapfile" | "pushd" | "popd" => {
            |task, run, _| {
                task.complain(run, "sh: this command of the shell is not simulated");
                Flow::Status(127)
            }
        }
        _ => return None,
    })
}

fn printf(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let Some((format, args)) = args.split_first() else { return Flow::Status(2) };
    match echo::printf(format, args) {
        Ok(text) => {
            task.print(run, &text);
            Flow::Status(0)
        }
        Err(message) => {
            task.complain(run, &format!("sh: printf: {message}"));
            Flow::Status(1)
        }
    }
}

fn bracket(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    match args.split_last() {
        Some((last, words)) if last == "]" => test(task, run, words),
        _ => {
            task.complain(run, "sh: missing ]");
            Flow::Status(2)
        }
    }
}

fn test(task: &mut Task, run: &mut Run<'_, '_>, words: &[String]) -> Flow {
    let scope = &task.scope;
    let is_set = |name: &str| scope.get(name).is_some();
    match conditions::test(words, run.files, &scope.folder, &is_set) {
        Ok(holds) => Flow::Status(i32::from(!holds)),
        Err(message) => {
            task.complain(run, &format!("sh: {message}"));
            Flow::Status(2)
        }
    }
}

fn cd(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let home = task.scope.get("HOME").unwrap_or("/").to_owned();
    let old = task.scope.get("OLDPWD").unwrap_or("/").to_owned();
    let wanted = match args.first().map(String::as_str) {
        None => home,
        Some("-") => old,
        Some(path) => path.to_owned(),
    };
    let folder = absolute(&task.scope.folder, &wanted);
    if !run.files.is_folder(&folder) {
        task.complain(run, &format!("sh: cd: can't cd to {wanted}: No such file or directory"));
        return Flow::Status(2);
    }
    let before = std::mem::replace(&mut task.scope.folder, folder.clone());
    for (name, value) in [("OLDPWD", before), ("PWD", folder)] {
        task.scope.variable(name).value = value.to_string();
    }
    Flow::Status(0)
}

/// `export`, `readonly`, `local`: with values, or for variables as they are.
fn declare(task: &mut Task, run: &mut Run<'_, '_>, args: &[String], export: bool) -> Flow {
    for arg in args.iter().filter(|arg| !arg.starts_with('-')) {
        let (name, value) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (arg.as_str(), None),
        };
        let call = task.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Call { locals, .. } if !export => Some(locals),
            _ => None,
        });
        if let Some(locals) = call {
            locals.insert(0, (SmolStr::new(name), task.scope.keep(name)));
        }
        if export || value.is_some() {
            task.scope.variable(name).exported |= export;
        }
        if let Some(value) = value
            && let Err(message) = task.scope.set(name, value)
        {
            task.complain(run, &format!("sh: {message}"));
            return Flow::Status(2);
        }
    }
    if args.is_empty() {
        let lines: String =
            task.scope.environment().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
        task.print(run, &lines);
    }
    Flow::Status(0)
}

fn unset(task: &mut Task, _: &mut Run<'_, '_>, args: &[String]) -> Flow {
    for name in args.iter().filter(|arg| !arg.starts_with('-')) {
        task.scope.unset(name);
        task.scope.functions.remove(name.as_str());
    }
    Flow::Status(0)
}

/// `set -e`, `set -o pipefail`, `set -- words`.
fn set(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let mut words = args.iter();
    if args.is_empty() {
        let lines: String =
            task.scope.variables().map(|(name, value)| format!("{name}='{value}'\n")).collect();
        task.print(run, &lines);
    }
    while let Some(word) = words.next() {
        let on = word.starts_with('-');
        if word == "--" || !word.starts_with(['-', '+']) || word.len() == 1 {
            let rest = words.as_slice();
            let skipped = usize::from(word != "--");
            task.scope.args = args[args.len() - rest.len() - skipped..].to_vec();
            break;
        }
        for letter in word[1..].chars() {
            let long = if letter == 'o' { words.next().map_or("", String::as_str) } else { "" };
            if !set_option(task, letter, long, on) {
                task.complain(run, &format!("sh: set: illegal option -{letter} {long}"));
                return Flow::Status(2);
            }
        }
    }
    Flow::Status(0)
}

/// Sets an option of the shell; whether there is such an option.
pub(super) fn set_option(task: &mut Task, letter: char, long: &str, on: bool) -> bool {
    let options = &mut task.scope.options;
    match (letter, long) {
        ('e', _) | ('o', "errexit") => options.exit_on_error = on,
        ('u', _) | ('o', "nounset") => options.unset_is_error = on,
        ('x', _) | ('o', "xtrace") => options.trace = on,
        ('o', "pipefail") => options.pipe_fail = on,
        // They make no difference here.
        ('a' | 'b' | 'f' | 'h' | 'm' | 'C' | 'i' | 'l' | 'E', _) | ('o', "posix" | "monitor" | "") => {}
        _ => return false,
    }
    true
}

fn shift(task: &mut Task, _: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let count = args.first().map_or(Ok(1), |arg| arg.parse::<usize>());
    match count {
        Ok(count) if count <= task.scope.args.len() => {
            task.scope.args.drain(..count);
            Flow::Status(0)
        }
        _ => Flow::Status(1),
    }
}

/// `read -r A B`: a line of standard input, split at blanks; the last variable takes the rest.
fn read(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let mut names: Vec<&str> = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            // These take a value, of which nothing is needed: there is no terminal to wait for.
            "-p" | "-t" | "-n" | "-d" => drop(words.next()),
            flag if flag.starts_with('-') => {}
            name => names.push(name),
        }
    }
    let line = task.take_line();
    let status = i32::from(line.is_none());
    let separators = task.scope.get("IFS").unwrap_or(" \t").to_owned();
    let blank = |c: char| separators.contains(c);
    let text = line.unwrap_or_default();
    let mut rest = text.trim_matches(|c: char| blank(c) && c.is_whitespace());
    if names.is_empty() {
        names.push("REPLY");
    }
    let last = names.len() - 1;
    for (at, name) in names.into_iter().enumerate() {
        let (value, tail) = match rest.split_once(blank) {
            Some((value, tail)) if at < last => {
                (value, tail.trim_start_matches(|c: char| blank(c) && c.is_whitespace()))
            }
            _ => (rest, ""),
        };
        rest = tail;
        if let Err(message) = task.scope.set(name, value.to_owned()) {
            task.complain(run, &format!("sh: {message}"));
            return Flow::Status(2);
        }
    }
    Flow::Status(status)
}

/// A status given as a word: 0 to 255, as the kernel cuts it.
fn status_of(task: &Task, args: &[String]) -> Option<i32> {
    match args.first() {
        None => Some(task.scope.status),
        Some(word) => word.trim().parse::<i32>().ok().map(|code| code & 0xff),
    }
}

fn exit(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let status = status_of(task, args).unwrap_or_else(|| {
        task.complain(run, &format!("sh: exit: Illegal number: {}", args.join(" ")));
        2
    });
    task.exit(status);
    Flow::Went
}

fn leave_function(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let inner = task.frames.iter().rev().take_while(|frame| !frame.is_boundary());
    let call = inner.into_iter().position(|frame| matches!(frame, Frame::Call { .. }));
    let Some(above) = call else { return exit(task, run, args) };
    let status = status_of(task, args).unwrap_or(2);
    for _ in 0..above {
        task.leave();
    }
    Flow::Status(status)
}

/// `break N` and `continue N`.
fn leave_loops(task: &mut Task, _: &mut Run<'_, '_>, args: &[String], go_on: bool) -> Flow {
    let mut left = args.first().and_then(|arg| arg.parse::<u32>().ok()).unwrap_or(1).max(1);
    let inner = task
        .frames
        .iter()
        .rev()
        .take_while(|frame| !frame.is_boundary() && !matches!(frame, Frame::Call { .. }));
    if !inner.into_iter().any(|frame| matches!(frame, Frame::Loop { .. } | Frame::For { .. })) {
        return Flow::Status(0);
    }
    task.scope.status = 0;
    while let Some(frame) = task.frames.last_mut() {
        let more = match frame {
            Frame::Loop { phase, .. } if left == 1 && go_on => {
                *phase = Phase::Body;
                return Flow::Went;
            }
            Frame::For { .. } if left == 1 && go_on => return Flow::Went,
            Frame::Loop { .. } | Frame::For { .. } => {
                left -= 1;
                left > 0
            }
            frame if frame.is_boundary() || matches!(frame, Frame::Call { .. }) => return Flow::Went,
            _ => true,
        };
        task.leave();
        if !more {
            break;
        }
    }
    Flow::Went
}

fn source(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let Some((path, args)) = args.split_first() else { return Flow::Status(2) };
    let text = run.files.read(&absolute(&task.scope.folder, path)).map(str::to_owned);
    match text {
        Ok(text) => {
            let args = if args.is_empty() { task.scope.args.clone() } else { args.to_vec() };
            let args = std::mem::replace(&mut task.scope.args, args);
            task.frames.push(Frame::Call { args, locals: Vec::new() });
            task.begin_text(run, &text);
            Flow::Went
        }
        Err(error) => {
            task.complain(run, &format!("sh: .: can't open '{path}': {error}"));
            task.exit(2);
            Flow::Went
        }
    }
}

/// `command NAME ...` runs it, whatever functions there are; `command -v NAME` says where it is.
fn command(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    match args.split_first() {
        Some((flag, names)) if flag == "-v" || flag == "-V" => locate(task, run, names),
        Some((name, rest)) => match find(name) {
            Some(builtin) => builtin(task, run, rest),
            None => programs::run(task, run, args),
        },
        None => Flow::Status(0),
    }
}

fn locate(task: &mut Task, run: &mut Run<'_, '_>, names: &[String]) -> Flow {
    let mut status = 0;
    for name in names.iter().filter(|name| !name.starts_with('-')) {
        let own = find(name).is_some() || task.scope.functions.contains_key(name.as_str());
        if own {
            task.print(run, &format!("{name}\n"));
        } else if programs::exists(run, name) {
            task.print(run, &format!("/usr/bin/{name}\n"));
        } else {
            status = 127;
        }
    }
    Flow::Status(status)
}

fn let_(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let mut last = 0;
    for text in args {
        match task.expand(run, &[], |expander| Ok(arithmetic::evaluate(text, expander)?)) {
            Ok(number) => last = number,
            Err(_) => {
                task.complain(run, &format!("sh: let: {text}: arithmetic syntax error"));
                return Flow::Status(1);
            }
        }
    }
    Flow::Status(i32::from(last == 0))
}

fn wait(_: &mut Task, _: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let job = args.iter().find(|arg| !arg.starts_with('-'));
    match job.map(|arg| arg.trim_start_matches('%').parse::<u32>()) {
        None => Flow::Block(Block::Children(None)),
        Some(Ok(pid)) => Flow::Block(Block::Children(Some(pid))),
        Some(Err(_)) => Flow::Status(127),
    }
}

/// A trap's command as it is kept.
pub(super) fn trap_command(text: &str) -> Arc<str> {
    Arc::from(text)
}
