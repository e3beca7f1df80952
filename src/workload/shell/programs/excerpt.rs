//! `head` and `tail`.

use smol_str::SmolStr;

use crate::time::Span;
use crate::workload::files::absolute;
use crate::workload::server::{Load, Server};

use super::super::block::Block;
use super::super::simple::Flow;
use super::super::task::{Run, Task};
use super::not_simulated;
use super::text::contents;

/// What `tail /dev/zero` would need: it remembers a line that never ends.
const ENDLESS_LINE: Load =
    Load { memory_bytes: 64 << 30, cpu_milli: 1_000, lasts: None, ramp: Span::secs(128) };

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
