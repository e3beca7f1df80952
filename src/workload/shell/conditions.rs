//! `test`, `[ ]` and `[[ ]]`: whether something holds.

use brush_parser::ast::{BinaryPredicate, TestExpr, UnaryPredicate};

use crate::workload::files::{ContainerFs, absolute};

use super::expand::{Expander, Pause};
use super::pattern;
use super::regex::Regex;
use super::script::Condition;

/// How many words a test may have; the parser recurses.
const MOST_WORDS: usize = 64;

/// What a test looks at besides its words.
struct Facts<'t, 'f> {
    files: &'t ContainerFs<'f>,
    folder: &'t str,
    is_set: &'t dyn Fn(&str) -> bool,
}

/// Whether `test WORDS...` holds.
///
/// # Errors
/// It is no test: the text that goes after `sh: test: `.
pub(super) fn test(
    words: &[String],
    files: &ContainerFs<'_>,
    folder: &str,
    is_set: &dyn Fn(&str) -> bool,
) -> Result<bool, String> {
    if words.len() > MOST_WORDS {
        return Err("too many arguments".to_owned());
    }
    let parsed = brush_parser::test_command::parse(words);
    let expression =
        parsed.map_err(|_| format!("{}: unknown operand", words.last().map_or("", String::as_str)))?;
    Facts { files, folder, is_set }.holds(&expression)
}

impl Expander<'_, '_> {
    /// Whether a `[[ ]]` holds.
    pub(super) fn holds(&mut self, condition: &Condition) -> Result<bool, Pause> {
        Ok(match condition {
            Condition::And(left, right) => self.holds(left)? && self.holds(right)?,
            Condition::Or(left, right) => self.holds(left)? || self.holds(right)?,
            Condition::Not(inner) => !self.holds(inner)?,
            Condition::Unary(predicate, word) => {
                let operand = self.text(word)?;
                let scope = self.scope;
                let is_set = |name: &str| scope.get(name).is_some();
                Facts { files: self.files, folder: &scope.folder, is_set: &is_set }
                    .unary(predicate, &operand)?
            }
            Condition::Binary(predicate, left, right) => {
                let left = self.text(left)?;
                match predicate {
                    BinaryPredicate::StringExactlyMatchesPattern => {
                        pattern::matches(&self.pattern(right)?, &left)
                    }
                    BinaryPredicate::StringDoesNotExactlyMatchPattern => {
                        !pattern::matches(&self.pattern(right)?, &left)
                    }
                    BinaryPredicate::StringMatchesRegex => {
                        Regex::extended(&self.text(right)?)?.is_match(&left)
                    }
                    BinaryPredicate::StringContainsSubstring => left.contains(&self.text(right)?),
                    BinaryPredicate::ArithmeticEqualTo
                    | BinaryPredicate::ArithmeticNotEqualTo
                    | BinaryPredicate::ArithmeticLessThan
                    | BinaryPredicate::ArithmeticLessThanOrEqualTo
                    | BinaryPredicate::ArithmeticGreaterThan
                    | BinaryPredicate::ArithmeticGreaterThanOrEqualTo => {
                        // Within [[ ]] both sides are expressions, not only numbers.
                        let right = self.text(right)?;
                        compare(predicate, self.number_in(&left)?, self.number_in(&right)?)
                    }
                    _ => binary(predicate, &left, &self.text(right)?)?,
                }
            }
        })
    }
}

impl Facts<'_, '_> {
    fn holds(&self, expression: &TestExpr) -> Result<bool, String> {
        Ok(match expression {
            TestExpr::False => false,
            TestExpr::Literal(text) => !text.is_empty(),
            TestExpr::And(left, right) => self.holds(left)? && self.holds(right)?,
            TestExpr::Or(left, right) => self.holds(left)? || self.holds(right)?,
            TestExpr::Not(inner) => !self.holds(inner)?,
            TestExpr::Parenthesized(inner) => self.holds(inner)?,
            TestExpr::UnaryTest(predicate, operand) => self.unary(predicate, operand)?,
            TestExpr::BinaryTest(predicate, left, right) => binary(predicate, left, right)?,
        })
    }

    fn unary(&self, predicate: &UnaryPredicate, operand: &str) -> Result<bool, String> {
        let path = absolute(self.folder, operand);
        let exists = || !operand.is_empty() && self.files.exists(&path);
        let is_folder = || !operand.is_empty() && self.files.is_folder(&path);
        Ok(match predicate {
            UnaryPredicate::StringHasZeroLength => operand.is_empty(),
            UnaryPredicate::StringHasNonZeroLength => !operand.is_empty(),
            UnaryPredicate::FileExists
            | UnaryPredicate::FileExistsAndIsReadable
            | UnaryPredicate::FileExistsAndIsExecutable
            | UnaryPredicate::FileExistsAndOwnedByEffectiveUserId
            | UnaryPredicate::FileExistsAndOwnedByEffectiveGroupId => exists(),
            UnaryPredicate::FileExistsAndIsWritable => exists() && self.files.is_writable(&path),
            UnaryPredicate::FileExistsAndIsDir => is_folder(),
            UnaryPredicate::FileExistsAndIsRegularFile => exists() && !is_folder(),
            UnaryPredicate::FileExistsAndIsNotZeroLength => {
                is_folder() || self.files.read(&path).is_ok_and(|text| !text.is_empty())
            }
            UnaryPredicate::ShellVariableIsSetAndAssigned => (self.is_set)(operand),
            // There are no links, devices, pipes, sockets, terminals or special modes.
            UnaryPredicate::FileExistsAndIsBlockSpecialFile
            | UnaryPredicate::FileExistsAndIsCharSpecialFile
            | UnaryPredicate::FileExistsAndIsSetgid
            | UnaryPredicate::FileExistsAndIsSymlink
            | UnaryPredicate::FileExistsAndHasStickyBit
            | UnaryPredicate::FileExistsAndIsFifo
            | UnaryPredicate::FileExistsAndIsSetuid
            | UnaryPredicate::FileExistsAndIsSocket
            | UnaryPredicate::FdIsOpenTerminal => false,
            UnaryPredicate::FileExistsAndModifiedSinceLastRead
            | UnaryPredicate::ShellOptionEnabled
            | UnaryPredicate::ShellVariableIsSetAndNameRef => {
                return Err(format!("{predicate} is not simulated"));
            }
        })
    }
}

fn binary(predicate: &BinaryPredicate, left: &str, right: &str) -> Result<bool, String> {
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| format!("{text}: bad number"));
    Ok(match predicate {
        BinaryPredicate::StringExactlyMatchesString | BinaryPredicate::StringExactlyMatchesPattern => {
            left == right
        }
        BinaryPredicate::StringDoesNotExactlyMatchString
        | BinaryPredicate::StringDoesNotExactlyMatchPattern => left != right,
        BinaryPredicate::LeftSortsBeforeRight => left < right,
        BinaryPredicate::LeftSortsAfterRight => left > right,
        BinaryPredicate::StringContainsSubstring => left.contains(right),
        BinaryPredicate::FilesReferToSameDeviceAndInodeNumbers
        | BinaryPredicate::LeftFileIsNewerOrExistsWhenRightDoesNot
        | BinaryPredicate::LeftFileIsOlderOrDoesNotExistWhenRightDoes
        | BinaryPredicate::StringMatchesRegex => return Err(format!("{predicate} is not simulated")),
        numeric => compare(numeric, number(left)?, number(right)?),
    })
}

fn compare(predicate: &BinaryPredicate, left: i64, right: i64) -> bool {
    match predicate {
        BinaryPredicate::ArithmeticEqualTo => left == right,
        BinaryPredicate::ArithmeticNotEqualTo => left != right,
        BinaryPredicate::ArithmeticLessThan => left < right,
        BinaryPredicate::ArithmeticLessThanOrEqualTo => left <= right,
        BinaryPredicate::ArithmeticGreaterThan => left > right,
        BinaryPredicate::ArithmeticGreaterThanOrEqualTo => left >= right,
        _ => false,
    }
}
