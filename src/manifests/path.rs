//! Paths of fields: `spec.template.spec.containers[0].image`.
//!
//! This is how the API server names a field in a refusal, how a script names the field it sets, and how the
//! screen names what differs. A map key that has dots of its own stands in brackets:
//! `metadata.annotations[example.com/owner]`.

use std::fmt;

use serde_json::Value;

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a field or a map's key; in a list, to the item of that name.
    Field(String),
    /// To an item of a list.
    Index(usize),
}

/// The way from a document's root to a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(pub Vec<Step>);

impl FieldPath {
    /// Reads a path. Any text is one: what is no index is a field.
    pub fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (word, after) = inside.split_once(']').unwrap_or((inside, ""));
                steps.push(match word.parse() {
                    Ok(index) => Step::Index(index),
                    Err(_) => Step::Field(word.trim_matches(['"', '\'']).to_owned()),
                });
                rest = after.strip_prefix('.').unwrap_or(after);
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                steps.push(Step::Field(word.to_owned()));
                rest = after.strip_prefix('.').unwrap_or(after);
            }
        }
        Self(steps)
    }

    /// The path one field further.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Field(name.to_owned()));
        Self(steps)
    }

    /// The path of an item of this list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }

    /// The value at this path.
    pub fn get<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match (value, step) {
            (Value::Object(fields), Step::Field(name)) => fields.get(name),
            (Value::Array(items), Step::Index(index)) => items.get(*index),
            (Value::Array(items), Step::Field(name)) => items.iter().find(|item| item["name"] == **name),
            _ => None,
        })
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Field(name) if name.contains(['.', '/', '[']) => write!(f, "[{name}]")?,
                Step::Field(name) if index == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back_as_written() {
        for text in [
            "spec.template.spec.containers[0].image",
            "metadata.annotations[example.com/owner]",
            "items[2][3].a",
            "",
        ] {
            assert_eq!(FieldPath::parse(text).to_string(), text);
        }
        let list = serde_json::json!({"containers": [{"name": "a"}, {"name": "b", "image": "x"}]});
        assert_eq!(FieldPath::parse("containers[b].image").get(&list).unwrap(), "x");
        assert_eq!(FieldPath::parse("containers[7].image").get(&list), None);
    }
}
