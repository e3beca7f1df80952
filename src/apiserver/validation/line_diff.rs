//! The difference of two texts in unified form, with three lines of context.
//!
//! The real server uses a Go port of Python's `difflib`; which of several possible differences it shows
//! depends on that algorithm: the longest common run of lines first, then left and right of it, never
//! starting a run with a line that is too popular to mean anything.

use std::collections::BTreeMap;

/// Lines around a change (`Context: 3`).
const CONTEXT: usize = 3;
/// A text of at least this many lines has popular lines (`autojunk`).
const POPULAR_FROM: usize = 200;

/// Lines `a..` and `b..` that are equal, this many of them.
#[derive(Clone, Copy)]
struct Run {
    a: usize,
    b: usize,
    size: usize,
}

struct Matcher<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
    /// Where each line of the new text that is not too popular occurs.
    places: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Matcher<'a> {
    fn new(old: &'a str, new: &'a str) -> Self {
        let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, line) in new.iter().enumerate() {
            places.entry(line).or_default().push(at);
        }
        // The Go port splits a text into its lines and one empty one behind the last.
        if new.len() + 1 >= POPULAR_FROM {
            let most = (new.len() + 1) / 100 + 1;
            places.retain(|_, places| places.len() <= most);
        }
        Self { old, new, places }
    }

    /// The longest run inside these ranges, the earliest of several.
    fn longest(&self, (a_low, a_high): (usize, usize), (b_low, b_high): (usize, usize)) -> Run {
        let mut best = Run { a: a_low, b: b_low, size: 0 };
        let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
        for a in a_low..a_high {
            let mut next = BTreeMap::new();
            let places = self.old.get(a).and_then(|line| self.places.get(line));
            for &b in places.into_iter().flatten().filter(|b| (b_low..b_high).contains(*b)) {
                let before = b.checked_sub(1).and_then(|b| lengths.get(&b)).copied().unwrap_or(0);
                let size = before + 1;
                next.insert(b, size);
                if size > best.size {
                    best = Run { a: a + 1 - size, b: b + 1 - size, size };
                }
            }
            lengths = next;
        }
        // Popular lines do not start a run, but may lengthen one.
        while best.a > a_low && best.b > b_low && self.same(best.a - 1, best.b - 1) {
            best = Run { a: best.a - 1, b: best.b - 1, size: best.size + 1 };
        }
        while best.a + best.size < a_high
            && best.b + best.size < b_high
            && self.same(best.a + best.size, best.b + best.size)
        {
            best.size += 1;
        }
        best
    }

    fn same(&self, a: usize, b: usize) -> bool {
        self.old.get(a).is_some() && self.old.get(a) == self.new.get(b)
    }

    /// All runs in order, neighbours joined, with an empty one at the end of both texts.
    fn runs(&self) -> Vec<Run> {
        let mut found = Vec::new();
        let mut todo = vec![((0, self.old.len()), (0, self.new.len()))];
        while let Some((a, b)) = todo.pop() {
            let run = self.longest(a, b);
            if run.size > 0 {
                todo.push(((a.0, run.a), (b.0, run.b)));
                todo.push(((run.a + run.size, a.1), (run.b + run.size, b.1)));
                found.push(run);
            }
        }
        found.sort_by_key(|run| (run.a, run.b));
        let mut joined: Vec<Run> = Vec::new();
        for run in found {
            match joined.last_mut() {
                Some(last) if last.a + last.size == run.a && last.b + last.size == run.b => {
                    last.size += run.size
                }
                _ => joined.push(run),
            }
        }
        joined.push(Run { a: self.old.len(), b: self.new.len(), size: 0 });
        joined
    }
}

/// A stretch of both texts that is equal or is not.
#[derive(Clone, Copy)]
struct Stretch {
    equal: bool,
    a: (usize, usize),
    b: (usize, usize),
}

fn stretches(runs: &[Run]) -> Vec<Stretch> {
    let (mut a, mut b, mut out) = (0, 0, Vec::new());
    for run in runs {
        if a < run.a || b < run.b {
            out.push(Stretch { equal: false, a: (a, run.a), b: (b, run.b) });
        }
        (a, b) = (run.a + run.size, run.b + run.size);
        if run.size > 0 {
            out.push(Stretch { equal: true, a: (run.a, a), b: (run.b, b) });
        }
    }
    out
}

/// Changes that are near each other go into one hunk with the equal lines around and between them.
fn hunks(stretches: &[Stretch]) -> Vec<Vec<Stretch>> {
    let last = stretches.len().saturating_sub(1);
    let (mut hunks, mut hunk) = (Vec::new(), Vec::new());
    for (index, stretch) in stretches.iter().enumerate() {
        let Stretch { equal, a, b } = *stretch;
        if !equal {
            hunk.push(*stretch);
            continue;
        }
        let size = a.1 - a.0;
        let tail = size.min(CONTEXT);
        let start = Stretch { equal, a: (a.1 - tail, a.1), b: (b.1 - tail, b.1) };
        let end = Stretch { equal, a: (a.0, a.0 + tail), b: (b.0, b.0 + tail) };
        match (index == 0, index == last) {
            (true, true) => {}
            (true, false) => hunk.push(start),
            (false, true) => hunk.push(end),
            (false, false) if size > 2 * CONTEXT => {
                hunk.push(end);
                hunks.push(std::mem::take(&mut hunk));
                hunk.push(start);
            }
            (false, false) => hunk.push(*stretch),
        }
    }
    if hunk.iter().any(|stretch| !stretch.equal) {
        hunks.push(hunk);
    }
    hunks
}

fn range(start: usize, end: usize) -> String {
    match end - start {
        1 => (start + 1).to_string(),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

/// The difference; empty if there is none.
pub fn unified(old: &str, new: &str) -> String {
    let matcher = Matcher::new(old, new);
    let mut out = String::new();
    for hunk in hunks(&stretches(&matcher.runs())) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        out.push_str(&format!("@@ -{} +{} @@\n", range(first.a.0, last.a.1), range(first.b.0, last.b.1)));
        let mut put = |mark: char, lines: Option<&[&str]>| {
            for line in lines.into_iter().flatten() {
                out.push(mark);
                out.push_str(line);
                out.push('\n');
            }
        };
        for Stretch { equal, a, b } in hunk {
            if equal {
                put(' ', matcher.old.get(a.0..a.1));
            } else {
                put('-', matcher.old.get(a.0..a.1));
                put('+', matcher.new.get(b.0..b.1));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_with_their_surroundings() {
        let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let new = old.replace("5\n6\n", "5\nfive and a half\n6\n").replace("18\n", "");
        assert_eq!(
            unified(&old, &new),
            "@@ -3,6 +3,7 @@\n 3\n 4\n 5\n+five and a half\n 6\n 7\n 8\n@@ -15,6 +16,5 @@\n 15\n 16\n 17\n-18\n 19\n 20\n"
        );
        assert_eq!(unified(&old, &old), "");
    }
}
