//! The patch that client-side `kubectl apply` sends.
//!
//! Three documents go in: *original* is what was applied last, *modified* what the file says now, *current*
//! what is live. The patch is everything in which *modified* differs from *current* (but nothing is removed
//! for being only in *current*: somebody else may have put it there), and the removal of what was in
//! *original* and is no longer in *modified*. (`CreateThreeWayMergePatch` in
//! `apimachinery/pkg/util/strategicpatch/patch.go`.)

use serde_json::{Value, json};

use super::order::{Identity, is_deletion, sort};
use super::strategic::{DELETE_FROM, DIRECTIVE, RETAIN_KEYS, SET_ORDER};
use super::{Fields, PatchFault};
use crate::object::Kind;
use crate::object::schema::{self, Merge, Shape};

/// The strategic merge patch from `current` to `modified`; `{}` when nothing is to do.
///
/// # Errors
/// When an item of a merged list lacks the field that identifies it, or a list mixes objects and values.
pub fn three_way(
    kind: Kind,
    original: Option<&Value>,
    modified: &Value,
    current: &Value,
) -> Result<Value, PatchFault> {
    let empty = Fields::new();
    let fields = |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let modified = modified.as_object().unwrap_or(&empty);
    let shape = Some(schema::root(kind));
    let changes = Look::Changes.maps(&fields(Some(current)), modified, shape, false)?;
    let mut patch = Look::Deletions.maps(&fields(original), modified, shape, false)?;
    combine(&mut patch, changes, shape);
    Ok(Value::Object(patch))
}

/// What a comparison looks for.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    /// What is new or different, not what is gone.
    Changes,
    /// What is gone, not what is new or different.
    Deletions,
}

impl Look {
    fn maps(
        self,
        old: &Fields,
        new: &Fields,
        shape: Option<&Shape>,
        retain_keys: bool,
    ) -> Result<Fields, PatchFault> {
        let mut patch = Fields::new();
        for (key, new) in new {
            match (old.get(key), new) {
                (Some(Value::Object(old)), Value::Object(new)) => {
                    let child = shape.and_then(|shape| shape.child(key));
                    let retain = shape.is_some_and(|shape| shape.merge(key).retain_keys);
                    let inner = self.maps(old, new, child, retain)?;
                    if !inner.is_empty() {
                        patch.insert(key.clone(), inner.into());
                    }
                }
                (Some(Value::Array(old)), Value::Array(new)) => {
                    self.field_lists(key, old, new, shape, &mut patch)?;
                }
                (old, new) => {
                    if self == Self::Changes && old != Some(new) {
                        patch.insert(key.clone(), new.clone());
                    }
                }
            }
        }
        let gone = || old.keys().filter(|key| !new.contains_key(*key));
        if self == Self::Deletions {
            patch.extend(gone().map(|key| (key.clone(), Value::Null)));
        }
        if retain_keys && (!patch.is_empty() || gone().next().is_some()) {
            let mut kept: Vec<&String> =
                new.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key).collect();
            kept.sort();
            if !kept.is_empty() {
                patch.insert(RETAIN_KEYS.to_owned(), json!(kept));
            }
        }
        Ok(patch)
    }

    /// Compares two lists in a field and puts what is to be said about them into the patch.
    fn field_lists(
        self,
        key: &str,
        old: &[Value],
        new: &[Value],
        shape: Option<&Shape>,
        patch: &mut Fields,
    ) -> Result<(), PatchFault> {
        static REPLACE: Merge = Merge { items: false, key: None, retain_keys: false };
        let merge = shape.map_or(&REPLACE, |shape| shape.merge(key));
        if !merge.items {
            if self == Self::Changes && old != new {
                patch.insert(key.to_owned(), new.to_vec().into());
            }
            return Ok(());
        }
        if old.is_empty() {
            if self == Self::Changes && !new.is_empty() {
                patch.insert(key.to_owned(), new.to_vec().into());
            }
            return Ok(());
        }
        let order_key = format!("{SET_ORDER}{key}");
        let same = Identity(merge.key.as_deref());
        if same.0.is_none() {
            return self.scalars(key, &order_key, old, new, patch);
        }
        let items = shape.and_then(|shape| shape.child(key)).map(Shape::item);
        let listed = self.objects(old, new, items, merge)?;
        let same_order = old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same.same(old, new));
        if !listed.is_empty() || (self == Self::Changes && !same_order) {
            let name = same.0.unwrap_or_default();
            let order: Result<Vec<Value>, PatchFault> =
                new.iter().map(|item| same.of(item).map(|value| json!({ name: value }))).collect();
            let order = order?;
            if !order.is_empty() {
                patch.insert(order_key, order.into());
            }
        }
        if !listed.is_empty() {
            patch.insert(key.to_owned(), listed.into());
        }
        Ok(())
    }

    /// Compares items that are objects, each with its namesake.
    fn objects(
        self,
        old: &[Value],
        new: &[Value],
        items: Option<&Shape>,
        merge: &Merge,
    ) -> Result<Vec<Value>, PatchFault> {
        let same = Identity(merge.key.as_deref());
        let name = same.0.unwrap_or_default();
        let mut listed = Vec::new();
        for new in new {
            let identity = same.of(new)?;
            let namesake = same.position(old, new).and_then(|index| old.get(index));
            match (namesake.and_then(Value::as_object), new.as_object()) {
                (Some(old), Some(new)) => {
                    let mut inner = self.maps(old, new, items, merge.retain_keys)?;
                    if !inner.is_empty() {
                        inner.insert(name.to_owned(), identity);
                        listed.push(inner.into());
                    }
                }
                _ if self == Self::Changes => listed.push(new.clone()),
                _ => {}
            }
        }
        if self == Self::Deletions {
            let gone = old.iter().filter(|old| same.position(new, old).is_none());
            for gone in gone {
                listed.push(json!({ name: same.of(gone)?, DIRECTIVE: "delete" }));
            }
        }
        Ok(listed)
    }

    fn scalars(
        self,
        key: &str,
        order_key: &str,
        old: &[Value],
        new: &[Value],
        patch: &mut Fields,
    ) -> Result<(), PatchFault> {
        if let Some(item) = old.iter().chain(new).find(|item| item.is_object() || item.is_array()) {
            return Err(match item.is_array() {
                true => PatchFault::ListOfLists,
                false => PatchFault::NoKeyKnown(key.to_owned()),
            });
        }
        let missing = |from: &[Value], list: &[Value]| -> Vec<Value> {
            list.iter().filter(|item| !from.contains(item)).cloned().collect()
        };
        let (listed_as, listed) = match self {
            Self::Changes => (key.to_owned(), missing(old, new)),
            Self::Deletions => (format!("{DELETE_FROM}{key}"), missing(new, old)),
        };
        let says_order = match self {
            Self::Changes => old != new,
            Self::Deletions => !listed.is_empty(),
        };
        if !listed.is_empty() {
            patch.insert(listed_as, listed.into());
        }
        if says_order && !new.is_empty() {
            patch.insert(order_key.to_owned(), new.to_vec().into());
        }
        Ok(())
    }
}

/// Adds the changes to the deletions. Both were made from the same *modified*, so they never contradict each
/// other: what is deleted is not in it, and what changes is.
fn combine(patch: &mut Fields, changes: Fields, shape: Option<&Shape>) {
    for (key, change) in changes {
        let child = shape.and_then(|shape| shape.child(&key));
        match (patch.get_mut(&key), change) {
            (Some(Value::Object(inner)), Value::Object(change)) => combine(inner, change, child),
            (Some(Value::Array(items)), Value::Array(change)) if !key.starts_with('$') => {
                let same = Identity(shape.and_then(|shape| shape.merge(&key).key.as_deref()));
                combine_items(items, change, same, child.map(Shape::item));
            }
            (_, change) => {
                patch.insert(key, change);
            }
        }
    }
    let orders: Vec<(String, Vec<Value>)> = patch
        .iter()
        .filter_map(|(key, order)| Some((key.strip_prefix(SET_ORDER)?.to_owned(), order.as_array()?.clone())))
        .collect();
    for (key, order) in orders {
        if let Some(Value::Array(items)) = patch.get_mut(&key) {
            sort(items, &order, Identity(shape.and_then(|shape| shape.merge(&key).key.as_deref())));
        }
    }
}

fn combine_items(items: &mut Vec<Value>, changes: Vec<Value>, same: Identity<'_>, shape: Option<&Shape>) {
    for change in changes {
        let namesake = items.iter_mut().find(|item| same.same(item, &change) && !is_deletion(item));
        match (namesake, change) {
            (Some(Value::Object(item)), Value::Object(change)) => combine(item, change, shape),
            (_, change) => items.push(change),
        }
    }
}
