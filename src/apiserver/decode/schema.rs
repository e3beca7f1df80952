//! The shape of every kind, from the JSON schemas that come with the API types.
//!
//! The schemas are compiled once per kind into a small tree of Go-like types, which the walk follows.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::policy::v1 as policy;
use k8s_openapi::api::{apps::v1 as apps, coordination::v1 as coordination, discovery::v1 as discovery};
use k8s_openapi::schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use crate::object::Kind;

/// A type of the API as Go sees it.
#[derive(Clone, Debug)]
pub enum Shape {
    /// `string`, or a named type of text like `v1.RestartPolicy`.
    Text(&'static str),
    /// `bool`.
    Bool,
    /// `int32` or `int64`.
    Integer(&'static str),
    /// `float64`.
    Float,
    /// `[]byte`, base64 in JSON.
    Bytes,
    /// An amount.
    Quantity,
    /// A number or a text.
    IntOrString,
    /// A point in time.
    Time,
    /// Anything.
    Free,
    /// A list.
    List(Box<Shape>),
    /// A map with text keys.
    Map(Box<Shape>),
    /// A struct, by its place in [`Schema::structs`].
    Struct(usize),
}

/// A struct of the API.
#[derive(Debug, Default)]
pub struct Struct {
    /// `PodSpec`.
    pub name: String,
    /// `v1.PodSpec`.
    pub go_type: String,
    /// Its fields by JSON name.
    pub fields: BTreeMap<String, Shape>,
}

/// The structs that a kind is made of.
#[derive(Debug, Default)]
pub struct Schema {
    /// All of them.
    pub structs: Vec<Struct>,
    /// The kind's own.
    pub root: usize,
}

/// The schema of a kind.
pub fn of(kind: Kind) -> Arc<Schema> {
    // One cell per kind, in the order of the table.
    static CELLS: [OnceLock<Arc<Schema>>; Kind::ALL.len()] = [const { OnceLock::new() }; Kind::ALL.len()];
    match Kind::ALL.iter().position(|other| *other == kind).and_then(|at| CELLS.get(at)) {
        Some(cell) => cell.get_or_init(|| Arc::new(compile(kind))).clone(),
        None => Arc::default(),
    }
}

fn compile(kind: Kind) -> Schema {
    match kind {
        Kind::Namespace => compile_type::<core::Namespace>(),
        Kind::Node => compile_type::<core::Node>(),
        Kind::Pod => compile_type::<core::Pod>(),
        Kind::ReplicaSet => compile_type::<apps::ReplicaSet>(),
        Kind::Deployment => compile_type::<apps::Deployment>(),
        Kind::Service => compile_type::<core::Service>(),
        Kind::Endpoints => compile_type::<core::Endpoints>(),
        Kind::EndpointSlice => compile_type::<discovery::EndpointSlice>(),
        Kind::ConfigMap => compile_type::<core::ConfigMap>(),
        Kind::Secret => compile_type::<core::Secret>(),
        Kind::ServiceAccount => compile_type::<core::ServiceAccount>(),
        Kind::Lease => compile_type::<coordination::Lease>(),
        Kind::Event => compile_type::<core::Event>(),
        Kind::PodDisruptionBudget => compile_type::<policy::PodDisruptionBudget>(),
        Kind::DaemonSet => compile_type::<apps::DaemonSet>(),
        Kind::ControllerRevision => compile_type::<apps::ControllerRevision>(),
    }
}

fn compile_type<T: JsonSchema>() -> Schema {
    let root = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    let mut compiler =
        Compiler { definitions: root.get("$defs").cloned().unwrap_or_default(), ..Compiler::default() };
    let root = compiler.structure(&T::schema_name(), &root);
    Schema { structs: compiler.structs, root }
}

#[derive(Default)]
struct Compiler {
    definitions: Value,
    structs: Vec<Struct>,
    known: BTreeMap<String, usize>,
}

impl Compiler {
    fn structure(&mut self, full_name: &str, schema: &Value) -> usize {
        if let Some(known) = self.known.get(full_name) {
            return *known;
        }
        let at = self.structs.len();
        self.known.insert(full_name.to_owned(), at);
        let mut parts = full_name.rsplit('.');
        let name = parts.next().unwrap_or_default().to_owned();
        let go_type = format!("{}.{name}", parts.next().unwrap_or_default());
        self.structs.push(Struct { name: name.clone(), go_type, ..Struct::default() });
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut fields: BTreeMap<String, Shape> = BTreeMap::new();
        for (field, schema) in &properties {
            let shape = self.shape(&name, field, schema);
            fields.insert(field.clone(), shape);
        }
        if let Some(structure) = self.structs.get_mut(at) {
            structure.fields = fields;
        }
        at
    }

    fn shape(&mut self, owner: &str, field: &str, schema: &Value) -> Shape {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.reference(reference.trim_start_matches("#/$defs/"));
        }
        let word = |key| schema.get(key).and_then(Value::as_str).unwrap_or("");
        match (word("type"), word("format")) {
            ("string", "byte") => Shape::Bytes,
            ("string", "date-time") => Shape::Time,
            ("string", _) => Shape::Text(super::go::text_type(owner, field)),
            ("boolean", _) => Shape::Bool,
            ("integer", "int64") => Shape::Integer("int64"),
            ("integer", _) => Shape::Integer("int32"),
            ("number", _) => Shape::Float,
            ("array", _) => {
                let items = schema.get("items").unwrap_or(&Value::Null);
                Shape::List(Box::new(self.shape(owner, field, items)))
            }
            ("object", _) => match schema.get("additionalProperties") {
                Some(values) => Shape::Map(Box::new(self.shape(owner, field, values))),
                None => Shape::Free,
            },
            _ => Shape::Free,
        }
    }

    fn reference(&mut self, full_name: &str) -> Shape {
        let schema = self.definitions.get(full_name).cloned().unwrap_or_default();
        match full_name.rsplit('.').next().unwrap_or_default() {
            "Quantity" => Shape::Quantity,
            "IntOrString" => Shape::IntOrString,
            "Time" | "MicroTime" => Shape::Time,
            _ if schema.get("properties").is_some() => Shape::Struct(self.structure(full_name, &schema)),
            // A struct without fields, unless it is free JSON.
            "FieldsV1" | "RawExtension" => Shape::Free,
            _ => Shape::Struct(self.structure(full_name, &schema)),
        }
    }
}

impl Schema {
    /// The type as Go prints it.
    pub fn go_type(&self, shape: &Shape) -> String {
        match shape {
            Shape::Text(name) | Shape::Integer(name) => (*name).to_owned(),
            Shape::Bool => "bool".to_owned(),
            Shape::Float => "float64".to_owned(),
            Shape::Bytes => "[]uint8".to_owned(),
            Shape::Quantity => "resource.Quantity".to_owned(),
            Shape::IntOrString => "intstr.IntOrString".to_owned(),
            Shape::Time => "v1.Time".to_owned(),
            Shape::Free => "v1.FieldsV1".to_owned(),
            Shape::List(items) => format!("[]{}", self.go_type(items)),
            Shape::Map(values) if matches!(**values, Shape::Quantity) => "v1.ResourceList".to_owned(),
            Shape::Map(values) => format!("map[string]{}", self.go_type(values)),
            Shape::Struct(at) => self.structs.get(*at).map(|found| found.go_type.clone()).unwrap_or_default(),
        }
    }
}
