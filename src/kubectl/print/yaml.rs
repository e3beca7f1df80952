//! YAML as kubectl writes it: sorted keys, lists not indented, long texts folded.
//!
//! The rules are those of the emitter that kubectl uses (`yaml.v2`, a port of libyaml): a text stands plain if
//! it cannot be taken for anything else, in single quotes if it only has signs that mean something in YAML, in
//! double quotes if it would be read as a number or the like, and as a block if it has several lines.

use serde_json::Value;

/// A line is folded at the first space after this many columns.
const WIDTH: usize = 80;

/// The whole document with its last line end.
pub(crate) fn document(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(fields) if !fields.is_empty() => mapping(value, 0, &mut text),
        Value::Array(items) if !items.is_empty() => sequence(items, 0, &mut text),
        plain => {
            scalar(plain, 0, &mut text);
            text.push('\n');
        }
    }
    text
}

fn mapping(value: &Value, indent: usize, text: &mut String) {
    let mut fields: Vec<(&String, &Value)> = value.as_object().into_iter().flatten().collect();
    fields.sort_by_key(|(name, _)| *name);
    for (index, (name, value)) in fields.into_iter().enumerate() {
        // The first key of an item stands behind its dash.
        if index > 0 || !text.ends_with("- ") {
            text.extend(std::iter::repeat_n(' ', indent));
        }
        text.push_str(&key(name));
        text.push(':');
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                text.push('\n');
                mapping(value, indent + 2, text);
            }
            Value::Array(items) if !items.is_empty() => {
                text.push('\n');
                sequence(items, indent, text);
            }
            plain => {
                text.push(' ');
                scalar(plain, indent, text);
                text.push('\n');
            }
        }
    }
}

fn sequence(items: &[Value], indent: usize, text: &mut String) {
    for item in items {
        if !text.ends_with("- ") {
            text.extend(std::iter::repeat_n(' ', indent));
        }
        text.push_str("- ");
        match item {
            Value::Object(fields) if !fields.is_empty() => mapping(item, indent + 2, text),
            Value::Array(inner) if !inner.is_empty() => sequence(inner, indent + 2, text),
            plain => {
                scalar(plain, indent, text);
                text.push('\n');
            }
        }
    }
}

fn key(name: &str) -> String {
    let mut text = String::new();
    match style(name) {
        Style::Plain => name.clone_into(&mut text),
        Style::Single => text = format!("'{}'", name.replace('\'', "''")),
        Style::Double | Style::Block => text = serde_json::to_string(name).unwrap_or_default(),
    }
    text
}

fn scalar(value: &Value, indent: usize, text: &mut String) {
    let Value::String(string) = value else {
        return text.push_str(&match value {
            Value::Array(_) => "[]".to_owned(),
            Value::Object(_) => "{}".to_owned(),
            other => other.to_string(),
        });
    };
    match style(string) {
        Style::Plain => folded(string, indent, text),
        Style::Single => {
            text.push('\'');
            folded(&string.replace('\'', "''"), indent, text);
            text.push('\'');
        }
        Style::Double => text.push_str(&double_quoted(string)),
        Style::Block => block(string, indent, text),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    Block,
}

fn style(text: &str) -> Style {
    let has_control = text.chars().any(|c| c.is_control() && c != '\n');
    match () {
        () if has_control => Style::Double,
        () if text.contains('\n') => {
            match text.lines().any(|line| line.ends_with(' ')) || text.starts_with(' ') {
                true => Style::Double,
                false => Style::Block,
            }
        }
        () if text.is_empty() || is_taken_for_something_else(text) => Style::Double,
        () if needs_quotes(text) => Style::Single,
        () => Style::Plain,
    }
}

/// Whether a reader of YAML 1.1 takes the text for a number, a truth value, a time or nothing.
fn is_taken_for_something_else(text: &str) -> bool {
    const WORDS: [&str; 13] =
        ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", ".nan", ".inf", "-.inf"];
    let lower = text.to_ascii_lowercase();
    let cased = text == lower || text == text.to_ascii_uppercase() || is_title(text);
    (cased && WORDS.contains(&lower.as_str())) || lower == "<<" || is_number(text) || is_time(text)
}

fn is_title(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.all(|letter| !letter.is_uppercase())
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text).replace('_', "");
    let all = |text: &str, radix: u32| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    let based = |prefix: &str, radix| digits.strip_prefix(prefix).is_some_and(|rest| all(rest, radix));
    if based("0x", 16) || based("0b", 2) || based("0o", 8) {
        return true;
    }
    let plain = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c));
    (plain && digits.parse::<f64>().is_ok()) || is_base_60(&digits)
}

/// `12:30:45` was a number in YAML 1.1.
fn is_base_60(digits: &str) -> bool {
    let parts: Vec<&str> = digits.split(':').collect();
    let short = |part: &&str| part.len() <= 2 && part.parse::<u8>().is_ok_and(|part| part < 60);
    parts.len() > 1 && parts[0].parse::<u64>().is_ok() && parts[1..].iter().all(short)
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let date = [0, 1, 2, 3, 5, 6, 8, 9].into_iter().all(digit)
        && bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-');
    date && (bytes.len() == 10 || bytes.get(10).is_some_and(|c| matches!(c, b'T' | b't' | b' ')))
}

/// Whether a plain text would have signs that mean something.
fn needs_quotes(text: &str) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let second_is_space = text.chars().nth(1).is_none_or(char::is_whitespace);
    let indicator = "#,[]{}&*!|>'\"%@`".contains(first) || ("-?:".contains(first) && second_is_space);
    let document = text.starts_with("---") || text.starts_with("...");
    indicator
        || document
        || text.starts_with(' ')
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #")
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\u{1b}' => quoted.push_str("\\e"),
            control if control.is_control() => quoted.push_str(&format!("\\x{:02X}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Writes a text of one line; after the width the next single space becomes a line end.
fn folded(string: &str, indent: usize, text: &mut String) {
    let line_start = text.rfind('\n').map_or(0, |at| at + 1);
    let mut column = text[line_start..].chars().count();
    let letters: Vec<char> = string.chars().collect();
    let mut after_space = false;
    for (at, letter) in letters.iter().enumerate() {
        let next_is_space = letters.get(at + 1).is_none_or(|next| *next == ' ');
        let inside = at > 0 && at + 1 < letters.len();
        if *letter == ' ' && !after_space && column > WIDTH && inside && !next_is_space {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent + 2));
            column = indent + 2;
        } else {
            text.push(*letter);
            column += 1;
        }
        after_space = *letter == ' ';
    }
}

/// Writes a text of several lines as a block.
fn block(string: &str, indent: usize, text: &mut String) {
    let ends = string.len() - string.trim_end_matches('\n').len();
    text.push_str(match ends {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    for line in string.strip_suffix('\n').unwrap_or(string).split('\n') {
        text.push('\n');
        if !line.is_empty() {
            text.extend(std::iter::repeat_n(' ', indent + 2));
            text.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_quoted_as_kubectl_quotes_them() {
        for (value, text) in [
            (json!("web"), "web"),
            (json!("true"), "\"true\""),
            (json!("80"), "\"80\""),
            (json!("1e3"), "\"1e3\""),
            (json!("6652"), "\"6652\""),
            (json!("6965cb58c6"), "6965cb58c6"),
            (json!("2026-11-20T22:48:16Z"), "\"2026-11-20T22:48:16Z\""),
            (json!(""), "\"\""),
            (json!("25%"), "25%"),
            (json!("a: b"), "'a: b'"),
            (json!("*/5 * * * *"), "'*/5 * * * *'"),
            (json!("it's"), "it's"),
            (json!("'x"), "'''x'"),
            (json!("a\nb\n"), "|\n  a\n  b"),
            (json!("a\nb"), "|-\n  a\n  b"),
            (json!(3), "3"),
            (json!(null), "null"),
            (json!({}), "{}"),
        ] {
            assert_eq!(document(&json!({"x": value})), format!("x: {text}\n"));
        }
    }

    #[test]
    fn long_texts_are_folded() {
        let message = "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 \
                       nodes are available: 3 Preemption is not helpful for scheduling.";
        let value = json!({"conditions": [{"message": message, "type": "PodScheduled"}]});
        assert_eq!(
            document(&value),
            "conditions:\n- message: '0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate,\n    \
             preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'\n  type: PodScheduled\n"
        );
    }
}
