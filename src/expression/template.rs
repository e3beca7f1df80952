//! Texts with expressions in braces: `At {t} it fell to {value}.`

use serde_json::Value;

use super::{Expression, ExpressionError, Moments};
use crate::engine::World;

/// A text with expressions in braces. A double brace stands for itself.
#[derive(Clone, Debug)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    /// A word that whoever renders the text knows.
    Word(String),
    Expression(Box<Expression>),
}

impl Template {
    /// Reads a text; `words` are those that whoever renders it will fill in.
    ///
    /// # Errors
    /// When what stands in braces is neither a word nor an expression.
    pub fn parse(text: &str, words: &[&str]) -> Result<Self, ExpressionError> {
        let (mut parts, mut plain) = (Vec::new(), String::new());
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = brace.strip_prefix("{{").or(brace.strip_prefix("}}")) {
                plain.push_str(brace.get(..1).unwrap_or(""));
                rest = after;
                continue;
            }
            let inside = brace.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let Some((inside, after)) = inside else {
                let message = "a brace has no partner; write {{ or }} for a brace that stands for itself";
                return Err(ExpressionError { message: message.to_owned(), column: 1 });
            };
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(match words.contains(&inside) {
                true => Part::Word(inside.to_owned()),
                false => Part::Expression(Box::new(Expression::parse(inside)?)),
            });
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Ok(Self { source: text.to_owned(), parts })
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The expressions in it.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.parts.iter().filter_map(|part| match part {
            Part::Expression(expression) => Some(&**expression),
            _ => None,
        })
    }

    /// The text with everything filled in. What cannot be evaluated is shown as `?`.
    pub fn render(&self, world: &World, moments: &Moments, words: &[(&str, &str)]) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Word(word) => words
                .iter()
                .find(|(name, _)| name == word)
                .map_or_else(String::new, |(_, text)| (*text).to_owned()),
            Part::Expression(expression) => match expression.evaluate(world, moments).value {
                Ok(value) if expression.is_moment() => moment(&value),
                Ok(value) => shown(&value),
                Err(_) => "?".to_owned(),
            },
        };
        self.parts.iter().map(part).collect()
    }
}

/// Fills in the expressions in braces of a text that may have other braces, too: those stay as they are.
pub fn fill(text: &str, world: &World, moments: &Moments) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after.split_once('}').and_then(|(inside, after)| {
            let value = Expression::parse(inside).ok()?.evaluate(world, moments).value.ok()?;
            Some((shown(&value), after))
        });
        match value {
            Some((value, after)) => {
                out.push_str(&value);
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

/// A time since the start: `12.4 s`, `10:14 min`.
fn moment(value: &Value) -> String {
    match value.as_f64() {
        Some(seconds) if seconds < 100.0 => format!("{seconds:.1} s"),
        Some(seconds) => format!("{}:{:02} min", (seconds / 60.0).floor(), (seconds % 60.0).floor()),
        None => "never".to_owned(),
    }
}

/// A value as people write it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(number) if number.fract() != 0.0 => {
                format!("{:.3}", number).trim_end_matches('0').to_owned()
            }
            _ => number.to_string(),
        },
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}
