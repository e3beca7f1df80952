//! The walk over a document along the schema of its kind.

use serde_json::{Map, Value, json};

use super::schema::{self, Schema, Shape};
use super::{go, quantity};
use crate::object::Kind;

/// What the walk found.
#[derive(Debug, Default)]
pub struct Found {
    /// The document with only what the API knows, in the form in which it is stored.
    pub value: Value,
    /// Why it cannot be read at all.
    pub error: Option<String>,
    /// `unknown field "spec.x"`, in document order.
    pub unknown: Vec<String>,
}

/// Where the walk is: for Go without the places in lists, for the strict reader with them.
struct Place<'a> {
    /// The struct whose field is read.
    owner: &'a str,
    /// The field's own name.
    field: &'a str,
    /// `spec.containers.ports`.
    go: String,
    /// `spec.containers[0].ports`.
    full: String,
}

struct Walk<'a> {
    schema: &'a Schema,
    unknown: Vec<String>,
    /// The first wrong type; Go reads on after it.
    wrong_type: Option<String>,
    /// The first value that its own type refuses; Go stops there, and this is then what it reports.
    refused: Option<String>,
}

/// Walks over the document.
pub fn walk(kind: Kind, value: &Value) -> Found {
    let schema = schema::of(kind);
    let mut walk = Walk { schema: &schema, unknown: Vec::new(), wrong_type: None, refused: None };
    let place = Place { owner: "", field: "", go: String::new(), full: String::new() };
    let mut read = walk.read(&Shape::Struct(schema.root), value, &place).unwrap_or_else(|| json!({}));
    // A budget's selector is a pointer: `{}` stays what it is.
    if kind != Kind::PodDisruptionBudget {
        keep_empty_selector(value, &mut read);
    }
    Found { value: read, error: walk.refused.or(walk.wrong_type), unknown: walk.unknown }
}

/// `selector: {}` and no selector at all are different mistakes, which the typed object could not tell
/// apart: the former keeps an empty map of labels.
fn keep_empty_selector(value: &Value, read: &mut Value) {
    if value.pointer("/spec/selector").and_then(Value::as_object).is_none() {
        return;
    }
    let Some(selector) = read.pointer_mut("/spec/selector").and_then(Value::as_object_mut) else { return };
    if selector.is_empty() {
        selector.insert("matchLabels".to_owned(), json!({}));
    }
}

fn mismatch(value: &str, place: &Place<'_>, go_type: &str) -> String {
    match place.owner {
        "" => format!("json: cannot unmarshal {value} into Go value of type {go_type}"),
        owner => format!(
            "json: cannot unmarshal {value} into Go struct field {owner}.{} of type {go_type}",
            place.go
        ),
    }
}

impl Walk<'_> {
    /// The value as it is stored; nothing if it is left out. Once a value was refused nothing is read.
    fn read(&mut self, shape: &Shape, value: &Value, place: &Place<'_>) -> Option<Value> {
        if value.is_null() || self.refused.is_some() {
            return None;
        }
        match (shape, value) {
            (Shape::Free, _) => Some(value.clone()),
            (Shape::Text(_), Value::String(text)) => {
                (!text.is_empty() || !go::drops_empty_text(place.owner, place.field)).then(|| value.clone())
            }
            (Shape::Bool, Value::Bool(truth)) => {
                (*truth || !go::drops_false(place.field)).then(|| value.clone())
            }
            (Shape::Float, Value::Number(_)) => Some(value.clone()),
            (Shape::Integer(kind), Value::Number(number)) => {
                let fits = number.as_i64().is_some_and(|n| *kind == "int64" || i32::try_from(n).is_ok());
                if !fits {
                    self.wrong(&format!("number {number}"), place, kind);
                    return None;
                }
                let zero = number.as_i64() == Some(0) && go::drops_zero(place.owner, place.field);
                (!zero).then(|| value.clone())
            }
            (Shape::Bytes, Value::String(text)) => self.bytes(text),
            (Shape::Quantity, _) => self.quantity(value),
            (Shape::IntOrString, _) => self.int_or_string(value, place),
            (Shape::Time, _) => self.time(value, place),
            (Shape::List(items), Value::Array(values)) => self.list(items, values, place),
            (Shape::Map(shape), Value::Object(values)) => self.map(shape, values, place),
            (Shape::Struct(at), Value::Object(fields)) => Some(self.structure(*at, fields, place)),
            _ => {
                let go_type = self.schema.go_type(shape);
                self.wrong(go::json_type(value), place, &go_type);
                None
            }
        }
    }

    fn wrong(&mut self, value: &str, place: &Place<'_>, go_type: &str) {
        self.wrong_type.get_or_insert_with(|| mismatch(value, place, go_type));
    }

    fn structure(&mut self, at: usize, values: &Map<String, Value>, place: &Place<'_>) -> Value {
        let schema = self.schema;
        let mut read = Map::new();
        let Some(structure) = schema.structs.get(at) else { return read.into() };
        let join = |path: &str, field: &str| match path {
            "" => field.to_owned(),
            path => format!("{path}.{field}"),
        };
        for (field, value) in values {
            let full = join(&place.full, field);
            let Some(shape) = structure.fields.get(field) else {
                self.unknown.push(format!("unknown field \"{full}\""));
                continue;
            };
            let inner = Place { owner: &structure.name, field, go: join(&place.go, field), full };
            if let Some(value) = self.read(shape, value, &inner) {
                read.insert(field.clone(), value);
            }
        }
        read.into()
    }

    fn list(&mut self, items: &Shape, values: &[Value], place: &Place<'_>) -> Option<Value> {
        let mut read = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let full = format!("{}[{index}]", place.full);
            let inner = Place { owner: place.owner, field: place.field, go: place.go.clone(), full };
            let value = self.read(items, value, &inner);
            read.push(value.unwrap_or_else(|| zero(items)));
        }
        (!read.is_empty()).then(|| read.into())
    }

    fn map(&mut self, shape: &Shape, values: &Map<String, Value>, place: &Place<'_>) -> Option<Value> {
        let mut read = Map::new();
        for (key, value) in values {
            let full = format!("{}.{key}", place.full);
            let inner = Place { owner: place.owner, field: place.field, go: place.go.clone(), full };
            let value = self.read(shape, value, &inner);
            read.insert(key.clone(), value.unwrap_or_else(|| zero(shape)));
        }
        (!read.is_empty()).then(|| read.into())
    }

    fn bytes(&mut self, text: &str) -> Option<Value> {
        match illegal_base64(text) {
            Some(at) => {
                self.wrong_type.get_or_insert_with(|| format!("illegal base64 data at input byte {at}"));
                None
            }
            // Line ends are allowed there, but not in the typed decoder.
            None => Some(text.replace(['\r', '\n'], "").into()),
        }
    }

    fn quantity(&mut self, value: &Value) -> Option<Value> {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        match quantity::canonical(&text) {
            Ok(text) => Some(text.into()),
            Err(fault) => {
                self.refused = Some(fault.to_owned());
                None
            }
        }
    }

    fn int_or_string(&mut self, value: &Value, place: &Place<'_>) -> Option<Value> {
        let fault = match value {
            Value::String(_) => return Some(value.clone()),
            Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => {
                return Some(value.clone());
            }
            Value::Number(number) => format!("number {number}"),
            other => go::json_type(other).to_owned(),
        };
        self.refused = Some(mismatch(&fault, place, "int32"));
        None
    }

    fn time(&mut self, value: &Value, place: &Place<'_>) -> Option<Value> {
        let Value::String(text) = value else {
            self.refused = Some(mismatch(go::json_type(value), place, "string"));
            return None;
        };
        if text.parse::<jiff::Timestamp>().is_ok() {
            return Some(value.clone());
        }
        let layout = "2006-01-02T15:04:05Z07:00";
        self.refused =
            Some(format!("parsing time {text:?} as {layout:?}: cannot parse {text:?} as \"2006\""));
        None
    }
}

/// What Go leaves in a list or map where a null stood.
fn zero(shape: &Shape) -> Value {
    match shape {
        Shape::Text(_) | Shape::Bytes => "".into(),
        Shape::Bool => false.into(),
        Shape::Integer(_) | Shape::Float | Shape::IntOrString => 0.into(),
        Shape::Quantity => "0".into(),
        Shape::List(_) => json!([]),
        Shape::Map(_) | Shape::Struct(_) | Shape::Free => json!({}),
        Shape::Time => Value::Null,
    }
}

/// The place at which Go's decoder gives up, if it does.
fn illegal_base64(text: &str) -> Option<usize> {
    let (mut quantum, mut start, mut padding) = (0, 0, 0);
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| !b"\r\n".contains(byte)) {
        if quantum == 0 {
            start = at;
        }
        let good = byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
        match byte {
            b'=' if quantum >= 2 => padding += 1,
            _ if padding > 0 || !good => return Some(at),
            _ => {}
        }
        quantum = (quantum + 1) % 4;
    }
    (quantum != 0).then_some(start)
}
