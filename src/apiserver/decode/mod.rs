//! Decoding: from a JSON document to an [`Object`], with the refusals of the real API server.
//!
//! The real server decodes with Go's `encoding/json`, whose errors name Go types:
//! `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`. To say the
//! same we walk the document along the schema of its kind (`schema`) before the typed decoder sees it. The
//! walk also brings the document into the form in which the real server would store and show it: amounts in
//! canonical form, nothing that the API leaves out when it is empty.
//!
//! Duplicate keys are gone once a document is a [`Value`]: whoever reads the bytes must look for them.

mod document;
mod go;
mod quantity;
mod schema;

use serde_json::Value;

use super::Status;
use crate::object::{Kind, Object};

pub(super) use go::json_type;
pub use quantity::canonical as canonical_quantity;

/// Reads a document and refuses what the API does not know (`fieldValidation=Strict`, kubectl's default).
///
/// # Errors
/// 400 with the real server's text for unknown fields, wrong types, bad quantities, times and base64.
pub fn strict(kind: Kind, value: &Value) -> Result<Object, Status> {
    let (object, unknown) = decode(kind, value)?;
    match unknown.is_empty() {
        true => Ok(object),
        false => Err(refuse(kind, value, &format!("strict decoding error: {}", unknown.join(", ")))),
    }
}

/// Reads a document and drops what the API does not know; the second half names it, as the `Warning` headers
/// of a real answer do (`fieldValidation=Warn`).
///
/// # Errors
/// As [`strict`], but not for unknown fields.
pub fn lenient(kind: Kind, value: &Value) -> Result<(Object, Vec<String>), Status> {
    decode(kind, value)
}

/// What a strict reader would complain about without the sentence around it: for patches, whose refusals
/// are worded otherwise (`patch: Invalid value: ...: strict decoding error: unknown field "spec.x"`).
pub fn faults(kind: Kind, value: &Value) -> Option<String> {
    let found = document::walk(kind, value);
    found.error.or_else(|| {
        let unknown = found.unknown.join(", ");
        (!unknown.is_empty()).then(|| format!("strict decoding error: {unknown}"))
    })
}

fn decode(kind: Kind, value: &Value) -> Result<(Object, Vec<String>), Status> {
    if let Some(other) = other_type(kind, value) {
        return Err(refuse(kind, value, &other));
    }
    let found = document::walk(kind, value);
    if let Some(error) = found.error {
        return Err(refuse(kind, value, &error));
    }
    // After the walk the typed decoder has nothing left to refuse, but its word is the last.
    let object =
        Object::decode(kind, found.value).map_err(|error| refuse(kind, value, &error.to_string()))?;
    Ok((object, found.unknown))
}

/// What the document says that it is; what it leaves out is taken from the request's path.
fn declared(kind: Kind, value: &Value) -> (String, String) {
    let said = |field| value.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let api_version = said("apiVersion").map_or_else(|| kind.info().api_version(), str::to_owned);
    (api_version, said("kind").unwrap_or(kind.name()).to_owned())
}

/// The sentence for a document of another type than the path's.
fn other_type(kind: Kind, value: &Value) -> Option<String> {
    let (api_version, name) = declared(kind, value);
    match Kind::from_type(&api_version, &name) {
        Some(found) if found == kind => None,
        Some(found) => {
            let package = |kind: Kind| match kind.info().group {
                "" => "core",
                group => group.split('.').next().unwrap_or(group),
            };
            let (from, into) = (found.info(), kind.info());
            Some(format!(
                "converting ({}.{}) to ({}.{}): unknown conversion",
                from.version,
                from.name,
                package(kind),
                into.name
            ))
        }
        None => Some(format!(
            "no kind \"{name}\" is registered for version \"{api_version}\" in scheme \
             \"pkg/api/legacyscheme/scheme.go:30\""
        )),
    }
}

/// 400, in the words of `transformDecodeError`.
fn refuse(kind: Kind, value: &Value, why: &str) -> Status {
    let (api_version, name) = declared(kind, value);
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let wanted = kind.name();
    Status::bad_request(format!("{name} in version \"{version}\" cannot be handled as a {wanted}: {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(kind: Kind, value: Value) -> String {
        strict(kind, &value).map(|object| object.to_value()).unwrap_err().message
    }

    #[test]
    fn wrong_types_are_named_as_go_names_them() {
        let pod = |spec: Value| {
            let text = refused(Kind::Pod, json!({"metadata": {"name": "p"}, "spec": spec}));
            text.replace("Pod in version \"v1\" cannot be handled as a Pod: ", "")
        };
        let wrong = |value: &str, field: &str, kind: &str| {
            format!("json: cannot unmarshal {value} into Go struct field {field} of type {kind}")
        };
        let container = |field: &str, value: Value| json!({"containers": [{field: value}]});
        for (spec, expected) in [
            (json!({"restartPolicy": 1}), wrong("number", "PodSpec.spec.restartPolicy", "v1.RestartPolicy")),
            (json!({"hostNetwork": "yes"}), wrong("string", "PodSpec.spec.hostNetwork", "bool")),
            (
                json!({"nodeSelector": ["a"]}),
                wrong("array", "PodSpec.spec.nodeSelector", "map[string]string"),
            ),
            (
                json!({"securityContext": true}),
                wrong("bool", "PodSpec.spec.securityContext", "v1.PodSecurityContext"),
            ),
            (
                container("ports", json!([{"containerPort": 1.5}])),
                wrong("number 1.5", "ContainerPort.spec.containers.ports.containerPort", "int32"),
            ),
            (
                container("livenessProbe", json!({"httpGet": {"port": false}})),
                wrong("bool", "HTTPGetAction.spec.containers.livenessProbe.httpGet.port", "int32"),
            ),
            (
                container("resources", json!({"limits": {"cpu": "1mm"}})),
                "unable to parse quantity's suffix".to_owned(),
            ),
        ] {
            assert_eq!(pod(spec), expected);
        }
    }

    #[test]
    fn the_document_must_be_of_the_kind_of_the_path() {
        assert_eq!(
            refused(Kind::Pod, json!({"apiVersion": "apps/v1", "kind": "Deployment"})),
            "Deployment in version \"v1\" cannot be handled as a Pod: \
             converting (v1.Deployment) to (core.Pod): unknown conversion"
        );
    }

    #[test]
    fn unknown_fields_warn_or_refuse() {
        let value = json!({"metadata": {"name": "m", "lables": {}}, "dta": {"a": "b"}});
        let (object, warnings) = lenient(Kind::ConfigMap, &value).unwrap();
        assert_eq!(object.meta().name.as_deref(), Some("m"));
        assert_eq!(warnings, ["unknown field \"metadata.lables\"", "unknown field \"dta\""]);
        assert!(strict(Kind::ConfigMap, &value).is_err());
    }

    #[test]
    fn what_is_stored_is_canonical() {
        let value = json!({"metadata": {"name": "p", "labels": {}}, "spec": {"hostNetwork": false, "containers": [
            {"name": "c", "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}}, "command": [], "stdin": null}
        ]}});
        let stored = strict(Kind::Pod, &value).unwrap().to_value();
        assert_eq!(
            stored.pointer("/spec"),
            Some(&json!({"containers": [
                {"name": "c", "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}}
            ]}))
        );
        assert_eq!(stored.pointer("/metadata"), Some(&json!({"name": "p"})));
    }
}
