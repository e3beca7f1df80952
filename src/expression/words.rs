//! What is wrong with an expression, in words that name nothing of the parser and the evaluator.

use cel::ExecutionError;

use super::from_cel;

/// Why a text is no expression; `complaint` is the parser's.
pub(super) fn not_understood(source: &str, complaint: &str) -> String {
    if source.trim().is_empty() {
        return "an expression is expected here, such as pods('app=web').ready == 3".to_owned();
    }
    let complaint = complaint.trim().trim_start_matches("Syntax error: ");
    // What could stand there instead is a list of the parser's own names.
    let complaint = complaint.split(" expecting ").next().unwrap_or(complaint);
    let why = match complaint.contains("<EOF>") {
        true => "it ends too early".to_owned(),
        false => match complaint.split_once('\'') {
            Some((says, word)) if says.contains("input") || says.contains("token") => {
                format!("'{word} does not belong here")
            }
            _ => complaint.to_owned(),
        },
    };
    format!("cannot understand `{source}`: {why}")
}

/// Why an expression has no value although nothing that it asks about is missing.
pub(super) fn cannot_be_evaluated(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("there is no `{key}` in it"),
        ExecutionError::IndexOutOfBounds(index) => format!("the list has no item {}", from_cel(index)),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            "it divides by zero".to_owned()
        }
        ExecutionError::UnsupportedBinaryOperator(operator, left, right) => {
            format!("`{operator}` does not fit {} and {}", from_cel(left), from_cel(right))
        }
        ExecutionError::ValuesNotComparable(left, right) => {
            format!("{} and {} cannot be compared", from_cel(left), from_cel(right))
        }
        other => other.to_string(),
    }
}
