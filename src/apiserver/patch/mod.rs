//! Patches.
use super::{Patch, Status};
use crate::object::Kind;
use serde_json::Value;
/// Applies a patch.
pub fn apply(_kind: Kind, current: &Value, patch: &Patch) -> Result<Value, Status> {
    let mut value = current.clone();
    match patch {
        Patch::Merge(patch) | Patch::Strategic(patch) => json_patch::merge(&mut value, patch),
        Patch::Json(_) => return Err(Status::bad_request("no")),
    }
    Ok(value)
}
