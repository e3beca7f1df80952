//! Reading a template: braces, paths, brackets, conditions.

use super::{Filter, Operand, Part, Step};

/// The parts of a template.
pub(super) fn parts(source: &str) -> Result<Vec<Part>, String> {
    let mut actions = Vec::new();
    let mut rest = source;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            actions.push(Action::Text(rest[..open].to_owned()));
        }
        let close = closing(&rest[open..]).ok_or("unclosed action")?;
        actions.push(Action::parse(rest[open + 1..open + close].trim())?);
        rest = &rest[open + close + 1..];
    }
    if !rest.is_empty() {
        actions.push(Action::Text(rest.to_owned()));
    }
    match gather(&mut actions.into_iter())? {
        (_, true) => Err("not in range, nothing to end".to_owned()),
        (parts, false) => Ok(parts),
    }
}

enum Action {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>),
    End,
}

impl Action {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "end" => Ok(Self::End),
            text if text.starts_with(['"', '\'']) => {
                let quote = text.chars().next().unwrap_or('"');
                let inner = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
                inner
                    .map(|inner| Self::Text(unescape(inner)))
                    .ok_or_else(|| "unterminated quoted string".to_owned())
            }
            text => match text.strip_prefix("range ") {
                Some(path) => steps(path.trim()).map(Self::Range),
                None => steps(text).map(Self::Path),
            },
        }
    }
}

/// The parts up to the end of this range; whether there was an `{end}`.
fn gather(actions: &mut std::vec::IntoIter<Action>) -> Result<(Vec<Part>, bool), String> {
    let mut parts = Vec::new();
    while let Some(action) = actions.next() {
        match action {
            Action::Text(text) => parts.push(Part::Text(text)),
            Action::Path(steps) => parts.push(Part::Path(steps)),
            Action::End => return Ok((parts, true)),
            Action::Range(steps) => match gather(actions)? {
                (inner, true) => parts.push(Part::Range(steps, inner)),
                (_, false) => return Err("unexpected end of range".to_owned()),
            },
        }
    }
    Ok((parts, false))
}

/// Where the brace that is opened at the start is closed; quotes are passed over.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '}') => return Some(at),
            (None, _) => {}
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, false) => out.push(letter),
            (_, true) => match letters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => {}
            },
        }
    }
    out
}

/// Reads a path: `.items[*].metadata.name`.
fn steps(text: &str) -> Result<Vec<Step>, String> {
    let mut found = Vec::new();
    let mut rest = text.strip_prefix(['$', '@']).unwrap_or(text);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            found.push(Step::Deep);
            rest = after;
            // `..image` needs no further dot; `..[0]` and `..*` neither.
            if !rest.starts_with('[') {
                rest = field(rest, &mut found);
            }
        } else if let Some(after) = rest.strip_prefix('.') {
            rest = if after.starts_with('[') || after.is_empty() { after } else { field(after, &mut found) };
        } else if let Some(after) = rest.strip_prefix('[') {
            let close = bracket_end(after).ok_or("unterminated array")?;
            found.push(bracket(after[..close].trim())?);
            rest = &after[close + 1..];
        } else {
            return Err(format!(
                "unrecognized character in action: U+{:04X}",
                u32::from(rest.chars().next().unwrap_or(' '))
            ));
        }
    }
    Ok(found)
}

fn field<'a>(text: &'a str, found: &mut Vec<Step>) -> &'a str {
    let mut name = String::new();
    let mut escaped = false;
    let mut end = text.len();
    for (at, letter) in text.char_indices() {
        match letter {
            letter if escaped => {
                name.push(letter);
                escaped = false;
            }
            '\\' => escaped = true,
            '.' | '[' => {
                end = at;
                break;
            }
            letter => name.push(letter),
        }
    }
    found.push(if name == "*" { Step::All } else { Step::Field(name) });
    &text[end..]
}

fn bracket_end(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

fn bracket(text: &str) -> Result<Step, String> {
    let number = |text: &str| -> Result<Option<i64>, String> {
        match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| format!("invalid array index {text}")),
        }
    };
    if text == "*" {
        return Ok(Step::All);
    }
    if let Some(condition) = text.strip_prefix("?(").and_then(|text| text.strip_suffix(')')) {
        return filter(condition.trim()).map(Step::Filter);
    }
    if text.starts_with(['\'', '"']) {
        let names = text.split(',').map(|name| name.trim().trim_matches(['\'', '"']).to_owned());
        return Ok(Step::Names(names.collect()));
    }
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [one] => number(one)?.map(Step::Index).ok_or_else(|| "invalid array index".to_owned()),
        [from, to] => Ok(Step::Slice(number(from)?, number(to)?, 1)),
        [from, to, by] => {
            let by = number(by)?.unwrap_or(1);
            let by = usize::try_from(by).ok().filter(|by| *by > 0).ok_or("step must be > 0")?;
            Ok(Step::Slice(number(from)?, number(to)?, by))
        }
        _ => Err(format!("invalid array index {text}")),
    }
}

fn filter(text: &str) -> Result<Filter, String> {
    for sign in ["==", "!=", "<=", ">=", "<", ">"] {
        if let Some((left, right)) = text.split_once(sign) {
            let compared = Some((sign.to_owned(), operand(right.trim())?));
            return Ok(Filter { left: operand(left.trim())?, compared });
        }
    }
    Ok(Filter { left: operand(text)?, compared: None })
}

fn operand(text: &str) -> Result<Operand, String> {
    if text.starts_with(['@', '$', '.']) {
        return steps(text).map(Operand::Path);
    }
    if let Some(inner) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return Ok(Operand::Value(inner.into()));
    }
    serde_json::from_str(text).map(Operand::Value).map_err(|_| format!("unrecognized operand {text}"))
}
