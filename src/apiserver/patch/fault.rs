//! What can be wrong with a strategic merge patch.

use crate::apiserver::Status;

/// A strategic merge patch that cannot be made or applied. The texts are those of
/// `apimachinery/pkg/util/mergepatch/errors.go` and `strategicpatch/patch.go`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchFault {
    /// An item of a merged list does not say which one it is.
    #[error("map: {map} does not contain declared merge key: {key}")]
    NoMergeKey {
        /// The item.
        map: String,
        /// The field that is missing.
        key: String,
    },
    /// `$patch` holds something else than `merge`, `replace` or `delete`.
    #[error("unknown patch type: {directive} in map: {map}")]
    UnknownDirective {
        /// What it holds.
        directive: String,
        /// Where.
        map: String,
    },
    /// `$patch: merge` in a list.
    #[error("merging lists cannot yet be specified in the patch")]
    MergeInList,
    /// A list that is merged holds lists.
    #[error("lists of lists are not supported")]
    ListOfLists,
    /// A list holds objects and plain values.
    #[error("expected a {expected}, but received a {found}")]
    Mixed {
        /// What the list held so far.
        expected: &'static str,
        /// What came then.
        found: &'static str,
    },
    /// A list of objects has no known merge key.
    #[error("cannot merge lists without merge key for {0}")]
    NoKeyKnown(String),
    /// `$deleteFromPrimitiveList` is no list of plain values.
    #[error("invalid patch format of primitive list")]
    PrimitiveList,
    /// `$retainKeys` is no list, or the patch sets a key that it leaves out.
    #[error("invalid patch format of retainKeys")]
    RetainKeys,
    /// `$setElementOrder` is no list.
    #[error("invalid patch format of setElementOrder list")]
    ElementOrder,
    /// The items of the patch stand in another order than `$setElementOrder` says.
    #[error("The order in patch list:\n{list}\n doesn't match $setElementOrder list:\n{order}\n")]
    Order {
        /// The items of the patch.
        list: String,
        /// The order.
        order: String,
    },
}

impl PatchFault {
    /// As the API server answers (`interpretStrategicMergePatchError` in `handlers/patch.go`): known format
    /// faults are 400, lists of lists 422, and everything else an unnamed 500.
    pub fn into_status(self) -> Status {
        match self {
            Self::PrimitiveList | Self::RetainKeys | Self::ElementOrder => {
                Status::bad_request(self.to_string())
            }
            Self::ListOfLists => super::unprocessable(),
            other => Status { code: 500, reason: "", message: other.to_string(), ..Status::default() },
        }
    }
}
