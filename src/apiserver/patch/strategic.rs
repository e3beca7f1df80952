//! Merging a strategic merge patch into an object.
//!
//! Maps merge field by field and `null` removes. A list whose type declares a merge key merges item by item;
//! any other is replaced. Directives inside the patch say the rest:
//!
//! - `$patch: replace` in a map takes the patch's map as it is; in a list it takes the patch's items only.
//! - `$patch: delete` in a map empties it; in an item of a list it removes that item.
//! - `$deleteFromPrimitiveList/finalizers: [a]` removes plain values from a merged list.
//! - `$setElementOrder/containers: [{name: a}, {name: b}]` gives the order ([`super::order`]).
//! - `$retainKeys: [type]` removes every other field, so that the alternative that was set before goes.
//!
//! The steps and their order follow `mergeMap` in `apimachinery/pkg/util/strategicpatch/patch.go`.

use serde_json::Value;

use super::order::{Identity, arrange, is_deletion};
use super::{Fields, PatchFault, go_text};
use crate::object::schema::{Merge, Shape};

/// The key of a directive for the map or item it stands in.
pub(super) const DIRECTIVE: &str = "$patch";
/// Before the name of a list of plain values: what goes.
pub(super) const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
/// Before the name of a list: its order.
pub(super) const SET_ORDER: &str = "$setElementOrder/";
/// The keys that stay.
pub(super) const RETAIN_KEYS: &str = "$retainKeys";

/// Merges `patch` into `original`. Ordered lists are taken out of the patch on the way; what is left of it is
/// what the real server prints when the result turns out to be no valid object.
pub(super) fn merge_map(
    original: &mut Fields,
    patch: &mut Fields,
    shape: Option<&Shape>,
) -> Result<(), PatchFault> {
    if let Some(directive) = patch.get(DIRECTIVE) {
        match directive.as_str() {
            Some("replace") => {
                patch.shift_remove(DIRECTIVE);
                original.clone_from(patch);
            }
            Some("delete") => original.clear(),
            _ => return Err(unknown_directive(directive, &Value::Object(patch.clone()))),
        }
        return Ok(());
    }
    retain_keys(original, patch)?;
    ordered_lists(original, patch, shape)?;
    for (key, change) in patch.iter_mut() {
        merge_field(original, key, change, shape)?;
    }
    Ok(())
}

fn merge_field(
    original: &mut Fields,
    key: &str,
    change: &mut Value,
    shape: Option<&Shape>,
) -> Result<(), PatchFault> {
    let (name, deletes) = match key.strip_prefix(DELETE_FROM) {
        Some(name) => (name, true),
        None => (key, false),
    };
    match (original.get_mut(name), change) {
        (_, Value::Null) => {
            original.shift_remove(name);
        }
        (Some(Value::Object(old)), Value::Object(new)) if !deletes => {
            merge_map(old, new, shape.and_then(|shape| shape.child(name)))?;
        }
        (Some(Value::Array(old)), Value::Array(new)) => {
            let list = List::of(shape, name);
            *old = if deletes { list.without(old, new)? } else { list.merge(old, new)? };
        }
        (_, _) if deletes => {}
        (_, new) => {
            original.insert(name.to_owned(), plain(new));
        }
    }
    Ok(())
}

fn retain_keys(original: &mut Fields, patch: &mut Fields) -> Result<(), PatchFault> {
    let Some(kept) = patch.shift_remove(RETAIN_KEYS) else { return Ok(()) };
    let Value::Array(kept) = kept else { return Err(PatchFault::RetainKeys) };
    let is_kept = |key: &str| kept.iter().any(|kept| kept == key);
    let sets = |(key, value): (&String, &Value)| {
        !value.is_null() && !key.starts_with(DELETE_FROM) && !key.starts_with(SET_ORDER) && !is_kept(key)
    };
    if patch.iter().any(sets) {
        return Err(PatchFault::RetainKeys);
    }
    original.retain(|key, _| is_kept(key));
    Ok(())
}

/// Lists that come with an order are merged here and leave the patch.
fn ordered_lists(original: &mut Fields, patch: &mut Fields, shape: Option<&Shape>) -> Result<(), PatchFault> {
    let directives: Vec<String> = patch.keys().filter(|key| key.starts_with(SET_ORDER)).cloned().collect();
    for directive in directives {
        let order = patch.shift_remove(&directive);
        let Some(Value::Array(order)) = order else { return Err(PatchFault::ElementOrder) };
        let name = directive.trim_start_matches(SET_ORDER);
        let list = List::of(shape, name);
        let changes = match patch.shift_remove(name) {
            None => None,
            Some(Value::Array(changes)) => Some(changes),
            Some(other) => {
                return Err(PatchFault::Mixed { expected: "[]interface {}", found: go_type(&other) });
            }
        };
        let live = match original.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Array(live)) => Some(live.clone()),
            Some(other) => {
                return Err(PatchFault::Mixed { expected: "[]interface {}", found: go_type(other) });
            }
        };
        list.check_order(changes.as_deref().unwrap_or_default(), &order)?;
        let merged = match (&live, changes) {
            (None, None) => continue,
            (Some(live), None) => live.clone(),
            (None, Some(changes)) => plain_items(&changes),
            (Some(live), Some(mut changes)) => list.merge(live, &mut changes)?,
        };
        let merged = arrange(merged, &order, live.as_deref().unwrap_or_default(), list.identity());
        original.insert(name.to_owned(), merged.into());
    }
    Ok(())
}

/// What the API says about a list.
struct List<'a> {
    name: &'a str,
    merge: &'a Merge,
    items: Option<&'a Shape>,
}

impl<'a> List<'a> {
    fn of(shape: Option<&'a Shape>, name: &'a str) -> Self {
        static REPLACE: Merge = Merge { items: false, key: None, retain_keys: false };
        Self {
            name,
            merge: shape.map_or(&REPLACE, |shape| shape.merge(name)),
            items: shape.and_then(|shape| shape.child(name)).map(Shape::item),
        }
    }

    fn identity(&self) -> Identity<'a> {
        Identity(self.merge.key.as_deref())
    }

    fn merge(&self, live: &[Value], changes: &mut [Value]) -> Result<Vec<Value>, PatchFault> {
        if !self.merge.items {
            return Ok(plain_items(changes));
        }
        let merged = match self.holds_objects(live, changes)? {
            true => self.merge_objects(live, changes)?,
            false => {
                let mut union: Vec<Value> = Vec::with_capacity(live.len() + changes.len());
                for value in live.iter().chain(&*changes) {
                    if !union.contains(value) {
                        union.push(value.clone());
                    }
                }
                union
            }
        };
        Ok(arrange(merged, changes, live, self.identity()))
    }

    /// The list without some plain values.
    fn without(&self, live: &[Value], gone: &[Value]) -> Result<Vec<Value>, PatchFault> {
        if self.holds_objects(live, gone)? {
            return Err(PatchFault::PrimitiveList);
        }
        Ok(live.iter().filter(|value| !gone.contains(value)).cloned().collect())
    }

    /// Whether the items are objects; they must be all of one sort.
    fn holds_objects(&self, live: &[Value], changes: &[Value]) -> Result<bool, PatchFault> {
        let mut sorts = live.iter().chain(changes).map(go_type);
        let Some(expected) = sorts.next() else { return Ok(self.merge.key.is_some()) };
        if expected == go_type(&Value::Array(Vec::new())) {
            return Err(PatchFault::ListOfLists);
        }
        match sorts.find(|found| *found != expected) {
            Some(found) => Err(PatchFault::Mixed { expected, found }),
            None => Ok(expected == go_type(&Value::Object(Fields::new()))),
        }
    }

    fn merge_objects(&self, live: &[Value], changes: &mut [Value]) -> Result<Vec<Value>, PatchFault> {
        let same = self.identity();
        if same.0.is_none() {
            return Err(PatchFault::NoKeyKnown(self.name.to_owned()));
        }
        let mut merged = live.to_vec();
        for change in changes.iter().filter(|change| change.get(DIRECTIVE).is_some()) {
            match change.get(DIRECTIVE).and_then(Value::as_str) {
                Some("delete") => {
                    same.of(change)?;
                    merged.retain(|item| !same.same(item, change));
                }
                Some("replace") => {
                    merged.clear();
                    break;
                }
                Some("merge") => return Err(PatchFault::MergeInList),
                _ => {
                    let directive = change.get(DIRECTIVE).unwrap_or(&Value::Null);
                    return Err(unknown_directive(directive, change));
                }
            }
        }
        for change in changes.iter_mut().filter(|change| change.get(DIRECTIVE).is_none()) {
            same.of(change)?;
            let found = same.position(&merged, change).and_then(|index| merged.get_mut(index));
            match (found, change) {
                (Some(Value::Object(item)), Value::Object(change)) => merge_map(item, change, self.items)?,
                (_, change) => merged.push(plain(change)),
            }
        }
        Ok(merged)
    }

    /// The patch's items must stand in the order that the directive gives.
    fn check_order(&self, changes: &[Value], order: &[Value]) -> Result<(), PatchFault> {
        let same = self.identity();
        let mut rest = order.iter();
        let fits = changes
            .iter()
            .filter(|change| !is_deletion(change))
            .all(|change| rest.any(|wanted| same.same(change, wanted)));
        let print = |list: &[Value]| go_text::print(&Value::from(list.to_vec()));
        match fits {
            true => Ok(()),
            false => Err(PatchFault::Order { list: print(changes), order: print(order) }),
        }
    }
}

/// A value of the patch as it enters the object: without directives and without nulls, which have nothing to
/// remove here.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_directive = |key: &str| {
                key == DIRECTIVE
                    || key == RETAIN_KEYS
                    || key.starts_with(DELETE_FROM)
                    || key.starts_with(SET_ORDER)
            };
            let fields = fields.iter().filter(|(key, value)| !is_directive(key) && !value.is_null());
            Value::Object(fields.map(|(key, value)| (key.clone(), plain(value))).collect())
        }
        Value::Array(items) => plain_items(items).into(),
        other => other.clone(),
    }
}

fn plain_items(items: &[Value]) -> Vec<Value> {
    let carries_directive_only = |item: &&Value| item.get(DIRECTIVE).is_some();
    items.iter().filter(|item| !carries_directive_only(item)).map(plain).collect()
}

fn unknown_directive(directive: &Value, map: &Value) -> PatchFault {
    PatchFault::UnknownDirective { directive: go_text::print(directive), map: go_text::print(map) }
}

/// The type that Go reads such a value into.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
