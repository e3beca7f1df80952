//! `trap` and `kill`.

use smol_str::SmolStr;

use super::builtin::trap_command;
use super::simple::Flow;
use super::task::{Run, Task};

/// Signals by name and number.
const SIGNALS: [(&str, i32); 12] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ABRT", 6),
    ("KILL", 9),
    ("USR1", 10),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("CHLD", 17),
    ("CONT", 18),
];

/// The name and number of a signal written as `TERM`, `SIGTERM`, `term` or `15`.
pub(super) fn signal_of(word: &str) -> Option<(&'static str, i32)> {
    let upper = word.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    SIGNALS.into_iter().find(|(known, number)| *known == name || number.to_string() == name)
}

/// `trap 'command' SIGNAL...`, `trap - SIGNAL...`, `trap '' SIGNAL...`.
pub(super) fn trap(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    let (command, names) = match args {
        [] => {
            let lines: String =
                task.traps.iter().map(|(name, command)| format!("trap -- '{command}' {name}\n")).collect();
            task.print(run, &lines);
            return Flow::Status(0);
        }
        // With only one word it is a signal that gets its usual meaning back.
        [only] => ("-", std::slice::from_ref(only)),
        [command, names @ ..] => (command.as_str(), names),
    };
    for word in names {
        let name = match word.as_str() {
            "0" | "EXIT" | "exit" => "EXIT",
            "ERR" | "DEBUG" | "RETURN" => {
                task.complain(run, &format!("sh: trap: {word} is not simulated"));
                return Flow::Status(127);
            }
            word => match signal_of(word) {
                Some((name, _)) => name,
                None => {
                    task.complain(run, &format!("sh: trap: {word}: invalid signal specification"));
                    return Flow::Status(1);
                }
            },
        };
        match command {
            "-" => drop(task.traps.remove(name)),
            command => drop(task.traps.insert(SmolStr::new_static(name), trap_command(command))),
        }
    }
    Flow::Status(0)
}

/// `kill -TERM PID...`; `kill -0 PID` only asks whether it is there.
pub(super) fn kill(task: &mut Task, run: &mut Run<'_, '_>, args: &[String]) -> Flow {
    let mut signal = Some(("TERM", 15));
    let mut words = args.iter();
    let mut targets = Vec::new();
    while let Some(word) = words.next() {
        match word.strip_prefix('-') {
            Some("s" | "n") => signal = words.next().and_then(|name| signal_of(name)),
            Some("l") => {
                let names: String = SIGNALS.iter().map(|(name, _)| format!("{name}\n")).collect();
                task.print(run, &names);
                return Flow::Status(0);
            }
            Some("0") => signal = Some(("0", 0)),
            Some("-") => {}
            Some(name) if targets.is_empty() => signal = signal_of(name),
            _ => targets.push(word.trim_start_matches(['%', '-'])),
        }
    }
    let Some((name, _)) = signal else {
        task.complain(run, "sh: kill: bad signal name");
        return Flow::Status(1);
    };
    let mut status = 0;
    for target in targets {
        let pid = target.parse::<u32>().ok();
        match pid.filter(|pid| *pid == 1 || *pid == run.world.first_pid || run.world.alive.contains_key(pid))
        {
            Some(_) if name == "0" => {}
            Some(pid) => run.signals.push((pid, SmolStr::new_static(name))),
            None => {
                task.complain(run, &format!("sh: can't kill pid {target}: No such process"));
                status = 1;
            }
        }
    }
    Flow::Status(status)
}
