//! Objects as the real server writes them.
//!
//! A few fields of the API are so declared in Go that they are written even when nothing is in them. People see
//! them in `-o yaml`, so they are put in here: one row for each.

use serde_json::Value;

use crate::object::{Kind, Object};

/// Kind, where the field stands (`[]` for every item), its name, and what stands there for nothing.
const ALWAYS: &[(Kind, &[&str], &str, &str)] = &[
    (Kind::Pod, &["status", "conditions", "[]"], "lastProbeTime", "null"),
    (Kind::Service, &["status"], "loadBalancer", "{}"),
    (Kind::EndpointSlice, &[], "endpoints", "null"),
    (Kind::EndpointSlice, &[], "ports", "null"),
    (Kind::Event, &[], "eventTime", "null"),
    (Kind::Event, &[], "firstTimestamp", "null"),
    (Kind::Event, &[], "lastTimestamp", "null"),
    (Kind::Event, &[], "reportingComponent", "\"\""),
    (Kind::Event, &[], "reportingInstance", "\"\""),
    (Kind::Event, &[], "source", "{}"),
];

/// The object as the body of an answer.
pub fn served(object: &Object) -> Value {
    let mut value = object.to_value();
    for (_, way, field, empty) in ALWAYS.iter().filter(|(kind, ..)| *kind == object.kind()) {
        put(&mut value, way, field, empty);
    }
    value
}

fn put(value: &mut Value, way: &[&str], field: &str, empty: &str) {
    match way {
        [] => {
            if let Some(fields) = value.as_object_mut().filter(|fields| !fields.contains_key(field)) {
                fields.insert(field.to_owned(), serde_json::from_str(empty).unwrap_or_default());
            }
        }
        ["[]", rest @ ..] => {
            value.as_array_mut().into_iter().flatten().for_each(|item| put(item, rest, field, empty));
        }
        [name, rest @ ..] => {
            if let Some(inner) = value.get_mut(*name) {
                put(inner, rest, field, empty);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_go_cannot_leave_out_is_written() {
        let value = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        });
        let pod = served(&Object::from_value(value).unwrap());
        assert_eq!(pod.pointer("/status/conditions/0/lastProbeTime"), Some(&Value::Null));
    }
}
