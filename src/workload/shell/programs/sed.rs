//! `sed`: one command, on all lines or on some.

use crate::workload::files::absolute;

use super::super::regex::Regex;
use super::super::simple::Flow;
use super::super::task::{Run, Task};
use super::files::flags;
use super::not_simulated;
use super::text::contents;

/// `sed 's/a/b/g'`, `sed -n '2p'`, `sed '/x/d'`: one command.
pub(super) fn sed(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, mut words) = flags(argv);
    if words.is_empty() || letters.contains(|c: char| !"neErsi".contains(c)) {
        return not_simulated(task, run, argv);
    }
    let script = words.remove(0);
    let Some(edit) = Edit::read(&script, letters.contains(['E', 'r'])) else {
        return not_simulated(task, run, argv);
    };
    let (texts, status) = contents(task, run, "sed", &words);
    for (path, text) in texts {
        let changed = edit.apply(&text, letters.contains('n'));
        match letters.contains('i') {
            true => {
                let place = absolute(&task.scope.folder, &path);
                if let Err(error) = run.files.write(&place, &changed, false) {
                    task.complain(run, &format!("sed: {path}: {error}"));
                    return Flow::Status(4);
                }
            }
            false => task.print(run, &changed),
        }
    }
    Flow::Status(status)
}

/// A command of `sed`, on all lines or on those that an address picks.
struct Edit {
    line: Option<usize>,
    matching: Option<Regex>,
    action: Action,
}

enum Action {
    Delete,
    Print,
    Replace { from: Regex, to: String, all: bool },
}

impl Edit {
    fn read(script: &str, extended: bool) -> Option<Self> {
        let regex = |text: &str| if extended { Regex::extended(text).ok() } else { Regex::basic(text).ok() };
        let digits = script.find(|c: char| !c.is_ascii_digit()).unwrap_or(script.len());
        let (line, rest) = script.split_at(digits);
        let line = if line.is_empty() { None } else { Some(line.parse().ok()?) };
        let (matching, command) = match rest.strip_prefix('/').filter(|_| line.is_none()) {
            Some(rest) => {
                let (wanted, command) = rest.split_once('/')?;
                (Some(regex(wanted)?), command)
            }
            None => (None, rest),
        };
        let action = match command {
            "d" => Action::Delete,
            "p" => Action::Print,
            command => {
                let rest = command.strip_prefix('s')?;
                let separator = rest.chars().next()?;
                let parts: Vec<&str> = rest[separator.len_utf8()..].split(separator).collect();
                let [from, to, flags @ ("" | "g")] = parts[..] else { return None };
                // References to groups would need the matcher to remember them.
                if to.contains('\\') {
                    return None;
                }
                Action::Replace { from: regex(from)?, to: to.to_owned(), all: flags == "g" }
            }
        };
        Some(Self { line, matching, action })
    }

    fn apply(&self, text: &str, quiet: bool) -> String {
        let mut out = String::new();
        for (at, line) in text.lines().enumerate() {
            let chosen = self.line.is_none_or(|wanted| wanted == at + 1)
                && self.matching.as_ref().is_none_or(|regex| regex.is_match(line));
            let mut shown = line.to_owned();
            let mut times = usize::from(!quiet);
            match &self.action {
                _ if !chosen => {}
                Action::Delete => times = 0,
                Action::Print => times += 1,
                Action::Replace { from, to, all } => shown = replaced(line, from, to, *all),
            }
            for _ in 0..times {
                out.push_str(&shown);
                out.push('\n');
            }
        }
        out
    }
}

fn replaced(line: &str, from: &Regex, to: &str, all: bool) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some((start, end)) = from.find(rest) {
        out.push_str(&rest[..start]);
        out.push_str(&to.replace('&', &rest[start..end]));
        rest = &rest[end..];
        if !all || end == start {
            break;
        }
    }
    out + rest
}
