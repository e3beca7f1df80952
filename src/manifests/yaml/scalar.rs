//! What a plain word in a Kubernetes manifest means.
//!
//! kubectl and the API server read YAML with go-yaml v2, which follows YAML 1.1: `yes` and `on` are true, `no`
//! and `off` are false, and a number that starts with 0 is octal, so `defaultMode: 0644` is 420. The rules
//! here are those of `goyaml.v2/resolve.go` in sigs.k8s.io/yaml; quoted words are always text.

use serde_json::{Number, Value};

/// The value of an unquoted word; none when it is a number that JSON cannot hold (`.nan`, `.inf`).
pub fn plain(word: &str) -> Option<Value> {
    Some(match word {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => true.into(),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => false.into(),
        _ if is_not_finite(word) => return None,
        _ => number(word).unwrap_or_else(|| word.into()),
    })
}

fn is_not_finite(word: &str) -> bool {
    let word = word.strip_prefix(['+', '-']).unwrap_or(word);
    matches!(word, ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF")
}

fn number(word: &str) -> Option<Value> {
    if !word.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-' | '.')) {
        return None;
    }
    let digits = word.replace('_', "");
    if let Some(whole) = whole_number(&digits) {
        return Some(whole);
    }
    let float: f64 = if is_float(&digits) { digits.parse().ok()? } else { return None };
    // Go writes a float without a fraction as a whole number, and that is what the API server gets.
    match float.fract() == 0.0 && float.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "the bound above keeps it exact")]
        true => Some((float as i64).into()),
        false => Number::from_f64(float).map(Value::Number),
    }
}

/// As Go's `strconv.ParseInt` with base 0: the prefix says the base.
fn whole_number(digits: &str) -> Option<Value> {
    let (negative, unsigned) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (base, body) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    if body.starts_with(['+', '-']) {
        return None;
    }
    let size = u64::from_str_radix(body, base).ok()?;
    match negative {
        false => Some(size.into()),
        true => 0i64.checked_sub_unsigned(size).map(Value::from),
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(word: &str) -> bool {
    let word = word.strip_prefix(['+', '-']).unwrap_or(word);
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (word, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_mean_what_kubernetes_reads() {
        for (word, value) in [
            ("yes", json!(true)),
            ("off", json!(false)),
            ("y", json!(true)),
            ("0644", json!(420)),
            ("0o644", json!(420)),
            ("0x1F", json!(31)),
            ("0b11", json!(3)),
            ("08", json!(8)),
            ("1_000", json!(1000)),
            ("-5", json!(-5)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000)),
            ("3.0", json!(3)),
            ("~", json!(null)),
            ("", json!(null)),
            ("1.2.3", json!("1.2.3")),
            ("100m", json!("100m")),
            ("2026-01-31", json!("2026-01-31")),
            ("12:30", json!("12:30")),
            ("-", json!("-")),
            ("yep", json!("yep")),
            ("0x", json!("0x")),
            ("18446744073709551615", json!(u64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
        ] {
            assert_eq!(plain(word), Some(value), "{word}");
        }
        assert_eq!(plain(".inf"), None);
    }
}
