//! Which part of time is on the screen, and how much of it a column stands for.

use crate::time::{Span, VirtualTime};

/// What a column of the screen can stand for.
const SCALES: [Span; 19] = [
    Span::micros(50),
    Span::micros(100),
    Span::micros(200),
    Span::micros(500),
    Span::millis(1),
    Span::millis(2),
    Span::millis(5),
    Span::millis(10),
    Span::millis(20),
    Span::millis(50),
    Span::millis(100),
    Span::millis(200),
    Span::millis(500),
    Span::secs(1),
    Span::secs(2),
    Span::secs(5),
    Span::secs(10),
    Span::secs(30),
    Span::secs(60),
];

/// What part of time is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Where it begins.
    pub(super) left: VirtualTime,
    /// What a column stands for.
    pub(super) column: Span,
    /// How many columns it has.
    pub(super) width: usize,
}

impl Window {
    /// The window around a moment: a story that fits is shown whole, and the window moves by halves otherwise, so
    /// that it stands still while the cursor moves through it.
    pub(super) fn around(
        at: VirtualTime,
        story: Option<(VirtualTime, VirtualTime)>,
        now: VirtualTime,
        zoom: i32,
        width: usize,
    ) -> Self {
        let (from, to) = story.unwrap_or((at, at + Span::secs(1)));
        let room = (width as u64 * 3 / 4).max(1);
        let whole = (to - from).as_micros().max(1);
        let fitting = SCALES.iter().position(|scale| scale.as_micros() * room >= whole);
        let index = i32::try_from(fitting.unwrap_or(SCALES.len() - 1)).unwrap_or(0) - zoom;
        let index = usize::try_from(index).unwrap_or(0).min(SCALES.len() - 1);
        let column = SCALES[index];
        let page = column.as_micros() * (width as u64 / 2).max(1);
        let fits = zoom <= 0 && column.as_micros() * room >= whole && at <= to;
        let left = match fits {
            true => from.micros().saturating_sub(column.as_micros() * (width as u64 / 16)),
            false => {
                // There is no future to be shown: a little room behind now is enough.
                let most = column.as_micros() * (width as u64 * 15 / 16);
                let page = (at.micros() / page * page).saturating_sub(page / 2);
                page.min(now.max(to).micros().saturating_sub(most))
            }
        };
        let left = left / column.as_micros() * column.as_micros();
        Self { left: VirtualTime::from_micros(left), column, width }
    }

    pub(super) fn at(&self, column: usize) -> VirtualTime {
        self.left + self.column.times(column as u64)
    }

    pub(super) fn end(&self) -> VirtualTime {
        self.at(self.width)
    }

    /// The column of a moment, if it is on the screen.
    pub(super) fn column_of(&self, at: VirtualTime) -> Option<usize> {
        let column = at.micros().checked_sub(self.left.micros())? / self.column.as_micros();
        usize::try_from(column).ok().filter(|column| *column < self.width)
    }

    /// The columns from one moment to another, cut to the screen.
    pub(super) fn columns(&self, from: VirtualTime, to: VirtualTime) -> Option<(usize, usize)> {
        if to < self.left || from >= self.end() {
            return None;
        }
        let first = self.column_of(from.max(self.left))?;
        Some((first, self.column_of(to).unwrap_or(self.width - 1).max(first)))
    }
}

/// A moment as exactly as the columns tell it apart: `4.750`, `12:04.7`.
pub(super) fn exact(at: VirtualTime, column: Span) -> String {
    let (minutes, micros) = (at.micros() / 60_000_000, at.micros() % 60_000_000);
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    let fraction = match column.as_micros() {
        0..1_000 => format!(".{:04}", rest / 100),
        1_000..100_000 => format!(".{:03}", rest / 1_000),
        100_000..1_000_000 => format!(".{}", rest / 100_000),
        _ => String::new(),
    };
    match minutes {
        0 => format!("{seconds}{fraction}s"),
        _ => format!("{minutes}:{seconds:02}{fraction}"),
    }
}
