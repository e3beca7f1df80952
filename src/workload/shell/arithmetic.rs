//! `$((...))`: 64-bit integers that wrap, as in C.

use brush_parser::ast::{
    ArithmeticExpr, ArithmeticTarget, BinaryOperator, UnaryAssignmentOperator, UnaryOperator,
};

/// How deep expressions may be nested, and variables may name other variables.
const DEEPEST: u32 = 64;

/// Where an expression reads and sets variables.
pub(super) trait Variables {
    /// A variable's text; none if it is not set.
    fn read(&self, name: &str) -> Option<String>;
    /// Sets a variable.
    fn write(&mut self, name: &str, value: i64);
}

/// Evaluates an expression whose `$`-expansions have been done.
///
/// # Errors
/// It is no expression, or it divides by zero.
pub(super) fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, String> {
    evaluate_at(text, variables, 0)
}

fn evaluate_at(text: &str, variables: &mut dyn Variables, depth: u32) -> Result<i64, String> {
    let nested = text.bytes().filter(|byte| *byte == b'(').count();
    if depth > DEEPEST || nested > DEEPEST as usize || text.len() > 4096 {
        return Err("arithmetic: expression is too deep".to_owned());
    }
    let parsed = brush_parser::arithmetic::parse(text.trim());
    let expression = parsed.map_err(|_| "arithmetic syntax error".to_owned())?;
    value(&expression, variables, depth)
}

fn value(expression: &ArithmeticExpr, variables: &mut dyn Variables, depth: u32) -> Result<i64, String> {
    Ok(match expression {
        ArithmeticExpr::Literal(number) => *number,
        ArithmeticExpr::Reference(target) => reference(target, variables, depth)?,
        ArithmeticExpr::UnaryOp(operator, operand) => {
            let operand = value(operand, variables, depth)?;
            match operator {
                UnaryOperator::UnaryPlus => operand,
                UnaryOperator::UnaryMinus => operand.wrapping_neg(),
                UnaryOperator::BitwiseNot => !operand,
                UnaryOperator::LogicalNot => i64::from(operand == 0),
            }
        }
        ArithmeticExpr::BinaryOp(BinaryOperator::LogicalAnd, left, right) => {
            i64::from(value(left, variables, depth)? != 0 && value(right, variables, depth)? != 0)
        }
        ArithmeticExpr::BinaryOp(BinaryOperator::LogicalOr, left, right) => {
            i64::from(value(left, variables, depth)? != 0 || value(right, variables, depth)? != 0)
        }
        ArithmeticExpr::BinaryOp(operator, left, right) => {
            binary(operator, value(left, variables, depth)?, value(right, variables, depth)?)?
        }
        ArithmeticExpr::Conditional(condition, yes, no) => {
            let chosen = if value(condition, variables, depth)? != 0 { yes } else { no };
            value(chosen, variables, depth)?
        }
        ArithmeticExpr::Assignment(target, new) => {
            let new = value(new, variables, depth)?;
            assign(target, new, variables)?
        }
        ArithmeticExpr::BinaryAssignment(operator, target, operand) => {
            let (old, operand) = (reference(target, variables, depth)?, value(operand, variables, depth)?);
            assign(target, binary(operator, old, operand)?, variables)?
        }
        ArithmeticExpr::UnaryAssignment(operator, target) => {
            let old = reference(target, variables, depth)?;
            match operator {
                UnaryAssignmentOperator::PrefixIncrement => assign(target, old.wrapping_add(1), variables)?,
                UnaryAssignmentOperator::PrefixDecrement => assign(target, old.wrapping_sub(1), variables)?,
                UnaryAssignmentOperator::PostfixIncrement => {
                    assign(target, old.wrapping_add(1), variables)?;
                    old
                }
                UnaryAssignmentOperator::PostfixDecrement => {
                    assign(target, old.wrapping_sub(1), variables)?;
                    old
                }
            }
        }
    })
}

/// A variable's number: unset or empty is 0, and text is an expression again.
fn reference(target: &ArithmeticTarget, variables: &mut dyn Variables, depth: u32) -> Result<i64, String> {
    let ArithmeticTarget::Variable(name) = target else { return Err("arrays are not simulated".to_owned()) };
    match variables.read(name) {
        None => Ok(0),
        Some(text) => match text.trim() {
            "" => Ok(0),
            text => text.parse().or_else(|_| evaluate_at(text, variables, depth + 1)),
        },
    }
}

fn assign(target: &ArithmeticTarget, value: i64, variables: &mut dyn Variables) -> Result<i64, String> {
    let ArithmeticTarget::Variable(name) = target else { return Err("arrays are not simulated".to_owned()) };
    variables.write(name, value);
    Ok(value)
}

fn binary(operator: &BinaryOperator, left: i64, right: i64) -> Result<i64, String> {
    let shift = || u32::try_from(right & 63).unwrap_or(0);
    Ok(match operator {
        BinaryOperator::Power => {
            let exponent = u32::try_from(right).map_err(|_| "exponent less than 0".to_owned())?;
            left.wrapping_pow(exponent)
        }
        BinaryOperator::Multiply => left.wrapping_mul(right),
        BinaryOperator::Divide | BinaryOperator::Modulo if right == 0 => {
            return Err("divide by zero".to_owned());
        }
        BinaryOperator::Divide => left.wrapping_div(right),
        BinaryOperator::Modulo => left.wrapping_rem(right),
        BinaryOperator::Comma => right,
        BinaryOperator::Add => left.wrapping_add(right),
        BinaryOperator::Subtract => left.wrapping_sub(right),
        BinaryOperator::ShiftLeft => left.wrapping_shl(shift()),
        BinaryOperator::ShiftRight => left.wrapping_shr(shift()),
        BinaryOperator::LessThan => i64::from(left < right),
        BinaryOperator::LessThanOrEqualTo => i64::from(left <= right),
        BinaryOperator::GreaterThan => i64::from(left > right),
        BinaryOperator::GreaterThanOrEqualTo => i64::from(left >= right),
        BinaryOperator::Equals => i64::from(left == right),
        BinaryOperator::NotEquals => i64::from(left != right),
        BinaryOperator::BitwiseAnd => left & right,
        BinaryOperator::BitwiseXor => left ^ right,
        BinaryOperator::BitwiseOr => left | right,
        BinaryOperator::LogicalAnd => i64::from(left != 0 && right != 0),
        BinaryOperator::LogicalOr => i64::from(left != 0 || right != 0),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    impl Variables for BTreeMap<String, String> {
        fn read(&self, name: &str) -> Option<String> {
            self.get(name).cloned()
        }
        fn write(&mut self, name: &str, value: i64) {
            self.insert(name.to_owned(), value.to_string());
        }
    }

    #[test]
    fn expressions_are_those_of_c() {
        let mut variables =
            BTreeMap::from([("i".to_owned(), "4".to_owned()), ("j".to_owned(), "i+1".to_owned())]);
        for (text, expected) in [
            ("1 + 2 * 3", Ok(7)),
            ("(1 + 2) * 3", Ok(9)),
            ("i++ + ++i", Ok(10)),
            ("i", Ok(6)),
            ("j * 2", Ok(14)),
            ("none", Ok(0)),
            ("i > 5 && i % 2 == 0 ? 1 : 2", Ok(1)),
            ("0 && (i = 9)", Ok(0)),
            ("i += 4", Ok(10)),
            ("-9223372036854775808 / -1", Ok(i64::MIN)),
            ("1 / 0", Err("divide by zero".to_owned())),
            ("1 +", Err("arithmetic syntax error".to_owned())),
        ] {
            assert_eq!(evaluate(text, &mut variables), expected, "{text}");
        }
        variables.insert("loop".into(), "loop".into());
        assert!(evaluate("loop", &mut variables).is_err());
    }
}
