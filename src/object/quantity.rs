//! Quantities: `250m`, `1.5`, `128Mi`, `1e3`.
//!
//! A value is kept in thousandths (milli), which is what CPU is counted in and exact for everything that a
//! scheduler adds up.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The value in thousandths, rounded up; `None` when the text is no quantity.
pub fn milli(text: &str) -> Option<i128> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (sign, number) = match number.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + fraction.len() == 0 || whole.len() + fraction.len() > 24 {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let (times, over) = scale(suffix)?;
    let numerator = digits.checked_mul(times)?.checked_mul(1000)?;
    let denominator = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?.checked_mul(over)?;
    Some(sign * numerator.div_ceil_positive(denominator))
}

/// What a suffix multiplies with and divides by.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    let power = |base: i128, exponent: u32| base.checked_pow(exponent);
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1_000),
        "k" => (1_000, 1),
        "M" => (power(1000, 2)?, 1),
        "G" => (power(1000, 3)?, 1),
        "T" => (power(1000, 4)?, 1),
        "P" => (power(1000, 5)?, 1),
        "E" => (power(1000, 6)?, 1),
        "Ki" => (1024, 1),
        "Mi" => (power(1024, 2)?, 1),
        "Gi" => (power(1024, 3)?, 1),
        "Ti" => (power(1024, 4)?, 1),
        "Pi" => (power(1024, 5)?, 1),
        "Ei" => (power(1024, 6)?, 1),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let size = power(10, exponent.unsigned_abs())?;
            if exponent < 0 { (1, size) } else { (size, 1) }
        }
    })
}

/// Division that rounds up, for non-negative numbers.
trait DivCeil {
    fn div_ceil_positive(self, by: Self) -> Self;
}

impl DivCeil for i128 {
    fn div_ceil_positive(self, by: Self) -> Self {
        (self + by - 1) / by
    }
}

/// One resource of a list in thousandths; 0 if it is absent or no quantity.
pub fn milli_of(list: Option<&BTreeMap<String, Quantity>>, resource: &str) -> i128 {
    list.and_then(|list| list.get(resource)).and_then(|quantity| milli(&quantity.0)).unwrap_or(0)
}

/// One resource of a list in whole units (bytes, pods), rounded up; 0 if it is absent or no quantity.
pub fn units_of(list: Option<&BTreeMap<String, Quantity>>, resource: &str) -> i128 {
    milli_of(list, resource).div_ceil_positive(1000)
}

/// A number, or a percentage of `whole` rounded up or down (`GetScaledValueFromIntOrPercent`). What is neither
/// counts as 0; validation refuses it.
pub fn scaled(value: &IntOrString, whole: i32, up: bool) -> i32 {
    match value {
        IntOrString::Int(number) => (*number).max(0),
        IntOrString::String(text) => {
            let percent = text.strip_suffix('%').and_then(|digits| digits.parse::<u32>().ok()).unwrap_or(0);
            let product = i64::from(whole.max(0)) * i64::from(percent);
            let number = if up { (product + 99) / 100 } else { product / 100 };
            i32::try_from(number).unwrap_or(i32::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_exactly() {
        for (text, thousandths) in [
            ("250m", Some(250)),
            ("1.5", Some(1500)),
            ("128Mi", Some(128 * 1024 * 1024 * 1000)),
            ("1e3", Some(1_000_000)),
            ("0.0001", Some(1)),
            ("-2", Some(-2000)),
            ("", None),
            ("12Xi", None),
            ("1.2.3", None),
        ] {
            assert_eq!(milli(text), thousandths, "{text}");
        }
    }
}
