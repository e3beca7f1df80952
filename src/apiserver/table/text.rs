//! Texts that several tables share: labels, selectors, lists that are cut short.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::object::StringMap;

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
    let equal =
        selector.match_labels.iter().flatten().map(|(key, value)| (key.clone(), format!("{key}={value}")));
    let expressions = selector.match_expressions.iter().flatten().map(|expression| {
        let key = &expression.key;
        let mut values = expression.values.clone().unwrap_or_default();
        values.sort();
        let values = values.join(",");
        let text = match expression.operator.as_str() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.clone(),
        };
        (key.clone(), text)
    });
    let mut all: Vec<(String, String)> = equal.chain(expressions).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let texts: Vec<String> = all.into_iter().map(|(_, text)| text).collect();
    or(texts.join(","), NONE)
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
