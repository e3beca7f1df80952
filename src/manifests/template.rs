//! What the API server would refuse for being absent, and what to put there.
//!
//! Above all this is the manifest of a thousand tutorials: a Deployment without a selector, or with a template
//! without labels. The API server's own sentence is shown, at the line it is about, with the edit that makes
//! it right. [`refusal`] does the same for any refusal that came back from the API server.

use serde_json::{Value, json};

use super::diagnostic::{Diagnostic, TextEdit};
use super::document::Document;
use super::edit;
use super::path::FieldPath;
use crate::apiserver::patch::go_text;
use crate::apiserver::{Cause, Status};
use crate::object::schema::{self, Shape};
use crate::object::selector::Selector;
use crate::object::{Kind, StringMap};

/// The kinds whose pods come from a template and are found by a selector.
const WORKLOADS: [&str; 4] = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"];

const LABELS: &str = "spec.template.metadata.labels";
const SELECTOR: &str = "spec.selector";

/// What the document lacks, in the words of the API server.
pub(super) fn missing(document: &Document) -> Option<Diagnostic> {
    let causes = causes(document);
    if causes.is_empty() {
        return None;
    }
    Some(refusal(document, &Status::invalid(document.kind, &document.name, causes)))
}

/// The API server's refusal of this document, shown at the field it is about.
pub fn refusal(document: &Document, status: &Status) -> Diagnostic {
    let path = match status.causes.first() {
        Some(cause) => cause.field.as_str(),
        None => named_field(&status.message).unwrap_or(""),
    };
    let mut problem = document.problem(path, status.message.as_str());
    if status.causes.iter().any(|cause| cause.field == SELECTOR || cause.field == LABELS) {
        problem.fix = selector_fix(document);
        if problem.fix.is_some() {
            problem.help = Some(format!(
                "a {} finds its pods by labels: spec.selector must name labels that {LABELS} has",
                document.kind.name()
            ));
        }
    }
    problem
}

/// `unknown field "spec.replcas"` names a field.
fn named_field(message: &str) -> Option<&str> {
    let (_, after) = message.split_once("field \"")?;
    after.split_once('"').map(|(field, _)| field)
}

fn causes(document: &Document) -> Vec<Cause> {
    let value = &document.value;
    let mut causes = Vec::new();
    if document.name.is_empty() && at(value, "metadata.generateName").is_none() {
        causes.push(Cause {
            reason: "FieldValueRequired".into(),
            message: "Required value: name or generateName is required".into(),
            field: "metadata.name".into(),
        });
    }
    if is_workload(document.kind) {
        selector_causes(value, &mut causes);
        containers_cause(value, "spec.template.spec.containers", &mut causes);
    } else if document.kind == Kind::Pod {
        containers_cause(value, "spec.containers", &mut causes);
    }
    walk(value, schema::root(document.kind), &FieldPath::default(), &mut causes);
    causes
}

fn is_workload(kind: Kind) -> bool {
    WORKLOADS.contains(&kind.name())
}

/// As `ValidateDeploymentSpec` in `pkg/apis/apps/validation`: a missing selector also matches nothing.
fn selector_causes(value: &Value, causes: &mut Vec<Cause>) {
    let labels = at(value, LABELS);
    let fits = match at(value, SELECTOR) {
        None => {
            causes.push(required(SELECTOR));
            false
        }
        // An empty selector has a refusal of its own.
        Some(selector) if selector.as_object().is_some_and(serde_json::Map::is_empty) => return,
        Some(selector) => match serde_json::from_value(selector.clone()) {
            Ok(selector) => Selector::from_api(&selector).matches(&string_map(labels)),
            Err(_) => return,
        },
    };
    if !fits {
        let shown = labels.map_or_else(|| "null".to_owned(), go_text::encode);
        causes.push(Cause {
            reason: "FieldValueInvalid".into(),
            message: format!("Invalid value: {shown}: `selector` does not match template `labels`"),
            field: LABELS.into(),
        });
    }
}

fn containers_cause(value: &Value, path: &str, causes: &mut Vec<Cause>) {
    if at(value, path).and_then(Value::as_array).is_none_or(Vec::is_empty) {
        causes.push(required(path));
    }
}

/// Required fields that are absent from objects that are there.
fn walk(value: &Value, shape: &Shape, path: &FieldPath, causes: &mut Vec<Cause>) {
    match (value, shape) {
        (Value::Object(fields), Shape::Object(_)) => {
            let Some(object) = shape.object() else { return };
            for (name, field) in &object.fields {
                let path = path.field(name);
                match fields.get(name).filter(|value| !value.is_null()) {
                    Some(_) if name == "status" && path.0.len() == 1 => {}
                    Some(value) => walk(value, &field.shape, &path, causes),
                    // Whole groups are asked for by their own checks, with the field inside that is needed.
                    None if !field.required || matches!(field.shape, Shape::Object(_)) => {}
                    None => {
                        let field = path.to_string();
                        if !causes.iter().any(|cause| cause.field == field) {
                            causes.push(required(&field));
                        }
                    }
                }
            }
        }
        (Value::Object(fields), Shape::Map(values)) => {
            for (name, value) in fields {
                walk(value, values, &path.field(name), causes);
            }
        }
        (Value::Array(items), Shape::List(shape)) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, shape, &path.index(index), causes);
            }
        }
        _ => {}
    }
}

fn required(path: &str) -> Cause {
    Cause { reason: "FieldValueRequired".into(), message: "Required value".into(), field: path.into() }
}

/// The edit that lets selector and labels agree: what is there is taken over to where it is missing, and where
/// neither says anything, both become `app: NAME`.
fn selector_fix(document: &Document) -> Option<TextEdit> {
    if !is_workload(document.kind) || document.name.is_empty() {
        return None;
    }
    let value = &document.value;
    let labels = at(value, LABELS).filter(|labels| labels.as_object().is_some_and(|map| !map.is_empty()));
    let selected = at(value, "spec.selector.matchLabels").filter(|labels| labels.is_object());
    let wanted = selected.or(labels).cloned().unwrap_or_else(|| json!({"app": document.name}));
    let mut text = document.source.text.to_string();
    if selected.is_none() {
        text = edit::set_in(&text, document.index, &FieldPath::parse("spec.selector.matchLabels"), &wanted)
            .ok()?;
    }
    for (name, label) in wanted.as_object()? {
        if labels.and_then(|labels| labels.get(name)) != Some(label) {
            text = edit::set_in(&text, document.index, &FieldPath::parse(LABELS).field(name), label).ok()?;
        }
    }
    Some(TextEdit::between(&document.source.text, &text))
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    FieldPath::parse(path).get(value).filter(|value| !value.is_null())
}

fn string_map(labels: Option<&Value>) -> StringMap {
    let fields = labels.and_then(Value::as_object).into_iter().flatten();
    fields.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}
