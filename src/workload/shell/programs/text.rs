//! Programs that read text and print text.

use smol_str::SmolStr;

use crate::time::Span;
use crate::workload::files::absolute;
use crate::workload::server::{Load, Server};

use super::super::block::Block;
use super::super::pattern::set_contains;
use super::super::regex::Regex;
use super::super::simple::Flow;
use super::super::task::{Run, Task};
use super::files::flags;
use super::not_simulated;

/// The longest list that `seq` prints.
const LONGEST_SEQUENCE: i64 = 100_000;
/// What `tail /dev/zero` would need: it remembers a line that never ends.
const ENDLESS_LINE: Load =
    Load { memory_bytes: 64 << 30, cpu_milli: 1_000, lasts: None, ramp: Span::secs(128) };

/// Reads files, or standard input if there are none; complains about those that cannot be read.
fn contents(
    task: &mut Task,
    run: &mut Run<'_, '_>,
    name: &str,
    paths: &[String],
) -> (Vec<(String, String)>, i32) {
    if paths.is_empty() {
        return (vec![("-".to_owned(), task.take_input())], 0);
    }
    let (mut texts, mut status) = (Vec::new(), 0);
    for path in paths {
        if matches!(path.as_str(), "-" | "/dev/stdin") {
            texts.push((path.clone(), task.take_input()));
            continue;
        }
        match run.files.read(&absolute(&task.scope.folder, path)) {
            Ok(text) => texts.push((path.clone(), text.to_owned())),
            Err(error) => {
                let what = if name == "cat" { format!("can't open '{path}'") } else { path.clone() };
                task.complain(run, &format!("{name}: {what}: {error}"));
                status = 1;
            }
        }
    }
    (texts, status)
}

pub(super) fn cat(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, paths) = flags(argv);
    if paths.iter().any(|path| matches!(path.as_str(), "/dev/zero" | "/dev/urandom" | "/dev/random")) {
        return Flow::Block(Block::Forever { busy: true });
    }
    let (texts, status) = contents(task, run, "cat", &paths);
    let mut number = 0;
    for (_, text) in texts {
        match letters.contains('n') {
            true => {
                for line in text.lines() {
                    number += 1;
                    task.print(run, &format!("{number:6}  {line}\n"));
                }
            }
            false => task.print(run, &text),
        }
    }
    Flow::Status(status)
}

/// How much `head` and `tail` print.
struct Extent {
    /// In lines, or else in bytes.
    lines: bool,
    count: usize,
    /// `tail -n +3`: from there on.
    from_start: bool,
    follow: bool,
    paths: Vec<String>,
}

impl Extent {
    fn read(argv: &[String]) -> Option<Self> {
        let mut extent = Self { lines: true, count: 10, from_start: false, follow: false, paths: Vec::new() };
        let mut words = argv.iter().skip(1);
        while let Some(word) = words.next() {
            let Some(mut given) = word.strip_prefix('-').filter(|given| !given.is_empty()) else {
                extent.paths.push(word.clone());
                continue;
            };
            if matches!(given, "-follow" | "-retry") || given.starts_with("-follow=") {
                extent.follow = true;
                continue;
            }
            given = given.strip_prefix("-lines=").unwrap_or(given);
            while let Some(letter) = given.chars().next() {
                match letter {
                    'f' | 'F' => extent.follow = true,
                    'q' | 'v' | 's' => {}
                    'n' | 'c' => {
                        extent.lines = letter == 'n';
                        let number = if given.len() > 1 { &given[1..] } else { words.next()?.as_str() };
                        extent.set_count(number)?;
                        break;
                    }
                    '0'..='9' | '+' => {
                        extent.set_count(given)?;
                        break;
                    }
                    _ => return None,
                }
                given = &given[letter.len_utf8()..];
            }
        }
        Some(extent)
    }

    fn set_count(&mut self, number: &str) -> Option<()> {
        self.from_start = number.starts_with('+');
        self.count = number.trim_start_matches(['+', '-']).parse().ok()?;
        Some(())
    }

    fn first<'t>(&self, text: &'t str) -> &'t str {
        let end = match self.lines {
            true => line_start(text, self.count),
            false => boundary(text, self.count),
        };
        &text[..end]
    }

    fn last<'t>(&self, text: &'t str) -> &'t str {
        let total = text.split_inclusive('\n').count();
        let start = match (self.lines, self.from_start) {
            (true, true) => line_start(text, self.count.saturating_sub(1)),
            (true, false) => line_start(text, total.saturating_sub(self.count)),
            (false, true) => boundary(text, self.count.saturating_sub(1)),
            (false, false) => boundary(text, text.len().saturating_sub(self.count)),
        };
        &text[start..]
    }
}

/// Where the line after `count` lines starts.
fn line_start(text: &str, count: usize) -> usize {
    text.split_inclusive('\n').take(count).map(str::len).sum()
}

/// The nearest place at or before `at` where text can be cut.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

pub(super) fn head(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let Some(extent) = Extent::read(argv) else { return not_simulated(task, run, argv) };
    let (texts, status) = contents(task, run, "head", &extent.paths);
    for (_, text) in texts {
        task.print(run, extent.first(&text));
    }
    Flow::Status(status)
}

/// `tail -n 5 FILE`; `tail -f FILE` goes on for ever.
pub(super) fn tail(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let Some(extent) = Extent::read(argv) else { return not_simulated(task, run, argv) };
    match extent.paths.first().map(String::as_str) {
        Some("/dev/null") if extent.follow => return Flow::Block(Block::Forever { busy: false }),
        Some("/dev/zero") => {
            let server = Server::load(&run.world.launch, ENDLESS_LINE, run.now);
            return Flow::Block(Block::Serve(Box::new(server)));
        }
        Some(path) if extent.follow => {
            if extent.paths.len() > 1 {
                return not_simulated(task, run, argv);
            }
            let place = absolute(&task.scope.folder, path);
            return follow(task, run, &extent, path, place);
        }
        _ => {}
    }
    let (texts, status) = contents(task, run, "tail", &extent.paths);
    for (_, text) in texts {
        task.print(run, extent.last(&text));
    }
    Flow::Status(status)
}

fn follow(task: &mut Task, run: &mut Run<'_, '_>, extent: &Extent, path: &str, place: SmolStr) -> Flow {
    let text = run.files.read(&place).map(str::to_owned);
    let seen = match text {
        Ok(text) => {
            task.print(run, extent.last(&text));
            text.len()
        }
        Err(error) => {
            task.complain(run, &format!("tail: {path}: {error}"));
            0
        }
    };
    Flow::Block(Block::follow(place, seen, run.now))
}

pub(super) fn tee(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, paths) = flags(argv);
    let text = task.take_input();
    task.print(run, &text);
    let mut status = 0;
    for path in paths {
        let place = absolute(&task.scope.folder, &path);
        if let Err(error) = run.files.write(&place, &text, letters.contains('a')) {
            task.complain(run, &format!("tee: {path}: {error}"));
            status = 1;
        }
    }
    Flow::Status(status)
}

pub(super) fn wc(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, paths) = flags(argv);
    let (texts, status) = contents(task, run, "wc", &paths);
    for (name, text) in texts {
        let counts =
            [('l', text.matches('\n').count()), ('w', text.split_whitespace().count()), ('c', text.len())];
        let wanted = counts.iter().filter(|(letter, _)| letters.is_empty() || letters.contains(*letter));
        let numbers: Vec<String> = wanted.map(|(_, count)| count.to_string()).collect();
        let name = if paths.is_empty() { String::new() } else { format!(" {name}") };
        task.print(run, &format!("{}{name}\n", numbers.join(" ")));
    }
    Flow::Status(status)
}

pub(super) fn grep(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (mut letters, mut words) = flags(argv);
    match argv[0].rsplit('/').next() {
        Some("egrep") => letters.push('E'),
        Some("fgrep") => letters.push('F'),
        _ => {}
    }
    if words.is_empty() || letters.contains(|c: char| !"qvicnEFoshe".contains(c)) {
        return not_simulated(task, run, argv);
    }
    let wanted = words.remove(0);
    let regex = match letters {
        _ if letters.contains('F') => Ok(Regex::literal(&wanted)),
        _ if letters.contains('E') => Regex::extended(&wanted),
        _ => Regex::basic(&wanted),
    };
    let regex = match regex {
        Ok(regex) => regex.ignore_case(letters.contains('i')),
        Err(message) => {
            task.complain(run, &format!("grep: {message}"));
            return Flow::Status(2);
        }
    };
    let (texts, failed) = contents(task, run, "grep", &words);
    let (mut found, several) = (false, texts.len() > 1 && !letters.contains('h'));
    for (path, text) in texts {
        let prefix = if several { format!("{path}:") } else { String::new() };
        let mut count = 0;
        for (at, line) in text.lines().enumerate() {
            if regex.is_match(line) == letters.contains('v') {
                continue;
            }
            (found, count) = (true, count + 1);
            let number = if letters.contains('n') { format!("{}:", at + 1) } else { String::new() };
            let shown = match regex.find(line).filter(|_| letters.contains('o')) {
                Some((start, end)) => line.get(start..end).unwrap_or(line),
                None => line,
            };
            if !letters.contains(['q', 'c']) {
                task.print(run, &format!("{prefix}{number}{shown}\n"));
            }
        }
        if letters.contains('c') && !letters.contains('q') {
            task.print(run, &format!("{prefix}{count}\n"));
        }
    }
    Flow::Status(match (found, failed) {
        (true, _) => 0,
        (false, 0) => 1,
        (false, _) => 2,
    })
}

/// `sort`, `uniq`, `tac`.
pub(super) fn arrange(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, paths) = flags(argv);
    if letters.contains(|c: char| !"nruc".contains(c)) {
        return not_simulated(task, run, argv);
    }
    let name = argv[0].rsplit('/').next().unwrap_or("sort").to_owned();
    let (texts, status) = contents(task, run, &name, &paths);
    let text: String = texts.into_iter().map(|(_, text)| text).collect();
    let mut lines: Vec<&str> = text.lines().collect();
    let number = |line: &str| {
        let line = line.trim_start();
        let end = line.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(line.len());
        line[..end].parse::<i64>().unwrap_or(0)
    };
    match name.as_str() {
        "tac" => lines.reverse(),
        "sort" if letters.contains('n') => lines.sort_by(|a, b| number(a).cmp(&number(b)).then(a.cmp(b))),
        "sort" => lines.sort_unstable(),
        _ => {}
    }
    if letters.contains('r') {
        lines.reverse();
    }
    let mut counted: Vec<(usize, &str)> = Vec::new();
    let merge = name == "uniq" || letters.contains('u');
    for line in lines {
        match counted.last_mut() {
            Some((count, last)) if merge && *last == line => *count += 1,
            _ => counted.push((1, line)),
        }
    }
    for (count, line) in counted {
        let prefix = if letters.contains('c') { format!("{count:7} ") } else { String::new() };
        task.print(run, &format!("{prefix}{line}\n"));
    }
    Flow::Status(status)
}

/// `cut -d: -f1,3`, `cut -c1-5`.
pub(super) fn cut(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (mut delimiter, mut list, mut letters, mut paths) = ("\t".to_owned(), None, false, Vec::new());
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        let value = |words: &mut dyn Iterator<Item = &String>| match word.len() {
            2 => words.next().cloned(),
            _ => Some(word[2..].to_owned()),
        };
        match word.get(..2) {
            Some("-d") => delimiter = value(&mut words).unwrap_or_default(),
            Some("-f") => list = value(&mut words),
            Some("-c" | "-b") => (list, letters) = (value(&mut words), true),
            Some("-s") => {}
            _ => paths.push(word.clone()),
        }
    }
    let Some(ranges) = list.as_deref().and_then(ranges) else { return not_simulated(task, run, argv) };
    let chosen = |n: usize| ranges.iter().any(|(low, high)| (*low..=*high).contains(&n));
    let (texts, status) = contents(task, run, "cut", &paths);
    for (_, text) in texts {
        for line in text.lines() {
            let kept = if letters {
                line.chars().enumerate().filter(|(at, _)| chosen(at + 1)).map(|(_, c)| c).collect()
            } else if !delimiter.is_empty() && line.contains(&delimiter) {
                let parts = line.split(&delimiter).enumerate().filter(|(at, _)| chosen(at + 1));
                parts.map(|(_, part)| part).collect::<Vec<_>>().join(&delimiter)
            } else {
                line.to_owned()
            };
            task.print(run, &format!("{kept}\n"));
        }
    }
    Flow::Status(status)
}

/// `1,3-5,7-`.
fn ranges(list: &str) -> Option<Vec<(usize, usize)>> {
    let bound = |text: &str, open: usize| if text.is_empty() { Some(open) } else { text.parse().ok() };
    let range = |part: &str| match part.split_once('-') {
        Some((low, high)) => Some((bound(low, 1)?, bound(high, usize::MAX)?)),
        None => part.parse().ok().map(|n| (n, n)),
    };
    list.split(',').map(range).collect()
}

/// `tr a-z A-Z`, `tr -d '\n'`.
pub(super) fn tr(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let (letters, words) = flags(argv);
    let sets: Vec<Vec<char>> =
        words.iter().map(|word| super::super::echo::unescape(word).0.chars().collect()).collect();
    let text = task.take_input();
    let changed: String = match (letters.as_str(), &sets[..]) {
        ("d", [gone]) => text.chars().filter(|c| !set_contains(gone, *c)).collect(),
        ("cd" | "dc", [kept]) => text.chars().filter(|c| set_contains(kept, *c)).collect(),
        ("s", [one]) => {
            let mut last = None;
            let repeated = |c: char, last: Option<char>| last == Some(c) && set_contains(one, c);
            text.chars().filter(|c| !repeated(*c, last.replace(*c))).collect()
        }
        ("", [from, to]) => {
            let (from, to) = (members(from), members(to));
            let change = |c: char| {
                let at = from.iter().position(|wanted| *wanted == c);
                at.and_then(|at| to.get(at).or(to.last())).copied().unwrap_or(c)
            };
            text.chars().map(change).collect()
        }
        _ => return not_simulated(task, run, argv),
    };
    task.print(run, &changed);
    Flow::Status(0)
}

/// The ASCII characters of a set such as `a-z`, in the order in which they are written.
fn members(set: &[char]) -> Vec<char> {
    let mut all = Vec::new();
    let mut rest = set;
    loop {
        match rest {
            [] => return all,
            ['[', ':', ..] => {
                let end = rest.iter().position(|c| *c == ']').map_or(rest.len(), |at| at + 1);
                let (class, tail) = rest.split_at(end);
                all.extend((0..128_u8).map(char::from).filter(|c| set_contains(class, *c)));
                rest = tail;
            }
            [low, '-', high, tail @ ..] => {
                all.extend(*low..=*high);
                rest = tail;
            }
            [one, tail @ ..] => {
                all.push(*one);
                rest = tail;
            }
        }
    }
}

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

/// `seq LAST`, `seq FIRST LAST`, `seq FIRST STEP LAST`, in whole numbers.
pub(super) fn seq(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let numbers: Option<Vec<i64>> = argv[1..].iter().map(|word| word.parse().ok()).collect();
    let (first, step, last) = match numbers.as_deref() {
        Some([last]) => (1, 1, *last),
        Some([first, last]) => (*first, 1, *last),
        Some([first, step, last]) if *step != 0 => (*first, *step, *last),
        _ => return not_simulated(task, run, argv),
    };
    let count = (last.saturating_sub(first) / step).saturating_add(1).min(LONGEST_SEQUENCE);
    let lines: String =
        (0..count).map(|n| format!("{}\n", first.saturating_add(n.saturating_mul(step)))).collect();
    task.print(run, &lines);
    Flow::Status(0)
}

/// `base64`, `base64 -d`.
pub(super) fn base64(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (letters, paths) = flags(argv);
    let (texts, status) = contents(task, run, "base64", &paths);
    let text: String = texts.into_iter().map(|(_, text)| text).collect();
    let bits =
        |bytes: &[u8], width: u32| bytes.iter().fold(0_u32, |all, byte| all << width | u32::from(*byte));
    if letters.contains(['d', 'D']) {
        let sextets: Option<Vec<u8>> = text
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
            .map(|byte| {
                LETTERS.iter().position(|letter| *letter == byte).and_then(|at| u8::try_from(at).ok())
            })
            .collect();
        let Some(sextets) = sextets else {
            task.complain(run, "base64: invalid input");
            return Flow::Status(1);
        };
        let mut bytes = Vec::new();
        for group in sextets.chunks(4) {
            let all = bits(group, 6) << (6 * (4 - group.len()));
            bytes.extend(all.to_be_bytes().iter().skip(1).take(group.len() - 1));
        }
        task.print(run, &String::from_utf8_lossy(&bytes));
        return Flow::Status(status);
    }
    let mut out = String::new();
    for group in text.as_bytes().chunks(3) {
        let all = bits(group, 8) << (8 * (3 - group.len()));
        for at in 0..4 {
            let letter = LETTERS[(all >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= group.len() { char::from(letter) } else { '=' });
        }
    }
    task.print(run, &format!("{out}\n"));
    Flow::Status(status)
}
