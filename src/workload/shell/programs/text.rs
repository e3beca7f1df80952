//! Programs that read text and print text.

use crate::workload::files::absolute;

use super::super::block::Block;
use super::super::pattern::set_contains;
use super::super::regex::Regex;
use super::super::simple::Flow;
use super::super::task::{Run, Task};
use super::files::flags;
use super::not_simulated;

/// The longest list that `seq` prints.
const LONGEST_SEQUENCE: i64 = 100_000;
/// Reads files, or standard input if there are none; complains about those that cannot be read.
pub(super) fn contents(
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

/// `sort`, `uniq`, `tac`, `rev`.
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
        let line: String = if name == "rev" { line.chars().rev().collect() } else { line.to_owned() };
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
