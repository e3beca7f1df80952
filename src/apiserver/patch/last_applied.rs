//! The memory of `kubectl apply`: an annotation that holds what was applied last.
//!
//! Without it nobody could tell a field that was removed from the file from one that somebody else set.

use serde_json::{Map, Value};

use super::go_text;

/// The annotation.
pub const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The annotation's value for this manifest: the manifest without the annotation, as one line of JSON
/// (`GetModifiedConfiguration` in `kubectl/pkg/util/apply.go`, which always leaves an `annotations` map).
pub fn text(manifest: &Value) -> String {
    let mut manifest = manifest.clone();
    if let Some(annotations) = annotations_mut(&mut manifest) {
        annotations.shift_remove(ANNOTATION);
    }
    go_text::encode(&manifest) + "\n"
}

/// The manifest with its annotation: what is sent, or compared with what is live.
pub fn annotated(manifest: &Value) -> Value {
    let text = text(manifest);
    let mut manifest = manifest.clone();
    if let Some(annotations) = annotations_mut(&mut manifest) {
        annotations.insert(ANNOTATION.to_owned(), text.into());
    }
    manifest
}

/// What was applied last, as a live object remembers it; none if it was not made by `apply`.
pub fn of(live: &Value) -> Option<Value> {
    let text = live.get("metadata")?.get("annotations")?.get(ANNOTATION)?.as_str()?;
    serde_json::from_str(text).ok()
}

/// The annotations, made where they are missing; none only where the manifest is no object at all.
fn annotations_mut(manifest: &mut Value) -> Option<&mut Map<String, Value>> {
    let metadata = object_mut(manifest.as_object_mut()?, "metadata")?;
    object_mut(metadata, "annotations")
}

fn object_mut<'a>(fields: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    let value = fields.entry(key).or_insert(Value::Null);
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}
