//! How fast virtual time goes by on the screen.
//!
//! At a speed, virtual time is wall time multiplied. In *follow* mode, the default, every step of a story can be
//! seen: a beat goes on to the next step and lasts at least 300 ms, whatever its virtual length; when nothing is
//! under way but a clock runs that will mend what is missing, waiting goes by quickly; and when all is well, or only a
//! person could go on, time is real.

use std::time::Duration;

use crate::engine::World;
use crate::expression::facts::is_settled;
use crate::time::{Span, VirtualTime};
use crate::tui::model::mends;

/// How long a step of a story stays on the screen.
const BEAT: Duration = Duration::from_millis(300);
/// Steps that are closer together than this are one beat.
const TOGETHER: Span = Span::millis(12);
/// How long it rests at what it was sent to.
const REST: Duration = Duration::from_secs(3);
/// How much quicker than real time a wait goes by while something has not healed.
const SKIPPING: u32 = 40;

/// The speeds, as wall microseconds per virtual microseconds: numerator and denominator.
const SPEEDS: [(u32, u32, &str); 10] = [
    (1, 100, "1/100x"),
    (1, 20, "1/20x"),
    (1, 4, "1/4x"),
    (1, 1, "1x"),
    (2, 1, "2x"),
    (5, 1, "5x"),
    (20, 1, "20x"),
    (100, 1, "100x"),
    (1000, 1, "1000x"),
    (0, 1, "max"),
];

/// How time goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Slow enough to see each step, quick through waits.
    Follow,
    /// A fixed speed: its place in the table.
    Fixed(usize),
}

/// The pace of a session.
#[derive(Clone, Debug)]
pub struct Pace {
    /// How time goes by.
    pub mode: Mode,
    /// Whether time stands still.
    pub paused: bool,
    /// Wall time that has not been turned into virtual time yet.
    left: Duration,
    /// How long it still rests at what it was sent to.
    rest: Duration,
}

/// How far to go now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stride {
    /// Nowhere.
    Stay,
    /// Up to this instant.
    Until(VirtualTime),
    /// Up to this instant, unless something begins before.
    Wait(VirtualTime),
    /// To the next step of a story, and what belongs to it.
    Beat,
    /// As far as possible within this wall time.
    Flat(Duration),
}

impl Default for Pace {
    fn default() -> Self {
        Self { mode: Mode::Follow, paused: false, left: Duration::ZERO, rest: Duration::ZERO }
    }
}

impl Pace {
    /// The pace that people name: `follow`, `max`, `1x`, `1/4x`, `20`.
    ///
    /// # Errors
    /// What there is instead.
    pub fn parse(text: &str) -> Result<Mode, String> {
        if text == "follow" {
            return Ok(Mode::Follow);
        }
        let wanted = text.trim_end_matches('x');
        let found =
            SPEEDS.iter().position(|(.., label)| label.trim_end_matches('x') == wanted || *label == text);
        found.map(Mode::Fixed).ok_or_else(|| {
            let labels: Vec<&str> = SPEEDS.iter().map(|(.., label)| *label).collect();
            format!("\"{text}\" is no speed; there are follow, {}", labels.join(", "))
        })
    }

    /// The fixed speeds by name, slowest first.
    pub fn labels() -> impl Iterator<Item = &'static str> {
        SPEEDS.iter().map(|(.., label)| *label)
    }

    /// As the status line shows it.
    pub fn label(&self) -> &'static str {
        match self.mode {
            _ if self.paused => "paused",
            Mode::Follow => "follow",
            Mode::Fixed(index) => SPEEDS[index].2,
        }
    }

    /// The next slower or faster speed.
    pub fn shift(&mut self, faster: bool) {
        let here = match self.mode {
            Mode::Follow => 3,
            Mode::Fixed(index) => index,
        };
        let there = if faster { here + 1 } else { here.saturating_sub(1) };
        self.set(Mode::Fixed(there.min(SPEEDS.len() - 1)));
    }

    /// Sets the mode.
    pub fn set(&mut self, mode: Mode) {
        self.mode = mode;
        (self.left, self.rest) = (Duration::ZERO, Duration::ZERO);
    }

    /// Real time.
    pub fn real_time(&mut self) {
        self.set(Mode::Fixed(3));
    }

    /// It was sent to something: that is to be read before time goes on.
    pub fn rest(&mut self) {
        self.rest = REST;
    }

    /// Whether it stands at something, for good or for a moment.
    pub fn stands(&self) -> bool {
        self.paused || !self.rest.is_zero()
    }

    /// How far to go when this much wall time went by since the last time; `busy`: something is under way, or still to
    /// be told.
    pub fn stride(&mut self, elapsed: Duration, world: &World, busy: bool) -> Stride {
        if self.paused {
            (self.left, self.rest) = (Duration::ZERO, Duration::ZERO);
            return Stride::Stay;
        }
        if !self.rest.is_zero() {
            self.rest = self.rest.saturating_sub(elapsed);
            return Stride::Stay;
        }
        match self.mode {
            Mode::Fixed(index) => {
                let (times, over, _) = SPEEDS[index];
                match times {
                    0 => Stride::Flat(Duration::from_millis(40)),
                    times => Stride::Until(self.scaled(elapsed, times, over, world)),
                }
            }
            Mode::Follow if busy => {
                self.left += elapsed;
                if self.left < BEAT {
                    return Stride::Stay;
                }
                self.left = Duration::ZERO;
                Stride::Beat
            }
            Mode::Follow => {
                // What waits for a person is not hurried: nothing would come of it.
                let times = if !is_settled(world) && mends(world) { SKIPPING } else { 1 };
                Stride::Wait(self.scaled(elapsed, times, 1, world))
            }
        }
    }

    fn scaled(&mut self, elapsed: Duration, times: u32, over: u32, world: &World) -> VirtualTime {
        let virtual_time = (elapsed + self.left) * times / over;
        self.left = Duration::ZERO;
        world.now() + Span::micros(u64::try_from(virtual_time.as_micros()).unwrap_or(u64::MAX))
    }

    /// How long events may lie apart to be one beat.
    pub fn together() -> Span {
        TOGETHER
    }

    /// How long the screen may sleep until time has to go on.
    pub fn nap(&self, busy: bool) -> Option<Duration> {
        match self.mode {
            _ if self.paused => None,
            _ if !self.rest.is_zero() => Some(self.rest.min(Duration::from_millis(66))),
            Mode::Follow if busy => Some(BEAT.saturating_sub(self.left)),
            Mode::Fixed(index) if SPEEDS[index].0 == 0 => Some(Duration::from_millis(1)),
            _ => Some(Duration::from_millis(66)),
        }
    }
}
