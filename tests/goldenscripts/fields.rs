//! Fields of objects: `status.conditions.Ready.status`, `spec.containers.0.image`.

use serde_json::Value;

/// The value at a path; none if it is not there. An item of a list is named by its number, or by its `name` or
/// `type`; a key may hold dots itself, as those of labels do.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return Some(value);
    }
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
    ends.into_iter().find_map(|end| {
        let (step, rest) = (&path[..end], path.get(end + 1..).unwrap_or(""));
        at(item(value, step)?, rest)
    })
}

fn item<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    let Value::Array(items) = value else { return value.get(step) };
    if let Ok(number) = step.parse::<usize>() {
        return items.get(number);
    }
    items.iter().find(|item| ["name", "type"].iter().any(|key| item[key] == step))
}

/// A value in one line: text without quotes, everything else as JSON.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
