//! How often clients send a request.

use std::fmt;
use std::str::FromStr;

use crate::time::Span;

/// The highest rate: above it the simulation is about nothing but traffic.
const RATE_MAX_MILLI: u64 = 1_000_000;

/// Requests per second, counted in thousandths so that no fraction is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    milli: u64,
}

impl Rate {
    /// No requests.
    pub const ZERO: Self = Self { milli: 0 };

    /// `n` requests per second, at most 1000.
    pub const fn per_second(n: u64) -> Self {
        let milli = n.saturating_mul(1_000);
        Self { milli: if milli > RATE_MAX_MILLI { RATE_MAX_MILLI } else { milli } }
    }

    /// Whether there are none.
    pub const fn is_zero(self) -> bool {
        self.milli == 0
    }

    /// The mean time between two requests; for ever if there are none.
    pub const fn interval(self) -> Span {
        match 1_000_000_000_u64.checked_div(self.milli) {
            Some(micros) => Span::micros(micros),
            None => Span::micros(u64::MAX / 2),
        }
    }
}

impl FromStr for Rate {
    type Err = String;

    /// Reads `10rps`, `0.5rps`, `30rpm` or `0`.
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("\"{text}\" is not a rate; write it like 10rps, 0.5rps or 30rpm");
        let (number, per_minute) = match (text.strip_suffix("rps"), text.strip_suffix("rpm")) {
            (Some(number), _) => (number, 60),
            (_, Some(number)) => (number, 1),
            _ if text == "0" => (text, 1),
            _ => return Err(bad()),
        };
        let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.len() > 3 || !digits(whole) || !digits(fraction) {
            return Err(bad());
        }
        let thousandths: u64 = format!("{whole}{fraction:0<3}").parse().map_err(|_| bad())?;
        let milli = thousandths.saturating_mul(per_minute) / 60;
        match milli > RATE_MAX_MILLI {
            true => Err(format!("{text} is too much; 1000rps is the most")),
            false => Ok(Self { milli }),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.milli / 1_000, self.milli % 1_000) {
            (whole, 0) => write!(f, "{whole}rps"),
            (whole, rest) => write!(f, "{whole}.{}rps", format!("{rest:03}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_printed() {
        for (text, printed, interval) in [
            ("10rps", "10rps", Span::millis(100)),
            ("0.5rps", "0.5rps", Span::secs(2)),
            ("30rpm", "0.5rps", Span::secs(2)),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.to_string().as_str(), rate.interval()), (printed, interval));
        }
        assert!("0".parse::<Rate>().unwrap().is_zero());
        for bad in ["", "10", "rps", "-1rps", "1.2.3rps", "0.0001rps", "2000rps", "99999999999999999999rps"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }
}
