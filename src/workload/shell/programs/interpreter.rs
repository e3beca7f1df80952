//! Programs that run other programs: shells, `env`, `timeout`.

use crate::time::Span;
use crate::workload::files::absolute;
use crate::workload::server::Server;

use super::super::block::Block;
use super::super::builtin::set_option;
use super::super::frame::Frame;
use super::super::simple::Flow;
use super::super::task::{Run, Task};
use super::{not_simulated, system};

/// `sh -c SCRIPT NAME ARGS...`, `sh FILE ARGS...`, or a script on standard input.
pub(super) fn shell(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let mut words = argv.iter().skip(1);
    let mut options = Vec::new();
    let mut inline = false;
    let mut first = None;
    while let Some(word) = words.next() {
        if word == "--" || word == "-" {
            first = words.next();
            break;
        }
        let Some(letters) = word.strip_prefix(['-', '+']).filter(|_| !word.starts_with("--")) else {
            match word.starts_with("--") {
                // --login, --norc and the like make no difference.
                true => continue,
                false => first = Some(word),
            }
            break;
        };
        for letter in letters.chars() {
            match letter {
                'c' => inline = true,
                'o' => {
                    options.push((letter, words.next().cloned().unwrap_or_default(), word.starts_with('-')))
                }
                's' => {}
                _ => options.push((letter, String::new(), word.starts_with('-'))),
            }
        }
    }
    let rest: Vec<String> = words.cloned().collect();
    let (text, name, args) = match (first, inline) {
        (Some(text), true) => {
            let name = rest.first().cloned().unwrap_or_else(|| "sh".to_owned());
            (text.clone(), name, rest.get(1..).unwrap_or_default().to_vec())
        }
        (Some(path), false) => match run.files.read(&absolute(&task.scope.folder, path)) {
            Ok(text) => (text.to_owned(), path.clone(), rest),
            Err(error) => {
                task.complain(run, &format!("sh: can't open '{path}': {error}"));
                return Flow::Status(2);
            }
        },
        (None, true) => {
            task.complain(run, "sh: -c requires an argument");
            return Flow::Status(2);
        }
        // Without a terminal, a shell reads its commands from standard input; most often there are none.
        (None, false) => (task.take_input(), "sh".to_owned(), Vec::new()),
    };
    enter(task, name, args);
    for (letter, long, on) in options {
        set_option(task, letter, &long, on);
    }
    task.begin_text(run, &text);
    Flow::Went
}

/// A file that is run as a program: its first line says by what.
pub(super) fn script(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let Some((path, args)) = argv.split_first() else { return Flow::Status(0) };
    let text = match run.files.read(&absolute(&task.scope.folder, path)) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            task.complain(run, &format!("sh: {path}: Permission denied"));
            return Flow::Status(126);
        }
    };
    let first = text.lines().next().unwrap_or("");
    if let Some(interpreter) = first.strip_prefix("#!")
        && !interpreter.split_whitespace().any(is_shell)
    {
        return not_simulated(task, run, argv);
    }
    enter(task, path.clone(), args.to_vec());
    task.begin_text(run, &text);
    Flow::Went
}

fn is_shell(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"))
}

/// Starts a shell of its own inside this one.
fn enter(task: &mut Task, name: String, args: Vec<String>) {
    let mut scope = task.scope.for_program();
    scope.name = name.into();
    scope.args = args;
    let outer = std::mem::replace(&mut task.scope, scope);
    task.frames.push(Frame::Subshell(Box::new(outer)));
}

/// `env` prints the environment; `env A=1 PROGRAM ...` runs a program in a changed one.
pub(super) fn env(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let mut words = &argv[1..];
    let mut changed = task.scope.for_program();
    while let Some((word, rest)) = words.split_first() {
        match (word.as_str(), word.split_once('=')) {
            ("-i" | "-", _) => changed = super::super::scope::Scope::new([], changed.folder.clone()),
            ("-u", _) => {
                changed.unset(rest.first().map_or("", String::as_str));
                words = rest;
            }
            (_, Some((name, value))) => {
                let variable = changed.variable(name);
                (variable.value, variable.exported) = (value.to_owned(), true);
            }
            _ => break,
        }
        words = words.get(1..).unwrap_or_default();
    }
    if words.is_empty() {
        let lines: String = changed.environment().map(|(name, value)| format!("{name}={value}\n")).collect();
        task.print(run, &lines);
        return Flow::Status(0);
    }
    let outer = std::mem::replace(&mut task.scope, changed);
    task.frames.push(Frame::Subshell(Box::new(outer)));
    task.frames.push(Frame::Program(words.to_vec()));
    Flow::Went
}

/// `timeout 5 PROGRAM ...`.
pub(super) fn timeout(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let mut words = argv[1..].iter();
    let mut span = None;
    while let Some(word) = words.next() {
        match word.as_str() {
            "-s" | "-k" | "--signal" | "--kill-after" => drop(words.next()),
            "-t" => {}
            flag if flag.starts_with('-') => {}
            length => {
                span = system::seconds(length);
                break;
            }
        }
    }
    let program: Vec<String> = words.cloned().collect();
    let Some(span) = span.filter(|_| !program.is_empty()) else { return not_simulated(task, run, argv) };
    // 0 means no limit.
    if span > Span::ZERO {
        task.frames.push(Frame::Deadline(run.now + span));
    }
    task.frames.push(Frame::Program(program));
    Flow::Went
}

/// `nohup`, `nice` and the like: what they run is what matters.
pub(super) fn wrapper(task: &mut Task, _: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let flags = argv.iter().skip(1).take_while(|word| word.starts_with('-')).count();
    let takes_number = argv.get(1).is_some_and(|flag| flag == "-n");
    let program = argv.get(1 + flags + usize::from(takes_number)..).unwrap_or_default();
    if program.is_empty() {
        return Flow::Status(0);
    }
    task.frames.push(Frame::Program(program.to_vec()));
    Flow::Went
}

/// `python -m http.server PORT` and busybox's `httpd -f -p PORT`; other Python is not interpreted.
pub(super) fn web_server(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let port = match words[..] {
        ["httpd", ref rest @ ..] if rest.contains(&"-f") => {
            let given = rest.iter().position(|word| *word == "-p").and_then(|at| rest.get(at + 1));
            given.map_or(Ok(80), |port| port.rsplit(':').next().unwrap_or(port).parse())
        }
        [_, "-m", "http.server", ref rest @ ..] => {
            let given = rest.iter().find(|word| !word.starts_with('-'));
            given.map_or(Ok(8000), |port| port.parse())
        }
        [_] if words != ["httpd"] => return Flow::Status(0),
        _ => return not_simulated(task, run, argv),
    };
    match port {
        Ok(port) => Flow::Block(Block::Serve(Box::new(Server::simple(&run.world.launch, port, run.now)))),
        Err(_) => not_simulated(task, run, argv),
    }
}
