//! JSONPath templates, as far as people use them with kubectl.
//!
//! `{.items[*].metadata.name}`, `{range .items[*]}{.metadata.name}{"\n"}{end}`,
//! `{.status.conditions[?(@.type=="Ready")].status}`, `{.metadata.labels.app\.kubernetes\.io/name}`, `[-1:]`,
//! `..image`. Left out: arithmetic, unions of paths, regular expressions.

use serde_json::Value;

/// A template: texts, paths and ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Part>),
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    /// Every item, or every value of a map.
    All,
    /// `[1]`, `[-1]`.
    Index(i64),
    /// `[a:b:c]`.
    Slice(Option<i64>, Option<i64>, usize),
    /// `['a','b']`.
    Names(Vec<String>),
    /// `[?(@.x=="y")]`.
    Filter(Filter),
    /// `..`: the value and everything in it.
    Deep,
}

#[derive(Clone, Debug, PartialEq)]
struct Filter {
    left: Operand,
    compared: Option<(String, Operand)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Path(Vec<Step>),
    Value(Value),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What cannot be understood.
    pub fn parse(source: &str) -> Result<Self, String> {
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
        let mut actions = actions.into_iter();
        let (parts, ended) = gather(&mut actions)?;
        match ended {
            true => Err("not in range, nothing to end".to_owned()),
            false => Ok(Self { source: source.to_owned(), parts }),
        }
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text for a document.
    ///
    /// # Errors
    /// When a path leads nowhere.
    pub fn render(&self, document: &Value) -> Result<String, String> {
        let mut text = String::new();
        render(&self.parts, document, document, &mut text)?;
        Ok(text)
    }

    /// The values of the paths in it; nothing where a path leads nowhere.
    pub fn values(&self, document: &Value) -> Vec<Value> {
        let paths = self.parts.iter().filter_map(|part| match part {
            Part::Path(steps) => Some(walk(steps, document, document, false).unwrap_or_default()),
            _ => None,
        });
        paths.flatten().cloned().collect()
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

fn render(parts: &[Part], here: &Value, root: &Value, text: &mut String) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Path(steps) => {
                let found = walk(steps, here, root, true)?;
                let texts: Vec<String> = found.into_iter().map(text_of).collect();
                text.push_str(&texts.join(" "));
            }
            Part::Range(steps, inner) => {
                for item in walk(steps, here, root, true)? {
                    render(inner, item, root, text)?;
                }
            }
        }
    }
    Ok(())
}

/// A value as a template prints it: texts bare, the rest as JSON.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => crate::apiserver::patch::go_text::encode(other),
    }
}

/// Where a path leads. A field that is nowhere is a mistake, unless everything was looked at.
fn walk<'a>(
    steps: &[Step],
    here: &'a Value,
    root: &'a Value,
    strict: bool,
) -> Result<Vec<&'a Value>, String> {
    let mut found = vec![here];
    let mut strict = strict;
    for step in steps {
        let mut next = Vec::new();
        for value in &found {
            next.extend(one_step(step, value, root));
        }
        if let (Step::Field(name), true, true, false) = (step, strict, next.is_empty(), found.is_empty()) {
            return Err(format!("{name} is not found"));
        }
        // What is missing in some of many items is passed over.
        strict = strict && !matches!(step, Step::All | Step::Deep | Step::Filter(_) | Step::Slice(..));
        found = next;
    }
    Ok(found)
}

fn one_step<'a>(step: &Step, value: &'a Value, root: &'a Value) -> Vec<&'a Value> {
    match step {
        Step::Field(name) => value.get(name).into_iter().collect(),
        Step::Names(names) => names.iter().filter_map(|name| value.get(name)).collect(),
        Step::All => match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_by_key(|(name, _)| *name);
                fields.into_iter().map(|(_, value)| value).collect()
            }
            _ => Vec::new(),
        },
        Step::Index(at) => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            items.get(place(*at, items.len())).into_iter().collect()
        }
        Step::Slice(from, to, by) => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let from = from.map_or(0, |from| place(from, items.len())).min(items.len());
            let to = to.map_or(items.len(), |to| place(to, items.len())).min(items.len());
            items.get(from..to.max(from)).unwrap_or_default().iter().step_by(*by).collect()
        }
        Step::Filter(filter) => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            items.iter().filter(|item| filter.holds(item, root)).collect()
        }
        Step::Deep => {
            let mut all = vec![value];
            match value {
                Value::Array(items) => all.extend(items.iter().flat_map(|item| one_step(step, item, root))),
                Value::Object(fields) => {
                    let mut fields: Vec<_> = fields.iter().collect();
                    fields.sort_by_key(|(name, _)| *name);
                    all.extend(fields.into_iter().flat_map(|(_, item)| one_step(step, item, root)));
                }
                _ => {}
            }
            all
        }
    }
}

/// An index from the end, if it is negative.
fn place(at: i64, len: usize) -> usize {
    match usize::try_from(at) {
        Ok(at) => at,
        Err(_) => len.saturating_sub(usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX)),
    }
}

impl Filter {
    fn holds(&self, item: &Value, root: &Value) -> bool {
        let value = |operand: &Operand| match operand {
            Operand::Value(value) => Some(value.clone()),
            Operand::Path(steps) => {
                walk(steps, item, root, false).ok().and_then(|found| found.first().copied().cloned())
            }
        };
        let left = value(&self.left);
        let Some((sign, right)) = &self.compared else { return left.is_some() };
        let (Some(left), Some(right)) = (left, value(right)) else { return false };
        let order = match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            _ => Some(text_of(&left).cmp(&text_of(&right))),
        };
        match sign.as_str() {
            "==" => left == right,
            "!=" => left != right,
            "<" => order.is_some_and(std::cmp::Ordering::is_lt),
            "<=" => order.is_some_and(std::cmp::Ordering::is_le),
            ">" => order.is_some_and(std::cmp::Ordering::is_gt),
            _ => order.is_some_and(std::cmp::Ordering::is_ge),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_where_kubectl_says() {
        let document = json!({"kind": "List", "items": [
            {"metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "x"}}, "n": 1,
             "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]}},
            {"metadata": {"name": "b"}, "n": 2, "status": {"conditions": []}},
        ]});
        for (template, text) in [
            ("{.items[*].metadata.name}", "a b"),
            ("{.items[-1].metadata.name}", "b"),
            ("{.items[0:1].metadata.name}", "a"),
            ("{range .items[*]}{.metadata.name}{\"\\t\"}{.n}{\"\\n\"}{end}", "a\t1\nb\t2\n"),
            ("{.items[0].status.conditions[?(@.type==\"Ready\")].status}", "True"),
            ("{.items[?(@.n>1)].metadata.name}", "b"),
            ("{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "x"),
            ("{.items[0].metadata['name']}", "a"),
            ("{..name}", "a b"),
            ("kind is {.kind}", "kind is List"),
            ("{.items[0].metadata.labels}", "{\"app.kubernetes.io/name\":\"x\"}"),
        ] {
            assert_eq!(
                Template::parse(template).unwrap().render(&document).as_deref(),
                Ok(text),
                "{template}"
            );
        }
        assert_eq!(
            Template::parse("{.nope}").unwrap().render(&document),
            Err("nope is not found".to_owned())
        );
        assert!(Template::parse("{.items[").is_err());
        assert!(Template::parse("{range .items[*]}x").is_err());
    }
}
