//! From text to something that can be evaluated: calls become variables.

use std::collections::BTreeSet;

use cel::common::ast::{EntryExpr, Expr, LiteralValue, operators};
use cel::{IdedExpr, Program};
use serde_json::Value;

use super::facts::{self, Fact};
use super::history::{History, Moments};
use super::{Expression, ExpressionError, Stamp, words};
use crate::engine::World;

/// What a variable stands for.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// Something about the cluster as it is.
    Fact {
        fact: Fact,
        /// The call as it was written.
        source: String,
        /// The fields that are taken from it.
        fields: BTreeSet<Vec<String>>,
        /// Whether it is also used as a whole.
        whole: bool,
    },
    /// Something about the history of an expression.
    History { source: String, history: History },
}

impl Operand {
    /// Its value at this instant.
    pub(super) fn value(&self, world: &World, moments: &Moments) -> Result<Value, String> {
        match self {
            Self::Fact { fact, fields, whole, .. } => {
                let takes = |field: &str| {
                    *whole || fields.iter().any(|path| path.first().is_some_and(|first| first == field))
                };
                let mut value = fact.value(world, moments, &takes)?;
                facts::fill_conditions(&mut value, fields);
                Ok(value)
            }
            Self::History { history, .. } => Ok(history.value(moments)),
        }
    }

    /// What its value can depend on, apart from the time.
    pub(super) fn stamp(&self, world: &World) -> Stamp {
        match self {
            Self::Fact { fact, .. } => fact.stamp(world),
            Self::History { history, .. } => history.expression().stamp(world),
        }
    }

    /// What its value can depend on.
    pub(super) fn depends(&self) -> facts::Depends {
        match self {
            Self::Fact { fact, .. } => fact.depends(),
            Self::History { history, .. } => history.expression().depends(),
        }
    }

    /// As it was written.
    pub(super) fn source(&self) -> &str {
        match self {
            Self::Fact { source, .. } | Self::History { source, .. } => source,
        }
    }

    /// How it is shown when the expression fails: each field that is used, or the whole.
    pub(super) fn shown(&self, value: &Result<Value, String>) -> Vec<(String, Result<Value, String>)> {
        let (source, fields) = match self {
            Self::Fact { source, fields, .. } => (source, fields.clone()),
            Self::History { source, .. } => (source, BTreeSet::new()),
        };
        if fields.is_empty() || value.is_err() {
            return vec![(source.clone(), value.clone())];
        }
        let taken = |path: &Vec<String>| {
            let found = path.iter().try_fold(value.as_ref().ok()?, |value, field| value.get(field));
            let found = found.cloned().ok_or_else(|| format!("has no {}", path.join(".")));
            Some((format!("{source}.{}", path.join(".")), found))
        };
        fields.iter().filter_map(taken).collect()
    }
}

/// The name of the variable of an operand.
pub(super) fn variable(index: usize) -> String {
    format!("operand{index}")
}

pub(super) fn compile(source: &str) -> Result<Expression, ExpressionError> {
    let program = Program::compile(source).map_err(|errors| {
        let first = errors.errors.first();
        let column = first.map_or(1, |error| usize::try_from(error.pos.1).unwrap_or(1).max(1));
        let message = first.map_or_else(|| errors.to_string(), |error| error.msg.clone());
        ExpressionError { message: words::not_understood(source, &message), column }
    })?;
    let mut compiler =
        Compiler { source, program: &program, bound: Vec::new(), operands: Vec::new(), inner: Vec::new() };
    let mut root = program.expression().clone();
    compiler.visit(&mut root, &mut Vec::new())?;
    let Compiler { operands, inner, .. } = compiler;
    let depends = operands.iter().fold(facts::Depends::default(), |all, operand| all.and(operand.depends()));
    Ok(Expression { source: source.to_owned(), root, operands, depends, inner })
}

struct Compiler<'a> {
    source: &'a str,
    program: &'a Program,
    /// Variables of `exists`, `map` and the like, which are no names of ours.
    bound: Vec<String>,
    operands: Vec<Operand>,
    inner: Vec<Expression>,
}

impl Compiler<'_> {
    /// Replaces calls and names by variables. `taken` is the path of fields that is taken from this node,
    /// innermost last.
    fn visit(&mut self, node: &mut IdedExpr, taken: &mut Vec<String>) -> Result<(), ExpressionError> {
        let id = node.id;
        // `conditions['Ready']` is another way to write `conditions.Ready`.
        if let Some((of, field)) = field_by_index(&mut node.expr) {
            taken.push(field);
            let result = self.visit(of, taken);
            taken.pop();
            return result;
        }
        match &mut node.expr {
            Expr::Select(select) => {
                taken.push(select.field.clone());
                let result = self.visit(&mut select.operand, taken);
                taken.pop();
                result
            }
            Expr::Ident(name) if !self.bound.contains(name) && facts::is_name(name) => {
                let name = name.clone();
                self.replace(node, &name, Vec::new(), taken)
            }
            Expr::Ident(name) if !self.bound.contains(name) && !name.starts_with('@') => {
                let message = format!("there is no `{name}`{}", nearest(name, facts::names()));
                Err(self.error(id, name, message))
            }
            Expr::Call(call) if call.target.is_none() && facts::is_call(&call.func_name) => {
                let (name, mut args) = (call.func_name.clone(), Vec::new());
                for arg in &call.args {
                    args.push(self.literal(&name, arg)?);
                }
                self.replace(node, &name, args, taken)
            }
            Expr::Call(call) => {
                let plain = call.func_name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if call.target.is_none() && plain && !is_builtin(&call.func_name) {
                    return Err(self.error(id, &call.func_name, unknown_call(&call.func_name)));
                }
                let target = call.target.iter_mut().map(|target| &mut **target);
                for part in target.chain(call.args.iter_mut()) {
                    self.visit(part, &mut Vec::new())?;
                }
                Ok(())
            }
            Expr::List(list) => {
                list.elements.iter_mut().try_for_each(|item| self.visit(item, &mut Vec::new()))
            }
            Expr::Map(map) => map.entries.iter_mut().try_for_each(|entry| match &mut entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.visit(&mut entry.key, &mut Vec::new())?;
                    self.visit(&mut entry.value, &mut Vec::new())
                }
                EntryExpr::StructField(field) => self.visit(&mut field.value, &mut Vec::new()),
            }),
            Expr::Comprehension(loops) => {
                let names =
                    [Some(loops.iter_var.clone()), loops.iter_var2.clone(), Some(loops.accu_var.clone())];
                self.visit(&mut loops.iter_range, &mut Vec::new())?;
                self.visit(&mut loops.accu_init, &mut Vec::new())?;
                let before = self.bound.len();
                self.bound.extend(names.into_iter().flatten());
                for part in [&mut loops.loop_cond, &mut loops.loop_step, &mut loops.result] {
                    self.visit(part, &mut Vec::new())?;
                }
                self.bound.truncate(before);
                Ok(())
            }
            Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => Ok(()),
        }
    }

    fn literal(&self, call: &str, arg: &IdedExpr) -> Result<String, ExpressionError> {
        match &arg.expr {
            Expr::Literal(LiteralValue::String(text)) => Ok(text.inner().to_owned()),
            _ => {
                Err(self.error(arg.id, "", format!("`{call}` takes texts in quotes, such as {call}('web')")))
            }
        }
    }

    fn replace(
        &mut self,
        node: &mut IdedExpr,
        name: &str,
        args: Vec<String>,
        taken: &[String],
    ) -> Result<(), ExpressionError> {
        let quoted: Vec<String> = args.iter().map(|arg| format!("'{arg}'")).collect();
        let source = match facts::is_call(name) {
            true => format!("{name}({})", quoted.join(", ")),
            false => name.to_owned(),
        };
        let path: Vec<String> = taken.iter().rev().cloned().collect();
        let index = match History::parse(name, &args) {
            Some(history) => {
                let history = history.map_err(|error| self.error(node.id, name, error.message))?;
                self.inner.push(history.expression().clone());
                self.operands.push(Operand::History { source, history });
                self.operands.len() - 1
            }
            None => {
                let fact = Fact::parse(name, &args).map_err(|message| self.error(node.id, name, message))?;
                self.fact(fact, source, path)
            }
        };
        node.expr = Expr::Ident(variable(index));
        Ok(())
    }

    /// The operand of a fact; the same one if it was asked for before.
    fn fact(&mut self, fact: Fact, source: String, path: Vec<String>) -> usize {
        let known = self
            .operands
            .iter()
            .position(|known| matches!(known, Operand::Fact { source: other, .. } if *other == source));
        let index = known.unwrap_or_else(|| {
            self.operands.push(Operand::Fact { fact, source, fields: BTreeSet::new(), whole: false });
            self.operands.len() - 1
        });
        if let Operand::Fact { fields, whole, .. } = &mut self.operands[index] {
            match path.is_empty() {
                true => *whole = true,
                false => _ = fields.insert(path),
            }
        }
        index
    }

    /// A mistake at a name; of a call the parser only knows where its bracket opens, right behind the name.
    fn error(&self, id: u64, name: &str, message: String) -> ExpressionError {
        let start = self.program.source_info().offset_for(id).map_or(0, |(start, _)| start);
        let start = usize::try_from(start).unwrap_or(0);
        let before: String = self.source.chars().take(start).collect();
        let behind = !name.is_empty() && before.ends_with(name);
        let start = if behind { start - name.chars().count() } else { start };
        ExpressionError { message, column: start + 1 }
    }
}

/// What `of['field']` takes of what.
fn field_by_index(expr: &mut Expr) -> Option<(&mut IdedExpr, String)> {
    let Expr::Call(call) = expr else { return None };
    match (call.func_name.as_str(), call.target.is_none(), call.args.as_mut_slice()) {
        (operators::INDEX, true, [of, index]) => match &index.expr {
            Expr::Literal(LiteralValue::String(field)) => Some((of, field.inner().to_owned())),
            _ => None,
        },
        _ => None,
    }
}

fn unknown_call(name: &str) -> String {
    match facts::absent(name) {
        Some(kind) => format!("there is no `{name}()`: this cluster has no kind {kind}"),
        None => format!("there is no `{name}()`{}", nearest(name, facts::calls())),
    }
}

fn is_builtin(name: &str) -> bool {
    matches!(name, "size" | "has" | "int" | "uint" | "double" | "string" | "bool" | "bytes" | "type" | "dyn")
        || name.starts_with('_')
}

fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> String {
    let best = known.map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate)).min();
    match best {
        Some((distance, candidate)) if distance <= 3 => format!("; did you mean `{candidate}`?"),
        _ => String::new(),
    }
}
