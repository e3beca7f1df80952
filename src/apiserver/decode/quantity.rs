//! Amounts as the real server reads and writes them (`k8s.io/apimachinery/pkg/api/resource`).

const FORMAT: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX: &str = "unable to parse quantity's suffix";
const NUMBER: &str = "unable to parse numeric part of quantity";

/// How an amount is written: with powers of ten, of 1024, or with an exponent. It keeps its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Decimal,
    Binary,
    Exponent,
}

/// The canonical form of an amount: `0.5` is `500m`, `1024Mi` is `1Gi`, `1000` is `1k`.
///
/// # Errors
/// The real server's sentence.
pub fn canonical(text: &str) -> Result<String, &'static str> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(end);
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
        None => ("", rest),
    };
    check_shape(text, suffix)?;
    let (way, base, exponent) = read_suffix(suffix)?;
    if whole.is_empty() && fraction.is_empty() {
        return Err(NUMBER);
    }
    // In units of 10^-9: the smallest that the API keeps.
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let number: i128 = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| NUMBER)? };
    let places = i32::try_from(fraction.len()).map_err(|_| NUMBER)?;
    let nanos = scale(number, base, exponent, 9 - places).ok_or(NUMBER)?;
    Ok(write(negative, nanos, way))
}

fn check_shape(text: &str, suffix: &str) -> Result<(), &'static str> {
    let letters = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let digits = letters.strip_prefix(['-', '+']).unwrap_or(letters);
    match text.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        true => Err(FORMAT),
        false => Ok(()),
    }
}

fn read_suffix(suffix: &str) -> Result<(Way, i128, i32), &'static str> {
    Ok(match suffix {
        "" => (Way::Decimal, 10, 0),
        "n" => (Way::Decimal, 10, -9),
        "u" => (Way::Decimal, 10, -6),
        "m" => (Way::Decimal, 10, -3),
        "k" => (Way::Decimal, 10, 3),
        "M" => (Way::Decimal, 10, 6),
        "G" => (Way::Decimal, 10, 9),
        "T" => (Way::Decimal, 10, 12),
        "P" => (Way::Decimal, 10, 15),
        "E" => (Way::Decimal, 10, 18),
        "Ki" => (Way::Binary, 2, 10),
        "Mi" => (Way::Binary, 2, 20),
        "Gi" => (Way::Binary, 2, 30),
        "Ti" => (Way::Binary, 2, 40),
        "Pi" => (Way::Binary, 2, 50),
        "Ei" => (Way::Binary, 2, 60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E']).ok_or(SUFFIX)?;
            let exponent = exponent.parse().ok().filter(|e| (-18..=18).contains(e)).ok_or(SUFFIX)?;
            (Way::Exponent, 10, exponent)
        }
    })
}

/// `number * base^exponent * 10^places`, rounded up.
fn scale(number: i128, base: i128, exponent: i32, places: i32) -> Option<i128> {
    let power = |base: i128, exponent: i32| base.checked_pow(u32::try_from(exponent.max(0)).ok()?);
    let up = number.checked_mul(power(base, exponent)?)?.checked_mul(power(10, places)?)?;
    let down = power(base, -exponent)?.checked_mul(power(10, -places)?)?;
    Some(up / down + i128::from(up % down != 0))
}

fn write(negative: bool, nanos: i128, way: Way) -> String {
    // Every resource keeps at most thousandths; smaller parts are rounded up, as the defaults of the real
    // server do for requests and limits.
    let milli = nanos / 1_000_000 + i128::from(nanos % 1_000_000 != 0);
    let sign = if negative && milli != 0 { "-" } else { "" };
    if milli == 0 {
        return "0".to_owned();
    }
    if way == Way::Binary && milli % 1000 == 0 && milli >= 1024 * 1000 {
        let (mut value, mut at) = (milli / 1000, 0);
        while value % 1024 == 0 && at < 6 {
            (value, at) = (value / 1024, at + 1);
        }
        return format!("{sign}{value}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].get(at).unwrap_or(&""));
    }
    let (mut value, mut power) = (milli, -3);
    while value % 1000 == 0 && power < 18 {
        (value, power) = (value / 1000, power + 3);
    }
    let suffix = match (way, power) {
        (Way::Exponent, 0) => String::new(),
        (Way::Exponent, power) => format!("e{power}"),
        (_, -3) => "m".to_owned(),
        (_, power) => ["", "k", "M", "G", "T", "P", "E"]
            .get(usize::try_from(power / 3).unwrap_or(0))
            .map(|suffix| (*suffix).to_owned())
            .unwrap_or_default(),
    };
    format!("{sign}{value}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_get_their_canonical_form() {
        for (text, expected) in [
            ("0.5", Ok("500m")),
            ("100m", Ok("100m")),
            ("1000m", Ok("1")),
            ("1024Mi", Ok("1Gi")),
            ("1.5Gi", Ok("1536Mi")),
            ("0.5Ki", Ok("512")),
            ("1000", Ok("1k")),
            ("128974848", Ok("128974848")),
            ("129e6", Ok("129e6")),
            ("0", Ok("0")),
            ("-2", Ok("-2")),
            ("1x", Err(FORMAT)),
            ("", Err(FORMAT)),
            ("1.2.3", Err(FORMAT)),
            ("1mm", Err(SUFFIX)),
            ("m", Err(NUMBER)),
        ] {
            assert_eq!(canonical(text).as_deref(), expected.as_ref().map(|text| *text), "{text}");
        }
    }
}
