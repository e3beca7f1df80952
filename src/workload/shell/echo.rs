//! `echo` and `printf`: printing text with escapes and formats.

/// The most that one `%50s` pads to.
const WIDEST: usize = 4_096;

/// What `echo` prints. `-n` leaves the newline out, `-e` reads escapes.
pub(super) fn echo(args: &[String]) -> String {
    let (mut newline, mut escapes) = (true, false);
    let mut words = args;
    while let Some((flags, rest)) = words.split_first() {
        let Some(letters) = flags.strip_prefix('-').filter(|letters| is_flags(letters)) else { break };
        newline &= !letters.contains('n');
        // The last of -e and -E counts.
        escapes = letters.chars().rfind(|letter| *letter != 'n').map_or(escapes, |letter| letter == 'e');
        words = rest;
    }
    let mut text = words.join(" ");
    if escapes {
        let (unescaped, stopped) = unescape(&text);
        text = unescaped;
        newline &= !stopped;
    }
    if newline {
        text.push('\n');
    }
    text
}

fn is_flags(letters: &str) -> bool {
    !letters.is_empty() && letters.chars().all(|letter| matches!(letter, 'n' | 'e' | 'E'))
}

/// Reads `\n`, `\t`, `\033`, `\x1b` and the like; says whether `\c` cut the text off.
pub(super) fn unescape(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(letter) = rest.chars().next() else {
            out.push('\\');
            return (out, false);
        };
        let after = &rest[letter.len_utf8()..];
        rest = after;
        match letter {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'v' => out.push('\x0b'),
            'e' => out.push('\x1b'),
            'c' => return (out, true),
            'x' => rest = number(after, 16, 2, &mut out),
            '0' => rest = number(after, 8, 3, &mut out),
            '\\' | '\'' | '"' => out.push(letter),
            other => out.extend(['\\', other]),
        }
    }
    out.push_str(rest);
    (out, false)
}

/// Reads a character's number and returns what follows it.
fn number<'t>(text: &'t str, radix: u32, most: usize, out: &mut String) -> &'t str {
    let digits = text.chars().take(most).take_while(|c| c.is_digit(radix)).count();
    let code = u32::from_str_radix(&text[..digits], radix).unwrap_or(0);
    out.extend(char::from_u32(code));
    &text[digits..]
}

/// What `printf FORMAT ARGS...` prints. The format is used again while arguments are left.
///
/// # Errors
/// A conversion that is not known, or a number that is none.
pub(super) fn printf(format: &str, args: &[String]) -> Result<String, String> {
    let mut out = String::new();
    let mut left = args.iter();
    loop {
        let before = left.len();
        let ended = format_once(format, &mut left, &mut out)?;
        if ended || left.len() == 0 || left.len() == before {
            return Ok(out);
        }
    }
}

/// Goes through the format once; whether `\c` ended it.
fn format_once(
    format: &str,
    args: &mut std::slice::Iter<'_, String>,
    out: &mut String,
) -> Result<bool, String> {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        let (text, stopped) = unescape(&rest[..at]);
        out.push_str(&text);
        if stopped {
            return Ok(true);
        }
        rest = &rest[at + 1..];
        let length =
            rest.find(|c: char| !matches!(c, '-' | '+' | ' ' | '#' | '0'..='9' | '.')).unwrap_or(rest.len());
        let (spec, tail) = rest.split_at(length);
        let conversion = tail.chars().next().ok_or("%: invalid format")?;
        rest = &tail[conversion.len_utf8()..];
        if conversion == '%' {
            out.push('%');
            continue;
        }
        let arg = args.next().map_or("", String::as_str);
        out.push_str(&padded(&converted(conversion, spec, arg)?, spec, conversion));
    }
    let (text, stopped) = unescape(rest);
    out.push_str(&text);
    Ok(stopped)
}

fn converted(conversion: char, spec: &str, arg: &str) -> Result<String, String> {
    let integer = || match arg.trim() {
        "" => Ok(0_i64),
        text => {
            let hex = text.strip_prefix("0x").map(|digits| i64::from_str_radix(digits, 16));
            let letter = text.strip_prefix(['\'', '"']).and_then(|rest| rest.chars().next());
            let letter = letter.map(|c| Ok(i64::from(u32::from(c))));
            hex.or(letter).unwrap_or_else(|| text.parse()).map_err(|_| format!("{arg}: invalid number"))
        }
    };
    let precision = spec.split_once('.').and_then(|(_, digits)| digits.parse::<usize>().ok());
    Ok(match conversion {
        's' => arg.chars().take(precision.unwrap_or(usize::MAX)).collect(),
        'b' => unescape(arg).0,
        'c' => arg.chars().take(1).collect(),
        'd' | 'i' | 'u' => {
            let number = integer()?;
            if spec.contains('+') && number >= 0 { format!("+{number}") } else { number.to_string() }
        }
        'x' => format!("{:x}", integer()?),
        'X' => format!("{:X}", integer()?),
        'o' => format!("{:o}", integer()?),
        'f' => {
            let number: f64 = arg.trim().parse().or_else(|_| integer().map(|n| n as f64))?;
            format!("{number:.*}", precision.unwrap_or(6).min(20))
        }
        other => return Err(format!("%{other}: invalid format")),
    })
}

/// Pads to the width that the spec asks for.
fn padded(text: &str, spec: &str, conversion: char) -> String {
    let flags = spec.trim_start_matches(['+', ' ', '#']);
    let width = flags.trim_start_matches('-').split('.').next().unwrap_or("");
    let width: usize = width.parse().unwrap_or(0);
    let missing = width.min(WIDEST).saturating_sub(text.chars().count());
    let zeros = flags.starts_with('0') && matches!(conversion, 'd' | 'i' | 'u' | 'x' | 'X' | 'o' | 'f');
    match (flags.starts_with('-'), zeros) {
        (true, _) => format!("{text}{}", " ".repeat(missing)),
        (false, true) => {
            let (sign, digits) = text.split_at(usize::from(text.starts_with(['-', '+'])));
            format!("{sign}{}{digits}", "0".repeat(missing))
        }
        (false, false) => format!("{}{text}", " ".repeat(missing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn echo_knows_its_flags() {
        assert_eq!(echo(&args(&["a", "b"])), "a b\n");
        assert_eq!(echo(&args(&["-n", "a\\n"])), "a\\n");
        assert_eq!(echo(&args(&["-ne", "a\\tb\\x41\\0101"])), "a\tbAA");
        assert_eq!(echo(&args(&["-x"])), "-x\n");
        assert_eq!(echo(&args(&["-e", "cut\\coff"])), "cut");
    }

    #[test]
    fn printf_formats_and_repeats() {
        assert_eq!(printf("%s=%03d\\n", &args(&["a", "7", "b", "42"])), Ok("a=007\nb=042\n".to_owned()));
        assert_eq!(
            printf("[%5s|%-5s|%.2f%%]", &args(&["x", "y", "3.14159"])),
            Ok("[    x|y    |3.14%]".to_owned())
        );
        assert_eq!(printf("plain", &args(&["unused"])), Ok("plain".to_owned()));
        assert!(printf("%d", &args(&["x1"])).is_err());
        assert!(printf("%q", &[]).is_err());
    }
}
