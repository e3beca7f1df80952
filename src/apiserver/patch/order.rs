//! The order of merged lists.
//!
//! The order of containers matters (the first is the default of `kubectl logs`), and neither the patch's items
//! nor the live ones alone know it. So a patch may carry `$setElementOrder/LIST`; items that only the server
//! has keep their place among their live neighbours (`normalizeElementOrder` in `strategicpatch/patch.go`).

use serde_json::Value;

use super::PatchFault;
use super::go_text;
use super::strategic::DIRECTIVE;

/// What makes two items of a list the same item: the value under the key, or the value itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity<'a>(pub Option<&'a str>);

impl Identity<'_> {
    /// Whether these are the same item.
    pub fn same(self, one: &Value, other: &Value) -> bool {
        match self.0 {
            None => one == other,
            Some(key) => one.get(key).is_some_and(|value| other.get(key) == Some(value)),
        }
    }

    /// The place of an item in a list.
    pub fn position(self, list: &[Value], item: &Value) -> Option<usize> {
        list.iter().position(|other| self.same(item, other))
    }

    /// The value under the key.
    ///
    /// # Errors
    /// When the item has no such key.
    pub fn of(self, item: &Value) -> Result<Value, PatchFault> {
        let key = self.0.unwrap_or_default();
        item.get(key)
            .cloned()
            .ok_or_else(|| PatchFault::NoMergeKey { map: go_text::print(item), key: key.to_owned() })
    }
}

/// Whether an item only says that it is to be removed.
pub(super) fn is_deletion(item: &Value) -> bool {
    item.get(DIRECTIVE).is_some_and(|directive| directive == "delete")
}

/// The merged items in their final order: those that `wanted` names as it says, the others where the `live`
/// list had them.
pub(super) fn arrange(
    merged: Vec<Value>,
    wanted: &[Value],
    live: &[Value],
    same: Identity<'_>,
) -> Vec<Value> {
    let (mut named, mut others): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| same.position(wanted, item).is_some());
    sort(&mut named, wanted, same);
    sort(&mut others, live, same);
    weave(others, named, live, same)
}

/// Sorts by place in `order`; deletions go last.
pub(super) fn sort(items: &mut [Value], order: &[Value], same: Identity<'_>) {
    items.sort_by_key(|item| (is_deletion(item), same.position(order, item).unwrap_or(usize::MAX)));
}

/// Puts the items that only the server has between the named ones: each before the first named item that
/// stands behind it in the live list.
fn weave(others: Vec<Value>, named: Vec<Value>, live: &[Value], same: Identity<'_>) -> Vec<Value> {
    let mut woven = Vec::with_capacity(others.len() + named.len());
    let (mut others, mut named) = (others.into_iter().peekable(), named.into_iter().peekable());
    while let (Some(other), Some(next)) = (others.peek(), named.peek()) {
        let before = match (same.position(live, other), same.position(live, next)) {
            (Some(other), Some(next)) => other < next,
            _ => false,
        };
        woven.extend(if before { others.next() } else { named.next() });
    }
    woven.extend(named);
    woven.extend(others);
    woven
}
