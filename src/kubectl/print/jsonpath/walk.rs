//! Following a path through a document.

use serde_json::Value;

use super::{Filter, Operand, Part, Step};

/// Writes the text for a document; `here` is the item of the range that is open.
pub(super) fn render(parts: &[Part], here: &Value, root: &Value, text: &mut String) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Path(steps) => {
                let found = walk(steps, here, root)?;
                let texts: Vec<String> = found.into_iter().map(text_of).collect();
                text.push_str(&texts.join(" "));
            }
            Part::Range(steps, inner) => {
                for item in walk(steps, here, root)? {
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

/// Where a path leads. A field that is nowhere leads to nothing (`--allow-missing-template-keys`, which is on unless it
/// is turned off); an item that a list does not have is a mistake all the same.
pub(super) fn walk<'a>(steps: &[Step], here: &'a Value, root: &'a Value) -> Result<Vec<&'a Value>, String> {
    let mut found = vec![here];
    for step in steps {
        if let Step::Index(at) = step {
            let lists = found.iter().filter_map(|value| value.as_array());
            if let Some(short) = lists.map(Vec::len).find(|len| place(*at, *len) >= *len) {
                return Err(format!("array index out of bounds: index {at}, length {short}"));
            }
        }
        found = found.into_iter().flat_map(|value| one_step(step, value, root)).collect();
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
                walk(steps, item, root).ok().and_then(|found| found.first().copied().cloned())
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
