//! Expressions over the cluster: one language for expectations, waits, breakpoints and lesson checks.
//!
//! The language is CEL, which Kubernetes itself uses in its admission policies. What it can ask about is in
//! [`facts`]: `pods("app=web").ready`, `deployment("web").conditions.Available`, `node("node-1").ready`, `quiet`.
//! A call's arguments are literal texts, so that an expression names all it needs before it is evaluated; each
//! call becomes a variable, and a failure can show every operand with its value.
//!
//! A missing object or key makes the expression false, and the outcome says what is missing. A missing
//! condition is null. `min`, `max` and `when` look at the history since the start: see [`history`].
//!
//! ```
//! use kubeloop::engine::{ClusterConfig, World};
//! use kubeloop::expression::{Expression, Moments};
//! let world = World::new(ClusterConfig::default());
//! let expression = Expression::parse("pods('app=web').count == 0 && t < 1.0").unwrap();
//! assert!(expression.evaluate(&world, &Moments::default()).holds());
//! assert!(Expression::parse("pods('app=web'").is_err());
//! ```

mod breakpoints;
mod compile;
pub mod facts;
pub mod history;
mod learner;
mod template;
mod words;

use std::sync::{Arc, LazyLock};

use cel::common::ast::Expr;
use cel::{Context, Env, IdedExpr, Value as CelValue};
use serde_json::Value;

pub use breakpoints::{Breakpoint, Breakpoints, Hit};
pub use facts::Depends;
pub use history::{Moments, Series};
pub use learner::{Deed, Learner};
pub use template::{Template, fill, shown};

use crate::engine::World;
use compile::Operand;

/// What CEL itself knows: made once, for it is much larger than any expression.
static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// What is wrong.
    pub message: String,
    /// Where, counted in characters from 1; 1 if it is not known.
    pub column: usize,
}

/// An expression, ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Expression {
    source: String,
    root: IdedExpr,
    operands: Vec<Operand>,
    /// What its value can depend on.
    depends: Depends,
    /// Expressions within `min`, `max` and `when`.
    inner: Vec<Expression>,
}

/// What the value of an expression can depend on, apart from the time: as long as it stays the same, so does the
/// value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The last write that can matter.
    revision: u64,
    /// Whether the cluster is quiet, if that is asked.
    quiet: bool,
    /// Requests that have ended, if traffic is asked about.
    traffic: u64,
}

impl Stamp {
    fn and(self, other: Self) -> Self {
        Self {
            revision: self.revision.max(other.revision),
            quiet: self.quiet || other.quiet,
            traffic: self.traffic + other.traffic,
        }
    }
}

/// What an expression came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The value, or what is missing or does not fit.
    pub value: Result<Value, String>,
    /// Each operand as it was written, with its value or what is missing.
    pub operands: Vec<(String, Result<Value, String>)>,
}

impl Outcome {
    /// Whether it is true.
    pub fn holds(&self) -> bool {
        self.value == Ok(Value::Bool(true))
    }

    /// What it came to instead of true or false, if it is no question at all: `7`, `"True"`, `null`.
    pub fn no_truth(&self) -> Option<&Value> {
        self.value.as_ref().ok().filter(|value| !value.is_boolean())
    }

    /// Why it does not hold: what is missing, or its operands with their values.
    pub fn why_not(&self) -> String {
        let operands = self.operands_text();
        match (&self.value, self.no_truth()) {
            (Err(missing), _) => missing.clone(),
            (_, Some(value)) => format!("it is {value}, which is neither true nor false"),
            _ if operands.is_empty() => "it asks nothing of the cluster and is always false".to_owned(),
            _ => operands,
        }
    }

    /// The operands and their values in one line: `pods('app=web').ready = 3`.
    pub fn operands_text(&self) -> String {
        let one = |(source, value): &(String, Result<Value, String>)| match value {
            Ok(value) => format!("{source} = {value}"),
            Err(missing) => format!("{source}: {missing}"),
        };
        self.operands.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it is no CEL, or calls something that there is not.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        compile::compile(source)
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it asks for this name or call as it is written: `t`, `quiet`, `pods('app=web')`.
    pub fn mentions(&self, name: &str) -> bool {
        self.operands.iter().any(|operand| operand.source() == name)
    }

    /// The names and calls that it asks for, as they are written with single quotes.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        self.operands.iter().map(Operand::source)
    }

    /// Whether it is a moment: `t`, or the first time that something was so.
    pub fn is_moment(&self) -> bool {
        let asks = |source: &str| source == "t" || source.starts_with("when(");
        matches!(self.operands.as_slice(), [operand] if asks(operand.source()))
            && matches!(self.root.expr, Expr::Ident(_))
    }

    /// What its value can depend on.
    pub fn depends(&self) -> Depends {
        self.depends
    }

    /// The expressions whose history it looks at.
    pub fn inner(&self) -> &[Expression] {
        &self.inner
    }

    /// What its value can depend on, apart from the time.
    pub fn stamp(&self, world: &World) -> Stamp {
        self.operands.iter().fold(Stamp::default(), |stamp, operand| stamp.and(operand.stamp(world)))
    }

    /// Evaluates it on the cluster as it is; `moments` holds what is not to be seen from one instant.
    pub fn evaluate(&self, world: &World, moments: &Moments) -> Outcome {
        let mut context = Context::with_env(STANDARD.clone());
        let mut missing = Vec::new();
        let mut operands = Vec::new();
        for (index, operand) in self.operands.iter().enumerate() {
            let value = operand.value(world, moments);
            match &value {
                Ok(value) => context.add_variable_from_value(compile::variable(index), to_cel(value)),
                Err(reason) => missing.push(reason.clone()),
            }
            operands.extend(operand.shown(&value));
        }
        let value = CelValue::resolve(&self.root, &context);
        let value = value.map(|value| from_cel(&value)).map_err(|error| match missing.is_empty() {
            true => words::cannot_be_evaluated(&error),
            false => missing.join("; "),
        });
        Outcome { value, operands }
    }
}

/// JSON to CEL; whole numbers become integers, so that they compare with literals.
fn to_cel(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(truth) => CelValue::Bool(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => CelValue::Int(whole),
            None => CelValue::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => CelValue::String(text.clone().into()),
        Value::Array(items) => CelValue::List(items.iter().map(to_cel).collect::<Vec<_>>().into()),
        Value::Object(fields) => {
            #[expect(
                clippy::disallowed_types,
                reason = "cel takes maps in this form only; nothing here walks through it"
            )]
            type Fields = std::collections::HashMap<String, CelValue>;
            let fields = fields.iter().map(|(key, value)| (key.clone(), to_cel(value)));
            CelValue::from(fields.collect::<Fields>())
        }
    }
}

/// CEL to JSON, for display and comparison. Keys come out in order.
fn from_cel(value: &CelValue) -> Value {
    match value {
        CelValue::Bool(truth) => Value::Bool(*truth),
        CelValue::Int(whole) => (*whole).into(),
        CelValue::UInt(whole) => (*whole).into(),
        CelValue::Float(number) => (*number).into(),
        CelValue::String(text) => Value::String(text.to_string()),
        CelValue::List(items) => items.iter().map(from_cel).collect(),
        CelValue::Map(map) => {
            let sorted: std::collections::BTreeMap<String, Value> =
                map.map.iter().map(|(key, value)| (key.to_string(), from_cel(value))).collect();
            sorted.into_iter().collect()
        }
        CelValue::Null => Value::Null,
        other => Value::String(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests;
