//! Selectors: how objects find each other by labels, and how people pick objects by labels and fields.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use serde::{Deserialize, Serialize};

use super::StringMap;

/// One condition on one label (or on one field).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Requirement {
    /// The label has one of these values (`=`, `==`, `in`).
    In(String, Vec<String>),
    /// The label is absent or has none of these values (`!=`, `notin`).
    NotIn(String, Vec<String>),
    /// The label is there.
    Exists(String),
    /// The label is not there.
    DoesNotExist(String),
}

/// Conditions that must all hold. The empty selector matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// The conditions.
    pub requirements: Vec<Requirement>,
}

impl Requirement {
    fn matches<V: AsRef<str>>(&self, value_of: impl Fn(&str) -> Option<V>) -> bool {
        let is_one_of = |value: V, values: &[String]| values.iter().any(|one| one == value.as_ref());
        match self {
            Self::In(key, values) => value_of(key).is_some_and(|value| is_one_of(value, values)),
            Self::NotIn(key, values) => value_of(key).is_none_or(|value| !is_one_of(value, values)),
            Self::Exists(key) => value_of(key).is_some(),
            Self::DoesNotExist(key) => value_of(key).is_none(),
        }
    }
}

impl Selector {
    /// Matches everything.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Whether all conditions hold for these labels.
    pub fn matches(&self, labels: &StringMap) -> bool {
        self.matches_by(|key| labels.get(key))
    }

    /// The same for what is not kept in a map.
    pub fn matches_by<V: AsRef<str>>(&self, value_of: impl Fn(&str) -> Option<V>) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(&value_of))
    }

    /// The selector that a map of equal values means (a Service's `spec.selector`).
    pub fn from_map(map: &StringMap) -> Self {
        let equal = |(key, value): (&String, &String)| Requirement::In(key.clone(), vec![value.clone()]);
        Self { requirements: map.iter().map(equal).collect() }
    }

    /// The selector of a Deployment, ReplicaSet and the like. An unknown operator matches nothing.
    pub fn from_api(selector: &LabelSelector) -> Self {
        let mut all = selector.match_labels.as_ref().map(Self::from_map).unwrap_or_default();
        all.requirements.extend(selector.match_expressions.iter().flatten().map(from_expression));
        all
    }

    /// Reads `app=web,tier!=db,env in (a,b),!gone,there`, as `kubectl -l` does.
    ///
    /// # Errors
    /// What cannot be understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        split_outside_parentheses(text)
            .into_iter()
            .filter(|part| !part.trim().is_empty())
            .map(|part| parse_requirement(part.trim()))
            .collect::<Result<_, _>>()
            .map(|requirements| Self { requirements })
    }
}

fn from_expression(expression: &LabelSelectorRequirement) -> Requirement {
    let (key, values) = (expression.key.clone(), expression.values.clone().unwrap_or_default());
    match expression.operator.as_str() {
        "In" => Requirement::In(key, values),
        "NotIn" => Requirement::NotIn(key, values),
        "Exists" => Requirement::Exists(key),
        "DoesNotExist" => Requirement::DoesNotExist(key),
        _ => Requirement::In(key, Vec::new()),
    }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn parse_requirement(part: &str) -> Result<Requirement, String> {
    let set = |text: &str| -> Option<Vec<String>> {
        let inside = text.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(inside.split(',').map(|value| value.trim().to_owned()).collect())
    };
    let word = |text: &str| match text.trim().chars().find(|c| c.is_whitespace() || "()=!".contains(*c)) {
        Some(sign) => Err(format!("unable to parse requirement: found '{sign}', expected: identifier")),
        None => Ok(text.trim().to_owned()),
    };
    if let Some((key, value)) = part.split_once("!=") {
        return Ok(Requirement::NotIn(word(key)?, vec![word(value)?]));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Ok(Requirement::In(word(key)?, vec![word(value)?]));
    }
    if let Some((key, values)) = part.split_once(" notin ").and_then(|(key, rest)| Some((key, set(rest)?))) {
        return Ok(Requirement::NotIn(key.trim().to_owned(), values));
    }
    if let Some((key, values)) = part.split_once(" in ").and_then(|(key, rest)| Some((key, set(rest)?))) {
        return Ok(Requirement::In(key.trim().to_owned(), values));
    }
    let (absent, key) = match part.strip_prefix('!') {
        Some(key) => (true, key.trim()),
        None => (false, part),
    };
    match key.contains(|c: char| c.is_whitespace() || "()".contains(c)) || key.is_empty() {
        true => Err(format!("unable to parse requirement: \"{part}\" is not a label condition")),
        false if absent => Ok(Requirement::DoesNotExist(key.to_owned())),
        false => Ok(Requirement::Exists(key.to_owned())),
    }
}

/// A selector as a query writes it: `app=web,tier in (back,front)`, in the order of the keys.
pub fn text_of(selector: &LabelSelector) -> String {
    let equal = selector.match_labels.iter().flatten();
    let equal = equal.map(|(key, value)| (key.clone(), format!("{key}={value}")));
    let others = selector.match_expressions.iter().flatten().map(|expression| {
        let key = &expression.key;
        let mut values = expression.values.clone().unwrap_or_default();
        values.sort();
        let values = values.join(",");
        let text = match expression.operator.as_str() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.clone(),
        };
        (key.clone(), text)
    });
    let mut all: Vec<(String, String)> = equal.chain(others).collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> StringMap {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_operator_selects_as_kubectl_does() {
        let web = labels(&[("app", "web"), ("tier", "front")]);
        for (text, hit) in [
            ("", true),
            ("app=web", true),
            ("app==web,tier=front", true),
            ("app!=web", false),
            ("gone!=x", true),
            ("app in (web, api),tier", true),
            ("app notin (web)", false),
            ("!tier", false),
            ("!gone", true),
        ] {
            assert_eq!(Selector::parse(text).unwrap().matches(&web), hit, "{text}");
        }
        assert!(Selector::parse("a b").is_err());
    }
}
