//! Defaults: what the API server fills in before it looks any closer.

use crate::object::Object;

/// Fills in what the document left out.
pub fn apply(object: &mut Object) {
    let _ = object;
}
