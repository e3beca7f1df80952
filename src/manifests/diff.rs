//! What changed between two versions of an object, field by field.
//!
//! Lists are compared as the API merges them: containers by name, ports by number. A new container is then one
//! change and not a change of every one after it.

use std::fmt;

use serde_json::Value;

use super::path::FieldPath;
use crate::object::schema::{self, Shape};
use crate::object::{Kind, quantity};

/// One field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Which field.
    pub path: FieldPath,
    /// Its value before; none if it was not there.
    pub old: Option<Value>,
    /// Its value now; none if it is gone.
    pub new: Option<Value>,
}

/// What changed from `old` to `new`.
pub fn diff(kind: Kind, old: &Value, new: &Value) -> Vec<FieldChange> {
    let mut comparison = Comparison { only_old: false, changes: Vec::new() };
    comparison.values(Some(old), Some(new), schema::root(kind), &FieldPath::default());
    comparison.changes
}

/// Where `live` does not hold what `wanted` says; what only `live` has does not count.
pub(super) fn unmet(kind: Kind, wanted: &Value, live: &Value) -> Vec<FieldChange> {
    let mut comparison = Comparison { only_old: true, changes: Vec::new() };
    comparison.values(Some(wanted), Some(live), schema::root(kind), &FieldPath::default());
    comparison.changes
}

struct Comparison {
    /// Whether fields and items that only the new value has are passed over.
    only_old: bool,
    changes: Vec<FieldChange>,
}

impl Comparison {
    fn values(&mut self, old: Option<&Value>, new: Option<&Value>, shape: &Shape, path: &FieldPath) {
        let there = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
        match (old, new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let added = new.keys().filter(|key| !self.only_old && !old.contains_key(*key));
                let keys: Vec<&String> = old.keys().chain(added).collect();
                for key in keys {
                    let inner = shape.child(key).unwrap_or(&Shape::Any);
                    let path = path.field(key);
                    match (old.get(key), new.get(key)) {
                        (Some(Value::Array(old)), Some(Value::Array(new))) => {
                            let identity = shape.merge(key).key.as_deref();
                            self.lists(old, new, identity, inner.item(), &path);
                        }
                        (old, new) => self.values(old, new, inner, &path),
                    }
                }
            }
            (old, new) if !there(old) && (!there(new) || self.only_old) => {}
            (Some(old), Some(new)) if same(old, new, shape) => {}
            (old, new) => self.add(path, old, new),
        }
    }

    fn lists(&mut self, old: &[Value], new: &[Value], key: Option<&str>, shape: &Shape, path: &FieldPath) {
        let Some(key) = key else {
            if old.len() == new.len() {
                for (index, (old, new)) in old.iter().zip(new).enumerate() {
                    self.values(Some(old), Some(new), shape, &path.index(index));
                }
            } else {
                self.add(path, Some(&old.to_vec().into()), Some(&new.to_vec().into()));
            }
            return;
        };
        let find = |list: &[Value], item: &Value| {
            list.iter().position(|other| item.get(key).is_some() && item.get(key) == other.get(key))
        };
        for (index, item) in old.iter().enumerate() {
            match find(new, item).and_then(|at| Some((at, new.get(at)?))) {
                Some((at, now)) => self.values(Some(item), Some(now), shape, &path.index(at)),
                None => self.add(&path.index(index), Some(item), None),
            }
        }
        for (index, item) in new.iter().enumerate() {
            if !self.only_old && find(old, item).is_none() {
                self.add(&path.index(index), None, Some(item));
            }
        }
    }

    fn add(&mut self, path: &FieldPath, old: Option<&Value>, new: Option<&Value>) {
        self.changes.push(FieldChange { path: path.clone(), old: old.cloned(), new: new.cloned() });
    }
}

/// Whether two values mean the same: amounts may be written in several ways.
fn same(old: &Value, new: &Value, shape: &Shape) -> bool {
    let amount = |value: &Value| match value {
        Value::String(text) => quantity::milli(text),
        Value::Number(number) => quantity::milli(&number.to_string()),
        _ => None,
    };
    old == new || (*shape == Shape::Quantity && amount(old).is_some() && amount(old) == amount(new))
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<Value>| match value {
            None => "(none)".to_owned(),
            Some(Value::String(text)) if !text.contains('\n') && !text.is_empty() => text.clone(),
            Some(value) => value.to_string(),
        };
        write!(f, "{}: {} -> {}", self.path, show(&self.old), show(&self.new))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(kind: Kind, old: Value, new: Value) -> Vec<String> {
        diff(kind, &old, &new).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn changes_are_named_by_field() {
        let old = json!({"spec": {"replicas": 3, "paused": true, "template": {"spec": {"containers": [
            {"name": "a", "image": "x:1", "resources": {"requests": {"cpu": "0.1"}}}]}}}});
        let new = json!({"spec": {"replicas": 4, "template": {"spec": {"containers": [
            {"name": "new", "image": "y"},
            {"name": "a", "image": "x:2", "resources": {"requests": {"cpu": "100m"}}}]}}}});
        assert_eq!(
            lines(Kind::Deployment, old, new),
            [
                "spec.replicas: 3 -> 4",
                "spec.paused: true -> (none)",
                "spec.template.spec.containers[1].image: x:1 -> x:2",
                "spec.template.spec.containers[0]: (none) -> {\"name\":\"new\",\"image\":\"y\"}",
            ]
        );
        assert_eq!(
            lines(
                Kind::ConfigMap,
                json!({"data": {"a": "1"}}),
                json!({"data": {"a": "1"}, "immutable": null})
            ),
            [""; 0]
        );
    }
}
