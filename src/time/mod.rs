//! Virtual time: the only clock that the cluster knows.
//!
//! A real cluster reads the clock of each machine. Here time is an *argument*: the engine tells every
//! component which instant it is, and nothing below the rim may ask the operating system. That is what
//! makes a run repeatable to the byte, and an hour of cluster life takes a moment to replay.
//!
//! - [`VirtualTime`] is an instant, in microseconds since the cluster booted.
//! - [`Span`] is a length of time, in microseconds.
//!
//! ```
//! use kubeloop::time::{Span, VirtualTime};
//! let boot = VirtualTime::ZERO;
//! let later = boot + Span::secs(40);
//! assert_eq!(later - boot, Span::millis(40_000));
//! assert_eq!(later.to_string(), "00:40.0");
//! ```

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What the calendar says when the cluster boots: 2026-01-05T08:00:00Z, a Monday morning. API objects carry
/// calendar timestamps, so virtual time needs an anchor; a constant one keeps runs equal on every day.
const BOOT_UNIX_SECONDS: i64 = 1_767_600_000;

/// An instant, in microseconds since the cluster booted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VirtualTime(u64);

/// A length of time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(u64);

impl VirtualTime {
    /// The boot instant.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens.
    pub const NEVER: Self = Self(u64::MAX);

    /// The instant `micros` microseconds after boot.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since boot.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Whole and fractional seconds since boot.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// The calendar instant, with microseconds.
    pub fn timestamp(self) -> Timestamp {
        let boot = Timestamp::constant(BOOT_UNIX_SECONDS, 0);
        let micros = i64::try_from(self.0).unwrap_or(i64::MAX);
        boot.checked_add(SignedDuration::from_micros(micros)).unwrap_or(Timestamp::MAX)
    }

    /// As API objects store it: whole seconds (`metav1.Time`).
    pub fn to_api(self) -> Time {
        let whole = Self(self.0 / 1_000_000 * 1_000_000);
        Time(whole.timestamp())
    }

    /// As Leases and scheduler events store it: microseconds (`metav1.MicroTime`).
    pub fn to_api_micro(self) -> MicroTime {
        MicroTime(self.timestamp())
    }

    /// The instant that an API timestamp names; boot if it lies before boot.
    pub fn from_api(time: &Time) -> Self {
        Self::from_timestamp(time.0)
    }

    /// The instant that an API timestamp with microseconds names; boot if it lies before boot.
    pub fn from_api_micro(time: &MicroTime) -> Self {
        Self::from_timestamp(time.0)
    }

    /// Reads a moment as the screen writes it, `04:37.3`, in seconds since boot, or as a duration since then.
    ///
    /// # Errors
    /// The text itself with what would be right, when it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let seconds = |text: &str, below: f64| {
            let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..below).contains(seconds))?;
            Some(Span::micros((seconds * 1e6).round() as u64))
        };
        let clock = |(before, rest): (&str, &str)| {
            let (hours, minutes) = before.split_once(':').unwrap_or(("0", before));
            let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
            Some(Span::secs(u64::from(hours) * 3600 + u64::from(minutes) * 60) + seconds(rest, 60.0)?)
        };
        let since = match text.rsplit_once(':') {
            Some(parts) => clock(parts),
            None => seconds(text, 1e9).or_else(|| Span::parse(text).ok()),
        };
        let bad = || format!("\"{text}\" is no time; write it like 4:37.3, 39.4 or 1m30s");
        since.map(|since| Self::ZERO + since).ok_or_else(bad)
    }

    fn from_timestamp(stamp: Timestamp) -> Self {
        let micros = stamp.as_microsecond() - BOOT_UNIX_SECONDS * 1_000_000;
        Self(u64::try_from(micros).unwrap_or(0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The shortest span there is: one microsecond. Every message takes at least this long.
    pub const TICK: Self = Self(1);

    /// `n` microseconds.
    pub const fn micros(n: u64) -> Self {
        Self(n)
    }

    /// `n` milliseconds.
    pub const fn millis(n: u64) -> Self {
        Self(n * 1_000)
    }

    /// `n` seconds.
    pub const fn secs(n: u64) -> Self {
        Self(n * 1_000_000)
    }

    /// `n` seconds as the Kubernetes API counts them; negative counts as zero.
    pub fn api_secs(n: impl Into<i64>) -> Self {
        Self::secs(u64::try_from(n.into()).unwrap_or(0))
    }

    /// The length in microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The length in whole milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// The length in whole seconds.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The same in whole seconds, where there are some.
    pub const fn whole(self) -> Self {
        if self.0 < 1_000_000 { self } else { Self::secs(self.as_secs()) }
    }

    /// The length in seconds with a fraction, for display and expressions.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// `n` times as long, at most the longest span there is.
    pub const fn times(self, n: u64) -> Self {
        Self(self.0.saturating_mul(n))
    }

    /// What is left after taking away `other` as often as possible; zero if `other` is zero.
    pub const fn modulo(self, other: Self) -> Self {
        match other.0 {
            0 => Self(0),
            other => Self(self.0 % other),
        }
    }

    /// Reads what people write: `250ms`, `30s`, `10m`, `2h`, `1h30m`, `1.5s`.
    ///
    /// # Errors
    /// The text itself with the reason, when it is no duration.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("\"{text}\" is not a duration; write it like 250ms, 30s, 10m or 1h30m");
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(bad());
        }
        let mut total = 0.0_f64;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
            let (number, tail) = rest.split_at(digits);
            let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            let scale = match unit {
                "us" => 1.0,
                "ms" => 1e3,
                "s" => 1e6,
                "m" => 60e6,
                "h" => 3600e6,
                _ => return Err(bad()),
            };
            total += number.parse::<f64>().map_err(|_| bad())? * scale;
            rest = tail;
        }
        Ok(Self(total.round() as u64))
    }
}

impl Add<Span> for VirtualTime {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for VirtualTime {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub for VirtualTime {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        self.since(earlier)
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for VirtualTime {
    /// Minutes, seconds and tenths, as the dashboard shows it: `02:07.4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0 / 100_000;
        let (minutes, seconds, tenth) = (tenths / 600, tenths / 10 % 60, tenths % 10);
        write!(f, "{minutes:02}:{seconds:02}.{tenth}")
    }
}

impl fmt::Display for Span {
    /// The shortest exact-enough form: `3ms`, `0.9s`, `48s`, `4m10s`, `2h5m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.as_secs();
        match self.0 {
            0..=999 => write!(f, "{}us", self.0),
            1_000..=99_999 => write!(f, "{}ms", self.as_millis()),
            100_000..=9_999_999 => write!(f, "{}.{}s", seconds, self.0 / 100_000 % 10),
            10_000_000..=119_999_999 => write!(f, "{seconds}s"),
            _ if seconds < 7_200 => write!(f, "{}m{}s", seconds / 60, seconds % 60),
            _ => write!(f, "{}h{}m", seconds / 3600, seconds / 60 % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(Span::parse("1h30m"), Ok(Span::secs(5400)));
        assert_eq!(Span::parse("1.5s"), Ok(Span::millis(1500)));
        assert_eq!(Span::parse("250ms"), Ok(Span::millis(250)));
        for bad in ["", "5", "s", "3 days", "-1s"] {
            assert!(Span::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn moments_are_read_as_the_screen_writes_them() {
        let at = |text: &str| VirtualTime::parse(text).map(VirtualTime::micros).ok();
        let written = VirtualTime::from_micros(277_300_000);
        assert_eq!(at(&written.to_string()), Some(277_300_000));
        assert_eq!(at("1:00:01"), Some(3_601_000_000));
        assert_eq!((at("39.4"), at("5"), at("1m30s")), (Some(39_400_000), Some(5_000_000), Some(90_000_000)));
        for bad in ["", "4:61", "a:b", "-1", "1:2:3:4", "soon", "nan"] {
            assert!(VirtualTime::parse(bad).is_err_and(|why| why.contains("4:37.3")), "{bad}");
        }
    }

    #[test]
    fn api_time_has_whole_seconds_and_comes_back() {
        let at = VirtualTime::from_micros(12_345_678);
        assert_eq!(VirtualTime::from_api(&at.to_api()), VirtualTime::from_micros(12_000_000));
        assert_eq!(VirtualTime::from_api_micro(&at.to_api_micro()), at);
    }
}
