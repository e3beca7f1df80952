//! The fields of every kind: their names and shapes, which are required, and how they merge.
//!
//! An API server publishes this as OpenAPI; `kubectl explain`, strict decoding and strategic merge patches
//! all live on it. Here it comes from two sources, read once and then kept:
//!
//! - names, shapes, `required` and the descriptions from the JSON schemas of `k8s-openapi`;
//! - merge rules from `assets/merge-keys.json`. That table was generated from the `k8s-pb` 0.9.0 sources: each
//!   entry holds the `+patchStrategy`, `+patchMergeKey`, `+listType` and `+listMapKey` markers above a field of
//!   the API's protobuf definitions, under the type and field names of `k8s-openapi` v1_36. `k8s-openapi`
//!   itself does not carry them. A field without an entry is replaced as a whole.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Kind, kinds};

const MERGE_KEYS: &str = include_str!("../../assets/merge-keys.json");

/// An object type of the API: `io.k8s.api.core.v1.PodSpec`.
#[derive(Debug)]
pub struct Type {
    /// Its full name.
    pub name: String,
    /// What the API's documentation says about it.
    pub about: String,
    /// Its fields by name.
    pub fields: BTreeMap<String, Field>,
}

/// One field of a type.
#[derive(Debug)]
pub struct Field {
    /// What may stand in it.
    pub shape: Shape,
    /// Whether an object without it is not valid.
    pub required: bool,
    /// What the API's documentation says about it.
    pub about: String,
    /// How a strategic merge patch treats it.
    pub merge: Merge,
}

/// A type in the table of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeId(usize);

/// What may stand in a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// An object with known fields.
    Object(TypeId),
    /// An object with any keys: labels, `data`.
    Map(Box<Self>),
    /// A list.
    List(Box<Self>),
    /// Text.
    Text,
    /// Bytes, as base64 text.
    Bytes,
    /// A point in time, as text.
    Time,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A whole number or text: ports, `maxSurge`.
    IntOrText,
    /// An amount: `100m`, `64Mi`, 2.
    Quantity,
    /// Anything.
    Any,
}

/// How a strategic merge patch treats a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merge {
    /// The items of the list are merged one by one instead of the list being replaced.
    pub items: bool,
    /// The field by which items are the same item; none for plain values.
    pub key: Option<String>,
    /// A patch lists the keys that stay (`$retainKeys`); used where one of several alternatives may be set.
    pub retain_keys: bool,
}

/// One field's entry in `assets/merge-keys.json`. `list` and `keys` are there for server-side apply.
#[derive(Deserialize)]
struct Marker {
    #[serde(default)]
    strategy: String,
    key: Option<String>,
}

struct Model {
    types: Vec<Type>,
    roots: BTreeMap<Kind, Shape>,
}

static MODEL: LazyLock<Model> = LazyLock::new(Model::read);

/// The shape of a whole object.
pub fn root(kind: Kind) -> &'static Shape {
    MODEL.roots.get(&kind).unwrap_or(&Shape::Any)
}

/// The field at the end of a path of field names, through lists and maps: `["spec", "ports", "port"]`.
pub fn field(kind: Kind, names: &[&str]) -> Option<&'static Field> {
    let (last, way) = names.split_last()?;
    let parent = way.iter().try_fold(root(kind), |shape, name| shape.item().child(name))?;
    parent.item().object()?.fields.get(*last)
}

impl Shape {
    /// The type, if it is an object with known fields.
    pub fn object(&self) -> Option<&'static Type> {
        match self {
            Self::Object(id) => MODEL.types.get(id.0),
            _ => None,
        }
    }

    /// The shape under a key: of a field, or of a map's values.
    pub fn child(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(_) => self.object()?.fields.get(key).map(|field| &field.shape),
            Self::Map(values) => Some(values),
            _ => None,
        }
    }

    /// The shape of a list's items; other shapes are their own.
    pub fn item(&self) -> &Self {
        match self {
            Self::List(items) => items,
            other => other,
        }
    }

    /// How the field under a key merges; nothing special in a map.
    pub fn merge(&self, key: &str) -> &'static Merge {
        static PLAIN: Merge = Merge { items: false, key: None, retain_keys: false };
        self.object().and_then(|object| object.fields.get(key)).map_or(&PLAIN, |field| &field.merge)
    }

    /// In words for people: `a whole number`.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Object(_) | Self::Map(_) => "a group of fields",
            Self::List(_) => "a list",
            Self::Text => "text",
            Self::Bytes => "base64 text",
            Self::Time => "a time like 2026-01-31T12:00:00Z",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::IntOrText => "a whole number or text",
            Self::Quantity => "an amount like 100m or 64Mi",
            Self::Any => "anything",
        }
    }
}

impl Model {
    fn read() -> Self {
        let mut generator = schemars::SchemaGenerator::default();
        let roots = kinds::schemas(&mut generator);
        let definitions = generator.take_definitions(false);
        let markers: BTreeMap<String, BTreeMap<String, Marker>> =
            serde_json::from_str(MERGE_KEYS).unwrap_or_default();
        let objects: Vec<&String> = definitions
            .iter()
            .filter(|(_, schema)| schema.get("properties").is_some())
            .map(|(name, _)| name)
            .collect();
        let reader = Reader { definitions: &definitions, objects: &objects };
        let types = objects
            .iter()
            .map(|name| {
                let schema = definitions.get(*name).unwrap_or(&Value::Null);
                reader.object(name, schema, markers.get(*name))
            })
            .collect();
        let roots = roots.iter().map(|(kind, schema)| (*kind, reader.shape(schema.as_value()))).collect();
        Self { types, roots }
    }
}

struct Reader<'a> {
    definitions: &'a Map<String, Value>,
    objects: &'a [&'a String],
}

impl Reader<'_> {
    fn object(&self, name: &str, schema: &Value, markers: Option<&BTreeMap<String, Marker>>) -> Type {
        let required: Vec<&str> = array(schema, "required").filter_map(Value::as_str).collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        let fields = properties
            .into_iter()
            .flatten()
            .map(|(name, schema)| {
                let field = Field {
                    shape: self.shape(schema),
                    required: required.contains(&name.as_str()),
                    about: schema.get("description").and_then(Value::as_str).unwrap_or("").to_owned(),
                    merge: markers.and_then(|fields| fields.get(name)).map(Merge::from).unwrap_or_default(),
                };
                (name.clone(), field)
            })
            .collect();
        let about = schema.get("description").and_then(Value::as_str).unwrap_or("").to_owned();
        Type { name: name.to_owned(), about, fields }
    }

    fn shape(&self, schema: &Value) -> Shape {
        let text = |key: &str| schema.get(key).and_then(Value::as_str);
        if let Some(name) = text("$ref").and_then(|path| path.rsplit('/').next()) {
            return self.named(name);
        }
        if schema.get("x-kubernetes-int-or-string").is_some() {
            return Shape::IntOrText;
        }
        match (text("type"), text("format")) {
            (Some("string"), Some("date-time")) => Shape::Time,
            (Some("string"), Some("byte")) => Shape::Bytes,
            (Some("string"), _) => Shape::Text,
            (Some("integer"), _) => Shape::Integer,
            (Some("number"), _) => Shape::Number,
            (Some("boolean"), _) => Shape::Boolean,
            (Some("array"), _) => {
                Shape::List(Box::new(schema.get("items").map_or(Shape::Any, |items| self.shape(items))))
            }
            (Some("object"), _) => match schema.get("additionalProperties") {
                Some(values) => Shape::Map(Box::new(self.shape(values))),
                None => Shape::Any,
            },
            _ => Shape::Any,
        }
    }

    fn named(&self, name: &str) -> Shape {
        if let Some(index) = self.objects.iter().position(|object| *object == name) {
            return Shape::Object(TypeId(index));
        }
        match self.definitions.get(name) {
            Some(_) if name.ends_with(".Quantity") => Shape::Quantity,
            Some(schema) => self.shape(schema),
            None => Shape::Any,
        }
    }
}

impl From<&Marker> for Merge {
    fn from(marker: &Marker) -> Self {
        let has = |word| marker.strategy.split(',').any(|strategy| strategy == word);
        Self { items: has("merge"), key: marker.key.clone(), retain_keys: has("retainKeys") }
    }
}

fn array<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_through_lists_and_maps() {
        let shape = |kind, names: &[&str]| field(kind, names).map(|field| field.shape.clone());
        let container = ["spec", "template", "spec", "containers"];
        assert_eq!(shape(Kind::Deployment, &["spec", "replicas"]), Some(Shape::Integer));
        assert_eq!(shape(Kind::Deployment, &[&container[..], &["image"]].concat()), Some(Shape::Text));
        assert_eq!(
            shape(Kind::Deployment, &[&container[..], &["resources", "requests"]].concat()),
            Some(Shape::Map(Box::new(Shape::Quantity)))
        );
        assert_eq!(shape(Kind::Service, &["spec", "ports", "targetPort"]), Some(Shape::IntOrText));
        assert_eq!(shape(Kind::Secret, &["data"]), Some(Shape::Map(Box::new(Shape::Bytes))));
        assert_eq!(shape(Kind::Deployment, &["spec", "replcas"]), None);
        assert!(field(Kind::Deployment, &["spec", "selector"]).unwrap().required);
    }

    #[test]
    fn merge_rules_are_those_of_the_api() {
        let merge = |kind, names: &[&str]| field(kind, names).unwrap().merge.clone();
        let by = |key: &str| Merge { items: true, key: Some(key.to_owned()), retain_keys: false };
        assert_eq!(merge(Kind::Pod, &["spec", "containers"]), by("name"));
        assert_eq!(merge(Kind::Pod, &["spec", "containers", "ports"]), by("containerPort"));
        assert_eq!(merge(Kind::Pod, &["spec", "containers", "volumeMounts"]), by("mountPath"));
        assert_eq!(merge(Kind::Pod, &["spec", "hostAliases"]), by("ip"));
        assert_eq!(merge(Kind::Pod, &["spec", "topologySpreadConstraints"]), by("topologyKey"));
        assert_eq!(merge(Kind::Pod, &["spec", "tolerations"]), Merge::default());
        assert_eq!(merge(Kind::Pod, &["status", "podIPs"]), by("ip"));
        assert_eq!(merge(Kind::Service, &["spec", "ports"]), by("port"));
        assert_eq!(merge(Kind::Deployment, &["metadata", "ownerReferences"]), by("uid"));
        assert_eq!(merge(Kind::Pod, &["metadata", "finalizers"]), Merge { items: true, ..Merge::default() });
        assert_eq!(
            merge(Kind::Deployment, &["spec", "strategy"]),
            Merge { retain_keys: true, ..Merge::default() }
        );
        assert!(merge(Kind::Pod, &["spec", "volumes"]).retain_keys);
    }

    /// Every type and field of the table exists: a renamed field would otherwise silently lose its rule.
    #[test]
    fn the_table_names_real_fields() {
        let markers: BTreeMap<String, BTreeMap<String, Marker>> = serde_json::from_str(MERGE_KEYS).unwrap();
        for known in &MODEL.types {
            for name in markers.get(&known.name).into_iter().flat_map(BTreeMap::keys) {
                assert!(known.fields.contains_key(name), "{}.{name}", known.name);
            }
        }
    }
}
