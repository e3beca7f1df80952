//! Texts with expressions in braces: `At {t} it fell to {value}.`

use super::{Expression, Moments};
use crate::engine::World;
use serde_json::Value;

/// Fills in `{t}`, the given words (`value`, `why`) and any expression in braces. What cannot be evaluated stays
/// as it was written.
pub fn render(text: &str, world: &World, moments: &Moments, words: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((inside, after)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        out.push_str(&filled(inside, world, moments, words).unwrap_or_else(|| format!("{{{inside}}}")));
        rest = after;
    }
    out + rest
}

fn filled(inside: &str, world: &World, moments: &Moments, words: &[(&str, &str)]) -> Option<String> {
    if let Some((_, word)) = words.iter().find(|(name, _)| *name == inside) {
        return Some((*word).to_owned());
    }
    if inside == "t" {
        return Some(format!("{:.1} s", moments.seconds(world.now())));
    }
    let value = Expression::parse(inside).ok()?.evaluate(world, moments).value.ok()?;
    Some(match value {
        Value::String(text) => text,
        other => other.to_string(),
    })
}
