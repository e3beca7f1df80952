//! Texts that several tables share: labels, selectors, lists that are cut short.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::object::{StringMap, selector};

/// What stands where there is nothing.
pub(super) const NONE: &str = "<none>";
/// Entries that a cell lists at most.
pub(super) const MOST: usize = 3;

/// `app=web,tier=front`; `<none>` if there are none.
pub fn labels(map: Option<&StringMap>) -> String {
    let pairs: Vec<String> = map.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    or(pairs.join(","), NONE)
}

/// `app=web,tier in (a,b),!gone`; `<none>` if it selects everything.
pub fn label_selector(selector: &LabelSelector) -> String {
    or(selector::text_of(selector), NONE)
}

/// The first entries, and how many more there are; `none` if there are none.
pub(super) fn some_of(entries: &[String], none: &str) -> String {
    let shown = entries.iter().take(MOST).cloned().collect::<Vec<_>>().join(",");
    match entries.len().saturating_sub(MOST) {
        0 => or(shown, none),
        more => format!("{shown} + {more} more..."),
    }
}

/// The text, or what stands for an empty one.
pub(super) fn or(text: String, empty: &str) -> String {
    if text.is_empty() { empty.to_owned() } else { text }
}

/// The text, or `<none>`.
pub(super) fn or_none(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or(NONE).to_owned()
}
