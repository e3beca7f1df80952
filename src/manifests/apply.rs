//! What client-side `kubectl apply` would do about a document.

use serde_json::Value;

use super::diff::{self, FieldChange};
use super::document::Document;
use super::{Diagnostic, FieldPath};
use crate::apiserver::patch::{last_applied, three_way};

/// The request that brings the live object to what the document says.
#[derive(Clone, Debug, PartialEq)]
pub enum ApplyAction {
    /// There is no such object yet: create this one.
    Create(Value),
    /// Send this strategic merge patch.
    Patch(Value),
    /// Nothing is to be sent.
    Unchanged,
}

/// A field that is not live as the file says: somebody changed it in the cluster, or the file was never applied.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDrift {
    /// Which field.
    pub path: FieldPath,
    /// What the file says.
    pub file: Value,
    /// What is live; none if the field is not there.
    pub live: Option<Value>,
}

/// Why a document cannot be applied at all: an object without a name of its own could not be found again.
pub fn nameless(document: &Document) -> Option<String> {
    let prefix = document.value.pointer("/metadata/generateName").and_then(Value::as_str);
    document.name.is_empty().then(|| match prefix {
        Some(prefix) => format!("from {prefix}: cannot use generate name with apply"),
        None => "resource name may not be empty".to_owned(),
    })
}

/// What `kubectl apply` sends for this document. `live` is the object as the API server gives it.
///
/// # Errors
/// When the document has no name of its own, or when no patch can be made, because an item of a list lacks the field
/// that identifies it.
pub fn request_for(document: &Document, live: Option<&Value>) -> Result<ApplyAction, Diagnostic> {
    if let Some(why) = nameless(document) {
        return Err(document.problem("metadata.generateName", why));
    }
    let modified = last_applied::annotated(&document.value);
    let Some(live) = live else { return Ok(ApplyAction::Create(modified)) };
    let original = last_applied::of(live);
    let patch = three_way(document.kind, original.as_ref(), &modified, live)
        .map_err(|fault| document.problem("spec", format!("no patch can be made: {fault}")))?;
    Ok(match patch.as_object().is_some_and(serde_json::Map::is_empty) {
        true => ApplyAction::Unchanged,
        false => ApplyAction::Patch(patch),
    })
}

/// What kubectl warns of before it applies over an object that `apply` did not make.
pub fn warning(document: &Document, live: &Value) -> Option<String> {
    if last_applied::of(live).is_some() {
        return None;
    }
    Some(format!(
        "Warning: resource {}/{} is missing the {} annotation which is required by kubectl apply. kubectl apply \
         should only be used on resources created declaratively by either kubectl create --save-config or \
         kubectl apply. The missing annotation will be patched automatically.",
        document.kind.info().plural,
        document.name,
        last_applied::ANNOTATION
    ))
}

/// Where the live object is not as the file says. Fields that the file does not name never drift.
pub fn drift(document: &Document, live: &Value) -> Vec<FieldDrift> {
    let mut wanted = document.value.clone();
    // `stringData` is write-only: the API server moves it into `data`.
    if let Some(fields) = wanted.as_object_mut() {
        fields.shift_remove("stringData");
        fields.shift_remove("status");
    }
    let unmet = diff::unmet(document.kind, &wanted, live);
    unmet
        .into_iter()
        .filter_map(|FieldChange { path, old, new }| Some(FieldDrift { path, file: old?, live: new }))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::manifests::parse;

    fn document(text: &str) -> Document {
        parse("web.yaml", text).unwrap().remove(0)
    }

    /// What kubectl sent for the same files and the same live objects.
    #[test]
    fn requests_are_those_that_kubectl_sent() {
        let recorded: Vec<Value> =
            serde_json::from_str(include_str!("../../tests/recorded/kubectl-patches.json")).unwrap();
        let mut tried = 0;
        for case in recorded.iter().filter(|case| case["manifest"].is_string()) {
            // This file has a field that is refused here before anything is sent.
            if case["name"] == "apply-unknown-field" {
                continue;
            }
            let document = document(case["manifest"].as_str().unwrap()).in_namespace("wire");
            let action = request_for(&document, case.get("live")).unwrap();
            let expected = match case["method"].as_str() {
                Some("POST") => ApplyAction::Create(case["sent"].clone()),
                Some(_) => ApplyAction::Patch(case["sent"].clone()),
                None => ApplyAction::Unchanged,
            };
            assert_eq!(action, expected, "{}", case["name"]);
            tried += 1;
        }
        assert_eq!(tried, 6);
    }

    #[test]
    fn only_what_the_file_says_can_drift() {
        let document = document(
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: 80}]\n  selector: {app: web}\n",
        );
        let live = |app: &str| {
            json!({"metadata": {"name": "web", "namespace": "default", "uid": "1"},
                "spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 80, "protocol": "TCP"}], "selector": {"app": app}},
                "apiVersion": "v1", "kind": "Service"})
        };
        assert_eq!(drift(&document, &live("web")), []);
        let drifted = drift(&document, &live("other"));
        assert_eq!(drifted.len(), 1);
        assert_eq!(drifted[0].path.to_string(), "spec.selector.app");
        assert_eq!((&drifted[0].file, &drifted[0].live), (&json!("web"), &Some(json!("other"))));
        assert!(
            warning(&document, &live("web"))
                .unwrap()
                .starts_with("Warning: resource services/web is missing")
        );
    }
}
