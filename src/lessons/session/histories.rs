//! Histories: which expressions must be remembered from instant to instant, because others ask how they were.

use crate::expression::Expression;

/// The expressions whose histories these ask for.
pub(super) fn histories<'a>(expressions: impl Iterator<Item = &'a Expression>) -> Vec<Expression> {
    each_once(expressions.flat_map(Expression::inner).cloned())
}

/// Each expression once; those within others come first.
pub(super) fn each_once(expressions: impl Iterator<Item = Expression>) -> Vec<Expression> {
    let mut found: Vec<Expression> = Vec::new();
    for expression in expressions {
        for inner in expression.inner().iter().chain([&expression]) {
            if !found.iter().any(|known| known.source() == inner.source()) {
                found.push(inner.clone());
            }
        }
    }
    found
}
