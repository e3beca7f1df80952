//! `${...}`: parameters with defaults, lengths, cuts and replacements.

use brush_parser::word::{
    Parameter, ParameterExpr, ParameterTestType, ParameterTransformOp, SpecialParameter, SubstringMatchKind,
};

use super::expand::{Expander, Pause, Quoting};
use super::fields::Fields;
use super::pattern;
use super::script::parse_word;

/// What a parameter holds.
enum Value {
    /// It is not set.
    Unset,
    Text(String),
    /// `$@` and `$*`; whether it is joined even within quotes.
    List {
        items: Vec<String>,
        joined: bool,
    },
}

impl Value {
    fn is_missing(&self, test: &ParameterTestType) -> bool {
        let empty_counts = matches!(test, ParameterTestType::UnsetOrNull);
        match self {
            Self::Unset => true,
            Self::Text(text) => empty_counts && text.is_empty(),
            Self::List { items, .. } => {
                items.is_empty() || (empty_counts && items.iter().all(String::is_empty))
            }
        }
    }

    fn into_text(self) -> String {
        match self {
            Self::Unset => String::new(),
            Self::Text(text) => text,
            Self::List { items, .. } => items.join(" "),
        }
    }
}

impl Expander<'_, '_> {
    /// Expands a `${...}` or `$NAME` into `out`.
    pub(super) fn parameter(
        &mut self,
        expression: &ParameterExpr,
        quoting: Quoting,
        out: &mut Fields,
    ) -> Result<(), Pause> {
        use ParameterExpr as Expr;
        match expression {
            Expr::Parameter { parameter, indirect } => {
                let value = self.value(parameter, *indirect)?;
                if matches!(value, Value::Unset) && self.scope.options.unset_is_error {
                    return Err(Pause::Fail(format!("{}: parameter not set", plain_name(parameter))));
                }
                push(value, quoting, out);
            }
            Expr::UseDefaultValues { parameter, indirect, test_type, default_value } => {
                let value = self.value(parameter, *indirect)?;
                match value.is_missing(test_type) {
                    true => self.inner_word(default_value.as_deref().unwrap_or(""), quoting, out)?,
                    false => push(value, quoting, out),
                }
            }
            Expr::AssignDefaultValues { parameter, indirect, test_type, default_value } => {
                let value = self.value(parameter, *indirect)?;
                if !value.is_missing(test_type) {
                    push(value, quoting, out);
                    return Ok(());
                }
                let Parameter::Named(name) = parameter else {
                    return Err(Pause::Fail(format!("{}: bad substitution", plain_name(parameter))));
                };
                let default = self.inner_text(default_value.as_deref())?;
                self.assign(name, default.clone());
                push(Value::Text(default), quoting, out);
            }
            Expr::IndicateErrorIfNullOrUnset { parameter, indirect, test_type, error_message } => {
                let value = self.value(parameter, *indirect)?;
                if !value.is_missing(test_type) {
                    push(value, quoting, out);
                    return Ok(());
                }
                let message = match error_message.as_deref() {
                    None | Some("") => "parameter not set".to_owned(),
                    message => self.inner_text(message)?,
                };
                return Err(Pause::Fail(format!("{}: {message}", plain_name(parameter))));
            }
            Expr::UseAlternativeValue { parameter, indirect, test_type, alternative_value } => {
                if !self.value(parameter, *indirect)?.is_missing(test_type) {
                    self.inner_word(alternative_value.as_deref().unwrap_or(""), quoting, out)?;
                }
            }
            other => {
                let text = self.changed(other)?;
                push(Value::Text(text), quoting, out);
            }
        }
        Ok(())
    }

    /// Expressions that make another text of the parameter's.
    fn changed(&mut self, expression: &ParameterExpr) -> Result<String, Pause> {
        use ParameterExpr as Expr;
        Ok(match expression {
            Expr::ParameterLength { parameter, indirect } => match self.value(parameter, *indirect)? {
                Value::List { items, .. } => items.len().to_string(),
                value => value.into_text().chars().count().to_string(),
            },
            Expr::RemoveSmallestSuffixPattern { parameter, indirect, pattern } => {
                self.cut(parameter, *indirect, pattern.as_deref(), false, false)?
            }
            Expr::RemoveLargestSuffixPattern { parameter, indirect, pattern } => {
                self.cut(parameter, *indirect, pattern.as_deref(), false, true)?
            }
            Expr::RemoveSmallestPrefixPattern { parameter, indirect, pattern } => {
                self.cut(parameter, *indirect, pattern.as_deref(), true, false)?
            }
            Expr::RemoveLargestPrefixPattern { parameter, indirect, pattern } => {
                self.cut(parameter, *indirect, pattern.as_deref(), true, true)?
            }
            Expr::Substring { parameter, indirect, offset, length } => {
                let text = self.value(parameter, *indirect)?.into_text();
                let offset = self.number_in(&offset.value)?;
                let length = length.as_ref().map(|length| self.number_in(&length.value)).transpose()?;
                substring(&text, offset, length)
            }
            Expr::ReplaceSubstring { parameter, indirect, pattern, replacement, match_kind } => {
                let text = self.value(parameter, *indirect)?.into_text();
                let pattern = self.pattern(&parse_word(pattern)?)?;
                let replacement = self.inner_text(replacement.as_deref())?;
                replace(&text, &pattern, &replacement, match_kind)
            }
            Expr::UppercasePattern { parameter, indirect, pattern: None }
            | Expr::Transform { parameter, indirect, op: ParameterTransformOp::ToUpperCase } => {
                self.value(parameter, *indirect)?.into_text().to_uppercase()
            }
            Expr::LowercasePattern { parameter, indirect, pattern: None }
            | Expr::Transform { parameter, indirect, op: ParameterTransformOp::ToLowerCase } => {
                self.value(parameter, *indirect)?.into_text().to_lowercase()
            }
            Expr::UppercaseFirstChar { parameter, indirect, pattern: None }
            | Expr::Transform { parameter, indirect, op: ParameterTransformOp::CapitalizeInitial } => {
                let text = self.value(parameter, *indirect)?.into_text();
                let mut letters = text.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
            }
            _ => return Err(Pause::Fail("bad substitution: this form is not simulated".to_owned())),
        })
    }

    fn cut(
        &mut self,
        parameter: &Parameter,
        indirect: bool,
        affix: Option<&str>,
        at_start: bool,
        longest: bool,
    ) -> Result<String, Pause> {
        let text = self.value(parameter, indirect)?.into_text();
        let affix = self.pattern(&parse_word(affix.unwrap_or(""))?)?;
        Ok(pattern::cut(&text, &affix, at_start, longest).to_owned())
    }

    fn inner_text(&mut self, word: Option<&str>) -> Result<String, Pause> {
        self.text(&parse_word(word.unwrap_or(""))?)
    }

    fn value(&mut self, parameter: &Parameter, indirect: bool) -> Result<Value, Pause> {
        let scope = self.scope;
        let value = match parameter {
            Parameter::Named(name) => self.variable(name).map_or(Value::Unset, Value::Text),
            Parameter::Positional(n) => {
                let index = usize::try_from(*n).unwrap_or(usize::MAX).wrapping_sub(1);
                scope.args.get(index).map_or(Value::Unset, |arg| Value::Text(arg.clone()))
            }
            Parameter::Special(special) => match special {
                SpecialParameter::AllPositionalParameters { concatenate } => {
                    Value::List { items: scope.args.clone(), joined: *concatenate }
                }
                SpecialParameter::PositionalParameterCount => Value::Text(scope.args.len().to_string()),
                SpecialParameter::LastExitStatus => Value::Text(scope.status.to_string()),
                SpecialParameter::CurrentOptionFlags => Value::Text(String::new()),
                SpecialParameter::ProcessId => Value::Text(self.around.pid.to_string()),
                SpecialParameter::LastBackgroundProcessId => {
                    scope.last_background.map_or(Value::Unset, |pid| Value::Text(pid.to_string()))
                }
                SpecialParameter::ShellName => Value::Text(scope.name.to_string()),
            },
            Parameter::NamedWithIndex { .. } | Parameter::NamedWithAllIndices { .. } => {
                return Err(Pause::Fail("arrays are not simulated".to_owned()));
            }
        };
        match (indirect, value) {
            (true, Value::Text(name)) => Ok(self.variable(&name).map_or(Value::Unset, Value::Text)),
            (_, value) => Ok(value),
        }
    }
}

fn push(value: Value, quoting: Quoting, out: &mut Fields) {
    let quoted = quoting == Quoting::Quoted;
    match value {
        Value::Unset => {}
        Value::Text(text) => out.expanded(&text, quoted),
        Value::List { items, joined } if !out.splits() || (joined && quoted) => {
            out.expanded(&items.join(" "), quoted)
        }
        Value::List { items, .. } => out.list(&items, quoted),
    }
}

/// A parameter's name without `$` and braces, as error messages give it.
fn plain_name(parameter: &Parameter) -> String {
    parameter.to_string().trim_matches(['$', '{', '}']).to_owned()
}

/// `${text:offset:length}`, both in characters; negative ones count from the end.
fn substring(text: &str, offset: i64, length: Option<i64>) -> String {
    let letters: Vec<char> = text.chars().collect();
    let count = i64::try_from(letters.len()).unwrap_or(i64::MAX);
    let from_end = |n: i64| if n < 0 { count.saturating_add(n) } else { n };
    let start = from_end(offset).clamp(0, count);
    let end = match length {
        None => count,
        Some(n) if n < 0 => count.saturating_add(n),
        Some(n) => start.saturating_add(n),
    };
    let bounds = usize::try_from(start).ok().zip(usize::try_from(end.clamp(start, count)).ok());
    bounds.and_then(|(start, end)| letters.get(start..end)).unwrap_or_default().iter().collect()
}

/// `${text/pattern/replacement}`.
fn replace(text: &str, wanted: &str, replacement: &str, kind: &SubstringMatchKind) -> String {
    let prefixed = |rest: &str| {
        let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
        ends.rev().find(|end| pattern::matches(wanted, &rest[..*end]))
    };
    let mut changed = String::new();
    let mut rest = text;
    match kind {
        SubstringMatchKind::Prefix => {
            if let Some(end) = prefixed(rest) {
                return format!("{replacement}{}", &rest[end..]);
            }
        }
        SubstringMatchKind::Suffix => {
            let kept = pattern::cut(text, wanted, false, true);
            if kept.len() < text.len() {
                return format!("{kept}{replacement}");
            }
        }
        SubstringMatchKind::FirstOccurrence | SubstringMatchKind::Anywhere => {
            while let Some(first) = rest.chars().next() {
                if let Some(end) = prefixed(rest) {
                    changed.push_str(replacement);
                    rest = &rest[end..];
                    if matches!(kind, SubstringMatchKind::FirstOccurrence) {
                        break;
                    }
                } else {
                    changed.push(first);
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
    }
    changed + rest
}
