//! Patches: changes of an object that say only what changes.
//!
//! The API server knows three languages. *JSON patch* (RFC 6902) is a list of operations on paths. *JSON merge
//! patch* (RFC 7386) is a partial document: what it names is replaced, `null` removes, lists are replaced as a
//! whole. The *strategic merge patch* is Kubernetes' own and what `kubectl apply` and `kubectl set` send: a
//! merge patch that knows which field identifies the items of a list, so that one container can change and
//! the others stay ([`strategic()`]).
//!
//! `kubectl apply` makes its patch from three documents: what was applied last, what the file says now and what
//! is live ([`three_way()`]). It remembers what was applied last in an annotation ([`last_applied`]).
//!
//! ```
//! use kubeloop::apiserver::{Patch, patch};
//! use kubeloop::object::Kind;
//! use serde_json::json;
//! let live = json!({"spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}]}});
//! let change = Patch::Strategic(json!({"spec": {"containers": [{"name": "b", "image": "y:2"}]}}));
//! let patched = patch::apply(Kind::Pod, &live, &change).unwrap();
//! assert_eq!(patched["spec"]["containers"][0]["image"], "x:1");
//! assert_eq!(patched["spec"]["containers"][1]["image"], "y:2");
//! ```
//!
//! Left out: server-side apply (`application/apply-patch+yaml`), which tracks an owner for every field.

use serde_json::{Map, Value};

use super::decode::json_type;
use super::{Cause, Patch, Status};
use crate::object::{Kind, schema};

mod fault;
pub mod go_text;
pub mod last_applied;
mod order;
mod strategic;
mod three_way;

#[cfg(test)]
mod tests;

pub use fault::PatchFault;
pub use three_way::three_way;

/// Most operations in one JSON patch (`maxJSONPatchOperations` in `apiserver/pkg/endpoints/handlers/patch.go`).
const MAX_JSON_PATCH_OPERATIONS: usize = 10_000;

/// The object after the patch.
///
/// # Errors
/// 400 or 422, with the real server's texts, when the patch cannot be read or does not fit the object. Whether
/// the result is a valid object is the caller's question; see [`undecodable`].
pub fn apply(kind: Kind, current: &Value, patch: &Patch) -> Result<Value, Status> {
    match patch {
        Patch::Merge(patch) => merge(current, patch),
        Patch::Strategic(patch) => strategic(kind, current, patch).map(|(patched, _)| patched),
        Patch::Json(operations) => json(current, operations),
    }
}

/// The refusal when the patched object cannot be read as one of its kind: 422, as the real server words it.
/// `why` is the decoder's reason: `strict decoding error: unknown field "spec.replcas"`.
pub fn undecodable(kind: Kind, current: &Value, patch: &Patch, why: &str) -> Status {
    let shown = match patch {
        // The real server prints what is left of the patch after it was merged.
        Patch::Strategic(patch) => match strategic(kind, current, patch) {
            Ok((_, rest)) => go_text::print(&rest),
            Err(_) => go_text::print(patch),
        },
        _ => apply(kind, current, patch).map(|patched| go_text::encode(&patched)).unwrap_or_default(),
    };
    let message = format!("Invalid value: {}: {why}", Value::from(shown));
    Status {
        code: 422,
        reason: "Invalid",
        message: format!(" \"\" is invalid: patch: {message}"),
        causes: vec![Cause { reason: "FieldValueInvalid".into(), message, field: "patch".into() }],
        ..Status::default()
    }
}

fn merge(current: &Value, patch: &Value) -> Result<Value, Status> {
    if !patch.is_object() {
        let why = format!("error decoding patch: {}", cannot_unmarshal(patch, "map[string]interface {}"));
        return Err(Status::bad_request(why));
    }
    let mut value = current.clone();
    json_patch::merge(&mut value, patch);
    Ok(value)
}

fn strategic(kind: Kind, current: &Value, patch: &Value) -> Result<(Value, Value), Status> {
    let Value::Object(changes) = patch else {
        return Err(Status::bad_request(cannot_unmarshal(patch, "map[string]interface {}")));
    };
    let (mut patched, mut rest) = (current.as_object().cloned().unwrap_or_default(), changes.clone());
    strategic::merge_map(&mut patched, &mut rest, Some(schema::root(kind)))
        .map_err(PatchFault::into_status)?;
    Ok((Value::Object(patched), Value::Object(rest)))
}

fn json(current: &Value, operations: &Value) -> Result<Value, Status> {
    let Value::Array(list) = operations else {
        return Err(Status::bad_request(cannot_unmarshal(operations, "jsonpatch.Patch")));
    };
    if list.len() > MAX_JSON_PATCH_OPERATIONS {
        let message = format!(
            "The allowed maximum operations in a JSON patch is {MAX_JSON_PATCH_OPERATIONS}, got {}",
            list.len()
        );
        return Err(Status {
            code: 413,
            reason: "RequestEntityTooLarge",
            message: format!("Request entity too large: {message}"),
            ..Status::default()
        });
    }
    if let Some(bad) = list.iter().find(|operation| !operation.is_object()) {
        return Err(Status::bad_request(cannot_unmarshal(bad, "jsonpatch.Operation")));
    }
    let mut value = current.clone();
    let patched = serde_json::from_value::<json_patch::Patch>(operations.clone())
        .map_err(drop)
        .and_then(|patch| json_patch::patch(&mut value, &patch).map_err(drop));
    match patched {
        Ok(()) => Ok(value),
        // The real server keeps the reason to itself.
        Err(()) => Err(unprocessable()),
    }
}

/// 422 without a reason (`apierrors.NewGenericServerResponse`).
fn unprocessable() -> Status {
    Status {
        code: 422,
        reason: "Invalid",
        message: "the server rejected our request due to an error in our request".into(),
        ..Status::default()
    }
}

/// As Go's `encoding/json` complains.
fn cannot_unmarshal(value: &Value, into: &str) -> String {
    let found = json_type(value);
    format!("json: cannot unmarshal {found} into Go value of type {into}")
}

type Fields = Map<String, Value>;
