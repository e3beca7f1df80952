//! Validation: is this object one that the API accepts?

use super::Cause;
use crate::object::Object;

/// The findings in a new object, defaulted and admitted, with its name already made.
pub fn create(object: &Object) -> Vec<Cause> {
    let _ = object;
    Vec::new()
}

/// The findings in a change of an object. Both have the same key.
pub fn update(new: &Object, old: &Object) -> Vec<Cause> {
    let _ = (new, old);
    Vec::new()
}

/// The findings in a change of an object's status.
pub fn update_status(new: &Object, old: &Object) -> Vec<Cause> {
    let _ = (new, old);
    Vec::new()
}
