//! What cannot be seen from one instant: when it all began, and how an expression's value went since then.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Expression, ExpressionError, Learner};
use crate::engine::World;
use crate::time::VirtualTime;

/// How an expression's value went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The least number seen.
    pub least: Option<f64>,
    /// The greatest number seen.
    pub greatest: Option<f64>,
    /// When it was first true, in seconds since the start.
    pub first_true: Option<f64>,
}

/// When things began, and the histories that expressions look at.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    /// The moment that `t` counts from.
    pub start: VirtualTime,
    /// The moment since which histories and deeds count.
    pub since: VirtualTime,
    /// The histories by expression.
    pub series: BTreeMap<String, Series>,
    /// The learner, in a lesson.
    pub learner: Option<Arc<Learner>>,
}

impl Moments {
    /// Seconds since the start.
    pub fn seconds(&self, now: VirtualTime) -> f64 {
        now.since(self.start).as_secs_f64()
    }

    /// Looks at the instant: every expression in `watched` has its value noted.
    pub fn observe<'a>(&mut self, watched: impl IntoIterator<Item = &'a Expression>, world: &World) {
        for expression in watched {
            let value = expression.evaluate(world, self).value;
            self.note(expression, value.as_ref().ok(), world.now());
        }
    }

    /// Notes an expression's value at an instant.
    pub fn note(&mut self, expression: &Expression, value: Option<&Value>, now: VirtualTime) {
        let seconds = self.seconds(now);
        if !self.series.contains_key(expression.source()) {
            self.series.insert(expression.source().to_owned(), Series::default());
        }
        let Some(series) = self.series.get_mut(expression.source()) else { return };
        match value {
            Some(Value::Bool(true)) => {
                series.first_true.get_or_insert(seconds);
            }
            Some(Value::Number(number)) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                series.least = Some(series.least.map_or(number, |least| least.min(number)));
                series.greatest = Some(series.greatest.map_or(number, |greatest| greatest.max(number)));
            }
            _ => {}
        }
    }
}

/// A question about the history of an expression.
#[derive(Clone, Debug)]
pub(super) struct History {
    ask: Ask,
    expression: Box<Expression>,
}

#[derive(Clone, Copy, Debug)]
enum Ask {
    Least,
    Greatest,
    FirstTrue,
}

impl History {
    /// The question that this call is, if it is one.
    pub(super) fn parse(name: &str, args: &[String]) -> Option<Result<Self, ExpressionError>> {
        let ask = match name {
            "min" => Ask::Least,
            "max" => Ask::Greatest,
            "when" => Ask::FirstTrue,
            _ => return None,
        };
        let [source] = args else {
            let message =
                format!("`{name}` takes one expression in quotes: {name}(\"pods('app=web').ready\")");
            return Some(Err(ExpressionError { message, column: 1 }));
        };
        Some(Expression::parse(source).map(|expression| Self { ask, expression: Box::new(expression) }))
    }

    pub(super) fn expression(&self) -> &Expression {
        &self.expression
    }

    pub(super) fn value(&self, moments: &Moments) -> Value {
        let series = moments.series.get(self.expression.source());
        let number = series.and_then(|series| match self.ask {
            Ask::Least => series.least,
            Ask::Greatest => series.greatest,
            Ask::FirstTrue => series.first_true,
        });
        number.map_or(Value::Null, whole_if_possible)
    }
}

/// A whole number as such, so that it compares with whole literals.
fn whole_if_possible(number: f64) -> Value {
    match number.fract() == 0.0 && number.abs() < 9e15 {
        true => Value::from(number as i64),
        false => Value::from(number),
    }
}
