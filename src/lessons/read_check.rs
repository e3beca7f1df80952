//! Reading goals and hints.

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::fence::Fence;
use super::lesson::{Check, Hint, Since, Word};
use super::pattern_read::trigger;
use crate::expression::Template;
use crate::script::{Place, ScriptError};

/// The words that a goal may have; exactly one of them says what must be so.
const WORDS: &str = "that, saw, always, never, hold, order, live";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    goal: String,
    that: Option<Spanned<String>>,
    saw: Option<Spanned<Value>>,
    always: Option<Spanned<String>>,
    never: Option<Spanned<Value>>,
    hold: Option<RawHold>,
    order: Option<Vec<Spanned<Value>>>,
    live: Option<String>,
    since: Option<Spanned<Value>>,
    until: Option<Spanned<Value>>,
    #[serde(default)]
    keep: bool,
    #[serde(rename = "else")]
    otherwise: Option<Spanned<String>>,
    shown: Option<Spanned<String>>,
    wanted: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHold {
    #[serde(rename = "for")]
    span: Spanned<String>,
    that: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHint {
    when: Option<Spanned<String>>,
    on: Option<Spanned<String>>,
    level: Option<Spanned<u8>>,
    say: Spanned<String>,
    plain: Option<Spanned<String>>,
}

/// Reads a `check` block.
pub(super) fn checks(fence: &Fence) -> Result<Vec<Check>, ScriptError> {
    let raw: Vec<Spanned<RawCheck>> = fence.read()?;
    raw.into_iter().map(check).collect()
}

fn check(raw: Spanned<RawCheck>) -> Result<Check, ScriptError> {
    let place = Place::of(&raw);
    let raw = raw.value;
    let mut words = Vec::new();
    words.extend(raw.that.as_ref().map(expression).transpose()?.map(Word::That));
    words.extend(raw.saw.as_ref().map(trigger).transpose()?.map(Word::Saw));
    words.extend(raw.always.as_ref().map(expression).transpose()?.map(Word::Always));
    words.extend(raw.never.as_ref().map(trigger).transpose()?.map(Word::Never));
    if let Some(hold) = &raw.hold {
        let span = Place::of(&hold.span).span(&hold.span.value)?;
        words.push(Word::Hold(span, expression(&hold.that)?));
    }
    if let Some(order) = &raw.order {
        words.push(Word::Order(order.iter().map(trigger).collect::<Result<_, _>>()?));
    }
    words.extend(raw.live.map(Word::Live));
    let mut words = words.into_iter();
    let word = match (words.next(), words.next()) {
        (Some(word), None) => word,
        (None, _) => return Err(place.error(format!("a goal needs one of {WORDS}"))),
        (Some(_), Some(_)) => {
            return Err(place.error(format!("a goal has only one of {WORDS}; make two goals of it")));
        }
    };
    if raw.keep && !matches!(word, Word::Hold(..) | Word::That(_)) {
        return Err(place.error("only `hold` takes `keep`; what must be so at the end is a `that`"));
    }
    Ok(Check {
        goal: raw.goal,
        place,
        word,
        since: raw.since.as_ref().map(since).transpose()?.unwrap_or_default(),
        until: raw.until.as_ref().map(trigger).transpose()?,
        keep: raw.keep,
        otherwise: raw.otherwise.as_ref().map(|text| template(text, &["value", "why"])).transpose()?,
        shown: raw.shown.as_ref().map(|text| template(text, &[])).transpose()?,
        wanted: raw.wanted,
    })
}

fn since(raw: &Spanned<Value>) -> Result<Since, ScriptError> {
    match raw.value.as_str() {
        Some("start") => Ok(Since::Start),
        Some("step") => Ok(Since::Step),
        _ => trigger(raw).map(Since::Trigger),
    }
}

fn expression(raw: &Spanned<String>) -> Result<crate::expression::Expression, ScriptError> {
    Place::expression(raw, &raw.value)
}

/// Reads a text with expressions in braces.
pub(super) fn template(raw: &Spanned<String>, words: &[&str]) -> Result<Template, ScriptError> {
    let text = raw.value.trim();
    Template::parse(text, words).map_err(|error| Place::of(raw).error(error.message))
}

/// Reads a `hint` block.
pub(super) fn hints(fence: &Fence) -> Result<Vec<Hint>, ScriptError> {
    let raw: Vec<Spanned<RawHint>> = fence.read()?;
    raw.into_iter().map(hint).collect()
}

fn hint(raw: Spanned<RawHint>) -> Result<Hint, ScriptError> {
    let place = Place::of(&raw);
    let raw = raw.value;
    let when = raw.when.as_ref().map(expression).transpose()?;
    let stalled = when.as_ref().is_some_and(|when| when.calls().any(|call| call.starts_with("stalled(")));
    let on_ask = match raw.on.as_ref().map(|on| (on, on.value.as_str())) {
        None => false,
        Some((_, "ask")) => true,
        Some((on, other)) => {
            return Err(Place::of(on).error(format!("on: \"{other}\" is not known; write on: ask")));
        }
    };
    let level = match &raw.level {
        Some(level) if !(1..=3).contains(&level.value) => {
            return Err(
                Place::of(level).error("a level is 1 (where to look), 2 (what to use) or 3 (what to do)")
            );
        }
        Some(level) => level.value,
        None if on_ask => 3,
        None if when.is_some() && !stalled => 2,
        None => 1,
    };
    let plain = raw.plain.as_ref().map(|plain| template(plain, &[])).transpose()?;
    Ok(Hint { place, level, when, by_itself: stalled && !on_ask, say: template(&raw.say, &[])?, plain })
}
