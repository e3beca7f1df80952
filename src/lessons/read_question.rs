//! Reading questions: `predict`, `order` and `matrix`.

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::fence::{Fence, Kind};
use super::lesson::{
    Body, Hold, Matrix, MatrixColumn, MatrixRow, Named, OrderItem, PredictOption, Question, Reveal,
};
use super::pattern_read::trigger;
use super::read_check::template;
use crate::script::{Place, RawStep, ScriptError, Step};
use crate::time::Span;

/// How long an experiment waits if nothing is said.
const WITHIN: Span = Span::secs(30);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPredict {
    ask: String,
    hold: Option<Spanned<String>>,
    options: Vec<Spanned<RawOption>>,
    reveal: Option<Spanned<RawReveal>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOption {
    text: String,
    holds: Spanned<String>,
    busts: Option<Spanned<String>>,
    say: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReveal {
    when: Option<Spanned<Value>>,
    after: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOrder {
    ask: String,
    hold: Option<Spanned<String>>,
    items: Vec<Spanned<RawItem>>,
    say: Option<Spanned<String>>,
    reveal: Option<Spanned<RawReveal>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawItem {
    text: String,
    when: Spanned<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMatrix {
    ask: String,
    hold: Option<Spanned<String>>,
    rows: Vec<RawRow>,
    columns: Vec<RawColumn>,
    say: Option<Spanned<String>>,
    reveal: Option<Spanned<RawReveal>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    text: String,
    #[serde(rename = "do", default)]
    steps: Vec<Spanned<RawStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawColumn {
    text: String,
    #[serde(rename = "do", default)]
    steps: Vec<Spanned<RawStep>>,
    within: Option<Spanned<String>>,
    holds: Spanned<String>,
}

/// Reads a `predict`, `order` or `matrix` block.
pub(super) fn question(fence: &Fence) -> Result<Question, ScriptError> {
    let id = fence.get("id").map(str::to_owned).ok_or_else(|| {
        fence.place.error(format!("a question needs an id: ```{} id=what-happens", fence.kind))
    })?;
    let (ask, hold, reveal, body) = match fence.kind {
        Kind::Predict => predict(fence)?,
        Kind::Order => order(fence)?,
        _ => matrix(fence)?,
    };
    let hold = hold.as_ref().map(read_hold).transpose()?.unwrap_or_default();
    let reveal = match (reveal, &body) {
        (Some(reveal), _) => read_reveal(reveal)?,
        (None, Body::Matrix(_)) => Reveal::AtOnce,
        (None, _) => Reveal::Passed,
    };
    Ok(Question { id, place: fence.place, ask: ask.trim().to_owned(), hold, reveal, body })
}

type Parts = (String, Option<Spanned<String>>, Option<Spanned<RawReveal>>, Body);

fn predict(fence: &Fence) -> Result<Parts, ScriptError> {
    let raw: RawPredict = fence.read()?;
    let options = raw.options.into_iter().map(option).collect::<Result<Vec<_>, _>>()?;
    if options.len() < 2 {
        return Err(fence.place.error("a prediction needs at least two options"));
    }
    Ok((raw.ask, raw.hold, raw.reveal, Body::Predict(options)))
}

fn option(raw: Spanned<RawOption>) -> Result<PredictOption, ScriptError> {
    let place = Place::of(&raw);
    let raw = raw.value;
    Ok(PredictOption {
        text: raw.text,
        place,
        holds: Place::expression(&raw.holds, &raw.holds.value)?,
        busts: raw.busts.map(|busts| Named { place: Place::of(&busts), name: busts.value }),
        say: raw.say.as_ref().map(|say| template(say, &[])).transpose()?,
    })
}

fn order(fence: &Fence) -> Result<Parts, ScriptError> {
    let raw: RawOrder = fence.read()?;
    let item = |raw: Spanned<RawItem>| {
        Ok(OrderItem { place: Place::of(&raw), when: trigger(&raw.value.when)?, text: raw.value.text })
    };
    let items = raw.items.into_iter().map(item).collect::<Result<Vec<_>, ScriptError>>()?;
    if items.len() < 2 {
        return Err(fence.place.error("there must be at least two items to put in order"));
    }
    let say = raw.say.as_ref().map(|say| template(say, &[])).transpose()?;
    Ok((raw.ask, raw.hold, raw.reveal, Body::Order(items, say)))
}

fn matrix(fence: &Fence) -> Result<Parts, ScriptError> {
    let raw: RawMatrix = fence.read()?;
    let text = fence.in_place();
    let step = |raw: Spanned<RawStep>| Step::read(raw, &text);
    let steps = |raw: Vec<Spanned<RawStep>>| raw.into_iter().map(step).collect::<Result<Vec<_>, _>>();
    let row = |raw: RawRow| Ok(MatrixRow { text: raw.text, steps: steps(raw.steps)? });
    let column = |raw: RawColumn| {
        let within = raw.within.map_or(Ok(WITHIN), |within| Place::of(&within).span(&within.value))?;
        let holds = Place::expression(&raw.holds, &raw.holds.value)?;
        Ok(MatrixColumn { text: raw.text, steps: steps(raw.steps)?, within, holds })
    };
    let rows = raw.rows.into_iter().map(row).collect::<Result<Vec<_>, ScriptError>>()?;
    let columns = raw.columns.into_iter().map(column).collect::<Result<Vec<_>, ScriptError>>()?;
    if rows.is_empty() || columns.is_empty() {
        return Err(fence.place.error("a table needs rows and columns"));
    }
    let say = raw.say.as_ref().map(|say| template(say, &[])).transpose()?;
    Ok((raw.ask, raw.hold, raw.reveal, Body::Matrix(Matrix { rows, columns, say })))
}

fn read_hold(raw: &Spanned<String>) -> Result<Hold, ScriptError> {
    match raw.value.as_str() {
        "start" => Ok(Hold::Start),
        "before-apply" => Ok(Hold::BeforeApply),
        "no" | "false" => Ok(Hold::No),
        other => {
            Err(Place::of(raw).error(format!("hold: \"{other}\" is not one of start, before-apply, no")))
        }
    }
}

fn read_reveal(raw: Spanned<RawReveal>) -> Result<Reveal, ScriptError> {
    let place = Place::of(&raw);
    match (raw.value.when, raw.value.after) {
        (Some(when), None) => trigger(&when).map(Reveal::When),
        (None, Some(after)) => Place::of(&after).span(&after.value).map(Reveal::After),
        _ => Err(place.error("reveal is either {when: EXPR or PATTERN} or {after: 10s}")),
    }
}
