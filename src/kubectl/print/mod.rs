//! Formats: how objects are printed (`-o`).

mod custom;
mod json;
pub mod jsonpath;
mod table;
mod yaml;

use serde_json::{Value, json};

pub(super) use custom::{Columns as CustomColumns, relaxed};
pub(super) use json::pretty;
pub(super) use table::Layout;
pub(super) use yaml::document as yaml;

use super::kinds;
use super::output::{Fault, Output, Stream};
use crate::apiserver::served;
use crate::object::Object;
use jsonpath::Template;

/// The formats that `-o` knows, as kubectl lists them.
const KNOWN: &str = "custom-columns,json,jsonpath,name,wide,yaml";

/// How objects are printed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Format {
    /// A table; wide with more columns.
    Table {
        /// Whether `-o wide` was said.
        wide: bool,
    },
    /// `-o json`.
    Json,
    /// `-o yaml`.
    Yaml,
    /// `-o name`.
    Name,
    /// `-o jsonpath=...`.
    JsonPath(Template),
    /// `-o custom-columns=...`.
    Custom(CustomColumns),
}

impl Format {
    /// What `-o` says.
    ///
    /// # Errors
    /// When there is no such format.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, Fault> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Self::Table { wide: false }) };
        let (name, argument) = match text.split_once('=') {
            Some((name, argument)) => (name, argument),
            // `-o jsonpath={.x}` may be written without the equals sign.
            None => text.find('{').map_or((text, ""), |at| text.split_at(at)),
        };
        match name {
            "wide" => Ok(Self::Table { wide: true }),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            "name" => Ok(Self::Name),
            "jsonpath" if argument.is_empty() => {
                Err(Fault::said("template format specified but no template given"))
            }
            "jsonpath" => Template::parse(argument)
                .map(Self::JsonPath)
                .map_err(|why| Fault::said(format!("error parsing jsonpath {argument}, {why}"))),
            "custom-columns" => CustomColumns::parse(argument).map(Self::Custom).map_err(Fault::Said),
            _ => Err(Fault::said(format!(
                "unable to match a printer suitable for the output format \"{text}\", allowed formats are: {KNOWN}"
            ))),
        }
    }

    /// What `-o` of a command that writes says; none if it only says what was done.
    pub(super) fn of_write(text: Option<&str>) -> Result<Option<Self>, Fault> {
        match text {
            None | Some("") => Ok(None),
            Some(_) => match Self::parse(text)? {
                Self::Table { .. } | Self::Custom(_) => Err(Fault::said(format!(
                    "unable to match a printer suitable for the output format \"{}\", allowed formats are: \
                     json,jsonpath,name,yaml",
                    text.unwrap_or("")
                ))),
                format => Ok(Some(format)),
            },
        }
    }

    /// Prints one object; a table is not for one object alone.
    pub(super) fn print_one(&self, object: &Object, out: &mut Output) -> Result<(), Fault> {
        self.print_value(&shown(object), &kinds::label(&object.reference()), out)
    }

    /// Prints objects as one list, or one object by itself if it was asked for by its name.
    pub(super) fn print_all(&self, objects: &[Object], alone: bool, out: &mut Output) -> Result<(), Fault> {
        if matches!(self, Self::Name) {
            objects.iter().for_each(|object| out.line(kinds::label(&object.reference())));
            return Ok(());
        }
        if let Self::Custom(columns) = self {
            let values: Vec<Value> = objects.iter().map(shown).collect();
            columns.print(&values, out);
            return Ok(());
        }
        match objects {
            [one] if alone => self.print_one(one, out),
            many => {
                let items: Vec<Value> = many.iter().map(shown).collect();
                let list = json!({
                    "apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""},
                });
                self.print_value(&list, "list", out)
            }
        }
    }

    /// Prints a document.
    pub(super) fn print_value(&self, value: &Value, name: &str, out: &mut Output) -> Result<(), Fault> {
        match self {
            Self::Json => out.line(pretty(value)),
            Self::Yaml => out.print(Stream::Out, &yaml(value)),
            Self::JsonPath(template) => {
                let text = template.render(value).map_err(|why| {
                    Fault::said(format!("error executing jsonpath \"{}\": {why}", template.source()))
                })?;
                out.print(Stream::Out, &text);
            }
            Self::Custom(columns) => columns.print(std::slice::from_ref(value), out),
            Self::Name | Self::Table { .. } => out.line(name),
        }
        Ok(())
    }
}

/// The object as a person sees it: without what only machines need.
pub(super) fn shown(object: &Object) -> Value {
    let mut value = served(object);
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
    value
}
